"""What is passed while one works, in CI and before a submission: each module is in the first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT, SPEAKS_UTF8

NEVER = {"tests/test_html_browser.py", "tests/test_kills.py", "tests/test_tiers.py"}
"""Modules of which every test wants a browser, kills processes in number, or collects all tests."""


@pytest.mark.full
def test_each_module_has_a_test_of_every_day():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=300, env=SPEAKS_UTF8)
    collected = {line.partition("::")[0] for line in done.stdout.decode().splitlines() if "::" in line}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert modules - collected == NEVER
    assert collected <= modules
