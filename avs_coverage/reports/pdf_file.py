"""Write the printed report as a PDF on A4: fonts inside, an outline, page x / y, nothing over a margin."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import cm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
)
from reportlab.platypus import Table as PdfTable

from avs_coverage import __version__
from avs_coverage.reports.column_widths import cell_lines, widths_of
from avs_coverage.reports.document import Cell, Column, Paragraph, Table
from avs_coverage.reports.handout import Cards, Handout, Part, Picture, Subheading, handout
from avs_coverage.reports.pdf_text import (
    BOLD,
    ITALIC,
    REGULAR,
    REPLACEMENT,
    Text,
    TextStyle,
    register_fonts,
    shown,
    width_of,
    wrapped,
)

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.statement import Passage

_MARGIN, _FOOT = 2 * cm, 1.2 * cm
_WIDTH = A4[0] - 2 * _MARGIN
_HEIGHT = A4[1] - 2 * _MARGIN
_PLATE_SIDE, _PLATE_FOOT = 0.9 * cm, 1.9 * cm
_PAGE, _UPRIGHT, _FLAT = "page", "upright", "flat"
"""The pages: of text, and of a map, which is alone on its page so that its legend can be read."""
_INK, _RULE, _FILL = "#1F3A5F", "#C5CED8", "#E8EEF4"

_TITLE = TextStyle(BOLD, 17, 22, _INK, after=2)
_TERRITORY = TextStyle(REGULAR, 14, 19, _INK, after=8)
_HEADINGS = (TextStyle(BOLD, 13, 17, _INK, 14, 6), TextStyle(BOLD, 10, 14, _INK, 8, 3))
_BODY = TextStyle()
_WARNING = TextStyle(before=3, after=6, box=("#FFF6E5", "#B45309"), padding=6)
_NOTE = TextStyle(ITALIC, 8, 11)
_CAPTION = TextStyle(BOLD, 8.5, 12, _INK)
_CELL, _LEADING = 7.5, 9.5
_PAD = 3.0
_ROW_LINES = 36
"""A row with more lines goes on in another: it would not fit on a page."""
_WHOLE = 0.3 * _HEIGHT
"""A table up to this height is not cut by the end of a page."""
_FIRST_ROWS = 3
_SAID_BESIDE = 2.5 * cm
"""What the key figures keep under them on their page, for what must be read with them."""


def pdf_bytes(report: Report, passages: Sequence[Passage]) -> bytes:
    """Return the PDF: *passages* are the état des lieux. The same report always gives the same bytes."""
    register_fonts()
    made = handout(report, passages)
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer, pagesize=A4, invariant=1, lang="fr-FR", displayDocTitle=True, initialFontName=REGULAR,
        title=f"{made.subject} — {made.territory}", author="avs-coverage", subject=made.footer,
        creator=f"avs-coverage {__version__}", allowSplitting=1,
    )  # fmt: skip
    footer = _fitted(shown(made.footer), _WIDTH - 3 * cm)
    template.addPageTemplates(
        [
            PageTemplate(
                name,
                [Frame(side, foot, size[0] - 2 * side, size[1] - foot - top, 0, 0, 0, 0)],
                onPage=lambda canvas, page: _foot(canvas, footer, page.pageTemplate.pagesize[0]),
                pagesize=size,
            )
            for name, size, side, foot, top in (
                (_PAGE, A4, _MARGIN, _MARGIN, _MARGIN),
                (_UPRIGHT, A4, _PLATE_SIDE, _PLATE_FOOT, _PLATE_SIDE),
                (_FLAT, landscape(A4), _PLATE_SIDE, _PLATE_FOOT, _PLATE_SIDE),
            )
        ]
    )
    template.build(list(_story(made)), canvasmaker=_NumberedCanvas)
    return buffer.getvalue()


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """A canvas whose pages say how many they are: a form written once they are all there."""

    def save(self) -> None:
        self.beginForm("pages", 0, -4, 2 * cm, 10)
        self.setFont(REGULAR, 7.5)
        self.setFillColor(HexColor("#444444"))
        self.drawString(0, 0, f" / {self.getPageNumber() - 1}")
        self.endForm()
        super().save()


def _foot(canvas: Any, text: str, width: float) -> None:  # noqa: ANN401 - reportlab has no types
    right = width - _MARGIN
    canvas.setStrokeColor(HexColor(_RULE))
    canvas.line(_MARGIN, _FOOT + 12, right, _FOOT + 12)
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(HexColor("#444444"))
    canvas.drawString(_MARGIN, _FOOT, text)
    place = right - width_of(" / 888", REGULAR, 7.5)
    canvas.drawRightString(place, _FOOT, f"page {canvas.getPageNumber()}")
    canvas.saveState()
    canvas.translate(place, _FOOT)
    canvas.doForm("pages")
    canvas.restoreState()


def _fitted(text: str, width: float) -> str:
    """Return a line of the footer, cut where it is too long."""
    if width_of(text, REGULAR, 7.5) <= width:
        return text
    return wrapped(text, REGULAR, 7.5, width - width_of(" …", REGULAR, 7.5))[0] + " …"


class _Heading(Text):
    """A heading that the outline of the file leads to."""

    def __init__(self, text: str, level: int, key: str) -> None:
        style = _HEADINGS[level]
        super().__init__(wrapped(shown(text), style.font, style.size, _WIDTH), style, _WIDTH)
        self._title, self._level, self._key = shown(text), level, key

    def split(self, width: float, height: float) -> list[Text]:
        """Keep a heading whole."""
        return []

    def draw(self) -> None:
        """Write the heading, and let the outline lead to it."""
        self.canv.bookmarkHorizontal(self._key, 0, self.height + 6)
        self.canv.addOutlineEntry(self._title, self._key, self._level, closed=not self._level)
        super().draw()


def _story(made: Handout) -> Iterator[Flowable]:
    yield Text.of(made.subject, _TITLE, _WIDTH)
    yield Text.of(made.territory, _TERRITORY, _WIDTH)
    yield _facts(made)
    lacking = any(REPLACEMENT in shown(text) for text in _texts(made))
    for rank, part in enumerate(made.parts):
        if part.is_annex and not made.parts[rank - 1].is_annex:
            yield PageBreak()
        yield from _part(part, rank)
    if lacking:
        note = f"« {REPLACEMENT} » : caractère que les polices de ce fichier n'ont pas."
        yield Text.of(note, _NOTE, _WIDTH)


def _texts(made: Handout) -> Iterator[str]:
    """Give every text that a user may have written."""
    yield made.territory
    yield from (value for _, value in made.facts)
    for part in made.parts:
        for block in part.blocks:
            if isinstance(block, Table):
                yield from (cell for row in block.rows for cell in row if isinstance(cell, str))
            elif isinstance(block, (Paragraph, Subheading)):
                yield block.text


def _part(part: Part, rank: int) -> Iterator[Flowable]:
    """Give a part; a heading goes to the next page with what it announces."""
    heads: list[Flowable] = [_Heading(part.title, 0, f"part{rank}")]
    widths = widths_of(
        (block for block in part.blocks if isinstance(block, Table)),
        _WIDTH,
        lambda text: width_of(shown(text), REGULAR, _CELL),
        lambda text: width_of(shown(text), BOLD, _CELL),
        2 * _PAD + 0.1,
    )
    for place, block in enumerate(part.blocks):
        if isinstance(block, Subheading):
            heads.append(_Heading(block.text, 1, f"part{rank}.{place}"))
            continue
        if isinstance(block, Picture):
            plate = _FLAT if block.ratio < 1 else _UPRIGHT
            yield from (NextPageTemplate(plate), PageBreak(), *heads, _Picture(block))
            yield from (NextPageTemplate(_PAGE), PageBreak())
        else:
            made, need = _block(block, widths)
            above = sum(head.height + head.getSpaceBefore() + head.getSpaceAfter() for head in heads)
            yield CondPageBreak(min(above + need, _HEIGHT))
            yield from (*heads, made)
        heads = []
    yield from heads


def _block(
    block: Paragraph | Cards | Table, widths: Mapping[tuple[Column, ...], list[float]]
) -> tuple[Flowable, float]:
    """Return what shows a block, and the height that its beginning needs on a page."""
    if isinstance(block, Paragraph):
        style = _WARNING if block.warning else _BODY
        text = Text.of(block.text, style, _WIDTH, "Attention : " if block.warning else "")
        return text, min(text.height, 3 * style.leading + 2 * style.padding)
    if isinstance(block, Cards):
        cards = _cards(block)
        return cards, cards.wrap(_WIDTH, _HEIGHT)[1] + _SAID_BESIDE
    return _table(block, widths[block.columns])


class _Picture(Flowable):  # type: ignore[misc]
    """A picture as large as its page allows."""

    def __init__(self, block: Picture) -> None:
        super().__init__()
        self._block = block

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Take the width of the page, or the height that is left."""
        self._wide = min(width, height / self._block.ratio)
        self._left = (width - self._wide) / 2
        return width, self._wide * self._block.ratio

    def draw(self) -> None:
        """Draw the picture in the middle."""
        image = ImageReader(io.BytesIO(self._block.content))
        self.canv.drawImage(image, self._left, 0, self._wide, self._wide * self._block.ratio)


