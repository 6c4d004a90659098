"""What a printed number may mean: exact intervals, rounded or truncated, never floating point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

ROUNDED, TRUNCATED, EITHER = "arrondi", "tronque", "arrondi_ou_tronque"
READINGS = (ROUNDED, TRUNCATED, EITHER)
QUALIFIERS = {
    "egal": "",
    "pres_de": "près de ",
    "pres_de_fraction": "près de ",
    "environ": "environ ",
    "moins_de": "moins de ",
    "plus_de": "plus de ",
}
"""Code of a qualifier → the French words before the number."""
_CLOSE_TO_A_FRACTION = 5  # points: nearer to the next ten, one would print another fraction or a number

Whole = tuple[int, int | None]
"""Two ends of whole numbers, both included; no upper one where nothing bounds it."""


@dataclass(frozen=True)
class Printed:
    """A number as printed: its digits with a decimal point, its qualifier, and whether it is a percentage.

    The digits are kept as text: ``70`` and ``70.0`` do not say the same.
    """

    text: str
    qualifier: str = "egal"
    is_percentage: bool = False

    @property
    def value(self) -> Fraction:
        """Return the number, exactly."""
        return Fraction(self.text)

    @property
    def unit(self) -> Fraction:
        """Return one unit of the last printed decimal: 1 for ``70``, 1/10 for ``70.0``."""
        return Fraction(1, 10 ** len(self.text.partition(".")[2]))

    @property
    def rough_unit(self) -> Fraction:
        """Return one unit of the last significant digit: 10 for ``70``, 1,000 for ``879000``."""
        whole, _, decimals = self.text.partition(".")
        if decimals or not whole.strip("-0"):
            return self.unit
        return Fraction(10 ** (len(whole) - len(whole.rstrip("0"))))

    def reals(self, reading: str = EITHER) -> tuple[Fraction, Fraction | None, bool]:
        """Return the ends of the quantities that may be so printed, and whether the upper one is one of them.

        A percentage is rounded (a tie may go either way) or truncated; *reading* says which, or either.
        A count is what it says. Close to, about, less and more than: the tool's own reading. Close to a
        fraction in words (a half) has no last digit to be read by: from five points below it, to it.
        """
        value, rough = self.value, self.rough_unit
        qualified: dict[str, tuple[Fraction, Fraction | None, bool]] = {
            "moins_de": (Fraction(0), value, False),
            "plus_de": (value, None, False),
            "pres_de": (value - rough, value, True),
            "pres_de_fraction": (
                value - (_CLOSE_TO_A_FRACTION if self.is_percentage else rough),
                value,
                True,
            ),
            "environ": (value - rough, value + rough, True),
        }
        if self.qualifier in qualified:
            return qualified[self.qualifier]
        if not self.is_percentage:
            return value, value, True
        half = self.unit / 2
        if reading == ROUNDED:
            return value - half, value + half, True
        return value - (half if reading == EITHER else 0), value + self.unit, False

    def counts(self, total: int = 100, reading: str = EITHER) -> Whole:
        """Return the whole numbers so printed: of *total* where the number is a percentage.

        >>> Printed("69", is_percentage=True).counts(317, ROUNDED), Printed("5").counts()
        ((218, 220), (5, 5))
        """
        low, high, included = self.reals(reading)
        scale = Fraction(total, 100) if self.is_percentage else Fraction(1)
        first = floor(low * scale) + 1 if self.qualifier == "plus_de" else ceil(low * scale)
        if high is None:
            return max(0, first), None
        last = floor(high * scale) if included else ceil(high * scale) - 1
        return max(0, first), min(last, total) if self.is_percentage else last

    def holds(self, part: int, total: int | None, reading: str = EITHER) -> bool:
        """Tell whether *part* (of *total*, for a percentage) may be so printed."""
        first, last = self.counts(total or 0, reading)
        return bool(total or not self.is_percentage) and first <= part and (last is None or part <= last)
