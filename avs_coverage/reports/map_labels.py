"""Where signs and names go on a map so that none lies over another; all in millimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from avs_coverage.reports.map_sheet import MM_PER_POINT, Box, text_width

_RINGS = (6, 14, 30)
"""How far around its place a sign is tried, in half signs: no farther than it takes."""
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


def spread(places: Sequence[Point], size: float, area: Box, taken: Sequence[Box] = ()) -> list[Point]:
    """Return where signs *size* mm wide go so that none covers another, in the order of *places*.

    Each stays where it is if it can, else goes to the nearest free place around, within *area* and off
    *taken*; where there is none up to fifteen signs away, it stays.
    """
    found: list[Point] = []
    for place in places:
        for rings in _RINGS:
            tries = _moves(rings) * (size * 1.08) + np.array(place)
            free = _free(tries, size / 2, area, taken)
            if found:
                apart = np.abs(tries[:, None, :] - np.array(found)[None, :, :]).max(axis=2)
                free &= (apart >= size * 1.05).all(axis=1)
            if free.any():
                best = int(free.argmax())
                found.append((float(tries[best, 0]), float(tries[best, 1])))
                break
        else:
            found.append(place)
    return found


@cache
def _moves(rings: int) -> Any:  # noqa: ANN401 - an array n × 2
    """Return moves by half signs, the nearest first: up, and to the right, before down and to the left."""
    steps = range(-rings, rings + 1)
    moves = sorted(
        ((i / 2, j / 2) for i in steps for j in steps),
        key=lambda move: (round(math.hypot(*move), 6), move[1] < 0, move[0] < 0, move),
    )
    return np.array(moves)


def _free(tries: Any, half: float, area: Box, taken: Sequence[Box]) -> Any:  # noqa: ANN401 - arrays
    """Tell which places leave a sign within *area* and off *taken*."""
    x, y = tries[:, 0], tries[:, 1]
    free = (x - half >= area.left) & (x + half <= area.right)
    free &= (y - half >= area.bottom) & (y + half <= area.top)
    for box in taken:
        free &= ~(
            (x + half > box.left) & (x - half < box.right) & (y + half > box.bottom) & (y - half < box.top)
        )
    return free


def place_names(
    names: Sequence[Name], taken: Sequence[Box], area: Box, most: int, around: float = 2.1
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
