"""Command ``qpv``: the official quarters of a territory and the structures that serve them."""

from __future__ import annotations

from typing import Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import (
    OutputOptions,
    SourceOptions,
    make_report,
    with_options,
)
from avs_coverage.commands.streams import say
from avs_coverage.commands.typed import parse_positive


@with_options
def qpv(
    study: SourceOptions,
    output: OutputOptions,
    without_structure: Annotated[
        bool, typer.Option("--without-structure", help="Seulement les quartiers sans structure.")
    ] = False,
    distance: Annotated[
        str,
        typer.Option(
            "--distance",
            metavar="MÈTRES",
            show_default=False,
            help="Distance au périmètre en deçà de laquelle une structure est proche (300 m par défaut).",
        ),
    ] = "",
) -> None:
    """Quartiers prioritaires (QPV) en vigueur : qui dit les desservir, ce qui est à proximité."""
    from avs_coverage.qpv_location import COLUMNS, DEFAULT_DISTANCE_M, locate
    from avs_coverage.qpv_proximity import summarise_locations

    distance_m = parse_positive(distance, DEFAULT_DISTANCE_M, "--distance")
    report = make_report(study, output)

    from avs_coverage.qpv import WITHOUT_STRUCTURE
    from avs_coverage.qpv_report import unmatched_record
    from avs_coverage.reports.document import Document, Section
    from avs_coverage.reports.inventory_section import basis, outside
    from avs_coverage.reports.qpv_section import location_section, qpv_section

    views = [view for view in report.qpv if not without_structure or view.status == WITHOUT_STRUCTURE]
    quarters = [view.qpv for view in report.qpv]
    located = locate(report.coverage, quarters, distance_m)
    lines = [line for line in report.qpv_lines if not line.code]
    if lines and (output.csv or output.json):
        names = ", ".join(line.name for line in lines)
        say(f"Lignes publiées sans quartier officiel, comptées à part, hors de la liste : {names}")
    title = f"Quartiers prioritaires — {report.label}"
    page = Document(
        title,
        (
            Section("", (*basis(report, by_rule=False), *outside(report))),
            qpv_section(report, tuple(views), None, summarise_locations(quarters, located)),
            location_section(report, views, located),
        ),
    )
    give(
        Listing(
            "qpv",
            COLUMNS,
            [{**view.to_record(), **located[view.qpv.code].to_record()} for view in views],
            page,
            unmatched_record(report),
        ),
        report,
        output,
    )
