"""From structures that reach inhabitants to links with communes, and the share of each that is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.rules import Links, link_table

if TYPE_CHECKING:
    import pandas as pd

    from avs_coverage.inventory import Structure
    from avs_coverage.territory import Territory

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
_BATCH = 500


@dataclass(frozen=True)
class Demand:
    """Points that stand for the inhabitants of communes, and the structures that reach them.

    Point *i* stands for *weight* ``[i]`` (float64) of the inhabitants of the commune of rank
    *commune* ``[i]`` (int64) in the territory. *pairs* of a slice of structures returns the ranks of
    the structures and the points that they reach, each pair once. A commune is in one set only.
    """

    commune: Ints
    weight: Floats
    pairs: Callable[[slice], tuple[Ints, Ints]]


def reached_links(
    territory: Territory, structures: Sequence[Structure], demands: Iterable[Demand], commune_share: float
) -> Links:
    """Return the links of structures, and the exact share of inhabitants that each kind reaches.

    Shares are over the weights of a commune's points, 0 where it has none. A link has the share
    that its structure reaches alone; a seat is linked whatever it reaches. All are certain.
    """
    size = len(territory.communes)
    is_cs = np.array([structure.type == "CS" for structure in structures], dtype=bool)
    total = np.zeros(size)
    sums = {name: np.zeros(size) for name in ("cs", "evs", "avs", "multiple")}
    found: list[tuple[Ints, Ints, Floats]] = []
    for demand in demands:
        total += np.bincount(demand.commune, demand.weight, minlength=size)
        counts = np.zeros((2, len(demand.commune)), np.int64)
        for first in range(0, len(structures), _BATCH):
            structure, point = demand.pairs(slice(first, first + _BATCH))
            for kind in (0, 1):
                counts[kind] += np.bincount(point[is_cs[structure] == kind], minlength=len(demand.commune))
            found.append(_by_commune(structure, demand.commune[point], demand.weight[point], size))
        evs, cs = counts
        masks = {"cs": cs > 0, "evs": evs > 0, "avs": cs + evs > 0, "multiple": cs + evs > 1}
        for name, mask in masks.items():
            sums[name] += np.bincount(demand.commune[mask], demand.weight[mask], minlength=size)
    reached = _shares(territory, structures, sums, total)
    return Links(_table(territory, structures, found, total), reached, commune_share)


def _by_commune(structure: Ints, commune: Ints, weight: Floats, size: int) -> tuple[Ints, Ints, Floats]:
    """Add the weights that each structure reaches in each commune."""
    keys, place = np.unique(structure * size + commune, return_inverse=True)
    sums: Floats = np.bincount(place, weight, minlength=len(keys)).astype(np.float64)
    return keys // size, keys % size, sums


def _table(
    territory: Territory,
    structures: Sequence[Structure],
    found: list[tuple[Ints, Ints, Floats]],
    total: Floats,
) -> pd.DataFrame:
    codes = territory.communes.index
    shares = {
        (structures[s].id, codes[c]): min(w / total[c], 1.0)
        for part in found
        for s, c, w in zip(*(column.tolist() for column in part), strict=True)
        if w > 0
    }
    seats = {(s.id, s.seat): shares.get((s.id, s.seat), 0.0) for s in structures if s.seat in codes}
    basis = {pair: "siege" for pair in seats}
    rows = {**shares, **seats}
    return link_table((s, c, rows[s, c], True, basis.get((s, c), "distance")) for s, c in sorted(rows))


def _shares(
    territory: Territory, structures: Sequence[Structure], sums: dict[str, Floats], total: Floats
) -> pd.DataFrame:
    """Return the share of each commune's inhabitants reached, and whether a structure sits in it."""
    import pandas as pd

    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {name: np.where(total > 0, np.minimum(sums[name] / total, 1), 0) for name in sums}
    frame = pd.DataFrame(columns, index=territory.communes.index)
    for kind in ("CS", "EVS"):
        seats = {structure.seat for structure in structures if structure.type == kind}
        frame[f"siege_{kind.lower()}"] = frame.index.isin(list(seats))
    return frame
