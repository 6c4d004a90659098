"""Command ``access``: how far the nearest CS and EVS are, commune by commune and for the inhabitants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import (
    OutputOptions,
    SourceOptions,
    TravelTimesOption,
    make_report,
    with_options,
)
from avs_coverage.commands.streams import print_warnings
from avs_coverage.commands.typed import parse_positive
from avs_coverage.commands.weight import WeightOption, weight_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avs_coverage.access import AccessSummary, Bounds, CommuneAccess
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Block, Document, Paragraph

_PLACE = ("code_insee", "nom", "population")
_NEAREST = ("cs_proche", "cs_position", "evs_proche", "evs_position")
COLUMNS = {
    unit: (
        *_PLACE,
        *_NEAREST,
        *(f"{kind}_{unit}{end}" for kind in ("cs", "evs", "avs") for end in ("", "_minorant", "_majorant")),
    )
    for unit in ("km", "min")
}
"""Columns by the unit of what separates a commune from the structures."""


_INDICES = (
    "FGT 1 : éloignement moyen au-delà du seuil, en part du seuil, ceux qui en sont plus près comptant zéro. "
    "FGT 2 : de même, les plus éloignés pesant davantage. Gini : 0 si tous sont aussi loin, 1 si un seul "
    "habitant l'est. Sans crochets, les structures sans coordonnées sont au chef-lieu."
)


@with_options
def access(
    study: SourceOptions,
    output: OutputOptions,
    threshold: Annotated[
        str,
        typer.Option(
            "--threshold",
            metavar="KM|MIN",
            show_default=False,
            help="Distance au-delà de laquelle l'éloignement est mesuré (10 km par défaut ; 20 min avec "
            "--travel-times).",
        ),
    ] = "",
    weight: WeightOption = "",
    travel_times: TravelTimesOption = None,
) -> None:
    """Structure la plus proche de chaque commune ; distances, éloignement et inégalité pour les habitants."""
    limit = parse_positive(threshold, 20.0 if travel_times else 10.0, "--threshold")
    report = make_report(study, output)

    from avs_coverage.access import communes_access, communes_access_by_time, summarise_access

    if travel_times is None:
        rows = communes_access(report.coverage)
    else:
        from avs_coverage.loaders.travel_times import read_travel_times

        times = read_travel_times(travel_times, report.coverage.territory.communes.index)
        print_warnings(times.warnings)
        report = report.with_file_warnings(times.warnings)
        rows = communes_access_by_time(report.coverage, times)
    unit = "min" if travel_times else "km"
    summary = summarise_access(rows, limit, weight_of(report, weight)) if rows else ()
    page = None
    if output.is_page:
        page = _document(report, rows, summary, weight, travel_times.name if travel_times else "")
    records = [] if output.is_page else [row.to_record() for row in rows]
    extra = {"poids": weight or "population", "synthese": [line.to_record() for line in summary]}
    give(Listing("access", COLUMNS[unit], records, page, extra), report, output)


def _document(
    report: Report, rows: Sequence[CommuneAccess], summary: Sequence[AccessSummary], weight: str, times: str
) -> Document:
    from avs_coverage.messages import CAVEAT, number
    from avs_coverage.reports.document import Cell, Document, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import basis as stated
    from avs_coverage.reports.inventory_section import inventory_or_help, unlocated_sentences

    heading = f"Éloignement des structures — {report.label}"
    if not rows:
        return Document(heading, (inventory_or_help(report),))
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}

    def far(row: CommuneAccess, value: float | None, bounds: Bounds) -> str:
        shown = row.shown(value)
        if shown is None:
            return "—"
        low, high = map(row.shown, bounds)
        return f"{number(shown, 1)} {row.unit}{_bracket(shown, (low, high))}"

    communes: list[list[Cell]] = [
        [
            f"{row.name} ({row.code})",
            number(row.population),
            names.get(row.cs, "—"),
            far(row, row.cs_far, row.cs_bounds),
            names.get(row.evs, "—"),
            far(row, row.evs_far, row.evs_bounds),
        ]
        for row in sorted(rows, key=lambda row: (row.avs_far is not None, -(row.avs_far or 0), row.code))
    ]
    measure = "#Durée" if times else "#Distance"
    headers = ["Commune", "#Habitants", "CS le plus proche", measure, "EVS le plus proche", measure]
    basis = (
        "Distances à vol d'oiseau, du chef-lieu de la commune à la structure (au chef-lieu de son siège sans "
        "coordonnées ; entre crochets, selon qu'elle serait au plus près ou au plus loin dans sa commune)"
    )
    if times:
        basis = f"Durées du fichier {times} ; « — » : aucune durée donnée, ou aucun trajet"
    notes = (
        Paragraph(_INDICES),
        Paragraph(f"{basis} ; les habitants d'une commune sont tenus pour être à son chef-lieu."),
        *(Paragraph(text) for text in unlocated_sentences(report)),
        *_unidentified(report),
        Paragraph(CAVEAT, True),
    )
    caption = "Communes, de la plus éloignée à la plus proche"
    blocks = (
        *stated(report, by_rule=False),
        _summary_table(summary, weight),
        table(caption, headers, communes),
        *notes,
    )
    return Document(heading, (Section("", blocks),))


def _bracket(value: float, bounds: Bounds, times: int = 1) -> str:
    """Write the bracket of a distance or of a share, nothing where it is closed."""
    from avs_coverage.messages import number

    low, high = bounds
    if low == value == high:
        return ""
    ends = ("?" if end is None else number(end * times, 1) for end in (low, high))
    return f" [{' à '.join(ends)}]"


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
        if line.quantiles is None or line.fgt is None or line.gini is None or line.mean is None:
            rows.append([labels[line.kind], *["—"] * (len(QUANTILES) + 5)])
            continue
        rows.append(
            [
                labels[line.kind],
                number(line.mean, 1) + _bracket(line.mean, line.mean_bounds),
                *(number(line.quantiles[q], 1) for q in QUANTILES),
                percent(line.fgt[0]) + _bracket(line.fgt[0], line.beyond_bounds, 100),
                number(line.fgt[1], 3),
                number(line.fgt[2], 3),
                number(line.gini, 3),
            ]
        )
    limit, unit = number(summary[0].threshold, 1), summary[0].unit
    shares = (f"#{q * 100:g} %" for q in QUANTILES)
    headers = ["Type", "#Moyenne", *shares, f"#Au-delà de {limit} {unit}", "#FGT 1", "#FGT 2", "#Gini"]
    caption = (
        f"Éloignement de la structure la plus proche ({unit}) : en moyenne, et celui en deçà duquel vit une "
        f"part des habitants{f', pesés par {weight}' if weight else ''}"
    )
    return table(caption, headers, rows)
