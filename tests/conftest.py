"""Fixtures shared by the tests: the report of Allier, and the command line as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from avs_coverage import Report, build_report, find_territory_name

# No test is timed: the machines are shared. The same examples each run: a failure is there for everyone.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).parent.parent
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="session")
def allier() -> Report:
    return build_report(find_territory_name("allier"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run avs-coverage in a process of its own, in an empty folder."""

    def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PYTHONIOENCODING", "COLUMNS")}
        return subprocess.run(
            [sys.executable, "-m", "avs_coverage", *arguments],
            capture_output=True,
            cwd=tmp_path,
            env={**env, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment},
            timeout=120,
            check=False,
        )

    return _run
