"""The faults served are counted at the end of a run, by what was served in it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import SPEAKS_UTF8
from tests.fetching import helpers
from tests.fetching.helpers import ROOT, cut_chunk, status


def end_of_run(tmp_path, *words):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-m",
        "",
        f"--basetemp={tmp_path / 'run'}",
        *words,
    ]
    env = {**os.environ, **SPEAKS_UTF8}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


@pytest.mark.full
def test_a_run_ends_with_what_it_served(tmp_path):
    told = end_of_run(tmp_path, "tests/fetching/test_services.py", "-k", "test_odd_answers")
    # A 503 and a rest that was not asked for are tried four times, the two others once.
    assert "\nfautes servies : 10 réponses fautives de 4 sortes, aucun cache abîmé\n" in told


@pytest.mark.full
def test_a_run_that_served_no_fault_says_nothing(tmp_path):
    told = end_of_run(tmp_path, "tests/fetching/test_layers.py", "-k", "test_offline")
    assert "fautes servies" not in told


def test_the_same_fault_is_one_kind():
    assert helpers.kind_of(status(503)) == helpers.kind_of(status(503))
    assert helpers.kind_of(cut_chunk) == helpers.kind_of(cut_chunk)
    others = [status(503), status(500), status(503, b""), status(503, Retry_After="1"), cut_chunk]
    assert len(set(map(helpers.kind_of, others))) == len(others)


def test_a_damaged_cache_is_counted(run, stand, tmp_path, monkeypatch):
    monkeypatch.setattr(helpers, "DAMAGED", [])
    assert helpers.fetch(run, stand, "populations", "allier").returncode == 0
    helpers.look_at_cache(tmp_path / "cache")
    (path,) = (tmp_path / "cache").glob("*.csv")
    path.write_text("x", encoding="utf-8")
    with pytest.raises(helpers.AvsError):
        helpers.look_at_cache(tmp_path / "cache")
    monkeypatch.setattr(helpers, "SERVED", helpers.Counter({("a", 1): 2, ("b", 1): 1}))
    monkeypatch.setattr(helpers, "COUNTS", [])
    assert helpers.counts() == ["fautes servies : 3 réponses fautives de 2 sortes, 1 cache abîmé"]
