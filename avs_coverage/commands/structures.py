"""Command ``structures``: the inventory, row by row, with its sources."""

from __future__ import annotations

from typing import Any

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import OutputOptions, SourceOptions, make_report, with_options

COLUMNS = (
    "id",
    "nom",
    "nom_connu",
    "type",
    "statut",
    "comptee",
    "code_insee",
    "commune",
    "siege",
    "zone",
    "longitude",
    "latitude",
    "communes_desservies",
    "qpv_desservis",
    "agrement_debut",
    "agrement_fin",
    "acf",
    "acf_debut",
    "ps_jeunes",
    "ps_jeunes_debut",
    "itinerant",
    "gestionnaire",
    "population_zone",
    "capacite",
    "note",
    "source",
)


@with_options
def structures(study: SourceOptions, output: OutputOptions) -> None:
    """Structures de l'inventaire, comptées ou non, avec leurs sources."""
    report = make_report(study, output)
    inventory = report.coverage.inventory
    counted = {structure.id for structure in inventory.counted(report.coverage.on)}
    rows: list[dict[str, Any]] = [
        {**structure.to_record(), "comptee": structure.id in counted} for structure in inventory.structures
    ]

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
