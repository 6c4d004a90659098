"""What a message says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaultKind:
    """What a fault says, as templates filled from the fault's values.

    *what* states it, *why* says why it matters (may be empty), *hint* is the exact thing to do.
    """

    what: str
    why: str
    hint: str
