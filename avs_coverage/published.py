"""Published figures, and the computed ones beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from avs_coverage.completeness import Completeness, belongs
from avs_coverage.embedded import read_csv
from avs_coverage.published_figures import PublishedFigure, published_figures
from avs_coverage.published_indicators import INDICATORS, other_definition
from avs_coverage.readings import Whole

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.figure import Figure
    from avs_coverage.qpv import QpvSummary


@dataclass(frozen=True)
class Comparison:
    """A published figure beside the same one computed, without a verdict.

    *computed*, *lower* and *upper* are None where the tool does not compute the figure, or
    not for that year: *reason* then says so. *upper* alone is None for a count of structures
    while published ones are not identified; a share of those has then its *lower* end alone. A percentage
    is compared as one (0–100), and *made_of* is its numerator and denominator.
    """

    figure: PublishedFigure
    computed: float | None
    lower: float | None
    upper: float | None
    reason: str
    made_of: tuple[int, int] | None = None

    @property
    def read_as(self) -> Whole | None:
        """Return the whole numbers that a published percentage may stand for, as the audit reads it."""
        return self.figure.printed.counts(self.made_of[1]) if self.made_of else None

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
            "regle": INDICATORS[self.figure.code].rule or None,
            "motif": self.reason,
            "remarque": self.figure.note,
            "source": self.figure.source,
        }


@dataclass(frozen=True)
class Measured:
    """A published quantity as the inventory counts it: number, minorant, majorant, and what it is of.

    *upper* is None where structures published and not identified leave no end; *total* is what a
    percentage is of, None for a count. All of them are whole numbers.
    """

    value: int
    lower: int
    upper: int | None
    total: int | None = None


def measure(coverage: Coverage, known: Sequence[Completeness], qpv: QpvSummary) -> dict[str, Measured | None]:
    """Return what the tool computes of the published indicators, by code; None where it is not known.

    Those of another rule than the coverage's are not there.
    """
    return {
        **_measured_structures(known),
        **_measured_openings(coverage, known),
        **_measured_coverage(coverage),
        **_measured_qpv(qpv),
    }


def compare(
    coverages: Sequence[Coverage], known: Sequence[Completeness], qpv: QpvSummary
) -> tuple[Comparison, ...]:
    """Set each published figure beside the computed one; yearly counts have a table of their own.

    *coverages* are those of one territory and date by the rules asked for, the report's first. A figure
    whose definition is that of a rule is set beside what this rule gives, and beside nothing where it was
    not asked for.
    """
    by_rule = _by_rule(coverages)
    measured = {name: measure(one, known, qpv) for name, one in by_rule.items()}
    rows = []
    for figure in published_figures(coverages[0].territory.name):
        if figure.code.endswith("_annee"):
            continue
        rule = INDICATORS[figure.code].rule
        if rule and rule not in by_rule:
            rows.append(_comparison(figure, None, other_definition(rule)))
            continue
        name = rule or coverages[0].rule.name
        found, reason = _found(figure, by_rule[name], measured[name])
        rows.append(_comparison(figure, found, reason))
    return tuple(rows)


def _by_rule(coverages: Sequence[Coverage]) -> dict[str, Coverage]:
    """Return the first coverage by each rule: a definition that is published takes no threshold."""
    return {one.rule.name: one for one in reversed(coverages)}


def _found(
    figure: PublishedFigure, coverage: Coverage, measured: Mapping[str, Measured | None]
) -> tuple[Measured | None, str]:
    """Return what is computed of a figure, or None and why."""
    if figure.code not in measured:
        return None, "non calculé par l'outil"
    if figure.year != coverage.on.year:
        return None, "autre année que celle du rapport" if figure.year else "année non imprimée"
    if not coverage.known.all() and figure.code not in WITHOUT_INVENTORY:
        return None, "inventaire partiel ou inconnu"
    found = measured[figure.code]
    unknown = "nombre de CS non connu" if figure.code in CS_SHARES else "inventaire ou population non connus"
    return found, "" if found else unknown


CS_SHARES = ("pct_cs_acf", "pct_cs_ps_jeunes")
"""Shares of the CS that are published, not of those that the inventory holds."""
_DEFINING = ("declared", "implantation")
"""The rules that a published figure may have for definition: the zone of a structure, or its seat."""
_AT_LEAST = "un minimum : des structures publiées ne sont pas identifiées"
WITHOUT_INVENTORY = ("nb_qpv", "hab_qpv")


def _comparison(figure: PublishedFigure, found: Measured | None, reason: str) -> Comparison:
    if found is None:
        return Comparison(figure, None, None, None, reason)
    if found.total is None:
        return Comparison(figure, found.value, found.lower, found.upper, reason)
    value, lower = (100 * part / found.total for part in (found.value, found.lower))
    made_of = (found.value, found.total)
    if found.upper is None:  # identified structures against published ones: a share at least
        return Comparison(figure, None, lower, None, _AT_LEAST, (found.lower, found.total))
    return Comparison(figure, value, lower, 100 * found.upper / found.total, reason, made_of)


def _measured_structures(known: Sequence[Completeness]) -> dict[str, Measured | None]:
    """Return counts of structures; without an upper end while some are not identified."""
    cs, evs = known

    def bounded(count: int, possible: int, *rows: Completeness) -> Measured:
        complete = all(row.missing == 0 for row in rows)
        return Measured(count, count, possible if complete else None)

    def share(part: Measured) -> Measured | None:
        # A list with more CS than are published says nothing of their share.
        is_known = bool(cs.published) and (cs.published or 0) >= cs.identified
        return replace(part, total=cs.published) if is_known else None

    both = cs.identified + evs.identified
    acf = bounded(cs.acf[0], sum(cs.acf), cs)
    jeunes = bounded(cs.ps_jeunes[0], sum(cs.ps_jeunes), cs)
    return {
        "nb_structures": bounded(both, both, cs, evs),
        "nb_cs": bounded(cs.identified, cs.identified, cs),
        "nb_evs": bounded(evs.identified, evs.identified, evs),
        "nb_cs_acf": acf,
        "nb_cs_ps_jeunes": jeunes,
        "pct_cs_acf": share(acf),
        "pct_cs_ps_jeunes": share(jeunes),
    }


def _measured_openings(coverage: Coverage, known: Sequence[Completeness]) -> dict[str, Measured | None]:
    """Return the first agreements of the year; any structure without one may be of it."""
    inventory, year = coverage.inventory, coverage.on.year
    mine = [s for s in inventory.structures if s.status == "confirme" and belongs(s, coverage.territory)]
    found: dict[str, Measured | None] = {}
    for row in known:
        of_type = [s for s in mine if s.type == row.type]
        count = sum(s.opening is not None and s.opening.year == year for s in of_type)
        undated = sum(s.opening is None for s in of_type)
        upper = None if row.missing != 0 else count + undated
        found[f"nb_{row.type.lower()}_nouveaux"] = Measured(count, count, upper)
    return found


def _measured_coverage(coverage: Coverage) -> dict[str, Measured | None]:
    """Return the indicators of coverage that have the definition of the coverage's rule: of no other."""
    if coverage.rule.name not in _DEFINING:
        return {}
    names = {"communes": ("nb_communes", "pct_communes"), "habitants": ("hab_communes", "pct_hab")}
    seated = {
        "communes": ("nb_communes_avec_structure", "pct_communes_avec_structure"),
        "habitants": ("", "pct_hab_communes_avec_structure"),
    }
    found: dict[str, Measured | None] = {}
    for figure in coverage.figures():
        if figure.measure == "km2":
            continue
        part = _part(figure)
        count, share = names[figure.measure]
        if coverage.rule.name == "implantation":
            if figure.status == "avs":
                found |= _both(*seated[figure.measure], part)
            continue
        found |= _both(f"{count}_{figure.status}", f"{share}_{figure.status}", part)
        if figure.status == "cs":
            found |= _both(f"{count}_sans_cs", f"{share}_sans_cs", _without(part))
    return found


