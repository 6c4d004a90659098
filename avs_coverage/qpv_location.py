"""Where structures are with regard to the perimeters of QPV: inside, near, or not to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.completeness import whole_departements
from avs_coverage.embedded import read_parquet
from avs_coverage.gazetteer import Gazetteer, departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import Qpv, departement_of_qpv
from avs_coverage.qpv_perimeters import Perimeter, known_errors_m, perimeters

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

DEFAULT_DISTANCE_M = 300.0
"""The belt around a quarter of the reduced VAT (CGI, article 278 sexies): 300 m."""

INSIDE, NEAR, NONE, NONE_KNOWN, UNDECIDABLE, UNKNOWN, NOT_INFORMED = (
    "dans_le_perimetre", "a_proximite", "aucune", "aucune_connue", "indecidable", "perimetre_inconnu",
    "non_renseigne",
)  # fmt: skip
"""What ``structure_a_proximite`` may say of a quarter, see ``QpvLocation.status``."""

COLUMNS = (
    "code_qpv",
    "nom_qpv",
    "generation",
    "communes",
    "noms_communes",
    "population",
    "desservi",
    "nb_structures",
    "structures",
    "publie",
    "structure_a_proximite",
    "structure_proche",
    "distance_m",
    "incertitude_m",
    "seuil_m",
    "structures_dedans",
    "structures_proches",
    "structures_limite",
    "structures_indecidables",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""

_CONTOUR_SLACK_M = 1500.0
"""How far a commune goes beyond its generalised contour, at most (1 491 m, a jetty of 59359)."""


@dataclass(frozen=True)
class QpvLocation:
    """The counted structures inside a quarter, and those within *distance_m* metres of it.

    The limit of the quarter is known to *error_m* metres. *inside* and *near* hold whatever the true
    limit is; *limit* are those of *near* that it may hold inside. *nearest* is the structure with
    coordinates nearest to the perimeter, *nearest_m* metres away (0 inside). *undecidable* are structures
    of which it cannot be told whether they are within the distance: so near to it that the limit's
    error decides, or without coordinates and perhaps within it. *unsure* are structures that may not
    have been open yet. *is_whole*: the list of the département holds as many structures as are published.
    *is_listed*: an inventory stands there.
    """

    code: str
    distance_m: float
    error_m: float | None
    is_listed: bool = True
    is_whole: bool = False
    inside: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()
    undecidable: tuple[str, ...] = ()
    nearest: str = ""
    nearest_m: float | None = None
    unsure: frozenset[str] = frozenset()

    @property
    def has_perimeter(self) -> bool:
        """Tell whether the perimeter is known."""
        return self.error_m is not None

    @property
    def status(self) -> str:
        """Return what can be said of the quarter: the structures that are in it or near, or that none is.

        ``aucune`` needs a whole list whose structures are all known to be out of reach; ``aucune_connue``
        is the same of a list that is not known to be whole.
        """
        if not self.is_listed:
            return NOT_INFORMED
        if not self.has_perimeter:
            return UNKNOWN
        if self.inside or self.near:
            return INSIDE if self.inside else NEAR
        if self.undecidable:
            return UNDECIDABLE
        return NONE if self.is_whole else NONE_KNOWN

    def to_record(self) -> dict[str, Any]:
        """Return the location as plain values, under the names that stay; metres to 1."""
        return {
            "structure_a_proximite": self.status,
            "structure_proche": self.nearest or None,
            "distance_m": None if self.nearest_m is None else round(self.nearest_m),
            "incertitude_m": None if self.error_m is None else round(self.error_m),
            "seuil_m": self.distance_m,
            "structures_dedans": list(self.inside),
            "structures_proches": list(self.near),
            "structures_limite": list(self.limit),
            "structures_indecidables": list(self.undecidable),
        }


@dataclass(frozen=True)
class Proximity:
    """Quarters with a structure inside, or near (inside, or within the distance), and their inhabitants.

    Each is (number, minorant, majorant) of *quarters*, or of the inhabitants *total*, over the
    départements with an inventory; inhabitants are None where a population is unknown. The majorant adds
    the quarters of which it is not known that there is none.
    """

    distance_m: float
    counts: Mapping[str, int]
    quarters: int
    inside: tuple[int, int, int]
    near: tuple[int, int, int]
    total: int | None
    people_inside: tuple[int, int, int] | None
    people_near: tuple[int, int, int] | None

    def to_record(self) -> dict[str, Any]:
        """Return the summary as plain values, under the names that stay."""
        names = ("nombre", "minorant", "majorant")
        found: dict[str, Any] = {
            "seuil_m": self.distance_m,
            "nb_qpv": self.quarters,
            "par_statut": {status: self.counts.get(status, 0) for status in STATUSES},
            "habitants_total": self.total,
        }
        for key, count, people in (
            (INSIDE, self.inside, self.people_inside),
            (NEAR, self.near, self.people_near),
        ):
            found[key] = {
                "qpv": dict(zip(names, count, strict=True)),
                "habitants": dict(zip(names, people, strict=True)) if people else None,
            }
        return found


STATUSES = (INSIDE, NEAR, NONE, NONE_KNOWN, UNDECIDABLE, UNKNOWN, NOT_INFORMED)


def summarise_locations(quarters: Sequence[Qpv], located: Mapping[str, QpvLocation]) -> Proximity:
    """Count the quarters with a structure inside or near, and their inhabitants."""
    places = [(qpv, located[qpv.code]) for qpv in quarters]
    listed = [(qpv, place) for qpv, place in places if place.is_listed]
    people = [qpv.population for qpv, _ in listed]
    known = [one for one in people if one is not None]
    weights = known if listed and len(known) == len(listed) else None
    ones = [1] * len(listed)
    places_listed = [place for _, place in listed]
    return Proximity(
        places[0][1].distance_m if places else DEFAULT_DISTANCE_M,
        Counter(place.status for _, place in places),
        len(listed),
        _bracket(places_listed, ones, only_inside=True),
        _bracket(places_listed, ones, only_inside=False),
        None if weights is None else sum(weights),
        None if weights is None else _bracket(places_listed, weights, only_inside=True),
        None if weights is None else _bracket(places_listed, weights, only_inside=False),
    )


def _bracket(
    places: Sequence[QpvLocation], weights: Sequence[int], *, only_inside: bool
) -> tuple[int, int, int]:
    """Return the sum of *weights* over the quarters with a structure: retained, for sure, and at most."""
    retained = sure = most = 0
    for place, weight in zip(places, weights, strict=True):
        found = place.inside if only_inside else (*place.inside, *place.near)
        retained += weight if found else 0
        sure += weight if set(found) - place.unsure else 0
        is_open = not (place.is_whole and place.has_perimeter) or bool(place.undecidable)
        most += weight if found or is_open or (only_inside and place.limit) else 0
    return retained, sure, most


def locate(coverage: Coverage, quarters: Sequence[Qpv], distance_m: float) -> dict[str, QpvLocation]:
    """Return, for each quarter, the structures inside it or within *distance_m* metres of it, by code.

    Distances are from a structure's own point to the perimeter, in the legal projection of the
    quarter's département, compared as they are. A structure without a point of its own may be anywhere
    in the commune of its seat; in the EPCI of the seat where that is deduced; anywhere in the départements
    of the list where it is unknown. Where no structure has a point and one may be anywhere, nothing is
    to be measured and no perimeter is read: undecidable are that one and those of the quarter's communes.
    """
    locator = _Locator(coverage, distance_m)
    if locator.pointed or not locator.anywhere:
        return locator.locate(quarters)
    return locator.without_points(quarters)


class _Locator:
    """The counted structures, by how their place is known."""

    def __init__(self, coverage: Coverage, distance_m: float) -> None:
        self.coverage, self.distance_m = coverage, distance_m
        self.inventory = coverage.inventory
        structures = list(self.inventory.counted(coverage.on))
        placed = [s for s in structures if s.seat and s.x_m is not None]
        self.pointed = [s for s in placed if s.has_point]
        self.seated = [s for s in placed if not s.has_point]
        self.anywhere = [s for s in structures if not s.seat or s.x_m is None]
        self.whole = whole_departements(self.inventory, coverage.on)
        self._gazetteer = Gazetteer()
        self._contours: dict[str, dict[str, Any]] = {}

    def locate(self, quarters: Sequence[Qpv]) -> dict[str, QpvLocation]:
        shapes = perimeters(self.coverage.territory, quarters)
        found: dict[str, QpvLocation] = {}
        for epsg in sorted({epsg_of(departement_of_qpv(qpv.code)) for qpv in quarters}):
            here = [qpv for qpv in quarters if epsg_of(departement_of_qpv(qpv.code)) == epsg]
            found |= _Projected(self, epsg).locate(here, shapes)
        return {qpv.code: found[qpv.code] for qpv in quarters}

    def is_listed(self, qpv: Qpv) -> bool:
        return departement_of_qpv(qpv.code) in self.inventory.departements

    def without_points(self, quarters: Sequence[Qpv]) -> dict[str, QpvLocation]:
        """Return quarters of which nothing can be said for want of places, whatever their perimeters."""
        errors = known_errors_m(self.coverage.territory, quarters)
        return {
            qpv.code: QpvLocation(
                qpv.code,
                self.distance_m,
                errors.get(qpv.code),
                self.is_listed(qpv),
                departement_of_qpv(qpv.code) in self.whole,
                undecidable=self._here(qpv) if qpv.code in errors else (),
            )
            for qpv in quarters
        }

    def _here(self, qpv: Qpv) -> tuple[str, ...]:
        """Return the structures without a place, and those that the quarter's communes may hold."""
        here = [s for s in self.seated if s.seat in qpv.communes or self.may_be_by_epci(s, qpv)]
        return tuple(sorted(s.id for s in (*self.anywhere, *here)))

    def may_be_by_epci(self, structure: Structure, qpv: Qpv) -> bool:
        """Tell whether a structure of a deduced seat may be in a commune of the quarter."""
        if not (structure.is_seat_deduced and structure.seat_epci):
            return False
        return any(self.epci_of(code) == structure.seat_epci for code in qpv.communes)

    def contour(self, commune: str) -> Any:  # noqa: ANN401 - a shapely geometry, None where unknown
        """Return the generalised contour of a commune, in its legal projection."""
        departement = departement_of(commune)
        if departement not in self._contours:
            import shapely

            name = f"boundaries_{epsg_of(departement)}.parquet"
            rows = read_parquet(name, [departement], ("code", "geometry"))
            shapes = shapely.from_wkb(rows["geometry"].to_numpy())
            self._contours[departement] = dict(zip(rows["code"].tolist(), shapes, strict=True))
        return self._contours[departement].get(commune)

    def epci_of(self, commune: str) -> str:
        """Return the SIREN of the EPCI of a commune, empty where it has none."""
        known = self._gazetteer.get(commune)
        return known.epci if known else ""


