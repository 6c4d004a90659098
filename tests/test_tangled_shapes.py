"""Shapes that cost out of proportion to their size are refused within bounds; those of real files pass."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import shapely

from avs_coverage.embedded import read_parquet
from avs_coverage.loaders import geo_shapes
from avs_coverage.loaders.polygons import are_a_coverage, repaired, sharing_a_line, united

Ring = list[list[float]]
TEETH = 1_500


def scribble(corners: int) -> Ring:
    """Return a ring that crosses itself about corners² / 6 times."""
    place = random.Random(1)
    ring = [[2.6 + place.uniform(-0.05, 0.05), 46.34 + place.uniform(-0.05, 0.05)] for _ in range(corners)]
    return [*ring, ring[0]]


def comb(upright: bool) -> Ring:
    """Return a valid ring of long teeth; one upright crosses one that lies TEETH² times."""
    ring: Ring = []
    for tooth in range(TEETH):
        low, high = 0.1 * tooth / TEETH, 0.1 * (tooth + 0.4) / TEETH
        ring += [[0, low], [0.1, low], [0.1, high], [-0.0001, high]]
    turned = [[y, x] if upright else [x, y] for x, y in [*ring, ring[0]]]
    return [[2.55 + x, 46.3 + y] for x, y in turned]


HOSTILE = {
    "scribble": [("03185", "Polygon", [scribble(3_000)])],
    "one of two combs": [("03185", "MultiPolygon", [[comb(False)], [comb(True)]])],
    "a code twice": [("03185", "Polygon", [comb(False)]), ("03185", "Polygon", [comb(True)])],
    "communes across": [("03185", "Polygon", [comb(False)]), ("03101", "Polygon", [comb(True)])],
}


def layer(path: Path, kind: str, column: str, codes: dict[str, str]) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {column: codes.get(code, code)},
            "geometry": {"type": shape, "coordinates": coordinates},
        }
        for code, shape, coordinates in HOSTILE[kind]
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


@pytest.mark.parametrize("kind", HOSTILE)
def test_tangled_communes_are_refused(run, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("avs_coverage.loaders.geo_process._SHAPES_CPU_S", 0)  # the sooner
    layer(tmp_path / "communes.geojson", kind, "code", {})
    done = run("report", "allier", "--communes", "communes.geojson")
    assert done.returncode == 3
    assert "AVS-371" in done.stderr.decode()
    assert "se recoupent trop" in done.stderr.decode()


@pytest.mark.parametrize("kind", ["scribble", "a code twice"])
def test_tangled_quarters_are_refused(run, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("avs_coverage.loaders.geo_process._SHAPES_CPU_S", 0)
    layer(tmp_path / "qp.geojson", kind, "code_qp", {"03185": "QN00304M"})
    done = run("qpv", "allier", "--qpv", "qp.geojson")
    assert done.returncode == 3
    assert "se recoupent trop" in done.stderr.decode()


def test_a_repair_that_swells_is_refused(monkeypatch):
    shape = shapely.Polygon(scribble(100))
    assert repaired([shape], ["x"], "x.geojson", [])[0].is_valid
    monkeypatch.setattr(geo_shapes, "_MOST_VERTICES", 0)
    with pytest.raises(MemoryError):
        geo_shapes._in_proportion(geo_shapes.valid_polygons(shape), shape)


def test_what_is_repaired_and_united_there_is_what_would_be_here():
    squares = [shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.box(5, 5, 6, 6)]
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    point = shapely.Point(1, 1)
    nowhere = shapely.transform(bow_tie, lambda xy: np.where(xy == [[2, 2]], [[np.nan, 2]], xy))
    warnings: list = []
    found = repaired([squares[0], bow_tie, point, nowhere], ["a", "b", "c", "d"], "x.shp", warnings)
    assert found[0].equals_exact(squares[0], 0)
    assert found[1].equals_exact(geo_shapes.valid_polygons(bow_tie), 0)
    assert found[2:] == [None, None]
    assert [warning.values["value"] for warning in warnings] == ["b"]
    one, two = united([[squares[2]], squares[:2]], "x.shp")
    assert one is squares[2]
    assert two.equals_exact(shapely.union_all(squares[:2]), 0)
    assert not are_a_coverage(squares, "x.shp")
    assert are_a_coverage(squares[1:], "x.shp")
    assert repaired([], [], "x.shp", []) == []


def test_neighbours_are_those_that_share_a_line():
    rows = read_parquet("boundaries_2154.parquet", ["03", "2A"], ("code", "geometry"))
    shapes = shapely.from_wkb(rows["geometry"].to_numpy())
    left, right = shapely.STRtree(shapes).query(shapes, predicate="touches")
    line = shapely.relate_pattern(shapes[left], shapes[right], "****1****")
    found = np.column_stack(sharing_a_line(shapes))
    expected = np.column_stack([left[line], right[line]])
    assert len(expected) < len(left)  # some touch by a corner alone
    assert {tuple(pair) for pair in found.tolist()} == {tuple(pair) for pair in expected.tolist()}
    assert len(found) == len(expected)
