"""No row of a territory file is lost: rows read = rows used + rows set aside, whatever the rows."""

from __future__ import annotations

import contextlib

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from avs_coverage import InputError
from avs_coverage.loaders.boundaries import read_boundaries_file
from avs_coverage.loaders.populations import read_populations
from avs_coverage.loaders.quarters import read_quarters

CODES = ["03185", "3185", "03101", "01001", "14513", "60455", "75056", "75101", "99999", "", "03"]
QUARTERS = ["QP003001", "QP003004", "QN00304M", "QP001001", "QN2A001M", "", "x"]
SHAPES = st.sampled_from(
    [
        box(2.58, 46.30, 2.64, 46.38),
        Polygon(),
        Polygon([(2.58, 46.30), (2.64, 46.38), (2.64, 46.30), (2.58, 46.38)]),
        Point(2.6, 46.3).buffer(0.01),
        None,
    ]
)
WANTED = st.sampled_from([None, ("03185", "03101")])


def account(read):
    with contextlib.suppress(InputError):
        found = read()
        assert found.rows_read == found.rows_used + sum(fault.rows for fault in found.set_aside)
        return found
    return None


@given(
    rows=st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(["1", "", "x", "2 000"]))), wanted=WANTED
)
def test_populations(tmp_path_factory, rows, wanted):
    path = tmp_path_factory.mktemp("p") / "pop.csv"
    path.write_text("code;pmun\n" + "".join(f"{code};{value}\n" for code, value in rows), encoding="utf-8")
    found = account(lambda: read_populations([path], wanted))
    if found is not None:
        assert found.rows_read == len(rows)


@given(rows=st.lists(st.tuples(st.sampled_from(QUARTERS), st.sampled_from(["1", "", "nd", "x"])), max_size=6))
def test_quarters_of_a_table(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("q") / "qpv.csv"
    path.write_text("code_qp;population\n" + "".join(f"{a};{b}\n" for a, b in rows), encoding="utf-8")
    found = account(lambda: read_quarters([path], ["03"]))
    if found is not None:
        assert found.rows_read == len(rows)


@pytest.mark.full
@settings(max_examples=40)
@given(rows=st.lists(st.tuples(st.sampled_from(CODES), SHAPES), min_size=1, max_size=6), wanted=WANTED)
def test_boundaries_and_perimeters(tmp_path_factory, rows, wanted):
    folder = tmp_path_factory.mktemp("b")
    shapes = [shape for _, shape in rows]
    frame = gpd.GeoDataFrame({"code": [code for code, _ in rows]}, geometry=shapes, crs=4326)
    frame.to_parquet(folder / "communes.parquet")
    found = account(lambda: read_boundaries_file(folder / "communes.parquet", wanted))
    if found is not None:
        assert found.rows_read == len(rows)
        assert found.frame.geometry.is_valid.all()
    codes = [QUARTERS[n % len(QUARTERS)] for n in range(len(rows))]
    gpd.GeoDataFrame({"code_qp": codes}, geometry=shapes, crs=4326).to_parquet(folder / "qp.parquet")
    perimeters = account(lambda: read_quarters([folder / "qp.parquet"], ["03"]))
    if perimeters is not None:
        assert perimeters.rows_read == len(rows)
