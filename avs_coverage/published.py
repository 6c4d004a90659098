"""Published figures, how much of them the inventory knows, and both side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from avs_coverage.embedded import read_csv

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.qpv import QpvSummary
    from avs_coverage.territory import Territory

_QUALIFIERS = {"egal": "", "pres_de": "près de ", "environ": "environ ", "moins_de": "moins de "}


@dataclass(frozen=True)
class PublishedFigure:
    """A figure as printed, with the words that define it and its source; *year* None if not printed."""

    code: str
    label: str
    year: int | None
    year_note: str
    qualifier: str
    value: float
    unit: str
    definition: str
    source: str
    note: str


def published_figures(territory: Territory) -> tuple[PublishedFigure, ...]:
    """Return what is published of a département, or of France, in the order of the table."""
    scope = territory.name.code if territory.name.kind in ("departement", "france") else ""
    return tuple(
        PublishedFigure(
            row["indicateur"],
            row["libelle"],
            int(row["annee"]) if row["annee"] else None,
            row["annee_note"],
            _QUALIFIERS[row["qualificatif"]],
            float(row["valeur"]),
            row["unite"],
            row["definition"],
            row["source"],
            row["remarque"],
        )
        for row in read_csv("published_figures.csv")
        if row["portee"] == scope
    )


def belongs(structure: Structure, territory: Territory) -> bool:
    """Tell whether a structure is one of the territory's own.

    Its seat is in it; without a seat, one of its named communes is. One of which nothing is
    known belongs to the département of its list, and to no EPCI.
    """
    if structure.seat:
        return structure.seat in territory.communes.index
    if not structure.communes:
        return territory.name.kind != "epci"
    return any(code in territory.communes.index for code in structure.communes)


@dataclass(frozen=True)
class Completeness:
    """How many structures of a type the inventory knows, beside the number published that year.

    *unlocated* are those of which too little is known for the rule to say what they cover.
    """

    type: str
    identified: int
    named: int
    with_seat: int
    with_communes: int
    unlocated: tuple[Structure, ...]
    unconfirmed: int
    undated: int
    published: int | None
    source: str

    @property
    def missing(self) -> int | None:
        """Return how many published structures nobody has identified; None where not comparable."""
        return None if self.published is None else max(0, self.published - self.identified)

    def to_record(self) -> dict[str, Any]:
        """Return the completeness as plain values, under the names that stay."""
        return {
            "type": self.type,
            "identifies": self.identified,
            "nommes": self.named,
            "avec_siege": self.with_seat,
            "avec_communes_nommees": self.with_communes,
            "sans_localisation": [structure.id for structure in self.unlocated],
            "a_confirmer": self.unconfirmed,
            "date_ouverture_inconnue": self.undated,
            "publies": self.published,
            "source_publiee": self.source,
        }


def completeness(coverage: Coverage) -> tuple[Completeness, ...]:
    """Return the completeness for CS and EVS; the published number only where the years agree."""
    territory, inventory, on = coverage.territory, coverage.inventory, coverage.on
    figures = {(figure.code, figure.year): figure for figure in published_figures(territory)}
    rows = []
    for kind in ("CS", "EVS"):
        mine = [s for s in inventory.counted(on) if s.type == kind and belongs(s, territory)]
        code = f"nb_{kind.lower()}"
        figure = figures.get((code, on.year)) or figures.get((f"{code}_annee", on.year))
        # In an EPCI, a structure of which nothing is known is not one of its own, but may be.
        nowhere = [s for s in inventory.counted(on) if s.type == kind and not (s.seat or s.communes)]
        unlocated = {s.id: s for s in (*mine, *nowhere) if not coverage.rule.locates(s)}
        doubtful = [s for s in inventory.unconfirmed(on) if s.type == kind and belongs(s, territory)]
        rows.append(
            Completeness(
                kind,
                len(mine),
                sum(s.name_known for s in mine),
                sum(bool(s.seat) for s in mine),
                sum(bool(s.communes) for s in mine),
                tuple(unlocated.values()),
                len(doubtful),
                sum(s.start is None for s in mine),
                int(figure.value) if figure else None,
                figure.source if figure else "",
            )
        )
    return tuple(rows)


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


_MAX_YEARS = 10


def year_counts(territory: Territory, inventory: Inventory, on: date) -> tuple[YearCount, ...]:
    """Return one count for each year, up to *on*, with a published number or an opening or closure.

    At most the last ten years; the year of *on* counts only when it is over by then.
    """
    printed = {
        (figure.code, figure.year): int(figure.value)
        for figure in published_figures(territory)
        if figure.code.endswith("_annee")
    }
    mine = [s for s in inventory.structures if belongs(s, territory)]
    events = {day.year for s in mine for day in (s.start, s.end) if day}
    last = on.year if (on.month, on.day) == (12, 31) else on.year - 1
    years = {year for _, year in printed if year} | events
    if not years:
        return ()
    rows = []
    for year in range(max(min(years), last - _MAX_YEARS + 1), last + 1):
        open_then = [s for s in inventory.counted(date(year, 12, 31)) if belongs(s, territory)]
        cs, evs = (sum(s.type == kind for s in open_then) for kind in ("CS", "EVS"))
        rows.append(
            YearCount(year, cs, evs, printed.get(("nb_cs_annee", year)), printed.get(("nb_evs_annee", year)))
        )
    return tuple(rows)


@dataclass(frozen=True)
class Comparison:
    """A published figure beside the same one computed, without a verdict.

    *computed*, *lower* and *upper* are None where the tool does not compute the figure, or
    not for that year: *reason* then says so. *upper* alone is None for a count of structures
    while published ones are not identified. A percentage is compared as one (0–100).
    """

    figure: PublishedFigure
    computed: float | None
    lower: float | None
    upper: float | None
    reason: str

    def to_record(self) -> dict[str, Any]:
        """Return the comparison as plain values, under the names that stay."""
        return {
            "indicateur": self.figure.code,
            "libelle": self.figure.label,
            "annee": self.figure.year,
            "annee_note": self.figure.year_note,
            "qualificatif": self.figure.qualifier.strip(),
            "valeur_publiee": self.figure.value,
            "unite": self.figure.unit,
            "definition": self.figure.definition,
            "valeur_calculee": self.computed,
            "minorant": self.lower,
            "majorant": self.upper,
            "motif": self.reason,
            "remarque": self.figure.note,
            "source": self.figure.source,
        }


_Values = tuple[float | None, float | None, float | None]


def compare(
    coverage: Coverage, known: Sequence[Completeness], qpv: QpvSummary, qpv_lines: int
) -> tuple[Comparison, ...]:
    """Set each published figure beside the computed one; yearly counts have a table of their own."""
    computed = {
        **_computed_structures(coverage, known),
        **_computed_coverage(coverage),
        **_computed_qpv(qpv, qpv_lines),
    }
    rows = []
    for figure in published_figures(coverage.territory):
        if figure.code.endswith("_annee"):
            continue
        values: _Values = (None, None, None)
        if figure.code not in computed:
            reason = "non calculé par l'outil"
        elif figure.year != coverage.on.year:
            reason = "autre année que celle du rapport" if figure.year else "année non imprimée"
        elif figure.code == "hab_qpv" and "contrat de ville" in figure.note:
            reason = "non calculé par contrat de ville"
        elif (found := computed[figure.code])[0] is None:
            reason = "inventaire ou population non connus"
        else:
            values, reason = found, ""
        rows.append(Comparison(figure, *values, reason))
    return tuple(rows)


def _computed_structures(coverage: Coverage, known: Sequence[Completeness]) -> dict[str, _Values]:
    """Return counts of structures; without an upper end while some are not identified."""
    unknown = (None, None, None)
    names = ("nb_structures", "nb_cs", "nb_evs", "nb_cs_acf", "nb_cs_ps_jeunes")
    if not coverage.known.any():
        return dict.fromkeys(names, unknown)
    cs, evs = known
    centres = [s for s in coverage.inventory.counted(coverage.on) if s.type == "CS"]
    centres = [s for s in centres if belongs(s, coverage.territory)]

    def bounded(count: int, possible: int, rows: Sequence[Completeness]) -> _Values:
        complete = all(row.missing == 0 for row in rows)
        return count, count, possible if complete else None

    def agreed(field: str) -> _Values:
        answers = [getattr(structure, field) for structure in centres]
        yes = answers.count(True)
        return bounded(yes, yes + answers.count(None), [cs])

    both = cs.identified + evs.identified
    counts = (
        bounded(both, both, [cs, evs]),
        bounded(cs.identified, cs.identified, [cs]),
        bounded(evs.identified, evs.identified, [evs]),
        agreed("acf"),
        agreed("ps_jeunes"),
    )
    return dict(zip(names, counts, strict=True))


def _computed_coverage(coverage: Coverage) -> dict[str, _Values]:
    """Return the indicators of coverage, each under the one definition that is its own."""
    figures = {(figure.measure, figure.status): figure for figure in coverage.figures()}

    def percentage(measure: str, status: str) -> _Values:
        figure = figures[measure, status]
        value, lower, upper = (
            None if share is None else share * 100
            for share in (figure.share, figure.share_of(figure.lower), figure.share_of(figure.upper))
        )
        return value, lower, upper

    value, lower, upper = (None if v is None else 100 - v for v in percentage("communes", "cs"))
    evs_only = figures["communes", "evs_seul"]
    computed: dict[str, _Values] = {
        "pct_communes_cs": percentage("communes", "cs"),
        "pct_communes_sans_cs": (value, upper, lower),
        "nb_communes_evs_seul": (evs_only.numerator, evs_only.lower, evs_only.upper),
        "pct_communes_avs": percentage("communes", "avs"),
        "pct_hab_avs": percentage("habitants", "avs"),
    }
    if coverage.rule.name == "implantation":
        computed["pct_communes_avec_structure"] = percentage("communes", "avs")
        computed["pct_hab_communes_avec_structure"] = percentage("habitants", "avs")
    return computed


def _computed_qpv(qpv: QpvSummary, qpv_lines: int) -> dict[str, _Values]:
    """Return the indicators of quarters."""
    without, unknown = qpv.without_structure, qpv.not_informed
    return {
        "nb_qpv": (qpv.quarters, qpv.quarters, qpv.quarters),
        "nb_qpv_sans_structure": (without, without, without + unknown),
        "nb_qpv_lignes": (qpv_lines, qpv_lines, qpv_lines),
        "hab_qpv": (qpv.total, qpv.total, qpv.total),
    }


@dataclass(frozen=True)
class PublishedStatus:
    """A commune whose status a schéma prints, beside what the inventory says of it."""

    code: str
    name: str
    year: int
    printed: str
    source: str
    status: str
    status_upper: str
    structures: tuple[str, ...]

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        return {
            "code_insee": self.code,
            "nom": self.name,
            "annee": self.year,
            "statut_publie": self.printed,
            "statut": self.status,
            "statut_majorant": self.status_upper,
            "structures": list(self.structures),
            "source": self.source,
        }


def published_statuses(coverage: Coverage) -> tuple[PublishedStatus, ...]:
    """Return the communes of which a schéma of the report's year prints the status: shown, not used."""
    communes = coverage.communes
    return tuple(
        PublishedStatus(
            row["code_insee"],
            row["nom"],
            int(row["annee"]),
            row["statut"],
            row["source"],
            communes.at[row["code_insee"], "statut"],
            communes.at[row["code_insee"], "statut_majorant"],
            tuple(filter(None, communes.at[row["code_insee"], "structures"].split("|"))),
        )
        for row in read_csv("published_communes.csv")
        if row["code_insee"] in communes.index and int(row["annee"]) == coverage.on.year
    )
