"""Command ``replay``: make an export again from its manifest, and say whether it is the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from avs_coverage.commands.options import CSV_DIALECTS, OfflineOption, report_of
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
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--in",
            metavar="DOSSIER",
            readable=False,
            show_default=False,
            help="Dossier où sont les fichiers lus, sous-dossiers compris : ils y sont trouvés par leur nom "
            "et leur empreinte ; plusieurs fois au besoin.",
        ),
    ] = None,
    offline: OfflineOption = False,
) -> None:
    """Refaire un export d'après son manifeste : identique, ou ce qui diffère et pourquoi.

    Les fichiers du dossier qui ne sont plus ceux de l'export sont dits aussi. Rien n'est lu hors du
    dossier du manifeste, des dossiers de --in et des données téléchargées.
    """
    record = _read(manifest)

    from avs_coverage.commands.figures import own_figures
    from avs_coverage.commands.streams import progress
    from avs_coverage.export import Export, make_files, require_libraries
    from avs_coverage.intake import receiving
    from avs_coverage.manifest import changed_files, differences, request_of
    from avs_coverage.manifest_inputs import input_paths
    from avs_coverage.messages import counted
    from avs_coverage.reports.text import plain

    folder = manifest.parent
    request = request_of(record, input_paths(record["entrees"], folder, folders or ()))
    if request.options.osrm:
        from avs_coverage.osrm_server import require_loopback

        require_network(offline)
        require_loopback(request.options.osrm, manifest.name)
    formats = record["formats"]
    require_libraries(formats)
    with receiving():
        made = Export(request, report_of(request), own_figures(request)[0], record["csv"])
    with tempfile.TemporaryDirectory() as elsewhere, progress(len(formats)) as tell:
        again = make_files(made, formats, folder, Path(elsewhere), tell)
    found = [*differences(record, again), *changed_files(record, folder)]
    if not found:
        count = counted(len(record["sorties"]), "fichier refait", "fichiers refaits")
        print(f"Identique : {count}, mêmes octets.")
        return
    for text in found:
        print(plain(text))
    raise AuditError(Fault("AVS-602", {"value": str(manifest)}))


def _read(path: Path) -> dict[str, Any]:
    """Return a manifest, its inputs in the order of their roles.

    Raises InputError: AVS-301 unreadable, AVS-395 not one, or one that vouches for nothing.
    """
    from avs_coverage.export import FORMATS
    from avs_coverage.manifest import ONE_FILE, SCHEMA_NAME, SEVERAL_FILES
    from avs_coverage.manifest_shape import Known, misfit, unusable
    from avs_coverage.ordinary import is_link_out, not_readable, read_settings
    from avs_coverage.rules.demand import AREA, CHEF_LIEU, GRID

    if is_link_out(path):
        raise InputError(Fault("AVS-395", {"value": "c'est un lien qui mène hors de son dossier"}, path.name))
    try:
        content = read_settings(path)
    except OSError as error:
        raise not_readable(path, error) from error
    try:
        record = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InputError(Fault("AVS-395", {"value": "ce n'est pas du JSON"}, path.name)) from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA_NAME:
        raise InputError(Fault("AVS-395", {"value": "autre schéma"}, path.name))
    known = Known(FORMATS, CSV_DIALECTS, (GRID, CHEF_LIEU, AREA), ONE_FILE, SEVERAL_FILES)
    if wrong := misfit(record) or unusable(record, known):
        raise InputError(Fault("AVS-395", {"value": wrong}, path.name))
    record["entrees"].sort(key=lambda one: (*ONE_FILE, *SEVERAL_FILES).index(one["role"]))
    return record


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(constant)
