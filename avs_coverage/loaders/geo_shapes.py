"""Repair, unite and compare the shapes that a file holds: work out of proportion to their size.

``geo_worker`` loads this file by its place, in the process that ``geo_process`` bounds, and nothing else of
the package. Shapes come and go as WKB in a file of Arrow; a failure is the parent's to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

_MOST_VERTICES, _MOST_GROWTH = 1_000, 10
"""What a repair or a union may add: each crossing is a vertex, and real shapes cross but here and there."""


def repair(request: dict[str, Any]) -> list[int]:
    """Write what the shapes that are not valid polygons become, null without surface; return their ranks."""
    shapes = read_shapes(request["source"])["shape"]
    types = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    ranks = np.flatnonzero(~(np.isin(shapely.get_type_id(shapes), types) & shapely.is_valid(shapes)))
    write_shapes(request["target"], [_in_proportion(_repaired(shapes[rank]), shapes[rank]) for rank in ranks])
    return [int(rank) for rank in ranks]


def union(request: dict[str, Any]) -> int:
    """Write the union of the shapes of each group, in the order of the groups; return how many."""
    read = read_shapes(request["source"])
    found = []
    for group in range(int(read["group"].max()) + 1):
        parts = read["shape"][read["group"] == group]
        found.append(_in_proportion(shapely.union_all(parts), parts))
    write_shapes(request["target"], found)
    return len(found)


def cover(request: dict[str, Any]) -> bool:
    """Return whether shapes have neither overlaps nor slits; those that do are united, to prove they can be.

    What is drawn of them later, outside of this process, is of unions.
    """
    shapes = read_shapes(request["source"])["shape"]
    is_valid = bool(shapely.coverage_is_valid(shapes))
    if not is_valid:
        _in_proportion(shapely.union_all(shapes), shapes)
    return is_valid


def valid_polygons(shape: Any) -> Any:  # noqa: ANN401 - shapely geometries
    """Return a shape as valid polygons of the same outline, None where it has no surface.

    The method by structure keeps holes as they are meant, and loses a few shapes whole (the quarter
    QN05602M as published): those are rebuilt from their lines.
    """
    for method in ("structure", "linework"):
        valid = shapely.make_valid(shape, method=method)
        polygons = [one for one in shapely.get_parts(valid) if one.geom_type == "Polygon" and one.area > 0]
        if polygons:
            return shapely.union_all(polygons)
    return None


def read_shapes(path: str | Path) -> dict[str, Any]:
    """Return the columns of a file of shapes: ``shape``, geometries, and ``group``, integers."""
    with pa.OSFile(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    shapes = shapely.from_wkb(table["shape"].to_numpy())
    return {"shape": shapes, "group": table["group"].to_numpy()}


def write_shapes(path: str | Path, shapes: Iterable[Any], groups: Iterable[int] | None = None) -> None:
    """Write shapes, of which some may be None, with their group."""
    found = np.array([*shapes, None], dtype=object)[:-1]  # numpy would look into the shapes
    group = np.zeros(len(found), dtype=np.int64) if groups is None else np.array([*groups], dtype=np.int64)
    table = pa.table({"shape": pa.array(shapely.to_wkb(found), pa.large_binary()), "group": group})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _repaired(shape: Any) -> Any:  # noqa: ANN401
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None  # to leave out a corner that is nowhere would draw another shape
    return valid_polygons(shapely.force_2d(shape))


def _in_proportion(made: Any, of: Any) -> Any:  # noqa: ANN401
    """Return what was made of shapes; raise MemoryError where it would be a burden for whatever reads it."""
    before = int(np.sum(shapely.get_num_coordinates(of)))
    if made is not None and shapely.get_num_coordinates(made) > _MOST_VERTICES + _MOST_GROWTH * before:
        raise MemoryError
    return made


ACTIONS = {"repair": repair, "union": union, "cover": cover}
