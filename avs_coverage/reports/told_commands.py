"""The commands that a report tells its reader to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avs_coverage.report import Report

_DEFAULT_RULE = "declared"
_NO_DATE = ("audit", "history")
_NO_RULE = ("audit",)
"""Commands that are refused these options: they take several dates, or need no rule."""


def told_command(report: Report, command: str, arguments: str = "") -> str:
    """Write a command for the territory of a report, ``avs-coverage zones 03 --csv zones.csv``.

    A report does not know the paths of the files that it was made from: where it rests on files, a rule or
    a date of the user, the sentence says that the same go with the command.
    """
    option = "--include-unconfirmed" if report.coverage.inventory.include_unconfirmed else ""
    words = ["avs-coverage", command, report.coverage.territory.name.typed, arguments, option]
    told = " ".join(word for word in words if word)
    if command in _NO_RULE:
        return f"{told}, avec les mêmes fichiers" if _has_files(report) else told
    return f"{told}, avec les mêmes options" if _has_files(report) or _has_settings(report, command) else told


def _has_files(report: Report) -> bool:
    """Tell whether files of the user stand in place of what the tool holds, or beside it."""
    inventory, territory = report.coverage.inventory, report.coverage.territory
    return bool(
        (inventory.departements and not inventory.embedded) or territory.replaced or territory.indicators
    )


def _has_settings(report: Report, command: str) -> bool:
    """Tell whether the command by itself would follow another rule or date, or leave no structure out."""
    from avs_coverage.build import DEFAULT_DATE

    coverage, inventory = report.coverage, report.coverage.inventory
    dated = command not in _NO_DATE and coverage.on != (inventory.date or DEFAULT_DATE)
    ruled = bool(report.others) or coverage.rule.typed != _DEFAULT_RULE
    return dated or ruled or bool(inventory.left_out)
