"""The page, the styles and the parts of a Word file that python-docx has no words for."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from avs_coverage.reports.text import typeset

INK, RULE, FILL = "1F3A5F", "C5CED8", "E8EEF4"
WARNING_FILL, WARNING_BAR = "FFF6E5", "B45309"
FONT = "Arial"
WARNING, CELL, HEADER, SHARE = "Attention", "Tableau", "Tableau en-tête", "Chiffre clé"
"""Styles of our own, beside those of Word."""
LONG_CELL = 1500
"""A row with a longer cell may be cut by the end of a page: it could be taller than one."""
PAGE, MAP_MARGIN, _MARGIN = (Cm(21), Cm(29.7)), Cm(1.6), Cm(2)
# What XML 1.0 does not allow and `typeset` leaves: lone surrogates, two code points that are no characters.
_ILLEGAL = re.compile("[\ud800-\udfff\ufffe\uffff]")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def shown(text: str) -> str:
    r"""Return *text* on one line, in characters that an XML file may hold.

    >>> shown("A\x00B\ud800")
    'AB\ufffd'
    """
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", typeset(text))


def element(tag: str, children: tuple[Any, ...] = (), **attributes: object) -> Any:  # noqa: ANN401 - lxml
    """Make an element of WordprocessingML; ``val="x"`` is its attribute ``w:val``."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


def prepare(document: Any) -> None:  # noqa: ANN401 - python-docx has no types
    """Set A4, margins, French, and the styles."""
    _set_page(document.sections[0])
    styles = document.styles
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    defaults.find(qn("w:lang")).set(qn("w:val"), "fr-FR")
    _style(styles["Normal"], 10, after=5)
    _style(styles["Title"], 20, INK, bold=True, after=2)
    _border(styles["Title"])
    _style(styles["Subtitle"], 15, INK, after=8, italic=False)
    _style(styles["Heading 1"], 15, INK, bold=True, before=16, after=6)
    _style(styles["Heading 2"], 12, INK, bold=True, before=10, after=3)
    _style(styles["Caption"], 9, INK, bold=True, before=8, after=3)
    styles["Caption"].paragraph_format.keep_with_next = True
    _style(styles["Footer"], 8, "444444")
    for name, size, bold in (
        (WARNING, 10, False),
        (CELL, 8.5, False),
        (HEADER, 8.5, True),
        (SHARE, 17, True),
    ):
        made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.base_style = styles["Normal"]
        _style(made, size, INK if bold else "1A1A1A", bold=bold)
        made.quick_style = True
    for name in (CELL, HEADER):
        styles[name].paragraph_format.space_before = styles[name].paragraph_format.space_after = Pt(1.5)
    styles[HEADER].paragraph_format.keep_with_next = True
    styles[WARNING].paragraph_format.space_before = styles[WARNING].paragraph_format.space_after = Pt(6)
    _border(styles[WARNING], WARNING_BAR, WARNING_FILL)


def new_section(document: Any, *, is_landscape: bool = False, margin: int = _MARGIN) -> None:  # noqa: ANN401
    """Begin a new page, of another orientation or with other margins."""
    _set_page(document.add_section(WD_SECTION.NEW_PAGE), is_landscape=is_landscape, margin=margin)


def _set_page(section: Any, *, is_landscape: bool = False, margin: int = _MARGIN) -> None:  # noqa: ANN401
    section.page_width, section.page_height = PAGE[::-1] if is_landscape else PAGE
    section.orientation = WD_ORIENT.LANDSCAPE if is_landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = margin
    section.footer_distance = Cm(0.8)


def _style(
    style: Any,  # noqa: ANN401
    size: float,
    color: str = "1A1A1A",
    *,
    bold: bool = False,
    italic: bool = False,
    before: float = 0,
    after: float = 0,
) -> None:
    font, paragraph = style.font, style.paragraph_format
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, italic
    font.color.rgb = RGBColor.from_string(color)
    fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
    for name in list(fonts.attrib):  # a font of the theme would come before ours
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{name}"), FONT)
    for tag in ("spacing", "kern"):  # letter spacing of the title of the template
        for found in style.element.rPr.findall(qn(f"w:{tag}")):
            style.element.rPr.remove(found)
    paragraph.space_before, paragraph.space_after, paragraph.line_spacing = Pt(before), Pt(after), 1.1


