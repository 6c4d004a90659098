"""A figure of coverage: one number with what it is made of, and its bracket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MEASURES = ("communes", "habitants", "km2")
STATUSES = ("cs", "evs_seul", "avs", "aucune")
FIGURE_COLUMNS = (
    "regle",
    "parametres",
    "mesure",
    "statut",
    "numerateur",
    "denominateur",
    "part",
    "minorant",
    "majorant",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""
Number = int | float


class Figure(NamedTuple):
    """One number with what it is made of, and its bracket.

    *measure* is ``communes``, ``habitants`` or ``km2``; *status* is ``cs``, ``evs_seul``,
    ``avs`` or ``aucune``. *numerator*, *lower* and *upper* (minorant, majorant) are in the unit
    of the measure, over the same *denominator*; all are None where no inventory stands.
    """

    rule: str
    parameters: Mapping[str, float | str]
    measure: str
    status: str
    numerator: Number | None
    denominator: Number | None
    lower: Number | None
    upper: Number | None

    @property
    def share(self) -> float | None:
        """Return numerator ÷ denominator, 0–1; None where unknown or where there is no one to cover."""
        return self.share_of(self.numerator)

    def share_of(self, value: Number | None) -> float | None:
        """Return *value* ÷ denominator, None where either is unknown or the denominator is 0."""
        return value / self.denominator if value is not None and self.denominator else None

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing unknown can move the figure."""
        return self.lower == self.upper

    def to_record(self) -> dict[str, Any]:
        """Return the figure as plain values, under the names that stay."""
        values = (self.rule, dict(self.parameters), self.measure, self.status, self.numerator,
                  self.denominator, self.share, self.lower, self.upper)  # fmt: skip
        return dict(zip(FIGURE_COLUMNS, values, strict=True))
