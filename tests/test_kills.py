"""Two hundred real processes killed while they export: old files or new ones, never half of one."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from avs_coverage.commands import main_program
from avs_coverage.manifest import FILE_NAME
from avs_coverage.reports.output import STAGING_PREFIX
from tests.test_faults import NEW, OLD, contents, staging_of, wait_for

KILLS, SEED, AT_ONCE = 200, 20260727, 2
RENAMING_S = 0.003
MIXED = "while replacing, some files old, some new"
MANIFEST = f"x/{FILE_NAME}"
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.test_kills", "geopandas", "pyogrio", "xlsxwriter"])


def _run_command(folder: Path, arguments: tuple[str, ...], renaming_s: float) -> None:
    """Be, in a process whose imports are made, what the command line is; each renaming lasts *renaming_s*."""
    os.chdir(folder)
    os.dup2(os.open(f"{folder}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
    real = Path.replace

    def replace(self, target):
        time.sleep(renaming_s)
        return real(self, target)

    Path.replace = replace
    code = main_program(arguments)
    sys.stderr.flush()
    Path(f"{folder}.code").write_text(str(code), encoding="ascii")
    os._exit(code)


def run_aside(folder: Path, *arguments: str, renaming_s: float = 0) -> multiprocessing.Process:
    process = FORK.Process(target=_run_command, args=(folder, arguments, renaming_s))
    process.start()
    return process


def ended(folder: Path, process: multiprocessing.Process) -> int | None:
    """Wait for a process and return its exit code, None where it was killed.

    It leaves the code itself: multiprocessing mixes up those of processes started by several threads.
    """
    process.join()
    process.close()
    code = Path(f"{folder}.code")
    text = code.read_text(encoding="ascii") if code.exists() else ""
    code.unlink(missing_ok=True)
    return int(text) if text else None  # empty: killed even as it left it


@dataclass(frozen=True)
class Trial:
    """A command over a good earlier result: the *old* files, and the *new* ones that it would make."""

    arguments: tuple[str, ...]
    old: dict[str, bytes | None]
    new: dict[str, bytes | None]
    seconds: tuple[float, float]
    """How long the command makes files, and how long it then puts them in place."""

    def begin(self, folder: Path) -> None:
        """Put the old files into an empty folder."""
        for name, content in self.old.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                (folder / name).write_bytes(content)


def watched(folder: Path) -> Path:
    return folder / "x" if (folder / "x").is_dir() else folder


def prepare(folder: Path, *arguments: str) -> Trial:
    """Make the old and the new result of a command, and measure how long it writes."""
    folder.mkdir()
    assert ended(folder, run_aside(folder, *arguments, *OLD)) == 0
    old = contents(folder)
    running = run_aside(folder, *arguments, *NEW, "--force", renaming_s=RENAMING_S)
    moments = []
    for count in (1, 2):
        assert wait_for(watched(folder), count, running.is_alive)
        moments.append(time.perf_counter())
    while staging_of(watched(folder)):
        time.sleep(0.0002)
    moments.append(time.perf_counter())
    assert ended(folder, running) == 0
    new = contents(folder)
    assert old.keys() == new.keys()
    same = [name for name, content in new.items() if content is not None and old[name] == content]
    assert len(same) <= len(new) // 3, same
    return Trial(arguments, old, new, (moments[1] - moments[0], moments[2] - moments[1]))


def kill_once(trial: Trial, folder: Path, chance: random.Random) -> str:
    """Kill the command of a trial at a random moment, check every file; say when it died.

    The command is run again where it died replacing files, and one time in ten otherwise.
    """
    folder.mkdir()
    trial.begin(folder)
    running = run_aside(folder, *trial.arguments, *NEW, "--force", renaming_s=RENAMING_S)
    (phase,) = chance.choices(("any", 1, 2), (10, 40, 50))
    if phase == "any":
        time.sleep(chance.uniform(0, 0.5))
    else:
        wait_for(watched(folder), phase, running.is_alive)
        time.sleep(chance.uniform(0, trial.seconds[phase - 1]))
    running.kill()
    code = ended(folder, running)

    left = contents(folder)
    found = {name: content for name, content in left.items() if STAGING_PREFIX not in name}
    for name in trial.old.keys() | found.keys():
        if name not in found:  # the one thing that may be missing: what would vouch for files of two exports
            assert name == MANIFEST, (trial.arguments, name)
            continue
        assert found[name] in (trial.old[name], trial.new[name]), (trial.arguments, name)
    if MANIFEST in found:
        for one in json.loads(found[MANIFEST])["sorties"]:
            content = found[f"x/{one['fichier']}"]
            assert hashlib.sha256(content).hexdigest() == one["sha256"], (trial.arguments, one["fichier"])

    moment = _moment(trial, left, found, code)
    if moment == MIXED or chance.random() < 0.1:
        assert ended(folder, run_aside(folder, *trial.arguments, *NEW, "--force")) == 0
        said = Path(f"{folder}.txt").read_text(encoding="utf-8")
        assert {k: v for k, v in contents(folder).items() if STAGING_PREFIX not in k} == trial.new
        told = "un export y a sans doute été interrompu" in said
        assert told == (MANIFEST in trial.old and MANIFEST not in found)
    return moment


def _moment(
    trial: Trial, left: dict[str, bytes | None], found: dict[str, bytes | None], code: int | None
) -> str:
    if code is not None:
        return "ended by itself before"
    staging = sum(Path(name).name.startswith(STAGING_PREFIX) for name in left)
    if not staging:
        return "before it wrote" if found == trial.old else "after it wrote"
    if found not in (trial.old, trial.new):
        return MIXED
    return "while making files" if staging == 1 else "while about to replace, or just after"


@pytest.mark.outside
def test_two_hundred_killed_processes_leave_old_files_or_new_ones(tmp_path):
    """Kill real processes; ``pytest -m outside tests/test_kills.py -s`` prints when they died."""
    epci = "200071082"
    trials = [
        prepare(tmp_path / "a", "export", epci, "-o", "x", "--format", "csv,xlsx,json"),
        prepare(tmp_path / "b", "export", epci, "-o", "x", "--format", "html,gpkg"),
        prepare(tmp_path / "c", "export", epci, "-o", "x", "--format", "geojson,parquet"),
        prepare(tmp_path / "d", "communes", epci, "--csv", "communes.csv"),
    ]

    def kill(number: int) -> str:
        chance = random.Random(SEED + number)
        return kill_once(trials[number % len(trials)], tmp_path / str(number), chance)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        died = Counter(pool.map(kill, range(KILLS)))
    for moment, count in died.most_common():
        print(f"{count:4} {moment}")
    assert sum(died.values()) == KILLS
    writing = ("while making files", "while about to replace, or just after", MIXED)
    assert sum(died[moment] for moment in writing) >= KILLS // 2
    assert died[MIXED] >= KILLS // 20
