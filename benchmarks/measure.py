"""What the benchmarks share: works done in turn, medians of CPU and wall, bounds that are kept or not.

Judge by CPU: on a shared machine the wall of the same run moves by four.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """The medians of some runs: CPU and wall in seconds; and the greatest peak, in MB."""

    cpu: float
    wall: float
    peak_mb: float = 0.0


def tool(*arguments: str) -> list[str]:
    """Return the command line of the tool."""
    return [sys.executable, "-m", "avs_coverage", *arguments]


def rival(imports: str) -> list[str]:
    """Return a process that imports, and ends as the tool does: without taking down what it built."""
    return [sys.executable, "-c", f"{imports}; import os; os._exit(0)"]


_LAUNCHER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def run(command: Sequence[str]) -> Cost:
    """Run one process to its end; raises SystemExit where it fails.

    By a small process of its own: the peak of a process is never told as less than that of its parent,
    whose memory it shares until it begins. With bytecode, which every installed tool has.
    """
    _write_bytecode()
    start = time.perf_counter()
    launched = [sys.executable, "-S", "-c", _LAUNCHER, *command]
    done = subprocess.run(launched, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    told = done.stdout.split()
    if told[0] != "0":
        raise SystemExit(f"{command} ended with status {os.waitstatus_to_exitcode(int(told[0]))}")
    return Cost(float(told[1]), time.perf_counter() - start, float(told[2]))


@cache
def _write_bytecode() -> None:
    """Compile the package once: from sources alone, each run would do it again, and its rival would not."""
    compileall.compile_dir(ROOT / "avs_coverage", quiet=1)


def called(work: Callable[[], object]) -> Cost:
    """Call a function of this process once."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def in_turn(works: Sequence[Callable[[], Cost]], rounds: int) -> list[Cost]:
    """Return the medians of each work, one after the other in every round: the machine's moods are shared."""
    found: list[list[Cost]] = [[] for _ in works]
    for _ in range(rounds):
        for work, costs in zip(works, found, strict=True):
            costs.append(work())
    return [
        Cost(
            statistics.median(cost.cpu for cost in costs),
            statistics.median(cost.wall for cost in costs),
            max(cost.peak_mb for cost in costs),
        )
        for costs in found
    ]


class Bounds:
    """A table of figures with their bounds; ``code`` is what the process ends with."""

    def __init__(self, title: str) -> None:
        self.is_kept = True
        print(f"\n{title}")
        print(f"{'':<58}{'figure':>10}{'bound':>10}")

    def at_most(self, name: str, figure: float, bound: float, note: str = "") -> None:
        """Print a figure, which is to be no more than its bound."""
        self._row(name, figure, f"<= {bound:g}", figure <= bound, note)

    def at_least(self, name: str, figure: float, bound: float, note: str = "") -> None:
        """Print a figure, which is to be no less than its bound."""
        self._row(name, figure, f">= {bound:g}", figure >= bound, note)

    def _row(self, name: str, figure: float, bound: str, kept: bool, note: str) -> None:
        self.is_kept &= kept
        print(f"{name:<58}{figure:>10.2f}{bound:>10}  {'kept' if kept else 'NOT KEPT'}  {note}", flush=True)

    @property
    def code(self) -> int:
        """Return 0 where every bound is kept, else 1."""
        return 0 if self.is_kept else 1
