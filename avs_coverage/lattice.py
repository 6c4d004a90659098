"""Cells of a regular grid within a distance of points: row spans, exact, without a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.loaders.grid import CELL_M, ROW_STEP
from avs_coverage.projection import reproject

if TYPE_CHECKING:
    from avs_coverage.loaders.grid import Grid

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Ranges = tuple[Ints, Ints, Ints]
"""Which point, first cell, cell after the last: cells are numbered in the order of the grid."""

INNER, OUTER = 0.985, 1.01
"""Over mainland France a length in EPSG:3035 is 0.9886 to 1.0063 of the same in EPSG:2154 (measured
with pyproj on 52,000 segments of 0.5 to 50 km). A cell nearer than INNER × d is within d, one beyond
OUTER × d is not; only those between are projected and measured."""


def cells_within(grid: Grid, epsg: int, x_m: Floats, y_m: Floats, radii_m: Floats) -> tuple[Ints, Ints]:
    """Return every pair of a point and a cell whose centre is within its radius, *radii_m*, of it.

    *x_m*, *y_m* are the points, and the distance is measured, in the projection *epsg*, the
    legal one of their place. Cells are numbered in the order of the grid.
    """
    if epsg == grid.epsg:
        return expand(_spans(grid, x_m, y_m, radii_m, radii_m.max(initial=0.0)))
    u, v = reproject(x_m, y_m, epsg, grid.epsg)
    rows_m = radii_m.max(initial=0.0) * OUTER
    points, start, stop = _spans(grid, u, v, radii_m * OUTER, rows_m)
    _, inner_start, inner_stop = _spans(grid, u, v, radii_m * INNER, rows_m)
    # What lies between the two circles: a range before the inner one, and one after it.
    before, after = (points, start, inner_start), (points, inner_stop, stop)
    of, cells = (np.concatenate(both) for both in zip(expand(before), expand(after), strict=True))
    x, y = grid.x_m[cells] + CELL_M / 2, grid.y_m[cells] + CELL_M / 2
    x, y = reproject(x, y, grid.epsg, epsg)
    near = np.hypot(x - x_m[of], y - y_m[of]) <= radii_m[of]
    sure_of, sure = expand((points, inner_start, inner_stop))
    return np.concatenate([sure_of, of[near]]), np.concatenate([sure, cells[near]])


def _spans(grid: Grid, u: Floats, v: Floats, radii_m: Floats, rows_m: float) -> Ranges:
    """Return, for each point and row of cells, the range of those whose centre is within its radius.

    *rows_m* sets which rows are looked at; a row that *radii_m* does not reach has an empty range,
    which stands between the cells on its left and on its right.
    """
    half = CELL_M / 2
    reach = int(np.ceil(rows_m / CELL_M)) + 1
    rows = np.floor(v / CELL_M).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    dy = rows * CELL_M + half - v[:, None]
    inside = (radii_m**2)[:, None] - dy**2
    width = np.sqrt(np.maximum(inside, 0))
    first = np.ceil((u[:, None] - width - half) / CELL_M).astype(np.int64)
    last = np.floor((u[:, None] + width - half) / CELL_M).astype(np.int64)
    start = np.searchsorted(grid.keys, rows * ROW_STEP + first)
    stop = np.searchsorted(grid.keys, rows * ROW_STEP + last, side="right")
    stop = np.where((inside >= 0) & (last >= first), np.maximum(stop, start), start)
    points = np.repeat(np.arange(len(u)), rows.shape[1])
    return points, start.ravel(), stop.ravel()


def expand(ranges: Ranges) -> tuple[Ints, Ints]:
    """Return every pair of a point and a cell of some ranges."""
    points, start, stop = ranges
    lengths = stop - start
    owner = np.repeat(points, lengths)
    offset = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return owner, np.repeat(start, lengths) + offset
