"""The one registry of shared options: name, help and meaning are written here once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.report import Report

DEFAULT_RULE = "declared"
CSV_DIALECTS = ("excel-fr", "standard")

TerritoryArgument = Annotated[
    str,
    typer.Argument(
        metavar="TERRITOIRE",
        show_default=False,
        help="Département (allier, 03), EPCI (nom ou SIREN), région (bretagne, region:84), france,"
        " ou dossier d'étude (./allier).",
    ),
]
RuleOption = Annotated[
    str,
    typer.Option(
        "--rule",
        metavar="RÈGLE",
        show_default=False,
        help="Règle de couverture : declared (zone d'intervention déclarée, par défaut) ou implantation "
        "(commune du siège).",
    ),
]
DateOption = Annotated[
    str,
    typer.Option(
        "--date",
        metavar="DATE",
        show_default=False,
        help="Date de l'état : 2022-12-31, 31/12/2022 ou 2022. Par défaut celle de l'inventaire embarqué, "
        "sinon 2026-01-01.",
    ),
]
StructuresOption = Annotated[
    Path | None,
    typer.Option(
        "--structures",
        metavar="FICHIER",
        readable=False,  # the loader says in French why a file cannot be read
        show_default=False,
        help="Votre liste de structures (CSV ou XLSX), qui remplace l'inventaire embarqué.",
    ),
]
ServiceAreasOption = Annotated[
    Path | None,
    typer.Option(
        "--service-areas",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Zones d'intervention dans un second fichier : structure;commune.",
    ),
]
MapOption = Annotated[
    str,
    typer.Option(
        "--map",
        metavar="COLONNES",
        show_default=False,
        help="Noms des colonnes de votre liste : nom=lib_structure,type=categorie, ou un fichier TOML.",
    ),
]
PopulationOption = Annotated[
    Path | None,
    typer.Option(
        "--population",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Populations par commune (INSEE, donnees_communes.csv ou son zip), à la place des embarquées.",
    ),
]
UnconfirmedOption = Annotated[
    bool,
    typer.Option("--include-unconfirmed", help="Compter aussi les structures « à confirmer »."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Écrire le résultat en JSON sur la sortie standard.")
]
CsvOption = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FICHIER", show_default=False, help="Écrire le résultat dans un fichier CSV."
    ),
]
DialectOption = Annotated[
    str,
    typer.Option(
        "--csv-dialect",
        metavar="FORMAT",
        show_default=False,
        help="excel-fr (« ; », virgule décimale, par défaut) ou standard (« , », point décimal).",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Remplacer un fichier qui existe déjà.")]


def require_choice(value: str, option: str, choices: tuple[str, ...]) -> str:
    """Return *value* if it is one of *choices*; raises UsageError (AVS-203)."""
    if value not in choices:
        values = {"value": value, "option": option, "choices": ", ".join(choices)}
        raise UsageError(Fault("AVS-203", values))
    return value


def parse_date_option(text: str) -> date | None:
    """Return the date typed, None if none was; a year alone is its last day. Raises UsageError (AVS-201)."""
    from avs_coverage.loaders.cells import parse_date

    day = parse_date(text, end=True) if text else None
    if text and day is None:
        raise UsageError(Fault("AVS-201", {"value": text}))
    return day


def make_report(
    territory: str,
    rule: str,
    on: str,
    structures: Path | None,
    service_areas: Path | None,
    mapping: str,
    population: Path | None,
    include_unconfirmed: bool,
) -> Report:
    """Return the report that the shared options ask for, warnings of the files said on stderr.

    *territory* may be a study folder, whose settings stand where an option is not given.
    """
    from avs_coverage.study import Study, looks_like_folder, read_study
    from avs_coverage.territory_names import find_territory_name

    study = read_study(territory) if looks_like_folder(territory) else Study(Path(), territory)
    structures = structures or study.structures
    service_areas = service_areas or study.service_areas
    population = population or study.population
    for option, given in (("--service-areas", service_areas), ("--map", mapping)):
        if given and not structures:
            raise UsageError(Fault("AVS-204", {"option": option, "other": "--structures FICHIER"}))
    day = parse_date_option(on or study.date)
    name = find_territory_name(study.territory)

    from avs_coverage.commands.streams import print_warnings
    from avs_coverage.report import build_report

    columns = study.mapping
    if mapping:
        from avs_coverage.loaders.structure_table import parse_mapping

        columns = parse_mapping(mapping)
    chosen = rule or study.rule or DEFAULT_RULE
    report = build_report(
        name, chosen, day, structures, service_areas, include_unconfirmed, columns, population
    )
    if structures:
        print_warnings(report.coverage.inventory.warnings)
    return report
