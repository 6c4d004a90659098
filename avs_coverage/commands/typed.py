"""What was typed after an option, read once for every command."""

from __future__ import annotations

import os
from datetime import date

from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.study import FIRST_YEAR, LAST_YEAR, MOST_GRACE_MONTHS

_NO = ("", "0", "non", "no", "false", "faux")


def require_choice(value: str, option: str, choices: tuple[str, ...]) -> str:
    """Return *value* if it is one of *choices*; raises UsageError (AVS-203)."""
    if value not in choices:
        values = {"value": value, "option": option, "choices": ", ".join(choices)}
        raise UsageError(Fault("AVS-203", values))
    return value


def require_network(offline: bool) -> None:
    """Raise UsageError (AVS-230) where the network was forbidden: called before anybody is asked.

    ``AVS_COVERAGE_OFFLINE`` forbids it too, whatever it says but no.
    """
    if offline or os.environ.get("AVS_COVERAGE_OFFLINE", "").strip().lower() not in _NO:
        raise UsageError(Fault("AVS-230", {}))


def parse_positive(text: str, default: float, option: str, most: float = float("inf")) -> float:
    """Return a number above 0, with a decimal comma or point, up to *most*; raises UsageError (AVS-203)."""
    from avs_coverage.loaders.cells import parse_number

    value = parse_number(text) if text else default
    if value is None or not 0 < value <= most:
        choices = "un nombre plus grand que 0" + (f", {most:g} au plus" if most < float("inf") else "")
        raise UsageError(Fault("AVS-203", {"value": text, "option": option, "choices": choices}))
    return value


def parse_months(text: str, default: int, option: str) -> int:
    """Return a whole number of months, of ten years at most; raises UsageError (AVS-203)."""
    if not text:
        return default
    if not text.isdecimal() or int(text) > MOST_GRACE_MONTHS:
        values = {
            "value": text,
            "option": option,
            "choices": f"un nombre entier de mois, de 0 à {MOST_GRACE_MONTHS}",
        }
        raise UsageError(Fault("AVS-203", values))
    return int(text)


def parse_date_option(text: str) -> date | None:
    """Return the date typed, None if none was; a year alone is its last day.

    Raises UsageError (AVS-201) where it is none, or of another time.
    """
    from avs_coverage.loaders.cells import parse_date

    day = parse_date(text, end=True) if text else None
    if text and (day is None or not FIRST_YEAR <= day.year <= LAST_YEAR):
        raise UsageError(Fault("AVS-201", {"value": text}))
    return day
