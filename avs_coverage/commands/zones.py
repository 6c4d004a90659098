"""Command ``zones``: zones blanches and areas whose coverage is to be clarified."""

from __future__ import annotations

from avs_coverage.commands.listing import Listing, Output, give
from avs_coverage.commands.options import (
    CsvOption,
    DateOption,
    DialectOption,
    ForceOption,
    JsonOption,
    MapOption,
    PopulationOption,
    RuleOption,
    ServiceAreasOption,
    StructuresOption,
    TerritoryArgument,
    UnconfirmedOption,
    make_report,
)

COLUMNS = (
    "liste",
    "rang",
    "nb_communes",
    "population",
    "superficie_km2",
    "commune_principale",
    "nom_commune_principale",
    "epci",
    "communes",
    "structures_possibles",
    "structures_a_confirmer",
    "structure_proche",
    "distance_km",
)


def zones(
    territory: TerritoryArgument,
    rule: RuleOption = "",
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
    """Zones blanches (groupes de communes que rien ne couvre) et couverture à préciser."""
    output = Output(json, csv, csv_dialect, force)
    output.check(structures, service_areas, population)
    report = make_report(
        territory, rule, date, structures, service_areas, mapping, population, include_unconfirmed
    )

    from avs_coverage.reports.document import Document, Section
    from avs_coverage.reports.inventory_section import basis, inventory_or_help
    from avs_coverage.reports.zones_section import zones_section

    section = zones_section(report, complete=True) if report.has_inventory else inventory_or_help(report)
    page = Document(f"Zones blanches — {report.label}", (Section("", tuple(basis(report))), section))
    give(Listing("zones", COLUMNS, [zone.to_record() for zone in report.zones], page), report, output)
