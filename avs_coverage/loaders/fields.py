"""Read the cells of one row, with a fault for each value that is missing or not understood."""

from __future__ import annotations

from datetime import date

from avs_coverage.loaders.cells import (
    parse_choice,
    parse_count,
    parse_date,
    parse_excel_day,
    parse_number,
    parse_type,
    parse_yes_no,
)
from avs_coverage.loaders.collector import Collector
from avs_coverage.loaders.table_file import Row
from avs_coverage.messages import french_date


def cell_of(row: Row, positions: dict[str, int], column: str) -> str:
    """Return the cell of a column, empty where the row or the file has none."""
    position = positions.get(column, -1)
    return row.cells[position] if 0 <= position < len(row.cells) else ""


class Fields:
    """The cells of a row, each with its fault where the value is missing or not understood."""

    def __init__(self, row: Row, positions: dict[str, int], collector: Collector) -> None:
        self.row, self.collector = row, collector
        # Most columns are absent from most files: a cell is asked for dozens of times a row.
        self._cells = {name: row.cells[i] for name, i in positions.items() if i < len(row.cells)}

    def text(self, column: str) -> str:
        """Return the cell; empty where the row or the file has none."""
        return self._cells.get(column, "")

    def _refuse(self, code: str, column: str, **values: str) -> None:
        self.collector.fault(code, self.row.line, column, value=self.text(column), **values)

    def required(self, column: str) -> str:
        """Return a text that must be there (AVS-311)."""
        if not self.text(column):
            self._refuse("AVS-311", column)
        return self.text(column)

    def kind(self, column: str) -> str:
        """Return CS or EVS (AVS-312)."""
        value = parse_type(self.text(column))
        if not value:
            self._refuse("AVS-312", column)
        return value

    def identifier(self, column: str) -> str:
        """Return an id, which holds no bar (AVS-328)."""
        if "|" in self.text(column):
            self._refuse("AVS-328", column)
        return self.text(column)

    def period(self, first: str, last: str) -> tuple[date | None, date | None]:
        """Return the first and last day of an agreement, in that order (AVS-317, AVS-318)."""
        start, end = self.date(first), self.date(last, end=True)
        if start and end and end < start:
            self._refuse("AVS-318", last, start=start.isoformat())
        return start, end

    def life(self, start: date | None, end: date | None) -> tuple[date | None, int | None, date | None]:
        """Return the first agreement, the year of creation and the closure, around the current agreement.

        Nothing ends before it began (AVS-318); a first agreement after the current one gets AVS-916.
        """
        first, created = self.date("premier_agrement"), self.date("annee_creation")
        closed_on = self.date("fermeture", end=True)
        is_said = start and end and end < start  # by ``period``
        for column, day in (
            ("agrement_fin", end if first and not is_said else None),
            ("fermeture", closed_on),
        ):
            began = min((one for one in (first, start) if one), default=None)
            if day and began and day < began:
                self._refuse("AVS-318", column, start=began.isoformat())
        if start:
            late = {
                "premier_agrement": first is not None and first > start,
                "annee_creation": created is not None and created.year > start.year,
            }
            for column in (column for column, is_late in late.items() if is_late):
                values = {"value": self.text(column), "start": french_date(start)}
                self.collector.warn("AVS-916", self.row.line, column, **values)
        return first, created.year if created else None, closed_on

    def agreement(self, column: str, first: str) -> tuple[bool | None, date | None]:
        """Return whether an agreement is held, which a date says too, and since when (AVS-387)."""
        answer, start = self.yes_no(column), self.date(first)
        if start and answer is False:
            self._refuse("AVS-387", first, other=column)
        return (True if start else answer), start

    def date(self, column: str, end: bool = False) -> date | None:
        """Return a day, None where the cell is empty (AVS-317, AVS-346 a number of Excel)."""
        if not (text := self.text(column)):
            return None
        value = parse_date(text, end)
        if value is None and (day := parse_excel_day(text)):
            self._refuse("AVS-346", column, day=french_date(day))
        elif value is None:
            self._refuse("AVS-317", column)
        return value

    def choice(self, column: str, choices: tuple[str, ...]) -> str:
        """Return one of *choices*, empty where the cell is (AVS-313)."""
        if not (text := self.text(column)):
            return ""
        value = parse_choice(text, choices)
        if not value:
            self._refuse("AVS-313", column, choices=", ".join(choices))
        return value

    def yes_no(self, column: str) -> bool | None:
        """Return a yes or a no, None where the cell is empty (AVS-313)."""
        if not (text := self.text(column)):
            return None
        value = parse_yes_no(text)
        if value is None:
            self._refuse("AVS-313", column, choices="oui, non, ou vide")
        return value

    def count(self, column: str) -> int | None:
        """Return a whole number, None where the cell is empty (AVS-319)."""
        if not (text := self.text(column)):
            return None
        value = parse_count(text)
        if value is None:
            self._refuse("AVS-319", column, expected="entier", hint="écrivez par exemple 5640, ou rien")
        return value

    def degrees(self, column: str) -> float | None:
        """Return degrees, None where the cell is empty (AVS-319)."""
        if not (text := self.text(column)):
            return None
        value = parse_number(text)
        if value is None:
            self._refuse("AVS-319", column, expected="de degrés", hint="écrivez par exemple 3,427")
        return value
