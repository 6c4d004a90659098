"""Change what a layer holds: its geometries, attributes, columns, projection and nesting."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tools.fuzz.seeds import LAYER_FORMATS, frames, layer_bytes
from tools.fuzz.tables import VALUES

_NUMBERS: tuple[Any, ...] = (
    float("nan"),
    float("inf"),
    1e308,
    -1e308,
    400,
    -95,
    6_500_000,
    0,
    None,
    "2.6",
    [],
    1e-310,
)
_EPSG = (2154, 3857, 27572, 4171, 3035, None)


def _odd_shapes() -> list[Any]:
    from shapely.geometry import (
        GeometryCollection,
        LineString,
        MultiPolygon,
        Point,
        Polygon,
        box,
    )  # fmt: skip

    bow = Polygon([(2.58, 46.30), (2.64, 46.38), (2.64, 46.30), (2.58, 46.38)])
    ring = [(2.5, 46.3), (2.5, 46.3), (2.5, 46.3), (2.5, 46.3)]
    return [
        None, Polygon(), MultiPolygon(), Point(), Point(2.6, 46.3), LineString([(2.5, 46.3), (2.6, 46.4)]),
        GeometryCollection([Point(2.6, 46.3), box(2.5, 46.3, 2.6, 46.4)]), GeometryCollection(), bow,
        Polygon(ring), box(-180, -90, 180, 90), box(200, 100, 210, 110), box(0, 0, 1e-12, 1e-12),
        Polygon([(2.5, 46.3), (float("nan"), 46.3), (2.6, 46.4)]), Point(float("nan"), 46.0),
        Polygon([(2.5, 46.3), (float("inf"), 46.3), (2.6, 46.4)]), Point(float("inf"), float("-inf")),
        Polygon([(2.5, 46.3, 1.0), (2.6, 46.3, float("nan")), (2.6, 46.4, 3.0)]), box(2e6, 6e6, 2.1e6, 6.1e6),
        MultiPolygon([box(2.5, 46.3, 2.6, 46.4), box(2.55, 46.35, 2.65, 46.45)]),
    ]  # fmt: skip


def changed_layer(kind: str, rng: Random) -> tuple[str, bytes, int | None]:
    """Return a layer of that kind changed, in a format drawn: the end of its name, its bytes, its features.

    Their number is None where the JSON itself was changed.
    """
    end = rng.choice(LAYER_FORMATS)
    if end == "geojson" and rng.random() < 0.7:
        return end, _changed_json(kind, rng), None
    frame = frames()[kind].copy()
    shapes, odd = list(frame.geometry), _odd_shapes()
    for _ in range(rng.choice([0, 1, 2, len(shapes)])):
        shapes[rng.randrange(len(shapes))] = rng.choice(odd)
    if rng.random() < 0.1:
        shapes = [None] * len(shapes)
    frame = frame.set_geometry(type(frame.geometry)(shapes, crs=4326))
    frame = _changed_columns(frame, rng)
    try:
        return end, layer_bytes(frame, f"x.{end}"), len(frame)
    except Exception:  # a format that does not hold it: nobody can be given such a file
        return "geojson", _changed_json(kind, rng), None


def _changed_columns(frame: Any, rng: Random) -> Any:  # noqa: ANN401 - a GeoDataFrame
    """Return a layer with a column dropped, renamed or filled anew, its rows doubled, or projected."""
    import pandas as pd

    columns = [name for name in frame.columns if name != "geometry"]
    column = rng.choice(columns)
    way = rng.randrange(7)
    if way == 0:
        frame = frame.drop(columns=column)
    elif way == 1:
        frame = frame.rename(columns={column: rng.choice(["x", "code_insee", "nom", "type", "é", "code_qp"])})
    elif way == 2:
        frame[column] = pd.Series(
            [rng.choice(["", "x", None, "03185", "QN00304M"]) for _ in range(len(frame))], dtype=object
        )
    elif way == 3:
        frame[column] = [rng.choice([1.5, -1.0, 1e300, float("nan")]) for _ in range(len(frame))]
    elif way == 4:
        frame = pd.concat([frame, frame])
    elif way == 5:
        epsg = rng.choice(_EPSG)
        frame = (
            frame.set_crs(epsg, allow_override=True) if rng.random() < 0.5 or not epsg else frame.to_crs(epsg)
        )
    return frame


def _changed_json(kind: str, rng: Random) -> bytes:
    found = json.loads(layer_bytes(frames()[kind], "x.geojson"))
    for _ in range(rng.choice([1, 1, 2, 4])):
        _change_json(found, rng)
    text = json.dumps(found, default=str)
    for levels in (30, 500, 20_000):  # deeper than json.dumps goes
        text = text.replace(f'"@deep{levels}"', "[" * levels + "]" * levels)
    return text.encode("utf-8", "replace")


def _change_json(found: Any, rng: Random) -> None:  # noqa: ANN401, C901 - any JSON, many ways
    features = found.get("features")
    if not isinstance(features, list) or not features:
        return
    feature = rng.choice(features)
    way = rng.randrange(12)
    if way == 0:
        found[rng.choice(["type", "features", "crs", "name"])] = rng.choice(
            [None, "x", [], {}, 3, [1], [None]]
        )
    elif not isinstance(feature, dict):
        features.append(rng.choice([None, 1, "x", [], {}]))
    elif way == 1:
        feature["geometry"] = rng.choice(
            [None, {}, [], "x", {"type": "Polygon"}, {"type": "x", "coordinates": []}]
        )
    elif way == 2:
        feature["geometry"] = f"@deep{rng.choice([30, 500, 20_000])}"
    elif way == 3:
        feature["properties"] = rng.choice(
            [None, {}, [], "x", {"code": {"a": [1, {"b": 2}]}, "nom": [1, "x"]}]
        )
    elif way == 4 and isinstance(feature.get("properties"), dict) and feature["properties"]:
        feature["properties"][rng.choice(sorted(feature["properties"]))] = rng.choice(VALUES)
    elif way == 5:
        features.append(json.loads(json.dumps(feature, default=str)))
    elif way == 6:
        features.remove(feature)
    elif way == 7:
        features.append(rng.choice([None, 1, "x", [], {}, {"type": "Feature"}]))
    elif way == 8:
        found["crs"] = {
            "type": "name",
            "properties": {"name": rng.choice(["EPSG:2154", "x", "", None, "EPSG:0"])},
        }
    else:
        _change_coordinates(feature.get("geometry"), rng)


def _change_coordinates(geometry: Any, rng: Random) -> None:  # noqa: ANN401
    inner = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(inner, list) and inner and isinstance(inner[0], list) and rng.random() < 0.9:
        inner = rng.choice(inner)
    if isinstance(inner, list) and inner:
        if rng.random() < 0.3:
            del inner[rng.randrange(len(inner)) :]
        else:
            inner[rng.randrange(len(inner))] = rng.choice(_NUMBERS)
