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
    valid = shapely.make_valid(shapely.force_2d(shape), method="structure")
    polygons = [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon" and part.area > 0]
    if not polygons:
        return None
    whole = shapely.union_all(polygons)
    before, after = (number(float(area), 2) for area in geodesic_area_km2([shape, whole]))
    warnings.append(Fault("AVS-919", {"value": name, "before": before, "after": after}, file))
    return whole


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
