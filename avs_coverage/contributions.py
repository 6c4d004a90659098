"""What each structure adds: the inhabitants it serves, those it serves alone, and whom it overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.rules.reached import Demand

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

_BATCH = 500


@dataclass(frozen=True)
class Contribution:
    """The inhabitants of the territory that one structure serves, by certain links.

    *alone*: served by no other, who would lose their cover without it. *overlaps*: other structure
    (id) → inhabitants that both serve, most first. Whole numbers, rounded to the nearest.
    """

    structure: Structure
    served: int
    alone: int
    overlaps: tuple[tuple[str, int], ...]

    def to_record(self) -> dict[str, Any]:
        """Return the contribution as plain values, under the names that stay."""
        return {
            "id": self.structure.id,
            "nom": self.structure.name,
            "type": self.structure.type,
            "commune": self.structure.seat_name,
            "habitants_desservis": self.served,
            "habitants_seule": self.alone,
            "part_seule": self.alone / self.served if self.served else None,
            "recouvrements": [code for code, _ in self.overlaps],
            "habitants_partages": [people for _, people in self.overlaps],
        }


def structure_contributions(coverage: Coverage) -> tuple[Contribution, ...]:
    """Return what each counted structure that the rule locates adds, most inhabitants first.

    Inhabitants of a commune covered in part are counted point by point, in the proportion of
    its points. Communes without an inventory are left out.
    """
    counted = coverage.inventory.counted(coverage.on)
    structures = sorted((s for s in counted if coverage.rule.locates(s)), key=lambda s: s.id)
    served, alone = np.zeros(len(structures)), np.zeros(len(structures))
    shared: dict[tuple[int, int], float] = {}
    people = np.where(coverage.known, coverage.territory.communes["population"].to_numpy(float), 0.0)
    demands = list(_demands(coverage, structures))
    size = len(people)
    total = sum((np.bincount(d.commune, d.weight, minlength=size) for d in demands), np.zeros(size))
    for demand in demands:
        weight = demand.weight * (people / np.where(total > 0, total, 1))[demand.commune]
        slices = [slice(first, first + _BATCH) for first in range(0, len(structures), _BATCH)]
        pairs = [demand.pairs(part) for part in slices]
        structure = np.concatenate([np.empty(0, np.int64), *(pair[0] for pair in pairs)])
        point = np.concatenate([np.empty(0, np.int64), *(pair[1] for pair in pairs)])
        single = np.bincount(point, minlength=len(weight))[point] == 1
        served += np.bincount(structure, weight[point], minlength=len(structures))
        alone += np.bincount(structure[single], weight[point[single]], minlength=len(structures))
        _add_shared(structure[~single], point[~single], weight, shared)
    found = [
        Contribution(one, _whole(served[rank]), _whole(alone[rank]), _overlaps(rank, structures, shared))
        for rank, one in enumerate(structures)
    ]
    return tuple(sorted(found, key=lambda row: (-row.served, row.structure.id)))


def _demands(coverage: Coverage, structures: list[Structure]) -> Iterator[Demand]:
    """Yield the points that the rule measures, or one point a commune where a link covers it whole."""
    if coverage.found.reached is not None:
        yield from coverage.rule.demands(coverage.territory, structures)  # type: ignore[attr-defined]
        return
    ranks = {structure.id: rank for rank, structure in enumerate(structures)}
    links = coverage.links[coverage.links["certain"] & coverage.links["structure"].isin(list(ranks))]
    structure = links["structure"].map(ranks).to_numpy(np.int64)
    commune = coverage.territory.communes.index.get_indexer(links["commune"])

    def pairs(part: slice) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        here = (structure >= part.start) & (structure < part.stop)
        return structure[here], commune[here]

    size = len(coverage.territory.communes)
    yield Demand(np.arange(size), np.ones(size), pairs)


def _add_shared(
    structure: np.ndarray[Any, Any],
    point: np.ndarray[Any, Any],
    weight: np.ndarray[Any, Any],
    shared: dict[tuple[int, int], float],
) -> None:
    """Add, for each pair of structures, the weight of the points that both reach."""
    order = np.argsort(point, kind="stable")
    structure, point = structure[order], point[order]
    bounds = np.flatnonzero(np.diff(point, prepend=-1, append=-2))
    for first, last in pairwise(bounds):
        several, value = sorted(structure[first:last].tolist()), float(weight[point[first]])
        for i, one in enumerate(several):
            for other in several[i + 1 :]:
                shared[one, other] = shared.get((one, other), 0.0) + value


def _overlaps(
    rank: int, structures: list[Structure], shared: dict[tuple[int, int], float]
) -> tuple[tuple[str, int], ...]:
    found = [
        (structures[b if a == rank else a].id, _whole(value))
        for (a, b), value in shared.items()
        if rank in (a, b) and value > 0
    ]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _whole(value: float) -> int:
    return int(np.floor(value + 0.5))
