"""Zones blanches and areas to be clarified: connected groups of communes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of

if TYPE_CHECKING:
    import pandas as pd

    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

GAP = "zone_blanche"
UNCLEAR = "couverture_a_preciser"


@dataclass(frozen=True)
class Zone:
    """A connected group of communes, largest commune first.

    *kind* is ``zone_blanche`` (nothing covers it, not even possibly) or
    ``couverture_a_preciser`` (only the hypothesis covers it: *possible* are the structures
    whose area would have to be known). *unconfirmed* are the structures to be confirmed that
    have their seat in it; *around* those that cover a commune next to it by a certain link; *qpv*
    the codes of the quarters in force with a part in it. *nearest* is the counted structure nearest to the
    chef-lieu of the commune with the most inhabitants, *distance_km* as the crow flies, from
    chef-lieu to the structure's point or its seat's chef-lieu; both None where none is located.
    *uncovered* are the inhabitants that no certain link covers: all, where a link covers whole communes.
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
    distance_km: float | None
    around: tuple[str, ...] = ()
    qpv: tuple[str, ...] = ()
    uncovered: int = 0

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
            "structures_voisines": list(self.around),
            "qpv": list(self.qpv),
        }


def zones(coverage: Coverage) -> tuple[Zone, ...]:
    """Return the zones blanches, then the areas to be clarified, each by inhabitants.

    Communes are joined where their source boundaries share a line; those to be clarified only
    where the same structures may serve them. A commune without an inventory is in neither.
    """
    codes = coverage.territory.communes.index.to_numpy(dtype=object)
    uncovered = coverage.known & ~coverage.covered("AVS", certain=False)
    unclear = coverage.covered("AVS", certain=False) & ~coverage.covered("AVS")
    group: dict[str, Hashable] = dict.fromkeys(codes[uncovered], GAP)
    group |= {code: coverage.possible_structures[code] for code in codes[unclear]}
    pairs = coverage.territory.neighbours if group else None
    components = connected(group, pairs) if pairs is not None else []
    surroundings = _Surroundings(coverage)
    found = [_zone(coverage, members, group[members[0]], surroundings) for members in components]
    found.sort(key=lambda zone: (zone.kind != GAP, -zone.population, zone.communes[0][0]))
    return tuple(_ranked(found))


def connected(group: dict[str, Hashable], pairs: pd.DataFrame) -> list[list[str]]:
    """Return the connected components of the communes of *group*.

    *pairs* holds the columns ``code`` and ``voisin``; a pair joins two communes that stand in
    the same group. A commune without neighbours is a component of its own.
    """
    neighbours: dict[str, list[str]] = {code: [] for code in group}
    for code, other in zip(pairs["code"], pairs["voisin"], strict=True):
        if code in group and other in group and group[code] == group[other]:
            neighbours[code].append(other)
    components, seen = [], set()
    for start in group:
        if start in seen:
            continue
        seen.add(start)
        component = [start]
        for code in component:
            for other in neighbours[code]:
                if other not in seen:
                    seen.add(other)
                    component.append(other)
        components.append(component)
    return components


class _Surroundings:
    """What is looked for around every zone, computed once."""

    def __init__(self, coverage: Coverage) -> None:
        from avs_coverage.qpv import official_qpv

        self.locations = Locations(coverage)
        pairs = coverage.territory.neighbours
        certain = coverage.links[coverage.links["certain"]]
        covering: dict[str, set[str]] = {}
        for structure, commune in zip(certain["structure"], certain["commune"], strict=True):
            covering.setdefault(commune, set()).add(structure)
        self._around: dict[str, set[str]] = {}
        for code, other in zip(pairs["code"], pairs["voisin"], strict=True):
            if other in covering:
                self._around.setdefault(code, set()).update(covering[other])
        self._quarters = official_qpv(coverage.territory, coverage.on)
        communes = coverage.territory.communes
        beyond = communes["population"].to_numpy() - coverage.inhabitants("AVS")
        self.uncovered = dict(zip(communes.index, beyond.tolist(), strict=True))

    def structures(self, codes: set[str]) -> tuple[str, ...]:
        """Return the structures that cover a commune next to the zone: their area could extend."""
        return tuple(sorted(set().union(*(self._around.get(code, set()) for code in codes))))

    def quarters(self, codes: set[str]) -> tuple[str, ...]:
        """Return the quarters with a part in a commune of the zone."""
        return tuple(qpv.code for qpv in self._quarters if codes & set(qpv.communes))


def _zone(coverage: Coverage, codes: list[str], group: Hashable, surroundings: _Surroundings) -> Zone:
    territory = coverage.territory
    rows = (territory.rows[code] for code in codes)
    ordered = sorted(rows, key=lambda commune: (-commune.population, commune.Index))
    first = ordered[0]
    nearest, distance_km = surroundings.locations.nearest(first.x_m, first.y_m, epsg_of(first.departement))
    here = set(codes)
    doubtful = (s.id for s in coverage.inventory.unconfirmed(coverage.on) if s.seat in here)
    return Zone(
        GAP if group == GAP else UNCLEAR,
        0,
        tuple((commune.Index, commune.nom) for commune in ordered),
        tuple(sorted({commune.nom_epci or "sans EPCI" for commune in ordered})),
        sum(commune.population for commune in ordered),
        round(sum(c.superficie_km2 for c in ordered if not isnan(c.superficie_km2)), 3),
        group if isinstance(group, tuple) else (),
        tuple(sorted(doubtful)),
        nearest,
        distance_km,
        surroundings.structures(here),
        surroundings.quarters(here),
        sum(surroundings.uncovered[code] for code in codes),
    )


def _ranked(found: list[Zone]) -> list[Zone]:
    ranks = {GAP: 0, UNCLEAR: 0}
    ranked = []
    for zone in found:
        ranks[zone.kind] += 1
        ranked.append(replace(zone, rank=ranks[zone.kind]))
    return ranked


class Locations:
    """Where the counted structures are, of a type or of both, sorted by id, ready to be searched."""

    def __init__(self, coverage: Coverage, kind: str = "") -> None:
        counted = (s for s in coverage.inventory.counted(coverage.on) if not kind or s.type == kind)
        located = (s for s in counted if s.x_m is not None and s.seat)
        self.structures = sorted(located, key=lambda structure: structure.id)
        self._epsg = np.array([epsg_of(departement_of(s.seat)) for s in self.structures], dtype=int)
        self._x = np.array([s.x_m for s in self.structures], dtype=float)
        self._y = np.array([s.y_m for s in self.structures], dtype=float)

    def nearest(self, x_m: float, y_m: float, epsg: int) -> tuple[Structure | None, float | None]:
        """Return the structure nearest to a point, and the distance in km to 0.1.

        Straight line in the legal projection *epsg*; structures of another one are too far to
        count. Ties go to the smaller id.
        """
        same = self._epsg == epsg
        if not same.any():
            return None, None
        metres = np.where(same, np.hypot(self._x - x_m, self._y - y_m), np.inf)
        best = int(metres.argmin())
        return self.structures[best], round(float(metres[best]) / 1000, 1)
