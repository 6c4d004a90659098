"""What a report says of quarters: its record, and what must be known before they are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from avs_coverage.messages import counted, french_date
from avs_coverage.qpv import (
    MAYOTTE,
    QpvCoverage,
    departement_of_qpv,
    generation_in_force,
    is_in_force,
    is_unlisted,
    is_whole_commune,
)

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.territory import Territory

_LAW = "loi 2025-797 du 11 août 2025"


def has_unlisted(territory: Territory, on: date, views: Sequence[QpvCoverage]) -> bool:
    """Tell whether quarters in force in the territory are not known: unknown, not none."""
    known = {departement_of_qpv(view.qpv.code) for view in views}
    return any(is_unlisted(code, on) and code not in known for code in territory.name.departements)


def quarter_warnings(territory: Territory, on: date, views: Sequence[QpvCoverage]) -> list[str]:
    """Say what is not known of the quarters of Mayotte, and which of the user's are no longer in force."""
    found = []
    if has_unlisted(territory, on, views):
        found.append(
            f"QPV de Mayotte non renseignés au {french_date(on)} : l'outil connaît ceux de la génération "
            f"2015 et ceux de la {_LAW} (les 17 communes, du 13/08/2025 au 01/01/2030), non ceux du décret "
            "2024-1212, entre les deux."
        )
    own = territory.quarters.quarters.values() if territory.quarters is not None else ()
    of_mayotte = [qpv for qpv in own if departement_of_qpv(qpv.code) == MAYOTTE]
    current = generation_in_force(MAYOTTE, on)
    replaced = [q for q in of_mayotte if q.generation == current and not is_in_force(q.code, on)]
    if replaced:
        words = ("QPV de Mayotte de vos fichiers n'est", "QPV de Mayotte de vos fichiers ne sont")
        found.append(
            f"{counted(len(replaced), *words)} pas en vigueur au {french_date(on)} ({_LAW}) : hors de tout "
            "compte."
        )
    if any(is_whole_commune(view.qpv.code) for view in views):
        found.append(
            f"À Mayotte, chaque commune est un QPV ({_LAW}) : sa population est celle de la commune, que la "
            "source des QPV ne donne pas."
        )
    return found


def quarters_record(report: Report) -> dict[str, Any]:
    """Return the quarters of a report as plain values; their number is None where none is known."""
    found = report.qpv_summary.to_record()
    if report.unlisted_quarters and not report.qpv:
        found["nb_qpv"] = None
    located = report.locations
    return {
        "synthese": found,
        "proximite": report.proximity.to_record(),
        "quartiers": [{**row.to_record(), **located[row.qpv.code].to_record()} for row in report.qpv],
        **unmatched_record(report),
    }


def unmatched_record(report: Report) -> dict[str, Any]:
    """Return the lines of the schéma's QPV table that name no official quarter, as plain values."""
    return {
        "lignes_publiees_sans_quartier_officiel": [
            {"nom": line.name, "structures": list(line.structures), "source": line.source}
            for line in report.qpv_lines
            if not line.code
        ]
    }
