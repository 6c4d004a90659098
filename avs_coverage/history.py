"""Structures, agreements and coverage year by year, and what changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from avs_coverage.changes import Change, coverage_changes
from avs_coverage.completeness import belongs, published_number
from avs_coverage.coverage import Coverage
from avs_coverage.figure import MEASURES, Number
from avs_coverage.published_figures import published_figures

if TYPE_CHECKING:
    from avs_coverage.figure import Figure
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.rules import Rule
    from avs_coverage.territory import Territory


@dataclass(frozen=True)
class YearCount:
    """CS and EVS open on 31 December of a year in the inventory, beside the published numbers."""

    year: int
    cs: int
    evs: int
    published_cs: int | None
    published_evs: int | None

    def to_record(self) -> dict[str, int | None]:
        """Return the year as plain values, under the names that stay."""
        return {
            "annee": self.year,
            "nb_cs": self.cs,
            "nb_evs": self.evs,
            "nb_cs_publie": self.published_cs,
            "nb_evs_publie": self.published_evs,
        }


ROW_COLUMNS = (
    "annee",
    "ligne",
    "mesure",
    "statut",
    "valeur",
    "denominateur",
    "part",
    "minorant",
    "majorant",
    "structures",
    "noms_structures",
    "communes_gagnees",
    "communes_perdues",
    "communes_en_partie",
    "noms_communes",
)
EVENTS = ("ouvertures", "fermetures", "fins_d_agrement", "agrements_echus_retenus")
"""What happens to structures in a year: fields of its record, rows of its table."""
_MAX_YEARS = 10
_PUBLISHED_BY_YEAR = ("nb_cs", "nb_evs", "nb_cs_annee", "nb_evs_annee", "nb_cs_acf", "nb_cs_ps_jeunes")


def year_counts(territory: Territory, inventory: Inventory, on: date) -> tuple[YearCount, ...]:
    """Return one count for each year of ``usual_years``; none where no inventory stands."""
    if not territory.communes["departement"].isin(inventory.departements).any():
        return ()
    return tuple(_count(territory, inventory, year) for year in usual_years(territory, inventory, on))


def usual_years(territory: Territory, inventory: Inventory, on: date) -> range:
    """Return the years, up to *on*, from the first with a published number, an opening or a closure.

    At most the last ten; the year of *on* counts only when it is over by then.
    """
    printed = {f.year for f in published_figures(territory.name) if f.code in _PUBLISHED_BY_YEAR}
    mine = [s for s in inventory.structures if belongs(s, territory)]
    days = (day for s in mine for day in (s.opening, s.start, s.end, s.closed_on) if day)
    years = {year for year in printed if year} | {day.year for day in days}
    last = last_year_over(on)
    return range(max(min(years), last - _MAX_YEARS + 1), last + 1) if years else range(0)


def last_year_over(on: date) -> int:
    """Return the last year of which 31 December is not after *on*."""
    return on.year if (on.month, on.day) == (12, 31) else on.year - 1


def _count(territory: Territory, inventory: Inventory, year: int) -> YearCount:
    open_then = [s for s in inventory.counted(date(year, 12, 31)) if belongs(s, territory)]
    cs, evs = (sum(s.type == kind for s in open_then) for kind in ("CS", "EVS"))
    printed = (published_number(territory.name, kind, year) for kind in ("CS", "EVS"))
    return YearCount(year, cs, evs, *(int(figure.value) if figure else None for figure in printed))


@dataclass(frozen=True)
class Agreement:
    """How many of the CS open at the end of a year hold an agreement, do not, or are not known to.

    *undated*: those that hold it since a day that is not known, held as holding it all along;
    *published* is None where no figure of the year exists. *gained* and *lost* are the CS that hold it
    at the end of the year and did not at that of the year before, and the other way round: whose
    difference is that of *yes*.
    """

    yes: int
    no: int
    unknown: int
    undated: int
    published: int | None
    gained: tuple[Structure, ...] = ()
    lost: tuple[Structure, ...] = ()

    def to_record(self, is_known: bool = True) -> dict[str, Any]:
        """Return the agreement as plain values, under the names that stay; null where no list stands."""
        known = {
            "oui": self.yes,
            "sans_date": self.undated,
            "non": self.no,
            "non_renseigne": self.unknown,
        }
        return {
            **(known if is_known else dict.fromkeys(known)),
            "publie": self.published,
            "gagnes": [structure.id for structure in self.gained],
            "perdus": [structure.id for structure in self.lost],
        }


@dataclass(frozen=True)
class Year:
    """The state on 31 December of a year, and what changed since the one before.

    *count* are the structures of the territory; *undated*, for CS and EVS, those whose opening is not known,
    held as already open; *unsure*, those that are held as open though it is not established. *opened* are
    those whose first agreement is of the year; *closed*, those that close, and *ended*, those whose agreement
    ends, its renewal not known: neither is open any more. *lapsed* are those whose agreement ends too, held
    as open all the same (``Structure.in_grace``). All in the order of their days: a structure whose last day
    is 31 December is still open then, and closes the year after. *changes* are those of
    ``coverage_changes`` since the year before, whether or not that is shown.
    """

    count: YearCount
    undated: tuple[int, int]
    unsure: tuple[int, int]
    acf: Agreement
    ps_jeunes: Agreement
    opened: tuple[Structure, ...]
    closed: tuple[Structure, ...]
    ended: tuple[Structure, ...]
    lapsed: tuple[Structure, ...]
    coverage: Coverage
    changes: tuple[Change, ...]

    @property
    def year(self) -> int:
        """Return the year."""
        return self.count.year

    @property
    def is_known(self) -> bool:
        """Tell whether an inventory stands for any commune: without one, a count of 0 says nothing."""
        return bool(self.coverage.known.any())

    def figure(self, measure: str, status: str) -> Figure:
        """Return one figure of coverage at the end of the year."""
        return next(f for f in self.coverage.figures() if (f.measure, f.status) == (measure, status))

    def to_record(self) -> dict[str, Any]:
        """Return the year as plain values, under the names that stay; null where no list stands."""
        counts = {
            **self.count.to_record(),
            "nb_cs_sans_date": self.undated[0],
            "nb_evs_sans_date": self.undated[1],
        }
        if not self.is_known:
            published = ("annee", "nb_cs_publie", "nb_evs_publie")
            counts = {name: value if name in published else None for name, value in counts.items()}
        return {
            **counts,
            "acf": self.acf.to_record(self.is_known),
            "ps_jeunes": self.ps_jeunes.to_record(self.is_known),
            "ouvertures": [structure.id for structure in self.opened],
            "fermetures": [structure.id for structure in self.closed],
            "fins_d_agrement": [structure.id for structure in self.ended],
            "agrements_echus_retenus": [structure.id for structure in self.lapsed],
            "synthese": [figure.to_record() for figure in self.coverage.figures()],
            "variations": [change.to_record() for change in self.changes],
        }


def year_rows(year: Year) -> Iterator[dict[str, Any]]:
    """Yield the year as rows of one table: counts of structures, figures of coverage, and their changes.

    ``ligne`` is ``structures``, ``couverture`` or ``variation``; over the rows of a year, measure and
    status, the variations add up to the difference with the figure of the year before.
    """
    record, communes = year.to_record(), year.coverage.territory.rows
    names = {structure.id: structure.name for structure in year.coverage.inventory.structures}

    def row(kind: str, measure: str, value: Number | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        return {**dict.fromkeys(ROW_COLUMNS), "annee": year.year, "ligne": kind, "mesure": measure,
                "valeur": value, **more}  # fmt: skip

    for name, value in record.items():
        if name.startswith("nb_"):
            yield row("structures", name, value, **_bounds(year, name, value))
    yield from _agreement_rows(record, names, row)
    for name in EVENTS:
        ids = record[name]
        told = {"structures": ids, "noms_structures": [names[id] for id in ids]}
        yield row("structures", name, len(ids) if year.is_known else None, **told)
    for figure in record["synthese"]:
        shown = {name: figure[name] for name in ("statut", "denominateur", "part", "minorant", "majorant")}
        yield row("couverture", figure["mesure"], figure["numerateur"], **shown)
    for change in record["variations"]:
        places = {name: change[f"communes_{name}"] for name in ("gagnees", "perdues", "en_partie")}
        for measure in MEASURES:
            yield row(
                "variation",
                measure,
                change[measure],
                statut=change["statut"],
                structures=change["structures"],
                noms_structures=[names[id] for id in change["structures"]],
                **{f"communes_{name}": codes for name, codes in places.items()},
                noms_communes=[communes[code].nom for codes in places.values() for code in codes],
            )


def _agreement_rows(
    record: dict[str, Any], names: dict[str, str], row: Callable[..., dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the counts of each agreement, and the CS that gained or lost it since the year before."""
    changed = {"gagnes": 1, "perdus": -1}
    for name in ("acf", "ps_jeunes"):
        for answer, value in record[name].items():
            if answer not in changed:
                yield row("structures", f"{name}_{answer}", value)
            elif value:
                told = {"structures": value, "noms_structures": [names[id] for id in value]}
                yield row("variation", f"{name}_oui", changed[answer] * len(value), **told)


