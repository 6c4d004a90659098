"""Why a commune is covered or not, under each rule, and what could change that: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

from avs_coverage.access import CommuneAccess, communes_access
from avs_coverage.distances import Locations
from avs_coverage.embedded import read_csv
from avs_coverage.explain.context import RuleContext, Tie, Tied
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.rules.demand import CHEF_LIEU
from avs_coverage.rules.radius import Radius
from avs_coverage.rules.travel_time import TravelTime, estimated_minutes

if TYPE_CHECKING:
    from avs_coverage.completeness import Missing
    from avs_coverage.gaps import Zone
    from avs_coverage.inventory import Structure
    from avs_coverage.published import PublishedStatus
    from avs_coverage.report import Report
    from avs_coverage.rules import Rule

NONE, UNKNOWN = "aucune", ""
_STATUSES = {
    (False, False): NONE, (False, True): "evs_seul", (True, False): "cs_seul", (True, True): "cs_et_evs",
}  # fmt: skip


@dataclass(frozen=True)
class CommuneByRule(Tied):
    """What one rule says of a commune; the statuses are those of ``Coverage.communes``.

    *ties* are its links, the surest first; *other_dates* those of the structures that are closed at
    the date or not open yet, as they are on other days. *reached* is the share of inhabitants within
    reach of a CS, an EVS, either, under a rule that covers communes in part, None elsewhere; a commune
    is then covered from *commune_share* on. *around* are the structures held to cover a neighbour,
    with the names of those neighbours; *unlocated* those of which the rule knows too little. *zone* is
    the zone blanche or the area to be clarified that holds it. Where nothing covers it: *nearest*, the
    structure nearest by the rule's own measure, *minutes* away by road; and *enough*, the least
    distance (km) or duration (min) that would cover it, where the rule measures from its chef-lieu.
    """

    rule: Rule
    status: str
    status_lower: str
    status_upper: str
    ties: tuple[Tie, ...]
    other_dates: tuple[Tie, ...]
    inhabitants: int | None
    reached: tuple[float, float, float] | None
    commune_share: float
    around: tuple[tuple[Structure, tuple[str, ...]], ...]
    unlocated: tuple[Structure, ...]
    zone: Zone | None
    nearest: Structure | None
    minutes: float | None
    enough: float | None

    @property
    def is_covered(self) -> bool:
        """Tell whether the commune counts as covered."""
        return self.status not in (NONE, UNKNOWN)

    @property
    def may_be_covered(self) -> bool:
        """Tell whether it would be covered if every possible link were one."""
        return self.status_upper not in (NONE, UNKNOWN)

    @property
    def is_estimate(self) -> bool:
        """Tell whether the rule goes by durations that are estimated."""
        return "detour" in self.rule.parameters

    @property
    def status_established(self) -> str:
        """Return the status that is established: the minorant, but for durations that are estimated."""
        if not self.is_estimate or self.status == UNKNOWN:
            return self.status_lower
        types = {tie.structure.type for tie in self.established}
        return _STATUSES["CS" in types, "EVS" in types]

    @property
    def is_unsure(self) -> bool:
        """Tell whether it counts as covered and nothing establishes it."""
        return self.is_covered and self.status_established == NONE

    @property
    def is_in_part(self) -> bool:
        """Tell whether the rule counts the inhabitants within reach, and not the chef-lieu alone."""
        return self.reached is not None and self.rule.parameters.get("population_par") != CHEF_LIEU

    def to_record(self) -> dict[str, Any]:
        """Return what the rule says as plain values, under the names that stay."""
        zone = self.zone
        return {
            "regle": self.rule.name,
            "parametres": self.rule.parameters,
            "libelle": self.rule.label,
            "definition": self.rule.definition,
            "statut": self.status or None,
            "statut_minorant": self.status_lower or None,
            "statut_majorant": self.status_upper or None,
            "habitants_couverts": self.inhabitants,
            "parts_atteintes": dict(zip(("cs", "evs", "avs"), self.reached, strict=True))
            if self.reached
            else None,
            "liens": [tie.to_record() for tie in self.ties],
            "structures_fermees_ou_a_venir": [_at_other_date(tie) for tie in self.other_dates],
            "structures_voisines": [
                {"structure": structure.id, "communes": list(names)} for structure, names in self.around
            ],
            "structures_non_localisees": [structure.id for structure in self.unlocated],
            "zone": {"liste": zone.kind, "rang": zone.rank, "nb_communes": len(zone.communes)}
            if zone
            else None,
            "plus_proche": self.nearest.id if self.nearest else None,
            "plus_proche_min": None if self.minutes is None else round(self.minutes, 1),
            "seuil_suffisant": self.enough,
        }


@dataclass(frozen=True)
class CommuneExplanation:
    """A commune, what each rule says of it, and what is known around it.

    *access* are its nearest CS and EVS, None without an inventory. *unconfirmed_here* and
    *unconfirmed_around* are the structures to be confirmed seated in it, and elsewhere in its EPCI.
    *published* is its status as a schéma of the year prints it. *missing* are the published
    structures of its département that the list does not know. *quarters* are the QPV in force with a
    part in it (code, name, status). *blind* are the départements without an inventory that it touches,
    by its neighbours or its EPCI. *former* is the code of an earlier COG that was typed.
    """

    code: str
    name: str
    departement: str
    epci: str
    epci_name: str
    population: int
    rules: tuple[CommuneByRule, ...]
    access: CommuneAccess | None
    unconfirmed_here: tuple[Structure, ...]
    unconfirmed_around: tuple[Structure, ...]
    published: PublishedStatus | None
    missing: tuple[Missing, ...]
    quarters: tuple[tuple[str, str, str], ...]
    blind: tuple[str, ...]
    former: str = ""

    kind = "commune"

    @property
    def main(self) -> CommuneByRule:
        """Return what the first rule says: the answer that comes first."""
        return self.rules[0]

    @property
    def is_known(self) -> bool:
        """Tell whether an inventory stands for its département."""
        return self.main.status != UNKNOWN

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Return each structure that covers it or may, under any rule, once; last, those of other dates."""
        ties = [tie for one in self.rules for tie in one.ties]
        ties += [tie for one in self.rules for tie in one.other_dates]
        found = {tie.structure.id: tie.structure for tie in ties}
        return tuple(found.values())

    def to_record(self) -> dict[str, Any]:
        """Return the explanation as plain values, under the names that stay."""
        return {
            "code_insee": self.code,
            "code_demande": self.former or self.code,
            "nom": self.name,
            "departement": self.departement,
            "epci": self.epci,
            "nom_epci": self.epci_name,
            "population": self.population,
            "inventaire_connu": self.is_known,
            "regles": [one.to_record() for one in self.rules],
            "plus_proches": self.access.to_record() if self.access else None,
            "structures_a_confirmer_ici": [s.id for s in self.unconfirmed_here],
            "structures_a_confirmer_epci": [s.id for s in self.unconfirmed_around],
            "publie": self.published.to_record() if self.published else None,
            "publiees_non_identifiees": [{"type": row.type, "nombre": row.count} for row in self.missing],
            "qpv": [
                {"code_qpv": code, "nom_qpv": name, "desservi": status}
                for code, name, status in self.quarters
            ],
            "departements_sans_inventaire": list(self.blind),
            "structures": [structure.to_record() for structure in self.structures],
        }


