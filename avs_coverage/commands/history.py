"""Command ``history``: structures, agreements and coverage year by year, and what changed them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import CoverageOptions, OutputOptions, make_report, with_options
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.study import RuleOptions

if TYPE_CHECKING:
    from avs_coverage.report import Report

_FIRST, _LAST = 1950, 2100
_MOST = 50


@dataclass(frozen=True)
class HistoryOptions(CoverageOptions):
    """The options of a command that follows structures through the years: a date is refused, unshown."""

    date: Annotated[str, typer.Option("--date", hidden=True)] = ""

    @property
    def settings(self) -> RuleOptions:
        """Return what the rules need, for the structures of every year."""
        return replace(super().settings, every_date=True)


@with_options
def history(
    study: HistoryOptions,
    output: OutputOptions,
    since: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ANNÉE",
            show_default=False,
            help="Première année. Par défaut celle de la première ouverture ou fermeture, ou du premier "
            "nombre publié, dix ans en arrière au plus.",
        ),
    ] = "",
    until: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ANNÉE",
            show_default=False,
            help="Dernière année (état au 31 décembre). Par défaut la dernière que l'inventaire décrit. "
            "Tient lieu de --date, refusée ici.",
        ),
    ] = "",
) -> None:
    """Évolution : ouvertures, fermetures, agréments et couverture année par année, et leurs causes."""
    if study.date:
        raise UsageError(Fault("AVS-210", {"option": "--date", "other": "--from/--to"}))
    typed = _year(since, "--from"), _year(until, "--to")
    if typed[1]:
        study = replace(study, date=f"{typed[1]}-12-31")
    report = make_report(study, output)
    first, last = _span(report, *typed)

    from avs_coverage.history import ROW_COLUMNS, coverage_history, year_rows
    from avs_coverage.report import Report
    from avs_coverage.reports.history_page import history_document

    coverage = report.coverage
    years = coverage_history(coverage.territory, coverage.inventory, coverage.rule, first, last)
    report = Report(years[-1].coverage, report.file_warnings)
    if output.is_page:
        give(Listing("history", ROW_COLUMNS, (), history_document(report, years)), report, output)
        return
    by_year = [(year, Report(year.coverage)) for year in years]
    rows = [{**one.stamp, **row} for year, one in by_year for row in year_rows(year)]
    extra = {
        "hypothese": report.coverage.rule.hypothesis or None,
        "annees": [
            {**year.to_record(), "hors_fourchette": one.outside_bracket or None} for year, one in by_year
        ],
    }
    give(Listing("history", ROW_COLUMNS, rows, None, extra), report, output)


def _year(text: str, option: str) -> int | None:
    """Return the year typed, None if none was; raises UsageError (AVS-203)."""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}", text) or not _FIRST <= int(text) <= _LAST:
        raise _refused(text, option, f"une année à quatre chiffres, de {_FIRST} à {_LAST}")
    return int(text)


def _span(report: Report, first: int | None, last: int | None) -> tuple[int, int]:
    """Return the first and last year, by default those of which something is known; raises UsageError."""
    from avs_coverage.history import last_year_over, usual_years

    coverage = report.coverage
    state = coverage.inventory.date
    if state and last and date(last, 12, 31) > state:
        known = f"{last_year_over(state)} au plus : l'inventaire embarqué décrit l'état au {state:%d/%m/%Y}"
        raise _refused(str(last), "--to", f"{known} ; pour la suite, donnez votre liste (--structures)")
    last = last or last_year_over(min(state or coverage.on, coverage.on))
    usual = usual_years(coverage.territory, coverage.inventory, date(last, 12, 31))
    first = first or (usual[0] if usual else last)
    if first > last:
        raise _refused(str(first), "--from", f"{last} au plus, la dernière année montrée (--to)")
    if last - first >= _MOST:
        raise _refused(str(first), "--from", f"{last - _MOST + 1} ou après : {_MOST} ans au plus")
    return first, last


def _refused(value: str, option: str, choices: str) -> UsageError:
    return UsageError(Fault("AVS-203", {"value": value, "option": option, "choices": choices}))