def _facts(made: Handout) -> PdfTable:
    """Return what the report is about: labels and values."""
    label = max(width_of(name, BOLD, 9) for name, _ in made.facts) + 14
    rows = [
        [shown(name), "\n".join(wrapped(shown(value), REGULAR, 9, _WIDTH - label - 6))]
        for name, value in made.facts
    ]
    style = [
        ("FONT", (0, 0), (0, -1), BOLD, 9, 12),
        ("FONT", (1, 0), (1, -1), REGULAR, 9, 12),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, HexColor(_INK)),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8, HexColor(_INK)),
    ]
    return PdfTable(rows, [label, _WIDTH - label], style=style, spaceAfter=6)


def _cards(block: Cards) -> PdfTable:
    """Return the key figures: a column each, shares in large type over what they are made of."""
    column = _WIDTH / len(block.cards)
    inside = column - 2 * 6
    rows: list[list[str]] = [["\n".join(wrapped(card.title, BOLD, 9, inside)) for card in block.cards]]
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, 0), BOLD, 9, 12),
        ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(_INK)),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(_FILL)),
    ]
    for figures in zip(*(card.figures for card in block.cards), strict=True):
        at = len(rows)
        rows += [
            [label for label, _ in figures],
            [cell.lines()[0] for _, cell in figures],
            ["\n".join(_made_of(cell.lines(), inside)) for _, cell in figures],
        ]
        style += [
            ("FONT", (0, at), (-1, at), REGULAR, 8, 9),
            ("TOPPADDING", (0, at), (-1, at), 6),
            ("FONT", (0, at + 1), (-1, at + 1), BOLD, 15, 18),
            ("TEXTCOLOR", (0, at + 1), (-1, at + 1), HexColor(_INK)),
            ("FONT", (0, at + 2), (-1, at + 2), REGULAR, 7.5, 9.5),
            ("LINEBELOW", (0, at + 2), (-1, at + 2), 0.5, HexColor(_RULE)),
            ("BOTTOMPADDING", (0, at + 2), (-1, at + 2), 6),
        ]
    frame = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BOX", (0, 0), (-1, -1), 0.5, HexColor(_RULE)),
        ("LINEBEFORE", (1, 0), (-1, -1), 0.5, HexColor(_RULE)),
        *((side, (0, 0), (-1, -1), 6) for side in ("LEFTPADDING", "RIGHTPADDING")),
        *((side, (0, 0), (-1, -1), 2) for side in ("TOPPADDING", "BOTTOMPADDING")),
    ]
    return PdfTable(rows, [column] * len(block.cards), style=[*frame, *style], spaceAfter=8)


