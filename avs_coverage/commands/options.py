"""The one registry of shared options: name, help and meaning are written here once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# Commands take every option from here.
from avs_coverage.commands.option_groups import with_options as with_options  # noqa: PLC0414
from avs_coverage.commands.typed import (
    parse_date_option,
    parse_months,
    parse_positive,
    require_choice,
    require_network,
)
from avs_coverage.errors import OutputError, UsageError
from avs_coverage.faults import Fault
from avs_coverage.study import DEFAULT_GRACE_MONTHS, Files, Request, RuleOptions, split_indicators

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.study import Study

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
        help="Règle de couverture : declared (zone d'intervention déclarée, par défaut), implantation "
        "(commune du siège), radius:5km (à vol d'oiseau), travel-time:15min (par la route) ; plusieurs, "
        "séparées par des virgules, dans report et explain.",
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
    list[Path] | None,
    typer.Option(
        "--population",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Populations par commune (INSEE, donnees_communes.csv ou son zip), à la place des embarquées ; "
        "plusieurs fois au besoin (Mayotte est dans un fichier à part).",
    ),
]
BoundariesOption = Annotated[
    Path | None,
    typer.Option(
        "--communes",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Contours des communes (ADMIN EXPRESS, geo.api.gouv.fr, GeoJSON…), à la place des embarqués.",
    ),
]
QpvOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--qpv",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Périmètres ou populations des QPV, à la place des embarqués ; plusieurs fois au besoin.",
    ),
]
IndicatorsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--indicators",
        metavar="FICHIER[=COLONNES]",
        show_default=False,
        help="Indicateurs par commune (dossier complet, Filosofi, Caf, FRR, tout CSV) ; plusieurs fois au "
        "besoin ; =COL1,COL2 choisit les colonnes.",
    ),
]
RadiusOption = Annotated[
    str,
    typer.Option(
        "--radius",
        metavar="DISTANCES",
        show_default=False,
        help="2km,5km : comme --rule radius:2km,radius:5km.",
    ),
]
PopulationByOption = Annotated[
    str,
    typer.Option(
        "--population-by",
        metavar="LIEU",
        show_default=False,
        help="Où sont les habitants, pour une distance : grid (carreaux de 200 m), chef-lieu ou area "
        "(surface, avec --communes). Par défaut les carreaux s'ils sont donnés, sinon le chef-lieu.",
    ),
]
CommuneShareOption = Annotated[
    str,
    typer.Option(
        "--commune-share",
        metavar="PART",
        show_default=False,
        help="Part des habitants à partir de laquelle une distance couvre la commune (0,5 par défaut).",
    ),
]
TravelTimesOption = Annotated[
    Path | None,
    typer.Option(
        "--travel-times",
        metavar="FICHIER",
        readable=False,
        show_default=False,
        help="Temps de trajet : origine;destination;minutes (ou la sortie de metric-osrm).",
    ),
]
OsrmOption = Annotated[
    str,
    typer.Option(
        "--osrm",
        metavar="ADRESSE",
        show_default=False,
        help="Serveur OSRM à qui demander les temps de trajet : http://127.0.0.1:5000.",
    ),
]
OfflineOption = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Interdire le réseau (AVS_COVERAGE_OFFLINE=1 : toujours).",
    ),
]
NeighboursOption = Annotated[
    bool,
    typer.Option("--no-neighbours", help="Écarter les structures dont le siège est hors du territoire."),
]
UnconfirmedOption = Annotated[
    bool,
    typer.Option("--include-unconfirmed", help="Compter aussi les structures « à confirmer »."),
]
GraceOption = Annotated[
    str,
    typer.Option(
        "--grace",
        metavar="MOIS",
        show_default=False,
        help="Garder, sans l'établir, ce dont l'agrément est fini depuis ce délai au plus (12 par défaut).",
    ),
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


@dataclass(frozen=True)
class FileOptions:
    """The options of every command that works on a territory: what is read."""

    territory: TerritoryArgument
    structures: StructuresOption = None
    service_areas: ServiceAreasOption = None
    mapping: MapOption = ""
    population: PopulationOption = None
    communes: BoundariesOption = None
    qpv: QpvOption = None
    indicators: IndicatorsOption = None
    include_unconfirmed: UnconfirmedOption = False
    grace: GraceOption = ""

    @property
    def settings(self) -> RuleOptions:
        """Return what a report needs besides territory, rules and files; raises UsageError (AVS-203)."""
        return RuleOptions(grace_months=parse_months(self.grace, DEFAULT_GRACE_MONTHS, "--grace"))

    @property
    def files(self) -> Files:
        """Return the files typed."""
        mapping = None
        if self.mapping:
            from avs_coverage.loaders.structure_table import parse_mapping

            mapping = parse_mapping(self.mapping)
        population, qpv = tuple(self.population or ()), tuple(self.qpv or ())
        indicators = tuple(split_indicators(text) for text in self.indicators or ())
        return Files(self.structures, self.service_areas, mapping, population, self.communes, qpv, indicators)


@dataclass(frozen=True)
class SourceOptions(FileOptions):
    """The options of the commands whose result is that of a date."""

    date: DateOption = ""


@dataclass(frozen=True)
class CoverageOptions(SourceOptions):
    """The options of the commands whose figures depend on a rule."""

    rule: RuleOption = ""
    radius: RadiusOption = ""
    population_by: PopulationByOption = ""
    commune_share: CommuneShareOption = ""
    travel_times: TravelTimesOption = None
    osrm: OsrmOption = ""
    offline: OfflineOption = False
    no_neighbours: NeighboursOption = False

    @property
    def files(self) -> Files:
        """Return the files typed, the matrix of travel times among them."""
        return replace(super().files, travel_times=self.travel_times)

    def refuse_idle(self, rules: Iterable[str]) -> None:
        """Raise UsageError (AVS-216) for an option typed that none of the rules asked for uses."""
        families = {rule.partition(":")[0].strip().lower() for rule in rules}
        for option, given, family in (
            ("--population-by", self.population_by, "radius:5km"),
            ("--commune-share", self.commune_share, "radius:5km"),
            ("--travel-times", self.travel_times, "travel-time:15min"),
        ):
            if given and family.partition(":")[0] not in families:
                raise UsageError(Fault("AVS-216", {"option": option, "rule": family}))

    @property
    def settings(self) -> RuleOptions:
        """Return what the rules need besides their names too; raises UsageError (AVS-203)."""
        from avs_coverage.rules.demand import AREA, CHEF_LIEU, GRID

        if self.population_by:
            require_choice(self.population_by, "--population-by", (GRID, CHEF_LIEU, AREA))
        share = parse_positive(self.commune_share, 0.5, "--commune-share", most=1)
        grace = super().settings.grace_months
        return RuleOptions(self.population_by, share, self.no_neighbours, self.osrm, grace_months=grace)


@dataclass(frozen=True)
class OutputOptions:
    """Where a listing goes."""

    csv: CsvOption = None
    csv_dialect: DialectOption = "excel-fr"
    json: JsonOption = False
    force: ForceOption = False

    @property
    def is_page(self) -> bool:
        """Tell whether a page for the screen is asked for, and no records."""
        return self.csv is None and not self.json

    def check(self, inputs: Iterable[Path]) -> None:
        """Raise UsageError for an unknown dialect, OutputError for a file that exists or is read."""
        for path in inputs:
            if self.csv and path.resolve() == self.csv.resolve():
                raise OutputError(Fault("AVS-504", {"value": str(self.csv)}))
        require_choice(self.csv_dialect, "--csv-dialect", CSV_DIALECTS)
        if self.csv is not None:
            from avs_coverage.reports.output import refuse_existing

            refuse_existing(self.csv, self.force)


def read_settings(options: FileOptions) -> Study:
    """Return the study folder typed, or one that says but the territory; files typed stand over its own."""
    from avs_coverage.study import Study, looks_like_folder, read_study

    text = options.territory
    study = read_study(text) if looks_like_folder(text) else Study(Path(), text)
    return replace(study, files=options.files.over(study.files))


def make_report(options: FileOptions, output: OutputOptions | None = None, several: bool = False) -> Report:
    """Return the report that the shared options ask for, warnings of the files said on stderr.

    *output* is checked before anything is computed; *several* rules may be asked for.
    """
    return report_of(make_request(options, output, several))


def report_of(request: Request) -> Report:
    """Return the report of a request, warnings of the files said on stderr."""
    from avs_coverage.build import build_report
    from avs_coverage.commands.streams import print_warnings
    from avs_coverage.fetched import left_out

    asked = (request.territory, request.rules, request.on, request.files, request.include_unconfirmed)
    report = build_report(*asked, request.options)
    if not request.files.population:
        report = replace(report, file_warnings=(*report.file_warnings, *left_out(request.territory)))
    print_warnings(report.file_warnings)
    return report


def make_request(options: FileOptions, output: OutputOptions | None = None, several: bool = False) -> Request:
    """Return what the shared options ask for; the settings of a study folder stand where one is not given."""
    from avs_coverage.territory_names import find_territory_name

    study = read_settings(options)
    files = study.files
    if output:
        output.check(files.paths)
    for option, given in (("--service-areas", files.service_areas), ("--map", options.mapping)):
        if given and not files.structures:
            raise UsageError(Fault("AVS-204", {"option": option, "other": "--structures FICHIER"}))
    typed = options if isinstance(options, SourceOptions) else None
    day = parse_date_option((typed.date if typed else "") or study.date)
    name = find_territory_name(study.territory)

    from avs_coverage.fetched import fetched_files

    files = files.over(fetched_files(name))

    from avs_coverage.rules import split_rules

    rules, settings = split_rules((study.rule if typed else "") or DEFAULT_RULE), options.settings
    if isinstance(options, CoverageOptions):
        rules = split_rules(options.rule, options.radius) or rules
        options.refuse_idle(rules)
        if not settings.osrm and any("travel-time" in rule.lower() for rule in rules):
            settings = replace(settings, osrm=study.local_osrm)
        if settings.osrm:
            require_network(options.offline)
    if len(rules) > 1 and not several:
        raise UsageError(Fault("AVS-215", {"value": ", ".join(rules)}))
    from avs_coverage.study import looks_like_folder

    folder = study.folder if looks_like_folder(options.territory) else None
    return Request(name, rules, day, files, options.include_unconfirmed, settings, folder)
