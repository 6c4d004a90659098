"""What explanations look up, computed once for each rule of a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot
from typing import TYPE_CHECKING, Any

from avs_coverage.access import communes_access_by_time
from avs_coverage.contributions import Contribution, structure_contributions
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.rules.travel_time import DETOUR, SPEED_KMH, TravelTime, destinations_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from avs_coverage.coverage import Coverage
    from avs_coverage.gaps import Zone
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report
    from avs_coverage.territory import Territory


ESTABLISHED, HELD, POSSIBLE = "etabli", "retenu", "possible"
"""How sure a link is: the figure rests on the first two, its minorant on the first, its majorant on all."""
LEVELS = (ESTABLISHED, HELD, POSSIBLE)
_ESTIMATED = "duree_estimee"


@dataclass(frozen=True)
class Tie:
    """A link, with its structure and how far it is.

    *firm* and *certain* are those of the link table. A duration that is an estimate establishes
    nothing, though the minorant of the rule ``travel-time`` takes estimates as they are.
    *km*: as the crow flies, from the commune's chef-lieu to the structure, to 0.1; None where either
    has no place there. *minutes*: by the rule's own matrix, server or estimate, to 0.1; None under
    other rules, or where not known.
    """

    structure: Structure
    commune: str
    name: str
    population: int
    certain: bool
    firm: bool
    basis: str
    share: float
    km: float | None
    minutes: float | None

    @property
    def level(self) -> str:
        """Return how sure the link is, one of ``LEVELS``."""
        if not self.certain:
            return POSSIBLE
        return ESTABLISHED if self.firm and self.basis != _ESTIMATED else HELD

    @property
    def is_established(self) -> bool:
        """Tell whether it rests on no place, date or duration that is not known."""
        return self.level == ESTABLISHED

    @property
    def inhabitants(self) -> int:
        """Return the inhabitants of the commune that the structure reaches, to the nearest whole."""
        return int(self.population * self.share + 0.5)

    def to_record(self) -> dict[str, Any]:
        """Return the link as plain values, under the names that stay."""
        return {
            "structure": self.structure.id,
            "code_insee": self.commune,
            "certain": self.certain,
            "etabli": self.is_established,
            "fondement": self.basis,
            "part": self.share,
            "km": self.km,
            "min": self.minutes,
        }


class Tied:
    """What a rule gives links to, a commune or a structure: its links, by how sure they are."""

    ties: tuple[Tie, ...]

    @property
    def certain(self) -> tuple[Tie, ...]:
        """Return the links on which the figure rests, established or not."""
        return tuple(tie for tie in self.ties if tie.certain)

    @property
    def established(self) -> tuple[Tie, ...]:
        """Return the links that are established."""
        return tuple(tie for tie in self.ties if tie.level == ESTABLISHED)

    @property
    def held(self) -> tuple[Tie, ...]:
        """Return the links on which the figure rests, and that are not established."""
        return tuple(tie for tie in self.ties if tie.level == HELD)

    @property
    def possible(self) -> tuple[Tie, ...]:
        """Return the links that are no more than possible."""
        return tuple(tie for tie in self.ties if not tie.certain)


class RuleContext:
    """One rule of a report, and what is asked of it for any commune or structure."""

    def __init__(self, report: Report, neighbours: Mapping[str, tuple[str, ...]]) -> None:
        self.report, self.coverage, self.neighbours = report, report.coverage, neighbours
        inventory = self.coverage.inventory
        # Those that count come last: they alone tell that they may not have been open yet.
        self.structures = {s.id: s for s in (*inventory.structures, *inventory.counted(self.coverage.on))}

    @cached_property
    def by_commune(self) -> dict[str, tuple[Tie, ...]]:
        """Return the links of each commune, the surest first, then the nearest."""
        found: dict[str, list[Tie]] = defaultdict(list)
        for tie in self._ties:
            found[tie.commune].append(tie)
        return {code: tuple(sorted(ties, key=_order)) for code, ties in found.items()}

    @cached_property
    def by_structure(self) -> dict[str, tuple[Tie, ...]]:
        """Return the links of each structure, the surest first, then the most peopled."""
        found: dict[str, list[Tie]] = defaultdict(list)
        for tie in self._ties:
            found[tie.structure.id].append(tie)
        return {
            id: tuple(sorted(ties, key=lambda tie: (LEVELS.index(tie.level), -tie.population, tie.commune)))
            for id, ties in found.items()
        }

    @cached_property
    def _ties(self) -> list[Tie]:
        return self._read(self.coverage.links)

    def _read(self, links: DataFrame) -> list[Tie]:
        return [self._tie(link) for link in links.itertuples(index=False)]

    def _tie(self, link: Any) -> Tie:  # noqa: ANN401 - a row of a table
        structure, row = self.structures[link.structure], self.coverage.territory.rows[link.commune]
        metres = self.metres(structure, link.commune)
        return Tie(
            structure,
            link.commune,
            row.nom,
            int(row.population),
            bool(link.certain),
            bool(link.firm),
            link.basis,
            float(link.share),
            None if metres is None else round(metres / 1000, 1),
            self.minutes(structure, link.commune),
        )

    @cached_property
    def at_other_dates(self) -> dict[str, tuple[Tie, ...]]:
        """Return, for each commune, the links of the structures that are closed or not open yet.

        As they are on the days when those are open: the rule is asked without their dates.
        """
        coverage = self.coverage
        inventory, on = coverage.inventory, coverage.on
        other = [s for s in inventory.structures if not s.is_open(on) and inventory.may_count(s)]
        if not other:
            return {}
        undated = tuple(
            replace(s, start=None, end=None, first=None, created=None, closed_on=None, is_closed=False)
            for s in other
        )
        links = coverage.rule.links(coverage.territory, replace(inventory, structures=undated), on).table
        found: dict[str, list[Tie]] = defaultdict(list)
        for tie in self._read(links):
            found[tie.commune].append(tie)
        return {code: tuple(sorted(ties, key=_order)) for code, ties in found.items()}

    def metres(self, structure: Structure, code: str) -> float | None:
        """Return the straight line from a chef-lieu to a structure; None where either has no place."""
        row = self.coverage.territory.rows[code]
        if structure.x_m is None or structure.y_m is None or not structure.seat:
            return None
        if epsg_of(departement_of(structure.seat)) != epsg_of(row.departement):
            return None
        return hypot(structure.x_m - row.x_m, structure.y_m - row.y_m)

    def minutes(self, structure: Structure, code: str) -> float | None:
        """Return the duration that the rule goes by, to 0.1; None under other rules or where unknown."""
        rule = self.coverage.rule
        if not isinstance(rule, TravelTime):
            return None
        if rule.times is None:
            metres = self.metres(structure, code)
            return None if metres is None else round(estimated_minutes(metres), 1)
        keys = self._destinations.get(structure.id, frozenset())
        found = [self._matrix[code, key] for key in keys if (code, key) in self._matrix]
        return round(min(found), 1) if found else None

    @cached_property
    def _destinations(self) -> dict[str, frozenset[str]]:
        rule = self.coverage.rule
        if not isinstance(rule, TravelTime) or rule.times is None:
            return {}
        located = [s for s in self.coverage.inventory.counted(self.coverage.on) if rule.locates(s)]
        return {structure.id: keys for structure, keys in destinations_of(located, rule.times)}

    @cached_property
    def _matrix(self) -> dict[tuple[str, str], float]:
        rule = self.coverage.rule
        if not isinstance(rule, TravelTime) or rule.times is None:
            return {}
        told = rule.times.frame.dropna(subset=["minutes"])
        columns = (told[name].tolist() for name in ("origine", "destination", "minutes"))
        return {(origin, end): float(minutes) for origin, end, minutes in zip(*columns, strict=True)}

    @cached_property
    def nearest_by_time(self) -> dict[str, tuple[str, float]]:
        """Return the structure nearest in minutes of each commune, and the minutes, of a matrix.

        The same as ``avs-coverage access --travel-times``; empty under other rules.
        """
        rule = self.coverage.rule
        if not isinstance(rule, TravelTime) or rule.times is None:
            return {}
        found = {}
        for row in communes_access_by_time(self.coverage, rule.times):
            pairs = [
                (far, id) for far, id in ((row.cs_far, row.cs), (row.evs_far, row.evs)) if far is not None
            ]
            if pairs:
                minutes, nearest = min(pairs)
                found[row.code] = (nearest, minutes)
        return found

    @cached_property
    def zone_of(self) -> dict[str, Zone]:
        """Return the zone blanche, or the area to be clarified, that holds each commune."""
        return {code: zone for zone in self.report.zones for code, _ in zone.communes}

    @cached_property
    def contributions(self) -> dict[str, Contribution]:
        """Return what each structure that the rule locates adds, by id."""
        return {row.structure.id: row for row in structure_contributions(self.coverage)}

    def unlocated(self) -> tuple[Structure, ...]:
        """Return the structures of which too little is known for the rule."""
        return tuple(s for row in self.report.completeness for s in row.unlocated)

    def around(self, code: str) -> tuple[tuple[Structure, tuple[str, ...]], ...]:
        """Return the structures held to cover a neighbour of a commune, and never the commune.

        Each with the names of those neighbours: its area could extend.
        """
        own = {tie.structure.id for tie in self.by_commune.get(code, ())}
        found: dict[str, list[str]] = defaultdict(list)
        for neighbour in self.neighbours.get(code, ()):
            for tie in self.by_commune.get(neighbour, ()):
                if tie.certain and tie.structure.id not in own:
                    found[tie.structure.id].append(tie.name)
        return tuple((self.structures[id], tuple(names)) for id, names in sorted(found.items()))


def neighbours_of(territory: Territory) -> dict[str, tuple[str, ...]]:
    """Return the neighbours of each commune of a territory, those beyond it too."""
    found: dict[str, set[str]] = defaultdict(set)
    pairs = territory.neighbours
    for code, other in zip(pairs["code"].tolist(), pairs["voisin"].tolist(), strict=True):
        found[code].add(other)
    return {code: tuple(sorted(others)) for code, others in found.items()}


def estimated_minutes(metres: float) -> float:
    """Return the duration that the rule ``travel-time`` estimates without a matrix.

    >>> round(estimated_minutes(10_000), 6)
    15.6
    """
    return metres * DETOUR / 1000 / SPEED_KMH * 60


def _order(tie: Tie) -> tuple[int, float, str]:
    far = tie.minutes if tie.minutes is not None else tie.km
    return LEVELS.index(tie.level), float("inf") if far is None else far, tie.structure.id


def counted_ids(coverage: Coverage) -> frozenset[str]:
    """Return the ids of the structures that count at the date."""
    return frozenset(s.id for s in coverage.inventory.counted(coverage.on))
