"""Command ``report``: the whole report of a territory."""

from __future__ import annotations

from avs_coverage.commands.options import (
    DateOption,
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


def report(
    territory: TerritoryArgument,
    rule: RuleOption = "",
    date: DateOption = "",
    structures: StructuresOption = None,
    service_areas: ServiceAreasOption = None,
    mapping: MapOption = "",
    population: PopulationOption = None,
    include_unconfirmed: UnconfirmedOption = False,
    json: JsonOption = False,
) -> None:
    """Rapport complet : complétude, couverture, EPCI, QPV, zones blanches, chiffres publiés."""
    made = make_report(
        territory, rule, date, structures, service_areas, mapping, population, include_unconfirmed
    )
    if json:
        from avs_coverage.commands.streams import print_json

        print_json(made.to_record())
        return
    from avs_coverage.reports.report_page import report_document
    from avs_coverage.reports.terminal import make_console, print_document

    print_document(report_document(made), make_console())
