"""Whether a structure serves a QPV, on whose word, and what could change that: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.explain.commune import CommuneExplainer, CommuneExplanation
from avs_coverage.gazetteer import departement_of
from avs_coverage.names import comparable
from avs_coverage.qpv import (
    Qpv,
    QpvCoverage,
    all_qpv,
    departement_of_qpv,
    generation_in_force,
    population_source_of,
)
from avs_coverage.qpv_location import DEFAULT_DISTANCE_M, QpvLocation, locate

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report


@dataclass(frozen=True)
class QpvExplanation:
    """A quarter, what the inventory and the schéma say of it, and where structures are.

    *view* is None where it is not in force: *in_force* is the generation that is (None before 2015),
    *namesakes* the quarters of it that bear its name. *serving* declare to serve it, *uncounted* too
    but do not count at the date. *communes* are those of the territory, *beyond* names of the others.
    *informed* counts the quarters in force of which the inventory says who serves them.
    """

    qpv: Qpv
    view: QpvCoverage | None
    in_force: int | None
    namesakes: tuple[Qpv, ...]
    serving: tuple[Structure, ...]
    uncounted: tuple[Structure, ...]
    location: QpvLocation
    communes: tuple[CommuneExplanation, ...]
    beyond: tuple[str, ...]
    population_source: str
    informed: int
    has_inventory: bool

    kind = "qpv"

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Return the structures that say they serve it, counted or not."""
        return (*self.serving, *self.uncounted)

    def to_record(self) -> dict[str, Any]:
        """Return the explanation as plain values, under the names that stay."""
        published = self.view.published if self.view else None
        return {
            "code_qpv": self.qpv.code,
            "nom_qpv": self.qpv.name,
            "generation": self.qpv.generation,
            "en_vigueur": self.view is not None,
            "generation_en_vigueur": self.in_force,
            "homonymes_en_vigueur": [qpv.code for qpv in self.namesakes],
            "noms_communes": list(self.qpv.commune_names),
            "population": self.qpv.population,
            "source_population": self.population_source if self.qpv.population is not None else None,
            "desservi": self.view.status if self.view else None,
            "structures_desservant": [s.id for s in self.serving],
            "structures_desservant_non_comptees": [s.id for s in self.uncounted],
            "structures_desservant_non_etablies": [s.id for s in self.serving if s.unsure],
            "quartiers_renseignes": self.informed,
            "publie": None
            if published is None
            else {
                "ligne": published.name,
                "structures": list(published.structures),
                "remarque": published.note,
                "source": published.source,
            },
            **self.location.to_record(),
            "communes": [commune.to_record() for commune in self.communes],
            "structures": [structure.to_record() for structure in self.structures],
        }


def explain_quarter(report: Report, communes: CommuneExplainer, code: str) -> QpvExplanation:
    """Return the explanation of a quarter of the territory, in force or not."""
    coverage = report.coverage
    territory, on = coverage.territory, coverage.on
    quarters = all_qpv(territory)
    qpv = next(one for one in quarters if one.code == code)
    view = next((one for one in report.qpv if one.qpv.code == code), None)
    in_force = generation_in_force(departement_of_qpv(code), on)
    alike = (q for q in quarters if q.generation == in_force and comparable(q.name) == comparable(qpv.name))
    saying = sorted((s for s in coverage.inventory.structures if code in s.qpv), key=lambda s: s.id)
    counted = {s.id: s for s in coverage.inventory.counted(on)}
    names = zip(qpv.communes, qpv.commune_names, strict=False)
    return QpvExplanation(
        qpv,
        view,
        in_force,
        () if view else tuple(alike),
        tuple(counted[s.id] for s in saying if s.id in counted),
        tuple(s for s in saying if s.id not in counted),
        locate(coverage, [qpv], DEFAULT_DISTANCE_M)[code],
        tuple(communes.explain(one) for one in qpv.communes if one in territory.codes),
        tuple(f"{name} ({departement_of(one)})" for one, name in names if one not in territory.codes),
        population_source_of(territory, {qpv.generation}),
        sum(bool(one.structures) for one in report.qpv if one.qpv.generation == in_force),
        departement_of_qpv(code) in coverage.inventory.departements,
    )
