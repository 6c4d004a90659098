"""Command ``error``: what a code means, from the one catalogue of faults."""

from __future__ import annotations

from typing import Annotated

import typer

from avs_coverage.catalogue import CATALOGUE
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault, describe


def error(
    code: Annotated[
        str, typer.Argument(metavar="CODE", show_default=False, help="Un code, comme AVS-314 ou 314.")
    ],
) -> None:
    """Expliquer le code d'une erreur ou d'un avertissement."""
    number = code.strip().upper().removeprefix("AVS").lstrip("- ")
    known = f"AVS-{number}"
    if known not in CATALOGUE:
        raise UsageError(Fault("AVS-212", {"value": code, "choices": ", ".join(CATALOGUE)}))
    print(describe(known))
