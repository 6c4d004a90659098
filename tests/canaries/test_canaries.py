"""Nothing received leads out: no request, no text of another file, no file written, no hang."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial

import pytest

from tests.canaries.cases import ROLES, every_case, few_cases
from tests.canaries.trial import MEGABYTES, SECONDS, cage, canary_trial
from tools.fuzz.lines import _commands
from tools.fuzz.pool import run_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and bounds of POSIX")


def check(cases, folder):
    codes: Counter[int] = Counter()
    findings = {}
    with cage(folder) as (world, connections):
        task = partial(canary_trial, world, cases)
        for outcome, _ in run_all(task, range(len(cases)), 2, SECONDS, MEGABYTES):
            codes.update(outcome.verdict.codes)
            label = cases[outcome.number].label
            for name, detail in outcome.verdict.findings.items():
                findings[name if name.startswith(label) else f"{label} : {name}"] = detail[-400:]
            if connections:
                findings[f"{label}, ou le cas d'à côté : requête"] = repr(connections)
                connections.clear()
    said = ", ".join(f"{code} : {count}" for code, count in sorted(codes.items()))
    requests = sum("requête" in name for name in findings)
    print(f"\ncanaris : {len(cases)} cas, {requests} requête, {len(findings)} trouvaille (codes — {said})")
    assert not findings, "\n".join(f"{name}\n    {detail}" for name, detail in sorted(findings.items()))
    assert codes[3] > len(cases) / 3


@pytest.mark.full
def test_some_of_each_kind_lead_nowhere(tmp_path):
    check(few_cases(), tmp_path)


@pytest.mark.outside
def test_every_content_at_every_door_leads_nowhere(tmp_path):
    check(every_case(), tmp_path)


def test_every_option_that_takes_a_file_has_its_canary():
    read = {
        max(param.opts, key=len)
        for params in _commands().values()
        for param in params
        if any(word in (param.metavar or "") for word in ("FICHIER", "GROUPE", "COLONNES"))
    }
    assert read - {"--csv", "--output"} <= ROLES.keys() | {"file"}


def test_a_request_a_text_from_outside_and_a_written_file_are_found(tmp_path, monkeypatch):
    """The canaries sing: a program that leads out is caught in each way."""
    case = few_cases()[0]

    def leads_out(words):
        import urllib.request

        print((world.outside / "canari.csv").read_text(encoding="utf-8"))
        (world.cage / "x").write_text("x", encoding="utf-8")
        urllib.request.urlopen(f"{world.url}/x").close()
        return 0

    (tmp_path / "essai").mkdir()
    with cage(tmp_path) as (world, connections):
        monkeypatch.setattr("avs_coverage.commands.main_program", leads_out)
        monkeypatch.setenv("AVS_COVERAGE_OFFLINE", "1")
        monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path))
        found = canary_trial(world, [case], 0, tmp_path / "essai").findings
        assert {name.removeprefix(case.label) for name in found} == {" : le canari sort", " : écrit"}
        assert b"GET /x HTTP/1.1" in connections
