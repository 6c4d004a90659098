"""Put the cases of a test in tiers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every_day(cases: Iterable[Any], number: int = 1) -> list[Any]:
    """Return the cases of a test, all but the first *number* of the tier ``full``."""
    return [
        case if rank < number else pytest.param(case, marks=pytest.mark.full)
        for rank, case in enumerate(cases)
    ]
