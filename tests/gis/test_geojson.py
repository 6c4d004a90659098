"""GeoJSON and GeoParquet give back what the report says."""

from __future__ import annotations

import json
from itertools import pairwise

import geopandas as gpd
import pyogrio
import pytest
import shapely

from avs_coverage.messages import joined
from avs_coverage.reports.geo_layers import LAYER_NAMES, geo_layers, layers
from avs_coverage.reports.geojson_file import write_geojson
from avs_coverage.reports.geoparquet_file import write_geoparquet
from tests.gis.helpers import assert_same

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")


@pytest.mark.full
def test_geoparquet_gives_back_the_same_values(report, tmp_path):
    paths = write_geoparquet(report, tmp_path / "dossier")
    assert [path.name for path in paths] == [f"{name}.parquet" for name in LAYER_NAMES]
    for name, frame in geo_layers(report).items():
        back = gpd.read_parquet(tmp_path / "dossier" / f"{name}.parquet")
        assert_same(frame, back)


@pytest.mark.full
def test_geojson_gives_back_the_same_values(report, tmp_path):
    write_geojson(report, tmp_path)
    for layer in layers(report):
        path = tmp_path / f"{layer.name}.geojson"
        document = json.loads(path.read_bytes())
        features = document["features"]
        assert [one["properties"] for one in features] == json.loads(
            json.dumps(
                [{column.name: record[column.name] for column in layer.columns} for record in layer.records]
            )
        )
        assert [one["id"] for one in features] == [
            "/".join(record[name] for name in layer.key) for record in layer.records
        ]
        if features:
            back = gpd.GeoDataFrame.from_features(features, crs=4326)
            shapes = layer.frame.to_crs(4326).geometry
            assert list(back.geometry.isna()) == list(shapes.isna())
            far = shapely.hausdorff_distance(back.geometry.dropna().values, shapes.dropna().values)
            assert (far < 1.5e-6).all()
        if any(one["geometry"] for one in features):
            read = pyogrio.read_dataframe(path)
            assert len(read) == len(features)
            assert read.crs.to_epsg() == 4326


def test_geojson_follows_rfc_7946(report, tmp_path):
    for path in write_geojson(report, tmp_path):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["type"] == "FeatureCollection"
        assert "crs" not in document
        assert len({one["id"] for one in document["features"]}) == len(document["features"])
        corners = []
        for feature in document["features"]:
            assert feature["type"] == "Feature"
            assert set(feature) == {"type", "id", "properties", "geometry"}
            geometry = feature["geometry"]
            if geometry is None:
                continue
            assert shapely.is_valid(shapely.geometry.shape(geometry))
            corners += _positions(geometry["coordinates"])
            for polygon in geometry["coordinates"] if geometry["type"] == "MultiPolygon" else ():
                for rank, ring in enumerate(polygon):
                    assert ring[0] == ring[-1]
                    assert len(ring) >= 4
                    assert (_signed_area(ring) > 0) == (rank == 0)  # right-hand rule
        if corners:
            west, south, east, north = document["bbox"]
            assert (west, east) == (min(x for x, _ in corners), max(x for x, _ in corners))
            assert (south, north) == (min(y for _, y in corners), max(y for _, y in corners))
            assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in corners)
            assert all(round(value, 6) == value for corner in corners for value in corner)
        else:
            assert "bbox" not in document


def _positions(coordinates):
    if isinstance(coordinates[0], float):
        return [tuple(coordinates)]
    return [position for part in coordinates for position in _positions(part)]


def _signed_area(ring):
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def test_lists_are_lists_in_geojson_and_joined_elsewhere(allier, tmp_path):
    write_geojson(allier, tmp_path)
    zone = json.loads((tmp_path / "zones_blanches.geojson").read_bytes())["features"][0]["properties"]
    assert isinstance(zone["communes"], list)
    assert geo_layers(allier)["zones_blanches"]["communes"][0] == "|".join(zone["communes"])
    assert zone["completude"] == {"CS": "10/20", "EVS": "8/12"}
    assert joined(zone["completude"]) == "CS=10/20|EVS=8/12"
