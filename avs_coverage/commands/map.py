"""Command ``map``: the map of a territory as a picture of a page, to be printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avs_coverage.commands.options import (
    CoverageOptions,
    ForceOption,
    make_request,
    report_of,
    with_options,
)
from avs_coverage.commands.typed import require_choice
from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault

_SUFFIXES = (".png", ".svg", ".pdf")


@with_options
def map(
    study: CoverageOptions,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FICHIER",
            readable=False,
            show_default=False,
            help="Fichier de la carte, une page A4 : carte.png (à insérer dans un document), carte.svg (à "
            "retoucher) ou carte.pdf (à imprimer).",
        ),
    ],
    force: ForceOption = False,
) -> None:
    """Carte à imprimer : couverture des communes, structures, QPV, légende, échelle et sources."""
    from avs_coverage.reports.output import refuse_existing, write_atomically

    suffix = require_choice(output.suffix.lower(), "--output", _SUFFIXES)
    request = make_request(study)
    for path in request.files.paths:
        if path.resolve() == output.resolve():
            raise OutputError(Fault("AVS-504", {"value": str(output)}))
    refuse_existing(output, force)
    report = report_of(request)

    from avs_coverage.commands.streams import say
    from avs_coverage.reports.map_picture import map_bytes

    write_atomically(output, map_bytes(report, suffix.removeprefix(".")), force)
    say(f"écrit : {output}")
    for text in report.warnings:
        say(f"avertissement : {text}")
