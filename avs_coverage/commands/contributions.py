"""Command ``contributions``: what each structure adds, and what would be lost without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import CoverageOptions, OutputOptions, make_report, with_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avs_coverage.contributions import Contribution
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Document


@with_options
def contributions(study: CoverageOptions, output: OutputOptions) -> None:
    """Apport de chaque structure : habitants desservis, par elle seule, recouvrements."""
    report = make_report(study, output)

    from avs_coverage.contributions import COLUMNS
    from avs_coverage.contributions import structure_contributions as of

    rows = of(report.coverage) if report.has_inventory else ()
    page = _document(report, rows)
    give(Listing("contributions", COLUMNS, [row.to_record() for row in rows], page), report, output)


def _bracketed(value: int, bounds: tuple[int, int]) -> str:
    """Write a number of inhabitants, and its bracket where it is not closed."""
    from avs_coverage.messages import number

    low, high = bounds
    return number(value) if low == high else f"{number(value)} [{number(low)} à {number(high)}]"


def _share(row: Contribution) -> str:
    """Write the share of those served whom it alone serves, and its bracket where it is not closed."""
    from avs_coverage.messages import percent

    if not row.served:
        return "—"
    share, (low, high) = row.alone / row.served, row.share_bounds
    bracket = "" if low == high == share else f" [{percent(low)} à {percent(high)}]"
    return percent(share) + bracket


def _document(report: Report, rows: Sequence[Contribution]) -> Document:
    from avs_coverage.messages import CAVEAT, enumeration, number
    from avs_coverage.reports.document import Cell, Document, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import basis, hypothesis, inventory_or_help

    heading = f"Apport de chaque structure — {report.label}"
    if not report.has_inventory:
        return Document(heading, (inventory_or_help(report),))
    names = {row.structure.id: row.structure.name for row in rows}
    cells: list[list[Cell]] = [
        [
            f"{row.structure.name} ({row.structure.type})",
            row.structure.seat_name or "siège inconnu",
            _bracketed(row.served, row.served_bounds),
            _bracketed(row.alone, row.alone_bounds),
            _share(row),
            enumeration([f"{names[code]} ({number(people)})" for code, people in row.overlaps], 4) or "—",
        ]
        for row in rows
    ]
    headers = [
        "Structure",
        "Commune du siège",
        "#Habitants desservis",
        "#Par elle seule",
        "#Part",
        "Aussi par",
    ]
    note = (
        "Le nombre repose sur les liens certains. « Par elle seule » : habitants qu'aucune autre structure "
        "connue ne dessert. La somme des habitants desservis dépasse celle des habitants couverts quand des "
        "zones se recouvrent."
    )
    blocks = (*basis(report), table("", headers, cells), Paragraph(note), *hypothesis(report))
    return Document(heading, (Section("", (*blocks, Paragraph(CAVEAT, True))),))
