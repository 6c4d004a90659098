"""Lists of structures: files known by their content."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage.errors import InputError
from tests.loaders.helpers import (
    load_in,
)


def test_a_list_of_ones_own_is_not_taken_for_the_bpe(load):
    found = load("nom;typequ;depcom\nCentre A;D506;03185\nCentre B;CS;03310\n")
    assert [(structure.name, structure.type) for structure in found.structures] == [
        ("Centre A", "CS"),
        ("Centre B", "CS"),
    ]


BPE = "TYPEQU;DEPCOM;NOMRS;LONGITUDE;LATITUDE\n"


@pytest.mark.parametrize(
    "content",
    [
        f"{BPE}D506;03185\n",
        f"{BPE}D506;03185;A;;;x\n",
        f'{BPE}D506;03185;"A;;\n',
        f"{BPE}D506;03185;Été;;\n".encode("cp1252"),
        "TYPEQU;DEPCOM;TYPEQU\nD506;03185;D508\n",
        "Extrait TYPEQU DEPCOM\nnom;type;code_insee\nA;CS;03185\n",
    ],
    ids=["short row", "long row", "open quote", "cp1252", "header twice", "title"],
)
def test_a_bad_bpe_is_read_or_refused(attempt, content):
    found, faults = attempt(content)
    assert faults or len(found) == 1


GEOJSON = '{"type":"FeatureCollection","features":[%s]}'


POINT = '{"type":"Feature","properties":{"nom":"A","type":"CS","code_insee":"03185"},"geometry":%s}'


def test_a_geojson_is_known_by_its_content_whatever_its_name(load):
    found = load(GEOJSON % POINT % '{"type":"Point","coordinates":[2.6036,46.3406]}')
    assert found.structures[0].has_point


@settings(max_examples=30)
@given(content=st.binary(max_size=100), cut=st.integers(0, 200))
@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            (GEOJSON % POINT % '{"type":"Point","coordinates":[2.6,46.34]}').encode(), marks=pytest.mark.full
        ),
        b"source;code_insee;nom;typologie\nx;03185;A;CS\n",
        b"source,code_insee,nom,reseaux_porteurs\nx,03185,A,fcsf\n",
        b"SQLite format 3\0",
        b"PAR1",
    ],
    ids=["GeoJSON", "data.inclusion v0", "data.inclusion v1", "GeoPackage", "Parquet"],
)
def test_any_bytes_after_a_known_beginning_are_read_or_refused(folder, head, content, cut):
    with contextlib.suppress(InputError):
        found = load_in(folder, head[:cut] + content, "liste.geojson")
        assert found.rows_read == len(found) + found.rows_set_aside
