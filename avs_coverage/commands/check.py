"""Command ``check``: read a file, or those of a study folder, to the end and say all that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.options import JsonOption, MapOption, ServiceAreasOption
from avs_coverage.errors import InputError, UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.loaders.examine import FileExamination
    from avs_coverage.reports.document import Block, Document
    from avs_coverage.study import Files, Study
    from avs_coverage.territory_names import TerritoryName

SCHEMA, SCHEMA_VERSION = "avs-coverage/check", 2


def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FICHIER",
            readable=False,
            show_default=False,
            help="Le fichier à vérifier (structures, contours, QPV, populations, indicateurs…) ou un dossier "
            "d'étude.",
        ),
    ],
    territory: Annotated[
        str,
        typer.Option(
            "--territory",
            metavar="TERRITOIRE",
            show_default=False,
            help="Le territoire pour lequel lire le fichier (par défaut : toute la France).",
        ),
    ] = "",
    service_areas: ServiceAreasOption = None,
    mapping: MapOption = "",
    json: JsonOption = False,
) -> None:
    """Vérifier un fichier : ce qui est lu, mis de côté, refusé ou douteux."""
    from avs_coverage.intake import receiving
    from avs_coverage.loaders.structure_table import parse_mapping
    from avs_coverage.study import Files, Study, read_study

    is_folder = _is_folder(file)
    study = read_study(str(file)) if is_folder else Study(file.parent, "")
    typed = Files(service_areas=service_areas, mapping=parse_mapping(mapping) if mapping else None)
    with receiving():
        found = _examine(None if is_folder else file, study, typed.over(study.files), territory)
    accepted = not any(examination.faults for examination in found)
    if json:
        from avs_coverage.commands.streams import print_json

        records = [examination.to_record() for examination in found]
        print_json({"schema": SCHEMA, "version": SCHEMA_VERSION, "fichiers": records, "accepte": accepted})
    else:
        from avs_coverage.reports.terminal import make_console, print_document

        for examination in found:
            print_document(_document(examination), make_console())
    if not accepted:
        raise typer.Exit(InputError.exit_code)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, which the reading of the file explains
        return False


def _examine(file: Path | None, study: Study, files: Files, territory: str) -> list[FileExamination]:
    """Examine one file, or every file that a study folder names."""
    from avs_coverage.loaders.examine import (
        FileExamination,
        examine_files,
        examine_structure_list,
        nature_of,
    )
    from avs_coverage.territory_names import find_territory_name

    typed = territory or study.territory
    name = find_territory_name(typed) if typed else None
    if file is None:
        return _examine_study(study, files, name)
    try:
        nature = "structures" if files.mapping or files.service_areas else nature_of(file)
    except InputError as error:
        return [FileExamination(file.name, "inconnue", faults=error.faults)]
    if nature != "structures":
        return [examine_files([file], nature, name)]
    everywhere = name or find_territory_name("france")
    return examine_structure_list(file, everywhere, files.service_areas, files.mapping)


def _examine_study(study: Study, files: Files, name: TerritoryName | None) -> list[FileExamination]:
    """Examine the settings of a study folder, and every file that they name, as a report would read them."""
    from avs_coverage.loaders.examine import FileExamination, examine_files, examine_structure_list, nature_of
    from avs_coverage.study import FILE_NAME

    found: list[FileExamination] = []
    if faults := _settings_faults(study):
        found.append(FileExamination(FILE_NAME, "reglages", faults=faults))
    if files.structures and name:
        found += examine_structure_list(files.structures, name, files.service_areas, files.mapping)
    for nature, paths in (
        ("communes", [files.communes]),
        ("temps", [files.travel_times]),
        ("population", files.population),
        ("qpv", files.qpv),
        ("chiffres", [files.figures]),
    ):
        if given := [path for path in paths if path]:
            found.append(examine_files(given, nature, name))
    for path, columns in files.indicators:
        try:
            nature = "carreaux" if not columns and nature_of(path) == "carreaux" else "indicateurs"
        except InputError as error:
            found.append(FileExamination(path.name, "indicateurs", faults=error.faults))
            continue
        found.append(examine_files([path], nature, name, columns))
    return found


def _settings_faults(study: Study) -> tuple[Fault, ...]:
    """Return what is wrong with the rule and the date of a study folder."""
    from avs_coverage.commands.typed import parse_date_option
    from avs_coverage.rules import get_rule, split_rules

    faults: list[Fault] = []
    checks: list[Callable[[], object]] = [lambda: parse_date_option(study.date)]
    try:
        checks += [partial(get_rule, rule) for rule in split_rules(study.rule)]
    except UsageError as error:
        faults += error.faults
    for check_one in checks:
        try:
            check_one()
        except UsageError as error:
            faults += error.faults
    return tuple(faults)


def _document(found: FileExamination) -> Document:
    from avs_coverage.loaders.examine import NATURES
    from avs_coverage.messages import counted
    from avs_coverage.reports.document import Document, Paragraph, Section, table

    formats = " ; ".join(text for text in (found.format, found.encoding) if text)
    reading = [f"Nature : {NATURES[found.nature]}{f' ({formats})' if formats else ''}."]
    if found.columns is not None:
        columns = ", ".join(f"{name} ← « {header} »" for name, header in found.columns.items()) or "aucune"
        reading.append(f"Colonnes reconnues : {columns}.")
    if found.gives or found.rows_read:
        aside = counted(sum(fault.rows for fault in found.set_aside), "ligne mise", "lignes mises")
        read = counted(found.rows_read, "ligne lue", "lignes lues")
        gives = found.gives or counted(found.rows_used, "ligne examinée", "lignes examinées")
        reading.append(f"{read} : {gives}, {aside} de côté.")
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
    verdict = "Fichier accepté."
    title = f"Vérification — {found.file}" + (" — DONNÉES FICTIVES" if found.fictitious else "")
    if found.faults:
        verdict = f"Fichier refusé : {counted(len(found.faults), 'faute', 'fautes')} à corriger."
    blocks: tuple[Block, ...] = (Paragraph(verdict, bool(found.faults)),)
    return Document(title, (*sections, Section("Verdict", blocks)))
