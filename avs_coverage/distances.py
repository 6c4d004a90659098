"""The one distance between places, and the nearest structures without measuring every pair."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
_FEW_PAIRS = 500_000
"""Up to so many pairs, to measure them all is faster than to import shapely and plant a tree."""
_POINTS_AT_ONCE = 1_000
_MARGIN_M = 0.001
"""What the rounding of a box may lose; what the box holds too much is measured, and left."""


def metres_between(x_m: Any, y_m: Any, other_x_m: Any, other_y_m: Any) -> Any:  # noqa: ANN401 - of any shape
    """Return the straight distance in metres between places of one projection, not rounded.

    Numbers or arrays. Every distance that is compared comes from here: two ways to measure the same pair
    may differ by the last digit, and a commune at exactly the limit would be within for one and not for the
    other.
    """
    return np.hypot(other_x_m - x_m, other_y_m - y_m)


def metres_of(km: float) -> float:
    """Return kilometres as metres, by the decimal that is typed: ``1.001 * 1000`` is less than 1001.

    >>> metres_of(1.001), metres_of(10)
    (1001.0, 10000.0)
    """
    return float(Decimal(str(km)) * 1000)


class Points:
    """Points, each in its projection, ready to be searched for those within a distance of places."""

    def __init__(self, x_m: Floats, y_m: Floats, epsg: Ints) -> None:
        self._x, self._y, self._epsg = x_m, y_m, epsg
        self._trees: dict[int, Any] = {}

    def within(self, x_m: Floats, y_m: Floats, epsg: int, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Return pairs of a place and a point at most *reach_m* metres from it, and their distance.

        *reach_m* is that of each place; *epsg* the projection of all: points of another are out of reach.
        Pairs ascend by place, then by point.
        """
        points = np.flatnonzero(self._epsg == epsg)
        if len(x_m) * len(points) <= _FEW_PAIRS:
            place, found = np.repeat(np.arange(len(x_m)), len(points)), np.tile(points, len(x_m))
        else:
            place, found = self._candidates(x_m, y_m, epsg, reach_m, points)
        metres = metres_between(x_m[place], y_m[place], self._x[found], self._y[found])
        near = metres <= reach_m[place]
        return place[near], found[near], metres[near]

    def _candidates(
        self, x_m: Floats, y_m: Floats, epsg: int, reach_m: Floats, points: Ints
    ) -> tuple[Ints, Ints]:
        """Return pairs that a tree finds, some a little too far: its own distance may differ in the end."""
        import shapely

        if epsg not in self._trees:
            self._trees[epsg] = shapely.STRtree(shapely.points(self._x[points], self._y[points]))
        reach_m = np.maximum(reach_m, 0) + _MARGIN_M
        origins = shapely.points(x_m, y_m)
        place, found = self._trees[epsg].query(origins, predicate="dwithin", distance=reach_m)
        order = np.lexsort((found, place))
        return place[order], points[found[order]]


