"""The views of a report as tables of plain values: what every export of tables lays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.completeness import belongs
from avs_coverage.figure import FIGURE_COLUMNS

if TYPE_CHECKING:
    from avs_coverage.published_figures import PublishedFigure
    from avs_coverage.report import Report

Record = dict[str, Any]


@dataclass(frozen=True)
class TableView:
    """One view: the name of its file, its title in French, its columns in order, and its rows.

    *stamped* are the columns by which each row says what it rests on (``Report.stamp``): none in
    *structures*, which the tool reads again.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    records: tuple[Record, ...]
    stamped: tuple[str, ...] = ()


STAMP_COLUMNS = (
    "territoire",
    "date",
    "regle",
    "parametres",
    "fictif",
    "couches_utilisateur",
    "completude",
    "positions",
    "hors_fourchette",
)
"""What a row rests on, see ``Report.stamp``. Stable names, as those of all columns."""


def tables_of(report: Report, figures: Sequence[PublishedFigure] = ()) -> tuple[TableView, ...]:
    """Return every view of a report, in the order in which a reader wants them.

    *figures* are the user's own published figures, audited with those of the tool.
    """
    makers: tuple[tuple[str, str, Callable[[Report], tuple[Sequence[str], list[Record]]]], ...] = (
        ("synthese", "Synthèse", _summary),
        ("communes", "Communes", _communes),
        ("communes_non_couvertes", "Communes non couvertes", _uncovered),
        ("qpv", "Quartiers prioritaires", _quarters),
        ("zones", "Zones blanches", _zones),
        ("structures", "Structures", _structures),
        ("epci", "EPCI", _epci),
        ("evolution", "Évolution", _history),
        ("audit", "Chiffres publiés", lambda one: _audit(one, figures)),
    )
    stamp = report.stamp
    found = []
    for name, title, make in makers:
        columns, records = make(report)
        stamped: tuple[str, ...] = ()
        if name != "structures":
            stamped = tuple(column for column in stamp if column not in columns)
            records = [{**stamp, **record} for record in records]
        found.append(TableView(name, title, (*columns, *stamped), tuple(records), stamped))
    return tuple(found)


