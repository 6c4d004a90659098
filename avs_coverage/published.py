"""Published figures, and the computed ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.completeness import Completeness
from avs_coverage.embedded import read_csv
from avs_coverage.published_figures import PublishedFigure, published_figures

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.qpv import QpvSummary


@dataclass(frozen=True)
class Comparison:
    """A published figure beside the same one computed, without a verdict.

    *computed*, *lower* and *upper* are None where the tool does not compute the figure, or
    not for that year: *reason* then says so. *upper* alone is None for a count of structures
    while published ones are not identified. A percentage is compared as one (0–100), and *made_of*
    is its numerator and denominator.
    """

    figure: PublishedFigure
    computed: float | None
    lower: float | None
    upper: float | None
    reason: str
    made_of: tuple[int, int] | None = None

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
            "calcule_sur": list(self.made_of) if self.made_of else None,
            "motif": self.reason,
            "remarque": self.figure.note,
            "source": self.figure.source,
        }


_Values = tuple[float | None, float | None, float | None]


def compare(coverage: Coverage, known: Sequence[Completeness], qpv: QpvSummary) -> tuple[Comparison, ...]:
    """Set each published figure beside the computed one; yearly counts have a table of their own."""
    computed = {
        **_computed_structures(known),
        **_computed_coverage(coverage),
        **_computed_qpv(qpv),
    }
    rows = []
    for figure in published_figures(coverage.territory.name):
        if figure.code.endswith("_annee"):
            continue
        values: _Values = (None, None, None)
        if figure.code in _OF_ANOTHER_RULE.get(coverage.rule.name, ()):
            reason = "définition d'une autre règle que celle du rapport"
        elif figure.code not in computed:
            reason = "non calculé par l'outil"
        elif figure.year != coverage.on.year:
            reason = "autre année que celle du rapport" if figure.year else "année non imprimée"
        elif not coverage.known.all() and figure.code not in _WITHOUT_INVENTORY:
            reason = "inventaire partiel ou inconnu"
        elif (found := computed[figure.code])[0] is None:
            reason = "inventaire ou population non connus"
        else:
            values, reason = found, ""
        made_of = _made_of(coverage, figure.code) if values[0] is not None else None
        rows.append(Comparison(figure, *values, reason, made_of))
    return tuple(rows)


# What a figure says is covered is the zone of a structure, or the commune of its seat: never both.
_DECLARED = (
    "pct_communes_cs", "pct_communes_sans_cs", "nb_communes_evs_seul", "pct_communes_avs", "pct_hab_avs",
)  # fmt: skip
_SEATED = ("pct_communes_avec_structure", "pct_hab_communes_avec_structure")
_OF_ANOTHER_RULE = {"declared": _SEATED, "implantation": _DECLARED}
_WITHOUT_INVENTORY = ("nb_qpv", "hab_qpv")


def _made_of(coverage: Coverage, code: str) -> tuple[int, int] | None:
    """Return the numerator and denominator of a computed percentage; None for other figures."""
    if not code.startswith("pct_"):
        return None
    measure = "habitants" if "_hab_" in code else "communes"
    status = "cs" if code.endswith("_cs") else "avs"
    figure = next(f for f in coverage.figures() if (f.measure, f.status) == (measure, status))
    part, total = int(figure.numerator or 0), int(figure.denominator or 0)
    return (total - part if "_sans_" in code else part), total


def _computed_structures(known: Sequence[Completeness]) -> dict[str, _Values]:
    """Return counts of structures; without an upper end while some are not identified."""
    cs, evs = known

    def bounded(count: int, possible: int, *rows: Completeness) -> _Values:
        complete = all(row.missing == 0 for row in rows)
        return count, count, possible if complete else None

    both = cs.identified + evs.identified
    return {
        "nb_structures": bounded(both, both, cs, evs),
        "nb_cs": bounded(cs.identified, cs.identified, cs),
        "nb_evs": bounded(evs.identified, evs.identified, evs),
        "nb_cs_acf": bounded(cs.acf[0], sum(cs.acf), cs),
        "nb_cs_ps_jeunes": bounded(cs.ps_jeunes[0], sum(cs.ps_jeunes), cs),
    }


def _computed_coverage(coverage: Coverage) -> dict[str, _Values]:
    """Return the indicators of coverage that have the definition of the report's rule."""
    figures = {(figure.measure, figure.status): figure for figure in coverage.figures()}

    def percentage(measure: str, status: str) -> _Values:
        figure = figures[measure, status]
        value, lower, upper = (
            None if share is None else share * 100
            for share in (figure.share, figure.share_of(figure.lower), figure.share_of(figure.upper))
        )
        return value, lower, upper

    if coverage.rule.name == "implantation":
        return dict(
            zip(_SEATED, (percentage("communes", "avs"), percentage("habitants", "avs")), strict=True)
        )
    value, lower, upper = (None if v is None else 100 - v for v in percentage("communes", "cs"))
    evs_only = figures["communes", "evs_seul"]
    return {
        "pct_communes_cs": percentage("communes", "cs"),
        "pct_communes_sans_cs": (value, upper, lower),
        "nb_communes_evs_seul": (evs_only.numerator, evs_only.lower, evs_only.upper),
        "pct_communes_avs": percentage("communes", "avs"),
        "pct_hab_avs": percentage("habitants", "avs"),
    }


def _computed_qpv(qpv: QpvSummary) -> dict[str, _Values]:
    """Return the indicators of quarters."""
    without, unknown = qpv.without_structure, qpv.not_informed
    return {
        "nb_qpv": (qpv.quarters, qpv.quarters, qpv.quarters),
        "nb_qpv_sans_structure": (without, without, without + unknown),
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
    rows = [
        row
        for row in read_csv("published_communes.csv")
        if int(row["annee"]) == coverage.on.year and row["code_insee"] in coverage.territory.communes.index
    ]
    if not rows:
        return ()
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
        for row in rows
    )
