"""How wide the columns of a table are on a page: nothing over the margin, numbers on one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from avs_coverage.reports.document import Cell, Column, FigureCell, Table

_PIECES = re.compile(r"-*[^-]+-?|-+")
_WIDEST_WORD = 0.25
"""The part of the page that the longest word of a column may ask for; a longer one is cut."""
_SHORT = 14
"""A text up to this length, such as a number, is not cut at its spaces."""
_STRETCH = 1.3
"""How much wider than its texts a table becomes: beyond, the eye loses its row."""
_TYPICAL, _LONGEST_TEXT = 2.5, 1.5
"""What a column may ask for at most: times its mean text, and times the width of the page."""


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
        words, texts, wants = ([one[rank] + padding for one in asked] for rank in range(3))
        found[columns] = _shared(total, texts if sum(texts) < total else words, wants)
    return found


def _asked(
    column: Column,
    cells: Sequence[Cell],
    total: float,
    measure: Callable[[str], float],
    header: Callable[[str], float],
) -> tuple[float, float, float]:
    """Return what a column needs for its words, for its short texts on one line, and for every text."""
    texts = dict.fromkeys(cell for cell in cells if isinstance(cell, str))
    lines = [measure(line) for cell in cells if isinstance(cell, FigureCell) for line in cell_lines(cell)]
    short = [measure(text) for text in texts if len(text) <= _SHORT]
    words = dict.fromkeys(piece for text in texts for word in text.split(" ") for piece in pieces(word))
    head = [header(piece) for word in column.header.split(" ") for piece in pieces(word)]
    longest = min(max(map(measure, words), default=0), total * _WIDEST_WORD)
    need = max([longest, *lines, *head, *(short if column.numeric else ())])
    whole = max([need, *short])
    wishes = [measure(text) for text in texts] or [0.0]
    # One long text among short ones would starve the other columns for the sake of its row.
    wish = min(max(wishes), _TYPICAL * sum(wishes) / len(wishes), _LONGEST_TEXT * total)
    return need, whole, max(whole, header(column.header), wish)


def _shared(total: float, needs: Sequence[float], wants: Sequence[float]) -> list[float]:
    """Share *total*: in proportion where even the needs do not fit, else the needs and what they lack.

    >>> _shared(100, [20, 20], [20, 40]), _shared(30, [20, 20], [20, 40]), _shared(50, [20, 20], [20, 40])
    ([26.0, 52.0], [15.0, 15.0], [20.0, 30.0])
    """
    if sum(needs) >= total:
        return [total * need / sum(needs) for need in needs]
    if sum(wants) <= total:
        stretch = min(total / sum(wants), _STRETCH)
        return [want * stretch for want in wants]
    part = (total - sum(needs)) / (sum(wants) - sum(needs))
    return [need + part * (want - need) for need, want in zip(needs, wants, strict=True)]
