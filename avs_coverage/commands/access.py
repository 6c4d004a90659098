"""Command ``access``: how far the nearest CS and EVS are, commune by commune and for the inhabitants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import (
    OutputOptions,
    SourceOptions,
    make_report,
    parse_positive,
    with_options,
)
from avs_coverage.commands.weight import WeightOption, weight_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avs_coverage.access import AccessSummary, CommuneAccess
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Block, Document, Paragraph

COLUMNS = ("code_insee", "nom", "population", "cs_proche", "cs_km", "evs_proche", "evs_km", "avs_km")


@with_options
def access(
    study: SourceOptions,
    output: OutputOptions,
    threshold: Annotated[
        str,
        typer.Option(
            "--threshold",
            metavar="KM",
            show_default=False,
            help="Distance au-delà de laquelle l'éloignement est mesuré (10 km par défaut).",
        ),
    ] = "",
    weight: WeightOption = "",
) -> None:
    """Structure la plus proche de chaque commune ; distances, éloignement et inégalité pour les habitants."""
    limit_km = parse_positive(threshold, 10.0, "--threshold")
    report = make_report(study, output)

    from avs_coverage.access import communes_access, summarise_access

    rows = communes_access(report.coverage)
    summary = summarise_access(rows, limit_km, weight_of(report, weight)) if rows else ()
    page = _document(report, rows, summary, weight)
    extra = {"poids": weight or "population", "synthese": [line.to_record() for line in summary]}
    give(Listing("access", COLUMNS, [row.to_record() for row in rows], page, extra), report, output)


def _document(
    report: Report, rows: Sequence[CommuneAccess], summary: Sequence[AccessSummary], weight: str
) -> Document:
    from avs_coverage.messages import CAVEAT, number
    from avs_coverage.reports.document import Cell, Document, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import inventory_or_help, unlocated_sentences, user_layers

    heading = f"Éloignement des structures — {report.label}"
    if not rows:
        return Document(heading, (inventory_or_help(report),))
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}

    def km(value: float | None) -> str:
        return "—" if value is None else f"{number(value, 1)} km"

    communes: list[list[Cell]] = [
        [
            f"{row.name} ({row.code})",
            number(row.population),
            names.get(row.cs, "—"),
            km(row.cs_km),
            names.get(row.evs, "—"),
            km(row.evs_km),
        ]
        for row in sorted(rows, key=lambda row: (-(row.avs_km or 0), row.code))
    ]
    headers = ["Commune", "#Habitants", "CS le plus proche", "#Distance", "EVS le plus proche", "#Distance"]
    notes = (
        Paragraph(
            "Distances à vol d'oiseau, du chef-lieu de la commune à la structure (au chef-lieu de son siège "
            "sans coordonnées) ; les habitants d'une commune sont tenus pour être à son chef-lieu."
        ),
        *(Paragraph(text) for text in unlocated_sentences(report)),
        *_unidentified(report),
        Paragraph(CAVEAT, True),
    )
    caption = "Communes, de la plus éloignée à la plus proche"
    blocks = (
        *user_layers(report),
        _summary_table(summary, weight),
        table(caption, headers, communes),
        *notes,
    )
    return Document(heading, (Section("", blocks),))


def _unidentified(report: Report) -> list[Paragraph]:
    """Say that a structure that nobody identified may be nearer than the nearest known one."""
    from avs_coverage.reports.document import Paragraph

    if not report.outside_bracket:
        return []
    text = f"Distances au plus : {report.outside_bracket}, et l'une d'elles peut être plus proche."
    return [Paragraph(text, True)]


def _summary_table(summary: Sequence[AccessSummary], weight: str) -> Block:
    from avs_coverage.access import QUANTILES
    from avs_coverage.messages import number, percent
    from avs_coverage.reports.document import Cell, table

    labels = {"CS": "Centre social", "EVS": "EVS", "AVS": "CS ou EVS"}
    rows: list[list[Cell]] = []
    for line in summary:
        if line.quantiles is None or line.fgt is None or line.gini is None or line.mean_km is None:
            rows.append([labels[line.kind], *["—"] * (len(QUANTILES) + 5)])
            continue
        rows.append(
            [
                labels[line.kind],
                number(line.mean_km, 1),
                *(number(line.quantiles[q], 1) for q in QUANTILES),
                percent(line.fgt[0]),
                number(line.fgt[1], 3),
                number(line.fgt[2], 3),
                number(line.gini, 3),
            ]
        )
    limit = number(summary[0].threshold_km, 1)
    shares = (f"#{q * 100:g} %" for q in QUANTILES)
    headers = ["Type", "#Moyenne", *shares, f"#Au-delà de {limit} km", "#FGT 1", "#FGT 2", "#Gini"]
    caption = (
        "Distance à la structure la plus proche (km) : en moyenne, et celle en deçà de laquelle vit une part "
        f"des habitants{f', pesés par {weight}' if weight else ''}"
    )
    return table(caption, headers, rows)
