"""Command ``groups``: the figures of a territory by EPCI, canton, density class, or any grouping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import CoverageOptions, OutputOptions, make_report, with_options
from avs_coverage.commands.streams import print_warnings
from avs_coverage.commands.weight import WeightOption, weight_of

if TYPE_CHECKING:
    from avs_coverage.faults import Fault
    from avs_coverage.groups import Group
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Document


@with_options
def groups(
    study: CoverageOptions,
    output: OutputOptions,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="GROUPE",
            show_default=False,
            help="epci (par défaut), canton, densite, departement, region, ou FICHIER=COLONNE (CTG…).",
        ),
    ] = "epci",
    weight: WeightOption = "",
) -> None:
    """Couverture par EPCI, canton, classe de densité, ou selon votre propre regroupement."""
    report = make_report(study, output)

    from avs_coverage.groups import COLUMNS, by_group, grouping

    counts = weight_of(report, weight)
    remarks: list[Fault] = []
    found = by_group(report.coverage, grouping(report.coverage.territory, by, remarks), counts)
    print_warnings(remarks)
    report = report.with_file_warnings(remarks)
    records = [record for group in found for record in group.to_records()]
    give(Listing("groups", COLUMNS, records, _document(report, found, by, weight)), report, output)


def _document(report: Report, found: tuple[Group, ...], by: str, weight: str) -> Document:
    from avs_coverage.figure import MEASURES, STATUSES
    from avs_coverage.messages import CAVEAT, MEASURE_LABELS, number
    from avs_coverage.reports.document import Block, Cell, Document, FigureCell, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import basis, hypothesis, inventory_or_help

    heading = f"Couverture par groupe ({by}) — {report.label}"
    if not report.has_inventory:
        return Document(heading, (inventory_or_help(report),))
    blocks: list[Block] = list(basis(report))
    for measure in (*MEASURES, *([weight] if weight else [])):
        rows: list[list[Cell]] = []
        for group in found:
            if group.known:
                total = number(group.figure(measure, "avs").denominator or 0, 1 if measure == "km2" else 0)
                cells = [FigureCell(group.figure(measure, status), with_total=False) for status in STATUSES]
                rows.append([group.name, total, *cells])
        headers = ["Groupe", "#Total", "#CS", "#EVS seul", "#CS ou EVS", "#Aucune"]
        blocks.append(
            table(f"{MEASURE_LABELS.get(measure, measure)} : part (nombre) [fourchette]", headers, rows)
        )
    return Document(heading, (Section("", (*blocks, *hypothesis(report), Paragraph(CAVEAT, True))),))
