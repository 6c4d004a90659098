"""Streams that the caller closed: the documented exit code, no trace, and no file in their place."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import SPEAKS_UTF8
from tests.tiers import every_day

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell closes streams by >&- elsewhere")

COMMAND = f'"{sys.executable}" -m avs_coverage'
PLACE = "200071082"


@pytest.fixture
def closed(tmp_path):
    """Run a line of a shell in an empty folder, and return what came of it."""

    def _closed(line):
        return subprocess.run(
            ["/bin/sh", "-c", line],
            capture_output=True, cwd=tmp_path, env={**os.environ, **SPEAKS_UTF8}, timeout=120, check=False,
        )  # fmt: skip

    return _closed


@pytest.mark.parametrize(
    ("words", "code"),
    every_day(
        [
            (f"report {PLACE}", 5),  # a result that cannot be written
            (f"communes {PLACE} --json", 5),
            ("--version", 5),
            ("--help", 5),
            ("report nulle-part --json", 4),  # what came before is what is said
            (f"communes {PLACE} --csv c.csv", 0),  # nothing of the result is lost
            (f"export {PLACE} -o x --format csv", 0),
        ]
    ),
)
def test_a_closed_output(closed, tmp_path, words, code):
    done = closed(f"{COMMAND} {words} >&-")
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"AVS-100" not in done.stderr
    assert (b"AVS-505" in done.stderr) == (code == 5)
    assert (b"elle est ferm" in done.stderr) == (code == 5)
    if "-o" in words:
        assert (tmp_path / "x" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    every_day([(f"report {PLACE}", 0), ("check absent.csv", 3), ("report nulle-part", 4), ("--regle", 2)]),
)
@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full"])
def test_an_error_output_that_takes_nothing_changes_no_exit_code(closed, words, code, to):
    done = closed(f"{COMMAND} {words} {to}")
    assert (done.returncode, done.stderr) == (code, b"")
    assert bool(done.stdout) == (words.partition(" ")[0] in ("report", "check") and "nulle-part" not in words)


def test_all_closed(closed):
    assert closed(f"{COMMAND} report {PLACE} <&- >&- 2>&-").returncode == 5
    assert closed(f"{COMMAND} report {PLACE} --structures /dev/stdin <&-").returncode == 3
    done = closed(f"{COMMAND} report {PLACE} <&-")
    assert (done.returncode, b"Montlu" in done.stdout) == (0, True)


def test_a_full_disk_behind_the_help_is_said(closed):
    done = closed(f"{COMMAND} --version >/dev/full")
    assert (done.returncode, b"AVS-505" in done.stderr) == (5, True)


def test_no_file_gets_the_number_of_a_closed_stream(closed, tmp_path):
    """What a library in C says on stdout or stderr would go into it."""
    program = (
        "import sys; from avs_coverage.commands.streams import open_closed_streams; open_closed_streams(); "
        "file = open('f.txt', 'w'); file.write(str(file.fileno()))"
    )
    for line in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        closed(f'"{sys.executable}" -c "{program}" {line}')
        assert int((tmp_path / "f.txt").read_text(encoding="utf-8")) > 2
