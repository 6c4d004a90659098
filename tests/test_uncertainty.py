"""What is unknown opens brackets, and nothing else does: areas, deduced seats, places, missing structures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import Coverage, Files, Inventory, build_report, find_territory_name
from avs_coverage.access import communes_access, summarise_access
from avs_coverage.contributions import structure_contributions
from avs_coverage.multiplicity import by_multiplicity
from avs_coverage.rules import get_rule
from tests.worlds import DAY, brackets, cover, structure, territory

# Communes at x = 1, 2, … 7 km; 10, 20, … 70 inhabitants.
WORLD = territory({str(rank): "A" for rank in range(1, 8)})
RULES = ("declared", "implantation", "radius:1500m", "travel-time:3min")  # 3 min are 1,923 m


def test_a_deduced_seat_counts_in_the_figure_and_not_in_the_minorant():
    deduced = structure("a", "CS", "1", world=WORLD, seat_quality="deduit")
    sure = structure("b", "EVS", "2", world=WORLD)
    made = cover(WORLD, deduced, sure, rule="implantation")
    assert brackets(made)["cs"] == (0, 1, 1)
    assert brackets(made)["avs"] == (1, 2, 2)
    assert brackets(made)["evs_seul"] == (1, 1, 1)
    assert brackets(made)["aucune"] == (5, 5, 6)
    row = made.communes.loc["1", ["statut", "statut_minorant", "habitants_couverts_minorant"]]
    assert list(row) == ["cs_seul", "aucune", 0]
    # Named by its area, the commune is covered wherever the seat is.
    named = structure("a", "CS", "1", "partielle", "1 2", WORLD, seat_quality="deduit")
    assert brackets(cover(WORLD, named))["cs"] == (2, 2, 7)
    # Its own coordinates tell where a structure is, whatever is said of its seat.
    placed = replace(deduced, has_point=True)
    assert brackets(cover(WORLD, placed, rule="radius:1500m"))["cs"] == (2, 2, 2)


@pytest.mark.parametrize("rule", RULES)
def test_before_the_day_of_the_list_an_undated_structure_is_not_sure_to_be_open(rule):
    undated = structure("a", "CS", "3", "complete", "3", WORLD)
    dated = structure("b", "EVS", "6", "complete", "6", WORLD, start=date(2015, 1, 1))
    inventory = Inventory((undated, dated), frozenset({"03"}), "essai", "essai", date=DAY)
    now, before = (
        Coverage.compute(WORLD, inventory, get_rule(rule), day) for day in (DAY, DAY.replace(year=2020))
    )
    assert all(figure.is_closed for figure in now.figures())
    assert now.links["firm"].all()
    assert [f.numerator for f in before.figures()] == [f.numerator for f in now.figures()]
    assert brackets(before)["cs"][0] == 0
    assert brackets(before)["avs"][0] == brackets(now)["evs_seul"][0] > 0
    # A list that says of no day what it describes is taken at its word.
    timeless = replace(inventory, date=None)
    assert Coverage.compute(WORLD, timeless, get_rule(rule), before.on).figures() == now.figures()


def test_a_structure_without_coordinates_is_anywhere_in_its_commune():
    # At 3 km ± 600 m, reaching 1,500 m: 2 and 4 are at 1 km, 1 and 5 at 2 km of the chef-lieu.
    coarse = structure("a", "CS", "3", world=WORLD, position_error_m=600.0)
    made = cover(WORLD, coarse, rule="radius:1500m")
    assert brackets(made)["cs"] == (1, 3, 5)
    # Within 900 m: its own commune's 30; within 1,500 m: 20 + 30 + 40; within 2,100 m: 150.
    assert brackets(made, "habitants")["cs"] == (30, 90, 150)
    assert list(zip(made.links["commune"], made.links["basis"], strict=True)) == [
        ("1", "distance_possible"), ("2", "distance_approchee"), ("3", "siege"), ("4", "distance_approchee"),
        ("5", "distance_possible"),
    ]  # fmt: skip
    by_time = cover(WORLD, coarse, rule="travel-time:3min")  # 1,923 m: 1 and 5 are 77 m too far
    assert brackets(by_time)["cs"] == (3, 3, 5)
    row = next(row for row in communes_access(made) if row.code == "5")
    assert (row.cs_far, row.cs_bounds, row.cs_position) == (2000.0, (1400.0, 2600.0), "chef_lieu")
    only = structure_contributions(made)[0]
    assert (only.served, only.served_bounds, only.alone_bounds) == (90, (30, 150), (30, 150))


def test_a_seat_covers_its_commune_even_where_its_inhabitants_may_be_out_of_reach():
    coarse = structure("a", "CS", "3", world=WORLD, position_error_m=5000.0)
    made = cover(WORLD, coarse, rule="radius:1500m")
    assert brackets(made)["cs"] == (1, 3, 7)
    assert brackets(made, "habitants")["cs"] == (0, 90, 280)


structures = st.lists(
    st.tuples(
        st.sampled_from(["CS", "EVS"]),
        st.sampled_from(list(WORLD.communes.index)),
        st.integers(0, 2500),
        st.floats(-1, 1),
        st.sampled_from(["certain", "deduit"]),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.full
@given(
    rows=structures, rule=st.sampled_from(["radius:1km", "radius:1500m", "radius:3km", "travel-time:3min"])
)
@settings(max_examples=150)
def test_wherever_the_structures_really_are_the_brackets_hold_the_truth(rows, rule):
    coarse = [
        structure(f"s{i}", kind, seat, world=WORLD, position_error_m=float(error), seat_quality=quality)
        for i, (kind, seat, error, _, quality) in enumerate(rows)
    ]
    true = [
        replace(one, x_m=one.x_m + error * along, position_error_m=0.0, has_point=True)
        for one, (_, _, error, along, _) in zip(coarse, rows, strict=True)
    ]
    known, real = cover(WORLD, *coarse, rule=rule), cover(WORLD, *true, rule=rule)
    for bracket, figure in zip(known.figures(), real.figures(), strict=True):
        assert bracket.lower <= bracket.numerator <= bracket.upper
        assert bracket.lower <= figure.numerator <= bracket.upper
        assert figure.is_closed
    for bracket, figure in zip(by_multiplicity(known), by_multiplicity(real), strict=True):
        assert bracket.lower <= figure.numerator <= bracket.upper
    ours = {row.structure.id: row for row in structure_contributions(known)}
    for row in structure_contributions(real):
        for value, (low, high) in (
            (row.served, ours[row.structure.id].served_bounds),
            (row.alone, ours[row.structure.id].alone_bounds),
        ):
            assert low <= value <= high
    rows_known, rows_real = communes_access(known), communes_access(real)
    for row, truth in zip(rows_known, rows_real, strict=True):
        low, high = row.avs_bounds
        assert low <= truth.avs_far
        assert high is None or truth.avs_far <= high
        assert truth.avs_bounds == (truth.avs_far, truth.avs_far)


def test_nothing_unknown_closes_every_bracket(run, tmp_path):
    # A made list: complete areas, certain seats, coordinates.
    assert run("init", "seine et marne", "etude", "--example").returncode == 0
    path = tmp_path / "etude" / "structures.csv"
    name = find_territory_name("77")
    report = build_report(name, [*RULES, "radius:10km"], files=Files(structures=path))
    assert report.uncertainty["positions"] == {"point": 67, "chef_lieu": 0, "deduit": 0, "inconnue": 0}
    for one in (report, *report.beside):
        assert one.is_closed
        assert all(figure.is_closed for epci in one.epci for figure in epci.figures)
        assert all(figure.is_closed for figure in by_multiplicity(one.coverage))
        frame = one.coverage.communes
        assert (frame["statut"] == frame["statut_minorant"]).all()
        assert (frame["statut"] == frame["statut_majorant"]).all()
        for row in structure_contributions(one.coverage):
            assert set(row.served_bounds) == {row.served}
            assert set(row.alone_bounds) == {row.alone}
    access = communes_access(report.coverage)
    assert all(row.avs_bounds == (row.avs_far, row.avs_far) for row in access)
    summary = summarise_access(access, 10)
    assert all(line.mean_bounds == (line.mean, line.mean) for line in summary)
    # Without its coordinates, the same list opens the brackets of distances, and of nothing else.
    text = path.read_text(encoding="utf-8-sig").splitlines()
    header = text[0].split(";")
    gone = {header.index("longitude"), header.index("latitude")}
    cells = [[cell for rank, cell in enumerate(line.split(";")) if rank not in gone] for line in text]
    path.write_text("\n".join(";".join(line) for line in cells), encoding="utf-8")
    report = build_report(name, list(RULES), files=Files(structures=path))
    closed = {one.coverage.rule.name: one.is_closed for one in (report, *report.beside)}
    assert closed == {"declared": True, "implantation": True, "radius": False, "travel-time": False}


def test_every_export_carries_what_is_not_known(run, tmp_path):
    for command in ("communes", "groups", "access", "contributions", "qpv", "zones"):
        made = json.loads(run(command, "allier", "--json").stdout)
        assert made["completude"] == {"CS": "10/20", "EVS": "8/12"}, command
        assert made["positions"] == {"point": 0, "chef_lieu": 12, "deduit": 1, "inconnue": 5}, command
        assert made["hors_fourchette"].startswith("10 CS et 4 EVS publiés mais non identifiés"), command
        run(command, "allier", "--csv", f"{command}.csv")
        lines = (tmp_path / f"{command}.csv").read_text(encoding="utf-8-sig").splitlines()
        names = lines[0].split(";")
        assert {"completude", "positions", "hors_fourchette"} <= set(names)
        assert all("CS=10/20|EVS=8/12" in line for line in lines[1:])


def test_the_words_say_what_the_brackets_rest_on(run):
    page = run("communes", "allier", "--rule", "radius:5km").stdout.decode()
    assert "une structure sans coordonnées est n'importe où dans la commune de son siège" in page
    assert "10 CS sur 20 publiés et 8 EVS sur 12 publiés" in page
    assert "liens certains, hors sièges déduits" in page
    assert get_rule("radius:5km").hypothesis in page


def test_a_country_without_coordinates_is_still_computed():
    # Cayenne reaches 197 km from its chef-lieu: no radius is negative, no structure is lost.
    world = territory({"1": "A", "2": "A"})
    far = structure("a", "CS", "1", world=world, position_error_m=197_300.0)
    made = cover(world, far, rule="radius:5km")
    assert brackets(made)["cs"] == (1, 2, 2)
