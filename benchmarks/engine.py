"""Measure the engine on all of France: made structures, a made grid, rivals in turn in one run.

    python -m benchmarks.engine [STRUCTURES] [CELLS]

1. Whole process: ``report france`` on a made list (``made_list.py``: areas of neighbours in one EPCI),
   against ``import pandas, typer, rich.table``, which ends as the tool does (bound: 4 times).
2. Structures within 5 km of each cell of a made grid of 2.3 million cells: ours, against scipy's
   ``cKDTree.query_ball_point`` that returns counts (bound: 4 times faster) and against
   ``cKDTree.query``, which answers less: the nearest alone (bound: as fast). Counts are compared with exact
   distances on a sample; those of polygons drawn around the structures, which the tool never makes, are
   wrong by 0.15 %.

Ratios are of the medians of CPU. Ends with 1 where a bound is not kept. scipy comes with the extra ``test``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer
from scipy.spatial import cKDTree

from avs_coverage.lattice import cells_within
from avs_coverage.loaders.grid import CELL_M, Grid
from avs_coverage.territory import Territory
from benchmarks.made_list import write_list
from benchmarks.measure import Bounds, called, in_turn, rival, run, tool

RADIUS_M = 5000
ROUNDS = 7
PEAK_MB = 500


def made_structures(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return structures near chefs-lieux of mainland France, in metres of EPSG:2154."""
    chance = np.random.default_rng(1)
    communes = Territory.find("france").communes
    communes = communes[~communes["departement"].str.startswith("97")]
    weights = communes["population"].to_numpy(float)
    chosen = communes.iloc[chance.choice(len(communes), count, p=weights / weights.sum())]
    x_m = chosen["x_m"].to_numpy(float) + chance.normal(0, 800, count)
    return x_m, chosen["y_m"].to_numpy(float) + chance.normal(0, 800, count)


def made_grid(count: int) -> Grid:
    """Return inhabited cells around the chefs-lieux of mainland France, in EPSG:3035."""
    chance = np.random.default_rng(2)
    communes = Territory.find("france").communes
    communes = communes[~communes["departement"].str.startswith("97")]
    ranks = chance.integers(0, len(communes), 2 * count)
    x, y = Transformer.from_crs(2154, 3035, always_xy=True).transform(
        communes["x_m"].to_numpy(float)[ranks] + chance.normal(0, 4000, len(ranks)),
        communes["y_m"].to_numpy(float)[ranks] + chance.normal(0, 4000, len(ranks)),
    )
    keys = np.unique(
        (np.asarray(y) // CELL_M).astype(np.int64) * (1 << 20) + (np.asarray(x) // CELL_M).astype(np.int64)
    )
    keys = np.sort(chance.choice(keys, min(count, len(keys)), replace=False))
    row, column = np.divmod(keys, 1 << 20)
    size = len(keys)
    return Grid(
        "made", 3035, column * CELL_M, row * CELL_M, chance.integers(1, 60, size).astype(float),
        np.zeros(size, bool), np.full(size, "03185", object), size, size, (), (),
    )  # fmt: skip


def measure_grid(structures: int, cells: int) -> int:
    """Count structures within reach of each cell, by this project and by its rivals."""
    x_m, y_m = made_structures(structures)
    grid = made_grid(cells)
    cx, cy = grid.centres(2154)
    centres, places = np.column_stack([cx, cy]), np.column_stack([x_m, y_m])

    def ours() -> np.ndarray[Any, Any]:
        _, cell = cells_within(grid, 2154, x_m, y_m, np.full(len(x_m), float(RADIUS_M)))
        return np.bincount(cell, minlength=len(grid))

    def counts() -> object:
        return cKDTree(places).query_ball_point(centres, RADIUS_M, return_length=True)

    def nearest() -> object:
        return cKDTree(places).query(centres, distance_upper_bound=RADIUS_M)

    found = ours()
    sample = np.random.default_rng(3).choice(len(grid), 2000)
    exact = (np.hypot(cx[sample, None] - x_m, cy[sample, None] - y_m) <= RADIUS_M).sum(axis=1)
    mine, ball, query = in_turn([lambda work=work: called(work) for work in (ours, counts, nearest)], 3)
    bounds = Bounds(f"{structures} structures, {len(grid)} cells, {RADIUS_M} m: times faster by CPU")
    bounds.at_least("counts exact on a sample (1: yes)", float((found[sample] == exact).all()), 1)
    note = f"{ball.cpu:.2f} s to {mine.cpu:.2f} s"
    bounds.at_least("cKDTree.query_ball_point", ball.cpu / mine.cpu, 4, note)
    bounds.at_least("cKDTree.query (nearest alone)", query.cpu / mine.cpu, 1, f"{query.cpu:.2f} s")
    return bounds.code


def measure_report(structures: int) -> int:
    """Run the report of France on a made list, and a process that only imports."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_list(Path(folder) / "liste.csv", structures)
        ours = tool("report", "france", "--structures", str(path))
        theirs = rival("import pandas, typer, rich.table")
        mine, imports = in_turn([lambda: run(ours), lambda: run(theirs)], ROUNDS)
    bounds = Bounds(f"report france, {structures} structures: ratio of CPU to that of the imports")
    bounds.at_most("report france", mine.cpu / imports.cpu, 4, f"{mine.cpu:.2f} s to {imports.cpu:.2f} s")
    bounds.at_most("peak in MB", mine.peak_mb, PEAK_MB)
    return bounds.code


def main() -> int:
    """Measure everything."""
    structures = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    cells = int(sys.argv[2]) if len(sys.argv) > 2 else 2_300_000
    return max(measure_report(structures), measure_grid(structures, cells))


if __name__ == "__main__":
    sys.exit(main())
