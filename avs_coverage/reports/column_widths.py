"""How wide the columns of a table are on a page: nothing over the margin, numbers on one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from avs_coverage.reports.document import Cell, Column, FigureCell, Table

_PIECES = re.compile(r"-*[^-]+-?|-+")
_WIDEST_WORD = 0.25
"""The part of the page that the longest word of a column may ask for; a longer one is cut."""
_SHORT = 14
"""A text up to this length, such as a number, is not cut at its spaces."""
_STRETCH = 1.3
"""How much wider than its texts a table becomes: beyond, the eye loses its row."""
_USUAL, _LONGEST_TEXT = 1.2, 1.5
"""A usual text, times the mean one; and the longest that a column asks for, times the width of the page."""


def cell_lines(cell: Cell) -> list[str]:
    """Return the lines of a cell: a figure is stacked, its bracket under it."""
    if isinstance(cell, str):
        return [cell]
    lines = cell.lines()
    return lines if cell.with_total or len(lines) == 1 else [" ".join(lines[:-1]), lines[-1]]


def pieces(word: str) -> list[str]:
    """Cut a word where a line may end in it.

    >>> pieces("Saint-Prix"), pieces("--csv"), pieces("-5"), pieces("")
    (['Saint-', 'Prix'], ['--csv'], ['-5'], [])
    """
    return _PIECES.findall(word)


def widths_of(
    tables: Iterable[Table],
    total: float,
    measure: Callable[[str], float],
    header: Callable[[str], float],
    padding: float,
) -> dict[tuple[Column, ...], list[float]]:
    """Return the widths of the columns of some tables, the same for those that have the same columns.

    *measure* gives the width of a text, *header* that of one in bold. A column has at least its longest
    word, and its numbers whole, where there is room for all; what remains goes to those whose texts are
    long. The widths of a table sum to *total* at most.
    """
    rows: dict[tuple[Column, ...], list[tuple[Cell, ...]]] = {}
    for made in tables:
        rows.setdefault(made.columns, []).extend(made.rows)
    found = {}
    for columns, cells in rows.items():
        by_column = zip(*cells, strict=True) if cells else [()] * len(columns)
        asked = [
            _asked(column, values, total, measure, header)
            for column, values in zip(columns, by_column, strict=True)
        ]
        levels = [[one[level] + padding for one in asked] for level in range(4)]
        found[columns] = _shared(total, levels)
    return found


def _asked(
    column: Column,
    cells: Sequence[Cell],
    total: float,
    measure: Callable[[str], float],
    header: Callable[[str], float],
) -> tuple[float, float, float, float]:
    """Return the width of the words of a column, of its short texts, of a usual text, of every text."""
    texts = Counter(cell for cell in cells if isinstance(cell, str))
    lines = [measure(line) for cell in cells if isinstance(cell, FigureCell) for line in cell_lines(cell)]
    short = [measure(text) for text in texts if len(text) <= _SHORT]
    words = dict.fromkeys(piece for text in texts for word in text.split(" ") for piece in pieces(word))
    head = [header(piece) for word in column.header.split(" ") for piece in pieces(word)]
    longest = min(max(map(measure, words), default=0), total * _WIDEST_WORD)
    need = max([longest, *lines, *head, *(short if column.numeric else ())])
    whole = max([need, *short])
    wishes = {text: measure(text) for text in texts}
    mean = sum(wishes[text] * count for text, count in texts.items()) / max(texts.total(), 1)
    longest_text = min(max(wishes.values(), default=0), _LONGEST_TEXT * total)
    # One long text among short ones would starve the other columns for the sake of its row.
    usual = max(whole, min(longest_text, _USUAL * mean))
    return need, whole, usual, max(usual, longest_text, header(column.header))


def _shared(total: float, levels: Sequence[Sequence[float]]) -> list[float]:
    """Share *total* among columns that ask for more and more at each level: between the two that frame it.

    >>> levels = [[20, 20], [20, 40]]
    >>> _shared(30, levels), _shared(50, levels), _shared(100, levels)
    ([15.0, 15.0], [20.0, 30.0], [26.0, 52.0])
    """
    if sum(levels[0]) >= total:
        return [total * need / sum(levels[0]) for need in levels[0]]
    for low, high in pairwise(levels):
        if sum(high) > total:
            part = (total - sum(low)) / (sum(high) - sum(low))
            return [need + part * (want - need) for need, want in zip(low, high, strict=True)]
    stretch = min(total / sum(levels[-1]), _STRETCH)
    return [want * stretch for want in levels[-1]]
