"""The figures of Allier on 31 December 2022, as the published sources let them be known."""

from __future__ import annotations

from datetime import date

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.gaps import GAP
from avs_coverage.qpv import WITHOUT_STRUCTURE


def figure(report, measure, status):
    return next(f for f in report.figures if (f.measure, f.status) == (measure, status))


def test_the_inventory_knows_10_cs_of_20_and_8_evs_of_12(allier):
    cs, evs = allier.completeness
    assert (cs.identified, cs.published, cs.with_seat, cs.unconfirmed, cs.missing) == (10, 20, 8, 4, 10)
    assert (evs.identified, evs.published, evs.named, evs.missing) == (8, 12, 5, 4)
    assert [s.id for s in cs.unlocated] == ["03-CS-05", "03-CS-06"]
    assert allier.coverage.inventory.rows_read == len(allier.coverage.inventory) == 22


def test_cs_are_certain_in_8_communes_and_structures_of_any_kind_in_15(allier):
    assert figure(allier, "communes", "cs").numerator == 8
    assert figure(allier, "communes", "avs").numerator == 15
    covered = allier.coverage.communes["statut"] != "aucune"
    # Seats: Avermes, Bourbon, Cérilly, Château-sur-Allier, Chevagnes, Cosne, Cusset, Dompierre,
    # Le Donjon, Marcillat, Montluçon, Vichy; published as covered by an EVS: Commentry, Diou, Lapalisse.
    assert set(covered.index[covered]) == set(
        [
            "03013",
            "03036",
            "03048",
            "03064",
            "03074",
            "03084",
            "03095",
            "03102",
            "03103",
            "03161",
            "03185",
            "03310",
            "03082",
            "03100",
            "03138",
        ]
    )


def test_brackets_add_up_and_hold_the_figures(allier):
    for measure, total in (("communes", 317), ("habitants", 333_298), ("km2", 7379.377)):
        avs, none = figure(allier, measure, "avs"), figure(allier, measure, "aucune")
        assert avs.numerator + none.numerator == pytest.approx(total, abs=0.001)
        assert avs.lower + none.upper == pytest.approx(total, abs=0.001)
        assert avs.upper + none.lower == pytest.approx(total, abs=0.001)
    for f in allier.figures:
        assert f.lower <= f.numerator <= f.upper


def test_the_majorant_is_the_epci_of_the_known_seats(allier):
    # Montluçon 21, Moulins 42, Vichy 39, Entr'Allier 44 and Bocage 25 have a CS; Tronçais 15,
    # Commentry 33 and Lapalisse 14 have but EVS.
    assert figure(allier, "communes", "cs").upper == 21 + 42 + 39 + 44 + 25
    assert figure(allier, "communes", "avs").upper == 21 + 42 + 39 + 44 + 25 + 15 + 33 + 14


def test_implantation_never_counts_a_commune_covered_by_an_unnamed_evs():
    report = build_report(find_territory_name("03"), rule="implantation")
    assert figure(report, "communes", "avs").numerator == 12
    assert report.coverage.communes.at["03082", "statut"] == "aucune"  # Commentry
    # The bracket is closed but for La Passerelle, whose seat at Cusset is deduced.
    assert {f.status for f in report.figures if not f.is_closed} == {"cs", "evs_seul"}
    assert (figure(report, "communes", "cs").lower, figure(report, "communes", "cs").numerator) == (7, 8)
    assert "5 structures identifiées non localisées" in report.outside_bracket


def test_the_five_communes_that_the_schema_calls_evs_only(allier):
    said = {row.name: (row.status, row.status_upper) for row in allier.published_statuses}
    assert said == {
        "Commentry": ("evs_seul", "evs_seul"),
        "Cosne-d'Allier": ("evs_seul", "evs_seul"),
        "Lapalisse": ("evs_seul", "evs_seul"),
        # A CS at Le Donjon, in the same EPCI, may serve them: shown, not used.
        "Diou": ("evs_seul", "cs_et_evs"),
        "Dompierre-sur-Besbre": ("evs_seul", "cs_et_evs"),
    }


def test_six_official_qpv_reconciled_with_the_seven_printed_lines(allier):
    assert len(allier.qpv) == 6
    assert [view.qpv.name for view in allier.qpv if view.status == WITHOUT_STRUCTURE] == ["Moulins-Sud"]
    assert len(allier.qpv_lines) == 7
    assert sum(line.without_structure for line in allier.qpv_lines) == 2
    assert [line.name for line in allier.qpv_lines if not line.code] == ["Vichy (Centre)"]
    for view in allier.qpv:
        assert view.published is not None
        assert view.published.without_structure == (view.status == WITHOUT_STRUCTURE)


