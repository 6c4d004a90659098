"""Command ``qpv``: the official quarters of a territory and the structures that serve them."""

from __future__ import annotations

from typing import Annotated

import typer

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
from avs_coverage.commands.streams import say

COLUMNS = (
    "code_qpv",
    "nom_qpv",
    "generation",
    "communes",
    "noms_communes",
    "population",
    "statut",
    "nb_structures",
    "structures",
    "publie",
)


def qpv(
    territory: TerritoryArgument,
    without_structure: Annotated[
        bool, typer.Option("--without-structure", help="Seulement les quartiers sans structure.")
    ] = False,
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
    """Quartiers prioritaires (QPV) en vigueur, avec leurs structures."""
    output = Output(json, csv, csv_dialect, force)
    output.check(structures, service_areas, population)
    report = make_report(
        territory, "", date, structures, service_areas, mapping, population, include_unconfirmed
    )

    from avs_coverage.qpv import WITHOUT_STRUCTURE
    from avs_coverage.reports.document import Document
    from avs_coverage.reports.qpv_section import qpv_section

    views = [view for view in report.qpv if not without_structure or view.status == WITHOUT_STRUCTURE]
    lines = [line for line in report.qpv_lines if not line.code]
    if lines and (csv or json):
        names = ", ".join(line.name for line in lines)
        say(f"Lignes publiées sans quartier officiel, comptées à part et non exportées : {names}")
    title = f"Quartiers prioritaires — {report.label}"
    page = Document(title, (qpv_section(report, tuple(views)),))
    give(Listing("qpv", COLUMNS, [view.to_record() for view in views], page), report, output)
