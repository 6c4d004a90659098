"""Command ``init``: make a study folder, with templates and the communes of the territory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avs_coverage.commands.options import TerritoryArgument
from avs_coverage.commands.streams import say
from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.territory import Territory

_COLUMNS = (
    "id", "nom", "type", "statut", "code_insee", "commune", "zone", "communes_desservies", "qpv_desservis",
    "premier_agrement", "agrement_debut", "agrement_fin", "acf", "acf_debut", "ps_jeunes", "ps_jeunes_debut",
    "itinerant", "gestionnaire", "population_zone", "capacite", "longitude", "latitude", "doute",
    "note", "source",
)  # fmt: skip
_AREA_COLUMNS = ("structure", "commune")


def init(
    territory: TerritoryArgument,
    folder: Annotated[
        Path, typer.Argument(metavar="DOSSIER", show_default=False, help="Le dossier d'étude à créer.")
    ],
    example: Annotated[
        bool, typer.Option("--example", help="Le remplir d'un inventaire complet de données fictives.")
    ] = False,
) -> None:
    """Créer un dossier d'étude : réglages, modèles à remplir, communes du territoire."""
    from avs_coverage.example import made_inventory
    from avs_coverage.reports.csv_file import csv_bytes
    from avs_coverage.reports.output import refuse_no_folder, write_all_atomically
    from avs_coverage.reports.template import template_bytes
    from avs_coverage.territory import Territory

    found = Territory.find(territory)
    refuse_no_folder(folder)
    rows: list[dict[str, Any]] = []
    if example:
        rows = [{name: getattr(made, name, "") for name in _COLUMNS} for made in made_inventory(found)]
    communes = [
        {"code_insee": row.Index, "nom": row.nom, "epci": row.epci, "nom_epci": row.nom_epci}
        for row in found.rows.values()
    ]
    contents = {
        "structures.csv": csv_bytes(_COLUMNS, rows, "excel-fr"),
        "structures.xlsx": template_bytes("structures", _COLUMNS, rows, communes, "code_insee"),
        "zones.csv": csv_bytes(_AREA_COLUMNS, [], "excel-fr"),
        "zones.xlsx": template_bytes("zones", _AREA_COLUMNS, [], communes, "commune"),
        "communes.csv": csv_bytes(tuple(communes[0]), communes, "excel-fr"),
        "LISEZMOI.txt": _readme(found, folder, example).encode(),
        "avs.toml": _settings(found, example).encode(),  # the last: without it, it is no study folder
    }
    if taken := [name for name in contents if (folder / name).exists()]:
        raise OutputError(Fault("AVS-503", {"value": str(folder), "files": ", ".join(taken)}))
    write_all_atomically({folder / name: content for name, content in contents.items()}, force=False)
    say(f"Dossier d'étude créé : {folder}")
    say(f"  ensuite : avs-coverage report {_typed(folder)}")


def _typed(folder: Path) -> str:
    text = folder.as_posix()
    text = text if folder.is_absolute() or text.startswith(".") else f"./{text}"
    return f'"{text}"' if " " in text else text


def _settings(territory: Territory, example: bool) -> str:
    head = "# Données fictives : aucune ligne ne décrit la réalité.\n" if example else ""
    file = "structures.csv" if example else "structures.xlsx"
    return (
        f"{head}# {territory.label}\n"
        f'territoire = "{territory.name.typed}"\n'
        'regle = "declared"          # declared, implantation, radius:5km, travel-time:15min\n'
        'date = "2026-01-01"         # état à cette date\n'
        f'structures = "{file}"  # structures.csv ou structures.xlsx\n'
        '# zones = "zones.xlsx"      # structure et commune, si les zones sont dans un fichier à part\n'
        '# population = "donnees_communes.csv"            # à la place des populations embarquées\n'
        '# communes = "COMMUNE.shp"                       # contours : superficies et voisinage\n'
        '# qpv = ["qpv_2024.gpkg"]                        # périmètres ou populations des QPV\n'
        '# indicateurs = ["base-cc-filosofi.csv"]         # indicateurs par commune, carreaux de 200 m\n'
        '# temps = "temps.csv"                            # origine;destination;minutes\n'
        "# [colonnes]                # si votre liste porte d'autres noms de colonnes\n"
        '# nom = "lib_structure"\n'
    )


def _readme(territory: Territory, folder: Path, example: bool) -> str:
    fictitious = "\r\nDONNÉES FICTIVES : exemple, aucune ligne ne décrit la réalité.\r\n" if example else ""
    typed = _typed(Path(folder.resolve().name))  # the folder is handed over: it says no other of this machine
    return (
        f"Dossier d'étude avs-coverage : {territory.label}\r\n{fictitious}\r\n"
        "1. Remplissez structures.xlsx (ou structures.csv) : une ligne par structure.\r\n"
        "   nom, type (CS ou EVS) et code_insee suffisent.\r\n"
        "   communes_desservies : codes séparés par |, ou epci ; ou bien zones.xlsx (ou zones.csv), une\r\n"
        "   ligne par structure et commune, nommé dans avs.toml.\r\n"
        "   communes.csv donne les codes des communes du territoire.\r\n"
        f"2. Vérifiez, depuis le dossier qui contient celui-ci : avs-coverage check {typed}\r\n"
        f"3. Lisez : avs-coverage report {typed}\r\n"
        "avs.toml règle le territoire, la date, la règle et les fichiers ; ôtez le # devant ceux que vous\r\n"
        "avez : population, communes (contours), qpv, indicateurs, temps (de trajet).\r\n"
    )