def _made_of(lines: list[str], width: float) -> list[str]:
    """Return what a share is made of, and its bracket named."""
    if len(lines) == 1:
        return [""]
    return [*wrapped(lines[1], REGULAR, 7.5, width), *wrapped(f"fourchette {lines[2]}", REGULAR, 7.5, width)]


def _table(block: Table, widths: list[float]) -> tuple[Flowable, float]:
    """Return a table, its caption as a first row, and the height of what must stay together."""
    head = [_lines(column.header, BOLD, width) for column, width in zip(block.columns, widths, strict=True)]
    lines, ends = [head], [True]
    for row in block.rows:
        cells = [_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
        parts = max(-(-len(cell) // _ROW_LINES) for cell in cells)
        for part in range(parts):
            lines.append([cell[part * _ROW_LINES : (part + 1) * _ROW_LINES] for cell in cells])
            ends.append(part == parts - 1)
    heights = [max(map(len, row)) * _LEADING + 2 * _PAD for row in lines]
    rows = [["\n".join(cell) for cell in row] for row in lines]
    caption = wrapped(shown(block.caption), BOLD, _CAPTION.size, _WIDTH) if block.caption else []
    captions = 1 if caption else 0
    if caption:
        rows.insert(0, ["\n".join(caption), *[""] * (len(block.columns) - 1)])
        heights.insert(0, len(caption) * _CAPTION.leading + 4)
    made = PdfTable(
        rows, widths, heights, style=_table_style(block, captions, ends), repeatRows=captions + 1,
        hAlign="LEFT", spaceBefore=4, spaceAfter=8,
    )  # fmt: skip
    total = sum(heights)
    together = total if total <= _WHOLE else sum(heights[: captions + 1 + _FIRST_ROWS])
    return made, together + 12


def _cell(cell: Cell, width: float) -> list[str]:
    return [one for line in cell_lines(cell) for one in _lines(line, REGULAR, width)]


def _lines(text: str, font: str, width: float) -> list[str]:
    return wrapped(shown(text), font, _CELL, width - 2 * _PAD)


def _table_style(block: Table, head: int, ends: list[bool]) -> list[tuple[Any, ...]]:
    """Return the style of a table whose header is row *head*; *ends* tells where a row is at its end."""
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), REGULAR, _CELL, _LEADING),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, head), (-1, head), BOLD, _CELL, _LEADING),
        ("TEXTCOLOR", (0, head), (-1, head), HexColor(_INK)),
        ("BACKGROUND", (0, head), (-1, head), HexColor(_FILL)),
        *((side, (0, 0), (-1, -1), _PAD) for side in ("LEFTPADDING", "RIGHTPADDING")),
        *((side, (0, 0), (-1, -1), _PAD - 1) for side in ("TOPPADDING", "BOTTOMPADDING")),
    ]
    style += [
        ("ALIGN", (rank, head), (rank, -1), "RIGHT")
        for rank, column in enumerate(block.columns)
        if column.numeric
    ]
    style += [
        ("LINEBELOW", (0, head + rank), (-1, head + rank), 0.4, HexColor(_RULE))
        for rank, end in enumerate(ends)
        if end
    ]
    if head:
        style += [
            ("SPAN", (0, 0), (-1, 0)),
            ("FONT", (0, 0), (-1, 0), BOLD, _CAPTION.size, _CAPTION.leading),
            ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(_INK)),
            ("LEFTPADDING", (0, 0), (-1, 0), 0),
        ]
    return style
