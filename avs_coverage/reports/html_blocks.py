"""Write the blocks of a document as HTML: every text is escaped here, and nowhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from avs_coverage.messages import NARROW_SPACE
from avs_coverage.names import normalise
from avs_coverage.reports.document import Cell, Column, FigureCell, Paragraph, Section, Table
from avs_coverage.reports.text import plain

_SORTABLE_ROWS = 6
"""From how many rows on a table is sorted at will: shorter ones are read at a glance."""
_WHOLE_ROWS = 15
"""Up to how many rows a table is kept on one page of paper."""
_NUMBER = re.compile(r"-?\d[\d\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE}]*(?:,\d+)?")


def escape(text: str) -> str:
    """Return *text* for an element or a quoted attribute, without control characters.

    >>> escape('<b onclick="x">')
    '&lt;b onclick=&quot;x&quot;&gt;'
    """
    return html.escape(plain(text), quote=True)


def anchor(title: str) -> str:
    """Return the name under which a heading is linked to.

    >>> anchor("Zones blanches et couverture à préciser")
    'zones-blanches-et-couverture-a-preciser'
    """
    return normalise(title).replace(" ", "-") or "section"


def section(made: Section) -> str:
    """Write a section: a heading of level 2, and its blocks."""
    return heading(made.title) + blocks(made) + "</section>\n"


def heading(title: str) -> str:
    """Open a section, which its heading names."""
    name = anchor(title)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(title)}</h2>\n'


def blocks(made: Section) -> str:
    """Write the paragraphs and tables of a section."""
    return "".join(
        paragraph(block) if isinstance(block, Paragraph) else table(block, made.title)
        for block in made.blocks
    )


def paragraph(made: Paragraph) -> str:
    """Write a paragraph; what must not be missed is marked by a word, not by a colour alone."""
    if made.warning:
        return f'<p class="warning"><strong>Attention :</strong> {escape(made.text)}</p>\n'
    return f"<p>{escape(made.text)}</p>\n"


def table(made: Table, name: str, attributes: Callable[[int], str] = lambda rank: "") -> str:
    """Write a table that scrolls on a narrow screen; *attributes* are those of each row, escaped."""
    sortable = len(made.rows) >= _SORTABLE_ROWS
    kind = ' class="sortable"' if sortable else ""
    box = "scroll whole" if len(made.rows) <= _WHOLE_ROWS else "scroll"
    label = escape(made.caption or name)
    head = "".join(f'<th scope="col"{_kind(column)}>{escape(column.header)}</th>' for column in made.columns)
    caption = f"<caption>{escape(made.caption)}</caption>" if made.caption else ""
    rows = "".join(
        f"<tr{attributes(rank)}>{_row(row, made.columns, sortable)}</tr>\n"
        for rank, row in enumerate(made.rows)
    )
    return (
        f'<div class="{box}" role="group" aria-label="{label}" tabindex="0">\n<table{kind}>{caption}\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )


def _row(row: tuple[Cell, ...], columns: tuple[Column, ...], sortable: bool) -> str:
    cells = []
    for rank, (cell, column) in enumerate(zip(row, columns, strict=True)):
        tag, scope = ("th", ' scope="row"') if rank == 0 else ("td", "")
        value = f' data-value="{sort_value(cell)}"' if sortable and column.numeric else ""
        cells.append(f"<{tag}{scope}{_kind(column)}{value}>{_cell(cell)}</{tag}>")
    return "".join(cells)


def _kind(column: Column) -> str:
    return ' class="n"' if column.numeric else ' class="w"' if column.whole else ""


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    return " ".join(f"<span>{escape(line)}</span>" for line in cell.lines())


def sort_value(cell: Cell) -> str:
    r"""Return what a numeric cell is sorted by: a share, or the first number it writes; empty without.

    >>> sort_value("59\u202f142"), sort_value("4,7\u202f% (15 sur 317)"), sort_value("non connu")
    ('59142', '4.7', '')
    """
    if isinstance(cell, FigureCell):
        value = cell.figure.numerator if cell.figure.share is None else cell.figure.share
        return "" if value is None else repr(value)
    found = _NUMBER.search(cell)
    if found is None:
        return ""
    return re.sub(f"[{NARROW_SPACE}\N{NO-BREAK SPACE}]", "", found[0]).replace(",", ".")
