"""What each structure adds: the inhabitants it serves, those it serves alone, and whom it overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.coverage import Level
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.messages import number
from avs_coverage.rules.reached import Demand, Ints

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

MAX_PAIRS = 1_000_000
"""Of structures that overlap: France would have ten times fewer, and a list of errors fills the memory."""
_BATCH = 500
_PAIRS_AT_ONCE = 1_000_000
"""Pairs of structures counted together, each as often as there are points that both reach."""

COLUMNS = (
    "id",
    "nom",
    "type",
    "commune",
    "position",
    "habitants_desservis",
    "habitants_desservis_minorant",
    "habitants_desservis_majorant",
    "habitants_seule",
    "habitants_seule_minorant",
    "habitants_seule_majorant",
    "part_seule",
    "part_seule_minorant",
    "part_seule_majorant",
    "recouvrements",
    "habitants_partages",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""

_LEVELS: tuple[Level, ...] = ("certain", "firm", "any")
_ByLevel = dict[Level, Demand]
_Pairs = tuple[Ints, Ints]
"""Which structure reaches which point."""
_Shared = tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.float64]]]
"""Rank of a structure × their number + that of another, ascending, and the inhabitants that both serve."""


@dataclass(frozen=True)
class Contribution:
    """The inhabitants of the territory that one structure serves, by certain links.

    *alone*: served by no other, who would lose their cover without it. *overlaps*: other structure
    (id) → inhabitants that both serve, most first. Whole numbers, rounded to the nearest. *served_bounds*
    and *alone_bounds* are minorant and majorant: by firm links and next to all that may serve too; by
    possible links and next to what firmly serves.
    """

    structure: Structure
    served: int
    alone: int
    overlaps: tuple[tuple[str, int], ...]
    served_bounds: tuple[int, int]
    alone_bounds: tuple[int, int]

    @property
    def share_bounds(self) -> tuple[float | None, float | None]:
        """Return the least and the greatest share of those served that it alone serves, None of nobody."""
        (low, high), (few, many) = self.alone_bounds, self.served_bounds
        if not many:
            return None, None
        return low / many, 1.0 if high >= few else high / few

    def to_record(self) -> dict[str, Any]:
        """Return the contribution as plain values, under the names that stay."""
        return {
            "id": self.structure.id,
            "nom": self.structure.name,
            "type": self.structure.type,
            "commune": self.structure.seat_name,
            "position": self.structure.position,
            "habitants_desservis": self.served,
            "habitants_desservis_minorant": self.served_bounds[0],
            "habitants_desservis_majorant": self.served_bounds[1],
            "habitants_seule": self.alone,
            "habitants_seule_minorant": self.alone_bounds[0],
            "habitants_seule_majorant": self.alone_bounds[1],
            "part_seule": self.alone / self.served if self.served else None,
            "part_seule_minorant": self.share_bounds[0],
            "part_seule_majorant": self.share_bounds[1],
            "recouvrements": [code for code, _ in self.overlaps],
            "habitants_partages": [people for _, people in self.overlaps],
        }


def structure_contributions(coverage: Coverage) -> tuple[Contribution, ...]:
    """Return what each counted structure that the rule locates adds, most inhabitants first.

    Inhabitants of a commune covered in part are counted point by point, in the proportion of
    its points. Communes without an inventory are left out. What a structure may serve is no more
    than the inhabitants it declares, where that bounds the majorant of the territory.
    """
    counted = coverage.inventory.counted(coverage.on)
    structures = sorted((s for s in counted if coverage.rule.locates(s)), key=lambda s: s.id)
    sums = {name: np.zeros(len(structures)) for name in (*_LEVELS, *(f"{level} alone" for level in _LEVELS))}
    shared: _Shared = (np.empty(0, np.int64), np.empty(0))
    people = np.where(coverage.known, coverage.territory.communes["population"].to_numpy(float), 0.0)
    demands = list(_demands(coverage, structures))
    size = len(people)
    total = sum(
        (np.bincount(of["certain"].commune, of["certain"].weight, minlength=size) for of in demands),
        np.zeros(size),
    )
    for of in demands:
        demand = of["certain"]
        weight = demand.weight * (people / np.where(total > 0, total, 1))[demand.commune]
        pairs: dict[str, _Pairs] = {level: _pairs(of[level], len(structures)) for level in _LEVELS}
        for name, (structure, point) in (pairs | _alone(pairs, len(weight))).items():
            sums[name] += np.bincount(structure, weight[point], minlength=len(structures))
        structure, point = pairs["certain"]
        several = np.bincount(point, minlength=len(weight))[point] > 1
        shared = _add_shared(structure[several], point[several], weight, len(structures), shared)
    overlaps = _overlaps(structures, shared)
    found = [
        _contribution(one, {name: _whole(values[rank]) for name, values in sums.items()}, overlaps[rank])
        for rank, one in enumerate(structures)
    ]
    if coverage.limits is not None:
        found = [_bounded(row) if row.structure.id in coverage.limits.bounded else row for row in found]
    return tuple(sorted(found, key=lambda row: (-row.served, row.structure.id)))


def _contribution(
    structure: Structure, sums: dict[str, int], overlaps: tuple[tuple[str, int], ...]
) -> Contribution:
    return Contribution(
        structure,
        sums["certain"],
        sums["certain alone"],
        overlaps,
        (sums["firm"], sums["any"]),
        (sums["firm alone"], sums["any alone"]),
    )


def _bounded(row: Contribution) -> Contribution:
    """Return a contribution whose majorants are no more than the inhabitants that the structure declares."""
    most = max(row.served, row.structure.area_population or 0)
    served, alone = row.served_bounds, row.alone_bounds
    return replace(
        row, served_bounds=(served[0], min(served[1], most)), alone_bounds=(alone[0], min(alone[1], most))
    )


def _demands(coverage: Coverage, structures: list[Structure]) -> Iterator[_ByLevel]:
    """Yield, by level, the points that the rule measures, or one point a commune where a link covers it."""
    found = coverage.found
    if found.reached is not None:
        of = {level: coverage.rule.demands(coverage.territory, structures, level) for level in _LEVELS}  # type: ignore[attr-defined]
        if found.at_least is found.reached is found.at_most:
            for demand in of["certain"]:
                yield {level: demand for level in _LEVELS}
            return
        for demands in zip(*of.values(), strict=True):
            yield dict(zip(_LEVELS, demands, strict=True))
        return
    links = coverage.links[coverage.links["structure"].isin([s.id for s in structures])]
    ranks = {structure.id: rank for rank, structure in enumerate(structures)}
    structure = links["structure"].map(ranks).to_numpy(np.int64)
    commune = coverage.territory.communes.index.get_indexer(links["commune"])
    size = len(coverage.territory.communes)
    masks: dict[Level, np.ndarray[Any, Any]] = {
        "certain": links["certain"].to_numpy(bool),
        "firm": links["firm"].to_numpy(bool),
        "any": np.ones(len(links), dtype=bool),
    }

    def demand_of(mask: np.ndarray[Any, Any]) -> Demand:
        def pairs(part: slice) -> _Pairs:
            here = mask & (structure >= part.start) & (structure < part.stop)
            return structure[here], commune[here]

        return Demand(np.arange(size), np.ones(size), pairs)

    yield {level: demand_of(mask) for level, mask in masks.items()}


def _pairs(demand: Demand, count: int) -> _Pairs:
    """Return every pair of a structure and a point that it reaches."""
    slices = [slice(first, first + _BATCH) for first in range(0, count, _BATCH)]
    found = [(np.empty(0, np.int64), np.empty(0, np.int64)), *map(demand.pairs, slices)]
    structure, point = (np.concatenate(column) for column in zip(*found, strict=True))
    return structure, point


def _alone(pairs: dict[str, _Pairs], size: int) -> dict[str, _Pairs]:
    """Return the pairs of the points that no other structure reaches: certainly, at least, at most."""
    counts = {level: np.bincount(point, minlength=size) for level, (_, point) in pairs.items()}
    certain, firm, possible = (pairs[level] for level in _LEVELS)
    own = np.isin(possible[0] * size + possible[1], firm[0] * size + firm[1])
    masks = (
        ("certain alone", certain, counts["certain"][certain[1]] == 1),
        ("firm alone", firm, counts["any"][firm[1]] == 1),
        ("any alone", possible, counts["firm"][possible[1]] == own),
    )
    return {name: (structure[mask], point[mask]) for name, (structure, point), mask in masks}


def _add_shared(
    structure: np.ndarray[Any, Any],
    point: np.ndarray[Any, Any],
    weight: np.ndarray[Any, Any],
    count: int,
    shared: _Shared,
) -> _Shared:
    """Add, for each pair of structures, the weight of the points that both reach; not all points at once."""
    order = np.lexsort((structure, point))
    structure, point = structure[order], point[order]
    bounds = np.flatnonzero(np.diff(point, prepend=-1, append=-2))
    sizes = np.diff(bounds)
    at_once = np.cumsum(sizes * (sizes - 1) // 2) // _PAIRS_AT_ONCE
    for piece in np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(at_once)) + 1):
        if not len(piece):
            continue
        here = slice(bounds[piece[0]], bounds[piece[-1] + 1])
        pairs, values = [shared[0]], [shared[1]]
        for gap in range(1, int(sizes[piece].max())):
            same = point[here][gap:] == point[here][:-gap]
            one, other = structure[here][:-gap][same], structure[here][gap:][same]
            pairs.append(one * count + other)
            values.append(weight[point[here][gap:][same]])
        keys, place = np.unique(np.concatenate(pairs), return_inverse=True)
        shared = keys, np.bincount(place, np.concatenate(values), minlength=len(keys)).astype(np.float64)
        if len(keys) > MAX_PAIRS:
            raise UsageError(Fault("AVS-232", {"value": number(MAX_PAIRS)}))
    return shared


def _overlaps(structures: list[Structure], shared: _Shared) -> list[tuple[tuple[str, int], ...]]:
    """Return, for each structure, those with which it shares inhabitants, and how many, most first."""
    found: list[list[tuple[str, int]]] = [[] for _ in structures]
    for key, value in zip(*(column.tolist() for column in shared), strict=True):
        one, other = divmod(key, len(structures))
        if value > 0:
            people = _whole(value)
            found[one].append((structures[other].id, people))
            found[other].append((structures[one].id, people))
    return [tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))) for pairs in found]


def _whole(value: float) -> int:
    return int(np.floor(value + 0.5))
