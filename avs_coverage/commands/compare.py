"""Command ``compare``: territories, or two inventories of one, under one rule at one date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.options import (
    CoverageOptions,
    OutputOptions,
    make_report,
    read_settings,
    with_options,
)
from avs_coverage.commands.typed import parse_date_option
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avs_coverage.report import Report

SCHEMA_VERSION = 3


@dataclass(frozen=True)
class ComparedOptions(CoverageOptions):
    """The shared options, with several territories in place of one."""

    territory: Annotated[  # type: ignore[assignment]
        list[str],
        typer.Argument(
            metavar="TERRITOIRE…",
            show_default=False,
            help="Deux territoires ou plus (allier creuse), ou dossiers d'étude (./2019 ./2022) ; un seul "
            "avec --against.",
        ),
    ]


@with_options
def compare(
    study: ComparedOptions,
    output: OutputOptions,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="FICHIER",
            readable=False,
            show_default=False,
            help="Une autre liste de structures du même territoire, à mettre en face de la première.",
        ),
    ] = None,
) -> None:
    """Comparaison de territoires, ou de deux inventaires d'un territoire : même règle, même date."""
    reports = _reports(study, output, against)

    from avs_coverage.compare import COLUMNS, Side, compare_reports

    names = _names(study, reports, against)
    sides = [Side(name, report) for name, report in zip(names, reports, strict=True)]
    made = compare_reports(sides, _set_aside(study, names, reports[0]))
    if output.csv is not None:
        from avs_coverage.commands.streams import say
        from avs_coverage.reports.csv_file import write_csv

        write_csv(COLUMNS, made.records(), output.csv, output.csv_dialect, output.force)
        say(f"{len(made.records())} lignes écrites dans {output.csv}")
        for text in made.reserves:
            say(f"avertissement : {text}")
    if output.json:
        from avs_coverage.commands.streams import print_json

        print_json({"schema": "avs-coverage/compare", "version": SCHEMA_VERSION, **made.to_record()})
    if output.csv is None and not output.json:
        from avs_coverage.reports.compare_page import compare_document
        from avs_coverage.reports.terminal import make_console, print_document

        print_document(compare_document(made), make_console())


def _reports(study: ComparedOptions, output: OutputOptions, against: Path | None) -> list[Report]:
    """Return a report for each side: the first sets the rule and the date of all."""
    typed: Sequence[str] = study.territory
    if against is not None and len(typed) > 1:
        raise UsageError(Fault("AVS-210", {"option": "--against", "other": "plusieurs territoires"}))
    if against is None and len(typed) < 2:  # noqa: PLR2004
        raise UsageError(Fault("AVS-218", {"value": " ".join(typed)}))
    options = CoverageOptions(**{**vars(study), "territory": typed[0]})
    first = make_report(options, output)
    coverage = first.coverage
    same = replace(options, date=coverage.on.isoformat(), rule=coverage.rule.typed, radius="")
    if against is not None:
        output.check([against])
        return [first, make_report(replace(same, structures=against), output)]
    return [first, *(make_report(replace(same, territory=name), output) for name in typed[1:])]


def _set_aside(study: ComparedOptions, names: Sequence[str], first: Report) -> list[str]:
    """Say which settings of the study folders give way to the rule and the date of the first side."""
    from avs_coverage.messages import french_date
    from avs_coverage.rules import split_rules

    rule, on, found = first.coverage.rule, first.coverage.on, []
    for text, name in zip(study.territory, names, strict=False):
        own = read_settings(CoverageOptions(**{**vars(study), "territory": text}))
        if own.rule and split_rules(own.rule) != (rule.typed,):
            found.append(f"{name} : sa règle est {own.rule} ; comparé ici selon {rule.typed}.")
        day = parse_date_option(own.date)
        if day and day != on:
            found.append(f"{name} : sa date est le {french_date(day)} ; comparé ici au {french_date(on)}.")
    return found


def _names(study: ComparedOptions, reports: Sequence[Report], against: Path | None) -> list[str]:
    """Return a name for each side: its territory, and where that is not enough what was typed."""
    from avs_coverage.study import looks_like_folder

    labels = [report.coverage.territory.label for report in reports]
    own = study.structures.name if study.structures else "inventaire de l'outil"
    typed = [text if looks_like_folder(text) else own for text in study.territory]
    typed += [against.name] if against else []
    names = [
        label if labels.count(label) == 1 else f"{label}, {text}"
        for label, text in zip(labels, typed, strict=True)
    ]
    ranked = (name if names.count(name) == 1 else f"{name} ({rank})" for rank, name in enumerate(names, 1))
    return list(ranked)