def _both(count: str, share: str, part: Measured | None) -> dict[str, Measured | None]:
    """Return a part as a count and as a percentage, which is unknown where there is no one to cover."""
    return {
        count: None if part is None else replace(part, total=None),
        share: part if part and part.total else None,
    }


def _part(figure: Figure) -> Measured | None:
    if figure.numerator is None or figure.lower is None or figure.upper is None:
        return None
    return Measured(int(figure.numerator), int(figure.lower), int(figure.upper), int(figure.denominator or 0))


def _without(part: Measured | None) -> Measured | None:
    """Return the rest of a total: its minorant is what the majorant leaves."""
    if part is None or part.total is None or part.upper is None:
        return None
    return Measured(part.total - part.value, part.total - part.upper, part.total - part.lower, part.total)


def _measured_qpv(qpv: QpvSummary) -> dict[str, Measured | None]:
    """Return the indicators of quarters."""
    without, unknown = qpv.without_structure, qpv.not_informed
    return {
        "nb_qpv": Measured(qpv.quarters, qpv.quarters, qpv.quarters),
        "nb_qpv_sans_structure": Measured(without, without, without + unknown),
        "hab_qpv": None if qpv.total is None else Measured(qpv.total, qpv.total, qpv.total),
    }


@dataclass(frozen=True)
class PublishedStatus:
    """A commune whose status a schéma prints, beside what the inventory says of it.

    A schéma prints whose zone a commune is in: by any other rule the inventory says nothing of it here, and
    *reason* says so.
    """

    code: str
    name: str
    year: int
    printed: str
    source: str
    status: str
    status_upper: str
    structures: tuple[str, ...]
    reason: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        return {
            "code_insee": self.code,
            "nom": self.name,
            "annee": self.year,
            "statut_publie": self.printed,
            "statut": self.status or None,
            "statut_majorant": self.status_upper or None,
            "structures": list(self.structures),
            "motif": self.reason,
            "source": self.source,
        }


def published_statuses(*coverages: Coverage) -> tuple[PublishedStatus, ...]:
    """Return the communes of which a schéma of the report's year prints the status: shown, not used.

    *coverages*: as those of ``compare``.
    """
    first, declared = coverages[0], _by_rule(coverages).get("declared")
    return tuple(
        _status(row, declared)
        for row in read_csv("published_communes.csv")
        if int(row["annee"]) == first.on.year and row["code_insee"] in first.territory.communes.index
    )


def _status(row: Mapping[str, str], declared: Coverage | None) -> PublishedStatus:
    printed = (row["code_insee"], row["nom"], int(row["annee"]), row["statut"], row["source"])
    if declared is None:
        return PublishedStatus(*printed, "", "", (), other_definition("declared"))
    found = declared.communes.loc[row["code_insee"]]
    serving = tuple(filter(None, found["structures"].split("|")))
    return PublishedStatus(*printed, found["statut"], found["statut_majorant"], serving)
