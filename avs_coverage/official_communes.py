"""How many communes a territory officially has, on a day of the years that the movements cover."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from avs_coverage.gazetteer import Gazetteer, departement_of
from avs_coverage.loaders.cog import FIRST_YEAR

if TYPE_CHECKING:
    from avs_coverage.territory import Territory

_LAST_COG = 2026
_EPCI_YEAR = 2025


def communes_on(territory: Territory, day: date) -> int | None:
    """Return the number of communes of a territory on a day; None where it is not known."""
    name = territory.name
    if not FIRST_YEAR <= day.year <= _LAST_COG or (name.kind == "epci" and day.year < _EPCI_YEAR):
        return None
    if name.kind == "epci":
        return len(territory.communes)
    return len(_communes(day, name.departements))


def communes_in(territory: Territory, year: int) -> int | None:
    """Return the number of communes of a territory on 31 December of a year; None where it is not known."""
    return communes_on(territory, date(year, 12, 31))


def official_counts(territory: Territory, year: int) -> dict[date, int]:
    """Return the numbers of communes that a text of a year may print: at its end, its start, and the eve.

    Most mergers take effect on 1 January: a text of the year may count before or after.
    """
    days = date(year, 12, 31), date(year, 1, 1), date(year - 1, 12, 31)
    return {day: count for day in days if (count := communes_on(territory, day)) is not None}


@cache
def _communes(day: date, departements: tuple[str, ...]) -> frozenset[str]:
    """Return the communes of some départements in force on a day."""
    return Gazetteer().movements.communes_at(day) & _ever(departements)


@cache
def _ever(departements: tuple[str, ...]) -> frozenset[str]:
    """Return every code that communes of some départements have or had: looked at once, not for each day."""
    movements = Gazetteer().movements
    moved = {code for _, pairs in movements.days for pair in pairs for code in pair if code}
    wanted = set(departements)
    return frozenset(code for code in movements.today | moved if departement_of(code) in wanted)


def changed_communes(territory: Territory, year: int) -> int | None:
    """Return how many communes exist at the end of a year or in the territory, not both; None: not known."""
    if communes_in(territory, year) is None:
        return None
    if territory.name.kind == "epci":
        return 0
    there = _communes(date(year, 12, 31), territory.name.departements)
    return len(there ^ set(territory.communes.index))
