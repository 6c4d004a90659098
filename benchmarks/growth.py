"""Measure how each step grows: 1, 2, 4 and 8 times the structures, the communes, the cells.

    python -m benchmarks.growth [ROUNDS]

Medians of CPU in this process; whole commands are in ``commands.py``. A step that takes no more than n log n
takes, from 1 to 8 times, at most 8 × log(8n) ÷ log(n) as long, and a quarter for the noise. Ends with 1 where
a step takes longer. Steps under 20 ms are too short to say: they are printed, and held to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from avs_coverage.access import communes_access
from avs_coverage.coverage import Coverage
from avs_coverage.explain.context import RuleContext, neighbours_of
from avs_coverage.gaps import zones
from avs_coverage.history import coverage_history
from avs_coverage.inventory import Inventory
from avs_coverage.lattice import cells_within
from avs_coverage.loaders.structures import load_structures
from avs_coverage.report import Report
from avs_coverage.rules import get_rule
from avs_coverage.territory import Territory
from benchmarks.engine import RADIUS_M, made_grid, made_structures
from benchmarks.made_list import write_list
from benchmarks.measure import Bounds, called, in_turn

TIMES = (1, 2, 4, 8)
STRUCTURES, COMMUNES, CELLS = 1_000, 4_359, 280_000
DAY = date(2026, 1, 1)
_TOO_SHORT, _NOISE = 0.02, 1.25
Work = Callable[[], object]


def steps(territory: Territory, inventory: Inventory) -> dict[str, Work]:
    """Return the steps that structures and communes make longer, on one territory and list."""
    covers = {text: Coverage.compute(territory, inventory, get_rule(text), DAY) for text in ("declared",)}
    declared = covers["declared"]

    def rule(text: str) -> Work:
        return lambda: Coverage.compute(territory, inventory, get_rule(text), DAY)

    def one_commune() -> object:
        code = territory.communes.index[-1]
        return RuleContext(Report(declared), neighbours_of(territory)).ties_of_commune(code)

    return {
        "declared": rule("declared"),
        "implantation": rule("implantation"),
        "radius:5km": rule("radius:5km"),
        "travel-time:15min": rule("travel-time:15min"),
        "nearest structures": lambda: communes_access(declared),
        "zones": lambda: zones(replace(declared)),
        "figures and communes": lambda: (replace(declared).figures(), replace(declared).communes),
        "links of one commune": one_commune,
        "history of 3 years": lambda: coverage_history(territory, inventory, declared.rule, 2023, 2025),
    }


def print_growth(title: str, size: int, sizes: list[dict[str, Work]], rounds: int) -> Bounds:
    """Print the medians of each step at each size, and whether it grows as it may."""
    bounds = Bounds(title)
    for name in sizes[0]:
        works = [made[name] for made in sizes]
        cpu = [cost.cpu for cost in in_turn([lambda work=work: called(work) for work in works], rounds)]
        told = "  ".join(f"{seconds:.3f}" for seconds in cpu)
        most = TIMES[-1] * log(TIMES[-1] * size) / log(size) * _NOISE
        if cpu[-1] < _TOO_SHORT or cpu[0] <= 0:
            print(f"{name:<58}{'':>20}  {told} s (too short to say)")
        else:
            bounds.at_most(name, cpu[-1] / cpu[0], round(most, 1), f"{told} s")
    return bounds


def main() -> int:
    """Measure the growth in structures, in communes and in cells."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    france, codes = Territory.find("france"), []
    with TemporaryDirectory() as folder:
        lists = [
            load_structures(write_list(Path(folder) / f"{n}.csv", n * STRUCTURES), france.name) for n in TIMES
        ]
    found = [
        print_growth(
            "Structures, 1,000 × 1, 2, 4, 8, all of France: from 1 to 8 times, as long",
            STRUCTURES,
            [steps(france, one) for one in lists],
            rounds,
        )
    ]
    shuffled = np.random.default_rng(5).permutation(len(france.communes))
    for n in TIMES:
        codes.append(france.communes.iloc[np.sort(shuffled[: n * COMMUNES])])
    parts = [Territory(france.name, communes) for communes in codes]
    found.append(
        print_growth(
            "Communes, 4,359 × 1, 2, 4, 8, 4,000 structures: from 1 to 8 times, as long",
            COMMUNES,
            [steps(part, lists[2]) for part in parts],
            rounds,
        )
    )
    x_m, y_m = made_structures(4 * STRUCTURES)
    reach = np.full(len(x_m), float(RADIUS_M))
    grids = [made_grid(n * CELLS) for n in TIMES]
    cells = [
        {"cells within 5 km": lambda grid=grid: cells_within(grid, 2154, x_m, y_m, reach)} for grid in grids
    ]
    found.append(
        print_growth("Cells, 280,000 × 1, 2, 4, 8: from 1 to 8 times, as long", CELLS, cells, rounds)
    )
    return max(bounds.code for bounds in found)


if __name__ == "__main__":
    sys.exit(main())
