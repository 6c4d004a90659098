"""What changed between two coverages of one territory by one rule, and the structures that caused it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.coverage import Amounts, Coverage
from avs_coverage.figure import MEASURES, Number
from avs_coverage.inventory import TYPES

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure

CAUSES = {"cs": ("CS",), "evs_seul": TYPES, "avs": TYPES}
"""The statuses whose changes are told, and the types of structures that can cause them; the
communes of ``aucune`` change as those of ``avs`` do, the other way."""

_Link = tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """What the same structures changed of one status: whole amounts, which add up to the difference.

    *structures* (ids) are those whose certain links to these communes appear or disappear. *gained*
    and *lost* are commune codes; *in_part*, those of which a rule that measures distances reaches
    more or fewer inhabitants while their status stays. *communes*, *inhabitants* and *area_km2* are
    signed.
    """

    status: str
    structures: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    in_part: tuple[str, ...]
    inhabitants: int
    area_km2: float

    @property
    def communes(self) -> int:
        """Return how many communes the status gains, less those it loses."""
        return len(self.gained) - len(self.lost)

    def amount(self, measure: str) -> Number:
        """Return what is added to the figure of a measure, negative where it is taken away."""
        return {"communes": self.communes, "habitants": self.inhabitants, "km2": self.area_km2}[measure]

    def to_record(self) -> dict[str, Any]:
        """Return the change as plain values, under the names that stay."""
        return {
            "statut": self.status,
            "structures": list(self.structures),
            "communes": self.communes,
            "habitants": self.inhabitants,
            "km2": self.area_km2,
            "communes_gagnees": list(self.gained),
            "communes_perdues": list(self.lost),
            "communes_en_partie": list(self.in_part),
        }


def coverage_changes(before: Coverage, after: Coverage) -> tuple[Change, ...]:
    """Return the changes of each status, the most inhabitants first; see ``Change``.

    Both coverages are of the same territory and rule; communes for which only one of the two
    inventories stands are left out. By status, changes add up to the difference of the figures over
    the others: exactly, and to 0.001 for km².
    """
    rules = [(one.rule.typed, one.rule.parameters) for one in (before, after)]
    if before.territory is not after.territory or rules[0] != rules[1]:
        raise ValueError("two coverages are compared over one territory and by one rule")
    scope = before.known & after.known
    causes = {kind: _moved_links(before, after, kind) for kind in TYPES}
    found = []
    for status, kinds in CAUSES.items():
        deltas = {m: after.amounts(m, status) - before.amounts(m, status) for m in MEASURES}
        moved = scope & np.logical_or.reduce([delta != 0 for delta in deltas.values()])
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for rank in np.flatnonzero(moved).tolist():
            groups[tuple(sorted(set().union(*(causes[kind].get(rank, ()) for kind in kinds))))].append(rank)
        found += [_change(after, status, ids, ranks, deltas) for ids, ranks in groups.items()]
    order = list(CAUSES)
    found.sort(key=lambda c: (order.index(c.status), -abs(c.inhabitants), -abs(c.communes), c.structures))
    return tuple(found)


def _change(
    after: Coverage, status: str, structures: tuple[str, ...], ranks: list[int], deltas: dict[str, Amounts]
) -> Change:
    codes = after.territory.communes.index
    sign = deltas["communes"][ranks]

    def where(wanted: int) -> tuple[str, ...]:
        return tuple(
            str(codes[rank]) for rank, one in zip(ranks, sign.tolist(), strict=True) if one == wanted
        )

    people, area = int(deltas["habitants"][ranks].sum()), float(deltas["km2"][ranks].sum())
    return Change(status, structures, where(1), where(-1), where(0), people, round(area, 3))


def _moved_links(before: Coverage, after: Coverage, kind: str) -> dict[int, set[str]]:
    """Return, by rank of commune, the structures of a type whose certain link appears or disappears.

    Where a link covers a whole commune, one more or one less changes nothing while another of the
    type remains: only the communes that the type gains or loses are kept.
    """
    one, other = _links(before, kind), _links(after, kind)
    turned = before.covered(kind) != after.covered(kind)
    found: dict[int, set[str]] = defaultdict(set)
    for structure, rank, *_ in one ^ other:
        if after.found.reached is not None or turned[rank]:
            found[rank].add(structure)
    return found


def _links(coverage: Coverage, kind: str) -> set[_Link]:
    """Return the certain links of a type, each with all that its effect on a commune depends on.

    Where a commune may be reached in part, the same share may be that of other inhabitants: a
    structure that stands elsewhere has other links.
    """
    of_type: dict[str, Structure] = {s.id: s for s in coverage.inventory.structures if s.type == kind}
    table = coverage.links
    kept = table["certain"].to_numpy(dtype=bool) & table["structure"].isin(list(of_type)).to_numpy()
    pairs = zip(table["structure"].to_numpy()[kept], coverage.link_ranks[kept].tolist(), strict=True)
    if coverage.found.reached is None:
        return set(pairs)
    details = zip(table["share"].to_numpy()[kept], table["basis"].to_numpy()[kept], strict=True)
    return {
        (id, rank, share, basis, of_type[id].x_m, of_type[id].y_m)
        for (id, rank), (share, basis) in zip(pairs, details, strict=True)
    }
