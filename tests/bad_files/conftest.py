"""Fixtures of the tests of bad files."""

from __future__ import annotations

import csv
import io

import pytest

from avs_coverage.commands import main_program
from tests.bad_files.helpers import (
    COLUMNS,
    WEIRD,
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, the current one, and a function that writes a file in it."""
    monkeypatch.chdir(tmp_path)

    def _write(content, name="liste.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return _write


@pytest.fixture
def tell(capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def _tell(*arguments):
        code = main_program(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _tell


@pytest.fixture
def weird(here):
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([COLUMNS, *WEIRD])
    return here(stream.getvalue())
