"""Measure whole commands against the report of the same territory, in turn in one run.

    python -m benchmarks.commands [france|departements|exports|files|sizes] [ROUNDS]

Without a part, all of them. France has 4,000 made structures (``made_list.py``). Each line prints a figure,
its bound, and whether it is kept; ends with 1 where one is not. Ratios are of CPU; the ratio of walls stands
beside, without a bound.
"""

from __future__ import annotations

import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from avs_coverage.embedded import data_dir, read_csv
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.territory import Territory
from benchmarks.made_list import write_list
from benchmarks.measure import Bounds, Cost, in_turn, run, tool

PEAK_MB = 500
STRUCTURES = 4_000
VIEWS = (
    "communes", "groups", "access", "supply", "contributions", "history", "qpv", "zones", "structures",
    "audit",
)  # fmt: skip
RULES = ("implantation", "radius:5km", "travel-time:15min")
FORMATS = ("xlsx", "csv", "json", "html", "gpkg", "markdown")


def ratios(
    bounds: Bounds, base: Sequence[str], works: Sequence[tuple[str, Sequence[str], float, float]], rounds: int
) -> None:
    """Compare commands (name, arguments, bound of the ratio, bound of the peak) with a base, each in turn."""
    run(tool(*base))  # bytecode and file cache
    commands = [tool(*base), *(tool(*arguments) for _, arguments, _, _ in works)]
    first, *costs = in_turn([lambda command=command: run(command) for command in commands], rounds)
    print(f"{'base: ' + ' '.join(base[:2]):<58}{first.cpu:>10.2f}  s CPU, {first.peak_mb:.0f} MB")
    for (name, _, bound, peak), cost in zip(works, costs, strict=True):
        bounds.at_most(name, cost.cpu / first.cpu, bound, _note(cost, first))
        if cost.peak_mb > peak or peak < PEAK_MB:
            bounds.at_most(f"{name}, peak in MB", cost.peak_mb, peak)


def _note(cost: Cost, base: Cost) -> str:
    return f"{cost.cpu:.2f} s, {cost.peak_mb:.0f} MB; walls {cost.wall / base.wall:.2f}"


def france(folder: Path, rounds: int) -> Bounds:
    """Measure the commands of all of France."""
    bounds = Bounds(f"France, {STRUCTURES} structures: ratio to report france")
    given = ("france", "--structures", str(write_list(folder / "france.csv", STRUCTURES)))
    gpkg = ("export", *given, "--format", "gpkg", "--force", "-o", str(folder / "gpkg"))
    ratios(
        bounds,
        ("report", *given),
        [
            ("history", ("history", *given), 3, PEAK_MB),
            ("access", ("access", *given), 1.5, PEAK_MB),
            ("explain of one commune", ("explain", given[0], "34172", *given[1:]), 3.5, 450),
            (
                "report --rule travel-time:15min",
                ("report", *given, "--rule", "travel-time:15min"),
                2,
                PEAK_MB,
            ),
            ("export --format gpkg", gpkg, 3, PEAK_MB),
        ],
        rounds,
    )
    eight = ("communes", "france", "--structures", str(write_list(folder / "8x.csv", 8 * 1_000)))
    bounds.at_most("communes france, 8,000 structures: peak in MB", run(tool(*eight)).peak_mb, PEAK_MB)
    return bounds


def departements(folder: Path, rounds: int) -> Bounds:
    """Measure every command on the département with the most communes, on Nord, Paris and La Réunion."""
    bounds = Bounds("Every command on a département: ratio to report allier")
    works = []
    for code in ("03", "62", "59", "75", "974"):
        given = (code, "--structures", str(write_list(folder / f"{code}.csv", 120, code)))
        works += [(f"{view} {code}", (view, *given), 2, PEAK_MB) for view in ("report", *VIEWS)]
        works += [(f"report {code} {rule}", ("report", *given, "--rule", rule), 2, PEAK_MB) for rule in RULES]
        first = Territory.find(code).communes.index[0]
        works.append((f"explain {code} {first}", ("explain", code, first, *given[1:]), 2, PEAK_MB))
    ratios(bounds, ("report", "allier"), works, rounds)
    return bounds


def exports(folder: Path, rounds: int) -> Bounds:
    """Measure each format of an export of the Allier."""
    bounds = Bounds("Exports of the Allier: ratio to report allier")
    works = [
        (
            f"export --format {name}",
            ("export", "allier", "--format", name, "--force", "-o", str(folder / name)),
            2.0,
            float(PEAK_MB),
        )
        for name in FORMATS
    ]
    ratios(bounds, ("report", "allier"), works, rounds)
    return bounds


def files(folder: Path, rounds: int) -> Bounds:
    """Measure what a file of indicators of all communes costs, and what an unknown name does."""
    bounds = Bounds("Files: seconds of CPU more than without")
    communes = Territory.find("france").communes
    lines = [
        f"{code};{name};{rank % 7 + 1};Classe {rank % 7 + 1};{people};10;20;30;10;10;10;10"
        for rank, (code, name, people) in enumerate(
            zip(communes.index, communes["nom"], communes["population"], strict=True)
        )
    ]
    path = folder / "densite.csv"
    path.write_text("\n".join(["CODGEO;LIBGEO;DENS;LIBDENS;PMUN22;P1;P2;P3;P4;P5;P6;P7", *lines]), "utf-8")
    without, beside = in_turn(
        [
            lambda: run(tool("report", "allier")),
            lambda: run(tool("report", "allier", "--indicators", str(path))),
        ],
        rounds,
    )
    bounds.at_most("official file of 35,000 rows as indicators", beside.cpu - without.cpu, 1.5)
    bounds.at_most("unknown name, all of France, each", near_name_seconds(), 0.02)
    return bounds


def near_name_seconds(count: int = 200) -> float:
    """Return the seconds of CPU of one search of a name that is not known, tables made."""
    everywhere = [row["code"] for row in read_csv("departements.csv")]
    gazetteer = Gazetteer(everywhere)
    names = [
        f"{name[:4]}e{name[4:]}" for name in Territory.find("france").communes["nom"].iloc[::170][:count]
    ]
    gazetteer.close_names(names[0], everywhere)
    start = time.process_time()
    for name in names:
        gazetteer.named(name, everywhere)
        gazetteer.close_names(name, everywhere)
    return (time.process_time() - start) / len(names)


def sizes(folder: Path, _: int) -> Bounds:
    """Measure the reference data, and an archive of what the wheel holds."""
    bounds = Bounds("Sizes in MB")
    root = data_dir()
    data = [path for path in root.rglob("*") if path.is_file()]
    bounds.at_most("data/", sum(path.stat().st_size for path in data) / 1e6, 9.5)
    packed = folder / "wheel.zip"
    code = [path for path in (root.parent / "avs_coverage").rglob("*") if path.is_file()]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (*data, *(path for path in code if "__pycache__" not in path.parts)):
            archive.write(path)
    bounds.at_most("wheel (its files, deflated)", packed.stat().st_size / 1e6, 10)
    return bounds


PARTS = {"france": france, "departements": departements, "exports": exports, "files": files, "sizes": sizes}


def main() -> int:
    """Measure the parts asked for."""
    wanted = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    rounds = next((int(text) for text in sys.argv[1:] if text.isdigit()), 3)
    with tempfile.TemporaryDirectory() as folder:
        return max([PARTS[name](Path(folder), rounds).code for name in wanted])


if __name__ == "__main__":
    sys.exit(main())
