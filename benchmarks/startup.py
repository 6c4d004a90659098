"""Measure whole processes against what they cannot do without: their imports.

    python benchmarks/startup.py [ROUNDS]

Each pair runs in turn, in the same minute on the same machine: only the ratio means anything.
Prints medians, the ratio, its bound, and peak memory, whether the bound is met or not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

PAIRS = (
    ("report allier", ["report", "allier"], "import pandas, typer, rich.table", 1.4),
    ("--help", ["--help"], "import typer, typer.rich_utils", 1.3),
)


def run(command: list[str]) -> tuple[float, int]:
    """Return wall seconds and peak memory (kB) of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss


def main() -> None:
    """Measure every pair."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    for name, arguments, imports, bound in PAIRS:
        ours = [sys.executable, "-m", "avs_coverage", *arguments]
        rival = [sys.executable, "-c", imports]
        run(ours), run(rival)  # bytecode and file cache
        samples = [(run(ours), run(rival)) for _ in range(rounds)]
        mine = statistics.median(sample[0][0] for sample in samples)
        theirs = statistics.median(sample[1][0] for sample in samples)
        memory = max(sample[0][1] for sample in samples) / 1024
        print(
            f"{name}: {mine:.3f} s; {imports!r}: {theirs:.3f} s; "
            f"ratio {mine / theirs:.2f} (bound {bound}); {memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
