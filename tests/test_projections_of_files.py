"""A projection is believed where it stands by itself, and refused where it names a file."""

from __future__ import annotations

import json

import pytest
from pyproj import CRS

from avs_coverage.loaders.geo_projection import json_stands_by_itself, stands_by_itself

# The legal projections of France, those that came before, and what the web and Europe use.
IN_USE = (2154, 4326, 3857, 4171, 4258, 3035, 27572, 4275, 2972, 2975, 5490, 4471, 32631, 3942, 5698)
NAMES_A_FILE = (
    "+init=epsg:2154",
    "+init=/tmp/x:1",
    "/tmp/x:1",
    "x:1",
    "+proj=longlat +nadgrids=/tmp/x",
    "+proj=longlat +nadgrids=@/tmp/x",
    "+proj=longlat +nadgrids=@null,/tmp/x",
    "+proj=longlat +NADGRIDS=x",
    "+proj=utm +zone=31 +geoidgrids=x.tif",
    "+proj=defmodel +model=/tmp/x.json",
    "+proj=tinshift +file=/tmp/x.json",
    'GEOGCS["a",DATUM["b",SPHEROID["c",6378137,298.25],EXTENSION["PROJ4_GRIDS","/tmp/x"]]]',
    'GEOGCS["a",DATUM["b",SPHEROID["c",6378137,298.25]],EXTENSION["PROJ4","+proj=longlat +nadgrids=x"]]',
    'CONVERSION["a",METHOD["PROJ-based operation method: +proj=pipeline +step +proj=hgridshift +grids=x"]]',
    'BOUNDCRS[SOURCECRS[a],ABRIDGEDTRANSFORMATION["b",METHOD["NTv2"],PARAMETERFILE["Grid file","x"]]]',
    "http://127.0.0.1/x",
    "file:///tmp/x",
)


@pytest.mark.parametrize("code", IN_USE)
def test_every_way_of_writing_a_projection_in_use_stands_by_itself(code):
    crs = CRS.from_epsg(code)
    ways = ("WKT1_GDAL", "WKT1_ESRI", "WKT2_2015", "WKT2_2019", "WKT2_2019_SIMPLIFIED")
    texts = [crs.to_wkt(way) for way in ways] + [
        f"EPSG:{code}",
        f"urn:ogc:def:crs:EPSG::{code}",
    ]
    assert [text for text in texts if text and not stands_by_itself(text)] == []
    assert json_stands_by_itself(json.loads(crs.to_json()))


@pytest.mark.parametrize(
    "text",
    [
        "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +ellps=GRS80 +units=m +no_defs",
        "+proj=merc +a=6378137 +b=6378137 +lon_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs +type=crs",
        "+proj=longlat +ellps=clrk80ign +towgs84=-168,-60,320,0,0,0,0 +pm=paris",
        "undefined",
        "",
    ],
)
def test_a_description_by_numbers_stands_by_itself(text):
    assert stands_by_itself(text)


@pytest.mark.parametrize("text", NAMES_A_FILE)
def test_what_names_a_file_is_refused(text):
    assert not stands_by_itself(text)
    assert not json_stands_by_itself(text)


def test_a_projjson_that_names_a_file_is_refused():
    crs = json.loads(CRS.from_epsg(4326).to_json())
    parameter = {"name": "Latitude and longitude difference file", "value": "/tmp/x"}
    transformation = {"name": "x", "method": {"name": "NTv2"}, "parameters": [parameter]}
    bound = {"type": "BoundCRS", "source_crs": crs, "target_crs": crs, "transformation": transformation}
    assert json_stands_by_itself(crs)
    assert not json_stands_by_itself(bound)
