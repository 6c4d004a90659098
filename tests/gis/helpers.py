"""Hostile texts, and the comparison of a layer with what is read back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import pandas as pd

HOSTILE = [
    "L'Étoile \"d'or\"; DROP TABLE communes;--",
    "<script>alert(1)</script> & ]]> <!--",
    "=1+1\ttab\nligne " + "très long " * 2000,
]


def plain(values: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in values]


def assert_same(frame: gpd.GeoDataFrame, back: gpd.GeoDataFrame) -> None:
    """Compare a layer and what is read back: names, rows, every value, the projection, every shape."""
    assert list(back.columns) == list(frame.columns)
    assert len(back) == len(frame)
    assert back.crs == frame.crs
    for name in frame.columns.drop("geometry"):
        assert plain(back[name]) == plain(frame[name]), name
    assert list(back.geometry.isna()) == list(frame.geometry.isna())
    one, other = frame.geometry.dropna(), back.geometry.dropna()
    assert list(one.geom_type) == list(other.geom_type)
    assert one.geom_equals_exact(other, 1e-6).all()


def rows(path, query):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()
