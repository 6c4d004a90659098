"""Durations asked of an OSRM server: which pairs, in which blocks, and what refuses an answer."""

from __future__ import annotations

import pytest

from avs_coverage import InputError, build_report, find_territory_name, osrm, osrm_server
from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory
from avs_coverage.osrm_server import parse_server
from avs_coverage.rules import RuleSettings, get_rule
from tests.osrm_server.helpers import NEAR, ask, places, seconds
from tests.worlds import DAY, structure, territory


@pytest.mark.parametrize("kmh", [50, 130])
def test_covered_communes_are_those_of_brute_force(stand, kmh):
    # At 130 km/h, the pairs that are not asked for would be missed if they were within reach.
    stand.kmh = kmh
    times, coverage = ask(stand)
    communes, inventory = coverage.territory.communes, coverage.inventory
    where = {
        code: (row.lon, row.lat) for code, row in zip(communes.index, communes.itertuples(), strict=True)
    }
    seats = {
        s.id: (s.longitude, s.latitude) if s.has_point else where[s.seat]
        for s in inventory.counted(coverage.on)
        if s.seat
    }
    every = {(c, s): seconds(a, b, kmh) / 60 for c, a in where.items() for s, b in seats.items()}
    asked = {(row.origine, row.destination): row.minutes for row in times.frame.itertuples()}
    assert asked
    assert all(abs(every[pair] - minutes) < 0.01 for pair, minutes in asked.items())
    rule = get_rule(NEAR, RuleSettings(travel_times=times))
    links = rule.links(coverage.territory, inventory, coverage.on).table
    reached = {(c, s) for s, c in zip(links["structure"], links["commune"], strict=True)}
    assert reached == {pair for pair, minutes in every.items() if minutes <= 20}
    assert links["certain"].all()
    assert rule.hypothesis == ""


def test_pairs_too_far_for_anyone_are_not_asked(stand):
    times, coverage = ask(stand, minutes=5)
    assert 0 < len(times.frame) < len(coverage.territory.communes) * len(times.destinations) / 4
    assert times.origins == set(coverage.territory.communes.index)


def test_blocks_give_the_matrix_of_one_request(stand, monkeypatch):
    found = {}
    for most in (7, 100, 10_000):
        monkeypatch.setattr(osrm, "MOST_PLACES", most)
        stand.asked.clear()
        frame = ask(stand)[0].frame.sort_values(["origine", "destination"], ignore_index=True)
        found[most] = frame.to_csv()
        assert all(len(places(path)) <= most for path in stand.asked)
        assert (len(stand.asked) == 1) == (most == 10_000)
    assert len(set(found.values())) == 1


def test_a_request_holds_as_many_places_as_a_server_takes(stand):
    ask(stand)
    assert max(len(places(path)) for path in stand.asked) <= osrm.MOST_PLACES == 100
    assert len(stand.asked) < 12  # not one request a structure
    assert all(path.startswith("/table/v1/driving/") for path in stand.asked)


def test_a_structure_that_no_road_joins_covers_its_seat_alone(stand):
    stand.mode = "null"
    times, coverage = ask(stand)
    assert times.unreachable == len(times.frame) > 0
    rule = get_rule("travel-time:10h", RuleSettings(travel_times=times))
    links = rule.links(coverage.territory, coverage.inventory, coverage.on).table
    assert set(links["basis"]) == {"siege", "siege_deduit"}  # La Passerelle's is deduced
    located = [s for s in coverage.inventory.counted(coverage.on) if s.seat]
    assert all(rule.locates(s) for s in located)


def test_a_structure_is_asked_for_by_its_id_alone(stand):
    world = territory({"03001": "", "03002": "", "03003": ""})
    a, b = structure("Structure b", "CS", "03001", world=world), structure("b", "EVS", "03003", world=world)
    stand.kmh = 30  # 2 km last 4 minutes: « b » is not where the structure of id « Structure b » is
    times = osrm.ask_travel_times(parse_server(stand.url), world, [a, b], 3)
    inventory = Inventory((a, b), frozenset({"03"}), "essai", "essai")
    made = Coverage.compute(
        world, inventory, get_rule("travel-time:1min", RuleSettings(travel_times=times)), DAY
    )
    assert sorted(zip(made.links["structure"], made.links["commune"], strict=True)) == [
        ("Structure b", "03001"), ("b", "03003"),
    ]  # fmt: skip


def test_without_a_structure_in_reach_nothing_is_asked(stand):
    world = territory({"03001": "", "03002": ""})
    far = structure("c", "CS", "03001", world=world)
    far = type(far)(**{**far.__dict__, "x_m": 900_000.0})
    for structures in ([], [structure("n", "CS")], [far]):
        times = osrm.ask_travel_times(parse_server(stand.url), world, structures, 5)
        assert times.frame.empty
        rule = get_rule(NEAR, RuleSettings(travel_times=times))
        inventory = Inventory(tuple(structures), frozenset({"03"}), "essai", "essai")
        assert set(rule.links(world, inventory, DAY).table["basis"]) <= {"siege"}
    assert not stand.asked


def test_overseas_points_are_sent_in_degrees(stand):
    guyane = build_report(find_territory_name("973")).coverage.territory
    one = structure("c", "CS", "97302")
    x_m, y_m = guyane.communes.loc["97302", ["x_m", "y_m"]]
    one = type(one)(**{**one.__dict__, "x_m": float(x_m), "y_m": float(y_m)})
    lille = type(one)(**{**one.__dict__, "id": "l", "seat": "59350"})
    times = osrm.ask_travel_times(parse_server(stand.url), guyane, [one, lille], 600)
    sent = places(stand.asked[0])[-1].split(",")
    assert [float(v) for v in sent] == pytest.approx(guyane.communes.loc["97302", ["lon", "lat"]], abs=1e-4)
    assert set(times.frame["destination"]) == {"c"}  # no pair between two projections


def test_places_far_from_a_road_are_named(stand):
    assert ask(stand)[0].warnings == ()
    stand.mode = "far"
    (warning,) = ask(stand)[0].warnings
    assert warning.code == "AVS-940"
    assert "communes et" in warning.what
    assert "structures" in warning.what
    stand.mode = "far-first"
    world = territory({"03001": "", "03002": ""})
    cs = structure("c", "CS", "03001", world=world)
    (warning,) = osrm.ask_travel_times(parse_server(stand.url), world, [cs], 5).warnings
    assert "1 commune (Commune 03001)" in warning.what


def test_a_passing_failure_is_tried_again_twice(stand):
    stand.failures = 2
    assert len(ask(stand)[0].frame)
    stand.failures = 3
    stand.asked.clear()
    with pytest.raises(InputError, match="502"):
        ask(stand)
    assert len(stand.asked) == 3


def test_a_silent_server_is_left_and_not_asked_again(stand, monkeypatch):
    monkeypatch.setattr(osrm_server, "TIMEOUT_S", 0.2)
    stand.mode = "slow"
    with pytest.raises(InputError) as caught:
        ask(stand)
    assert [fault.code for fault in caught.value.faults] == ["AVS-380"]
    assert "0.2 s" in str(caught.value)
    assert len(stand.asked) == 1


@pytest.mark.parametrize("mode", ["width", "NaN", "Infinity", '"12"', "true", "1" + "0" * 400, "cut"])
def test_an_answer_that_is_not_a_matrix_of_durations_is_refused(stand, mode):
    stand.mode = mode
    with pytest.raises(InputError) as caught:
        ask(stand)
    code = {"width": "AVS-384", "cut": "AVS-380"}.get(mode, "AVS-385")
    assert [fault.code for fault in caught.value.faults] == [code]
