"""Put the cases of a test in tiers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every_day(cases: Iterable[Any], number: int = 1) -> list[Any]:
    """Return the cases of a test, all but the first *number* in ``full``; a tuple is several values."""
    wrapped = (pytest.param(*case) if isinstance(case, tuple) else pytest.param(case) for case in cases)
    return [
        case if rank < number else pytest.param(*case.values, marks=pytest.mark.full)
        for rank, case in enumerate(wrapped)
    ]