def _bounds(year: Year, name: str, value: int | None) -> dict[str, int]:
    """Return the bracket of a count of known structures, some of which may not be open."""
    ranks = {"nb_cs": 0, "nb_evs": 1}
    if name not in ranks or value is None:
        return {}
    return {"minorant": value - year.unsure[ranks[name]], "majorant": value}


def coverage_history(
    territory: Territory, inventory: Inventory, rule: Rule, first_year: int, last_year: int
) -> tuple[Year, ...]:
    """Return each year of a span, with what changed since the one before.

    Communes, populations and EPCI are those of the territory for every year, so that no change is
    one of population or of boundaries.
    """
    if inventory.date is None:
        # A list describes the last day that it is shown for: on an earlier one, a structure without a
        # start may not have been open yet.
        inventory = replace(inventory, date=date(last_year, 12, 31))
    before = Coverage.compute(territory, inventory, rule, date(first_year - 1, 12, 31))
    found = []
    for year in range(first_year, last_year + 1):
        after = _at(before, year)
        found.append(_year(before, after, year))
        before = after
    return tuple(found)


def _at(coverage: Coverage, year: int) -> Coverage:
    """Return the coverage on 31 December, whose links are found again only where structures differ."""
    on, inventory = date(year, 12, 31), coverage.inventory
    before, after = (list(inventory.counted(day)) for day in (coverage.on, on))
    if before == after:
        return replace(coverage, on=on)
    return Coverage.compute(coverage.territory, inventory, coverage.rule, on)


