"""Print a document in a terminal, or as text where the output is piped."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table as RichTable
from rich.text import Text

from avs_coverage.messages import NARROW_SPACE
from avs_coverage.reports.document import Cell, Column, Document, FigureCell, Paragraph, Table
from avs_coverage.reports.text import plain

_GAP = 3  # between columns
_MAX_LINES = 10  # of a cell: beyond, a row reads better as a card
_TEXT_WIDTH = 12  # below which a column of text reads badly


def make_console(stream: TextIO | None = None) -> Console:
    """Return a console as wide as the terminal; colour follows NO_COLOR.

    Where the output is not a terminal, lines are as long as their cells: nothing is cut or wrapped.
    """
    return Console(file=stream or sys.stdout, highlight=False)


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
    text = mark + plain(paragraph.text)
    if console.is_terminal:
        text = "\n".join(textwrap.wrap(_bound(text), console.width, break_on_hyphens=False))
    _print(console, Text(text, style=style))


def print_table(table: Table, console: Console) -> None:
    """Print a table whole: no cell is ever cut.

    On a terminal, where one line a row is too wide, figures are stacked and texts wrapped
    between words or at hyphens; where even that does not fit, each row becomes a card.
    """
    if table.caption:
        _print(console, Text())
        _print(console, Text(plain(table.caption), style="bold"))
    if not console.is_terminal:
        _print_piped(table, console)
        return
    natural = _widths(table, _one_line)
    room = console.width - _GAP * (len(table.columns) - 1)
    if sum(natural) <= room:
        console.print(_rich_table(table, natural, stacked=False))
        return
    narrowest = _widths(table, _narrowest)
    widths = _share_out(narrowest, natural, room)
    if sum(narrowest) <= room and _tallest(table, widths) <= _MAX_LINES:
        console.print(_rich_table(table, widths, stacked=True))
    else:
        _print_cards(table, console)


def _tallest(table: Table, widths: list[int]) -> int:
    """Return the number of lines of the tallest text cell at these widths."""
    texts = (
        textwrap.wrap(_bound(cell), width)
        for row in table.rows
        for cell, width in zip(row, widths, strict=True)
        if isinstance(cell, str)
    )
    return max(map(len, texts), default=0)


def _one_line(cell: Cell, column: Column) -> str:
    return plain(cell) if isinstance(cell, str) else cell.line()


def _narrowest(cell: Cell, column: Column) -> str:
    """Return the widest part of a cell that must stay on one line."""
    if isinstance(cell, FigureCell):
        return max(cell.lines(), key=cell_len)
    text = plain(cell)
    if column.numeric:
        return text
    longest = max(re.findall(r"[^\s-]+-?|-", text), key=cell_len, default="")
    return longest if cell_len(longest) > _TEXT_WIDTH else text[:_TEXT_WIDTH]


def _widths(table: Table, part: Callable[[Cell, Column], str]) -> list[int]:
    """Return the width that each column needs where *part* of a cell is kept whole."""
    widths = []
    for index, column in enumerate(table.columns):
        cells: list[Cell] = [column.header, *(row[index] for row in table.rows)]
        widths.append(max(cell_len(part(cell, column)) for cell in cells))
    return widths


def _share_out(narrowest: list[int], natural: list[int], room: int) -> list[int]:
    """Widen the columns, one cell at a time, where most of the text is still to be wrapped."""
    widths = list(narrowest)
    for _ in range(room - sum(widths)):
        index = max(range(len(widths)), key=lambda i: natural[i] / widths[i])
        if widths[index] >= natural[index]:
            break
        widths[index] += 1
    return widths


def _print_piped(table: Table, console: Console) -> None:
    """Write each row on one line, numbers to the right."""
    columns = []
    for index, column in enumerate(table.columns):
        texts = [_one_line(cell, column) for cell in (column.header, *(row[index] for row in table.rows))]
        sizes = [cell_len(text.replace(NARROW_SPACE, " ")) for text in texts]  # rich knows " " at once
        width = max(sizes)
        padded = [
            " " * (width - size) + text if column.numeric else text + " " * (width - size)
            for text, size in zip(texts, sizes, strict=True)
        ]
        columns.append([padded[0], "-" * width, *padded[1:]])
    for line in zip(*columns, strict=True):
        console.file.write((" " * _GAP).join(line).rstrip() + "\n")


def _print_cards(table: Table, console: Console) -> None:
    """Write each row as a card: its first cell, then a line for each other cell that holds anything."""
    first, *others = table.columns
    for row in table.rows:
        title = _one_line(row[0], first)
        label = f"{first.header} {title}" if title.isdigit() else title
        console.print(Text(label, style="bold"))
        for cell, column in zip(row[1:], others, strict=True):
            if text := _one_line(cell, column):
                whole = _bound(f"{plain(column.header)} : {text}")
                lines = textwrap.wrap(whole, console.width - 2, break_on_hyphens=False)
                console.print(Text("\n".join(f"  {line}" for line in lines)))


def _print(console: Console, text: Text) -> None:
    if console.is_terminal:
        console.print(text)
    else:
        console.file.write(text.plain + "\n")


def _rich_table(table: Table, widths: list[int], stacked: bool) -> RichTable:
    rich = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for column, width in zip(table.columns, widths, strict=True):
        justify: JustifyMethod = "right" if column.numeric else "left"
        rich.add_column(_text(column.header, column, width, stacked), justify=justify, no_wrap=True)
    for row in table.rows:
        cells = zip(row, table.columns, widths, strict=True)
        rich.add_row(*(_text(cell, column, width, stacked) for cell, column, width in cells))
    return rich


def _text(cell: Cell, column: Column, width: int, stacked: bool) -> Text:
    if isinstance(cell, FigureCell):
        return Text("\n".join(cell.lines()) if stacked else cell.line())
    if column.numeric or not stacked:
        return Text(plain(cell))
    return Text("\n".join(textwrap.wrap(_bound(cell), width)))


def _bound(text: str) -> str:
    """Return *text* with the spaces of French punctuation made unbreakable: no line starts with « ; »."""
    return re.sub(r" (?=[;:!?»])|(?<=«) ", "\N{NO-BREAK SPACE}", plain(text))