def test_inhabitants_of_the_quarters_with_a_structure(allier):
    summary = allier.qpv_summary
    # 3,706 + 1,706 + 2,648 + 1,174 + 621; Moulins-Sud, 3,607, has none.
    assert (summary.covered, summary.total) == (9_855, 13_462)


def test_counts_at_each_year_end_stand_beside_the_published_ones(allier):
    rows = [(y.year, y.cs, y.evs, y.published_cs, y.published_evs) for y in allier.years]
    assert rows == [
        (2019, 9, 4, 19, 8),
        (2020, 9, 5, 19, 9),
        (2021, 9, 6, 19, 10),
        (2022, 10, 8, 20, 12),
    ]


def test_zones_blanches_are_the_epci_without_any_known_structure(allier):
    gaps = [zone for zone in allier.zones if zone.kind == GAP]
    # Val de Cher (7) and Pays d'Huriel (14) touch, so they are one zone.
    assert [(zone.communes[0][1], len(zone.communes)) for zone in gaps] == [
        ("Gannat", 60),
        ("Huriel", 21),
        ("Molinet", 3),
    ]
    assert gaps[0].unconfirmed == ("03-CS-12",)  # a CS at Ébreuil, to be confirmed
    listed = [code for zone in allier.zones for code, _ in zone.communes]
    assert len(listed) == len(set(listed)) == figure(allier, "communes", "aucune").numerator


def test_counting_the_structures_to_be_confirmed_adds_four_communes():
    report = build_report(find_territory_name("03"), include_unconfirmed=True)
    assert figure(report, "communes", "cs").numerator == 12
    # They are not among the published ones for all that: 10 of 20 remain identified.
    assert (report.completeness[0].identified, report.completeness[0].unconfirmed) == (10, 4)


def test_published_figures_stand_beside_computed_ones_only_where_the_years_agree(allier):
    rows = {row.figure.code: row for row in allier.comparisons}
    share = rows["pct_communes_cs"]
    assert share.figure.value == 69
    assert share.computed == pytest.approx(100 * 8 / 317)
    assert share.made_of == (8, 317)
    assert rows["pct_communes_sans_cs"].made_of == (309, 317)
    assert rows["pct_communes_avs"].made_of == (15, 317)
    assert rows["nb_cs"].made_of is None
    assert (rows["nb_cs"].computed, rows["nb_cs"].upper) == (10, None)
    assert rows["nb_cs_acf"].computed == 6
    assert rows["nb_qpv"].computed is None  # published for 2015
    assert rows["nb_qpv_lignes"].computed is None  # it would be read from the same table
    assert rows["nb_qpv"].reason == "autre année que celle du rapport"
    later = build_report(find_territory_name("03"), on=allier.coverage.on.replace(year=2023))
    assert {row.computed for row in later.comparisons} == {None}
    assert later.completeness[0].published is None
    assert any("31/12/2022" in text for text in later.warnings)


_DECLARED = ("pct_communes_cs", "pct_communes_sans_cs", "nb_communes_evs_seul", "pct_communes_avs")


@pytest.mark.parametrize("rule", ["radius:5km", "travel-time:15min", "implantation"])
def test_what_a_schema_prints_of_declared_zones_is_compared_with_nothing_else(rule):
    report = build_report(find_territory_name("03"), rule)
    rows = {row.figure.code: row for row in report.comparisons}
    for code in _DECLARED:
        row = rows[code].to_record()
        assert (row["valeur_calculee"], row["minorant"], row["majorant"], row["calcule_sur"]) == (None,) * 4
        assert row["motif"] == "autre définition : zone d'intervention déclarée"
        assert row["regle"] == "declared"
    assert rows["nb_cs"].computed == 10  # no rule moves it
    for one in report.published_statuses:
        assert (one.status, one.status_upper, one.structures) == ("", "", ())
        assert one.reason == "autre définition : zone d'intervention déclarée"


@pytest.mark.parametrize("rules", [("radius:5km", "declared"), ("declared", "radius:5km", "implantation")])
def test_each_published_figure_goes_to_the_rule_of_its_definition(allier, rules):
    report = build_report(find_territory_name("03"), rules)
    assert {row.figure: row for row in report.comparisons} == {row.figure: row for row in allier.comparisons}
    assert report.published_statuses == allier.published_statuses


def test_in_2024_the_quarters_are_those_of_the_new_generation_and_nothing_is_transposed():
    report = build_report(find_territory_name("03"), on=date(2024, 1, 1))
    assert [view.qpv.code for view in report.qpv] == [
        "QN00301M", "QN00302I", "QN00303M", "QN00304M", "QN00305M", "QN00306M",
    ]  # fmt: skip
    assert {view.status for view in report.qpv} == {"non_renseigne"}
    assert report.qpv_summary.total == 13_066
    assert report.qpv_summary.covered is None  # the list says of none of them who serves it
    assert report.qpv_lines == ()
