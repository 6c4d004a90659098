"""Command ``audit``: whether what is published holds together, and against the inventory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.figures import own_figures
from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import FileOptions, OutputOptions, make_request, report_of, with_options
from avs_coverage.errors import AuditError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.audit import Audit
    from avs_coverage.study import Files


@dataclass(frozen=True)
class AuditOptions(FileOptions):
    """What is read for an audit: the files of any command, and the user's own published figures."""

    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures",
            metavar="FICHIER",
            readable=False,
            show_default=False,
            help="Vos chiffres publiés (CSV ou XLSX : indicateur, valeur, annee), ajoutés à ceux de l'outil.",
        ),
    ] = None

    @property
    def files(self) -> Files:
        """Return the files typed, the published figures among them."""
        return replace(super().files, figures=self.figures)


@with_options
def audit(
    study: AuditOptions,
    output: OutputOptions,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Finir par le code 6 si un chiffre est incohérent ou incompatible ; avec --figures, l'un "
            "des vôtres, seul ou avec d'autres.",
        ),
    ] = False,
) -> None:
    """Chiffres publiés : ce qui ne tient pas ensemble, et ce que l'inventaire en dit."""
    request = make_request(study, output)
    report = report_of(request)
    own, said = own_figures(request)
    report = report.with_file_warnings(said)

    from avs_coverage.audit import COLUMNS, audit_figures
    from avs_coverage.reports.audit_page import audit_document

    made = audit_figures(report, own)
    names = _failing(made) if strict else []
    extra = {
        "regle": None,
        "date": made.state.isoformat(),
        "conflits": [conflict.to_record() for conflict in made.conflicts],
        "communes": [commune.to_record() for commune in made.communes],
        "communes_non_nommees": [commune.to_record() for commune in made.unnamed],
        "stocks_et_flux": [one.to_record() for one in made.flows],
        "bornes": [one.to_record() for one in made.bounds],
        "face_a_la_population": [one.to_record() for one in made.populations],
        "population_commune": [one.to_record() for one in made.shared],
        "fautes": [_fault(names).to_record()] if names else [],
    }
    records = [row.to_record() for row in made.rows]
    page = audit_document(report, made)
    give(Listing("audit", COLUMNS, records, page, extra, basis="chaque chiffre à son année"), report, output)
    if names:
        raise AuditError(_fault(names))


def _failing(made: Audit) -> list[str]:
    """Return what fails: with figures of the user's, those and what they cannot hold with, only."""
    rows = made.failing_with_own if made.has_own else made.failing
    communes = () if made.has_own else made.failing_communes
    names = [f"{row.figure.label} ({row.figure.year})" for row in rows]
    return [*names, *(one.told for one in communes)]


def _fault(names: list[str]) -> Fault:
    from avs_coverage.messages import counted, enumeration

    words = ("chiffre ne passe pas l'audit", "chiffres ne passent pas l'audit")
    return Fault("AVS-601", {"value": counted(len(names), *words), "names": enumeration(names)})
