"""Published figures of real territories, and those of a complete made inventory."""

from __future__ import annotations

import pytest

from avs_coverage import Files, audit_figures, build_report, find_territory_name
from avs_coverage.readings import EITHER, ROUNDED, TRUNCATED
from avs_coverage.territory import Territory
from tests.audit.helpers import audited, codes, own, rows

# --- Allier


def test_69_and_72_percent_of_317_communes_leave_7_to_11_with_only_an_evs_not_5(allier_audit):
    found = next(conflict for conflict in allier_audit.conflicts if conflict.theme == "communes")
    assert codes(found) == [
        ["nb_communes_evs_seul 5", "pct_communes_avs 72", "pct_communes_cs 69"],
        ["nb_communes_evs_seul 5", "pct_communes_avs 72", "pct_communes_sans_cs 31"],
    ]
    accused = found.implied[0]
    assert accused.figure.code == "nb_communes_evs_seul"
    assert accused.ranges == {ROUNDED: (7, 11), TRUNCATED: (8, 12), EITHER: (6, 13)}
    assert [(premise.value, premise.text) for premise in found.premises] == [
        (317, "317 communes au 31/12/2022")
    ]
    made = rows(allier_audit)
    assert made["pct_communes_cs", 2022].readings == {
        ROUNDED: (218, 220), TRUNCATED: (219, 221), EITHER: (218, 221),
    }  # fmt: skip
    assert made["pct_communes_avs", 2022].readings[ROUNDED] == (227, 229)
    assert {row.figure.code for row in allier_audit.failing} == {
        "pct_communes_cs", "pct_communes_sans_cs", "nb_communes_evs_seul", "pct_communes_avs",
        "nb_qpv_lignes",
    }  # fmt: skip


def test_seven_lines_of_qpv_stand_against_six_official_quarters(allier_audit):
    found = next(conflict for conflict in allier_audit.conflicts if conflict.theme == "qpv")
    assert codes(found) == [["nb_qpv_lignes 7"]]
    assert found.premises[0].value == 6
    assert [line.name for line in allier_audit.lines] == ["Vichy (Centre)"]
    assert rows(allier_audit)["nb_qpv", 2015].finding.verdict == "reproduit"


def test_what_allier_s_incomplete_inventory_says_of_each_figure(allier_audit):
    said = {key: (row.arithmetic, row.finding.verdict) for key, row in rows(allier_audit).items()}
    assert said["nb_cs", 2022] == ("coherent", "non_verifiable")
    assert said["pct_cs_acf", 2022] == ("coherent", "non_verifiable")
    assert said["pct_communes_cs", 2022] == ("incoherent", "non_verifiable")  # 69 % is above 171 of 317
    assert said["pct_communes_avs", 2022] == ("incoherent", "compatible")  # 15 to 233 of 317
    assert said["nb_communes_evs_seul", 2022] == ("incoherent", "compatible")
    assert said["nb_cs_annee", 2019] == ("sans_objet", "non_verifiable")
    assert said["hab_qpv", 2022] == ("coherent", "reproduit")
    assert said["nb_cs_acf_avant", 2018] == ("coherent", "non_verifiable")  # 11 and 6 new ones are 17
    assert said["nb_evs_annee", 2020] == ("coherent", "non_verifiable")
    assert said["nb_evs_nouveaux", 2020] == ("coherent", "compatible")
    reasons = {key: row.finding.reason for key, row in rows(allier_audit).items()}
    assert "10 CS publiés non identifiés" in reasons["nb_cs", 2022]
    assert "EVS publiés" not in reasons["pct_communes_cs", 2022]
    assert "10 CS et 4 EVS publiés non identifiés" in reasons["pct_communes_avs", 2022]


def test_in_a_past_year_structures_without_a_date_leave_the_minorant(allier_audit):
    measured = {key: row.finding.measured for key, row in rows(allier_audit).items()}
    # In 2021 two EVS are dated (2020, 2021) and four are not: 2 at least, 6 at most of those known.
    evs = measured["nb_evs_annee", 2021]
    assert (evs.lower, evs.value, evs.upper) == (2, 6, None)
    assert (
        "les structures fermées avant le 31/12/2022"
        in rows(allier_audit)["nb_evs_annee", 2021].finding.reason
    )


def test_the_contrats_de_ville_add_up_to_the_department(allier):
    assert all(f.theme != "habitants_qpv" for f in audit_figures(allier).conflicts)
    (found,) = [
        conflict
        for conflict in audit_figures(allier, [own("hab_qpv", "13461")]).conflicts
        if conflict.theme == "habitants_qpv"
    ]
    # 13 461 stands against 13 462 at once; the three parts and it would make a longer set.
    assert codes(found) == [["hab_qpv 13461", "hab_qpv 13462"]]


def test_the_five_communes_agree_with_an_inventory_drawn_from_the_same_text(allier_audit):
    assert len(allier_audit.communes) == 5
    assert {(one.verdict, one.same_source) for one in allier_audit.communes} == {("compatible", True)}


# --- Seine-et-Marne, Val-de-Marne, Lozère, France


def test_seine_et_marne_s_two_figures_are_set_against_the_population_and_not_refuted():
    made = audited("77")
    assert made.conflicts == ()
    assert not made.fails
    share, count = made.populations
    assert share.inhabitants == (1_020_336, 1_027_676, 1_042_356)  # 69.5 % to 71 %: rounded or truncated
    assert (count.population, round(count.share, 3)) == (1_468_108, 0.599)
    (both,) = made.shared
    assert both.population == (1_236_620, 1_255_714, 1_264_748)
    assert both.structures == (67, 68)
    verdicts = {key: row.finding.verdict for key, row in rows(made).items()}
    assert verdicts.pop(("hab_qpv", 2022)) == "reproduit"
    assert set(verdicts.values()) == {"non_verifiable"}


