"""The figures of a territory that are read first, whatever the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from avs_coverage.messages import MEASURE_LABELS, STATUS_LABELS
from avs_coverage.reports.document import FigureCell, Paragraph
from avs_coverage.reports.inventory_section import inventoried

if TYPE_CHECKING:
    from avs_coverage.report import Report

TITLE = "Chiffres clés"
SIDE_BY_SIDE = "Règles côte à côte"
"""The section of the figures of every rule asked for."""
UNKNOWN = ("Couverture inconnue.", "Aucun inventaire de structures.")
"""What stands in place of the figures of a territory without an inventory: what, then why."""
_STATUSES = ("avs", "cs", "evs_seul", "aucune")


def scope(report: Report) -> list[Paragraph]:
    """Say which rule the key figures are of, and what there is beside them."""
    return [Paragraph(f"Règle de ces chiffres : {report.coverage.rule.label}."), *beside(report)]


def beside(report: Report) -> list[Paragraph]:
    """Say where the figures of the other rules are, and of which départements alone shares are."""
    found = []
    if report.others:
        others = " ; ".join(one.rule.label for one in report.others)
        found.append(f"Les chiffres des autres règles demandées ({others}) : « {SIDE_BY_SIDE} », plus loin.")
    if only := inventoried(report):
        found.append(f"Parts calculées sur les seules communes inventoriées ({only}).")
    return [Paragraph(text) for text in found]


class Card(NamedTuple):
    """One status, and its figure for each measure by the label of that measure."""

    title: str
    figures: tuple[tuple[str, FigureCell], ...]


def key_figures(report: Report) -> tuple[Card, ...]:
    """Return a card a status, with its communes and its inhabitants; none without an inventory."""
    if not report.has_inventory:
        return ()
    return tuple(
        Card(
            STATUS_LABELS[status][0].upper() + STATUS_LABELS[status][1:],
            tuple(
                (MEASURE_LABELS[figure.measure], FigureCell(figure))
                for figure in report.figures
                if figure.status == status and figure.measure != "km2"
            ),
        )
        for status in _STATUSES
    )
