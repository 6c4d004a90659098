"""The figures of a territory that are read first, whatever the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from avs_coverage.messages import MEASURE_LABELS, STATUS_LABELS
from avs_coverage.reports.document import FigureCell

if TYPE_CHECKING:
    from avs_coverage.report import Report

TITLE = "Chiffres clés"
UNKNOWN = ("Couverture inconnue.", "Aucun inventaire de structures.")
"""What stands in place of the figures of a territory without an inventory: what, then why."""
_STATUSES = ("avs", "cs", "evs_seul", "aucune")


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
