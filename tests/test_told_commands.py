"""The commands that a report tells its reader to type: with what else, where the territory is not all."""

from __future__ import annotations

from datetime import date

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.report_page import report_document
from avs_coverage.reports.told_commands import told_command
from avs_coverage.study import Files

SAME = ", avec les mêmes options"


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    path = tmp_path_factory.mktemp("liste") / "liste.csv"
    path.write_text("nom;type;code_insee\nParc;CS;03185\n", encoding="utf-8")
    return Files(structures=path)


def said(report):
    return [block.text for part in report_document(report).sections for block in part.blocks
            if hasattr(block, "text") and "avs-coverage " in block.text]  # fmt: skip


def test_the_embedded_inventory_needs_nothing_else(allier):
    assert told_command(allier, "zones", "--csv zones.csv") == "avs-coverage zones 03 --csv zones.csv"
    texts = said(allier)
    assert any(text.endswith("avs-coverage zones 03 --csv zones.csv") for text in texts)
    assert any(text.endswith("avs-coverage audit 03") for text in texts)


def test_a_list_of_the_user_goes_with_every_command_of_the_report(lists):
    report = build_report(find_territory_name("allier"), on=date(2022, 12, 31), files=lists)
    texts = said(report)
    assert any(text.endswith(f"avs-coverage zones 03 --csv zones.csv{SAME}") for text in texts)
    assert any(text.endswith("avs-coverage audit 03, avec les mêmes fichiers") for text in texts)


def test_an_option_that_is_known_is_written():
    report = build_report(find_territory_name("allier"), include_unconfirmed=True)
    assert told_command(report, "audit") == "avs-coverage audit 03 --include-unconfirmed"


@pytest.mark.parametrize(
    ("options", "zones", "audit", "history"),
    [
        ({"rule": "implantation"}, True, False, True),
        ({"rule": ("declared", "implantation")}, True, False, True),
        ({"on": date(2020, 1, 1)}, True, False, False),
        ({}, False, False, False),
    ],
)
def test_what_a_command_does_not_take_is_not_asked_again(options, zones, audit, history):
    report = build_report(find_territory_name("allier"), **options)
    assert [told_command(report, name).endswith(SAME) for name in ("zones", "audit", "history")] == [
        zones, audit, history
    ]  # fmt: skip
