"""Command ``report``: the whole report of a territory."""

from __future__ import annotations

from avs_coverage.commands.options import CoverageOptions, JsonOption, make_report, with_options


@with_options
def report(study: CoverageOptions, json: JsonOption = False) -> None:
    """Rapport complet : complétude, couverture, EPCI, QPV, zones blanches, chiffres publiés."""
    made = make_report(study, several=True)
    if json:
        from avs_coverage.commands.streams import print_json

        print_json(made.to_record())
        return
    from avs_coverage.reports.report_page import report_document
    from avs_coverage.reports.terminal import make_console, print_document

    print_document(report_document(made), make_console())
