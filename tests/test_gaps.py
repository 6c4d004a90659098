from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from avs_coverage.gaps import GAP, UNCLEAR, zones
from tests.worlds import cover, structure, territory

# A row of nine communes, 1–2–3–4–5–6–7–8, and 9 an island; EPCI A: 1–4, B: 5–9.
ROW = [(str(n), str(n + 1)) for n in range(1, 8)]
WORLD = territory({str(n): "A" if n <= 4 else "B" for n in range(1, 10)}, pairs=ROW)


def shown(coverage, kind=GAP):
    return [[code for code, _ in zone.communes] for zone in zones(coverage) if zone.kind == kind]


def test_gaps_are_connected_groups_by_inhabitants_with_the_island_alone():
    # A CS covers 4 and 5, wholly known: 1 2 3 (60 inhabitants), 6 7 8 (210), 9 (90) stay uncovered.
    coverage = cover(WORLD, structure("a", "CS", "4", "complete", "4 5", WORLD))
    assert shown(coverage) == [["8", "7", "6"], ["9"], ["3", "2", "1"]]
    first = zones(coverage)[0]
    assert (first.rank, first.population, first.area_km2) == (1, 210, 21.0)
    # From 8 at x = 8 km to the seat 4 at x = 4 km.
    assert (first.nearest.id, first.distance_km) == ("a", 4.0)


def test_what_only_the_hypothesis_covers_is_listed_apart_with_whom_to_ask():
    # The CS at 4 has an unknown area: certain 4, possible 1 2 3; B has nothing.
    coverage = cover(WORLD, structure("a", "CS", "4", world=WORLD))
    assert shown(coverage) == [["8", "7", "6", "5"], ["9"]]
    assert shown(coverage, UNCLEAR) == [["3", "2", "1"]]
    unclear = next(zone for zone in zones(coverage) if zone.kind == UNCLEAR)
    assert unclear.possible == ("a",)


def test_areas_to_be_clarified_are_split_where_the_structures_to_ask_change():
    # a (seat 4, area unknown) may serve 1 2 3; b (area estimated) may serve 2 too.
    b = structure("b", "EVS", "9", "estimee", "2", WORLD)
    coverage = cover(WORLD, structure("a", "CS", "4", world=WORLD), b)
    assert shown(coverage, UNCLEAR) == [["3"], ["2"], ["1"]]


def test_a_commune_without_an_inventory_is_in_no_zone():
    assert zones(cover(WORLD, departements=frozenset({"63"}))) == ()


def test_an_inventory_without_any_located_structure_gives_zones_without_a_nearest_one():
    found = zones(cover(WORLD))
    assert {zone.nearest for zone in found} == {None}
    assert {zone.distance_km for zone in found} == {None}
    assert found[0].to_record()["structure_proche"] is None


def test_ties_in_distance_go_to_the_smaller_id():
    coverage = cover(
        WORLD,
        structure("b", "CS", "2", "complete", "2", WORLD),
        structure("a", "CS", "2", "complete", "2", WORLD),
    )
    assert zones(coverage)[0].nearest.id == "a"


@given(covered=st.sets(st.sampled_from([str(n) for n in range(1, 10)])))
def test_zones_partition_the_uncovered_communes(covered):
    structures = [structure(code, "CS", code, "complete", code, WORLD) for code in covered]
    coverage = cover(WORLD, *structures)
    found = shown(coverage)
    listed = [code for zone in found for code in zone]
    assert sorted(listed) == sorted(set(WORLD.communes.index) - covered)
    assert len(listed) == len(set(listed))
    of = {code: i for i, zone in enumerate(found) for code in zone}
    # Two neighbours that are both uncovered are in one zone; a zone is a run of the row.
    assert all(of[a] == of[b] for a, b in ROW if a in of and b in of)
    for zone in found:
        numbers = sorted(map(int, zone))
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert zone == ["9"] or "9" not in zone
