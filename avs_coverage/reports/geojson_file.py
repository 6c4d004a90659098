"""Write the layers of a report as GeoJSON (RFC 7946): one file a layer, in WGS84."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.reports.geo_layers import WGS84, Layer, layers
from avs_coverage.reports.output import write_all_atomically

if TYPE_CHECKING:
    from avs_coverage.report import Report

DECIMALS = 6
"""Of degrees: 11 cm at most, finer than the contours, the perimeters and the points."""


def write_geojson(report: Report, folder: Path, force: bool = False) -> tuple[Path, ...]:
    """Write one file a layer in a folder, made where it is not; return their paths. Raises OutputError."""
    contents = {folder / f"{layer.name}.geojson": _content(layer) for layer in layers(report)}
    write_all_atomically(contents, force)
    return tuple(contents)


def _content(layer: Layer) -> bytes:
    """Return a layer as text, a feature a line."""
    import shapely

    shapes = _in_degrees(layer)
    members: dict[str, Any] = {"type": "FeatureCollection", "name": layer.name}
    if drawn := [shape for shape in shapes if shape is not None]:
        members["bbox"] = shapely.total_bounds(drawn).tolist()  # west, south, east, north
    head = _json(members).removesuffix("}")
    lines = ",\n".join(_json(feature) for feature in _features(layer, shapes))
    return f'{head},"features":[\n{lines}\n]}}\n'.encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _features(layer: Layer, shapes: Sequence[Any]) -> Iterator[dict[str, Any]]:
    from shapely.geometry import mapping

    for record, shape in zip(layer.records, shapes, strict=True):
        yield {
            "type": "Feature",
            "id": "/".join(str(record[name]) for name in layer.key),
            "properties": {column.name: _plain(record[column.name]) for column in layer.columns},
            "geometry": None if shape is None else mapping(shape),
        }


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain values of any kind
    """Return a value as JSON has it: lists stay lists, pairs an object, numpy's numbers numbers."""
    if isinstance(value, Mapping):
        return dict(value)
    return value.item() if isinstance(value, np.generic) else value


def _in_degrees(layer: Layer) -> list[Any]:
    """Return the shapes in WGS84, rounded and still valid, exterior rings counter-clockwise."""
    import geopandas as gpd
    import shapely

    series = gpd.GeoSeries(np.array([*layer.shapes, None], dtype=object)[:-1], crs=layer.epsg)
    shapes = series.to_crs(WGS84).to_numpy()
    rounded = shapely.set_precision(shapes, 10.0**-DECIMALS)
    # A shape smaller than the step would vanish: its points are then rounded one by one.
    lost = shapely.is_empty(rounded) & ~shapely.is_empty(shapes)
    rounded[lost] = shapely.set_precision(shapes[lost], 10.0**-DECIMALS, mode="pointwise")
    exact = shapely.transform(rounded, lambda points: np.round(points, DECIMALS) + 0.0)  # no -0.0
    return [_of_type(shape, layer.geometry) for shape in shapely.orient_polygons(exact)]


def _of_type(shape: Any, geometry: str) -> Any:  # noqa: ANN401 - shapely geometries
    """Return polygons as multipolygons again: rounding makes a polygon of one that has one part."""
    import shapely

    is_single = shape is not None and geometry == "MultiPolygon" and shape.geom_type == "Polygon"
    return shapely.MultiPolygon([shape]) if is_single else shape
