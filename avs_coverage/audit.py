"""The audit of published figures: whether they can hold together, and what the inventory says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from avs_coverage.arithmetic import INCOHERENT, Arithmetic, Conflict, statement_of
from avs_coverage.audit_bounds import SeatBound, seat_bound, with_bound
from avs_coverage.audit_communes import NamedCommune, UnnamedCommune, named_communes, unnamed_communes
from avs_coverage.audit_inventory import AuditedInventory
from avs_coverage.flows import StockAndFlow, stocks_and_flows
from avs_coverage.official_figures import INCOMPATIBLE, Finding
from avs_coverage.published_figures import PublishedFigure, published_figures
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.qpv import PublishedLine, published_lines
from avs_coverage.readings import EITHER, Whole

if TYPE_CHECKING:
    from avs_coverage.report import Report

_SHARES_OF_INHABITANTS = ("pct_hab_",)
_COUNTS_OF_INHABITANTS = ("hab_avs", "hab_communes_")
# The two figures of inhabitants that a same text may give of a same coverage.
_SAME_COVERAGE = {"pct_hab_avs": ("hab_avs", "hab_communes_avs"), "pct_hab_cs": ("hab_communes_cs",)}


@dataclass(frozen=True)
class AuditRow:
    """A published figure and its two verdicts.

    *arithmetic*: ``coherent``, ``incoherent``, ``sans_objet``. *readings*: for a percentage of a known
    *total*, the whole numbers that it may stand for, by reading. *possible*: what the other figures and
    official totals leave to it, None where nothing does. *finding*: what the inventory says.
    """

    figure: PublishedFigure
    arithmetic: str
    total: int | None
    readings: Mapping[str, Whole]
    possible: Whole | None
    finding: Finding

    @property
    def fails(self) -> bool:
        """Tell whether the figure cannot hold with others, or against the inventory."""
        return self.arithmetic == INCOHERENT or self.finding.verdict == INCOMPATIBLE

    @property
    def is_at_least(self) -> bool:
        """Tell whether what is identified is set against more than what is: a share is then at least that."""
        measured = self.finding.measured
        return measured is not None and measured.upper is None and measured.total is not None

    @property
    def is_open(self) -> bool:
        """Tell whether the bracket has two ends."""
        measured = self.finding.measured
        return measured is not None and measured.lower != measured.upper

    def to_record(self) -> dict[str, Any]:
        """Return the row as plain values, under the names that stay."""
        figure, measured = self.figure, self.finding.measured
        first, last = self.readings.get(EITHER, (None, None))
        low, high = self.possible or (None, None)
        return {
            "indicateur": figure.code,
            "libelle": figure.label,
            "annee": figure.year,
            "qualificatif": figure.qualifier_code,
            "valeur_publiee": figure.value,
            "unite": figure.unit,
            "arithmetique": self.arithmetic,
            "sur": self.total,
            "compte_min": first,
            "compte_max": last,
            "possible_min": low,
            "possible_max": high,
            "inventaire": self.finding.verdict,
            "valeur_calculee": measured.value if measured and not self.is_at_least else None,
            "minorant": measured.lower if measured else None,
            "majorant": measured.upper if measured else None,
            "calcule_sur": measured.total if measured else None,
            "regle": INDICATORS[figure.code].rule or None,
            "motif": self.finding.reason,
            "definition": figure.definition,
            "donne_par": figure.given_in or "outil",
            "source": figure.source,
        }


COLUMNS = (
    "indicateur", "libelle", "annee", "qualificatif", "valeur_publiee", "unite", "arithmetique", "sur",
    "compte_min", "compte_max", "possible_min", "possible_max", "inventaire", "valeur_calculee", "minorant",
    "majorant", "calcule_sur", "regle", "motif", "definition", "donne_par", "source",
)  # fmt: skip
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


@dataclass(frozen=True)
class AgainstPopulation:
    """A figure of inhabitants set against the population that the tool knows, of another vintage or not.

    *inhabitants*: of a percentage, the fewest, the nearest and the most that it may stand for. *share*: of
    a count, 0–1 of the population.
    """

    figure: PublishedFigure
    population: int
    vintage: str
    inhabitants: tuple[int, int, int] | None
    share: float | None

    def to_record(self) -> dict[str, Any]:
        """Return the comparison as plain values, under the names that stay."""
        return {
            "indicateur": self.figure.code,
            "annee": self.figure.year,
            "valeur_publiee": self.figure.value,
            "population": self.population,
            "millesime": self.vintage,
            "habitants": list(self.inhabitants) if self.inhabitants else None,
            "part": self.share,
        }


@dataclass(frozen=True)
class SharedPopulation:
    """The population of which a percentage and a count would be the same: fewest, nearest, most.

    *structures*: how many are published for each of the two, None where they are not.
    """

    percentage: PublishedFigure
    count: PublishedFigure
    population: tuple[int, int, int]
    structures: tuple[int | None, int | None]

    def to_record(self) -> dict[str, Any]:
        """Return the population as plain values, under the names that stay."""
        return {
            "indicateurs": [self.percentage.code, self.count.code],
            "annees": [self.percentage.year, self.count.year],
            "population": list(self.population),
            "structures": list(self.structures),
        }


@dataclass(frozen=True)
class Audit:
    """The audited figures of a territory, what cannot hold together, and what the figures are set against.

    *unnamed* are the communes that a list given as whole leaves out; *bounds* need no inventory.
    *state* is the day that the inventory describes; *lines* are those of the schéma's table of QPV that
    no official quarter has.
    """

    rows: tuple[AuditRow, ...]
    conflicts: tuple[Conflict, ...]
    communes: tuple[NamedCommune, ...]
    unnamed: tuple[UnnamedCommune, ...]
    flows: tuple[StockAndFlow, ...]
    populations: tuple[AgainstPopulation, ...]
    bounds: tuple[SeatBound, ...]
    shared: tuple[SharedPopulation, ...]
    state: date
    lines: tuple[PublishedLine, ...]

    @property
    def failing(self) -> tuple[AuditRow, ...]:
        """Return the figures that cannot hold."""
        return tuple(row for row in self.rows if row.fails)

    @property
    def failing_communes(self) -> tuple[NamedCommune | UnnamedCommune, ...]:
        """Return the communes whose printed status, or want of one, the inventory excludes."""
        found: list[NamedCommune | UnnamedCommune] = [*self.communes, *self.unnamed]
        return tuple(one for one in found if one.verdict == INCOMPATIBLE)

    @property
    def fails(self) -> bool:
        """Tell whether anything published cannot hold."""
        return bool(self.failing or self.failing_communes)

    @property
    def has_own(self) -> bool:
        """Tell whether the user gave figures."""
        return any(row.figure.given_in for row in self.rows)

    @property
    def failing_with_own(self) -> tuple[AuditRow, ...]:
        """Return the user's figures that cannot hold, and those that they cannot hold with.

        What the tool's table gives and cannot hold without them is none of theirs.
        """
        sets = [conflict.held_by(one) for conflict in self.conflicts for one in conflict.sets]
        involved = {figure for one in sets if any(f.given_in for f in one) for figure in one}
        return tuple(row for row in self.failing if row.figure in involved or row.figure.given_in)

    def count(self, verdict: str) -> int:
        """Return how many figures have a verdict, of either kind."""
        return sum(verdict in (row.arithmetic, row.finding.verdict) for row in self.rows)


def audit_figures(report: Report, own: Sequence[PublishedFigure] = ()) -> Audit:
    """Audit what is published of the report's territory, and the user's *own* figures.

    Each figure is taken on the last day of its year, by the rule of its own definition, whatever those
    of the report. The inventory describes its own date, or the report's where it has none.
    """
    territory, inventory = report.coverage.territory, report.coverage.inventory
    state = inventory.date or report.coverage.on
    figures = (*_once(published_figures(territory.name)), *own)
    arithmetic = Arithmetic(territory, figures)
    inventories = AuditedInventory(territory, inventory, state, figures)
    bounds = {figure: bound for figure in figures if (bound := seat_bound(territory, figure, figures))}
    rows = tuple(
        AuditRow(
            figure,
            arithmetic.verdict(figure),
            arithmetic.total_of(figure),
            arithmetic.readings(figure),
            arithmetic.possible(figure),
            with_bound(inventories.finding(figure), bounds.get(figure)),
        )
        for figure in figures
    )
    years = sorted({figure.year for figure in figures if figure.year})
    described = [year for year in years if year <= state.year]
    named = [commune for year in described for commune in named_communes(inventories, year)]
    population, vintage = int(territory.communes["population"].sum()), territory.vintages["population"]
    against = [_against(figure, population, vintage) for figure in figures if _is_of_inhabitants(figure)]
    lines = [line for year in years for line in published_lines(territory, date(year, 12, 31))]
    return Audit(
        rows,
        arithmetic.conflicts,
        tuple(named),
        tuple(one for year in described for one in unnamed_communes(inventories, year, figures)),
        tuple(stocks_and_flows(figures)),
        tuple(against),
        tuple(bounds.values()),
        _shared(figures),
        state,
        tuple(dict.fromkeys(line for line in lines if not line.code)),
    )


def _once(figures: Sequence[PublishedFigure]) -> Iterator[PublishedFigure]:
    """Yield each statement of a source once: a number printed in a text and in its table of years is one."""
    seen = set()
    for figure in figures:
        kind = INDICATORS[figure.code]
        what = (kind.theme, statement_of(figure, kind.span)) if kind.theme else (figure.code, figure.printed)
        key = (figure.year, figure.year_note, figure.source, what)
        if key not in seen:
            seen.add(key)
            yield figure


def _is_of_inhabitants(figure: PublishedFigure) -> bool:
    return figure.code.startswith((*_SHARES_OF_INHABITANTS, *_COUNTS_OF_INHABITANTS))


def _against(figure: PublishedFigure, population: int, vintage: str) -> AgainstPopulation:
    if not INDICATORS[figure.code].is_percentage:
        return AgainstPopulation(figure, population, vintage, None, figure.value / population)
    first, last = figure.printed.counts(population)
    nearest = floor(figure.printed.value * population / 100 + Fraction(1, 2))
    return AgainstPopulation(
        figure, population, vintage, (first, nearest, population if last is None else last), None
    )


def _shared(figures: Sequence[PublishedFigure]) -> tuple[SharedPopulation, ...]:
    """Pair each percentage of inhabitants with the counts of the same inhabitants, of whatever year."""
    found = []
    for percentage in figures:
        for count in figures:
            if count.code not in _SAME_COVERAGE.get(percentage.code, ()):
                continue
            low, high, included = percentage.printed.reals()
            fewest, most = count.printed.counts()
            if high is None or most is None or not low or not percentage.printed.value:
                continue
            nearest = floor(count.printed.value * 100 / percentage.printed.value + Fraction(1, 2))
            least = Fraction(100 * fewest) / high
            ends = ceil(least) if included else floor(least) + 1, nearest, floor(Fraction(100 * most) / low)
            structures = _structures_of(percentage, figures), _structures_of(count, figures)
            found.append(SharedPopulation(percentage, count, ends, structures))
    return tuple(found)


def _structures_of(figure: PublishedFigure, figures: Sequence[PublishedFigure]) -> int | None:
    """Return the CS and EVS that the source of a figure prints for the same year."""
    same = [f for f in figures if (f.year, f.source) == (figure.year, figure.source)]
    counts = {f.code: int(f.value) for f in same if f.code in ("nb_cs", "nb_evs")}
    return sum(counts.values()) if len(counts) == len(("nb_cs", "nb_evs")) else None