@pytest.mark.parametrize(
    ("territory", "code", "year", "value"),
    [("94", "nb_qpv", 2015, 42), ("94", "hab_qpv", 2022, 143_416), ("48", "nb_qpv", 2024, 1)],
)
def test_figures_of_quarters_are_reproduced_by_the_official_lists(territory, code, year, value):
    row = rows(audited(territory))[code, year]
    assert (row.finding.verdict, row.finding.measured.value) == ("reproduit", value)


def test_five_percent_of_the_communes_of_2012_is_within_reach_of_2927_structures():
    made = audited("france")
    row = rows(made)["pct_communes_avec_structure", 2012]
    assert (row.total, row.readings[ROUNDED], row.possible) == (36_700, (1_652, 2_018), (0, 2_927))
    assert row.arithmetic == "coherent"
    assert made.conflicts == ()
    assert rows(made)["nb_qpv", 2024].finding.verdict == "reproduit"  # 1 362 in metropolitan France
    assert rows(made)["nb_cs", 2024].arithmetic == "sans_objet"


# --- a made inventory, complete


@pytest.fixture(scope="module")
def complete_list(tmp_path_factory):
    """20 CS over 219 communes of Allier, 12 EVS over 9 others: open since 2015."""
    codes = sorted(Territory.find("allier").communes.index)
    areas = [("CS", codes[rank:219:20]) for rank in range(20)]
    areas += [("EVS", codes[219 + rank % 9 : 220 + rank % 9]) for rank in range(12)]
    lines = ["nom;type;code_insee;agrement_debut;communes_desservies"]
    lines += [
        f"Structure {rank};{kind};{area[0]};2015;{'|'.join(area)}" for rank, (kind, area) in enumerate(areas)
    ]
    path = tmp_path_factory.mktemp("complet") / "structures.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Files(structures=path)


@pytest.fixture(scope="module")
def complete_report(complete_list):
    return build_report(find_territory_name("allier"), files=complete_list)


@pytest.mark.full
@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (own("pct_communes_cs", "69"), "reproduit"),  # 219 of 317 is 69.085 %
        (own("pct_communes_avs", "72"), "reproduit"),  # 228 of 317 is 71.924 %: rounded
        (own("pct_communes_avs", "71"), "reproduit"),  # truncated
        (own("pct_communes_avs", "71.9"), "reproduit"),
        (own("pct_communes_avs", "72.0"), "incompatible"),
        (own("nb_communes_evs_seul", "9"), "reproduit"),
        (own("nb_communes_evs_seul", "5"), "incompatible"),  # nothing is unknown any more
        (own("nb_communes_cs", "200"), "incompatible"),  # below the minorant
        (own("nb_communes_cs", "250"), "incompatible"),  # above a closed majorant
        (own("nb_communes_cs", "200", qualifier="plus_de"), "reproduit"),
        (own("nb_communes_cs", "220", qualifier="pres_de"), "reproduit"),
        (own("nb_communes_sans_cs", "98"), "reproduit"),
        (own("nb_communes_sans_cs", "120"), "incompatible"),
        (own("nb_communes_aucune", "89"), "reproduit"),
        (own("pct_hab_avs", "1"), "non_verifiable"),  # inhabitants of 2023 are not those of 2022
        (own("nb_communes_evs", "9"), "non_verifiable"),  # not computed
        (own("nb_communes", "317"), "reproduit"),
        (own("nb_communes", "320"), "incompatible"),
        (own("population", "333298", 2023), "reproduit"),
        (own("population", "333298", 2022), "non_verifiable"),
        (own("nb_cs", "20", 2027), "non_verifiable"),  # after the state that the list describes
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value.code}-{value.qualifier_code}-{value.text}"
    ),
)
def test_figures_against_a_complete_inventory(complete_report, figure, verdict):
    row = audit_figures(complete_report, [figure]).rows[-1]
    assert row.figure == figure
    assert row.finding.verdict == verdict, row.finding.reason


def test_a_list_with_no_published_count_of_the_year_is_not_known_to_be_complete(complete_report):
    row = audit_figures(complete_report, [own("pct_communes_cs", "69", 2023)]).rows[-1]
    assert row.finding.verdict == "compatible"
    assert "nombre de CS de 2023 non connu" in row.finding.reason
    counted = [own("nb_cs", "20", 2023), own("pct_communes_cs", "69", 2023)]
    assert audit_figures(complete_report, counted).rows[-1].finding.verdict == "reproduit"
    more = [own("nb_cs", "21", 2023), own("pct_communes_cs", "80", 2023), own("pct_communes_cs", "60", 2023)]
    above, below = audit_figures(complete_report, more).rows[-2:]
    assert above.finding.verdict == "non_verifiable"
    assert "1 CS publié non identifié" in above.finding.reason
    assert below.finding.verdict == "incompatible"


def test_structures_without_a_date_prove_nothing_of_the_past(complete_list, tmp_path):
    text = complete_list.structures.read_text(encoding="utf-8").replace(";2015;", ";;")
    path = tmp_path / "sans_dates.csv"
    path.write_text(text, encoding="utf-8")
    made = audited("allier", own("nb_communes_cs", "3"), files=Files(structures=path))
    row = made.rows[-1]
    assert (row.finding.measured.lower, row.finding.measured.upper) == (0, 219)
    assert row.finding.verdict == "compatible"
    assert "20 structures sans date d'agrément" in row.finding.reason
