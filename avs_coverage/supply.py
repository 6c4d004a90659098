"""How many places the structures offer to the inhabitants around: two-step floating catchment areas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.distances import Locations, metres_between
from avs_coverage.embedded import read_csv, read_parquet
from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.projection import epsg_of
from avs_coverage.rules.demand import Places

if TYPE_CHECKING:
    import pandas as pd

    from avs_coverage.coverage import Coverage
    from avs_coverage.territory import Territory

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
ONE_WEIGHT = (1.0,)
STEPPED_WEIGHTS = (1.0, 0.68, 0.22)
"""The slower of the two decays of Luo and Qi (2009), for three zones of equal width."""


def two_step(
    demand: Floats, supply: Floats, metres: Floats, zones_m: Sequence[float], weights: Sequence[float]
) -> Floats:
    """Return the places per inhabitant within reach of each of *n* points of demand.

    *demand* (n,) are inhabitants, *supply* (m,) places, *metres* (n, m) distances. A distance up to and
    with ``zones_m[k]``, and beyond the zone before, weighs ``weights[k]``; beyond the last zone, 0. One
    zone of weight 1 is 2SFCA (Luo and Wang, Environment and Planning B 30(6), 2003); several are E2SFCA
    (Luo and Qi, Health & Place 15(4), 2009). First step: the places of a structure over the weighted
    inhabitants around it, 0 where nobody is. Second step: the weighted sum of these ratios around a point.

    >>> two_step(np.array([100.0, 300.0]), np.array([8.0]), np.array([[0.0], [9.0]]), (10,), (1,)).tolist()
    [0.02, 0.02]
    """
    shares = np.append(weights, 0.0)[np.searchsorted(zones_m, metres)]
    sharing = demand @ shares
    ratios = np.divide(supply, sharing, out=np.zeros(len(supply)), where=sharing > 0)
    return np.asarray(shares @ ratios, dtype=np.float64)


@dataclass(frozen=True)
class CommuneSupply:
    """The offer within reach of a commune's chef-lieu.

    *places_per_1000* (places for 1,000 inhabitants, to 0.001) counts the structures of known capacity:
    *structures* is their number, *without_capacity* that of the others. It is at least so many where
    *is_floor*: a structure without a capacity, or a commune without an inventory, is within reach. None
    where nobody lives, and where it would be a floor of nothing.
    """

    code: str
    name: str
    population: int
    places_per_1000: float | None
    structures: int
    without_capacity: int
    is_floor: bool

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        return {
            "code_insee": self.code,
            "nom": self.name,
            "population": self.population,
            "places_pour_1000": self.places_per_1000,
            "plancher": self.is_floor,
            "structures": self.structures,
            "structures_sans_capacite": self.without_capacity,
        }


@dataclass(frozen=True)
class Supply:
    """The offer of each commune for which an inventory stands, by code, and what it rests on.

    *zones_m* (metres, the last being the limit) and *weights* are those of ``two_step``. *counted*,
    *without_capacity* and *unplaced* are ids of structures that count at the date: with a capacity,
    *places* in all; without; with one, but no known seat. *beyond* are the communes outside the
    territory whose inhabitants, *people_beyond*, share the places.
    """

    rows: tuple[CommuneSupply, ...]
    zones_m: tuple[float, ...]
    weights: tuple[float, ...]
    counted: tuple[str, ...]
    places: int
    without_capacity: tuple[str, ...]
    unplaced: tuple[str, ...]
    beyond: int
    people_beyond: int

    def to_record(self) -> dict[str, Any]:
        """Return what the offer rests on as plain values, under the names that stay."""
        return {
            "methode": "2sfca" if len(self.zones_m) == 1 else "e2sfca",
            "zones_m": [round(zone, 3) for zone in self.zones_m],
            "ponderations": list(self.weights),
            "places": self.places,
            "structures": list(self.counted),
            "structures_sans_capacite": list(self.without_capacity),
            "structures_sans_siege": list(self.unplaced),
            "communes_hors_territoire": self.beyond,
            "habitants_hors_territoire": self.people_beyond,
        }


def communes_supply(coverage: Coverage, limit_m: float, enhanced: bool = False) -> Supply:
    """Return the offer of each commune within *limit_m* metres of its chef-lieu, by 2SFCA or E2SFCA.

    Inhabitants are at chefs-lieux; those beyond the territory share the places too, and structures of
    elsewhere offer theirs. Only what lies in one legal projection is near. *enhanced*: three zones of
    equal width. Raises InputError (AVS-375) where no located structure has a capacity.
    """
    weights = STEPPED_WEIGHTS if enhanced else ONE_WEIGHT
    zones_m = tuple(limit_m * rank / len(weights) for rank in range(1, len(weights) + 1))
    field = _Field(coverage, limit_m)
    if not field.known.any():
        raise InputError(Fault("AVS-375", column="capacite"))
    found = [row for departement in field.departements for row in field.rows(departement, zones_m, weights)]
    placed = {structure.id for structure in field.structures}
    listed = sorted(coverage.inventory.counted(coverage.on), key=lambda structure: structure.id)
    sized = [structure.id for structure in listed if structure.capacity is not None]
    return Supply(
        tuple(sorted(found, key=lambda row: row.code)),
        zones_m,
        weights,
        tuple(code for code in sized if code in placed),
        int(field.capacity[field.known].sum()),
        tuple(structure.id for structure in listed if structure.capacity is None),
        tuple(code for code in sized if code not in placed),
        int(field.beyond.sum()),
        int(field.population[field.beyond].sum()),
    )


class _Field:
    """Who and what lies around, as arrays: communes, those of the territory first, and structures.

    *capacity* is NaN where not *known*; *listed* tells the communes for which an inventory stands;
    *beyond*, filled by ``rows``, those outside the territory that share its places.
    """

    def __init__(self, coverage: Coverage, limit_m: float) -> None:
        self.limit_m = limit_m
        self.structures = Locations(coverage).structures
        self.capacity = np.array([s.capacity for s in self.structures], dtype=float)
        self.known = np.isfinite(self.capacity)
        self._places = Places(self.structures, [limit_m] * len(self.structures))
        self._sites = np.column_stack([self._places.x_m, self._places.y_m])
        self._people = _people(coverage.territory)
        self._points = self._people[["x_m", "y_m"]].to_numpy(float)
        self._epsg = self._people["departement"].map(epsg_of).to_numpy()
        self.population = self._people["population"].to_numpy(float)
        self._here = np.arange(len(self._people)) < len(coverage.territory.communes)
        self._listed = self._people["departement"].isin(coverage.inventory.departements).to_numpy(bool)
        self.departements = sorted(set(self._people["departement"][self._here & self._listed]))
        self.beyond = np.zeros(len(self._people), dtype=bool)

    def rows(
        self, departement: str, zones_m: Sequence[float], weights: Sequence[float]
    ) -> Iterator[CommuneSupply]:
        """Yield the communes of a département: the distances of a whole country would not fit in memory.

        Every structure within reach of one of them is taken, and every inhabitant within reach of those.
        """
        targets = np.flatnonzero(self._here & (self._people["departement"] == departement).to_numpy(bool))
        origins, epsg = self._points[targets], epsg_of(departement)
        near = (self._places.epsg == epsg) & _boxed(self._sites, origins, self.limit_m)
        span = np.concatenate([origins, self._sites[near]])
        around = np.flatnonzero((self._epsg == epsg) & _boxed(self._points, span, self.limit_m))
        metres, known = _distances(self._points[around], self._sites[near]), self.known[near]
        offers = two_step(
            self.population[around], self.capacity[near][known], metres[:, known], zones_m, weights
        )
        ranks = np.searchsorted(around, targets)
        reached = metres[ranks] <= self.limit_m
        sized, unsized = reached[:, known].sum(axis=1), reached[:, ~known].sum(axis=1)
        blind = _distances(origins, self._points[around[~self._listed[around]]]) <= self.limit_m
        sharing = (metres[:, known & reached.any(axis=0)] <= self.limit_m).any(axis=1)
        self.beyond[around] |= sharing & ~self._here[around]
        floors = (unsized > 0) | blind.any(axis=1)
        for commune, offer, *counts, is_floor in zip(
            self._people.iloc[targets].itertuples(), offers[ranks], sized, unsized, floors, strict=True
        ):
            is_told = commune.population > 0 and (counts[0] > 0 or not is_floor)
            yield CommuneSupply(
                str(commune.Index),
                commune.nom,
                int(commune.population),
                round(float(offer) * 1000, 3) if is_told else None,
                int(counts[0]),
                int(counts[1]),
                bool(is_floor),
            )


def _people(territory: Territory) -> pd.DataFrame:
    """Return the communes of the territory as it knows them, then all others of its projections."""
    import pandas as pd

    projections = {epsg_of(code) for code in territory.name.departements}
    departements = [
        row["code"] for row in read_csv("departements.csv") if epsg_of(row["code"]) in projections
    ]
    columns = ("nom", "departement", "population", "x_m", "y_m")
    others = read_parquet("communes.parquet", departements, ("code", *columns)).set_index("code")
    here = territory.communes[list(columns)]
    others = others[~others.index.isin(here.index)]
    return pd.concat([here, others]) if len(others) else here


def _boxed(points: Floats, of: Floats, margin: float) -> Bools:
    """Tell which points (n, 2) lie in the box around others, widened by a margin."""
    return np.asarray(((points >= of.min(axis=0) - margin) & (points <= of.max(axis=0) + margin)).all(axis=1))


def _distances(points: Floats, others: Floats) -> Floats:
    """Return the straight distances between points (n, 2) and others (m, 2), as (n, m)."""
    (x, y), (other_x, other_y) = points.T[:, :, None], others.T[:, None, :]
    return np.asarray(metres_between(x, y, other_x, other_y))
