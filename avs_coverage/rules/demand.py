"""Where the inhabitants of communes are: chefs-lieux, cells of 200 m, or points over their area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.distances import Points
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import LEGAL_OF_GRID, epsg_of
from avs_coverage.rules.reached import Demand, Floats, Ints

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.loaders.grid import Grid
    from avs_coverage.territory import Territory

CHEF_LIEU, GRID, AREA = "chef-lieu", "grid", "area"
DEMAND_LABELS = {
    CHEF_LIEU: "les habitants d'une commune sont tenus pour être à son chef-lieu (grossier)",
    GRID: "les habitants sont ceux des carreaux de 200 m (au chef-lieu pour une commune sans carreau)",
    AREA: "les habitants sont tenus pour répartis sur toute la commune (points tous les 100 m)",
}
_MARGIN_M = 0.001
SAMPLE_M = 100
"""Step of the points that stand for the area of a commune, in metres."""


class Places:
    """Where structures are, and which points are within a distance of each, point to point.

    Distances are in the legal projection of each structure's seat; another projection's points are
    out of reach. *radii_m* holds the distance of each structure; below 0 it reaches nothing. *farther_m* is
    added to what is measured of each, where it may be farther, or nearer (below 0), than its place.
    """

    def __init__(
        self, structures: Sequence[Structure], radii_m: Sequence[float], farther_m: Sequence[float] = ()
    ) -> None:
        self.radii_m = np.array(radii_m, dtype=float)
        self._farther_m = np.array(farther_m or [0.0] * len(structures), dtype=float)
        self._reach_m = self.radii_m - self._farther_m
        self.x_m = np.array([s.x_m for s in structures], dtype=float)
        self.y_m = np.array([s.y_m for s in structures], dtype=float)
        self.epsg = np.array([epsg_of(departement_of(s.seat)) for s in structures], dtype=np.int64)

    def _by_projection(self, part: slice) -> Iterator[tuple[int, Ints]]:
        ranks = np.arange(len(self.x_m))[part]
        ranks = ranks[self._reach_m[ranks] >= 0]
        for epsg in np.unique(self.epsg[ranks]):
            yield int(epsg), ranks[self.epsg[ranks] == epsg]

    def points_within(self, part: slice, points: Points) -> tuple[Ints, Ints]:
        """Return pairs of a structure of a slice and a point within the distance."""
        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for epsg, ranks in self._by_projection(part):
            reach_m = self._reach_m[ranks] + _MARGIN_M
            place, point, metres = points.within(self.x_m[ranks], self.y_m[ranks], epsg, reach_m)
            structure = ranks[place]
            # As ``Locations`` bounds a distance: to subtract from the limit instead may end in another digit.
            near = metres + self._farther_m[structure] <= self.radii_m[structure]
            found.append((structure[near], point[near]))
        return _joined(found)

    def cells_within(self, part: slice, grid: Grid) -> tuple[Ints, Ints]:
        """Return pairs of a structure of a slice and a cell whose centre is within the distance."""
        from avs_coverage.lattice import cells_within

        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for projection, ranks in self._by_projection(part):
            if LEGAL_OF_GRID.get(grid.epsg) == projection:
                structure, cell = cells_within(
                    grid, projection, self.x_m[ranks], self.y_m[ranks], self._reach_m[ranks]
                )
                found.append((ranks[structure], cell))
        return _joined(found)


def _joined(found: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])


def demands(territory: Territory, places: Places, population_by: str) -> Iterator[Demand]:
    """Yield the points that stand for the inhabitants of a territory, each commune in one set.

    Raises UsageError (AVS-213) where the grid, or the user's own contours, are missing.
    """
    if population_by == CHEF_LIEU:
        yield _chefs_lieux(territory, places, np.ones(len(territory.communes), dtype=bool))
        return
    if population_by == GRID and not territory.grids:
        raise UsageError(Fault("AVS-213", {"value": GRID, "other": "--indicators carreaux_200m_met.csv"}))
    weights = np.zeros(len(territory.communes))
    found = (_cells(territory, grid, places) for grid in territory.grids)
    for demand in found if population_by == GRID else (_areas(territory, places),):
        yield demand
        weights += np.bincount(demand.commune, demand.weight, minlength=len(weights))
    yield _chefs_lieux(territory, places, weights == 0)


def communes_without_cells(territory: Territory) -> int:
    """Return how many communes have no inhabited cell: their chef-lieu stands for them."""
    weights = np.zeros(len(territory.communes))
    for grid in territory.grids:
        _, commune, weight = _cells_of_communes(territory, grid)
        weights += np.bincount(commune, weight, minlength=len(weights))
    return int((weights == 0).sum())


def _chefs_lieux(territory: Territory, places: Places, where: np.ndarray[Any, Any]) -> Demand:
    rows, ranks = territory.communes[where], np.flatnonzero(where)
    x_m, y_m = rows["x_m"].to_numpy(float), rows["y_m"].to_numpy(float)
    epsg = rows["departement"].map(epsg_of).to_numpy(np.int64)
    points = Points(x_m, y_m, epsg)
    return Demand(ranks, np.ones(len(ranks)), lambda part: places.points_within(part, points))


def _areas(territory: Territory, places: Places) -> Demand:
    """Return points every 100 m over the user's contours: the embedded ones are generalised, for maps."""
    if territory.contours is None:
        raise UsageError(Fault("AVS-213", {"value": AREA, "other": "--communes FICHIER"}))
    empty = np.empty(0)
    parts = [(empty, empty, np.empty(0, np.int64), np.empty(0, np.int64))]
    shapes = territory.contours.frame.geometry
    for rank, (code, departement) in enumerate(territory.communes["departement"].items()):
        if code in shapes.index:
            epsg = epsg_of(departement)
            x, y = _sampled(shapes[[code]].to_crs(epsg).iloc[0])
            parts.append((x, y, np.full(len(x), epsg), np.full(len(x), rank)))
    x_m, y_m, epsgs, ranks = (np.concatenate(column) for column in zip(*parts, strict=True))
    points = Points(x_m, y_m, epsgs)
    return Demand(ranks, np.ones(len(ranks)), lambda part: places.points_within(part, points))


