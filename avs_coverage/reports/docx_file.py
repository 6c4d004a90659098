"""Write the printed report as a Word file that analysts edit: styles of Word, fields, tables of Word."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.shared import Cm, Pt

from avs_coverage import __version__
from avs_coverage.reports.column_widths import cell_lines, widths_of
from avs_coverage.reports.document import Cell, Column, Paragraph, Table
from avs_coverage.reports.docx_styles import (
    CELL,
    HEADER,
    LONG_CELL,
    MAP_MARGIN,
    PAGE,
    SHARE,
    WARNING,
    add_field,
    cell,
    new_section,
    prepare,
    same_bytes,
    shown,
    table_of,
)
from avs_coverage.reports.handout import Cards, Handout, Part, Picture, Subheading, handout

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.statement import Passage

_WIDTH = Cm(17)
_HEADING = Cm(2.4)
"""What the heading over a map, and the line that ends its section, take of its page."""
_WHOLE_ROWS, _SHORT = 12, 60
"""Up to how many rows a table is not cut by the end of a page, when no text in it is longer than that."""
_EM = 8.5
"""Size of the letters of a table, in points."""
_WIDTHS = {0.3: " .,;:!'’|()[]/ijlftrI-\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE}", 0.87: "mwMWŒœ%@…—"}
_EMS = {char: width for width, chars in _WIDTHS.items() for char in chars}


def docx_bytes(report: Report, passages: Sequence[Passage]) -> bytes:
    """Return the Word file: *passages* are the état des lieux. Same report, same bytes."""
    made = handout(report, passages)
    document = Document()
    prepare(document)
    _properties(document, made, report)
    _footer(document, made)
    document.add_paragraph(shown(made.subject), style="Title")
    document.add_paragraph(shown(made.territory), style="Subtitle")
    _facts(document, made)
    for rank, part in enumerate(made.parts):
        _part(document, part, new_page=part.is_annex and not made.parts[rank - 1].is_annex)
    buffer = io.BytesIO()
    document.save(buffer)
    return same_bytes(buffer.getvalue())


def _properties(document: Any, made: Handout, report: Report) -> None:  # noqa: ANN401 - no types
    """Fill in the properties of the file; its dates are that of the report, never that of the writing."""
    properties = document.core_properties
    properties.title = shown(f"{made.subject} — {made.territory}")
    properties.subject = shown(made.footer)
    properties.author = properties.last_modified_by = f"avs-coverage {__version__}"
    properties.language, properties.comments, properties.revision = "fr-FR", "", 1
    properties.created = properties.modified = datetime.combine(report.coverage.on, time())


def _footer(document: Any, made: Handout) -> None:  # noqa: ANN401
    paragraph = document.sections[0].footer.paragraphs[0]
    tabs = paragraph.paragraph_format.tab_stops
    for found in list(document.styles["Footer"].paragraph_format.tab_stops):
        tabs.add_tab_stop(found.position, WD_TAB_ALIGNMENT.CLEAR)
    tabs.add_tab_stop(_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    paragraph.add_run(f"{shown(made.footer)}\tpage ")
    add_field(paragraph, "PAGE")
    paragraph.add_run(" / ")
    add_field(paragraph, "NUMPAGES")


def _facts(document: Any, made: Handout) -> None:  # noqa: ANN401
    rows = [[cell([(HEADER, [shown(name)])]), cell([(CELL, [shown(value)])])] for name, value in made.facts]
    label = 100.0
    table_of(document, rows, [label, _WIDTH.pt - label], header=False, rules=False)


def _part(document: Any, part: Part, *, new_page: bool) -> None:  # noqa: ANN401
    pictures = [block for block in part.blocks if isinstance(block, Picture)]
    if pictures:
        new_section(document, is_landscape=pictures[0].ratio < 1, margin=MAP_MARGIN)
    heading = document.add_heading(shown(part.title), 1)
    heading.paragraph_format.page_break_before = new_page
    tables = (block for block in part.blocks if isinstance(block, Table))
    widths = widths_of(tables, _WIDTH.pt, _measure, lambda text: 1.08 * _measure(text), 8)
    for block in part.blocks:
        if isinstance(block, Subheading):
            document.add_heading(shown(block.text), 2)
        elif isinstance(block, Paragraph):
            _paragraph(document, block)
        elif isinstance(block, Cards):
            _cards(document, block)
        elif isinstance(block, Picture):
            _picture(document, block)
        else:
            _table(document, block, widths[block.columns])
    if pictures:
        new_section(document)


def _measure(text: str) -> float:
    """Estimate the width of a text in points: the font may not be the same where the file is read."""
    ems = (_EMS.get(char, 0.7 if char.isupper() else 0.56) for char in shown(text))
    return sum(ems) * _EM


def _paragraph(document: Any, block: Paragraph) -> None:  # noqa: ANN401
    if block.warning:
        paragraph = document.add_paragraph(style=WARNING)
        paragraph.add_run("Attention : ").bold = True
        paragraph.add_run(shown(block.text))
    else:
        document.add_paragraph(shown(block.text))


def _cards(document: Any, block: Cards) -> None:  # noqa: ANN401
    rows = [[cell([(HEADER, [card.title])]) for card in block.cards]]
    for figures in zip(*(card.figures for card in block.cards), strict=True):
        row = []
        for label, found in figures:
            share, *made_of = found.lines()
            lines = [f"fourchette {line}" if line.startswith("[") else line for line in made_of]
            row.append(cell([(CELL, [label]), (SHARE, [share]), (CELL, lines)]))
        rows.append(row)
    table_of(document, rows, [_WIDTH.pt / len(block.cards)] * len(block.cards), header=True)


def _picture(document: Any, block: Picture) -> None:  # noqa: ANN401
    """Add a picture under its heading, alone on a page of its own orientation."""
    width, height = PAGE if block.ratio > 1 else PAGE[::-1]
    high = height - 2 * MAP_MARGIN - _HEADING
    wide = min(width - 2 * MAP_MARGIN, round(high / block.ratio))
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    shape = paragraph.add_run().add_picture(io.BytesIO(block.content), width=wide)
    shape._inline.docPr.set("descr", shown(block.description))


def _table(document: Any, block: Table, widths: list[float]) -> None:  # noqa: ANN401
    if block.caption:
        document.add_paragraph(shown(block.caption), style="Caption")
    whole = len(block.rows) <= _WHOLE_ROWS and all(
        len(one) <= _SHORT for row in block.rows for one in row if isinstance(one, str)
    )
    head = [
        cell([(HEADER, [shown(column.header)])], numeric=column.numeric, keep=True)
        for column in block.columns
    ]
    rows = [
        [
            _cell(one, column, keep=whole and rank < len(block.rows))
            for one, column in zip(row, block.columns, strict=True)
        ]
        for rank, row in enumerate(block.rows, 1)
    ]
    table_of(document, [head, *rows], widths, header=True)


def _cell(one: Cell, column: Column, *, keep: bool) -> Any:  # noqa: ANN401
    """Make a cell; the lines of a figure are not broken at their spaces."""
    lines = [shown(line) for line in cell_lines(one)]
    if not isinstance(one, str):
        lines = [line.replace(" ", "\N{NO-BREAK SPACE}") for line in lines]
    return cell([(CELL, lines)], numeric=column.numeric, keep=keep and sum(map(len, lines)) <= LONG_CELL)
