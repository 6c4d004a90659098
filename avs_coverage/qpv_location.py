"""Where structures are with regard to the perimeters of QPV: inside, near, or not to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.completeness import whole_departements
from avs_coverage.embedded import read_parquet
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import Qpv, departement_of_qpv, is_whole_commune
from avs_coverage.qpv_perimeters import Perimeter, known_errors_m, perimeters

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

Floats = np.ndarray[Any, np.dtype[np.float64]]
DEFAULT_DISTANCE_M = 300.0
"""The belt around a quarter of the reduced VAT (CGI, article 278 sexies): 300 m."""

INSIDE, NEAR, NONE, NONE_KNOWN, UNDECIDABLE, UNKNOWN, NOT_INFORMED = (
    "dans_le_perimetre", "a_proximite", "aucune", "aucune_connue", "indecidable", "perimetre_inconnu",
    "non_renseigne",
)  # fmt: skip
"""What ``structure_a_proximite`` may say of a quarter, see ``QpvLocation.status``."""
STATUSES = (INSIDE, NEAR, NONE, NONE_KNOWN, UNDECIDABLE, UNKNOWN, NOT_INFORMED)

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


def locate(coverage: Coverage, quarters: Sequence[Qpv], distance_m: float) -> dict[str, QpvLocation]:
    """Return, for each quarter, the structures inside it or within *distance_m* metres of it, by code.

    Distances are from a structure's own point to the perimeter, in the legal projection of the
    quarter's département, compared as they are. A structure without a point of its own may be anywhere
    in the commune of its seat; in the EPCI of the seat where that is deduced; anywhere in the départements
    of the list where it is unknown. Where no structure has a point and one may be anywhere, nothing is
    to be measured and no perimeter is read: undecidable are that one and those of the quarter's communes.
    A quarter that is a whole commune holds those that have their seat there, point or not.
    """
    locator = _Locator(coverage, quarters, distance_m)
    measures = locator.pointed or not locator.anywhere
    found = locator.locate(quarters) if measures else locator.without_points(quarters)
    return {qpv.code: locator.with_seats(qpv, found[qpv.code]) for qpv in quarters}


class _Locator:
    """The counted structures, by how their place is known."""

    def __init__(self, coverage: Coverage, quarters: Sequence[Qpv], distance_m: float) -> None:
        self.coverage, self.distance_m = coverage, distance_m
        self.inventory = coverage.inventory
        structures = list(self.inventory.counted(coverage.on))
        placed = [s for s in structures if s.seat and s.x_m is not None]
        self.pointed = [s for s in placed if s.has_point]
        self.seated = [s for s in placed if not s.has_point]
        self.anywhere = [s for s in structures if not s.seat or s.x_m is None]
        self.unsure = frozenset(s.id for s in self.pointed if s.unsure)
        self.whole = whole_departements(self.inventory, coverage.on)
        self._epci = _epci_of({code for qpv in quarters for code in qpv.communes})
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

    def with_seats(self, qpv: Qpv, place: QpvLocation) -> QpvLocation:
        """Return the same place with what is seated in its commune inside, where the quarter is one."""
        if not is_whole_commune(qpv.code) or not place.has_perimeter:
            return place
        placed = (*self.pointed, *self.seated)
        here = [s for s in placed if s.seat in qpv.communes and s.seat_quality != "deduit"]
        inside = {s.id for s in here}
        return replace(
            place,
            inside=tuple(sorted({*place.inside, *inside})),
            near=tuple(id for id in place.near if id not in inside),
            limit=tuple(id for id in place.limit if id not in inside),
            undecidable=tuple(id for id in place.undecidable if id not in inside),
            unsure=place.unsure | {s.id for s in here if s.unsure},
        )

    def _here(self, qpv: Qpv) -> tuple[str, ...]:
        """Return the structures without a place, and those that the quarter's communes may hold."""
        epci = self.epci_of(qpv)
        here = (
            s for s in self.seated if s.seat in qpv.communes or (s.is_seat_deduced and s.seat_epci in epci)
        )
        return tuple(sorted(s.id for s in (*self.anywhere, *here)))

    def epci_of(self, qpv: Qpv) -> set[str]:
        """Return the EPCI of a quarter's communes, in which a structure of a deduced seat may be."""
        return {self._epci[code] for code in qpv.communes if self._epci.get(code)}

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


def _epci_of(communes: set[str]) -> dict[str, str]:
    """Return the SIREN of the EPCI of some communes by code, empty where one has none."""
    rows = read_parquet("communes.parquet", map(departement_of, communes))
    rows = rows[rows["code"].isin(communes)]
    return dict(zip(rows["code"].tolist(), rows["epci"].tolist(), strict=True))


