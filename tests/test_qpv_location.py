"""Structures and perimeters of QPV: inside, within a distance, undecidable."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
from pyproj import Transformer
from shapely.geometry import box

# A square of 1 km near Montluçon, in Lambert 93.
WEST, SOUTH = 669_000, 6_582_000
COMMAND = ("qpv", "allier", "--date", "2026", "--qpv", "qp.geojson", "--structures", "liste.csv")
TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True).transform


@pytest.fixture
def folder(tmp_path):
    square = box(WEST, SOUTH, WEST + 1000, SOUTH + 1000)
    columns = {"code_qp": ["QN00304M"], "lib_qp": ["Rive Gauche"], "insee_com": ["03185"]}
    gpd.GeoDataFrame(columns, geometry=[square], crs=2154).to_crs(4326).to_file(tmp_path / "qp.geojson")
    places = {
        "dedans": (WEST + 500, SOUTH + 500),
        "a200": (WEST + 1200, SOUTH + 500),
        "a400": (WEST + 1400, SOUTH + 500),
    }
    rows = ["id;nom;type;code_insee;longitude;latitude", "sans;S;EVS;03185;;", "loin;L;EVS;03310;;"]
    for name, point in places.items():
        x, y = TO_DEGREES(*point)
        rows.append(f"{name};{name};CS;03185;{x:.7f};{y:.7f}")
    (tmp_path / "liste.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def asked(run, *more):
    command = (
        "qpv",
        "allier",
        "--date",
        "2026",
        "--qpv",
        "qp.geojson",
        "--structures",
        "liste.csv",
        "--json",
    )
    return json.loads(run(*command, *more).stdout)["qpv"][0]


def test_structures_are_inside_near_or_not_to_be_told(run, folder):
    found = asked(run)
    assert found["position"] == "dedans"
    assert found["structures_dedans"] == ["dedans"]
    assert found["structures_proches"] == ["a200"]
    # Seated in the quarter's commune without a point of its own; the one of Vichy is out of question.
    assert found["structures_indecidables"] == ["sans"]
    assert found["distance_m"] == 300
    assert asked(run, "--distance", "450")["structures_proches"] == ["a200", "a400"]


def test_the_page_prints_the_distance(run, folder):
    page = run(*COMMAND, "--distance", "450").stdout.decode()
    assert "À moins de 450 m" in page
    assert run(*COMMAND, "--distance", "-3").returncode == 2


def test_a_quarter_without_a_perimeter_is_said_so(run):
    rows = json.loads(run("qpv", "allier", "--json").stdout)["qpv"]
    assert {row["position"] for row in rows} == {"perimetre_inconnu"}


def test_the_embedded_perimeters_of_2024_tell_what_cannot_be_told(run):
    rows = json.loads(run("qpv", "allier", "--date", "2026", "--json").stdout)["qpv"]
    # The embedded structures have no coordinates: where one sits in the commune, nothing is decided.
    assert {row["position"] for row in rows} <= {"indecidable", "aucune"}
    assert any(row["structures_indecidables"] for row in rows)
