"""Command ``export``: the files that an analyst hands over, and the record behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from avs_coverage.commands.figures import own_figures
from avs_coverage.commands.options import (
    CSV_DIALECTS,
    CoverageOptions,
    DialectOption,
    ForceOption,
    make_request,
    report_of,
    with_options,
)
from avs_coverage.commands.typed import require_choice
from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault

DEFAULT_FORMATS = "xlsx,csv"


@with_options
def export(
    study: CoverageOptions,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DOSSIER",
            readable=False,
            show_default=False,
            help="Dossier où écrire les fichiers, créé au besoin.",
        ),
    ],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMATS",
            show_default=False,
            help="Formats, séparés par des virgules : xlsx (recommandé pour Excel), csv, json, html "
            "(rapport avec carte), pdf (le même à imprimer), docx (à modifier dans Word), markdown (état des "
            "lieux en phrases), png et svg (carte à imprimer) ; pour un SIG gpkg, geojson, parquet. "
            "Par défaut xlsx,csv.",
        ),
    ] = DEFAULT_FORMATS,
    csv_dialect: DialectOption = "excel-fr",
    force: ForceOption = False,
) -> None:
    """Fichiers à remettre : classeur, tables, données, avec un manifeste de ce dont ils sont faits."""
    from avs_coverage.export import FORMATS, Export, require_libraries, write_export
    from avs_coverage.intake import receiving
    from avs_coverage.ordinary import refuse_special
    from avs_coverage.reports.output import refuse_no_folder

    wanted = list(dict.fromkeys(name.strip().lower() for name in formats.split(",") if name.strip()))
    for name in wanted or [formats]:
        require_choice(name, "--format", tuple(FORMATS))
    require_libraries(wanted)
    require_choice(csv_dialect, "--csv-dialect", CSV_DIALECTS)
    request = make_request(study, several=True)
    for path in request.files.paths:
        name = str(path).encode("utf-8", "replace").decode()
        if name != str(path):  # a file of an export could not be written with it
            reason = "son nom n'est pas en UTF-8 : renommez-le"
            raise InputError(Fault("AVS-301", {"value": name, "reason": reason}))
        refuse_special(path)  # not even a pipe that is handed over: a manifest could not vouch for it
        if path.resolve().parent == output.resolve():
            raise OutputError(Fault("AVS-506", {"value": str(output), "file": path.name}))
    refuse_no_folder(output)
    with receiving():  # the published figures are those that the report received
        made = Export(request, report_of(request), own_figures(request)[0], csv_dialect)

    from avs_coverage.commands.streams import progress, say

    before = {path.name for path in output.iterdir() if path.is_file()} if output.is_dir() else set()
    with progress(len(wanted)) as tell:
        written = write_export(made, wanted, output, force, tell)
    for path in written:
        say(f"écrit : {path}")
    for text in _other_files(before, {path.name for path in written}):
        say(f"avertissement : {text}")
    for text in made.report.warnings:
        say(f"avertissement : {text}")


def _other_files(before: set[str], written: set[str]) -> Iterator[str]:
    """Tell what an earlier export left in the folder: names of files *before* and of those *written*."""
    from avs_coverage.manifest import FILE_NAME
    from avs_coverage.messages import enumeration

    if before & written and FILE_NAME not in before:
        yield f"le dossier était sans {FILE_NAME} : un export y a sans doute été interrompu ; il est refait"
    if others := sorted(before - written):
        yield f"{FILE_NAME} ne dit rien de ce que le dossier contenait d'autre : {enumeration(others, 5)}"
