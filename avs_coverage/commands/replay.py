"""Command ``replay``: make an export again from its manifest, and say whether it is the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from avs_coverage.commands.options import OfflineOption, report_of
from avs_coverage.commands.typed import require_network
from avs_coverage.errors import AuditError, InputError
from avs_coverage.faults import Fault


def replay(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFESTE",
            readable=False,
            show_default=False,
            help="Le fichier manifest.json d'un export.",
        ),
    ],
    offline: OfflineOption = False,
) -> None:
    """Refaire un export d'après son manifeste : identique, ou ce qui diffère et pourquoi.

    Les fichiers du dossier qui ne sont plus ceux de l'export sont dits aussi.
    """
    record = _read(manifest)

    from avs_coverage.commands.figures import own_figures
    from avs_coverage.commands.streams import progress
    from avs_coverage.export import FORMATS, Export, make_files, require_libraries
    from avs_coverage.intake import receiving
    from avs_coverage.manifest import changed_files, differences, request_of
    from avs_coverage.ordinary import refuse_special

    folder = manifest.parent
    request = request_of(record, folder)
    if request.options.osrm:
        from avs_coverage.osrm_server import require_loopback

        require_network(offline)
        require_loopback(request.options.osrm, manifest.name)
    if missing := [path for path in request.files.paths if not path.exists()]:
        raise InputError([Fault("AVS-396", {"value": str(path)}, manifest.name) for path in missing])
    for path in request.files.paths:
        refuse_special(path)
    formats = [name for name in record["formats"] if name in FORMATS]
    require_libraries(formats)
    with receiving():
        made = Export(request, report_of(request), own_figures(request)[0], record["csv"])
    with tempfile.TemporaryDirectory() as elsewhere, progress(len(formats)) as tell:
        again = make_files(made, formats, folder, Path(elsewhere), tell)
    found = [*differences(record, again), *changed_files(record, folder)]
    count = len(record["sorties"])
    if not found:
        print(f"Identique : {count} fichiers refaits, mêmes octets.")
        return
    for text in found:
        print(text)
    raise AuditError(Fault("AVS-602", {"value": str(manifest)}))


def _read(path: Path) -> dict[str, Any]:
    """Return a manifest; raises InputError: AVS-301 unreadable, AVS-395 not one."""
    from avs_coverage.manifest import SCHEMA_NAME
    from avs_coverage.manifest_shape import misfit
    from avs_coverage.ordinary import not_readable, read_settings

    try:
        content = read_settings(path)
    except OSError as error:
        raise not_readable(path, error) from error
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(Fault("AVS-395", {"value": "ce n'est pas du JSON"}, path.name)) from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA_NAME:
        raise InputError(Fault("AVS-395", {"value": "autre schéma"}, path.name))
    if wrong := misfit(record) or ("" if record["regles"] else "« regles » est vide"):
        raise InputError(Fault("AVS-395", {"value": wrong}, path.name))
    return record
