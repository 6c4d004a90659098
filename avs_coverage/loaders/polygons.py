"""Repair the polygons of a user's layer, unite them, and tell those that cannot be where they are said to be.

What may take out of proportion to the size of the shapes is done in the process that ``geo_process`` bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Any

import numpy as np

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, departement_of
from avs_coverage.intake import receiving
from avs_coverage.loaders.collector import plausible_distance_m
from avs_coverage.loaders.geo_layers import unreadable
from avs_coverage.loaders.geo_process import ReadingFailedError, geo_process
from avs_coverage.messages import number
from avs_coverage.projection import epsg_of, geodesic_area_km2, project

TANGLED = "ses contours se recoupent trop pour être vérifiés, réparés ou réunis"


def repaired(shapes: Sequence[Any], names: Sequence[str], file: str, warnings: list[Fault]) -> list[Any]:
    """Return lon/lat shapes as valid polygons, None where one has no surface (a point, a line, a NaN).

    What had to be repaired is said in *warnings* (AVS-919), by its name. Raises InputError (AVS-371) where
    it takes too much.
    """
    import shapely

    found = list(shapely.force_2d(_array(shapes)))
    if not found:
        return []
    ranks, made = _asked("repair", shapes, file)
    for rank, whole in zip(ranks, made, strict=True):
        found[rank] = whole
        if whole is not None:
            before, after = (number(float(area), 2) for area in geodesic_area_km2([shapes[rank], whole]))
            warnings.append(Fault("AVS-919", {"value": names[rank], "before": before, "after": after}, file))
    return found


def united(groups: Sequence[Sequence[Any]], file: str) -> list[Any]:
    """Return the union of the shapes of each group; raises InputError (AVS-371) where it takes too much."""
    found = [parts[0] for parts in groups]
    several = [rank for rank, parts in enumerate(groups) if len(parts) > 1]
    if several:
        shapes = [shape for rank in several for shape in groups[rank]]
        of = np.repeat(np.arange(len(several)), [len(groups[rank]) for rank in several])
        _, made = _asked("union", shapes, file, of.tolist())
        for rank, whole in zip(several, made, strict=True):
            found[rank] = whole
    return found


def are_a_coverage(shapes: Sequence[Any], file: str) -> bool:
    """Return whether polygons have neither overlaps nor slits between them.

    Raises InputError (AVS-371) where telling it, or uniting those that have, takes too much.
    """
    return bool(_asked("cover", shapes, file)[0])


def sharing_a_line(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of ranks, both directions, of polygons of a valid coverage that share a line.

    In such a coverage a line that is shared has the same vertices on both sides.
    """
    import shapely

    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    places, vertex = np.unique(points[:, 0] + 1j * points[:, 1], return_inverse=True)
    same = ring[1:] == ring[:-1]
    start, stop, owner = vertex[:-1][same], vertex[1:][same], of_part[of_ring[ring[1:][same]]]
    line = np.minimum(start, stop).astype(np.int64) * len(places) + np.maximum(start, stop)
    order = np.argsort(line, kind="stable")
    line, owner = line[order], owner[order]
    shared = (line[1:] == line[:-1]) & (owner[1:] != owner[:-1])
    one, other = owner[:-1][shared], owner[1:][shared]
    pairs = np.unique(np.column_stack([np.append(one, other), np.append(other, one)]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _asked(
    act: str, shapes: Sequence[Any], file: str, groups: Sequence[int] | None = None
) -> tuple[Any, Any]:
    """Return what the process answers of shapes, and the shapes that it made."""
    from avs_coverage.loaders.geo_shapes import read_shapes, write_shapes

    with receiving() as intake:
        folder = intake.folder()
        source, target = folder / "shapes.arrow", folder / "made.arrow"
        write_shapes(source, shapes, groups)
        try:
            answer = geo_process(intake).ask("shapes", source, act=act, target=str(target))
        except ReadingFailedError as error:
            raise unreadable(file, TANGLED) from error
        made = read_shapes(target)["shape"] if target.exists() else ()
        for path in (source, target):
            path.unlink(missing_ok=True)
        return answer, made


def _array(shapes: Sequence[Any]) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]  # numpy would look into the shapes


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