def _year(before: Coverage, after: Coverage, year: int) -> Year:
    territory, inventory = after.territory, after.inventory
    mine = [s for s in inventory.structures if inventory.may_count(s) and belongs(s, territory)]
    undated = [s.type for s in mine if s.is_open(after.on) and s.opening is None]
    unsure = [s.type for s in inventory.counted(after.on) if s.unsure and belongs(s, territory)]
    gone = _in_order((s.last_day, s) for s in mine if s.last_day and _closing_year(s.last_day) == year)
    return Year(
        _count(territory, inventory, year),
        (undated.count("CS"), undated.count("EVS")),
        (unsure.count("CS"), unsure.count("EVS")),
        _agreement(mine, before.on, after.on, "acf", _printed(territory, "nb_cs_acf", year)),
        _agreement(mine, before.on, after.on, "ps_jeunes", _printed(territory, "nb_cs_ps_jeunes", year)),
        _in_order((s.opening, s) for s in mine if s.opening and s.opening.year == year),
        tuple(s for s in gone if s.says_closure),
        tuple(s for s in gone if not s.says_closure),
        _in_order((s.end, s) for s in mine if s.in_grace and s.end and _closing_year(s.end) == year),
        after,
        () if before.found is after.found else coverage_changes(before, after),
    )


def _closing_year(last_day: date) -> int:
    """Return the year at the end of which a structure is closed for the first time."""
    return last_day.year + ((last_day.month, last_day.day) == (12, 31))


def _in_order(dated: Iterable[tuple[date, Structure]]) -> tuple[Structure, ...]:
    return tuple(structure for _, structure in sorted(dated, key=lambda pair: (pair[0], pair[1].id)))


def _agreement(
    structures: Sequence[Structure], before: date, on: date, name: str, published: int | None
) -> Agreement:
    """Return an agreement (``acf``, ``ps_jeunes``) of the CS open on a day, and its changes."""

    def held(day: date) -> dict[str, bool | None]:
        cs = (s for s in structures if s.type == "CS" and s.is_open(day))
        return {s.id: getattr(s, f"has_{name}")(day) for s in cs}

    then, now = held(before), held(on)
    by_id = {s.id: s for s in structures}
    said = list(now.values())
    undated = sum(now[id] is True and getattr(by_id[id], f"{name}_start") is None for id in now)
    gained = [by_id[id] for id, answer in sorted(now.items()) if answer and not then.get(id)]
    lost = [by_id[id] for id, answer in sorted(then.items()) if answer and not now.get(id)]
    return Agreement(
        said.count(True), said.count(False), said.count(None), undated, published, tuple(gained), tuple(lost)
    )


def _printed(territory: Territory, code: str, year: int) -> int | None:
    """Return a published count of a year, None where there is none."""
    figures = (f for f in published_figures(territory.name) if (f.code, f.year) == (code, year))
    return next((int(figure.value) for figure in figures), None)
