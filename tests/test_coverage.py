"""The two rules on worlds drawn by hand, with the answer worked out in the comments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage.communes import records, select
from avs_coverage.epci import by_epci
from avs_coverage.territory import METROPOLE_DU_GRAND_PARIS
from tests.worlds import brackets, cover, structure, territory

# Two EPCI: A holds communes 1 to 4, B holds 5 and 6; commune 7 has none.
# Inhabitants 10, 20, 30, 40, 50, 60, 70 (280 in all); km² 1 to 7 (28 in all).
WORLD = territory({"1": "A", "2": "A", "3": "A", "4": "A", "5": "B", "6": "B", "7": ""})


def statuses(coverage, level="certain"):
    return "".join({"aucune": "-", "evs_seul": "e", "cs_seul": "c", "cs_et_evs": "b", "": "?"}[s]
                   for s in coverage.status(level))  # fmt: skip


def test_a_complete_area_is_taken_as_it_is_even_without_its_seat():
    # Seat 1 is left out of the area 2, 5: only they are covered, certainly, nothing else possibly.
    coverage = cover(WORLD, structure("a", "CS", "1", "complete", "2 5", WORLD))
    assert statuses(coverage) == statuses(coverage, "any") == "-c--c--"
    assert brackets(coverage) == {
        "cs": (2, 2, 2),
        "evs_seul": (0, 0, 0),
        "avs": (2, 2, 2),
        "aucune": (5, 5, 5),
    }
    assert brackets(coverage, "habitants")["cs"] == (70, 70, 70)
    assert brackets(coverage, "km2")["aucune"] == (21.0, 21.0, 21.0)


def test_an_unknown_area_is_certain_of_its_seat_and_may_be_the_rest_of_the_epci():
    coverage = cover(WORLD, structure("a", "EVS", "1", world=WORLD))
    assert statuses(coverage) == "e------"
    assert statuses(coverage, "any") == "eeee---"


def test_a_partial_area_is_certain_of_its_seat_and_named_communes():
    coverage = cover(WORLD, structure("a", "CS", "1", "partielle", "2 5", WORLD))
    assert statuses(coverage) == "cc--c--"
    assert statuses(coverage, "any") == "ccccc--"


def test_a_partial_area_without_a_seat_may_be_the_epci_of_its_named_communes():
    coverage = cover(WORLD, structure("a", "EVS", "", "partielle", "2 5", WORLD))
    assert statuses(coverage) == "-e--e--"
    assert statuses(coverage, "any") == "eeeeee-"


def test_communes_named_in_an_unknown_area_are_only_possible():
    coverage = cover(WORLD, structure("a", "CS", "1", "inconnue", "5", WORLD))
    assert statuses(coverage) == "c------"
    assert statuses(coverage, "any") == "ccccc--"


def test_an_estimated_area_is_certain_of_its_seat_alone():
    coverage = cover(WORLD, structure("a", "CS", "1", "estimee", "2 5", WORLD))
    assert statuses(coverage) == "c------"
    assert statuses(coverage, "any") == "cc--c--"


def test_without_an_epci_only_the_seat_is_possible():
    coverage = cover(WORLD, structure("a", "CS", "7", world=WORLD))
    assert statuses(coverage) == statuses(coverage, "any") == "------c"


def test_in_the_metropole_du_grand_paris_the_neighbours_of_the_seat_are_possible():
    mgp = METROPOLE_DU_GRAND_PARIS
    world = territory({"1": mgp, "2": mgp, "3": mgp, "4": mgp}, pairs=[("1", "2"), ("2", "3"), ("3", "4")])
    coverage = cover(world, structure("a", "CS", "2", world=world))
    assert statuses(coverage, "any") == "ccc-"


def test_the_bracket_of_evs_only_is_not_that_of_evs_figures():
    # CS at 1, area unknown: certain 1, possible 2 3 4. EVS complete on 1 2 5. EVS at 6: certain 6,
    # possible 5.
    coverage = cover(
        WORLD,
        structure("c", "CS", "1", world=WORLD),
        structure("e", "EVS", "2", "complete", "1 2 5", WORLD),
        structure("f", "EVS", "6", world=WORLD),
    )
    assert statuses(coverage) == "be--ee-"
    assert statuses(coverage, "any") == "bbccee-"
    # evs_seul: figure 2 5 6; certainly without any CS 5 6; possibly EVS and not certainly CS 2 5 6.
    assert brackets(coverage)["evs_seul"] == (2, 3, 3)
    assert brackets(coverage)["cs"] == (1, 1, 4)
    assert brackets(coverage)["avs"] == (4, 4, 6)
    assert brackets(coverage)["aucune"] == (1, 3, 3)


def test_implantation_is_the_seat_and_nothing_else():
    coverage = cover(
        WORLD,
        structure("a", "CS", "1", "complete", "2 5", WORLD),
        structure("b", "EVS", "", "partielle", "6", WORLD),
        rule="implantation",
    )
    assert statuses(coverage) == statuses(coverage, "any") == "c------"


def test_a_structure_nothing_is_known_of_covers_nothing_under_any_rule():
    for rule in ("declared", "implantation"):
        coverage = cover(WORLD, structure("a", "CS"), rule=rule)
        assert statuses(coverage) == statuses(coverage, "any") == "-------"
        assert not coverage.rule.locates(structure("a", "CS"))


def test_a_structure_beyond_the_border_serves_the_communes_it_names():
    beyond = replace(structure("a", "CS", "", "complete", "6", WORLD), seat="63001", seat_epci="Z")
    assert statuses(cover(WORLD, beyond)) == "-----c-"


def test_dates_the_last_day_is_included_and_no_first_agreement_means_already_open():
    agreed = structure("a", "CS", "1", world=WORLD, first=date(2020, 1, 1), end=date(2022, 12, 31))
    shown = [
        statuses(cover(WORLD, agreed, on=day))[0]
        for day in (date(2019, 12, 31), date(2020, 1, 1), date(2022, 12, 31), date(2023, 1, 1))
    ]
    assert shown == ["-", "c", "c", "-"]
    assert statuses(cover(WORLD, structure("a", "CS", "1", world=WORLD), on=date(1990, 1, 1)))[0] == "c"


def test_a_structure_to_be_confirmed_counts_only_when_asked():
    doubtful = structure("a", "CS", "1", world=WORLD, status="a_confirmer")
    assert statuses(cover(WORLD, doubtful)) == "-------"
    assert statuses(cover(WORLD, doubtful, include_unconfirmed=True)) == "c------"


def test_without_an_inventory_nothing_is_said_rather_than_none():
    coverage = cover(WORLD, departements=frozenset({"63"}))
    assert statuses(coverage) == "???????"
    for figure in coverage.figures():
        values = (figure.numerator, figure.denominator, figure.lower, figure.upper, figure.share)
        assert values == (None,) * 5
    row = records(coverage.communes)[0]
    assert (row["statut"], row["nb_cs"], row["nb_evs"], row["structures"]) == ("", None, None, "")
    assert (row["statut_minorant"], row["statut_majorant"]) == ("", "")


def test_the_table_of_communes_counts_certain_structures_and_joins_their_ids():
    coverage = cover(
        WORLD,
        structure("z", "CS", "1", "complete", "1 2", WORLD),
        structure("b", "EVS", "2", "complete", "2", WORLD),
        structure("a", "CS", "2", "complete", "2", WORLD),
    )
    row = coverage.communes.loc["2"]
    assert (row["nb_cs"], row["nb_evs"], row["structures"]) == (2, 1, "a|b|z")


def test_listings_of_communes():
    coverage = cover(
        WORLD,
        structure("c", "CS", "1", world=WORLD),
        structure("e", "EVS", "2", "complete", "1 2 5", WORLD),
    )
    # Certain: 1 both, 2 5 EVS only; possible: 2 both, 3 4 CS.
    assert list(select(coverage, "certain", "").index) == ["7", "6", "4", "3"]
    assert list(select(coverage, "possible", "").index) == ["7", "6"]
    assert list(select(coverage, "", "cs").index) == ["1"]
    assert list(select(coverage, "", "evs").index) == ["1", "2", "5"]
    assert list(select(coverage, "", "only-evs").index) == ["2", "5"]


# --- properties -------------------------------------------------------------------------------

CODES = list(WORLD.communes.index)
structures = st.builds(
    lambda kind, seat, area, communes, is_deduced: (
        kind,
        seat,
        area if communes else "inconnue",
        " ".join(communes),
        is_deduced and bool(seat),
    ),
    st.sampled_from(["CS", "EVS"]),
    st.sampled_from([*CODES, ""]),
    st.sampled_from(["complete", "partielle", "estimee", "inconnue"]),
    st.lists(st.sampled_from(CODES), max_size=4, unique=True),
    st.booleans(),
)
inventories = st.lists(structures, max_size=6)
rules = st.sampled_from(["declared", "implantation"])


def built(rows):
    quality = {True: "deduit", False: "certain"}
    return [
        structure(f"s{i}", kind, seat, area, communes, WORLD, seat_quality=quality[is_deduced])
        for i, (kind, seat, area, communes, is_deduced) in enumerate(rows)
    ]


def brute_force(rows, rule):
    """Say anew, commune by commune, which types cover it: by firm, by certain, by any links."""
    epci = dict(WORLD.communes["epci"])
    firm = {code: set() for code in CODES}
    certain = {code: set() for code in CODES}
    possible = {code: set() for code in CODES}
    for kind, seat, area, communes, is_deduced in rows:
        named = set(communes.split())
        for code in CODES:
            same_epci = epci[code] != "" and (
                epci[code] == epci[seat] if seat else epci[code] in {epci[c] for c in named}
            )
            if rule == "implantation":
                sure = maybe = code == seat
            elif area == "complete":
                sure = maybe = code in named
            elif area == "estimee":
                sure, maybe = code == seat, code == seat or code in named
            else:
                sure = code == seat or (code in named and area == "partielle")
                maybe = sure or code in named or same_epci
            by_name = code in named and area in ("complete", "partielle") and rule == "declared"
            if sure and (by_name or not is_deduced):
                firm[code].add(kind)
            if sure:
                certain[code].add(kind)
            if maybe:
                possible[code].add(kind)
    return firm, certain, possible


@given(rows=inventories, rule=rules)
def test_the_engine_equals_brute_force(rows, rule):
    coverage = cover(WORLD, *built(rows), rule=rule)
    for level, expected in zip(("firm", "certain", "any"), brute_force(rows, rule), strict=True):
        for kind in ("CS", "EVS"):
            found = dict(zip(CODES, coverage.covered(kind, level), strict=True))
            assert found == {code: kind in kinds for code, kinds in expected.items()}


@given(rows=inventories, rule=rules)
def test_brackets_hold_the_figure_and_complements_are_exact(rows, rule):
    coverage = cover(WORLD, *built(rows), rule=rule)
    for measure, total in (("communes", 7), ("habitants", 280), ("km2", 28.0)):
        found = brackets(coverage, measure)
        for lower, figure, upper in found.values():
            assert 0 <= lower <= figure <= upper <= total
        assert found["avs"][1] + found["aucune"][1] == total
        assert found["cs"][1] + found["evs_seul"][1] == found["avs"][1]
        assert found["avs"][0] + found["aucune"][2] == total


@given(rows=inventories, extra=structures, rule=rules)
def test_one_structure_more_never_lowers_coverage_by_cs_or_by_any(rows, extra, rule):
    before = brackets(cover(WORLD, *built(rows), rule=rule))
    after = brackets(cover(WORLD, *built([*rows, extra]), rule=rule))
    for status in ("cs", "avs"):
        assert all(b <= a for b, a in zip(before[status], after[status], strict=True))


@given(rows=inventories, rule=rules, data=st.data())
def test_the_order_of_rows_changes_nothing(rows, rule, data):
    made = built(rows)
    shuffled = data.draw(st.permutations(made))
    one, other = cover(WORLD, *made, rule=rule), cover(WORLD, *shuffled, rule=rule)
    assert one.figures() == other.figures()
    assert one.communes.equals(other.communes)


@given(rows=inventories, rule=rules)
def test_epci_add_up_to_the_territory(rows, rule):
    coverage = cover(WORLD, *built(rows), rule=rule)
    for figure in coverage.figures():
        parts = [row.figure(figure.measure, figure.status) for row in by_epci(coverage)]
        for name in ("numerator", "denominator", "lower", "upper"):
            assert sum(getattr(part, name) for part in parts) == pytest.approx(getattr(figure, name))


@given(rows=inventories)
@settings(max_examples=50)
def test_closing_then_reopening_is_identity(rows):
    made = built(rows)
    closed = [replace(s, end=date(2000, 1, 1)) for s in made]
    assert brackets(cover(WORLD, *closed))["avs"] == (0, 0, 0)
    reopened = [replace(s, end=None) for s in closed]
    assert cover(WORLD, *reopened).figures() == cover(WORLD, *made).figures()


@given(rows=inventories)
@settings(max_examples=50)
def test_areas_all_complete_close_every_bracket(rows):
    complete = [(kind, seat, "complete", named, deduced) for kind, seat, _, named, deduced in rows if named]
    assert all(figure.is_closed for figure in cover(WORLD, *built(complete)).figures())
