"""The insets of a map: windows on the quarters that are too small to be seen at its scale."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from avs_coverage.gaps import connected
from avs_coverage.reports.map_content import PlacedQuarter
from avs_coverage.reports.map_sheet import Box

SMALL_MM = 2.0
"""A quarter whose square root of area is less than this, on the page, is too small to be seen."""
_NEAR_M = 4000.0
_LEAST_M = 2500.0
MOST = 6
"""Insets of a page, at the most."""


class Inset(NamedTuple):
    """A window of the territory, in metres, drawn again larger under a letter."""

    letter: str
    window: Box
    quarters: tuple[PlacedQuarter, ...]


def find_insets(
    quarters: Sequence[PlacedQuarter], scale: float, width: float, height: float, most: int = MOST
) -> list[Inset]:
    """Return the insets that a map of *scale* (mm per metre) needs, *most* at the most, from west to east.

    *width*, *height*: of an inset, in mm. Quarters whose perimeter is known are grouped where
    others are within 4 km; a group is drawn again where half of its quarters are too small on the map
    and large enough in the inset. Those of most quarters are kept.
    """
    known = [one for one in quarters if one.perimeter is not None]
    if not known:
        return []
    found = []
    for group in _groups(known):
        window = _window(group, width / height)
        side = median(one.side_m for one in group)
        if side * scale < SMALL_MM <= side * width / window.width:
            found.append((window, tuple(group)))
    found.sort(key=lambda one: (-len(one[1]), one[1][0].qpv.code))
    kept = sorted(found[:most], key=lambda one: (one[0].left, one[0].bottom))
    return [Inset("ABCDEF"[rank], window, group) for rank, (window, group) in enumerate(kept)]


def _groups(quarters: Sequence[PlacedQuarter]) -> list[list[PlacedQuarter]]:
    """Return the quarters in groups: each is within 4 km of another of its group."""
    places = np.array([(one.x_m, one.y_m) for one in quarters])
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    one, other = np.nonzero(apart <= _NEAR_M)
    group = connected(np.zeros(len(quarters), dtype=int), one, other)
    return [
        [quarters[rank] for rank in np.flatnonzero(group == first).tolist()] for first in np.unique(group)
    ]


def _window(quarters: Sequence[PlacedQuarter], aspect: float) -> Box:
    """Return the window around quarters, with some room, *aspect* times as wide as high."""
    import shapely

    left, bottom, right, top = shapely.total_bounds([one.perimeter for one in quarters])
    room = 0.18 * max(right - left, top - bottom)
    width = max(right - left + 2 * room, (top - bottom + 2 * room) * aspect, _LEAST_M)
    x, y, height = (left + right) / 2, (bottom + top) / 2, width / aspect
    return Box(float(x - width / 2), float(y - height / 2), float(x + width / 2), float(y + height / 2))
