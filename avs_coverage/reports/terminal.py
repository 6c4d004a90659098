"""Print a document in a terminal, or as text where the output is piped."""

from __future__ import annotations

import sys
from typing import TextIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from avs_coverage.reports.document import Cell, Document, FigureCell, Paragraph, Table
from avs_coverage.reports.text import plain

_UNLIMITED = 100_000


def make_console(stream: TextIO | None = None) -> Console:
    """Return a console: as wide as the terminal, or without limit where the output is not one.

    A piped table is never cut nor wrapped. Colour follows NO_COLOR and the terminal.
    """
    target = stream or sys.stdout
    console = Console(file=target, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(file=target, highlight=False, width=_UNLIMITED, color_system=None)
    return console


def print_document(document: Document, console: Console) -> None:
    """Print every section."""
    _print(console, Text(plain(document.title), style="bold"))
    for section in document.sections:
        if section.title:
            _print(console, Text())
            _print(console, Text(plain(section.title).upper(), style="bold cyan"))
        for block in section.blocks:
            if isinstance(block, Paragraph):
                print_paragraph(block, console)
            else:
                print_table(block, console)


def print_paragraph(paragraph: Paragraph, console: Console) -> None:
    """Print a paragraph, marked with ``!`` where it is a warning: colour alone says nothing."""
    mark, style = ("! ", "yellow") if paragraph.warning else ("", "")
    _print(console, Text(mark + plain(paragraph.text), style=style))


def print_table(table: Table, console: Console) -> None:
    """Print a table; figures are stacked on several lines where one line does not fit."""
    if table.caption:
        _print(console, Text())
        _print(console, Text(plain(table.caption), style="bold"))
    wide = _rich_table(table, stacked=False)
    needed = Measurement.get(console, console.options.update(width=_UNLIMITED), wide).maximum
    _print(console, wide if needed <= console.width else _rich_table(table, stacked=True))


def _print(console: Console, renderable: Text | RichTable) -> None:
    if isinstance(renderable, Text) and not console.is_terminal:
        console.print(renderable, soft_wrap=True)
    else:
        console.print(renderable)


def _rich_table(table: Table, stacked: bool) -> RichTable:
    rich = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for column in table.columns:
        rich.add_column(
            plain(column.header),
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            overflow="fold",
        )
    for row in table.rows:
        rich.add_row(*(_text(cell, stacked) for cell in row))
    return rich


def _text(cell: Cell, stacked: bool) -> Text:
    if isinstance(cell, FigureCell):
        return Text("\n".join(cell.lines()) if stacked else cell.line())
    return Text(plain(cell))
