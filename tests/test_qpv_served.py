"""Whether a QPV is served: by what is declared or printed, never by a distance."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from avs_coverage import completeness
from avs_coverage.build import build_report
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.qpv import qpv_coverage
from avs_coverage.territory import Territory

DAY = date(2026, 1, 1)
SERVED, OTHER = "QN00304M", "QN00303M"


def inventory(*structures):
    return Inventory(structures, frozenset(["03"]), "essai", "essai")


def statuses(*structures, day=DAY):
    views = qpv_coverage(Territory.find("03"), inventory(*structures), day)
    return {view.qpv.code: view.status for view in views}


CS = Structure("a", "A", "CS", seat="03185", qpv=(SERVED,))
EVS = Structure("b", "B", "EVS", seat="03185")


@pytest.fixture
def published(monkeypatch):
    """Publish one CS and one EVS, whatever the year."""
    figure = SimpleNamespace(value=1, source="essai")
    monkeypatch.setattr(completeness, "published_number", lambda territory, kind, year: figure)


def test_nothing_declared_is_not_known_to_be_none_in_a_list_of_unknown_completeness():
    found = statuses(CS, EVS)
    assert found[SERVED] == "avec_structure"
    assert {status for code, status in found.items() if code != SERVED} == {"non_renseigne"}


def test_nothing_declared_in_a_whole_list_is_without_a_structure(published):
    assert statuses(CS, EVS)[OTHER] == "sans_structure"
    assert statuses(CS)[OTHER] == "non_renseigne"  # an EVS is missing
    assert statuses(CS, replace(EVS, status="a_confirmer"))[OTHER] == "non_renseigne"
    # A whole list that says of no quarter who serves it says nothing of any.
    assert set(statuses(replace(CS, qpv=()), EVS).values()) == {"non_renseigne"}
    # Of the other generation: nothing is carried over from one to the next.
    assert set(statuses(replace(CS, qpv=("QP003004",)), EVS).values()) == {"non_renseigne"}


def test_what_the_schema_prints_is_enough():
    found = statuses(CS, EVS, day=date(2022, 12, 31))
    assert found["QP003003"] == "sans_structure"  # « Pas de structure »
    assert found["QP003004"] == "non_renseigne"


def test_a_structure_inside_does_not_make_a_quarter_served(run, tmp_path):
    text = "id;nom;type;code_insee;longitude;latitude\nun;Un;CS;03185;2.6000;46.3400\n"
    (tmp_path / "liste.csv").write_text(text, encoding="utf-8")
    command = (
        "qpv",
        "allier",
        "--date",
        "2026",
        "--structures",
        "liste.csv",
        "--distance",
        "50000",
        "--json",
    )
    rows = {row["code_qpv"]: row for row in json.loads(run(*command).stdout)["qpv"]}
    assert rows[SERVED]["structure_a_proximite"] in ("dans_le_perimetre", "a_proximite")
    assert rows[SERVED]["desservi"] == "non_renseigne"
    assert rows[SERVED]["structures"] == []


def test_a_published_table_is_compared_with_what_is_declared_alone(monkeypatch):
    from avs_coverage.published import measure
    from avs_coverage.territory_names import find_territory_name

    report = build_report(find_territory_name("03"))
    before = measure(report.coverage, report.completeness, report.qpv_summary)

    def fail(*asked):
        raise AssertionError("the comparison looked at distances")

    monkeypatch.setattr("avs_coverage.report.locate", fail)
    again = build_report(find_territory_name("03"))
    assert measure(again.coverage, again.completeness, again.qpv_summary) == before
    assert again.comparisons
