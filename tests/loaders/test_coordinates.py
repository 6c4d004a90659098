"""Lists of structures: coordinates."""

from __future__ import annotations

import pytest

from tests.loaders.helpers import (
    THREE,
)


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [("03185", "2,6036", "46,3406"), ("97411", "55,4504", "-20,8789"), ("97105", "-61,73", "16,00")],
)
def test_a_point_is_projected_as_its_seats_departement_is(only, code, longitude, latitude):
    structure = only(f"{THREE};longitude;latitude", f"A;CS;{code};{longitude};{latitude}")
    without = only(THREE, f"A;CS;{code}")
    assert structure.has_point
    assert not without.has_point
    assert 0 < abs(structure.x_m - without.x_m) < 7_000
    assert abs(structure.y_m - without.y_m) < 7_000


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        ("200", "46"),
        ("2,6", "91"),
        ("0", "90"),
        ("0", "-90"),
        ("-999", "0"),
        ("0", "0"),
        ("999999999999999", "5"),
    ],
)
def test_an_impossible_point_is_a_fault(refuse, longitude, latitude):
    faults = refuse(f"{THREE};longitude;latitude\nA;CS;03185;{longitude};{latitude}\n")
    assert [(fault.code, fault.line, fault.column) for fault in faults] == [("AVS-323", 2, "longitude")]
    assert "inf" not in faults[0].what


def test_a_point_without_a_seat_is_not_dropped_silently(load):
    found = load(f"{THREE};longitude;latitude\nA;CS;;2,6036;46,3406\n")
    assert found.structures[0].has_point or "longitude" in {fault.column for fault in found.warnings}


def test_a_projection_is_made_once(load, monkeypatch):
    import pyproj

    made = []
    original = pyproj.Transformer.from_crs

    def counted(*arguments, **options):
        made.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(pyproj.Transformer, "from_crs", counted)
    rows = "".join(f"Centre {n};CS;03185;2,6036;46,3406\n" for n in range(5))
    found = load(f"{THREE};longitude;latitude\n{rows}")
    assert all(structure.has_point for structure in found.structures)
    assert len(made) <= 1
