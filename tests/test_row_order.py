"""The order of the rows of a list changes no byte of any output."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import pytest

from benchmarks.made_list import COLUMNS, made_rows

ROWS = made_rows(40, "lozere")
COMMANDS = (
    ("report",),
    ("report", "--rule", "implantation,radius:5km,travel-time:15min"),
    *((name,) for name in ("communes", "groups", "access", "supply", "contributions", "history", "qpv")),
    *((name,) for name in ("zones", "structures", "audit")),
    ("explain", "mende"),
    ("compare", "ardeche"),
)
_FILES_ONLY = {"report", "audit", "explain", "compare"}
"""Commands whose table has no CSV of its own, or none that a list moves."""


def write(folder: Path, rows: list[dict[str, object]]) -> Path:
    folder.mkdir()
    path = folder / "liste.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def lists(tmp_path):
    shuffled = random.Random(3).sample(ROWS, len(ROWS))
    assert [row["id"] for row in shuffled] != [row["id"] for row in ROWS]
    return write(tmp_path / "a", ROWS), write(tmp_path / "b", shuffled)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_shuffled_list_gives_the_same_bytes(run, lists, tmp_path, command):
    name, *more = command
    for options in (
        ((), ("--json",)) if name in _FILES_ONLY else ((), ("--json", "--csv", "t.csv", "--force"))
    ):
        done = []
        for path in lists:
            made = run(name, "lozere", *more, "--structures", str(path), *options)
            table = (tmp_path / "t.csv").read_bytes() if "--csv" in options else b""
            done.append((made.returncode, made.stdout, made.stderr, table))
        assert done[0][0] == 0
        assert done[0] == done[1]


def test_deduced_seats_are_named_by_id(run, lists):
    ids = {row["nom"]: row["id"] for row in ROWS}
    for path in lists:
        said = json.loads(run("report", "lozere", "--structures", str(path), "--json").stdout)["sources"]
        (text,) = [text for text in said["avertissements"] if text.startswith("Siège déduit")]
        named = [ids[name] for name in re.findall(r"Structure fictive [0-9]+", text)]
        assert len(named) > 1
        assert named == sorted(named)


def test_files_of_a_shuffled_list_are_the_same_bytes(run, lists, tmp_path):
    for path in lists:
        folder = str(tmp_path / f"files-{path.parent.name}")
        assert (
            run(
                "export", "lozere", "--structures", str(path), "--format", "csv,json", "-o", folder
            ).returncode
            == 0
        )
    first, second = (sorted((tmp_path / f"files-{name}").iterdir()) for name in "ab")
    assert [path.name for path in first] == [path.name for path in second]
    told = [path for path in first if "manifest" not in path.name]  # it fingerprints the list
    assert len(told) > 5
    for one in told:
        assert one.read_bytes() == (tmp_path / "files-b" / one.name).read_bytes(), one.name


def test_rows_of_service_areas_may_be_in_any_order(run, lists, tmp_path):
    served = [("M-00001", "48095"), ("M-00001", "48029"), ("M-00002", "48095"), ("M-00001", "48013")]
    found = []
    for rows in (served, served[::-1]):
        (tmp_path / "z.csv").write_text(
            "structure;commune\n" + "\n".join(map(";".join, rows)), encoding="utf-8"
        )
        options = ("--structures", str(lists[0]), "--service-areas", "z.csv", "--json")
        found.append([run(name, "lozere", *options).stdout for name in ("structures", "communes")])
    assert found[0] == found[1]
