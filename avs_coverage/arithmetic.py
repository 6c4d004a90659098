"""Whether the figures printed for a territory and a year can hold together, and which ones cannot."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from avs_coverage.consistency import Constraint, Span, System
from avs_coverage.flows import FLOWS, flow_theme, stocks_and_flows
from avs_coverage.messages import counted, french_date
from avs_coverage.official_communes import official_counts
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS, THEMES, Theme
from avs_coverage.qpv import generation_in_force, is_unlisted, official_qpv
from avs_coverage.readings import EITHER, READINGS, Whole

if TYPE_CHECKING:
    from avs_coverage.territory import Territory

FLOW = "flux"
COHERENT, INCOHERENT, NOTHING_TO_CHECK = "coherent", "incoherent", "sans_objet"
_CONTRACT, _OF_CONTRACTS = "hab_qpv_contrat", re.compile(r"(\d+) contrats de ville")


@dataclass(frozen=True)
class Premise:
    """A total that does not come from the audited figures: what it is, in French, and its source."""

    value: int
    text: str
    source: str

    def to_record(self) -> dict[str, Any]:
        """Return the premise as plain values, under the names that stay."""
        return {"valeur": self.value, "texte": self.text, "source": self.source}


@dataclass(frozen=True)
class Implied:
    """A figure of a set, and what the others of the set leave possible for it, by reading; None: nothing.

    *explains* is False where what is left possible holds what is printed: it then says nothing.
    """

    figure: PublishedFigure
    ranges: Mapping[str, Whole | None]
    explains: bool


@dataclass(frozen=True)
class Conflict:
    """Figures that cannot hold together: every set of the smallest size, and what each leaves possible.

    Or one irreducible set with a user's own figure that none of those names: *shortest* is then False.

    Figures that print the same of the same quantity are one statement: the first stands in the sets,
    *again* gives the others by it. *shortest* is False too where there were too many figures to prove
    that no smaller set exists.
    """

    year: int
    theme: str
    sets: tuple[tuple[PublishedFigure, ...], ...]
    implied: tuple[Implied, ...]
    premises: tuple[Premise, ...]
    shortest: bool
    again: Mapping[PublishedFigure, tuple[PublishedFigure, ...]]

    @property
    def figures(self) -> tuple[PublishedFigure, ...]:
        """Return every figure that one of the sets holds, once."""
        return tuple(dict.fromkeys(figure for one in self.sets for figure in self.held_by(one)))

    def held_by(self, one: tuple[PublishedFigure, ...]) -> tuple[PublishedFigure, ...]:
        """Return the figures of a set, each with those that print the same."""
        return tuple(held for figure in one for held in (figure, *self.again.get(figure, ())))

    def to_record(self) -> dict[str, Any]:
        """Return the conflict as plain values, under the names that stay."""
        return {
            "annee": self.year,
            "theme": self.theme,
            "plus_courts": self.shortest,
            "ensembles": [
                {
                    "chiffres": [_named(figure) for figure in one],
                    "en_cause": _named(implied.figure),
                    "possible": {
                        reading: None if found is None else list(found)
                        for reading, found in implied.ranges.items()
                    },
                }
                for one, implied in zip(self.sets, self.implied, strict=True)
            ],
            "admis": [premise.to_record() for premise in self.premises],
        }


def _named(figure: PublishedFigure) -> dict[str, Any]:
    return {"indicateur": figure.code, "libelle": figure.label, "valeur": figure.value, "unite": figure.unit}


class Arithmetic:
    """The figures of a territory, sorted into what must add up year by year."""

    def __init__(self, territory: Territory, figures: Sequence[PublishedFigure]) -> None:
        self._territory = territory
        self._groups: dict[tuple[int, str], list[PublishedFigure]] = defaultdict(list)
        for figure in figures:
            theme = INDICATORS[figure.code].theme
            if figure.year is not None and theme:
                self._groups[figure.year, theme].append(figure)
        self._systems = {
            key: _System(key[1], THEMES[key[1]], _spans(group), self._premises(*key))
            for key, group in self._groups.items()
        }
        through_years = (flow_theme(code, figures) for code in FLOWS)
        self._flows = [_System(FLOW, *found) for found in through_years if found]
        systems = [one for _, one in sorted(self._systems.items(), key=lambda item: item[0])]
        # Stocks that contradict each other are found among the figures of their year already.
        through = [
            c for one in self._flows for c in one.conflicts() if any(f.code in FLOWS for f in c.figures)
        ]
        self.conflicts = (*(conflict for one in systems for conflict in one.conflicts()), *through)
        sums = stocks_and_flows(figures)
        self._added_up = {figure for one in sums for figure in (one.before, one.new, one.after)}

    def verdict(self, figure: PublishedFigure) -> str:
        """Return ``coherent``, ``incoherent``, or ``sans_objet`` where nothing stands against the figure."""
        if any(figure in conflict.figures for conflict in self.conflicts):
            return INCOHERENT
        bounded = self.total_of(figure) is not None or self.possible(figure) is not None
        return COHERENT if bounded or figure in self._added_up else NOTHING_TO_CHECK

    def possible(self, figure: PublishedFigure) -> Whole | None:
        """Return what the other figures and what is known leave possible; None where nothing bounds it.

        Figures that cannot hold among themselves say nothing of the others.
        """
        refuted = {other for conflict in self.conflicts for other in conflict.figures}
        if figure in refuted:
            return None
        of_the_year = [one for one in (self._system(figure),) if one]
        systems = [*of_the_year, *(one for one in self._flows if figure in one)]
        found = [ends for one in systems if (ends := one.possible(figure, refuted))]
        highs = [high for _, high in found if high is not None]
        return (max(low for low, _ in found), min(highs, default=None)) if found else None

    def total_of(self, figure: PublishedFigure) -> int | None:
        """Return what a percentage is of in its year, as printed or as known; None where it is not."""
        system = self._system(figure)
        return system.total_of(figure) if system else None

    def readings(self, figure: PublishedFigure) -> dict[str, Whole]:
        """Return the whole numbers that a percentage may stand for, by reading; empty for other figures."""
        total = self.total_of(figure)
        return {} if not total else {reading: figure.printed.counts(total, reading) for reading in READINGS}

    def _system(self, figure: PublishedFigure) -> _System | None:
        return self._systems.get((figure.year or 0, INDICATORS[figure.code].theme))

    def _premises(self, year: int, theme: str) -> tuple[Premise, ...]:
        if theme in ("communes", "structures"):
            return self._communes(year, theme)
        if theme == "qpv":
            return _official_quarters(self._territory, year)
        return ()

    def _communes(self, year: int, theme: str) -> tuple[Premise, ...]:
        """Return the official number of communes, which a printed one never replaces.

        A printed number that is that of the start of the year, or of its eve, says which of them to take.
        """
        printed = [f for f in self._groups.get((year, "communes"), ()) if f.code == "nb_communes"]
        counts = official_counts(self._territory, year)
        exact = {value: f for f in printed if (value := _exact(f)) is not None}
        if counts:
            day = next((day for day, count in counts.items() if count in exact), max(counts))
            text = f"{counted(counts[day], 'commune', 'communes')} au {french_date(day)}"
            return (Premise(counts[day], text, "COG et mouvements de communes, INSEE"),)
        if theme == "structures" and exact:
            count, figure = next(iter(exact.items()))
            text = f"{counted(count, 'commune', 'communes')}, imprimé pour {year}"
            return (Premise(count, text, figure.source),)
        return ()


def _official_quarters(territory: Territory, year: int) -> tuple[Premise, ...]:
    """Return the number of official quarters of a département, where the tool has their list."""
    name, day = territory.name, date(year, 12, 31)
    generation = generation_in_force(name.code, day)
    if name.kind != "departement" or is_unlisted(name.code, day) or generation is None:
        return ()
    count = len(official_qpv(territory, day))
    quarters = counted(count, "QPV officiel", "QPV officiels")
    text = f"{quarters} de la génération {generation}, en vigueur au {french_date(day)}"
    return (Premise(count, text, territory.vintages[f"qpv_{generation}"]),)


def _exact(figure: PublishedFigure) -> int | None:
    """Return the whole number that a figure prints; None for a percentage, or about a number."""
    low, high = figure.printed.counts()
    return low if low == high and not INDICATORS[figure.code].is_percentage else None


def _spans(figures: Sequence[PublishedFigure]) -> dict[PublishedFigure, Span]:
    return {figure: INDICATORS[figure.code].span for figure in figures}


def statement_of(figure: PublishedFigure, span: Span) -> tuple[Any, ...]:
    """Return what two figures of a year have in common where they say the same."""
    contract = figure.label if figure.code == _CONTRACT else ""
    return contract, span, INDICATORS[figure.code].per, figure.printed


class _System:
    """The figures of one theme and year, or of one stock through the years, as constraints.

    *theme* names it; *quantities* are what adds up in it, *spans* the quantity that each figure prints.
    """

    def __init__(
        self,
        theme: str,
        quantities: Theme,
        spans: Mapping[PublishedFigure, Span],
        premises: tuple[Premise, ...] = (),
    ) -> None:
        self.theme, self.premises = theme, premises
        self._quantities, self._spans = quantities, spans
        figures = list(spans)
        same: dict[tuple[Any, ...], list[PublishedFigure]] = defaultdict(list)
        for figure in figures:
            same[statement_of(figure, spans[figure])].append(figure)
        self.figures = {f"{rank:03}": one[0] for rank, one in enumerate(same.values())}
        self.again = {one[0]: tuple(one[1:]) for one in same.values() if one[1:]}
        self._notes = [figure.note for figure in figures]

    def __contains__(self, figure: PublishedFigure) -> bool:
        return figure in self._spans

    def possible(self, figure: PublishedFigure, refuted: Collection[PublishedFigure]) -> Whole | None:
        """Return what is left possible for a figure, whatever it says; None where nothing bounds it."""
        span = self._spans[figure]
        if figure.code == _CONTRACT:
            span = INDICATORS["hab_qpv"].span  # a part, bounded by the total
        others = [
            name
            for name, one in self.figures.items()
            if (one != figure or one in self.again) and one not in refuted
        ]
        low, high = self._system().range_of(span, others) or (0, None)
        if figure.code == _CONTRACT:
            low = 0
        return None if not low and high is None else (low or 0, high)

    def total_of(self, figure: PublishedFigure) -> int | None:
        """Return what a percentage is of."""
        per = INDICATORS[figure.code].per
        if per is None:
            return None
        total = self.premises[0].value if self.premises else None
        return next((value for _, value in self._totals(per, total)), None)

    def conflicts(self) -> Iterable[Conflict]:
        """Yield the groups of figures that cannot hold together, then what refutes a user's own figure."""
        system = self._system()
        groups = [(group, system.is_searched_whole(len(group[0]))) for group in system.conflicts()]
        named = {name for group, _ in groups for names in group for name in names}
        for name, figure in self.figures.items():
            # Whoever gives a figure wants to know of each whether it holds, beside shorter conflicts too.
            is_own = any(one.given_in for one in (figure, *self.again.get(figure, ())))
            if is_own and name not in named and (found := system.conflict_with(name)):
                groups.append(((found,), False))
                named |= found
        for group, shortest in groups:
            sets = [tuple(self.figures[name] for name in sorted(names)) for names in group]
            bare = self._system(with_premises=False)
            used = any(bare.holds(names) for names in group)
            yield Conflict(
                max(figure.year or 0 for one in sets for figure in one),
                self.theme,
                tuple(sets),
                tuple(map(self._implied, group)),
                self.premises if used else (),
                shortest,
                self.again,
            )

    def _implied(self, names: frozenset[str]) -> Implied:
        """Return what the others of a set say of the plainest number that they exclude, if any."""
        total = self._quantities.total

        def plainness(name: str) -> tuple[bool, bool, bool]:
            figure = self.figures[name]
            is_part = self._spans[figure] != total
            return self._excluded(name, names), _exact(figure) is not None, is_part

        accused = max(sorted(names), key=plainness)
        span = self._spans[self.figures[accused]]
        found = {reading: self._system(reading).range_of(span, names - {accused}) for reading in READINGS}
        ranges = {reading: ends and (ends[0] or 0, ends[1]) for reading, ends in found.items()}
        return Implied(self.figures[accused], ranges, self._excluded(accused, names))

    def _excluded(self, name: str, names: frozenset[str]) -> bool:
        """Tell whether the others of a set leave nothing of what a figure may stand for."""
        kind, printed = INDICATORS[self.figures[name].code], self.figures[name].printed
        left = self._system().range_of(self._spans[self.figures[name]], names - {name})
        if left is None:
            return False
        low, high = left[0] or 0, left[1]
        total = self.premises[0].value if self.premises else None
        totals = [value for by, value in self._totals(kind.per, total) if names.issuperset(by)]
        said = [printed.counts(value) for value in totals] if kind.is_percentage else [printed.counts()]
        return all(
            (last is not None and last < low) or (high is not None and first > high) for first, last in said
        )

    def _system(self, reading: str = EITHER, with_premises: bool = True) -> System:
        theme = self._quantities
        constraints = list(theme.always)
        total = self.premises[0].value if self.premises and with_premises else None
        if total is not None:
            constraints.append(Constraint(theme.total, total, total))
        contracts = [name for name, figure in self.figures.items() if figure.code == _CONTRACT]
        for name, figure in self.figures.items():
            if name in contracts:
                continue
            kind, span = INDICATORS[figure.code], self._spans[figure]
            if not kind.is_percentage:
                constraints.append(Constraint(span, *figure.printed.counts(), frozenset([name])))
                continue
            for by, value in self._totals(kind.per, total):
                counts = figure.printed.counts(value, reading)
                constraints.append(Constraint(span, *counts, frozenset([name, *by])))
        constraints += self._contracts(contracts)
        return System(theme.size + len(contracts), tuple(constraints))

    def _totals(self, per: Span | None, total: int | None) -> list[tuple[list[str], int]]:
        """Return what a percentage may be of: what is known, else each number printed, with who says so."""
        if per is None:
            return []
        if total is not None and per == self._quantities.total:
            return [([], total)]
        return [
            ([name], value)
            for name, figure in self.figures.items()
            if self._spans[figure] == per and (value := _exact(figure)) is not None
        ]

    def _contracts(self, names: Sequence[str]) -> list[Constraint]:
        """Add up the inhabitants by contrat de ville: the total where all are there, else not more."""
        found, base = [], self._quantities.size
        labels = [self.figures[name].label for name in names]
        if len(set(labels)) < len(labels):
            return []  # one contract told twice, or two that nothing tells apart: they do not add up
        for rank, name in enumerate(names):
            span = (base + rank - 1 if rank else 0, base + rank)
            found += [Constraint(span, 0, None)]
            found += [Constraint(span, *self.figures[name].printed.counts(), frozenset([name]))]
        if names:
            notes = map(_OF_CONTRACTS.search, self._notes)
            all_there = any(match and int(match[1]) == len(names) for match in notes)
            found += [Constraint((base + len(names) - 1, 1), 0, 0 if all_there else None)]
        return found
