"""Boundaries: repair, neighbourhood on the source, generalisation for maps."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from avs_coverage.projection import LAMBERT_93, epsg_of
from tools.build_data.tables import geo_metadata, write_by_departement

TOLERANCE = 200
"""Tolerance given to ``shapely.coverage_simplify``, in metres: the square root of the area
of the triangles that Visvalingam-Whyatt removes."""


def read_contours(path: Path) -> gpd.GeoDataFrame:
    """Return ``code``, ``departement`` and lon/lat boundaries, invalid geometries repaired."""
    frame = gpd.read_parquet(path, columns=["code", "dep", "geometry"])
    frame = frame.rename(columns={"dep": "departement"})
    frame = frame.sort_values(["departement", "code"], ignore_index=True)
    invalid = ~frame.is_valid
    if invalid.any():
        print("repaired:", ", ".join(frame.loc[invalid, "code"]))
        repaired = shapely.make_valid(frame.loc[invalid, "geometry"].to_numpy(), method="structure")
        frame.loc[invalid, "geometry"] = repaired
    require_coverage(frame.geometry.to_numpy(), "source boundaries")
    return frame


def require_coverage(shapes: np.ndarray, what: str) -> None:
    """Raise ValueError unless *shapes* are valid polygons that neither overlap nor leave slits."""
    if not (shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes)):
        raise ValueError(f"{what}: not a valid coverage")


def build_neighbours(contours: gpd.GeoDataFrame, split: dict[str, str]) -> pd.DataFrame:
    """Return the pairs of communes whose boundaries share a line of positive length.

    Both directions are rows: ``departement`` (of ``code``), ``code``, ``voisin``,
    ``approche``. A commune of *split* (code → former parent) has no boundary: it takes the
    parent, the parent's neighbours and the parent's other parts, with ``approche`` True.
    """
    shapes = contours.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="touches")
    line = shapely.relate_pattern(shapes[left], shapes[right], "****1****")
    codes = contours["code"].to_numpy()
    touching = {(codes[a], codes[b]) for a, b in zip(left[line], right[line], strict=True)}
    through_parent: set[tuple[str, str]] = set()
    for child, parent in split.items():
        family = {parent, *(other for other, mother in split.items() if mother == parent)}
        around = family | {b for a, b in touching if a == parent}
        through_parent |= {(child, code) for code in around - {child}}
    through_parent |= {(b, a) for a, b in through_parent}
    departement = dict(zip(contours["code"], contours["departement"], strict=True))
    departement |= {child: departement[parent] for child, parent in split.items()}
    rows = [(departement[a], a, b, False) for a, b in touching]
    rows += [(departement[a], a, b, True) for a, b in through_parent]
    frame = pd.DataFrame(rows, columns=["departement", "code", "voisin", "approche"])
    return frame.sort_values(["departement", "code", "voisin"], ignore_index=True)


def count_holes(shapes: np.ndarray) -> int:
    """Count the interior rings of all polygons."""
    return int(shapely.get_num_interior_rings(shapely.get_parts(shapes)).sum())


def generalise(shapes: np.ndarray, what: str) -> np.ndarray:
    """Simplify one coverage in one call, rounded to 1 m; refuse any loss of holes or parts."""
    simple: np.ndarray = shapely.transform(shapely.coverage_simplify(shapes, TOLERANCE), np.rint)
    require_coverage(simple, what)
    kept = (count_holes(simple), len(shapely.get_parts(simple)), int(shapely.is_empty(simple).sum()))
    if kept != (count_holes(shapes), len(shapely.get_parts(shapes)), 0):
        raise ValueError(f"{what}: holes, parts or communes were lost")
    union, before = shapely.coverage_union_all(simple), shapely.coverage_union_all(shapes)
    if count_holes(np.array([union])) != count_holes(np.array([before])):
        raise ValueError(f"{what}: an enclave was lost")
    return simple


def write_boundaries(contours: gpd.GeoDataFrame, folder: Path) -> None:
    """Write ``boundaries_EPSG.parquet`` for each legal projection, row groups by département."""
    epsg = contours["departement"].map(epsg_of)
    # Guadeloupe and Martinique share a projection but not a coverage: one call each.
    zone = contours["departement"].where(epsg != LAMBERT_93, "metropole")
    for code in sorted(epsg.unique()):
        here = contours[epsg == code].to_crs(int(code))
        parts = []
        for name, part in here.groupby(zone[epsg == code], sort=True):
            parts.append(part.assign(geometry=generalise(part.geometry.to_numpy(), str(name))))
        table = pd.DataFrame(pd.concat(parts)).sort_values(["departement", "code"])
        table["geometry"] = shapely.to_wkb(table["geometry"].to_numpy())
        write_by_departement(
            table[["departement", "code", "geometry"]],
            folder / f"boundaries_{code}.parquet",
            geo_metadata(int(code), ["Polygon", "MultiPolygon"]),
        )
