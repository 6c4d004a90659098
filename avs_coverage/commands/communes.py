"""Command ``communes``: the communes of a territory and what covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import (
    CoverageOptions,
    OutputOptions,
    make_report,
    with_options,
)
from avs_coverage.commands.typed import require_choice
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

    from avs_coverage.report import Report
    from avs_coverage.reports.document import Cell, Document


@with_options
def communes(
    study: CoverageOptions,
    output: OutputOptions,
    uncovered: Annotated[
        str,
        typer.Option(
            "--uncovered",
            metavar="[=possible]",
            show_default=False,
            help="Les communes non couvertes, la plus peuplée d'abord ; avec =possible, celles que rien ne "
            "couvre même en comptant les liens possibles.",
        ),
    ] = "",
    covered_by: Annotated[
        str,
        typer.Option(
            "--covered-by",
            metavar="TYPE",
            show_default=False,
            help="Les communes couvertes par un CS (cs), un EVS (evs) ou un EVS seul (only-evs).",
        ),
    ] = "",
) -> None:
    """Communes du territoire, avec leur statut et leurs structures."""
    if uncovered and covered_by:
        raise UsageError(Fault("AVS-210", {"option": "--uncovered", "other": "--covered-by"}))
    if uncovered:
        require_choice(uncovered, "--uncovered", ("certain", "possible"))
    if covered_by:
        require_choice(covered_by, "--covered-by", ("cs", "evs", "only-evs"))
    report = make_report(study, output)

    from avs_coverage.communes import columns_of, in_json, records, select

    rows = select(report.coverage, uncovered, covered_by)
    title = _title(uncovered, covered_by)
    page = _document(report, rows, title)
    made = [in_json(row) for row in records(rows, report.coverage.territory.indicators)]
    give(Listing("communes", columns_of(report.coverage), made, page), report, output)


def _title(uncovered: str, covered_by: str) -> str:
    if uncovered == "possible":
        return "Communes que rien de connu ne couvre, même en comptant les liens possibles"
    if uncovered:
        return "Communes non couvertes (liens certains)"
    kinds = {
        "cs": "couvertes par un CS",
        "evs": "couvertes par un EVS",
        "only-evs": "couvertes par un EVS seul",
    }
    return f"Communes {kinds[covered_by]}" if covered_by else "Communes"


def _document(report: Report, rows: pd.DataFrame, title: str) -> Document:
    from avs_coverage.messages import CAVEAT, counted, number
    from avs_coverage.reports.document import Document, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import basis, hypothesis, inventory_or_help

    cells: list[list[Cell]] = [
        [
            f"{row.nom} ({row.Index})",
            row.nom_epci or "sans EPCI",
            number(row.population),
            _status(row.statut, row.statut_majorant),
            row.structures.replace("|", ", "),
        ]
        for row in rows.itertuples()
    ]
    headers = ["Commune", "EPCI", "#Habitants", "Couverture", "Structures"]
    heading = f"{title} — {report.label}"
    if not report.has_inventory and len(rows) == 0:
        return Document(heading, (inventory_or_help(report),))
    total = counted(len(rows), "commune", "communes")
    size = f"{total}, {counted(int(rows['population'].sum()), 'habitant', 'habitants')}."
    notes = (*hypothesis(report), Paragraph(CAVEAT, True)) if report.has_inventory else ()
    blocks = (Paragraph(size), *basis(report), table("", headers, cells), *notes)
    help_section = () if report.has_inventory else (inventory_or_help(report),)
    return Document(heading, (*help_section, Section("", blocks)))


def _status(status: str, upper: str) -> str:
    """Write the status, and the one of the high hypothesis where it differs."""
    from avs_coverage.messages import COMMUNE_STATUS_LABELS

    text = COMMUNE_STATUS_LABELS[status]
    return text if upper == status else f"{text} (possible : {COMMUNE_STATUS_LABELS[upper]})"
