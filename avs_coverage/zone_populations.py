"""The inhabitants that structures declare in their service areas, beside those of the communes they serve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
KINDS = ("CS", "EVS", "AVS")


@dataclass(frozen=True)
class DeclaredPopulation:
    """A structure that declares the inhabitants of its area, and those of its communes here.

    *inhabitants* are those of the communes of the territory that it certainly serves, *communes*
    their number; None where none is known. *is_whole* tells an area all of whose communes are
    known and lie in the territory: only then are the two numbers of the same place.
    """

    structure: Structure
    declared: int
    communes: int
    inhabitants: int | None
    is_whole: bool

    def to_record(self) -> dict[str, Any]:
        """Return the two numbers as plain values, under the names that stay."""
        return {
            "id": self.structure.id,
            "nom": self.structure.name,
            "population_declaree": self.declared,
            "communes_connues": self.communes,
            "habitants_des_communes": self.inhabitants,
            "zone_entiere": self.is_whole,
        }


@dataclass(frozen=True)
class DeclaredSum:
    """The areas that are wholly known: their declared inhabitants, and those of their communes.

    *declared* counts who lives in two areas twice, as *repeated* does with the inhabitants of the
    communes; *inhabitants* counts each commune once. ``repeated - inhabitants`` is the overlap.
    """

    structures: int
    declared: int
    repeated: int
    inhabitants: int

    def to_record(self) -> dict[str, Any]:
        """Return the sums as plain values, under the names that stay."""
        return {
            "structures": self.structures,
            "population_declaree": self.declared,
            "habitants_des_communes": self.inhabitants,
            "recouvrement": self.repeated - self.inhabitants,
        }


def declared_populations(coverage: Coverage) -> tuple[tuple[DeclaredPopulation, ...], DeclaredSum]:
    """Return the structures that declare a population and serve the territory, by id, and their sums."""
    declaring = [s for s in coverage.inventory.counted(coverage.on) if s.area_population is not None]
    if not declaring:
        return (), DeclaredSum(0, 0, 0, 0)
    people = coverage.territory.communes["population"]
    certain = coverage.links[coverage.links["certain"]]
    served = certain.groupby("structure")["commune"].agg(list).to_dict()
    rows, every, repeated, declared, whole = [], set(), 0, 0, 0
    for structure in sorted(declaring, key=lambda s: s.id):
        if structure.area_population is None or structure.id not in coverage.linked:
            continue
        codes = served.get(structure.id, [])
        inhabitants = int(people[codes].sum()) if codes else None
        is_whole = structure.area == "complete" and set(structure.communes) == set(codes)
        rows.append(
            DeclaredPopulation(structure, structure.area_population, len(codes), inhabitants, is_whole)
        )
        if is_whole:
            every |= set(codes)
            whole, declared = whole + 1, declared + structure.area_population
            repeated += inhabitants or 0
    total = DeclaredSum(whole, declared, repeated, int(people[sorted(every)].sum()))
    return tuple(rows), total


@dataclass(frozen=True)
class Limits:
    """How many inhabitants possible links may add at most, by group of communes that they join.

    *place* is the group of each commune of the territory, -1 outside any. *most* is, for each kind
    (``CS``, ``EVS``, ``AVS``), the most that the structures of that kind may add in each group: the
    sum of what each declares beyond the communes it firmly serves; infinite where one of them
    declares nothing. *bounded* are the ids of the structures that declare.
    """

    place: Ints
    most: dict[str, Floats]
    bounded: tuple[str, ...]

    def upper(self, kind: str, certain: Floats, extra: Floats, group: Ints, count: int) -> Floats:
        """Return the majorant of each of *count* groups of communes, *group* being each commune's or -1.

        *certain* and *extra* are the inhabitants that certain and possible links add in each commune.
        What is possible in a group is no more than its communes hold, nor than what is declared.
        """
        here = group >= 0
        total = np.bincount(group[here], certain[here], minlength=count)
        joined = here & (self.place >= 0)
        size = len(self.most[kind])
        keys = group[joined] * size + self.place[joined]
        added = np.bincount(keys, extra[joined], minlength=count * size).reshape(count, size)
        return np.asarray(total + np.minimum(added, self.most[kind]).sum(axis=1))


def limits(coverage: Coverage) -> Limits | None:
    """Return what declared populations bound; None where no structure with possible links declares any.

    A structure whose communes are not all known serves as many inhabitants as it declares: what is
    possible for it is bounded by that number, less the communes that it firmly serves.
    """
    possible = coverage.links[~coverage.links["certain"]]
    by_id = {s.id: s for s in coverage.inventory.structures}
    bounded = [code for code in possible["structure"].unique() if by_id[code].area_population is not None]
    if not bounded:
        return None
    people = coverage.territory.communes["population"]
    firm = coverage.links[coverage.links["firm"]]
    served = people.reindex(firm["commune"]).groupby(firm["structure"].to_numpy()).sum().to_dict()
    group_of, places = _joined(possible.itertuples(index=False))
    count = max(places.values()) + 1
    most = {kind: np.zeros(count) for kind in KINDS}
    for code, place in places.items():
        declared = by_id[code].area_population
        room = np.inf if declared is None else max(0, declared - served.get(code, 0))
        most[by_id[code].type][place] += room
        most["AVS"][place] += room
    place_of = np.array([group_of.get(code, -1) for code in people.index], dtype=np.int64)
    return Limits(place_of, most, tuple(sorted(bounded)))


def _joined(links: Iterable[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the group of each commune and of each structure that possible links join, directly or not."""
    communes: dict[str, set[str]] = {}
    structures: dict[str, set[str]] = {}
    for link in links:
        communes.setdefault(link.commune, set()).add(link.structure)
        structures.setdefault(link.structure, set()).add(link.commune)
    group_of: dict[str, int] = {}
    places: dict[str, int] = {}
    rank = -1
    for first in structures:
        if first in places:
            continue
        rank += 1
        pending = [first]
        while pending:
            code = pending.pop()
            if code in places:
                continue
            places[code] = rank
            for commune in structures[code]:
                if commune not in group_of:
                    group_of[commune] = rank
                    pending += communes[commune]
    return group_of, places
