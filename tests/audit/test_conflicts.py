"""Figures that cannot hold together: each conflict once, with what shows it."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import audit_figures
from avs_coverage.arithmetic import Arithmetic
from avs_coverage.official_communes import official_counts
from avs_coverage.published_indicators import INDICATORS, THEMES
from avs_coverage.readings import EITHER, Printed
from avs_coverage.territory import Territory
from tests.audit.helpers import audited, codes, conflicts, own, rows, screen


def test_each_conflict_is_found_once_the_others_are_set_aside_then_what_refutes_each_figure():
    found = conflicts(
        own("nb_cs", "5"), own("nb_evs", "3"), own("nb_structures", "9"), own("nb_cs_acf", "6"),
        own("nb_qpv", "1"), own("nb_qpv_sans_structure", "2"), own("nb_communes", "256"),
    )  # fmt: skip
    assert found == [
        ("qpv", [["nb_qpv_sans_structure 2"]]),  # one official quarter
        ("structures", [["nb_cs 5", "nb_cs_acf 6"]]),
        ("structures", [["nb_cs 5", "nb_evs 3", "nb_structures 9"]]),  # if it is the ACF that is wrong
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


def test_quarters_whose_population_is_not_known_refute_nothing():
    figures = own("nb_qpv", "36"), own("hab_qpv", "70000")
    verdicts = {row.figure.code: row.finding.verdict for row in audited("976", *figures).rows}
    assert verdicts == {"nb_qpv": "reproduit", "hab_qpv": "non_verifiable"}
    unlisted = own("nb_qpv", "42", year=2025)  # at the end of 2025 they are those of the law
    assert audited("976", unlisted).rows[-1].finding.verdict == "incompatible"
    everywhere = audited("france", own("hab_qpv", "5000000")).rows[-1]
    assert everywhere.finding.verdict == "non_verifiable"


def test_every_indicator_has_a_span_within_its_theme():
    for code, kind in INDICATORS.items():
        if kind.theme:
            ends = [*kind.span, *(kind.per or ())]
            assert all(0 <= end < THEMES[kind.theme].size for end in ends), code
