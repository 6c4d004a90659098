"""Measure the engine on all of France: made structures, a made grid, rivals in turn in one run.

    python benchmarks/engine.py [STRUCTURES] [CELLS]

1. Whole process: ``report france`` on a made list, against ``import pandas, typer, rich.table``
   (bound: 3 times).
2. Structures within 5 km of each cell of a made grid of 2.3 million cells: ours, against geopandas'
   ``sjoin_nearest`` (bound: 4 times faster) and buffer + ``sjoin`` (bound: 2.5 times faster).
   Counts are compared with exact distances on a sample.

Prints what it measured, whether a bound is met or not; peak memory of this process at the end.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import Transformer

from avs_coverage.lattice import cells_within
from avs_coverage.loaders.grid import CELL_M, Grid
from avs_coverage.territory import Territory

RADIUS_M = 5000
ROUNDS = 7


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


def medians_of(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the median seconds of each of some works, done in turn: the machine's moods are shared."""
    samples: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, seconds in zip(works, samples, strict=True):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in samples]


def measure_grid(structures: int, cells: int) -> None:
    """Count structures within reach of each cell, by this project and by its rivals."""
    x_m, y_m = made_structures(structures)
    grid = made_grid(cells)
    cx, cy = grid.centres(2154)
    points = gpd.GeoDataFrame({"cell": np.arange(len(grid))}, geometry=gpd.points_from_xy(cx, cy), crs=2154)
    places = gpd.GeoDataFrame({"s": np.arange(structures)}, geometry=gpd.points_from_xy(x_m, y_m), crs=2154)

    def ours() -> np.ndarray[Any, Any]:
        _, cell = cells_within(grid, 2154, x_m, y_m, np.full(len(x_m), float(RADIUS_M)))
        return np.bincount(cell, minlength=len(grid))

    def nearest() -> object:
        return gpd.sjoin_nearest(points, places, max_distance=RADIUS_M)

    def buffers() -> object:
        zones = places.set_geometry(places.buffer(RADIUS_M))
        return gpd.sjoin(points, zones, predicate="within").groupby("cell").size()

    counts = ours()
    sample = np.random.default_rng(3).choice(len(grid), 2000)
    exact = (np.hypot(cx[sample, None] - x_m, cy[sample, None] - y_m) <= RADIUS_M).sum(axis=1)
    same = "exact" if (counts[sample] == exact).all() else "WRONG"
    mine, first, second = medians_of(ours, nearest, buffers, rounds=3)
    print(
        f"{structures} structures, {len(grid)} cells, {RADIUS_M} m: {mine:.2f} s, counts {same}; "
        f"sjoin_nearest {first:.2f} s, ratio {first / mine:.1f} (bound 4); "
        f"buffer + sjoin {second:.2f} s, ratio {second / mine:.1f} (bound 2.5)"
    )


def measure_report(structures: int) -> None:
    """Run the report of France on a made list, and a process that only imports."""
    chance = np.random.default_rng(4)
    communes = Territory.find("france").communes
    seats = chance.choice(communes.index.to_numpy(), structures)
    served = [chance.choice(communes.index.to_numpy(), 3) for _ in range(structures)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "liste.csv"
        lines = ["nom;type;code_insee;communes_desservies"]
        for rank, (seat, others) in enumerate(zip(seats, served, strict=True)):
            lines.append(f"S{rank};{'EVS' if rank % 3 else 'CS'};{seat};{seat}|{'|'.join(others)}")
        path.write_text("\n".join(lines), encoding="utf-8")
        ours = [sys.executable, "-m", "avs_coverage", "report", "france", "--structures", str(path)]
        rival = [sys.executable, "-c", "import pandas, typer, rich.table"]

        def run(command: list[str]) -> object:
            return subprocess.run(command, capture_output=True, check=True)

        mine, theirs = medians_of(lambda: run(ours), lambda: run(rival))
    ratio = mine / theirs
    print(
        f"report france, {structures} structures: {mine:.2f} s; "
        f"imports {theirs:.2f} s; ratio {ratio:.1f} (bound 3)"
    )


def main() -> None:
    """Measure everything."""
    structures = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    cells = int(sys.argv[2]) if len(sys.argv) > 2 else 2_300_000
    measure_report(structures)
    measure_grid(structures, cells)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {own:.0f} MB here with the rivals, {children:.0f} MB in the report (bound 1000)")


if __name__ == "__main__":
    main()
