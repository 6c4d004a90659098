"""What explanations look up, computed once for each rule of a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.access import communes_access_by_time
from avs_coverage.contributions import Contribution, structure_contributions
from avs_coverage.distances import metres_between
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.rules.travel_time import TravelTime, destinations_of, estimated_minutes
from avs_coverage.territory import named_rows

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
    *metres*: as the crow flies, from the commune's chef-lieu to the structure; None where either has no
    place there. *duration_min*: by the rule's own matrix, server or estimate; None under other rules, or
    where not known. Neither is rounded: *km* and *minutes* are what is shown of them.
    """

    structure: Structure
    commune: str
    name: str
    population: int
    certain: bool
    firm: bool
    basis: str
    share: float
    metres: float | None
    duration_min: float | None

    @property
    def km(self) -> float | None:
        """Return the distance in km, to 0.1."""
        return None if self.metres is None else round(self.metres / 1000, 1)

    @property
    def minutes(self) -> float | None:
        """Return the duration in minutes, to 0.1."""
        return None if self.duration_min is None else round(self.duration_min, 1)

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

    def __init__(self, report: Report, neighbours: Callable[[str], tuple[str, ...]]) -> None:
        self.report, self.coverage, self.neighbours = report, report.coverage, neighbours
        inventory = self.coverage.inventory
        # Those that count come last: they alone tell that they may not have been open yet.
        self.structures = {s.id: s for s in (*inventory.structures, *inventory.counted(self.coverage.on))}

    def ties_of_commune(self, code: str) -> tuple[Tie, ...]:
        """Return the links of a commune, the surest first, then the nearest."""
        return self._nearest_first(self._links.of_commune(code))

    def ties_of_structure(self, id: str) -> tuple[Tie, ...]:
        """Return the links of a structure, the surest first, then the most peopled."""
        links = self.coverage.links
        ties = self._read(links[links["structure"] == id])
        return tuple(sorted(ties, key=lambda tie: (LEVELS.index(tie.level), -tie.population, tie.commune)))

    def ties_at_other_dates(self, code: str) -> tuple[Tie, ...]:
        """Return the links of a commune with the structures that are closed or not open yet.

        As they are on the days when those are open: the rule is asked without their dates.
        """
        return self._nearest_first(self._other_links.of_commune(code)) if self._other_links else ()

    @cached_property
    def _links(self) -> _LinksByCommune:
        return _LinksByCommune(self.coverage.territory, self.coverage.links)

    def _nearest_first(self, links: DataFrame) -> tuple[Tie, ...]:
        return tuple(sorted(self._read(links), key=_order))

    def _read(self, links: DataFrame) -> list[Tie]:
        return [self._tie(link) for link in named_rows(links)]

    def _tie(self, link: Any) -> Tie:  # noqa: ANN401 - a row of a table
        structure, row = self.structures[link.structure], self.coverage.territory.rows[link.commune]
        return Tie(
            structure,
            link.commune,
            row.nom,
            int(row.population),
            bool(link.certain),
            bool(link.firm),
            link.basis,
            float(link.share),
            self.metres(structure, link.commune),
            self.minutes(structure, link.commune),
        )

    @cached_property
    def _other_links(self) -> _LinksByCommune | None:
        """Return the links of the structures that are closed or not open yet, without their dates."""
        coverage = self.coverage
        inventory, on = coverage.inventory, coverage.on
        other = [s for s in inventory.structures if not s.is_open(on) and inventory.may_count(s)]
        if not other:
            return None
        undated = tuple(
            replace(s, start=None, end=None, first=None, created=None, closed_on=None, is_closed=False)
            for s in other
        )
        links = coverage.rule.links(coverage.territory, replace(inventory, structures=undated), on).table
        return _LinksByCommune(coverage.territory, links)

    def metres(self, structure: Structure, code: str) -> float | None:
        """Return the straight line from a chef-lieu to a structure; None where either has no place."""
        row = self.coverage.territory.rows[code]
        if structure.x_m is None or structure.y_m is None or not structure.seat:
            return None
        if epsg_of(departement_of(structure.seat)) != epsg_of(row.departement):
            return None
        return float(metres_between(row.x_m, row.y_m, structure.x_m, structure.y_m))

    def minutes(self, structure: Structure, code: str) -> float | None:
        """Return the duration that the rule goes by; None under other rules or where unknown."""
        rule = self.coverage.rule
        if not isinstance(rule, TravelTime):
            return None
        if rule.times is None:
            metres = self.metres(structure, code)
            return None if metres is None else float(estimated_minutes(metres))
        keys = self._destinations.get(structure.id, frozenset())
        found = [self._matrix[code, key] for key in keys if (code, key) in self._matrix]
        return min(found, default=None)

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
        own = {tie.structure.id for tie in self.ties_of_commune(code)}
        found: dict[str, list[str]] = defaultdict(list)
        for neighbour in self.neighbours(code):
            for tie in self.ties_of_commune(neighbour):
                if tie.certain and tie.structure.id not in own:
                    found[tie.structure.id].append(tie.name)
        return tuple((self.structures[id], tuple(names)) for id, names in sorted(found.items()))


class _LinksByCommune:
    """The links of a commune, found without reading all of them: of France there may be a million."""

    def __init__(self, territory: Territory, links: DataFrame) -> None:
        self._links, self._index = links, territory.communes.index
        ranks = territory.ranks(links["commune"])
        self._order = np.argsort(ranks, kind="stable")
        self._ranks = ranks[self._order]

    def of_commune(self, code: str) -> DataFrame:
        """Return the rows of a commune, in their order; none for one beyond the territory."""
        rank = self._index.get_indexer([code])[0]
        if rank < 0:
            return self._links.iloc[:0]
        start, stop = np.searchsorted(self._ranks, [rank, rank + 1])
        return self._links.iloc[self._order[start:stop]]


def neighbours_of(territory: Territory) -> Callable[[str], tuple[str, ...]]:
    """Return what gives the neighbours of a commune of a territory, those beyond it too."""
    codes, others = (territory.neighbours[name].to_numpy(object) for name in ("code", "voisin"))

    @cache
    def around(code: str) -> tuple[str, ...]:
        return tuple(sorted(set(others[codes == code])))

    return around


def _order(tie: Tie) -> tuple[int, float, str]:
    far = tie.duration_min if tie.duration_min is not None else tie.metres
    return LEVELS.index(tie.level), float("inf") if far is None else far, tie.structure.id


def counted_ids(coverage: Coverage) -> frozenset[str]:
    """Return the ids of the structures that count at the date."""
    return frozenset(s.id for s in coverage.inventory.counted(coverage.on))
