"""Numbers looked up in the tables of a report, each with the row that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

from avs_coverage.dictionary import describe_column
from avs_coverage.messages import number, percent, plural

if TYPE_CHECKING:
    from avs_coverage.tables import Record, TableView

CELL, ROWS, SUM, DISTINCT = "cellule", "lignes", "somme", "distincts"
"""How a number is had: the cell of one row; the number of rows; the sum, or the number of distinct
values, of a column over rows. ``SHARE`` is a column ÷ another, of one row."""
SHARE = "part"

Where = Mapping[str, Any]
"""The values that single out a row, or rows, by column."""
_ALL: Where = {}


class RowRef(NamedTuple):
    """Where a number is: the view (``TableView.name``), the values that single out its rows, the column.

    *how* is ``CELL``, ``ROWS``, ``SUM``, ``DISTINCT``, or ``SHARE`` of *column* in *total*.
    """

    view: str
    where: tuple[tuple[str, Any], ...]
    column: str
    how: str = CELL
    total: str = ""


class Fact(NamedTuple):
    """A number, the text that writes it, and where it is; ``{fact:commune|communes}`` adds the noun."""

    value: float
    text: str
    ref: RowRef

    def __format__(self, spec: str) -> str:
        if not spec:
            return self.text
        singular, several = spec.split("|")
        return f"{self.text} {plural(self.value, singular, several)}"


class Sentence(NamedTuple):
    """One sentence, or a few that go together; *facts* are its numbers, in their order.

    *item* marks one of a list that the sentence before opens.
    """

    text: str
    facts: tuple[Fact, ...] = ()
    item: bool = False


def write(template: str, **values: Fact | str) -> Sentence:
    """Fill a template with facts and words: a number gets into a sentence with its row, or not at all."""
    named = [values[name] for _, name, _, _ in Formatter().parse(template) if name]
    facts = [value for value in named if isinstance(value, Fact)]
    return Sentence(template.format(**values), _once(facts))


def together(parts: Sequence[Sentence], between: str = " ") -> Sentence:
    """Join sentences, or clauses of one, with their facts."""
    facts = [fact for part in parts for fact in part.facts]
    return Sentence(between.join(part.text for part in parts), _once(facts))


def _once(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for rank, fact in enumerate(facts) if fact not in facts[:rank])


class Facts:
    """The tables of a report, to be asked for numbers; each answer is None where nothing is known."""

    def __init__(self, views: Sequence[TableView]) -> None:
        self._views = {view.name: view for view in views}

    def rows(self, view: str, where: Where) -> list[Record]:
        """Return the rows of a view that hold some values."""
        wanted = where.items()
        return [row for row in self._views[view].records if all(row[name] == value for name, value in wanted)]

    def cell(self, view: str, column: str, where: Where, decimals: int = 0) -> Fact | None:
        """Return the value of a column in the one row that holds some values.

        Raises LookupError where several rows do: the number could not be traced.
        """
        value = self._one(view, where, column)
        if value is None:
            return None
        is_share = describe_column(column, view).kind == "part"
        text = percent(value) if is_share else number(value, decimals)
        return Fact(value, text, _ref(view, where, column))

    def known(self, view: str, column: str, where: Where) -> Fact:
        """Return a cell that always has its number; raises LookupError otherwise."""
        found = self.cell(view, column, where)
        if found is None:
            raise LookupError(f"{view}: no {column} for {dict(where)}")
        return found

    def share(self, view: str, column: str, total: str, where: Where) -> Fact | None:
        """Return a column ÷ another, of one row, as a percentage."""
        value, whole = self._one(view, where, column), self._one(view, where, total)
        if value is None or not whole:
            return None
        ref = RowRef(view, tuple(where.items()), column, SHARE, total)
        return Fact(value / whole, percent(value / whole), ref)

    def count(self, view: str, where: Where = _ALL) -> Fact:
        """Return the number of rows that hold some values."""
        value = len(self.rows(view, where))
        return Fact(value, number(value), _ref(view, where, "", ROWS))

    def sum(self, view: str, column: str, where: Where = _ALL) -> Fact | None:
        """Return the sum of a column; None where a value is not known."""
        values = [row[column] for row in self.rows(view, where)]
        if any(value is None for value in values):
            return None
        return Fact(sum(values), number(sum(values)), _ref(view, where, column, SUM))

    def distinct(self, view: str, column: str, where: Where = _ALL) -> Fact:
        """Return the number of distinct values of a column, empty ones aside."""
        value = len({row[column] for row in self.rows(view, where)} - {"", None})
        return Fact(value, number(value), _ref(view, where, column, DISTINCT))

    def _one(self, view: str, where: Where, column: str) -> Any:  # noqa: ANN401
        found = self.rows(view, where)
        if len(found) > 1:
            raise LookupError(f"{view}: {len(found)} rows for {dict(where)}")
        return found[0][column] if found else None


def _ref(view: str, where: Where, column: str, how: str = CELL) -> RowRef:
    return RowRef(view, tuple(where.items()), column, how)
