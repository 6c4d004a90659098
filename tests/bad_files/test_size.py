"""Bad files through the commands: size."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from tests.bad_files.helpers import (
    ALLIER,
    SHEET,
    THREE,
    workbook,
)
from tests.conftest import SPEAKS_UTF8


def steps(content, folder):
    """Count the lines of the loaders that are run to read a list."""
    path, count = folder / "grande.csv", 0
    path.write_text(content, encoding="utf-8")

    def inside(frame, event, argument):
        nonlocal count
        count += event == "line"
        return inside

    def enter(frame, event, argument):
        return inside if f"{os.sep}loaders{os.sep}" in frame.f_code.co_filename else None

    previous = sys.gettrace()
    sys.settrace(enter)
    try:
        load_structures(path, ALLIER)
    except InputError:
        pass
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize(
    "row",
    [
        "Centre {n};CS;03185;",
        pytest.param("Centre;CS;03185;"),
        pytest.param("Centre {n};MJC;03185;"),
        "Centre {n};EVS;Montluçon;epci",
        ";;;",
    ],
    ids=["names", "one name", "faults", "epci", "blank"],
)
def test_the_work_grows_as_the_rows_do(tmp_path, row):
    def rows(number):
        return "nom;type;commune;communes_desservies\n" + "".join(
            row.format(n=n) + "\n" for n in range(number)
        )

    steps(rows(2), tmp_path)  # reads what is read once
    few, many = steps(rows(60), tmp_path), steps(rows(480), tmp_path)
    assert 0 < few < many < 11 * few


@pytest.mark.full
def test_five_thousand_rows_are_all_counted(here, tell):
    rows = "".join(f"Centre {n};{'CS' if n % 2 else 'EVS'};{3001 + n % 100:05}\n" for n in range(5_000))
    here(f"{THREE}\n{rows}\n")
    arguments = ["communes", "allier", "--structures", "liste.csv", "--rule", "implantation", "--json"]
    exit_code, out, err = tell(*arguments)
    assert exit_code == 0, err
    assert sum(row["nb_cs"] + row["nb_evs"] for row in json.loads(out)["communes"]) == 5_000


limited = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a shell that limits memory")


@pytest.mark.full
@limited
@pytest.mark.parametrize(
    "stray",
    [
        pytest.param((1_048_575, 16_383)),
        (1, 16_383),
    ],
    ids=["last corner", "last column"],
)
def test_a_stray_cell_far_away_does_not_abort_the_program(tmp_path, stray):
    (tmp_path / "liste.xlsx").write_bytes(workbook(*SHEET, (*stray, " ")))
    command = [sys.executable, "-m", "avs_coverage", "structures", "allier", "--structures", "liste.xlsx"]
    result = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -v 12000000; exec {shlex.join(command)}"],
        cwd=tmp_path,
        env={**os.environ, **SPEAKS_UTF8, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert result.returncode in (0, 3), result.stderr.decode(errors="replace")[:500]
    assert b"Traceback" not in result.stderr
