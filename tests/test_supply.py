"""The offer around communes: worlds worked out by hand, a conservation law, and two independent oracles."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from math import hypot

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import InputError, build_report, find_territory_name
from avs_coverage.embedded import read_csv, read_parquet
from avs_coverage.projection import epsg_of
from avs_coverage.study import Files
from avs_coverage.supply import STEPPED_WEIGHTS, communes_supply, two_step
from tests.worlds import cover, structure, territory

WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""})
"""Chefs-lieux at 1, 2, 3 and 4 km on one line; 10, 20, 30 and 40 inhabitants."""


def placed(id, seat, capacity, **more):
    return structure(id, "CS", seat, world=WORLD, capacity=capacity, **more)


def offers(coverage, limit_m=1000, enhanced=False):
    return {row.code: row.places_per_1000 for row in communes_supply(coverage, limit_m, enhanced).rows}


A, B = placed("a", "03001", 6), placed("b", "03003", 9)


def test_each_structure_shares_its_places_and_a_commune_adds_up_the_shares():
    # A reaches 10 + 20 inhabitants: 6 ÷ 30; B reaches 20 + 30 + 40: 9 ÷ 90. Commune 2 has both.
    found = communes_supply(cover(WORLD, A, B), 1000)
    assert [row.places_per_1000 for row in found.rows] == [200, 300, 100, 100]
    assert [row.structures for row in found.rows] == [1, 2, 1, 1]
    assert not any(row.is_floor for row in found.rows)
    assert (found.places, found.counted, found.beyond, found.people_beyond) == (15, ("a", "b"), 0, 0)


def test_the_limit_is_reached_and_a_metre_less_is_not():
    assert offers(cover(WORLD, A), 1000)["03002"] == 200
    assert offers(cover(WORLD, A), 999) == {"03001": 600, "03002": 0, "03003": 0, "03004": 0}


def test_enhanced_weighs_inhabitants_and_shares_by_zone():
    # Zones of 1, 2 and 3 km: 10 + 20 + 0.68 × 30 + 0.22 × 40 = 59.2 weighted inhabitants for 592 places.
    found = offers(cover(WORLD, replace(A, capacity=592)), 3000, enhanced=True)
    assert found == {"03001": 10_000, "03002": 10_000, "03003": 6_800, "03004": 2_200}


def test_a_structure_without_capacity_is_not_one_of_no_place():
    found = communes_supply(cover(WORLD, A, placed("x", "03004", None)), 1000)
    # It is within reach of communes 3 and 4, where nothing else is: unknown, not zero.
    assert [row.places_per_1000 for row in found.rows] == [200, 200, None, None]
    assert [row.is_floor for row in found.rows] == [False, False, True, True]
    assert [row.without_capacity for row in found.rows] == [0, 0, 1, 1]
    assert found.without_capacity == ("x",)
    # Beside a known one, what is known is a floor; a capacity of 0 is known.
    mixed = communes_supply(cover(WORLD, A, placed("x", "03002", None)), 1000).rows
    assert (mixed[1].places_per_1000, mixed[1].is_floor) == (200, True)
    none = communes_supply(cover(WORLD, A, placed("x", "03004", 0)), 1000)
    assert (none.rows[3].places_per_1000, none.rows[3].is_floor) == (0, False)


def test_without_any_located_capacity_the_offer_is_refused():
    for structures in ((), (replace(A, capacity=None),), (replace(A, seat="", x_m=None, y_m=None),)):
        with pytest.raises(InputError) as caught:
            communes_supply(cover(WORLD, *structures), 1000)
        assert [fault.code for fault in caught.value.faults] == ["AVS-375"]


def test_only_structures_that_count_and_have_a_seat_offer_places():
    lost = placed("s", "", 50)
    doubtful, shut = replace(B, status="a_confirmer"), replace(B, end=pd.Timestamp("2020-01-01").date())
    for absent in (lost, doubtful, shut):
        assert offers(cover(WORLD, A, absent)) == {"03001": 200, "03002": 200, "03003": 0, "03004": 0}
    found = communes_supply(cover(WORLD, A, lost), 1000)
    assert (found.unplaced, found.counted, found.places) == (("s",), ("a",), 6)
    assert offers(cover(WORLD, A, doubtful, include_unconfirmed=True))["03003"] == 100


def test_another_projection_is_out_of_reach_however_close_its_figures():
    abroad = replace(B, seat="97411")
    assert offers(cover(WORLD, A, abroad))["03003"] == 0
    # Nor do the inhabitants of commune 2 share the places once it is overseas.
    apart = replace(WORLD, communes=WORLD.communes.assign(departement=["03", "974", "03", "03"]))
    assert offers(cover(apart, A)) == {"03001": 600, "03003": 0, "03004": 0}


def test_where_nobody_lives_nothing_is_said_and_no_share_is_taken():
    desert = territory({"03001": "A", "03002": "A"}, population={"03001": 0, "03002": 10})
    sites = [structure(code, "CS", code, world=desert, capacity=5) for code in ("03001", "03002")]
    assert offers(cover(desert, *sites), 500) == {"03001": None, "03002": 500}
    assert offers(cover(desert, *sites), 1000) == {"03001": None, "03002": 1000}


def test_a_departement_without_an_inventory_is_absent_and_its_border_is_a_floor():
    both = replace(WORLD, communes=WORLD.communes.assign(departement=["03", "03", "03", "63"]))
    found = communes_supply(cover(both, A), 1000)
    # Commune 4 is unknown; from commune 3 it is within reach, so the offer there is unknown as well.
    assert [(row.code, row.places_per_1000, row.is_floor) for row in found.rows] == [
        ("03001", 200, False), ("03002", 200, False), ("03003", None, True),
    ]  # fmt: skip
    # Its inhabitants share the places of a structure that reaches them: 9 ÷ 90.
    assert offers(cover(both, B))["03003"] == 100


WORLDS = st.tuples(st.integers(1, 7), st.integers(1, 5), st.integers(0, 2**32 - 1))


def random_world(size):
    communes, structures, seed = size
    random = np.random.default_rng(seed)
    demand = random.integers(1, 500, communes).astype(float)
    supply = random.integers(0, 90, structures).astype(float)
    metres = random.integers(0, 16, (communes, structures)) * 1000.0  # often exactly at a limit
    return demand, supply, metres


METHODS = pytest.mark.parametrize("weights", [(1.0,), STEPPED_WEIGHTS], ids=["2sfca", "e2sfca"])


def zones_of(weights):
    return [9000.0] if len(weights) == 1 else [3000.0, 6000.0, 9000.0]


@METHODS
@given(size=WORLDS)
def test_every_place_of_a_structure_that_reaches_somebody_is_given_once(weights, size):
    demand, supply, metres = random_world(size)
    given_out = (two_step(demand, supply, metres, zones_of(weights), weights) * demand).sum()
    assert given_out == pytest.approx(supply[(metres <= 9000).any(axis=0)].sum())


@METHODS
@settings(max_examples=30)
@given(size=WORLDS)
def test_the_offer_is_that_of_the_package_access(weights, size):
    from access import Access
    from access.weights import step_fn

    demand, supply, metres = random_world(size)
    pairs = [(i, j, metres[i, j]) for i in range(len(demand)) for j in range(len(supply))]
    # Indexed beforehand: the package would do it in a way that pandas warns of.
    model = Access(
        demand_df=pd.DataFrame({"people": demand}).rename_axis("geoid"),
        demand_index=True, demand_value="people",
        supply_df=pd.DataFrame({"places": supply}).rename_axis("geoid"),
        supply_index=True, supply_value="places",
        cost_df=pd.DataFrame(pairs, columns=["origin", "dest", "cost"]),
        cost_origin="origin", cost_dest="dest", cost_name="cost",
    )  # fmt: skip
    zones = zones_of(weights)
    if len(zones) == 1:
        expected = model.two_stage_fca(name="offer", max_cost=zones[0])
    else:
        expected = model.enhanced_two_stage_fca(
            name="offer", weight_fn=step_fn(dict(zip(zones, weights, strict=True)))
        )
    expected = expected["offer_places"].reindex(range(len(demand))).fillna(0).to_numpy()
    assert two_step(demand, supply, metres, zones, weights) == pytest.approx(expected)


# Around the meeting point of three départements; Nevers and La Charité offer places to the Cher.
LIST = """nom;type;code_insee;capacite;longitude;latitude
Moulins;CS;03190;120;;
Yzeure;EVS;03321;35;3,3702;46,5570
Bourbon;CS;03036;;;
Nevers;CS;58194;200;;
La Charité;EVS;58059;15;;
Sancoins;EVS;18242;25;;
Vichy;CS;03310;80;;
Le Port;CS;97407;60;;
"""


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def brute_force(coverage, limit_m, weights):
    """Return the offer of every commune of France, one pair at a time."""
    sites = tuple(
        (s.capacity, s.x_m, s.y_m, epsg_of("974" if s.seat.startswith("974") else s.seat[:2]))
        for s in coverage.inventory.structures
        if s.capacity is not None
    )
    return offer_of(sites, limit_m, weights)


@cache
def offer_of(sites, limit_m, weights):
    codes = [row["code"] for row in read_csv("departements.csv")]
    communes = list(read_parquet("communes.parquet", codes).itertuples())
    found = {}
    for places, x, y, epsg in sites:
        shares = {}
        for row in communes:
            metres = hypot(row.x_m - x, row.y_m - y)
            if epsg_of(row.departement) == epsg and metres <= limit_m:
                zone = next(k for k in range(len(weights)) if metres <= limit_m * (k + 1) / len(weights))
                shares[row.code] = weights[zone], row.population
        total = sum(weight * people for weight, people in shares.values())
        for code, (weight, _) in shares.items():
            found[code] = found.get(code, 0) + 1000 * weight * places / total
    return found


@pytest.mark.full
@pytest.mark.parametrize("name", ["allier", "ca de nevers", "region:84", "974"])
@METHODS
def test_the_offer_in_a_territory_is_that_of_the_whole_country(listed, name, weights):
    coverage = build_report(find_territory_name(name), files=Files(structures=listed)).coverage
    for limit_m in (12_000, 60_000):
        expected = brute_force(coverage, limit_m, weights)
        found = communes_supply(coverage, limit_m, enhanced=len(weights) > 1)
        assert [row.code for row in found.rows] == list(coverage.territory.communes.index[coverage.known])
        for row in found.rows:
            if row.places_per_1000 is None:
                assert row.is_floor
                assert row.code not in expected
            else:
                assert row.places_per_1000 == pytest.approx(expected.get(row.code, 0), abs=6e-4), row.code
        assert any(row.places_per_1000 for row in found.rows)


def test_inhabitants_beyond_the_border_share_the_places_and_are_counted(listed):
    name = find_territory_name("ca de nevers")
    report = build_report(name, files=Files(structures=listed))
    found = communes_supply(report.coverage, 10_000)
    site = next(s for s in report.coverage.inventory.structures if s.name == "Nevers")
    # The only structure within reach of the CA de Nevers that has a capacity.
    codes = [row["code"] for row in read_csv("departements.csv") if epsg_of(row["code"]) == 2154]
    communes = read_parquet("communes.parquet", codes)
    reached = communes[np.hypot(communes["x_m"] - site.x_m, communes["y_m"] - site.y_m) <= 10_000]
    beyond = reached[~reached["code"].isin(report.coverage.territory.communes.index)]
    assert (found.beyond, found.people_beyond) == (len(beyond), beyond["population"].sum())
    assert found.beyond > 0


def test_the_command_gives_a_page_a_table_and_json_that_agree(run, listed, tmp_path):
    given = ("supply", "allier", "--structures", str(listed), "--limit", "8,5")
    made = json.loads(run(*given, "--json").stdout)
    assert made["synthese"]["methode"] == "2sfca"
    assert made["synthese"]["zones_m"] == [8500]
    assert made["synthese"]["structures_sans_capacite"] == ["CS-03036-bourbon"]
    rows = {row["code_insee"]: row for row in made["supply"]}
    assert len(rows) == 317
    assert rows["03036"]["places_pour_1000"] is None
    done = run(*given, "--csv", "offre.csv")
    assert "1 structure sans capacité ne compte pas dans l'offre" in done.stderr.decode()
    lines = (tmp_path / "offre.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (
        next(line for line in lines if line.startswith("03036"))
        == "03036;Bourbon-l'Archambault;2494;;oui;0;1;03;2026-01-01;declared;;non;;CS=3/?|EVS=1/?;"
        "point=1|chef_lieu=3|deduit=0|inconnue=0;"
    )
    page = run(*given).stdout.decode()
    assert "535 places dans 7 structures de capacité connue" in page
    assert "à 8,5 km ou moins" in page
    assert "Luo et Wang 2003" in page
    assert "1 structure sans capacité ne compte pas dans l'offre" in page
    enhanced = run(*given[:-1], "9", "--enhanced").stdout.decode()
    assert "1 jusqu'à 3 km, 0,68 jusqu'à 6 km et 0,22 jusqu'à 9 km (E2SFCA, Luo et Qi 2009)" in enhanced


def test_what_the_command_refuses_and_what_it_cannot_know(run):
    refused = run("supply", "allier")
    assert refused.returncode == 3
    assert "AVS-375" in refused.stderr.decode()
    assert run("supply", "allier", "--limit", "0").returncode == 2
    unknown = run("supply", "lozere", "--json")
    assert unknown.returncode == 0
    assert json.loads(unknown.stdout)["synthese"] is None
    assert json.loads(unknown.stdout)["supply"] == []
    assert "inconnue, non nulle" in unknown.stderr.decode()
