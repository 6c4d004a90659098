"""The legal projections of France, in which every distance is measured."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LAMBERT_93 = 2154
_OVERSEAS_EPSG = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "976": 4471}

LEGAL_OF_GRID = {
    3035: LAMBERT_93, LAMBERT_93: LAMBERT_93, 5490: 5490, 32620: 5490, 2972: 2972, 32622: 2972, 2975: 2975,
    32740: 2975, 4471: 4471,
}  # fmt: skip
"""The legal projection in which the cells of INSEE's grids are measured, by that of their ids."""


def epsg_of(departement: str) -> int:
    """Return the EPSG code of the legal projection of a département.

    Source: décret n° 2000-1276 modified (mainland 2154; Guadeloupe and Martinique 5490;
    Guyane 2972; La Réunion 2975; Mayotte 4471).

    >>> epsg_of("03"), epsg_of("974")
    (2154, 2975)
    """
    return _OVERSEAS_EPSG.get(departement, LAMBERT_93)


def project(longitude: float, latitude: float, epsg: int) -> tuple[float, float]:
    """Return x and y in metres, in the projection *epsg*, of a WGS84 point in degrees."""
    x_m, y_m = _transformer(epsg).transform(longitude, latitude)
    return float(x_m), float(y_m)


def unproject(x_m: np.ndarray, y_m: np.ndarray, epsg: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the WGS84 longitudes and latitudes, in degrees, of points in metres of the projection *epsg*."""
    return _transformed(_transformer(epsg), x_m, y_m, "INVERSE")


def reproject(x_m: np.ndarray, y_m: np.ndarray, source: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points in metres of one projection (EPSG code) in metres of another."""
    return _transformed(_between(source, target), x_m, y_m, "FORWARD")


def _transformed(transformer: Any, x: np.ndarray, y: np.ndarray, way: str) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN401
    import numpy as np

    if len(x) == 1:  # pyproj 3.6 makes a scalar of an array of one, which numpy is about to refuse
        found = transformer.transform(float(x[0]), float(y[0]), direction=way)
        return np.array([found[0]]), np.array([found[1]])
    u, v = transformer.transform(x, y, direction=way)
    return np.asarray(u, dtype=float), np.asarray(v, dtype=float)


def geodesic_area_km2(shapes: Iterable[Any]) -> np.ndarray:
    """Return the area of each lon/lat polygon on the GRS80 ellipsoid, in km² to 0.001.

    *shapes* are shapely polygons; their rings may be in any order of vertices.
    """
    import numpy as np
    import shapely
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    oriented = shapely.orient_polygons(np.array(list(shapes), dtype=object))
    areas = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in oriented]
    return np.round(np.array(areas, dtype=float) / 1e6, 3)


@cache
def _between(source: int, target: int) -> Any:  # noqa: ANN401 - pyproj.Transformer
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


@cache
def _transformer(epsg: int) -> Any:  # noqa: ANN401 - pyproj.Transformer
    from pyproj import Transformer  # 0.1 s: only where a structure has coordinates

    return Transformer.from_crs(4326, epsg, always_xy=True)