def _sampled(shape: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - a shapely geometry
    """Return the points of a lattice of 100 m that lie in a shape."""
    import shapely

    west, south, east, north = np.floor(np.array(shape.bounds) / SAMPLE_M) * SAMPLE_M + SAMPLE_M / 2
    x, y = np.meshgrid(np.arange(west, east + 1, SAMPLE_M), np.arange(south, north + 1, SAMPLE_M))
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
    return x.ravel()[inside], y.ravel()[inside]


def _cells(territory: Territory, grid: Grid, places: Places) -> Demand:
    cell, commune, weight = _cells_of_communes(territory, grid)

    def pairs(part: slice) -> tuple[Ints, Ints]:
        from avs_coverage.lattice import expand

        structure, reached = places.cells_within(part, grid)
        start, stop = np.searchsorted(cell, reached), np.searchsorted(cell, reached, side="right")
        return expand((structure, start, stop))

    return Demand(commune, weight, pairs)


def _cells_of_communes(territory: Territory, grid: Grid) -> tuple[Ints, Ints, Floats]:
    """Return cell, rank of a commune, inhabitants, one row each, sorted by cell.

    A cell astride several communes counts for each, for an equal part of its inhabitants.
    """
    ranks = {code: rank for rank, code in enumerate(territory.communes.index)}
    texts, place = np.unique(grid.communes.astype(str), return_inverse=True)
    rows = [(t, ranks[code], 1 / (text.count("|") + 1)) for t, text in enumerate(texts)
            for code in text.split("|") if code in ranks]  # fmt: skip
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(texts) + 1))
    cells = [order[bounds[t] : bounds[t + 1]] for t, _, _ in rows]
    lengths = [len(part) for part in cells]
    cell = np.concatenate([np.empty(0, np.int64), *cells])
    commune = np.repeat(np.array([rank for _, rank, _ in rows], dtype=np.int64), lengths)
    part = np.repeat(np.array([part for _, _, part in rows], dtype=float), lengths)
    by_cell = np.argsort(cell, kind="stable")
    return cell[by_cell], commune[by_cell], (grid.inhabitants[cell] * part)[by_cell]
