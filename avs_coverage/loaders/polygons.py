"""Repair the polygons of a user's layer, and tell those that cannot be where they are said to be."""

from __future__ import annotations

from math import hypot, isfinite
from typing import Any

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, departement_of
from avs_coverage.loaders.collector import plausible_distance_m
from avs_coverage.messages import number
from avs_coverage.projection import epsg_of, geodesic_area_km2, project


def repaired(shape: Any, name: str, file: str, warnings: list[Fault]) -> Any:  # noqa: ANN401 - shapely geometries
    """Return a lon/lat shape as valid polygons, None where it has no surface (a point, a line, a NaN).

    What had to be repaired is said in *warnings* (AVS-919).
    """
    import shapely

    if shape.is_valid and shape.geom_type in ("Polygon", "MultiPolygon"):
        return shapely.force_2d(shape)
    if not all(map(isfinite, shapely.get_coordinates(shape).flat)):
        return None  # to leave out a corner that is nowhere would draw another shape
    whole = valid_polygons(shapely.force_2d(shape))
    if whole is None:
        return None
    before, after = (number(float(area), 2) for area in geodesic_area_km2([shape, whole]))
    warnings.append(Fault("AVS-919", {"value": name, "before": before, "after": after}, file))
    return whole


def valid_polygons(shape: Any) -> Any:  # noqa: ANN401 - shapely geometries
    """Return a shape as valid polygons of the same outline, None where it has no surface.

    The method by structure keeps holes as they are meant, and loses a few shapes whole (the quarter
    QN05602M as published): those are rebuilt from their lines.
    """
    import shapely

    for method in ("structure", "linework"):
        valid = shapely.make_valid(shape, method=method)
        polygons = [one for one in shapely.get_parts(valid) if one.geom_type == "Polygon" and one.area > 0]
        if polygons:
            return shapely.union_all(polygons)
    return None


def misplaced(shape: Any, commune: Commune | None, name: str, file: str) -> Fault | None:  # noqa: ANN401
    """Return a fault (AVS-370) where a lon/lat shape is nowhere near the chef-lieu of its commune."""
    point = shape.representative_point()
    if commune is None or point.is_empty:
        return None
    x_m, y_m = project(point.x, point.y, epsg_of(departement_of(commune.code)))
    metres = hypot(x_m - commune.x_m, y_m - commune.y_m)
    if metres <= plausible_distance_m(commune.area_km2):
        return None
    distance = number(round(metres / 1000)) if metres < 1e8 else "plus de 100 000"  # noqa: PLR2004
    return Fault("AVS-370", {"value": name, "distance": distance}, file)
