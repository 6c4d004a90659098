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

_REASONS = {
    "mediane": "c'est une médiane : celles de plusieurs communes ne s'additionnent pas",
    "taux": "c'est un taux : ceux de plusieurs communes ne s'additionnent pas",
    "classe": "c'est une classe, et non un nombre",
    "inconnue": "rien ne dit que ses valeurs s'additionnent : il y faut des nombres entiers, et un en-tête "
    "qui ne soit pas celui d'un taux ou d'une moyenne",
}
"""Why an indicator of each nature is no weight."""


def weight_of(report: Report, name: str) -> Indicator | None:
    """Return the count of that name, None where none is typed.

    Raises UsageError: AVS-204 without indicators, AVS-217 where the name is not that of a count.
    """
    if not name:
        return None
    indicators = {one.name: one for one in report.coverage.territory.indicators}
    if not indicators:
        raise UsageError(Fault("AVS-204", {"option": "--weight", "other": "--indicators FICHIER"}))
    found = indicators.get(name)
    if found is not None and found.is_count:
        return found
    hints = ["effectifs lus : " + ", ".join(n for n, one in indicators.items() if one.is_count)]
    if not any(one.is_count for one in indicators.values()):
        hints = ["aucune colonne lue n'est un effectif : donnez un fichier qui en ait un"]
    if found is not None and found.nature == "inconnue" and (found.values.dropna() % 1 == 0).all():
        hints.append(f"si « {name} » en est un, demandez cette colonne : --indicators FICHIER={name}")
    reason = "aucune colonne lue n'a ce nom" if found is None else _REASONS[found.nature]
    raise UsageError(Fault("AVS-217", {"value": name, "reason": reason, "hint": " ; ".join(hints)}))
