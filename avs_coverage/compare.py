"""Territories, or inventories of one territory, side by side, and what cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from avs_coverage.changes import Change, coverage_changes
from avs_coverage.coverage import Coverage
from avs_coverage.figure import FIGURE_COLUMNS, Figure
from avs_coverage.messages import counted, enumeration, french_date, plural
from avs_coverage.names import comparable
from avs_coverage.qpv import generation_in_force
from avs_coverage.tables import STAMP_COLUMNS

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report

_SIDE = ("comparaison", "territoire", "inventaire", "date", *FIGURE_COLUMNS)
COLUMNS = (*_SIDE, *(name for name in STAMP_COLUMNS if name not in _SIDE))
"""Stable names: they change only with the version of the schema (docs/formats.md)."""
COMPARED = ("cs", "avs")
"""The statuses whose order is told: ``evs_seul`` falls where a CS opens, ``aucune`` is the rest."""


@dataclass(frozen=True)
class Side:
    """One territory with one inventory: its report, and the name that tells it from the others."""

    name: str
    report: Report

    def to_record(self) -> dict[str, Any]:
        """Return what the side rests on as plain values, under the names that stay."""
        coverage = self.report.coverage
        return {
            "comparaison": self.name,
            "territoire": coverage.territory.name.code,
            "inventaire": coverage.inventory.title or None,
            "fictif": self.report.is_fictitious,
            "date": coverage.on.isoformat(),
            "regle": coverage.rule.name,
            "parametres": coverage.rule.parameters,
            "couches_utilisateur": list(coverage.territory.layers(coverage.on)),
            **self.report.uncertainty,
        }


@dataclass(frozen=True)
class Gap:
    """The difference of a share between two sides, in points of 0–1: *second* less *first*.

    *lower* and *upper* bound it by the brackets of both. *is_established*: the brackets do not meet
    and both lists hold as many structures as are published: the order of the two is sure. None where
    only what nobody knows could say otherwise: how many structures there are, or made data.
    """

    first: str
    second: str
    measure: str
    status: str
    points: float
    lower: float
    upper: float
    is_established: bool | None

    def to_record(self) -> dict[str, Any]:
        """Return the difference as plain values, under the names that stay."""
        return {
            "de": self.first,
            "a": self.second,
            "mesure": self.measure,
            "statut": self.status,
            "ecart": self.points,
            "minorant": self.lower,
            "majorant": self.upper,
            "etabli": self.is_established,
        }


@dataclass(frozen=True)
class Revision:
    """What differs between two inventories of one territory: structures, and the coverage they change.

    *removed* and *added* are structures that only the first, or only the second list holds; *revised*
    are pairs (first, second) of one structure of which something differs. *changes* add up to the
    difference of the figures.
    """

    removed: tuple[Structure, ...]
    added: tuple[Structure, ...]
    revised: tuple[tuple[Structure, Structure], ...]
    changes: tuple[Change, ...]

    def to_record(self) -> dict[str, Any]:
        """Return the revision as plain values, under the names that stay."""
        return {
            "structures_retirees": [s.id for s in self.removed],
            "structures_ajoutees": [s.id for s in self.added],
            "structures_modifiees": [
                {"id": one.id, "colonnes": list(differing_columns(one, other))} for one, other in self.revised
            ],
            "changements": [change.to_record() for change in self.changes],
        }


@dataclass(frozen=True)
class SideBySide:
    """Sides under one rule at one date; *revision* where they are two inventories of one territory."""

    sides: tuple[Side, ...]
    gaps: tuple[Gap, ...]
    reserves: tuple[str, ...]
    revision: Revision | None

    def records(self) -> list[dict[str, Any]]:
        """Return one row a side, measure and status, each with what it rests on."""
        return [
            {**side.to_record(), **figure.to_record()}
            for side in self.sides
            for figure in side.report.figures
        ]

    def to_record(self) -> dict[str, Any]:
        """Return the comparison as plain values, under the names that stay."""
        return {
            "cotes": [
                {
                    **side.to_record(),
                    "synthese": [figure.to_record() for figure in side.report.figures],
                    **side.report.warnings_record,
                }
                for side in self.sides
            ],
            "ecarts": [gap.to_record() for gap in self.gaps],
            "reserves": list(self.reserves),
            "revision": self.revision.to_record() if self.revision else None,
        }


def compare_reports(sides: Sequence[Side], notes: Sequence[str] = ()) -> SideBySide:
    """Compare the reports of several sides with the first, made under one rule at one date.

    *notes* are reserves that the caller knows of, such as settings of a study that were set aside.
    Where the rule is not the same for all (a matrix of travel times that only one side has), there are
    neither differences nor a revision, and the reserves say so.
    """
    first = sides[0].report.coverage
    others = [side.report.coverage for side in sides[1:]]
    if not all(_same_rule(first, other) for other in others):
        rules = " ; ".join(f"{side.name} : {side.report.coverage.rule.label}" for side in sides)
        reserve = f"La règle n'est pas la même partout, aucun écart n'est calculé ({rules})."
        return SideBySide(tuple(sides), (), (reserve, *notes, *_reserves(sides)), None)
    gaps = tuple(gap for side in sides[1:] for gap in _gaps(sides[0], side))
    is_revision = len(others) == 1 and first.territory.name == others[0].territory.name
    revision = _revision(first, others[0]) if is_revision else None
    return SideBySide(tuple(sides), gaps, (*notes, *_reserves(sides)), revision)


def _same_rule(one: Coverage, other: Coverage) -> bool:
    """Tell whether two coverages are by one rule: two matrices may bear one name and differ."""
    if one.rule.parameters != other.rule.parameters:
        return False
    first, second = (getattr(coverage.rule, "times", None) for coverage in (one, other))
    if first is None or second is None:
        return first is second
    return bool(first.frame.equals(second.frame))


def _gaps(one: Side, other: Side) -> Iterator[Gap]:
    figures = {(f.measure, f.status): f for f in other.report.figures}
    states = [_is_complete(side.report) for side in (one, other)]
    complete = False if False in states else None if None in states else True
    for first in one.report.figures:
        second = figures[first.measure, first.status]
        if first.status in COMPARED and (values := _difference(first, second)):
            points, lower, upper = values
            apart = complete if lower > 0 or upper < 0 else False
            yield Gap(one.name, other.name, first.measure, first.status, points, lower, upper, apart)


def _is_complete(report: Report) -> bool | None:
    """Tell whether a list holds all that is published; None where nothing says how many there are."""
    if report.outside_bracket:
        return False
    if report.is_fictitious or any(row.published is None for row in report.completeness):
        return None
    return True


def _difference(first: Figure, second: Figure) -> tuple[float, float, float] | None:
    """Return the difference of two shares and its bounds; None where one is unknown."""
    ends = [
        (figure.share, figure.share_of(figure.lower), figure.share_of(figure.upper))
        for figure in (first, second)
    ]
    (a, a_low, a_high), (b, b_low, b_high) = ends
    known = (a, a_low, a_high, b, b_low, b_high)
    if any(value is None for value in known):
        return None
    return (  # told apart from None just above
        round(b - a, 6),  # type: ignore[operator]
        round(b_low - a_high, 6),  # type: ignore[operator]
        round(b_high - a_low, 6),  # type: ignore[operator]
    )


def _reserves(sides: Sequence[Side]) -> Iterator[str]:
    """Say what is not comparable between the sides, in French sentences."""
    yield from _inventory_reserves(sides)
    yield from _layer_reserves(sides)
    day = sides[0].report.coverage.on
    kinds = {side.report.coverage.territory.name.kind for side in sides}
    if len(kinds) > 1:
        yield "Les territoires ne sont pas de même nature (département, EPCI, région, pays)."
    for one, other in combinations(sides, 2):
        here, there = (side.report.coverage.territory for side in (one, other))
        common = len(here.codes & there.codes)
        if common and here.name != there.name:
            yield (
                f"{one.name} et {other.name} ont {counted(common, 'commune', 'communes')} en commun, "
                f"{plural(common, 'comptée', 'comptées')} des deux côtés."
            )
    generations = {
        side.name: generation_in_force(departement, day)
        for side in sides
        for departement in side.report.coverage.territory.name.departements[:1]
    }
    if len(set(generations.values())) > 1:
        of = enumeration([f"{name} : {generation or 'aucune'}" for name, generation in generations.items()])
        yield f"Les QPV en vigueur au {french_date(day)} ne sont pas de la même génération ({of})."
    if any("976" in side.report.coverage.territory.name.departements for side in sides):
        yield "La population de Mayotte est de 2017, celle des autres départements de 2023."


def _inventory_reserves(sides: Sequence[Side]) -> Iterator[str]:
    if without := [side.name for side in sides if not side.report.has_inventory]:
        verb = plural(len(without), "n'a", "n'ont")
        yield f"{enumeration(without)} {verb} aucun inventaire : couverture inconnue, non comparable."
    for side in sides:
        inventory, on = side.report.coverage.inventory, side.report.coverage.on
        if side.report.is_fictitious:
            yield f"{side.name} : données fictives, qui ne se comparent à rien de réel."
        if side.report.has_inventory and not side.report.coverage.known.all():
            yield f"{side.name} : un inventaire ne vaut que pour une partie du territoire."
        if inventory.date and inventory.date != on:
            state = french_date(inventory.date)
            yield f"{side.name} : l'inventaire décrit l'état au {state}, non au {french_date(on)}."
    listed = [side for side in sides if side.report.has_inventory]
    for side in listed:
        if side.report.outside_bracket:
            yield (
                f"{side.name} : {side.report.outside_bracket} ; la couverture par un CS ou un EVS peut être "
                "plus haute, on ne sait de combien."
            )
        elif all(row.published is None for row in side.report.completeness):
            yield f"{side.name} : aucun nombre publié à cette date, rien ne dit si la liste est complète."


def _layer_reserves(sides: Sequence[Side]) -> Iterator[str]:
    day = sides[0].report.coverage.on
    layers = {side.name: set(side.report.coverage.territory.layers(day)) for side in sides}
    for name, own in layers.items():
        others = set.intersection(*(other for one, other in layers.items() if one != name))
        for layer in sorted(own - others):
            yield f"{name} seulement : {layer}."


def _revision(first: Coverage, second: Coverage) -> Revision:
    """Compare two inventories of one territory.

    A structure is the same by its id, or by its name, type and seat. Both are set on the communes of
    the first side: what differs is then the work of structures alone.
    """
    before = {s.id: s for s in first.inventory.counted(first.on)}
    again = Coverage.compute(first.territory, second.inventory, second.rule, second.on)
    names = _same_ids(list(before.values()), list(second.inventory.counted(second.on)))
    after = {s.id: s for s in (t.with_id(names[t.id]) for t in second.inventory.counted(second.on))}
    # Links are found under the ids of the second list, by which a matrix may know them, then renamed.
    table = again.links.assign(structure=[names[id] for id in again.links["structure"]])
    renamed = replace(
        again,
        inventory=replace(second.inventory, structures=tuple(after.values())),
        found=replace(again.found, table=table),
    )
    kept = before.keys() & after.keys()
    pairs = tuple((before[id], after[id]) for id in sorted(kept))
    return Revision(
        tuple(before[id] for id in sorted(before.keys() - kept)),
        tuple(after[id] for id in sorted(after.keys() - kept)),
        tuple((one, other) for one, other in pairs if differing_columns(one, other)),
        coverage_changes(first, renamed),
    )


def _same_ids(before: Sequence[Structure], after: Sequence[Structure]) -> dict[str, str]:
    """Return, for each id of the second list, that of the same structure in the first, or its own.

    The same is known by its id; else by its type, seat and name, where each list bears them once.
    """
    ids = {structure.id for structure in before}
    taken = {structure.id for structure in after}
    one, other = (Counter(map(_identity, structures)) for structures in (before, after))
    by_identity = {_identity(s): s.id for s in before if s.id not in taken}
    found = {}
    for structure in after:
        key = _identity(structure)
        is_same = structure.id not in ids and one[key] == other[key] == 1 and key in by_identity
        found[structure.id] = by_identity[key] if is_same else structure.id
    return found


def _identity(structure: Structure) -> tuple[str, str, str]:
    return structure.type, structure.seat, comparable(structure.name)


_NOT_COMPARED = {"id", "note", "source"}


def differing_columns(one: Structure, other: Structure) -> tuple[str, ...]:
    """Return the columns in which two rows of one structure differ, but for its id, note and source."""
    first, second = one.to_record(), other.to_record()
    return tuple(name for name in first if name not in _NOT_COMPARED and first[name] != second[name])
