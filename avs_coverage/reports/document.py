"""A report as blocks of text and tables, before any format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from avs_coverage.figure import Figure
from avs_coverage.messages import MEASURE_UNITS, number, percent, plural


class Paragraph(NamedTuple):
    """A sentence or more; *warning* marks what must not be missed."""

    text: str
    warning: bool = False


class FigureCell(NamedTuple):
    """A figure in a table: on one line, or stacked where the screen is narrow.

    *with_total* writes the denominator (``219 communes sur 317``); a table that gives it
    elsewhere leaves it out.
    """

    figure: Figure
    with_total: bool = True

    def lines(self) -> list[str]:
        """Return share, number and bracket, as three short lines; one where unknown."""
        figure = self.figure
        if figure.numerator is None or figure.lower is None or figure.upper is None:
            return ["inconnu"]
        decimals = 1 if figure.measure == "km2" else 0
        low, high = number(figure.lower, decimals), number(figure.upper, decimals)
        return [percent(figure.share), f"({self._number(decimals)})", f"[{low} à {high}]"]

    def line(self) -> str:
        """Return the figure on one line: ``69,1 % (219 communes sur 317) [219 à 227]``."""
        return " ".join(self.lines())

    def _number(self, decimals: int) -> str:
        figure = self.figure
        text = number(figure.numerator or 0, decimals)
        if not self.with_total:
            return text
        unit = plural(figure.numerator or 0, *MEASURE_UNITS[figure.measure])
        return f"{text} {unit} sur {number(figure.denominator or 0, decimals)}"


Cell = str | FigureCell


class Column(NamedTuple):
    """A column: its header, whether it holds numbers, and whether a cell is kept *whole*, on one line."""

    header: str
    numeric: bool = False
    whole: bool = False


class Table(NamedTuple):
    """A table with a caption."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Paragraph | Table


class Section(NamedTuple):
    """A heading and its blocks."""

    title: str
    blocks: tuple[Block, ...]


class Document(NamedTuple):
    """A title, what it rests on, and sections."""

    title: str
    sections: tuple[Section, ...]


def table(caption: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Make a table; a header that starts with ``#`` is that of a numeric column."""
    columns = tuple(Column(header.lstrip("#"), header.startswith("#")) for header in headers)
    return Table(caption, columns, tuple(tuple(row) for row in rows))
