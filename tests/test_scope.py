"""What is said of a territory that an inventory covers in part, or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from avs_coverage import Files, build_report, find_territory_name
from avs_coverage.reports.document import Paragraph
from avs_coverage.reports.inventory_section import inventory_or_help


def report_of(name: str, **more):
    return build_report(find_territory_name(name), **more)


def sentences(report):
    return [block.text for block in inventory_or_help(report).blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("name", ["CC du Pays d'Huriel", "200071140", "region:84", "france"])
def test_the_number_of_unidentified_structures_follows_the_inventory(name):
    assert "10 CS et 4 EVS publiés mais non identifiés (Allier)" in report_of(name).outside_bracket


def test_at_a_year_without_a_published_figure_their_number_is_unknown():
    later = report_of("allier", on=date(2024, 6, 1))
    assert "en nombre inconnu à cette date" in later.outside_bracket


def test_national_figures_are_not_set_against_the_inventory_of_one_departement():
    report = report_of("france", on=date(2020, 12, 31))
    assert report.completeness[0].published is None
    seats = report_of("france", on=date(2012, 12, 31), rule="implantation")
    assert {row.computed for row in seats.comparisons if row.figure.unit in ("CS", "EVS", "%")} == {None}


def test_inhabitants_of_quarters_are_counted_only_where_an_inventory_stands():
    for name in ("france", "region:84", "allier"):
        summary = report_of(name).qpv_summary
        assert (summary.covered, summary.total) == (9_855, 13_462), name
    assert report_of("lozere").qpv_summary.total is None


def test_agreements_are_those_of_the_territory():
    cs = report_of("200071140").completeness[0]  # Moulins Communauté: Avermes and Chevagnes
    assert (cs.identified, cs.acf) == (2, (1, 1))


def test_a_figure_of_another_rule_is_not_compared():
    rows = {row.figure.code: row for row in report_of("allier", rule="implantation").comparisons}
    assert rows["pct_communes_cs"].computed is None
    assert rows["pct_communes_cs"].reason == "autre définition : zone d'intervention déclarée"


def test_structures_closed_or_seated_elsewhere_are_named(tmp_path: Path):
    path = tmp_path / "liste.csv"
    path.write_text(
        "id;nom;type;code_insee;agrement_debut;agrement_fin;communes_desservies\n"
        "a;Future;CS;03185;2030;;\n"
        "b;Close;CS;03185;2000;2010;\n"
        "c;Voisine;EVS;63001;;;63001,03310\n"
        "d;Lointaine;CS;63113;;;\n",
        encoding="utf-8",
    )
    report = report_of("allier", files=Files(path))
    found = {reason: [s.id for s in group] for reason, group in report.uncounted.items()}
    assert found == {"fermees": ["a", "b"], "ailleurs": ["d"], "voisines": ["c"]}
    text = " ".join(sentences(report))
    assert all(name in text for name in ("Future", "Close", "Voisine", "Lointaine"))
    assert report.coverage.communes.at["03310", "statut"] == "evs_seul"


@pytest.mark.parametrize("command", ["communes", "zones", "qpv", "structures"])
def test_a_listing_without_an_inventory_says_so_on_screen_and_beside_a_file(run, command):
    text = run(command, "lozere").stdout.decode()
    beside = run(command, "lozere", "--csv", "a.csv").stderr.decode()
    assert "non connu" in text or "Aucune structure n'est connue" in text or "non renseigné" in text
    assert "aucun inventaire pour ce territoire" in beside


def test_uncovered_communes_of_a_region_come_with_what_is_not_known(run):
    text = run("communes", "region:84", "--uncovered").stdout.decode()
    assert "Aucun inventaire pour 11 départements" in text
    assert "302 communes" in text
