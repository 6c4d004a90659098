"""What changed between two coverages: the parts add up, and each is undone with the structures behind it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage.changes import CAUSES, coverage_changes
from avs_coverage.coverage import Coverage
from avs_coverage.figure import MEASURES
from avs_coverage.inventory import ZONES, Inventory
from avs_coverage.rules import RuleSettings, get_rule
from tests.test_radius import grid_of
from tests.worlds import cover, structure, territory

CODES = [f"0300{rank}" for rank in range(1, 7)]
PLAIN = territory(dict(zip(CODES, ["A", "A", "B", "B", "", ""], strict=True)))
"""Chefs-lieux at 1 to 6 km on one line; 10 to 60 inhabitants."""
GRID = replace(
    PLAIN,
    # Three cells of uneven weight around each chef-lieu: at 300 m, a commune is reached in part.
    grids=(grid_of([(5 * r + d, 0, 1 + d, c) for r, c in enumerate(CODES, 1) for d in (0, 1, 2)]),),
)
RULES = {
    "declared": (PLAIN, "declared", "chef-lieu"),
    "implantation": (PLAIN, "implantation", "chef-lieu"),
    "travel-time": (PLAIN, "travel-time:2min", "chef-lieu"),
    "radius": (PLAIN, "radius:1km", "chef-lieu"),
    "cells": (GRID, "radius:300m", "grid"),
}

one_structure = st.builds(
    lambda id, kind, seat, area, communes, shift: replace(
        structure(id, kind, seat, area if communes else "inconnue", " ".join(sorted(communes)), world=PLAIN),
        x_m=PLAIN.communes["x_m"][seat] + shift if seat else None,
        y_m=100.0 if seat else None,
    ),
    st.sampled_from("abcde"),
    st.sampled_from(["CS", "EVS"]),
    st.sampled_from([*CODES, ""]),
    st.sampled_from(ZONES),
    st.sets(st.sampled_from(CODES), max_size=3),
    st.sampled_from([0.0, 100.0, 350.0, 900.0]),
)
lists = st.lists(one_structure, max_size=5, unique_by=lambda s: s.id)


def coverage_of(name, structures, departements=frozenset({"03"})):
    world, rule, by = RULES[name]
    inventory = Inventory(tuple(structures), departements, "essai", "essai")
    return Coverage.compute(world, inventory, get_rule(rule, RuleSettings(by)), cover(PLAIN).on)


def shown(coverage):
    return {(f.measure, f.status): f.numerator or 0 for f in coverage.figures()}


@pytest.mark.full
@pytest.mark.parametrize("name", RULES)
@settings(max_examples=30)
@given(one=lists, other=lists)
def test_parts_add_up_and_every_one_has_a_cause(name, one, other):
    before, after = coverage_of(name, one), coverage_of(name, other)
    changes = coverage_changes(before, after)
    for status in CAUSES:
        parts = [change for change in changes if change.status == status]
        for measure in MEASURES:
            difference = shown(after)[measure, status] - shown(before)[measure, status]
            total = sum(part.amount(measure) for part in parts)
            assert total == (pytest.approx(difference, abs=1e-6) if measure == "km2" else difference)
        places = [code for part in parts for code in (*part.gained, *part.lost, *part.in_part)]
        assert len(places) == len(set(places))
    types = {s.id: {s.type} for s in one}
    for s in other:
        types[s.id] = types.get(s.id, set()) | {s.type}
    for change in changes:
        assert change.structures
        assert all(types[id] & set(CAUSES[change.status]) for id in change.structures)
        assert isinstance(change.inhabitants, int)
        assert not change.in_part or name in ("radius", "cells")


@pytest.mark.full
@pytest.mark.parametrize("name", RULES)
@settings(max_examples=30)
@given(one=lists, other=lists)
def test_to_undo_what_its_structures_did_undoes_a_change(name, one, other):
    before, after = coverage_of(name, one), coverage_of(name, other)
    codes = PLAIN.communes.index
    for change in coverage_changes(before, after):
        undone = [s for s in other if s.id not in change.structures]
        undone += [s for s in one if s.id in change.structures]
        again = coverage_of(name, undone)
        for code in (*change.gained, *change.lost, *change.in_part):
            rank = codes.get_loc(code)
            for measure in MEASURES:
                was = before.amounts(measure, change.status)[rank]
                assert again.amounts(measure, change.status)[rank] == was


@pytest.mark.full
@pytest.mark.parametrize("name", ["declared", "implantation", "travel-time"])
@settings(max_examples=30)
@given(one=lists, other=lists)
def test_parts_are_those_of_communes_looked_at_one_by_one(name, one, other):
    before, after = coverage_of(name, one), coverage_of(name, other)
    served = [
        {code: ids.split("|") if ids else [] for code, ids in made.communes["structures"].items()}
        for made in (before, after)
    ]
    types = [{s.id: s.type for s in structures} for structures in (one, other)]
    expected = defaultdict(lambda: (set(), set()))
    for code in CODES:
        now = [
            {kind: {id for id in served[when][code] if types[when][id] == kind} for kind in ("CS", "EVS")}
            for when in (0, 1)
        ]
        turned = {kind: bool(now[0][kind]) != bool(now[1][kind]) for kind in ("CS", "EVS")}
        for status, holds in (
            ("cs", lambda x: bool(x["CS"])),
            ("evs_seul", lambda x: bool(x["EVS"]) and not x["CS"]),
            ("avs", lambda x: bool(x["CS"] or x["EVS"])),
        ):
            if holds(now[0]) == holds(now[1]):
                continue
            kinds = [kind for kind in CAUSES[status] if turned[kind]]
            cause = frozenset().union(*(now[0][kind] ^ now[1][kind] for kind in kinds))
            expected[status, cause][0 if holds(now[1]) else 1].add(code)
    found = {
        (c.status, frozenset(c.structures)): (set(c.gained), set(c.lost))
        for c in coverage_changes(before, after)
    }
    assert found == dict(expected)


@settings(max_examples=15)
@given(one=lists, other=lists, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_back_is_the_opposite(one, other, seed):
    for name in ("declared", "cells"):
        changes = coverage_changes(coverage_of(name, one), coverage_of(name, other))
        mixed = [seed.sample(rows, len(rows)) for rows in (one, other)]
        assert coverage_changes(*(coverage_of(name, rows) for rows in mixed)) == changes
        back = coverage_changes(coverage_of(name, other), coverage_of(name, one))
        assert {(c.status, c.structures, c.gained, c.lost, c.inhabitants) for c in changes} == {
            (c.status, c.structures, c.lost, c.gained, -c.inhabitants) for c in back
        }


def test_a_closure_that_lets_an_evs_alone_is_the_closure_s_doing():
    cs = structure("c", "CS", CODES[0], "complete", CODES[0], world=PLAIN)
    old, new = (structure(id, "EVS", CODES[0], "complete", CODES[0], world=PLAIN) for id in ("e", "f"))
    found = coverage_changes(cover(PLAIN, cs, old), cover(PLAIN, new))
    # The EVS is replaced, which changes nothing by itself.
    assert [(c.status, c.structures, c.gained, c.lost) for c in found] == [
        ("cs", ("c",), (), (CODES[0],)),
        ("evs_seul", ("c",), (CODES[0],), ()),
    ]


def test_a_replacement_in_place_changes_nothing():
    old, new = (structure(id, "CS", CODES[0], "complete", CODES[0], world=PLAIN) for id in ("c", "d"))
    assert coverage_changes(cover(PLAIN, old), cover(PLAIN, new)) == ()


def test_a_structure_that_changes_its_type_or_its_area_is_its_own_cause():
    cs = structure("c", "CS", CODES[0], "complete", f"{CODES[0]} {CODES[1]}", world=PLAIN)
    evs = replace(cs, type="EVS", communes=(CODES[0],), communes_epci=("A",))
    found = coverage_changes(cover(PLAIN, cs), cover(PLAIN, evs))
    assert [(c.status, c.structures, c.gained, c.lost, c.inhabitants) for c in found] == [
        ("cs", ("c",), (), (CODES[0], CODES[1]), -30),
        ("evs_seul", ("c",), (CODES[0],), (), 10),
        ("avs", ("c",), (), (CODES[1],), -20),
    ]


def test_a_structure_that_moves_under_the_same_share_is_a_cause_where_another_covers_the_rest():
    # The EVS reaches one cell of three, then another, which the CS reaches too.
    cells = [(5, 0, 1, CODES[0]), (10, 0, 1, CODES[0]), (50, 0, 1, CODES[0])]
    world = replace(PLAIN, grids=(grid_of(cells),))

    def made(*structures):
        inventory = Inventory(structures, frozenset({"03"}), "essai", "essai")
        rule = get_rule("radius:300m", RuleSettings("grid"))
        return Coverage.compute(world, inventory, rule, cover(PLAIN).on)

    cs = replace(structure("c", "CS", CODES[5], world=PLAIN), x_m=2100.0, y_m=100.0)
    far, near = (
        replace(structure("e", "EVS", CODES[5], world=PLAIN), x_m=x, y_m=100.0) for x in (1100, 2100)
    )
    (change,) = [c for c in coverage_changes(made(cs, far), made(cs, near)) if c.status == "avs"]
    # 10 inhabitants: two thirds, then one third; by half, the commune is covered, then no more.
    assert (change.structures, change.lost, change.inhabitants) == (("e",), (CODES[0],), -4)


@given(one=lists, other=lists)
@settings(max_examples=30)
def test_communes_that_only_one_list_stands_for_are_not_compared(one, other):
    assert coverage_changes(coverage_of("declared", one, frozenset()), coverage_of("declared", other)) == ()


def test_coverages_of_two_rules_or_two_territories_are_not_compared():
    with pytest.raises(ValueError, match="one rule"):
        coverage_changes(cover(PLAIN), cover(PLAIN, rule="implantation"))
    with pytest.raises(ValueError, match="one territory"):
        coverage_changes(cover(PLAIN), cover(GRID))
