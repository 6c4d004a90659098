"""Measure whole processes against what they cannot do without: their imports.

    python -m benchmarks.startup [ROUNDS]

Each pair runs in turn, in the same minute on the same machine: only the ratio means anything. The rival
ends as the tool does, at once, and imports no more than the tool does: ``--help`` needs typer alone, and no
``rich``. pandas is a choice, not a limit: the last line, without a bound, says what the same rival costs
against one that reads the table with pyarrow alone. Ends with 1 where a bound is not kept.
"""

from __future__ import annotations

import sys

from benchmarks.measure import Bounds, in_turn, rival, run, tool

PANDAS = "import pandas, typer, rich.table"
PAIRS = (
    ("report allier", ("report", "allier"), PANDAS, 1.7),
    ("--help", ("--help",), "import typer", 1.4),
)


def main() -> int:
    """Measure every pair."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    bounds = Bounds("Processes: ratio of CPU to that of the imports")
    for name, arguments, imports, bound in PAIRS:
        run(tool(*arguments)), run(rival(imports))  # bytecode and file cache
        ours, theirs = in_turn([lambda a=arguments: run(tool(*a)), lambda i=imports: run(rival(i))], rounds)
        note = f"{ours.cpu:.2f} s, {ours.peak_mb:.0f} MB; walls {ours.wall / theirs.wall:.2f}; {imports!r}"
        bounds.at_most(name, ours.cpu / theirs.cpu, bound, note)
    with_pandas, without = in_turn(
        [lambda: run(rival(PANDAS)), lambda: run(rival("import pyarrow.parquet, typer"))], rounds
    )
    print(f"{PANDAS!r} costs {with_pandas.cpu / without.cpu:.1f} times 'import pyarrow.parquet, typer'")
    return bounds.code


if __name__ == "__main__":
    sys.exit(main())