class _Projected:
    """The structures of one legal projection, beside quarters of the same."""

    def __init__(self, locator: _Locator, epsg: int) -> None:
        import shapely

        self.locator, self.epsg = locator, epsg
        self.pointed = [s for s in locator.pointed if epsg_of(departement_of(s.seat)) == epsg]
        self.seated = [s for s in locator.seated if epsg_of(departement_of(s.seat)) == epsg]
        self.points = shapely.points([s.x_m for s in self.pointed], [s.y_m for s in self.pointed])
        by_seat: dict[tuple[str, float], list[Structure]] = {}
        for structure in self.seated:
            by_seat.setdefault((structure.seat, structure.position_error_m), []).append(structure)
        self.seats = list(by_seat.values())
        places = shapely.points([s[0].x_m for s in self.seats], [s[0].y_m for s in self.seats])
        self.discs_m = np.array([s[0].position_error_m for s in self.seats])
        self.places, self.seat_tree = places, shapely.STRtree(places)
        self.deduced = [s for s in self.seated if s.is_seat_deduced]

    def locate(self, quarters: Sequence[Qpv], shapes: Mapping[str, Perimeter]) -> dict[str, QpvLocation]:
        import shapely

        tree = shapely.STRtree(self.points)
        return {qpv.code: self._locate(qpv, shapes.get(qpv.code), tree) for qpv in quarters}

    def _locate(self, qpv: Qpv, perimeter: Perimeter | None, tree: Any) -> QpvLocation:  # noqa: ANN401
        locator = self.locator
        is_listed = locator.is_listed(qpv)
        is_whole = departement_of_qpv(qpv.code) in locator.whole
        if perimeter is None:
            return QpvLocation(qpv.code, locator.distance_m, None, is_listed, is_whole)
        places: dict[str, list[str]] = {"inside": [], "near": [], "limit": [], "undecidable": []}
        reach_m = locator.distance_m + perimeter.error_m
        for structure, low_m, high_m in self._within(perimeter, reach_m, tree):
            if high_m <= 0:
                places["inside"].append(structure.id)
            elif high_m <= locator.distance_m:
                places["near"].append(structure.id)
                places["limit"] += [structure.id] if low_m <= 0 else []
            elif low_m <= locator.distance_m:
                places["undecidable"].append(structure.id)
        places["undecidable"] += [
            s.id for s in (*self._reachable(qpv, perimeter, reach_m), *locator.anywhere)
        ]
        nearest, nearest_m = self._nearest(perimeter, tree)
        unsure = frozenset(s.id for s in self.pointed if s.unsure)
        return QpvLocation(
            qpv.code,
            locator.distance_m,
            perimeter.error_m,
            is_listed,
            is_whole,
            **{name: tuple(sorted(ids)) for name, ids in places.items()},
            nearest=nearest,
            nearest_m=nearest_m,
            unsure=unsure,
        )

    def _within(
        self,
        perimeter: Perimeter,
        reach_m: float,
        tree: Any,  # noqa: ANN401
    ) -> Iterator[tuple[Structure, float, float]]:
        """Yield the structures that may be within reach, each with its least and greatest distance in metres.

        A distance is negative inside: how deep. It is off by the error of the perimeter, both ways.
        """
        import shapely

        shape, error_m = perimeter.shape, perimeter.error_m
        for rank in sorted(tree.query(shape, predicate="dwithin", distance=reach_m).tolist()):
            metres = float(shapely.distance(self.points[rank], shape))
            if metres == 0:
                metres = -float(shapely.distance(self.points[rank], shape.boundary))
            yield self.pointed[rank], metres - error_m, metres + error_m

    def _nearest(self, perimeter: Perimeter, tree: Any) -> tuple[str, float | None]:  # noqa: ANN401
        """Return the structure nearest to a perimeter and its distance; of several, the first by id."""
        ranks, metres = tree.query_nearest(perimeter.shape, return_distance=True)
        if not len(ranks):
            return "", None
        return min(self.pointed[rank].id for rank in ranks.tolist()), float(metres[0])

    def _reachable(self, qpv: Qpv, perimeter: Perimeter, reach_m: float) -> list[Structure]:
        """Return the structures without a point of which the place may be within reach of a perimeter."""
        import shapely

        found = {s.id: s for s in self.deduced if self.locator.may_be_by_epci(s, qpv)}
        if not self.seats:
            return list(found.values())
        widest_m = reach_m + float(self.discs_m.max())
        ranks = self.seat_tree.query(perimeter.shape, predicate="dwithin", distance=widest_m)
        metres = shapely.distance(self.places[ranks], perimeter.shape)
        for rank in ranks[metres - self.discs_m[ranks] <= reach_m].tolist():
            seat = self.seats[rank]
            if self._is_by_the_contour(seat[0], qpv, perimeter, reach_m):
                found |= {structure.id: structure for structure in seat}
        return list(found.values())

    def _is_by_the_contour(
        self, structure: Structure, qpv: Qpv, perimeter: Perimeter, reach_m: float
    ) -> bool:
        """Tell whether the commune of a seat comes within reach; yes where it has no contour."""
        import shapely

        if structure.seat in qpv.communes:
            return True
        contour = self.locator.contour(structure.seat)
        if contour is None:
            return True
        return float(shapely.distance(contour, perimeter.shape)) <= reach_m + _CONTOUR_SLACK_M
