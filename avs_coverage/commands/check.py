"""Command ``check``: read a list of structures to its end and say everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avs_coverage.commands.options import JsonOption, MapOption, ServiceAreasOption
from avs_coverage.errors import InputError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.loaders.structures import Examination
    from avs_coverage.reports.document import Document

SCHEMA, SCHEMA_VERSION = "avs-coverage/check", 1


def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FICHIER",
            readable=False,
            show_default=False,
            help="La liste de structures à vérifier, ou un dossier d'étude.",
        ),
    ],
    territory: Annotated[
        str,
        typer.Option(
            "--territory",
            metavar="TERRITOIRE",
            show_default=False,
            help="Où chercher les communes données par leur nom (par défaut : toute la France).",
        ),
    ] = "",
    service_areas: ServiceAreasOption = None,
    mapping: MapOption = "",
    json: JsonOption = False,
) -> None:
    """Vérifier une liste de structures : tout ce qui est lu, mis de côté, refusé ou douteux."""
    from avs_coverage.loaders.structure_table import parse_mapping
    from avs_coverage.loaders.structures import examine_structures
    from avs_coverage.study import FILE_NAME, Files, Study, read_study
    from avs_coverage.territory_names import find_territory_name

    study = read_study(str(file)) if file.is_dir() else Study(file.parent, "france", files=Files(file))
    if study.files.structures is None:
        raise InputError(Fault("AVS-335", {}, FILE_NAME))
    name = find_territory_name(territory or study.territory)
    files = Files(None, service_areas, parse_mapping(mapping) if mapping else None).over(study.files)
    found = examine_structures(study.files.structures, name, files.service_areas, files.mapping)
    if json:
        from avs_coverage.commands.streams import print_json

        print_json(_record(found))
    else:
        from avs_coverage.reports.terminal import make_console, print_document

        print_document(_document(found), make_console())
    if found.faults:
        raise typer.Exit(InputError.exit_code)


def _record(found: Examination) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "fichier": found.file,
        "format": found.format,
        "encodage": found.encoding,
        "colonnes": found.columns,
        "lignes_lues": found.rows_read,
        "structures": len(found.structures),
        "lignes_mises_de_cote": found.rows_set_aside,
        "mises_de_cote": [fault.to_record() for fault in found.set_aside],
        "fautes": [fault.to_record() for fault in found.faults],
        "avertissements": [fault.to_record() for fault in found.warnings],
        "accepte": not found.faults,
    }


def _document(found: Examination) -> Document:
    from avs_coverage.messages import counted
    from avs_coverage.reports.document import Block, Document, Paragraph, Section, table

    encoding = f" ; {found.encoding}" if found.encoding else ""
    columns = ", ".join(f"{name} ← « {header} »" for name, header in found.columns.items()) or "aucune"
    read = (
        f"{counted(found.rows_read, 'ligne lue', 'lignes lues')} : "
        f"{counted(len(found.structures), 'structure', 'structures')}, "
        f"{counted(found.rows_set_aside, 'ligne mise', 'lignes mises')} de côté."
    )
    reading = [f"Format : {found.format}{encoding}.", f"Colonnes reconnues : {columns}.", read]
    sections = [Section("Lecture", tuple(Paragraph(text) for text in reading))]
    for title, faults in (
        ("Fautes", found.faults),
        ("Avertissements", found.warnings),
        ("Lignes mises de côté", found.set_aside),
    ):
        if faults:
            headers = ["#Ligne", "Colonne", "Code", "Constat", "Aide"]
            rows = [[str(f.line or "—"), f.column or "—", f.code, f.what, f.hint] for f in faults]
            sections.append(Section(title, (table("", headers, rows),)))
    verdict = "Liste acceptée."
    if found.faults:
        verdict = f"Liste refusée : {counted(len(found.faults), 'faute', 'fautes')} à corriger."
    blocks: tuple[Block, ...] = (Paragraph(verdict, bool(found.faults)),)
    return Document(f"Vérification — {found.file}", (*sections, Section("Verdict", blocks)))
