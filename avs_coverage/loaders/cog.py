"""Bring commune codes of any vintage since 2003 to the COG 2026, by the dated movements of communes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby

from avs_coverage.embedded import read_csv

FIRST_YEAR = 2003
_Changes = dict[str, set[str]]


@dataclass(frozen=True)
class Passage:
    """What became of a code: the codes of today, and the last day on which it changed.

    *today* holds one code where the commune was kept, renamed, moved or merged; several where it
    was split; none where the code was never one of a commune since 2003. *changed* is None
    where nothing happened.
    """

    code: str
    today: tuple[str, ...]
    changed: date | None

    @property
    def is_split(self) -> bool:
        """Tell whether the commune was split: its figures cannot be carried over without a choice."""
        return len(self.today) > 1


@dataclass(frozen=True)
class Movements:
    """The movements of communes since 2003, by date: (day, [(code before, code after), …]).

    The code before is empty for communes that enter the COG (Mayotte, 2011). Source: INSEE,
    COG, movements of communes; name changes are left out.
    """

    days: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    today: frozenset[str]

    @classmethod
    def read(cls, today: frozenset[str]) -> Movements:
        """Return the embedded movements, which end in the communes of *today*."""
        rows = sorted((row["date"], row["avant"], row["apres"]) for row in read_csv("movements.csv"))
        days = groupby(rows, key=lambda row: row[0])
        return cls(tuple((day, tuple((b, a) for _, b, a in group)) for day, group in days), today)

    def passage(self, code: str, vintage: date | None = None) -> Passage:
        """Return what became of *code*, a code of the COG in force at *vintage*.

        Without a vintage, a code of today is taken as it is; another is followed from the last
        day on which it was still one. Movements are followed by date, so that a code that left
        and came back (27058 and 27676) ends.
        """
        if vintage is None:
            if code in self.today:
                return Passage(code, (code,), None)
            start = self._last_departure.get(code)
            if start is None:
                return Passage(code, (), None)
        else:
            start = None
        current, changed = {code}, None
        for day, changes in self._changes:
            if (start is not None and day < start) or (vintage is not None and day <= vintage.isoformat()):
                continue
            following = _follow(current, changes)
            if following != current:
                current, changed = following, date.fromisoformat(day)
        return Passage(code, tuple(sorted(current & self.today)), changed)

    def parts(self, code: str, vintage: date) -> frozenset[str]:
        """Return the codes in force on *vintage* of which a part, or all, is now the commune *code*."""
        current = {code}
        for day, pairs in reversed(self.days):
            if day <= vintage.isoformat():
                break
            current = _follow(current, _changes((after, before) for before, after in pairs))
        return frozenset(current - {""})

    def communes_at(self, day: date) -> frozenset[str]:
        """Return the codes of the communes in force on a day, by undoing the movements since.

        Raises ValueError before 2003, where the table begins.
        """
        if day.year < FIRST_YEAR:
            raise ValueError(f"no movements before {FIRST_YEAR}")
        codes = set(self.today)
        for when, pairs in reversed(self.days):
            if when <= day.isoformat():
                break
            codes -= {after for _, after in pairs}
            arrived = {after for before, after in pairs if before != after}
            kept = {before for before, after in pairs if before == after}
            # A code that arrives and leaves within one day was in force neither before nor after.
            codes |= {before for before, _ in pairs if before and (before not in arrived or before in kept)}
        return frozenset(codes)

    @cached_property
    def _changes(self) -> tuple[tuple[str, _Changes], ...]:
        """What each code becomes, by day."""
        return tuple((day, _changes(pairs)) for day, pairs in self.days)

    @cached_property
    def _last_departure(self) -> dict[str, str]:
        """The last day on which each code ceased to be the same commune's."""
        return {before: day for day, pairs in self.days for before, after in pairs if before != after}


def _changes(pairs: Iterable[tuple[str, str]]) -> _Changes:
    """Return the codes after each code before."""
    following: _Changes = {}
    for before, after in pairs:
        following.setdefault(before, set()).add(after)
    return following


def _follow(codes: set[str], following: _Changes) -> set[str]:
    """Return what *codes* become in one day, chains within the day included, each code left once."""
    if following.keys().isdisjoint(codes):
        return codes  # nearly every code, nearly every day
    reached: set[str] = set()
    seen: set[str] = set()
    pending = set(codes)
    while pending:
        code = pending.pop()
        if code in seen or code not in following:
            reached.add(code)
            continue
        seen.add(code)
        if code in following[code]:
            reached.add(code)
        pending |= following[code] - {code}
    return reached
