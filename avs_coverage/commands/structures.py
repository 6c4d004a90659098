"""Command ``structures``: the inventory, row by row, with its sources."""

from __future__ import annotations

from typing import Any

from avs_coverage.commands.listing import Listing, Output, give
from avs_coverage.commands.options import (
    CsvOption,
    DateOption,
    DialectOption,
    ForceOption,
    JsonOption,
    MapOption,
    PopulationOption,
    ServiceAreasOption,
    StructuresOption,
    TerritoryArgument,
    UnconfirmedOption,
    make_report,
)

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
    "ps_jeunes",
    "itinerant",
    "gestionnaire",
    "population_zone",
    "capacite",
    "note",
    "source",
)


def structures(
    territory: TerritoryArgument,
    date: DateOption = "",
    structures: StructuresOption = None,
    service_areas: ServiceAreasOption = None,
    mapping: MapOption = "",
    population: PopulationOption = None,
    include_unconfirmed: UnconfirmedOption = False,
    csv: CsvOption = None,
    csv_dialect: DialectOption = "excel-fr",
    json: JsonOption = False,
    force: ForceOption = False,
) -> None:
    """Structures de l'inventaire, comptées ou non, avec leurs sources."""
    output = Output(json, csv, csv_dialect, force)
    output.check(structures, service_areas, population)
    report = make_report(
        territory, "", date, structures, service_areas, mapping, population, include_unconfirmed
    )
    inventory = report.coverage.inventory
    counted = {structure.id for structure in inventory.counted(report.coverage.on)}
    rows: list[dict[str, Any]] = [
        {**structure.to_record(), "comptee": structure.id in counted} for structure in inventory.structures
    ]

    from avs_coverage.reports.document import Document
    from avs_coverage.reports.inventory_section import inventory_or_help, structures_section

    page = Document(
        f"Structures — {report.label}",
        (inventory_or_help(report), *([structures_section(report)] if rows else [])),
    )
    give(Listing("structures", COLUMNS, rows, page), report, output)
