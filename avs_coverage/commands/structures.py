"""Command ``structures``: the inventory, row by row, with its sources."""

from __future__ import annotations

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import OutputOptions, SourceOptions, make_report, with_options


@with_options
def structures(study: SourceOptions, output: OutputOptions) -> None:
    """Structures de l'inventaire, comptées ou non, avec leurs sources."""
    report = make_report(study, output)
    rows = report.structure_records

    from avs_coverage.inventory import COLUMNS
    from avs_coverage.reports.document import Document, Section
    from avs_coverage.reports.inventory_section import inventory_or_help, structures_section, user_layers

    page = Document(
        f"Structures — {report.label}",
        (
            Section("", tuple(user_layers(report))),
            inventory_or_help(report),
            *([structures_section(report)] if rows else []),
        ),
    )
    give(Listing("structures", COLUMNS, rows, page, is_stamped=False), report, output)