class CommuneExplainer:
    """Explains the communes of a report; what they share is computed once."""

    def __init__(self, report: Report, contexts: tuple[RuleContext, ...]) -> None:
        self.report, self.contexts = report, contexts
        coverage = report.coverage
        self._unconfirmed = [s for s in coverage.inventory.unconfirmed(coverage.on) if s.seat]
        self._published = {row.code: row for row in report.published_statuses}
        self._locations = Locations(coverage)

    def explain(self, code: str, former: str = "") -> CommuneExplanation:
        """Return the explanation of a commune of the territory."""
        coverage = self.report.coverage
        row = coverage.territory.rows[code]
        unconfirmed = [] if coverage.inventory.include_unconfirmed else self._unconfirmed
        return CommuneExplanation(
            code,
            row.nom,
            row.departement,
            row.epci,
            row.nom_epci,
            int(row.population),
            tuple(self._by_rule(context, code) for context in self.contexts),
            next(iter(communes_access(coverage, [code])), None),
            tuple(s for s in unconfirmed if s.seat == code),
            tuple(s for s in unconfirmed if s.seat != code and row.epci and s.seat_epci == row.epci),
            self._published.get(code),
            tuple(m for m in self.report.missing if m.departement == row.departement),
            tuple(
                (view.qpv.code, view.qpv.name, view.status)
                for view in self.report.qpv
                if code in view.qpv.communes
            ),
            self._blind(code, row.epci),
            former,
        )

    def _by_rule(self, context: RuleContext, code: str) -> CommuneByRule:
        coverage = context.coverage
        row = coverage.communes.loc[code]
        reached = coverage.found.reached
        shares = None
        if reached is not None:
            cs, evs, avs = (float(reached.at[code, name]) for name in ("cs", "evs", "avs"))
            shares = (cs, evs, avs)
        uncovered = row.statut == NONE
        nearest, minutes, enough = self._nearest(context, code) if uncovered else (None, None, None)
        return CommuneByRule(
            coverage.rule,
            row.statut,
            row.statut_minorant,
            row.statut_majorant,
            context.ties_of_commune(code),
            context.ties_at_other_dates(code),
            None if row.statut == UNKNOWN else int(row.habitants_couverts),
            shares,
            coverage.found.commune_share,
            context.around(code),
            context.unlocated(),
            context.zone_of.get(code),
            nearest,
            minutes,
            enough,
        )

    def _nearest(
        self, context: RuleContext, code: str
    ) -> tuple[Structure | None, float | None, float | None]:
        """Return the structure nearest by the rule's measure, its minutes, and what would be enough."""
        rule, row = context.coverage.rule, context.coverage.territory.rows[code]
        if code in context.nearest_by_time:
            id, minutes = context.nearest_by_time[code]
            return context.structures[id], minutes, _up(minutes, 1)
        if isinstance(rule, TravelTime) and rule.times is not None:
            return None, None, None
        nearest, metres = self._locations.nearest(row.x_m, row.y_m, epsg_of(row.departement))
        if metres is None:
            return nearest, None, None
        if isinstance(rule, TravelTime):
            minutes = float(estimated_minutes(metres))
            return nearest, minutes, _up(minutes, 1)
        if isinstance(rule, Radius) and rule.population_by == CHEF_LIEU:
            return nearest, None, _up(metres / 1000, 10)
        return nearest, None, None

    def _blind(self, code: str, epci: str) -> tuple[str, ...]:
        """Return the départements without an inventory that a commune touches."""
        territory, known = self.report.coverage.territory, self.report.coverage.inventory.departements
        touched = {departement_of(other) for other in self.contexts[0].neighbours(code)}
        touched |= set(_departements_of_epci().get(epci, ()))
        own = territory.rows[code].departement
        return tuple(sorted(touched - known - {own}))


def _at_other_date(tie: Tie) -> dict[str, Any]:
    """Return a link of a structure that is not open at the date, with its own dates."""
    opening, start, end = tie.structure.opening, tie.structure.start, tie.structure.last_day
    return {
        **tie.to_record(),
        "nom": tie.structure.name,
        "type": tie.structure.type,
        "premier_agrement": opening.isoformat() if opening else None,
        "agrement_debut": start.isoformat() if start else None,
        "agrement_fin": end.isoformat() if end else None,
    }


@cache
def _departements_of_epci() -> dict[str, tuple[str, ...]]:
    return {row["siren"]: tuple(row["departements"].split("|")) for row in read_csv("epci.csv")}


def _up(value: float, parts: int) -> float:
    """Return the least multiple of 1/*parts* that is not below *value*.

    >>> _up(7.12, 10), _up(7.1, 10), _up(16.0, 1), _up(16.1, 1)
    (7.2, 7.1, 16.0, 17.0)
    """
    return ceil(value * parts - 1e-9) / parts
