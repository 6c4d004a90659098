"""Zones blanches and areas to be clarified: connected groups of communes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.distances import Locations
from avs_coverage.projection import epsg_of

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.indicators import Indicator
    from avs_coverage.inventory import Structure
    from avs_coverage.qpv import Qpv

GAP = "zone_blanche"
UNCLEAR = "couverture_a_preciser"
Ranks = np.ndarray[Any, np.dtype[np.int64]]

COLUMNS = (
    "liste",
    "rang",
    "nb_communes",
    "population",
    "habitants_non_couverts",
    "superficie_km2",
    "commune_principale",
    "nom_commune_principale",
    "epci",
    "communes",
    "structures_possibles",
    "structures_a_confirmer",
    "structure_proche",
    "distance_km",
    "position_structure_proche",
    "structures_voisines",
    "qpv",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


@dataclass(frozen=True)
class Zone:
    """A connected group of communes, largest commune first.

    *kind* is ``zone_blanche`` (nothing covers it, not even possibly) or
    ``couverture_a_preciser`` (only the hypothesis covers it: *possible* are the structures
    whose area would have to be known). *unconfirmed* are the structures to be confirmed that
    have their seat in it; *around* those that cover a commune next to it by a certain link; *qpv*
    the codes of the quarters in force with a part in it. *nearest* is the counted structure nearest to the
    chef-lieu of the commune with the most inhabitants, *distance_m* (metres, not rounded) as the crow
    flies, from chef-lieu to the structure's point or its seat's chef-lieu; both None where none is located.
    *uncovered* are the inhabitants that no certain link covers: all, where a link covers whole communes.
    *weight* is the sum of a count over the communes that know it, in the proportion of those uncovered,
    to 0.001, None where none does; *weight_unknown* counts the others. See ``ranked_by``.
    """

    kind: str
    rank: int
    communes: tuple[tuple[str, str], ...]
    epci: tuple[str, ...]
    population: int
    area_km2: float
    possible: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    nearest: Structure | None
    distance_m: float | None
    around: tuple[str, ...] = ()
    qpv: tuple[str, ...] = ()
    uncovered: int = 0
    weight: float | None = None
    weight_unknown: int = 0

    @property
    def distance_km(self) -> float | None:
        """Return the distance to the nearest structure in km, to 0.1: what is shown."""
        return None if self.distance_m is None else round(self.distance_m / 1000, 1)

    def to_record(self) -> dict[str, Any]:
        """Return the zone as plain values, under the names that stay."""
        return {
            "liste": self.kind,
            "rang": self.rank,
            "nb_communes": len(self.communes),
            "population": self.population,
            "habitants_non_couverts": self.uncovered,
            "superficie_km2": self.area_km2,
            "commune_principale": self.communes[0][0],
            "nom_commune_principale": self.communes[0][1],
            "epci": list(self.epci),
            "communes": [code for code, _ in self.communes],
            "structures_possibles": list(self.possible),
            "structures_a_confirmer": list(self.unconfirmed),
            "structure_proche": self.nearest.id if self.nearest else None,
            "distance_km": self.distance_km,
            "position_structure_proche": self.nearest.position if self.nearest else None,
            "structures_voisines": list(self.around),
            "qpv": list(self.qpv),
        }


def zones(coverage: Coverage, quarters: Sequence[Qpv] | None = None) -> tuple[Zone, ...]:
    """Return the zones blanches, then the areas to be clarified, each by inhabitants.

    Communes are joined where their source boundaries share a line; those to be clarified only
    where the same structures may serve them. A commune without an inventory is in neither.
    *quarters* are the QPV in force, where the caller already has them.
    """
    if quarters is None:
        from avs_coverage.qpv import official_qpv

        quarters = official_qpv(coverage.territory, coverage.on)
    group, possible = _groups(coverage)
    if not (group >= 0).any():
        return ()
    communes = coverage.territory.communes
    pairs = coverage.territory.neighbour_ranks
    component = connected(group, *pairs)
    population = communes["population"].to_numpy()
    members = np.flatnonzero(group >= 0)
    # Communes are sorted by code: a stable sort leaves them so where the inhabitants are as many.
    members = members[np.lexsort((-population[members], component[members]))]
    zone_of = np.full(len(communes), -1)
    starts = np.flatnonzero(np.diff(component[members], prepend=-1))
    zone_of[members] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(members)))
    surroundings = _Surroundings(coverage, zone_of, pairs, quarters)
    nearest = _nearest(coverage, members[starts])
    found = [
        _zone(ranks, possible[group[ranks[0]]], rank, surroundings, *nearest[rank])
        for rank, ranks in enumerate(np.split(members, starts[1:]))
    ]
    found.sort(key=lambda zone: (zone.kind != GAP, -zone.population, zone.communes[0][0]))
    return tuple(_ranked(found))


def _groups(coverage: Coverage) -> tuple[Ranks, list[tuple[str, ...]]]:
    """Return the group of each commune, -1 for none, and the structures that may serve each group.

    Group 0 is that of the communes that nothing covers, even possibly.
    """
    covered, perhaps = coverage.covered("AVS"), coverage.covered("AVS", "any")
    group = np.where(coverage.known & ~perhaps, 0, -1)
    numbers: dict[tuple[str, ...], int] = {(): 0}
    codes = coverage.territory.communes.index
    for rank in np.flatnonzero(perhaps & ~covered).tolist():
        structures = coverage.possible_structures[codes[rank]]
        group[rank] = numbers.setdefault(structures, len(numbers))
    return group, list(numbers)


def connected(group: Ranks, one: Ranks, other: Ranks) -> Ranks:
    """Return, for each commune, the smallest rank of those that it is connected to.

    *one* and *other* are the ranks of neighbours, -1 beyond the territory; a pair joins two
    communes of the same *group*, and none where that is -1.
    """
    joins = (one >= 0) & (other >= 0) & (group[one] >= 0) & (group[one] == group[other])
    one, other = one[joins], other[joins]
    smallest = np.arange(len(group))
    while (smallest[one] != smallest[other]).any():
        known = smallest.copy()
        np.minimum.at(smallest, known[one], known[other])
        np.minimum.at(smallest, known[other], known[one])
        smallest = smallest[smallest]
    return smallest


def _nearest(coverage: Coverage, ranks: Ranks) -> list[tuple[Structure | None, float | None]]:
    """Return the structure nearest to the chef-lieu of each of some communes, and its distance in metres."""
    communes, locations = coverage.territory.communes.iloc[ranks], Locations(coverage)
    place = communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float)
    found, metres, _, _ = locations.search(*place, communes["departement"].map(epsg_of).to_numpy(int))
    return [
        (locations.structures[rank], far) if rank >= 0 else (None, None)
        for rank, far in zip(found.tolist(), metres.tolist(), strict=True)
    ]


class _Surroundings:
    """What is looked for in and around every zone, computed once."""

    def __init__(
        self, coverage: Coverage, zone_of: Ranks, pairs: tuple[Ranks, Ranks], quarters: Sequence[Qpv]
    ) -> None:
        communes = coverage.territory.communes
        self.codes = communes.index.tolist()
        names = ("nom", "nom_epci", "population", "superficie_km2")
        self.columns = {name: communes[name].to_numpy().tolist() for name in names}
        zones_of = dict(zip(self.codes, zone_of.tolist(), strict=True))
        self.structures = _around(coverage, zone_of, pairs)
        self.unconfirmed: dict[int, list[str]] = defaultdict(list)
        for structure in coverage.inventory.unconfirmed(coverage.on):
            self.unconfirmed[zones_of.get(structure.seat, -1)].append(structure.id)
        self.quarters: dict[int, list[str]] = defaultdict(list)
        for qpv in quarters:
            for zone in {zones_of.get(code, -1) for code in qpv.communes}:
                self.quarters[zone].append(qpv.code)
        beyond = communes["population"].to_numpy() - coverage.inhabitants("AVS")
        self.uncovered = beyond.tolist()


def _around(coverage: Coverage, zone_of: Ranks, pairs: tuple[Ranks, Ranks]) -> dict[int, set[str]]:
    """Return the structures that cover a commune next to each zone: their area could extend."""
    certain = coverage.links["certain"].to_numpy(dtype=bool)
    covering: dict[int, list[str]] = defaultdict(list)
    structures = coverage.links["structure"].to_numpy(dtype=object)
    for commune, structure in zip(coverage.link_ranks[certain].tolist(), structures[certain], strict=True):
        covering[commune].append(structure)
    covered = np.zeros(len(zone_of), dtype=bool)
    covered[coverage.link_ranks[certain]] = True
    one, other = pairs
    beside = (one >= 0) & (other >= 0) & (zone_of[one] >= 0) & covered[other]
    around: dict[int, set[str]] = defaultdict(set)
    once = np.unique(zone_of[one[beside]] * len(zone_of) + other[beside])
    for zone, commune in zip(*(part.tolist() for part in np.divmod(once, len(zone_of))), strict=True):
        around[zone].update(covering[commune])
    return around


def _zone(
    members: Ranks,
    possible: tuple[str, ...],
    rank: int,
    around: _Surroundings,
    nearest: Structure | None,
    distance_m: float | None,
) -> Zone:
    ranks, columns = members.tolist(), around.columns
    areas = (columns["superficie_km2"][commune] for commune in ranks)
    return Zone(
        UNCLEAR if possible else GAP,
        0,
        tuple((around.codes[commune], columns["nom"][commune]) for commune in ranks),
        tuple(sorted({columns["nom_epci"][commune] or "sans EPCI" for commune in ranks})),
        sum(columns["population"][commune] for commune in ranks),
        round(sum(area for area in areas if not isnan(area)), 3),
        possible,
        tuple(sorted(around.unconfirmed[rank])),
        nearest,
        distance_m,
        tuple(sorted(around.structures[rank])),
        tuple(around.quarters[rank]),
        sum(around.uncovered[commune] for commune in ranks),
    )


def ranked_by(found: Sequence[Zone], coverage: Coverage, weight: Indicator) -> tuple[Zone, ...]:
    """Return zones with the sum of a count in each, ranked by it; those of which nothing is known last."""
    communes = coverage.territory.communes
    people = communes["population"].to_numpy(float)
    beyond = people - coverage.inhabitants("AVS")
    values = weight.values.reindex(communes.index).to_numpy(float)
    share = np.where(people > 0, beyond / np.maximum(people, 1), 1.0)
    counts = dict(zip(communes.index, values * share, strict=True))
    weighed = []
    for zone in found:
        known = [counts[code] for code, _ in zone.communes if not isnan(counts[code])]
        total = round(float(sum(known)), 3) if known else None
        weighed.append(replace(zone, weight=total, weight_unknown=len(zone.communes) - len(known)))
    weighed.sort(key=lambda zone: (zone.kind != GAP, zone.weight is None, -(zone.weight or 0), zone.rank))
    return tuple(_ranked(weighed))


def _ranked(found: list[Zone]) -> list[Zone]:
    ranks = {GAP: 0, UNCLEAR: 0}
    ranked = []
    for zone in found:
        ranks[zone.kind] += 1
        ranked.append(replace(zone, rank=ranks[zone.kind]))
    return ranked
