"""Option ``--weight``: a count by commune in place of inhabitants, for the commands that weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.indicators import Indicator
    from avs_coverage.report import Report

WeightOption = Annotated[
    str,
    typer.Option(
        "--weight",
        metavar="COLONNE",
        show_default=False,
        help="Un effectif de --indicators (enfants, allocataires…) pour peser les communes à la place des "
        "habitants.",
    ),
]


def weight_of(report: Report, name: str) -> Indicator | None:
    """Return the count of that name, None where none is typed; raises UsageError (AVS-217)."""
    if not name:
        return None
    indicators = report.coverage.territory.indicators
    for indicator in indicators:
        if indicator.name == name and indicator.is_count:
            return indicator
    choices = ", ".join(one.name for one in indicators if one.is_count)
    if not choices:
        raise UsageError(Fault("AVS-204", {"option": "--weight", "other": "--indicators FICHIER"}))
    raise UsageError(Fault("AVS-217", {"value": name, "choices": choices}))
