"""One distance, never rounded before it is compared: access, radius and travel-time agree to a digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import distances
from avs_coverage.access import communes_access, summarise_access
from avs_coverage.distances import Locations, Points
from avs_coverage.inventory import Structure
from avs_coverage.rules.travel_time import estimated_minutes
from tests.worlds import cover, territory

WORLD = territory({str(n): "A" for n in range(1, 8)})
# Off the row of chefs-lieux by the third side of a Pythagorean triangle, or by anything: ties, and limits
# that are attained exactly, are as frequent as not.
PLACES = st.tuples(
    st.one_of(st.integers(0, 8).map(lambda n: n * 1000.0), st.floats(0, 8000)),
    st.one_of(st.sampled_from([0.0, 400.0, 750.0, 1001.0]), st.floats(0, 3000)),
)
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(["CS", "EVS"]),
        st.sampled_from(sorted(WORLD.communes.index)),
        PLACES,
        st.one_of(st.just(0.0), st.sampled_from([100.0, 600.0]), st.floats(0, 2000)),
        st.sampled_from(["certain", "certain", "deduit"]),
    ),
    min_size=1,
    max_size=6,
)


def placed(drawn):
    return [
        Structure(
            f"s{rank}", f"Structure {rank}", kind, seat=seat, x_m=x, y_m=y, position_error_m=error,
            seat_quality=quality,
        )
        for rank, (kind, seat, (x, y), error, quality) in enumerate(drawn)
    ]  # fmt: skip


def test_distances_by_hand():
    """The chefs-lieux are 3,040, 2,040 and 1,040 m from the CS, with 10, 20 and 30 inhabitants."""
    world = territory({"1": "A", "2": "A", "3": "A"})
    cs = Structure("c", "Le centre", "CS", seat="3", x_m=4040.0, y_m=0.0, has_point=True)
    made = cover(world, cs, rule="radius:1km")
    rows = communes_access(made)
    assert [row.cs_far for row in rows] == [3040.0, 2040.0, 1040.0]
    assert [row.to_record()["cs_km"] for row in rows] == [3.0, 2.0, 1.0]
    # 1.0 km is what is shown of 1,040 m: rounded first, half of the inhabitants would be within 1 km.
    assert summarise_access(rows, 1)[0].fgt[0] == 1.0
    assert sum(made.inhabitants("CS")) == 0
    two = summarise_access(rows, 2)[0]
    assert two.fgt[0] == 30 / 60
    assert two.mean == pytest.approx((10 * 3.04 + 20 * 2.04 + 30 * 1.04) / 60, abs=1e-12)
    assert two.fgt[1] == pytest.approx((10 * 0.52 + 20 * 0.02) / 60, abs=1e-12)
    assert two.fgt[2] == pytest.approx((10 * 0.52**2 + 20 * 0.02**2) / 60, abs=1e-12)
    assert two.to_record()["moyenne_km"] == 1.707
    assert sum(cover(world, cs, rule="radius:2km").inhabitants("CS")) == 30


@pytest.mark.parametrize(("typed", "metres"), [("2", 2000.0), ("1.001", 1001.0), ("0.3", 300.0)])
def test_at_exactly_the_limit_both_say_within(typed, metres):
    world = territory({"1": "A"})
    cs = Structure("c", "Le centre", "CS", seat="1", x_m=1000.0 + metres, y_m=0.0, has_point=True)
    made = cover(world, cs, rule=f"radius:{typed}km")
    assert sum(made.inhabitants("CS")) == 10
    assert summarise_access(communes_access(made), float(typed))[0].fgt[0] == 0.0
    cs = replace(cs, x_m=float(np.nextafter(1000.0 + metres, np.inf)))
    made = cover(world, cs, rule=f"radius:{typed}km")
    assert sum(made.inhabitants("CS")) == 0
    assert summarise_access(communes_access(made), float(typed))[0].fgt[0] == 1.0


@given(drawn=DRAWN, typed=st.sampled_from(["1", "1.001", "1.25", "2", "0.4", "2.6"]), trees=st.booleans())
@settings(max_examples=150)
def test_beyond_by_access_is_what_is_left_of_within_by_radius(drawn, typed, trees):
    with pytest.MonkeyPatch.context() as patch:
        if trees:
            patch.setattr(distances, "_FEW_PAIRS", 0)
        made = cover(WORLD, *placed(drawn), rule=f"radius:{typed}km")
        total = int(WORLD.communes["population"].sum())
        for line in summarise_access(communes_access(made), float(typed)):
            if line.fgt is None:
                assert not made.inhabitants(line.kind).any()
                continue
            within = {
                level: int(made.inhabitants(line.kind, level).sum()) for level in ("certain", "firm", "any")
            }
            assert line.fgt[0] == (total - within["certain"]) / total
            low, high = line.beyond_bounds
            assert low == (total - within["any"]) / total
            assert high is None or high == (total - within["firm"]) / total


@given(drawn=DRAWN, minutes=st.sampled_from(["1.56", "2", "3", "3.12"]))
@settings(max_examples=100)
def test_estimated_durations_are_those_of_the_same_distances(drawn, minutes):
    made = cover(WORLD, *placed(drawn), rule=f"travel-time:{minutes}min")
    found = {(row.structure, row.commune): row for row in made.links.itertuples()}
    rows = WORLD.communes
    for one in placed(drawn):
        for code in rows.index:
            metres = distances.metres_between(rows["x_m"][code], rows["y_m"][code], one.x_m, one.y_m)
            ends = [
                estimated_minutes(metres + error)
                for error in (-one.position_error_m, 0.0, one.position_error_m)
            ]
            least, figure, most = (end <= float(minutes) for end in ends)
            link = found.get((one.id, code))
            if code == one.seat:
                assert link.certain
            else:
                assert (link is not None) == (least or figure)
                assert link is None or link.certain == figure
                assert link is None or link.firm == (figure and most and not one.is_seat_deduced)


@given(drawn=DRAWN)
@settings(max_examples=100)
def test_the_index_finds_what_measuring_every_pair_does(drawn):
    made = cover(WORLD, *placed(drawn))
    x, y = WORLD.communes["x_m"].to_numpy(float), WORLD.communes["y_m"].to_numpy(float)
    epsg = np.full(len(x), 2154)
    for kind in ("CS", "EVS", ""):
        locations = Locations(made, kind)
        plain = [column.tolist() for column in locations.search(x, y, epsg)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(distances, "_FEW_PAIRS", 0)
            patch.setattr(distances, "_POINTS_AT_ONCE", 3)
            assert [column.tolist() for column in locations.search(x, y, epsg)] == plain
        assert {row[0] for row in zip(*plain, strict=True)} == {-1} or len(locations.structures)
        for (px, py), (rank, far, least, most) in zip(
            zip(x, y, strict=True), zip(*plain, strict=True), strict=True
        ):
            metres = [(float(np.hypot(s.x_m - px, s.y_m - py)), s) for s in locations.structures]
            assert far == min((m for m, _ in metres), default=np.inf)
            assert rank < 0 or metres[rank][0] == far
            assert all(m > far for m, _ in metres[: max(rank, 0)])
            assert least == min((max(m - s.position_error_m, 0) for m, s in metres), default=np.inf)
            assert most == min((m + s.position_error_m for m, s in metres if s.is_firm), default=np.inf)


def test_another_projection_is_out_of_reach():
    points = Points(np.array([0.0, 10.0]), np.zeros(2), np.array([2154, 2975]))
    place, found, metres = points.within(np.zeros(1), np.zeros(1), 2975, np.array([50.0]))
    assert (place.tolist(), found.tolist(), metres.tolist()) == ([0], [1], [10.0])
