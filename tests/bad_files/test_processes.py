"""Bad files through the commands: as real processes."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.bad_files.helpers import (
    GOOD,
    THREE,
    WEIRD,
)


def test_odd_names_are_written_in_ascii(weird, process):
    # A locale that can name any folder, so that the output alone is ASCII.
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"}
    result = process("structures", "allier", "--structures", weird, **ascii_only)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    out = result.stdout.decode("ascii")
    assert all(f"\n{row[0]} " in out for row in WEIRD if row[0].isascii())
    assert b"Traceback" not in result.stderr


def test_a_refusal_is_written_in_ascii_too(here, process):
    result = process(
        "report", "allier", "--structures", here(f"{THREE}\n😀é;É€ß;03185\n"), PYTHONIOENCODING="ascii"
    )
    assert result.returncode == 3
    assert b'le type " E?' in result.stderr
    assert result.stdout == b""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_a_name_that_is_not_utf8_is_no_obstacle(process, tmp_path):
    name = os.fsdecode(b"liste\xff.csv")
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    result = process("report", "allier", "--structures", name, "--json")
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert json.loads(result.stdout)["inventaire"]["titre"] == "liste?.csv"


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/stdin")
def test_a_list_may_come_through_a_pipe(process):
    result = process("structures", "allier", "--structures", "/dev/stdin", "--json", given=GOOD.encode())
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert [row["nom"] for row in json.loads(result.stdout)["structures"]] == ["A", "B"]