class Locations:
    """Where the counted structures are, of a type or of both, sorted by id, ready to be searched.

    Distances are straight lines in metres, in the legal projection of the points asked for; structures
    of another one are too far to count.
    """

    def __init__(self, coverage: Coverage, kind: str = "") -> None:
        counted = (s for s in coverage.inventory.counted(coverage.on) if not kind or s.type == kind)
        located = (s for s in counted if s.x_m is not None and s.seat)
        self.structures = sorted(located, key=lambda structure: structure.id)
        self._epsg = np.array([epsg_of(departement_of(s.seat)) for s in self.structures], dtype=int)
        self._x = np.array([s.x_m for s in self.structures], dtype=float)
        self._y = np.array([s.y_m for s in self.structures], dtype=float)
        self._error_m = np.array([s.position_error_m for s in self.structures], dtype=float)
        self._is_firm = np.array([s.is_firm for s in self.structures], dtype=bool)

    def nearest(self, x_m: float, y_m: float, epsg: int) -> tuple[Structure | None, float | None]:
        """Return the structure nearest to a point, and its distance. Ties go to the smaller id."""
        rank, metres, _, _ = (column[0] for column in self.search([x_m], [y_m], [epsg]))
        return (None, None) if rank < 0 else (self.structures[rank], float(metres))

    def search(self, x_m: Any, y_m: Any, epsg: Any) -> tuple[Ints, Floats, Floats, Floats]:  # noqa: ANN401
        """Return, for each of *n* points, the rank of the nearest structure, its distance, and its bounds.

        Rank −1 and infinite distances where there is none. Ties go to the smaller id. The bounds are the
        least and the greatest distance to the nearest structure: one without coordinates is anywhere in its
        commune; one that is not firm may not be there, so that it does not bound the greatest.
        """
        x, y, epsg = (np.asarray(column) for column in (x_m, y_m, epsg))
        rank = np.full(len(x), -1, dtype=np.int64)
        metres, least, most = (np.full(len(x), np.inf) for _ in range(3))
        for projection in np.unique(epsg):
            points = np.flatnonzero(epsg == projection)
            sites = np.flatnonzero(self._epsg == projection)
            if not len(sites):
                continue
            is_few = len(points) * len(sites) <= _FEW_PAIRS
            near = _Everywhere(len(sites)) if is_few else _Near(self, sites)
            for first in range(0, len(points), _POINTS_AT_ONCE):
                some = points[first : first + _POINTS_AT_ONCE]
                point, found = near.candidates(x[some], y[some])
                best = self._best(x[some][point], y[some][point], point, sites[found])
                rank[some], metres[some], least[some], most[some] = best
        return rank, metres, least, most

    def _best(self, x: Floats, y: Floats, point: Ints, site: Ints) -> tuple[Ints, Floats, Floats, Floats]:
        """Return the best of the candidates of each point; pairs ascend by point, which all have some."""
        metres = metres_between(x, y, self._x[site], self._y[site])
        order = np.lexsort((site, metres, point))
        starts = np.flatnonzero(np.diff(point, prepend=-1))
        first = order[starts]
        error_m = self._error_m[site]
        greatest = np.where(self._is_firm[site], metres + error_m, np.inf)
        least = np.maximum(np.minimum.reduceat(metres - error_m, starts), 0)
        return site[first], metres[first], least, np.minimum.reduceat(greatest, starts)


class _Everywhere:
    """Every structure is a candidate for every point."""

    def __init__(self, count: int) -> None:
        self._sites = np.arange(count)

    def candidates(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        return np.repeat(np.arange(len(x)), len(self._sites)), np.tile(self._sites, len(x))


class _Near:
    """The structures of one projection that may be the nearest to a point, wherever in their communes.

    A structure that is anywhere in a disc can be no nearer than the disc: the boxes around the discs
    that meet the box around the point, as far as a structure is known to be, hold every candidate.
    """

    def __init__(self, of: Locations, sites: Ints) -> None:
        import shapely

        self._x, self._y, self._error_m = (column[sites] for column in (of._x, of._y, of._error_m))
        self._firm = np.flatnonzero(of._is_firm[sites])
        places = shapely.points(self._x, self._y)
        self._places = shapely.STRtree(places)
        self._firm_places = shapely.STRtree(places[self._firm])
        self._discs = shapely.STRtree(_boxes(self._x, self._y, self._error_m))

    def candidates(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Return pairs of a point and a structure, ascending by point."""
        import shapely

        origins = shapely.points(x, y)
        _, nearest = self._places.query_nearest(origins, all_matches=False)
        reach = metres_between(x, y, self._x[nearest], self._y[nearest])
        if len(self._firm):
            _, found = self._firm_places.query_nearest(origins, all_matches=False)
            firm = self._firm[found]
            far = metres_between(x, y, self._x[firm], self._y[firm]) + self._error_m[firm]
            reach = np.maximum(reach, far)
        point, site = self._discs.query(_boxes(x, y, reach))
        return point, site


def _boxes(x: Floats, y: Floats, half_m: Floats) -> Any:  # noqa: ANN401 - shapely geometries
    """Return the squares around places, each wide enough for its distance in every direction."""
    import shapely

    half = half_m + _MARGIN_M
    return shapely.box(x - half, y - half, x + half, y + half)
