"""What a structure covers under each rule, whether it counts, and what its row lacks: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.completeness import belongs
from avs_coverage.explain.context import RuleContext, Tie, Tied, counted_ids
from avs_coverage.qpv import Qpv, all_qpv

if TYPE_CHECKING:
    from datetime import date

    from avs_coverage.contributions import Contribution
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report
    from avs_coverage.rules import Rule

NOT_YET, CLOSED, UNCONFIRMED = "pas_encore_ouverte", "fermee", "a_confirmer"
"""Why a structure does not count."""

SEAT, SEAT_DEDUCED, POINT, AREA, NAME, CONFIRMATION, START, SOURCE, QUARTERS, CAPACITY = (
    "siege", "siege_deduit", "point", "zone", "nom", "confirmation", "debut", "source", "qpv", "capacite",
)  # fmt: skip
LACKING_COLUMNS = {
    SEAT: ("code_insee",),
    SEAT_DEDUCED: ("code_insee", "siege"),
    AREA: ("communes_desservies", "zone"),
    POINT: ("longitude", "latitude"),
    CONFIRMATION: ("statut",),
    QUARTERS: ("qpv_desservis",),
    START: ("premier_agrement",),
    NAME: ("nom", "nom_connu"),
    CAPACITY: ("capacite",),
    SOURCE: ("source",),
}
"""What a row may lack, the most useful first, and the columns to fill in."""


@dataclass(frozen=True)
class StructureByRule(Tied):
    """The communes of the territory that a structure covers under one rule.

    *contribution* is None where the rule does not locate the structure, or where it does not count.
    """

    rule: Rule
    is_located: bool
    ties: tuple[Tie, ...]
    contribution: Contribution | None

    @property
    def possible_inhabitants(self) -> int:
        """Return the inhabitants that possible links add to those served, within what it declares."""
        if self.contribution is None:
            return sum(tie.inhabitants for tie in self.possible)
        return self.contribution.served_bounds[1] - self.contribution.served

    def to_record(self) -> dict[str, Any]:
        """Return what the rule says as plain values, under the names that stay."""
        found = self.contribution
        return {
            "regle": self.rule.name,
            "parametres": self.rule.parameters,
            "libelle": self.rule.label,
            "localisee": self.is_located,
            "habitants_desservis": found.served if found else None,
            "habitants_seule": found.alone if found else None,
            "habitants_possibles": self.possible_inhabitants,
            "recouvrements": [code for code, _ in found.overlaps] if found else [],
            "liens": [tie.to_record() for tie in self.ties],
        }


@dataclass(frozen=True)
class StructureExplanation:
    """A structure, whether it counts, and what it covers under each rule.

    *reason* says why it does not count, empty where it does. *is_own*: it belongs to the territory.
    *quarters* are the QPV that it declares to serve, with whether each is in force, None where the
    territory has none of that code. *beyond* are the communes that it names outside the territory.
    *declared_beyond* is what its declared population leaves beyond the communes of the territory that it
    names or sits in, None where it declares none. *lacking* are the keys of ``LACKING_COLUMNS`` that its
    row leaves open.
    """

    structure: Structure
    reason: str
    on: date
    is_own: bool
    rules: tuple[StructureByRule, ...]
    quarters: tuple[tuple[str, Qpv | None, bool], ...]
    beyond: tuple[str, ...]
    declared_beyond: int | None
    lacking: tuple[str, ...]

    kind = "structure"

    @property
    def is_counted(self) -> bool:
        """Tell whether it counts at the date."""
        return not self.reason

    @property
    def main(self) -> StructureByRule:
        """Return what the first rule says."""
        return self.rules[0]

    def to_record(self) -> dict[str, Any]:
        """Return the explanation as plain values, under the names that stay."""
        return {
            **self.structure.to_record(),
            "ligne": self.structure.line or None,
            "comptee": self.is_counted,
            "motif_non_comptee": self.reason or None,
            "du_territoire": self.is_own,
            "communes_hors_territoire": list(self.beyond),
            "population_zone_au_dela": self.declared_beyond,
            "qpv": [
                {"code_qpv": code, "nom_qpv": qpv.name if qpv else None, "en_vigueur": in_force}
                for code, qpv, in_force in self.quarters
            ],
            "regles": [one.to_record() for one in self.rules],
            "manque": {key: list(LACKING_COLUMNS[key]) for key in self.lacking},
        }


def explain_structure(report: Report, contexts: tuple[RuleContext, ...], id: str) -> StructureExplanation:
    """Return the explanation of a structure of the list."""
    coverage = report.coverage
    structure = next(s for s in coverage.inventory.structures if s.id == id)
    known = {qpv.code: qpv for qpv in all_qpv(coverage.territory)}
    in_force = {view.qpv.code for view in report.qpv}
    rows = coverage.territory.rows
    return StructureExplanation(
        structure,
        _reason(structure, report),
        coverage.on,
        belongs(structure, coverage.territory),
        tuple(_by_rule(context, structure) for context in contexts),
        tuple((code, known.get(code), code in in_force) for code in structure.qpv),
        tuple(code for code in structure.communes if code not in rows),
        _declared_beyond(structure, report),
        _lacking(structure, report),
    )


def _reason(structure: Structure, report: Report) -> str:
    on = report.coverage.on
    if structure.id in counted_ids(report.coverage):
        return ""
    opening = structure.opening or structure.start
    if opening is not None and on < opening and not structure.is_open(on):
        return NOT_YET
    return UNCONFIRMED if structure.is_open(on) else CLOSED


def _declared_beyond(structure: Structure, report: Report) -> int | None:
    """Return what a declared population leaves beyond the communes that the structure certainly serves."""
    for one in (report, *report.beside):
        if one.coverage.rule.name == "declared":
            rows = {row.structure.id: row for row in one.declared_populations[0]}
            found = rows.get(structure.id)
            return max(0, found.declared - (found.inhabitants or 0)) if found else None
    return None


def _by_rule(context: RuleContext, structure: Structure) -> StructureByRule:
    return StructureByRule(
        context.coverage.rule,
        context.coverage.rule.locates(structure),
        context.ties_of_structure(structure.id),
        context.contributions.get(structure.id),
    )


def _lacking(structure: Structure, report: Report) -> tuple[str, ...]:
    """Return what the row leaves open, in the order of ``LACKING_COLUMNS``."""
    in_quarter = any(structure.seat in view.qpv.communes for view in report.qpv)
    lacks = {
        SEAT: not structure.seat,
        SEAT_DEDUCED: structure.is_seat_deduced,
        AREA: structure.area != "complete",
        POINT: bool(structure.seat) and not structure.has_point,
        CONFIRMATION: structure.status == "a_confirmer",
        QUARTERS: in_quarter and not structure.qpv,
        START: structure.opening is None,
        NAME: not structure.name_known,
        CAPACITY: structure.capacity is None,
        SOURCE: not structure.source,
    }
    return tuple(key for key in LACKING_COLUMNS if lacks[key])