def _summary(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.multiplicity import by_multiplicity

    figures = [*report.figures, *by_multiplicity(report.coverage)]
    figures += [figure for other in report.beside for figure in other.figures]
    records = [figure.to_record() for figure in figures]
    return FIGURE_COLUMNS, [*records, *_known_structures(report), *_quarters_in_short(report)]


def _count(measure: str, status: str, value: Any, total: Any, low: Any, high: Any) -> Record:  # noqa: ANN401
    """Return one row of the summary that no rule moves; *total* is None where it is not published."""
    share = value / total if value is not None and total and value <= total else None
    values: tuple[Any, ...] = ("", {}, measure, status, value, total, share, low, high)
    return dict(zip(FIGURE_COLUMNS, values, strict=True))


def _known_structures(report: Report) -> list[Record]:
    """Return the structures identified, of those published; those to be confirmed; the agreements of CS.

    What is held as open though it is not established, and before the day that the list describes an
    agreement without a date, is in no minorant.
    """
    if not report.has_inventory:
        return []
    coverage = report.coverage
    inventory, on = coverage.inventory, coverage.on
    is_past = inventory.date is not None and on < inventory.date
    unsure = {s.id for s in inventory.counted(on) if s.unsure}
    rows = []
    for one in report.completeness:
        low = one.identified - one.unsure
        rows.append(_count("structures", one.type.lower(), one.identified, one.published, low, None))
        unconfirmed = one.unconfirmed
        rows.append(
            _count("structures", f"{one.type.lower()}_a_confirmer", unconfirmed, None, 0, unconfirmed)
        )
    cs = report.completeness[0]
    mine = [s for s in inventory.structures if s.type == "CS" and s.status == "confirme" and s.is_open(on)]
    for name, (yes, unknown) in (("acf", cs.acf), ("ps_jeunes", cs.ps_jeunes)):
        doubtful = sum(
            getattr(s, f"has_{name}")(on) is True
            and (s.id in unsure or (is_past and getattr(s, f"{name}_start") is None))
            for s in mine
            if belongs(s, coverage.territory)
        )
        low = yes - doubtful
        rows.append(_count("structures", f"cs_{name}", yes, cs.identified, low, yes + unknown))
    return rows


def _quarters_in_short(report: Report) -> list[Record]:
    """Return the quarters by status, of all of them, and the inhabitants of those with a structure.

    What is declared first; then what the places say, over the départements with an inventory.
    """
    one = report.qpv_summary
    unknown = one.not_informed
    rows = [
        _count("qpv", "avec_structure", one.with_structure, one.quarters, one.with_structure,
               one.with_structure + unknown),
        _count("qpv", "sans_structure", one.without_structure, one.quarters, one.without_structure,
               one.without_structure + unknown),
        _count("qpv", "non_renseigne", unknown, one.quarters, unknown, unknown),
        _count("habitants_qpv", "avec_structure", one.covered, one.total, one.covered, one.possible),
    ]  # fmt: skip
    return [*rows, *_proximity(report)] if one.quarters else []


def _proximity(report: Report) -> list[Record]:
    """Return the quarters, and their inhabitants, with a structure in the perimeter, or in it or near it."""
    from avs_coverage.qpv_location import INSIDE, NEAR

    one = report.proximity
    if not one.quarters:
        return []
    rows = []
    for status, count in ((INSIDE, one.inside), (NEAR, one.near)):
        rows.append(_count("qpv", status, count[0], one.quarters, *count[1:]))
    for status, people in ((INSIDE, one.people_inside), (NEAR, one.people_near)):
        value, *ends = people or (None, None, None)
        rows.append(_count("habitants_qpv", status, value, one.total, *ends))
    return rows


def _communes(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.communes import columns_of, records, select

    coverage = report.coverage
    return columns_of(coverage), records(select(coverage, "", ""), coverage.territory.indicators)


def _uncovered(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.communes import columns_of, records, select

    coverage = report.coverage
    return columns_of(coverage), records(select(coverage, "certain", ""), coverage.territory.indicators)


def _quarters(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.qpv_location import COLUMNS

    located = report.locations
    return COLUMNS, [{**view.to_record(), **located[view.qpv.code].to_record()} for view in report.qpv]


def _zones(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.gaps import COLUMNS

    return COLUMNS, [zone.to_record() for zone in report.zones]


def _structures(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.inventory import COLUMNS

    return COLUMNS, report.structure_records


def _epci(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.groups import COLUMNS, by_group, grouping

    groups = by_group(report.coverage, grouping(report.coverage.territory, "epci"))
    return COLUMNS, [record for group in groups for record in group.to_records()]


def _history(report: Report) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.history import ROW_COLUMNS, coverage_history, usual_years, year_rows

    coverage = report.coverage
    # The list does not tell what comes after the day that it describes.
    last_day = min(coverage.inventory.date or coverage.on, coverage.on)
    years = usual_years(coverage.territory, coverage.inventory, last_day)
    if not years:
        return ROW_COLUMNS, []
    found = coverage_history(coverage.territory, coverage.inventory, coverage.rule, years[0], years[-1])
    from avs_coverage.report import Report as YearReport

    # What a row rests on is that of its own year.
    stamps = [(year, YearReport(year.coverage).stamp) for year in found]
    return ROW_COLUMNS, [{**stamp, **row} for year, stamp in stamps for row in year_rows(year)]


def _audit(report: Report, figures: Sequence[PublishedFigure]) -> tuple[Sequence[str], list[Record]]:
    from avs_coverage.audit import COLUMNS, audit_figures

    return COLUMNS, [row.to_record() for row in audit_figures(report, figures).rows]
