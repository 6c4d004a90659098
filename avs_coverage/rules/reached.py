"""From structures that reach inhabitants to links with communes, and the share of each that is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from avs_coverage.rules import Links, checked_table, seat_basis

if TYPE_CHECKING:
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


Shares = tuple[Ints, Floats]
"""Pairs, ascending, and the share of the commune's inhabitants that the structure reaches alone.

A pair is the rank of the structure × the number of communes + the rank of the commune: over all of France
there may be a million, and as texts they would fill the memory.
"""


def reached_links(
    territory: Territory,
    structures: Sequence[Structure],
    demands: Mapping[str, Iterable[Demand]],
    commune_share: float,
) -> Links:
    """Return the links of structures, and the exact share of inhabitants that each kind reaches.

    *demands* are those of the level ``certain``; and, where some structures are not placed to the
    metre, of ``firm`` and ``any`` too (see ``Radius.demands``). Shares are over the weights of a
    commune's points, 0 where it has none. A link has the share that its structure reaches alone; a
    seat is linked whatever it reaches. A link is possible where only the level ``any`` has it.
    """
    found = {level: _reached(territory, structures, points) for level, points in demands.items()}
    shares, reached = found["certain"]
    firm_shares, at_least = found.get("firm", (shares, reached))
    any_shares, at_most = found.get("any", (shares, reached))
    if not all(structure.is_firm for structure in structures):
        at_least = _seated(at_least.copy(), [structure for structure in structures if structure.is_firm])
    columns = _links(territory, structures, shares, firm_shares, any_shares)
    return Links(checked_table(columns), reached, commune_share, at_least, at_most)


def _links(
    territory: Territory, structures: Sequence[Structure], shares: Shares, firm: Shares, possible: Shares
) -> dict[str, Any]:
    """Return the columns of one link a pair, by id and code; a seat that is reached firmly needs no more."""
    codes = territory.communes.index.to_numpy(object)
    ids = np.array([structure.id for structure in structures], dtype=object)
    homes = territory.communes.index.get_indexer([structure.seat for structure in structures])
    seated = np.flatnonzero(homes >= 0)
    seats = seated * len(codes) + homes[seated]  # ascending, as structures are
    pairs = np.union1d(possible[0], seats)
    structure, commune = np.divmod(pairs, len(codes))
    order = np.lexsort((_ranks(codes)[commune], _ranks(ids)[structure]))
    pairs, structure, commune = pairs[order], structure[order], commune[order]
    reached, is_firm, is_seat = (_among(pairs, known) for known in (shares[0], firm[0], seats))
    share = np.zeros(len(pairs))
    for mask, (known, values) in ((~is_seat & ~reached, possible), (reached, shares)):
        share[mask] = values[np.searchsorted(known, pairs[mask])]
    words = np.array(["distance_possible", "distance_approchee", "distance"], dtype=object)
    basis = words[np.where(reached, 1 + is_firm, 0)]
    basis[is_seat] = [seat_basis(structures[rank]) for rank in structure[is_seat]]
    return {
        "structure": ids[structure].tolist(),
        "commune": codes[commune].tolist(),
        "share": share,
        "certain": reached | is_seat,
        "basis": basis.tolist(),
    }


def _among(pairs: Ints, known: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which pairs are among those that are known, which ascend."""
    if not len(known):
        return np.zeros(len(pairs), dtype=bool)
    found: np.ndarray[Any, np.dtype[np.bool_]] = known[np.searchsorted(known[:-1], pairs)] == pairs
    return found


def _ranks(texts: np.ndarray[Any, Any]) -> Ints:
    """Return the place of each text in their order."""
    return np.argsort(np.argsort(texts, kind="stable"), kind="stable")


def _reached(
    territory: Territory, structures: Sequence[Structure], demands: Iterable[Demand]
) -> tuple[Shares, pd.DataFrame]:
    """Return the share of each commune that each structure reaches, and that each kind does."""
    size = len(territory.communes)
    is_cs = np.array([structure.type == "CS" for structure in structures], dtype=bool)
    total = np.zeros(size)
    sums = {name: np.zeros(size) for name in ("cs", "evs", "avs", "multiple")}
    found: list[Shares] = []
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
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {name: np.where(total > 0, np.minimum(sums[name] / total, 1), 0) for name in sums}
    return _shares(found, total), _seated(pd.DataFrame(columns, index=territory.communes.index), structures)


def _by_commune(structure: Ints, commune: Ints, weight: Floats, size: int) -> Shares:
    """Add the weights that each structure reaches in each commune."""
    keys, place = np.unique(structure * size + commune, return_inverse=True)
    sums: Floats = np.bincount(place, weight, minlength=len(keys)).astype(np.float64)
    return keys, sums


def _shares(found: Sequence[Shares], total: Floats) -> Shares:
    """Return the weights that are reached, of sets of points that have no commune in common, as shares."""
    none: Shares = (np.empty(0, np.int64), np.empty(0))
    pairs, weight = (np.concatenate(column) for column in zip(none, *found, strict=True))
    pairs, weight = pairs[weight > 0], weight[weight > 0]
    order = np.argsort(pairs)
    pairs, weight = pairs[order], weight[order]
    return pairs, np.minimum(weight / total[pairs % len(total)], 1.0)


def _seated(frame: pd.DataFrame, structures: Sequence[Structure]) -> pd.DataFrame:
    """Set, for each commune, whether a structure of each kind sits in it."""
    for kind in ("CS", "EVS"):
        seats = {structure.seat for structure in structures if structure.type == kind}
        frame[f"siege_{kind.lower()}"] = frame.index.isin(list(seats))
    return frame
