"""The audit: Allier's figures that cannot hold together, and what an inventory says of each."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from avs_coverage import Files, audit_figures, build_report, find_territory_name
from avs_coverage.arithmetic import Arithmetic
from avs_coverage.audit import COLUMNS
from avs_coverage.official_communes import changed_communes, communes_in, official_counts
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS, THEMES
from avs_coverage.readings import EITHER, ROUNDED, TRUNCATED, Printed
from avs_coverage.reports.audit_page import audit_document
from avs_coverage.reports.terminal import print_document
from avs_coverage.territory import Territory


def own(code, text, year=2022, qualifier="egal", definition="", source="essai"):
    kind = INDICATORS[code]
    given = f"essai, {code} {text} {year}"
    return PublishedFigure(
        code, kind.label, year, "", qualifier, text, kind.unit, definition, source, "", given
    )


@pytest.fixture(scope="module")
def allier_audit(allier):
    return audit_figures(allier)


def audited(territory, *figures, **more):
    return audit_figures(build_report(find_territory_name(territory), **more), figures)


def rows(audit):
    return {(row.figure.code, row.figure.year): row for row in audit.rows}


def codes(conflict):
    return [sorted(f"{figure.code} {figure.text}" for figure in one) for one in conflict.sets]


def screen(audit, territory, width=400):
    stream = io.StringIO()
    report = build_report(find_territory_name(territory))
    print_document(audit_document(report, audit), Console(file=stream, width=width))
    return re.sub("[\u202f\xa0]", " ", stream.getvalue())


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
    assert said["nb_cs_acf_avant", 2018] == ("sans_objet", "non_verifiable")
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


# --- arithmetic of a user's own figures


def conflicts(*figures, territory="creuse"):
    return [(found.theme, codes(found)) for found in audited(territory, *figures).conflicts]


def test_each_conflict_is_found_once_the_others_are_set_aside():
    found = conflicts(
        own("nb_cs", "5"), own("nb_evs", "3"), own("nb_structures", "9"), own("nb_cs_acf", "6"),
        own("nb_qpv", "1"), own("nb_qpv_sans_structure", "2"), own("nb_communes", "256"),
    )  # fmt: skip
    assert found == [
        ("qpv", [["nb_qpv_sans_structure 2"]]),  # one official quarter
        ("structures", [["nb_cs 5", "nb_cs_acf 6"]]),
    ]


def test_a_percentage_of_cs_is_taken_of_the_number_of_cs_that_is_printed():
    assert conflicts(own("pct_cs_acf", "80")) == []
    assert conflicts(own("nb_cs", "7"), own("pct_cs_acf", "85")) == []  # 6 of 7, truncated
    assert conflicts(own("nb_cs", "7"), own("pct_cs_acf", "86")) == []  # rounded
    assert conflicts(own("nb_cs", "7"), own("nb_cs_acf", "5"), own("pct_cs_acf", "80")) == [
        ("structures", [["nb_cs 7", "pct_cs_acf 80"]])
    ]
    assert conflicts(own("nb_cs", "7"), own("nb_cs_acf", "5"), own("pct_cs_acf", "85")) == [
        ("structures", [["nb_cs 7", "nb_cs_acf 5", "pct_cs_acf 85"]])
    ]


def test_a_printed_population_is_what_its_year_s_percentages_are_of():
    alone = own("pct_hab_avs", "70", 2019), own("hab_communes_avs", "50000", 2019)
    assert conflicts(*alone) == []  # the population of 2019 is not known
    assert conflicts(*alone, own("population", "118638", 2019)) == [
        ("habitants", [["hab_communes_avs 50000", "pct_hab_avs 70", "population 118638"]])
    ]


def test_more_communes_with_a_seat_than_structures_cannot_be():
    found = conflicts(
        own("nb_cs", "4"), own("nb_evs", "6"), own("nb_communes_avec_structure", "11"), territory="creuse"
    )
    assert found == [("structures", [["nb_communes_avec_structure 11", "nb_cs 4", "nb_evs 6"]])]


def test_a_part_above_the_official_total_is_what_is_shown_against_it():
    (found,) = audited(
        "creuse", own("nb_communes", "255", 2025), own("nb_communes_cs", "256", 2025)
    ).conflicts
    assert codes(found) == [["nb_communes_cs 256"]]
    assert (found.implied[0].figure.code, found.implied[0].ranges[EITHER]) == ("nb_communes_cs", (0, 255))
    assert [premise.value for premise in found.premises] == [255]


def test_a_printed_total_that_is_the_official_one_is_no_suspect(allier, allier_audit):
    made = audit_figures(allier, [own("nb_communes", "317")])
    assert list(map(codes, made.conflicts)) == list(map(codes, allier_audit.conflicts))
    assert [row.figure for row in made.failing] == [row.figure for row in allier_audit.failing]
    row = made.rows[-1]
    assert (row.arithmetic, row.finding.verdict) == ("coherent", "reproduit")


def test_a_printed_total_that_is_wrong_fails_by_itself_and_nothing_is_read_over_it():
    made = audited("creuse", own("nb_communes", "317"), own("pct_communes_avs", "1.3"))
    (found,) = made.conflicts
    assert codes(found) == [["nb_communes 317"], ["pct_communes_avs 1.3"]]  # 3 of 256 is 1.17, 4 is 1.56
    assert [premise.value for premise in found.premises] == [256]
    assert {row.arithmetic for row in made.rows} == {"incoherent"}
    assert rows(made)["pct_communes_avs", 2022].total == 256
    # 2.3 % is 6 of 256, and of 317 no whole number.
    assert rows(audited("creuse", own("nb_communes", "317"), own("pct_communes_avs", "2.3")))[
        "pct_communes_avs", 2022
    ].readings[EITHER] == (6, 6)


def test_a_printed_total_of_the_start_of_the_year_says_what_percentages_are_of():
    territory = Territory.find("eure")
    counts = official_counts(territory, 2016)
    end, eve = counts[date(2016, 12, 31)], counts[date(2015, 12, 31)]
    assert end < eve  # communes merged on 1 January 2016
    made = audited("eure", own("nb_communes", str(eve), 2016), own("pct_communes_cs", "10", 2016))
    assert made.conflicts == ()
    assert rows(made)["pct_communes_cs", 2016].total == eve
    assert rows(audited("eure", own("pct_communes_cs", "10", 2016)))["pct_communes_cs", 2016].total == end
    between = audited("eure", own("nb_communes", str(eve + 1), 2016)).conflicts
    assert list(map(codes, between)) == [[[f"nb_communes {eve + 1}"]]]


def test_no_range_is_said_that_holds_what_is_printed():
    (found,) = audited("creuse", own("nb_cs", "7"), own("pct_cs_acf", "80")).conflicts
    assert not found.implied[0].explains  # 80 % of 7 is no whole number: nothing is implied for either
    page = screen(audited("creuse", own("nb_cs", "7"), own("pct_cs_acf", "80")), "creuse")
    assert "imposent" not in page
    assert "Aucun nombre entier sur 7 ne donne 80 %" in page


@given(
    st.lists(
        st.tuples(
            st.sampled_from([code for code, kind in INDICATORS.items() if kind.theme == "communes"]),
            st.integers(0, 100),
        ),
        min_size=2,
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_what_is_said_to_be_implied_excludes_what_is_printed(printed):
    figures = [own(code, str(value)) for code, value in printed]
    for conflict in Arithmetic(Territory.find("creuse"), figures).conflicts:
        for implied in conflict.implied:
            first, last = implied.figure.printed.counts(256)
            low, high = implied.ranges[EITHER]
            apart = (last is not None and last < low) or (high is not None and first > high)
            assert implied.explains == apart


def test_the_same_number_of_the_same_quantity_is_one_statement():
    figures = own("nb_cs", "20"), own("nb_cs_annee", "20"), own("nb_cs_acf", "25")
    made = audited("creuse", *figures)
    (found,) = made.conflicts
    assert codes(found) == [["nb_cs 20", "nb_cs_acf 25"]]
    assert [row.arithmetic for row in made.rows] == ["incoherent"] * 3


def test_sets_that_share_no_figure_are_items_of_their_own(allier):
    made = audit_figures(allier, [own("nb_cs_acf", "25"), own("nb_structures", "30")])
    (found,) = (conflict for conflict in made.conflicts if conflict.theme == "structures")
    assert len(found.sets) == 3
    page = screen(made, "allier")
    assert "! 3. En 2022" in page
    assert "! 4. En 2022" in page
    assert "! 5." not in page


def test_near_one_half_is_read_from_45_to_50_percent():
    row = rows(audited("france"))["pct_hab_communes_avec_structure", 2012]
    assert row.figure.printed.reals() == (45, 50, True)
    assert Printed("2000", "pres_de_fraction").counts() == Printed("2000", "pres_de").counts()


def test_a_share_of_the_cs_is_at_least_what_is_identified(allier_audit, allier):
    row = rows(allier_audit)["pct_cs_acf", 2022]
    assert (row.finding.measured.lower, row.finding.measured.total) == (6, 20)
    assert row.is_at_least
    assert row.to_record()["valeur_calculee"] is None
    page = screen(allier_audit, "allier")
    assert "au moins 6 sur 20" in page
    assert "30,0 %" not in page


def test_lists_of_quarters_that_are_not_whole_refute_nothing():
    figures = own("nb_qpv", "36"), own("hab_qpv", "70000")
    verdicts = {row.figure.code: row.finding.verdict for row in audited("976", *figures).rows}
    assert verdicts == {"nb_qpv": "non_verifiable", "hab_qpv": "non_verifiable"}
    everywhere = audited("france", own("hab_qpv", "5000000")).rows[-1]
    assert everywhere.finding.verdict == "non_verifiable"


def test_every_indicator_has_a_span_within_its_theme():
    for code, kind in INDICATORS.items():
        if kind.theme:
            ends = [*kind.span, *(kind.per or ())]
            assert all(0 <= end < THEMES[kind.theme].size for end in ends), code


# --- the page and the command


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_of_the_page_is_wider_than_the_screen(allier, allier_audit, width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    print_document(audit_document(allier, allier_audit), console)
    assert max(map(len, stream.getvalue().splitlines())) <= width


def test_a_figure_given_again_does_not_repeat_the_explanation(allier):
    again = [own("pct_communes_cs", "69"), own("pct_communes_avs", "72")]
    made = audit_figures(allier, again)
    (found,) = (conflict for conflict in made.conflicts if conflict.theme == "communes")
    assert len(found.sets) == 2  # 69 or 31: a figure given twice is one statement
    assert all(row.arithmetic == "incoherent" for row in made.rows[-2:])
    stream = io.StringIO()
    print_document(audit_document(allier, made), Console(file=stream, width=200))
    assert stream.getvalue().count("Les autres imposent") == 2


def test_strict_ends_with_6_where_figures_cannot_hold(run):
    assert run("audit", "allier").returncode == 0
    result = run("audit", "allier", "--strict")
    assert result.returncode == 6
    assert "7 à 11 si tout est arrondi" in result.stdout.decode()
    error = result.stderr.decode()
    assert "AVS-601" in error
    assert "Lignes du tableau des QPV (2022)" in error


def test_strict_with_one_s_own_figures_fails_on_them_only(run, tmp_path):
    def strict(*lines):
        (tmp_path / "c.csv").write_text("\n".join(["indicateur;valeur;annee", *lines]) + "\n")
        result = run("audit", "allier", "--figures", "c.csv", "--strict")
        return result.returncode, result.stderr.decode()

    assert strict("nb_communes;317;2022")[0] == 0  # the tool's own figures of Allier do not hold
    code, error = strict("nb_communes;318;2022")
    assert code == 6
    assert "1 chiffre ne passe pas l'audit : Nombre de communes du territoire (2022)" in error.replace(
        "\xa0", " "
    ).replace("\u202f", " ")
    code, error = strict("pct_communes_avs;72;2022")  # in a set with two figures of the tool's
    assert code == 6
    assert "Lignes du tableau" not in error


def test_communes_of_another_vintage_widen_the_bracket_by_those_that_changed(tmp_path):
    territory = Territory.find("creuse")
    changed = changed_communes(territory, 2022)
    assert (changed, communes_in(territory, 2022), len(territory.communes)) == (1, 256, 255)
    one, other = sorted(territory.communes.index)[:2]
    path = tmp_path / "liste.csv"
    path.write_text(
        f"nom;type;code_insee;agrement_debut;communes_desservies\nA;CS;{one};2010;{one}|{other}\n"
    )
    known = own("nb_cs", "1"), own("nb_evs", "0")
    for printed, verdict in {"13": "incompatible", "4": "incompatible", "3": "compatible", "2": "compatible",
                             "1": "compatible", "0": "incompatible"}.items():  # fmt: skip
        figures = *known, own("nb_communes_cs", printed)
        row = audited("creuse", *figures, files=Files(structures=path)).rows[-1]
        assert row.finding.verdict == verdict, printed
        assert "256 fin 2022, 255 dans le calcul" in row.finding.reason


def test_strict_ends_with_0_for_figures_that_hold(run, tmp_path):
    (tmp_path / "liste.csv").write_text(
        "nom;type;code_insee;agrement_debut;communes_desservies\nA;CS;48095;2010;48095,48140\nB;EVS;48140;2010;48140\n"
    )
    (tmp_path / "chiffres.csv").write_text(
        "indicateur;valeur;annee\nnb_cs;1;2022\nnb_evs;1;2022\nnb_communes_avs;2;2022\nnb_communes_evs_seul;0;2022\n"
    )
    given = ("audit", "lozere", "--structures", "liste.csv", "--figures", "chiffres.csv")
    result = run(*given, "--strict", "--json")
    assert result.returncode == 0, result.stderr.decode()
    made = json.loads(result.stdout)
    assert [row["inventaire"] for row in made["audit"]] == ["reproduit"] * 5
    assert made["audit"][1]["donne_par"] == "chiffres.csv, ligne 2"
    (tmp_path / "chiffres.csv").write_text("indicateur;valeur;annee\nnb_communes_avs;1;2022\n")
    assert run(*given, "--strict").returncode == 6


def test_records_are_the_same_on_screen_in_csv_and_in_json(run, tmp_path):
    made = json.loads(run("audit", "allier", "--json").stdout)
    assert made["schema"] == "avs-coverage/audit"
    assert made["regle"] is None
    assert all(list(row) and set(row) == set(COLUMNS) for row in made["audit"])
    assert made["conflits"][0]["ensembles"][0]["possible"]["arrondi"] == [7, 11]
    assert run("audit", "allier", "--csv", "a.csv", "--csv-dialect", "standard").returncode == 0
    written = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8"))))
    assert [row["indicateur"] for row in written] == [row["indicateur"] for row in made["audit"]]
    assert [row["motif"] for row in written] == [row["motif"] for row in made["audit"]]
    assert {row["regle"] for row in written} == {"declared", ""}


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("creuse", "Aucun chiffre n'est publié pour le territoire Creuse (23)"),
        ("94", "Aucun chiffre de couverture n'est publié pour le territoire Val-de-Marne (94)"),
        ("lozere", "1 QPV officiel au 01/01/2026"),
        ("77", "l'écart n'est pas une erreur prouvée"),
    ],
)
def test_where_nothing_is_published_the_page_says_what_is_known(run, territory, expected):
    result = run("audit", territory, "--strict")
    assert result.returncode == 0
    assert expected in result.stdout.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_study_folder_names_its_figures_and_check_reads_them(run, tmp_path):
    (tmp_path / "etude").mkdir()
    (tmp_path / "etude" / "avs.toml").write_text('territoire = "creuse"\nchiffres = "c.csv"\n')
    (tmp_path / "etude" / "c.csv").write_text("indicateur;valeur;annee\nnb_cs;5;2022\nnb_cs_acf;6;2022\n")
    assert run("audit", "./etude", "--strict").returncode == 6
    assert "2 chiffres" in run("check", "./etude").stdout.decode()
    (tmp_path / "etude" / "c.csv").write_text("indicateur;valeur;annee\nnb_cs;cinq;2022\n")
    assert run("audit", "./etude").returncode == 3
    assert run("check", "./etude").returncode == 3


def test_an_audit_has_no_date_nor_rule_of_its_own(run):
    assert run("audit", "allier", "--date", "2022").returncode == 2
    assert run("audit", "allier", "--rule", "declared").returncode == 2


def contracts(count):
    rows = [f"hab_qpv;{100 * count - 50};2020;;Habitants des QPV"]
    rows += [f"hab_qpv_contrat;100;2020;;Contrat {rank}" for rank in range(count)]
    return "indicateur;valeur;annee;qualificatif;libelle\n" + "\n".join(rows) + "\n"


def test_a_long_chain_of_contracts_is_judged_and_does_not_hang(run, tmp_path):
    (tmp_path / "c.csv").write_text(contracts(24), encoding="utf-8")
    made = json.loads(run("audit", "creuse", "--figures", "c.csv", "--json").stdout)
    assert {row["arithmetique"] for row in made["audit"]} == {"incoherent"}


def test_a_contract_told_twice_contradicts_nothing(run, tmp_path):
    (tmp_path / "c.csv").write_text(
        "indicateur;valeur;annee\nhab_qpv;1000;2021\nhab_qpv_contrat;600;2021\nhab_qpv_contrat;600;2021\n",
        encoding="utf-8",
    )
    made = json.loads(run("audit", "creuse", "--figures", "c.csv", "--json").stdout)
    assert "incoherent" not in {row["arithmetique"] for row in made["audit"]}


def test_a_share_is_never_more_than_its_total_nor_empty_where_all_are(run, tmp_path):
    (tmp_path / "c.csv").write_text("indicateur;valeur;annee\npct_communes_avs;100;2021\n", encoding="utf-8")
    rows = json.loads(run("audit", "allier", "--figures", "c.csv", "--json").stdout)["audit"]
    own = next(row for row in rows if row["annee"] == 2021 and row["indicateur"] == "pct_communes_avs")
    assert (own["compte_min"], own["compte_max"]) == (316, 317)
