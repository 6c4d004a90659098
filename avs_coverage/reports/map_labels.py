"""Where signs and names go on a map so that none lies over another; all in millimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from avs_coverage.reports.map_sheet import MM_PER_POINT, Box, text_width

_RINGS = 7
_GAP = 0.6
Point = tuple[float, float]


class Name(NamedTuple):
    """A name to be written at a place: *x*, *y*; *size* in points."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    """One of the first names of the map: it may go farther from its place than others."""


class PlacedName(NamedTuple):
    """A name with where its first letter stands, and the room that it takes."""

    name: Name
    left: float
    base: float
    box: Box


def spread(places: Sequence[Point], size: float, taken: Sequence[Box] = ()) -> list[Point]:
    """Return where signs *size* mm wide go so that none covers another, in the order of *places*.

    Each stays where it is if it can, else goes to the nearest free place around, up to seven signs
    away; where there is none, it stays. *taken* is room that signs do not go to.
    """
    step = size * 1.08
    rings = range(-_RINGS, _RINGS + 1)
    offsets = sorted(
        ((i * step / 2, j * step / 2) for i in rings for j in rings if i or j),
        key=lambda offset: (round(math.hypot(*offset), 6), offset[1] < 0, offset[0] < 0, offset),
    )
    moves = np.array([(0.0, 0.0), *offsets])
    found: list[Point] = []
    for x, y in places:
        tries = moves + np.array([x, y])
        free = np.ones(len(tries), dtype=bool)
        if found:
            apart = np.abs(tries[:, None, :] - np.array(found)[None, :, :]).max(axis=2)
            free &= (apart >= size * 1.05).all(axis=1)
        for box in taken:
            free &= ~(
                (tries[:, 0] + size / 2 > box.left)
                & (tries[:, 0] - size / 2 < box.right)
                & (tries[:, 1] + size / 2 > box.bottom)
                & (tries[:, 1] - size / 2 < box.top)
            )
        best = int(free.argmax()) if free.any() else 0
        found.append((float(tries[best, 0]), float(tries[best, 1])))
    return found


def place_names(
    names: Sequence[Name], taken: Sequence[Box], area: Box, most: int, around: float = 1.8
) -> list[PlacedName]:
    """Return the first *most* names that find room within *area*, in the order given.

    Each is tried on its place, then above, below, right and left of it, *around* mm away, and up to
    four times as far for a bold one; none meets *taken*, nor another.
    """
    found: list[PlacedName] = []
    room = list(taken)
    for name in names:
        if len(found) >= most:
            break
        for placed in _tries(name, around):
            if placed.box.within(area) and not any(placed.box.meets(box, _GAP) for box in room):
                found.append(placed)
                room.append(placed.box)
                break
    return found


def _tries(name: Name, around: float) -> list[PlacedName]:
    """Return a name at each of the places where it may be written."""
    width = text_width(name.text, name.size, name.bold)
    letters = name.size * MM_PER_POINT
    up, down = letters * 0.74, letters * 0.2  # of accented capitals, and of the tails of letters
    middle = letters * 0.27
    moves = [(-width / 2, -middle)]
    for far in [around, 2 * around, 3 * around, 4 * around] if name.bold else [around]:
        moves += [
            (-width / 2, far + down),
            (-width / 2, -far - up),
            (far, -middle),
            (-far - width, -middle),
        ]
    return [
        PlacedName(
            name,
            name.x + dx,
            name.y + dy,
            Box(name.x + dx, name.y + dy - down, name.x + dx + width, name.y + dy + up),
        )
        for dx, dy in moves
    ]