class _Projected:
    """The structures of one legal projection, beside quarters of the same."""

    def __init__(self, locator: _Locator, epsg: int) -> None:
        import shapely

        self.locator, self.epsg = locator, epsg
        self.pointed = [s for s in locator.pointed if epsg_of(departement_of(s.seat)) == epsg]
        self.seated = [s for s in locator.seated if epsg_of(departement_of(s.seat)) == epsg]
        self.points = shapely.points([s.x_m for s in self.pointed], [s.y_m for s in self.pointed])
        self.point_tree = shapely.STRtree(self.points)
        by_seat: dict[tuple[str, float], list[Structure]] = {}
        for structure in self.seated:
            by_seat.setdefault((structure.seat, structure.position_error_m), []).append(structure)
        self.seats = list(by_seat.values())
        places = shapely.points([s[0].x_m for s in self.seats], [s[0].y_m for s in self.seats])
        self.discs_m = np.array([s[0].position_error_m for s in self.seats])
        self.seat_tree = shapely.STRtree(places)
        self.places = places
        self.deduced: dict[str, list[Structure]] = {}
        for structure in self.seated:
            if structure.is_seat_deduced:
                self.deduced.setdefault(structure.seat_epci, []).append(structure)

    def locate(self, quarters: Sequence[Qpv], shapes: Mapping[str, Perimeter]) -> dict[str, QpvLocation]:
        locator = self.locator
        drawn = [(qpv, shapes[qpv.code]) for qpv in quarters if qpv.code in shapes]
        beside = self._beside(drawn)
        found = {}
        for qpv in quarters:
            is_whole = departement_of_qpv(qpv.code) in locator.whole
            bare = QpvLocation(qpv.code, locator.distance_m, None, locator.is_listed(qpv), is_whole)
            found[qpv.code] = replace(bare, **beside[qpv.code]) if qpv.code in shapes else bare
        return found

    def _beside(self, drawn: Sequence[tuple[Qpv, Perimeter]]) -> dict[str, dict[str, Any]]:
        """Return what a ``QpvLocation`` says of the structures beside each quarter of a known perimeter."""
        outlines = np.array([*(perimeter.shape for _, perimeter in drawn), None], dtype=object)[:-1]
        error_m = np.array([perimeter.error_m for _, perimeter in drawn], dtype=float)
        reach_m = error_m + self.locator.distance_m
        pointed = self._pointed(outlines, error_m, reach_m)
        reachable = self._reachable(drawn, outlines, reach_m)
        nearest = self._nearest(outlines)
        anywhere = [s.id for s in self.locator.anywhere]
        found = {}
        for rank, (qpv, perimeter) in enumerate(drawn):
            places = pointed[rank]
            places["undecidable"] += [*reachable[rank], *anywhere]
            id, metres = nearest.get(rank, ("", None))
            found[qpv.code] = {
                "error_m": perimeter.error_m,
                **{name: tuple(sorted(ids)) for name, ids in places.items()},
                "nearest": id,
                "nearest_m": metres,
                "unsure": self.locator.unsure,
            }
        return found

    def _pointed(self, outlines: Any, error_m: Floats, reach_m: Floats) -> list[dict[str, list[str]]]:  # noqa: ANN401
        """Return, for each perimeter, the structures with a point of their own, by what is known of them.

        A distance is negative inside: how deep. It is off by the error of the perimeter, both ways.
        """
        import shapely

        names = ("inside", "near", "limit", "undecidable")
        found: list[dict[str, list[str]]] = [{name: [] for name in names} for _ in outlines]
        rank, point = self.point_tree.query(outlines, predicate="dwithin", distance=reach_m)
        metres = shapely.distance(self.points[point], outlines[rank])
        within = metres == 0
        limits = shapely.boundary(outlines[rank[within]])
        metres[within] = -shapely.distance(self.points[point[within]], limits)
        lows, highs = metres - error_m[rank], metres + error_m[rank]
        distance_m = self.locator.distance_m
        for of, at, low_m, high_m in zip(*(c.tolist() for c in (rank, point, lows, highs)), strict=True):
            places, id = found[of], self.pointed[at].id
            if high_m <= 0:
                places["inside"].append(id)
            elif high_m <= distance_m:
                places["near"].append(id)
                places["limit"] += [id] if low_m <= 0 else []
            elif low_m <= distance_m:
                places["undecidable"].append(id)
        return found

    def _nearest(self, outlines: Any) -> dict[int, tuple[str, float]]:  # noqa: ANN401
        """Return the structure nearest to each perimeter and its distance; of several, the first by id."""
        (rank, point), metres = self.point_tree.query_nearest(outlines, return_distance=True)
        found: dict[int, tuple[str, float]] = {}
        for of, at, far in zip(rank.tolist(), point.tolist(), metres.tolist(), strict=True):
            id = self.pointed[at].id
            found[of] = (min(found[of][0], id) if of in found else id, far)
        return found

    def _reachable(
        self,
        drawn: Sequence[tuple[Qpv, Perimeter]],
        outlines: Any,  # noqa: ANN401
        reach_m: Floats,
    ) -> list[set[str]]:
        """Return, for each perimeter, the structures without a point that may be within reach of it."""
        import shapely

        found = [
            {s.id for epci in self.locator.epci_of(qpv) for s in self.deduced.get(epci, ())}
            for qpv, _ in drawn
        ]
        if not self.seats:
            return found
        widest_m = reach_m + float(self.discs_m.max())
        rank, seat = self.seat_tree.query(outlines, predicate="dwithin", distance=widest_m)
        near = shapely.distance(self.places[seat], outlines[rank]) - self.discs_m[seat] <= reach_m[rank]
        for of, at in zip(rank[near].tolist(), seat[near].tolist(), strict=True):
            qpv, perimeter = drawn[of]
            if self._is_by_the_contour(self.seats[at][0].seat, qpv, perimeter, float(reach_m[of])):
                found[of] |= {structure.id for structure in self.seats[at]}
        return found

    def _is_by_the_contour(self, seat: str, qpv: Qpv, perimeter: Perimeter, reach_m: float) -> bool:
        """Tell whether the commune of a seat comes within reach; yes where it has no contour."""
        import shapely

        if seat in qpv.communes:
            return True
        contour = self.locator.contour(seat)
        if contour is None:
            return True
        return float(shapely.distance(contour, perimeter.shape)) <= reach_m + _CONTOUR_SLACK_M
