"""Fixtures shared by the tests: the report of Allier, and the command line, in this process or in its own."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.commands import main_program
from avs_coverage.commands.streams import prepare_streams
from tests.fetching import helpers as fetching

# No test is timed: the machines are shared. The same examples each run: a failure is there for everyone.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

# A sixth of the time of the tests goes to garbage collection at Python's own threshold.
gc.set_threshold(100_000)

ROOT = Path(__file__).parent.parent
# For a process of avs-coverage or of its tests whose encoding is not what is tested.
SPEAKS_UTF8 = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
Run = Callable[..., subprocess.CompletedProcess[bytes]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what a worker of pytest-xdist has counted to the process that ends the run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["counts"] = fetching.counted_here()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if "counts" in getattr(node, "workeroutput", {}):  # a worker that died has none
        fetching.add(node.workeroutput["counts"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in fetching.counts():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def allier() -> Report:
    return build_report(find_territory_name("allier"))


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Run avs-coverage in a process of its own, in an empty folder; *given* comes on its standard input."""

    def _process(
        *arguments: str, given: bytes | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
        return subprocess.run(
            [sys.executable, "-m", "avs_coverage", *arguments],
            input=given,
            capture_output=True,
            cwd=tmp_path,
            env={**env, **SPEAKS_UTF8, **environment},
            timeout=120,
            check=False,
        )

    return _process


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run avs-coverage in this process, in an empty folder, where the process is not what is tested.

    To start a process and import pandas takes longer than most commands.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def _run(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="") for _ in range(2)]
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            prepare_streams()
            code = main_program(arguments)
        for stream in streams:
            stream.flush()
        return subprocess.CompletedProcess(arguments, code, *(stream.buffer.getvalue() for stream in streams))

    return _run
