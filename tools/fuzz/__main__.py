"""Fuzz the tool and print the counts: ``python -m tools.fuzz --inputs 10000 --seed 1 --findings FOLDER``."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tools.fuzz.pool import Outcome, run_all
from tools.fuzz.trial import FAMILIES, trial

_KEPT_EACH = 2


class Counts:
    """What a run counted: inputs, outcomes, exit codes, rows, and the inputs of each finding."""

    def __init__(self) -> None:
        self.inputs: Counter[tuple[str, str]] = Counter()
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.codes: Counter[int] = Counter()
        self.rows = 0
        self.findings: dict[str, list[int]] = {}
        self.slowest = (0.0, 0)
        self.largest = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        verdict = outcome.verdict
        key = (verdict.family or "arrêtée", verdict.kind)
        self.inputs[key] += 1
        self.accepted[key] += verdict.accepted
        self.codes.update(verdict.codes)
        self.rows += verdict.rows_read
        for signature in verdict.findings:
            self.findings.setdefault(signature, []).append(outcome.number)
        self.slowest = max(self.slowest, (outcome.seconds, outcome.number))
        self.largest = max(self.largest, outcome.megabytes)

    def text(self) -> str:
        """Return the counts as a table in French."""
        lines = [f"{'famille':<10} {'nature':<16} {'entrées':>8} {'acceptées':>10} {'refusées':>9}"]
        order = sorted(self.inputs, key=lambda key: ((*FAMILIES, "arrêtée").index(key[0]), key[1]))
        for key in order:
            count, good = self.inputs[key], self.accepted[key]
            lines.append(f"{key[0]:<10} {key[1]:<16} {count:>8} {good:>10} {count - good:>9}")
        total, good = self.inputs.total(), self.accepted.total()
        lines += [f"{'total':<27} {total:>8} {good:>10} {total - good:>9}", ""]
        codes = ", ".join(f"{code} : {count}" for code, count in sorted(self.codes.items()))
        lines += [f"commandes lancées : {self.codes.total()} (par code de sortie — {codes})"]
        lines += [f"lignes lues et retrouvées : {self.rows}"]
        lines += [
            f"la plus longue : {self.slowest[0]:.1f} s (n° {self.slowest[1]}) ; mémoire : {self.largest} Mo"
        ]
        lines += [f"trouvailles : {len(self.findings)}"]
        lines += [f"  {name} — {len(n)} entrées, n° {n[:5]}" for name, n in sorted(self.findings.items())]
        return "\n".join(lines)


def fuzz(base: int, numbers: Sequence[int], workers: int, keep: Path | None = None) -> Counts:
    """Run these inputs; keep the files of the first of each finding in *keep*."""
    counts = Counts()
    for outcome, folder in run_all(partial(trial, base), numbers, workers):
        counts.add(outcome)
        for signature, detail in outcome.verdict.findings.items():
            if keep is not None and len(counts.findings[signature]) <= _KEPT_EACH:
                target = keep / f"{outcome.number}"
                shutil.copytree(folder, target, dirs_exist_ok=True)
                with (target / "trouvaille.txt").open(
                    "a", encoding="utf-8", errors="backslashreplace"
                ) as file:
                    file.write(f"{signature}\n\n{detail}\n\n")
    return counts


def main() -> int:
    """Run the inputs asked for, print the counts, and return 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=300, help="how many inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=1, help="seed: the same seed and number, the same input")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--findings", type=Path, help="folder to keep the files of each finding in")
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.inputs)
    counts = fuzz(asked.seed, numbers, asked.workers, asked.findings)
    print(counts.text())
    return 1 if counts.findings else 0


if __name__ == "__main__":
    sys.exit(main())
