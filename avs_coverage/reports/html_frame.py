"""From metres to the units of a drawing, and from shapes to its paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE = 2000
"""The longer side of the drawing: 70 m a unit for a département, finer than the generalised contours."""
_MARGIN = 20
Shape = Any  # a shapely geometry


@dataclass(frozen=True)
class Frame:
    """How metres of the legal projection become units of the drawing, y downwards."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Sequence[float]) -> Frame:
        """Return the frame in which the box *bounds* (minx, miny, maxx, maxy) is as large as may be."""
        left, bottom, right, top = bounds
        scale = max(right - left, top - bottom, 1.0) / (SIDE - 2 * _MARGIN)
        width = round((right - left) / scale) + 2 * _MARGIN
        return cls(left, top, scale, width, round((top - bottom) / scale) + 2 * _MARGIN)

    def place(self, x_m: Any, y_m: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a number or an array
        """Return the place of a point, or of an array of them."""
        return (x_m - self.left) / self.scale + _MARGIN, (self.top - y_m) / self.scale + _MARGIN

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a place is on the drawing."""
        return 0 <= x <= self.width and 0 <= y <= self.height

    def path(self, shape: Shape) -> str:
        """Write the rings of a polygon, in whole units; a square of one unit where it is smaller."""
        import shapely

        rings = []
        for polygon in shapely.get_parts(shape):
            for ring in (polygon.exterior, *polygon.interiors):
                x, y = self.place(*np.asarray(ring.coords)[:, :2].T)
                points = np.rint(np.column_stack([x, y])).astype(int)
                points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
                if len(points) > 3:  # noqa: PLR2004 - a triangle, closed
                    rings.append(_ring(points))
        if not rings:
            x, y = (round(float(v)) for v in self.place(*shape.representative_point().coords[0][:2]))
            rings.append(f"M{x} {y}h1v1h-1z")
        return "".join(rings)

    def fine_path(self, shape: Shape) -> str:
        """Write the outer rings of a polygon to 0.1 unit: a quarter is a few units wide."""
        import shapely

        rings = []
        for polygon in shapely.get_parts(shape):
            x, y = self.place(*np.asarray(polygon.exterior.coords)[:, :2].T)
            rings.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "z")
        return "".join(rings)


def _ring(points: np.ndarray) -> str:
    """Write a closed ring by steps: half as long as by places."""
    steps = " ".join(f"{dx} {dy}" for dx, dy in np.diff(points[:-1], axis=0).tolist())
    return f"M{points[0, 0]} {points[0, 1]}l{steps}z".replace(" -", "-")