def _border(style: Any, left: str = "", fill: str = "") -> None:  # noqa: ANN401
    """Replace the border of a style: none, or a bar at the left of a fill."""
    properties = style.element.get_or_add_pPr()
    for found in properties.findall(qn("w:pBdr")):
        properties.remove(found)
    if left:
        bar = element("pBdr", (element("left", val="single", sz=24, space=6, color=left),))
        # Word wants them in the order of its schema: before the spaces of the paragraph.
        properties.find(qn("w:spacing")).addprevious(bar)
        bar.addnext(element("shd", val="clear", color="auto", fill=fill))


def add_field(paragraph: Any, code: str) -> None:  # noqa: ANN401
    """Add a field that Word computes: PAGE, NUMPAGES."""
    run = paragraph.add_run()._r
    run.append(element("fldChar", fldCharType="begin"))
    text = element("instrText")
    text.text = f" {code} "
    run.append(text)
    run.append(element("fldChar", fldCharType="separate"))
    shown_text = element("t")
    shown_text.text = "1"
    run.append(shown_text)
    run.append(element("fldChar", fldCharType="end"))


def table_of(
    document: Any,  # noqa: ANN401
    rows: list[list[Any]],
    widths: list[float],
    *,
    header: bool,
    rules: bool = True,
) -> None:
    """Add a table of cells made by `cell`; *widths* in points. A header is repeated on each page."""
    made = document.add_table(0, 0)._tbl
    properties = made.tblPr
    for found in list(properties):
        properties.remove(found)
    lines = {"top": RULE, "bottom": RULE, "insideH": RULE} if rules else {"top": INK, "bottom": INK}
    borders = (element(name, val="single", sz=4, space=0, color=color) for name, color in lines.items())
    twips = [round(width * 20) for width in widths]
    sides = (element(side, w=60, type="dxa") for side in ("left", "right"))
    properties.extend(
        [
            element("tblW", w=sum(twips), type="dxa"),
            element("tblBorders", tuple(borders)),
            element("tblLayout", type="fixed"),
            element("tblCellMar", tuple(sides)),
            element("tblLook", val="0020" if header else "0000"),
        ]
    )
    grid = made.tblGrid
    grid.extend(element("gridCol", w=width) for width in twips)
    for rank, row in enumerate(rows):
        is_header = header and not rank
        made.append(_row(row, twips, is_header=is_header))
    document.add_paragraph(style=CELL)  # tables that touch would be one table


def _row(cells: list[Any], twips: list[int], *, is_header: bool) -> Any:  # noqa: ANN401
    flags = []
    if all(sum(len(text.text or "") for text in cell.iter(qn("w:t"))) <= LONG_CELL for cell in cells):
        flags.append(element("cantSplit"))
    if is_header:
        flags.append(element("tblHeader"))
    made = element("tr", (element("trPr", tuple(flags)),))
    for one, width in zip(cells, twips, strict=True):
        properties = [element("tcW", w=width, type="dxa")]
        if is_header:
            properties.append(element("shd", val="clear", color="auto", fill=FILL))
        one.insert(0, element("tcPr", tuple(properties)))
        made.append(one)
    return made


def cell(paragraphs: list[tuple[str, list[str]]], *, numeric: bool = False, keep: bool = False) -> Any:  # noqa: ANN401
    """Make a cell from (style, lines) of each of its paragraphs; numbers are at the right.

    *keep* holds it on the page of the next row.
    """
    made = element("tc")
    for style, lines in paragraphs:
        properties = [element("pStyle", val=style.replace(" ", ""))]  # as python-docx makes ids of names
        if keep:
            properties.append(element("keepNext"))
        if numeric:
            properties.append(element("jc", val="right"))
        run = element("r")
        for rank, line in enumerate(lines):
            if rank:
                run.append(element("br"))
            text = element("t")
            text.text = line
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            run.append(text)
        made.append(element("p", (element("pPr", tuple(properties)), run)))
    return made


def same_bytes(content: bytes) -> bytes:
    """Write a package again without the time of its writing."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for one in source.infolist():
            info = zipfile.ZipInfo(one.filename, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0  # the same on every system
            target.writestr(info, source.read(one))
    return made.getvalue()
