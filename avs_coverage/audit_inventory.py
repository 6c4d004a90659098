"""What the inventory says of one published figure, on the last day of the figure's year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from avs_coverage.completeness import Completeness, completeness
from avs_coverage.coverage import Coverage
from avs_coverage.messages import UNSURE_WORDS, counted, enumeration, french_date, number, plural
from avs_coverage.official_communes import changed_communes, communes_in
from avs_coverage.official_figures import (
    COMPATIBLE,
    INCOMPATIBLE,
    OFFICIAL,
    REPRODUCED,
    UNVERIFIABLE,
    Finding,
    is_of_the_year,
)
from avs_coverage.published import CS_SHARES, Measured, measure
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.qpv import QpvSummary, qpv_coverage, summarise
from avs_coverage.rules import get_rule

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory
    from avs_coverage.territory import Territory

_NOT_COMPUTED = {
    "hab_avs": "définition non dite : habitants des communes couvertes, ou somme des populations de zone "
    "déclarées, qui se recouvrent",
    "nb_cs_federes": "l'inventaire ne dit pas quels CS sont fédérés",
    "nb_cs_acf_avant": "l'inventaire ne date pas les agréments ACF",
    "nb_cs_acf_nouveaux": "l'inventaire ne date pas les agréments ACF",
    "nb_communes_hors_frr": "non calculé par l'outil : le classement FRR n'est pas dans ses données",
    "pct_communes_rurales_avec_structure": "non calculé par l'outil : « rural » n'est pas défini",
    "nb_qpv_lignes": "l'outil ne connaît ce tableau que par le même document",
    "hab_qpv_contrat": "non calculé par l'outil : les contrats de ville ne sont pas dans ses données",
}
_FALLING = ("_sans_cs", "_aucune", "nb_qpv_sans_structure")
"""What falls where a structure is found; ``evs_seul`` may rise or fall, all else rises."""


@dataclass(frozen=True)
class YearView:
    """The inventory on 31 December of a year; *published*: how many structures of each type, None unknown.

    A structure of which it is not established that it is open that day counts in the figure and the
    majorant, not in the minorant.
    """

    territory: Territory
    inventory: Inventory
    year: int
    published: Mapping[str, int | None]
    _coverages: dict[str, Coverage] = field(default_factory=dict)
    _measures: dict[str, dict[str, Measured | None]] = field(default_factory=dict)

    @property
    def state(self) -> date:
        """Return the day that the inventory describes."""
        return self.inventory.date or self.day

    @property
    def day(self) -> date:
        """Return the last day of the year."""
        return date(self.year, 12, 31)

    def finding(self, figure: PublishedFigure) -> Finding:
        """Return what the inventory says of a figure, by the rule of its own definition."""
        if figure.code in OFFICIAL:
            return OFFICIAL[figure.code](self.territory, figure, self.day)
        if self.year > self.state.year:
            state = french_date(self.state)
            return Finding(UNVERIFIABLE, f"autre millésime : l'inventaire décrit l'état au {state}")
        kind = INDICATORS[figure.code]
        coverage = self.coverage(kind.rule or "declared")
        if not coverage.known.any():
            return Finding(UNVERIFIABLE, "aucun inventaire des structures de ce territoire")
        if not coverage.known.all():
            names = enumeration(sorted(self.inventory.departements), 6)
            return Finding(UNVERIFIABLE, f"inventaire d'une partie du territoire seulement ({names})")
        measured = self._measured(figure.code, coverage)
        if measured is None:
            unknown = f"nombre de CS de {self.year} non connu : ce serait une part des seuls CS identifiés"
            return Finding(UNVERIFIABLE, unknown if figure.code in CS_SHARES else "non calculé par l'outil")
        return self._judge(figure, measured)

    def coverage(self, rule: str) -> Coverage:
        """Return the coverage by a rule, structures without a date held as open."""
        if rule not in self._coverages:
            found = Coverage.compute(self.territory, self.inventory, get_rule(rule), self.day)
            self._coverages[rule] = found
        return self._coverages[rule]

    @cached_property
    def completeness(self) -> tuple[Completeness, ...]:
        """Return CS and EVS identified, beside what the audited figures publish for the year."""
        return self._beside_published(self.coverage("declared"))

    def _beside_published(self, coverage: Coverage) -> tuple[Completeness, ...]:
        rows = completeness(coverage)
        return tuple(replace(row, published=self.published[row.type]) for row in rows)

    @cached_property
    def _dated(self) -> Inventory:
        """Return the inventory without the structures that may not have been open."""
        unsure = {s.id for s in self.inventory.counted(self.day) if s.unsure}
        kept = tuple(s for s in self.inventory.structures if s.id not in unsure)
        return replace(self.inventory, structures=kept)

    def _measured(self, code: str, coverage: Coverage) -> Measured | None:
        """Return what is measured under a code, with the bracket that structures without a date open."""
        code = code.removesuffix("_annee")
        rule = coverage.rule.name
        if rule not in self._measures:
            dated = self._beside_published(replace(coverage, inventory=self._dated))
            full = measure(coverage, self.completeness, self._quarters(self.inventory))
            doubtful = measure(coverage, dated, self._quarters(self._dated))
            self._measures[rule] = {name: _widened(one, doubtful[name]) for name, one in full.items()}
        return self._measures[rule].get(code)

    def _quarters(self, inventory: Inventory) -> QpvSummary:
        return summarise(qpv_coverage(self.territory, inventory, self.day), inventory.departements)

    def _judge(self, figure: PublishedFigure, measured: Measured) -> Finding:
        """Compare what is printed with the bracket: only what no unknown can explain is incompatible."""
        printed, vintage = figure.printed, self._other_vintage(figure.code)
        total, moved = measured.total, self._changed(figure.code)
        if moved:
            total = total and communes_in(self.territory, self.year)
        low, high = measured.lower, measured.value if measured.upper is None else measured.upper
        low, high = max(0, low - moved), high + moved
        first, last = printed.counts(total or 0)
        if last is not None and last < first:
            official = INDICATORS[figure.code].rule and (moved or not vintage)
            return Finding(
                INCOMPATIBLE if official else UNVERIFIABLE, figure.says_no_count(total or 0), measured
            )
        below, above = last is not None and last < low, first > high
        lacking = self.lacking(figure.code)
        said = "".join(f" ; {text}" for text in (lacking, self._undated(figure.code), vintage) if text)
        if not below and not above:
            same = all(printed.holds(end, total) for end in (low, high))
            if same and not lacking and not vintage:
                return Finding(REPRODUCED, "le calcul donne le même chiffre ; inventaire complet", measured)
            return Finding(COMPATIBLE, f"dans la fourchette{said}", measured)
        where = "sous le minorant" if below else "au-dessus du majorant"
        if measured.upper is None and above:
            where = f"plus que ce que l'inventaire connaît ({number(high)})"
        proved = not lacking or below == _is_certain_below(figure.code)
        if proved and (moved or not vintage):
            aside = f" ; {vintage}" if moved else ""
            reason = f"{where}, que rien d'inconnu ne peut déplacer jusque-là{aside}"
            return Finding(INCOMPATIBLE, reason, measured)
        return Finding(UNVERIFIABLE, f"{where}{said}", measured)

    def lacking(self, code: str) -> str:
        """Say what the inventory lacks for its majorant to be one; empty where it is complete."""
        kinds = _kinds(code)
        rows = [row for row in self.completeness if row.type in kinds]
        found = []
        if counts := [f"{number(row.missing)} {row.type}" for row in rows if row.missing]:
            many = sum(row.missing or 0 for row in rows)
            words = ("publié non identifié", "publiés non identifiés")
            found.append(f"{enumeration(counts)} {plural(many, *words)}")
        if unknown := [row.type for row in rows if row.missing is None]:
            found.append(f"nombre de {' et de '.join(unknown)} de {self.year} non connu par ailleurs")
        unlocated = sum(len(row.unlocated) for row in rows)
        if unlocated and INDICATORS[code].rule:
            words = ("structure identifiée non localisée", "structures identifiées non localisées")
            found.append(counted(unlocated, *words))
        if self.day < self.state and self.inventory.embedded:
            state = french_date(self.state)
            found.append(f"les structures fermées avant le {state} ne sont pas dans l'inventaire")
        return ", ".join(found)

    def _undated(self, code: str) -> str:
        """Say how many structures open the bracket because nothing establishes that they are open."""
        kinds = _kinds(code)
        found = Counter(s.unsure for s in self.inventory.counted(self.day) if s.unsure and s.type in kinds)
        said = [counted(found[why], *words) for why, words in UNSURE_WORDS.items() if found[why]]
        where = plural(sum(found.values()), "comptée", "comptées")
        return f"{enumeration(said)}, {where} dans le chiffre et non dans le minorant" if said else ""

    def _other_vintage(self, code: str) -> str:
        """Say which reference is not that of the year; empty where all are."""
        kind = INDICATORS[code]
        if kind.theme == "habitants":
            return "" if is_of_the_year(self.territory, self.year) else "population d'un autre millésime"
        changed = changed_communes(self.territory, self.year) if kind.rule else 0
        if changed == 0:
            return ""
        there, today = communes_in(self.territory, self.year), number(len(self.territory.communes))
        if there is None:
            return f"communes d'un autre millésime (nombre non connu fin {self.year}, {today} dans le calcul)"
        wider = counted(changed or 0, "commune", "communes")
        return (
            f"communes d'un autre millésime ({number(there)} fin {self.year}, {today} dans le calcul), "
            f"fourchette élargie de {wider} de chaque côté"
        )

    def _changed(self, code: str) -> int:
        """Return by how many communes a count of another vintage may differ; 0 where that is not known.

        A commune that merged, or came back, is in the count of one year and not of the other.
        """
        kind = INDICATORS[code]
        if not kind.rule or kind.theme == "habitants":
            return 0
        return changed_communes(self.territory, self.year) or 0


def _widened(full: Measured | None, doubtful: Measured | None) -> Measured | None:
    """Return a measure with the bracket that spans both of two; an end not known stays so."""
    if full is None or doubtful is None:
        return full
    ends = [one.upper for one in (full, doubtful) if one.upper is not None]
    upper = None if full.upper is None else max(ends)
    return replace(full, lower=min(full.lower, doubtful.lower), upper=upper)


def _kinds(code: str) -> tuple[str, ...]:
    """Return the types of structures whose list must be complete for a figure to be bounded."""
    if code.endswith(("_cs", "_cs_annee")) or "_cs_" in code:
        return ("CS",)
    return ("EVS",) if code in ("nb_evs", "nb_evs_annee", "nb_evs_nouveaux") else ("CS", "EVS")


def _is_certain_below(code: str) -> bool | None:
    """Tell whether certain links exclude what is under the bracket, or over it; None: neither."""
    return None if code.endswith("evs_seul") else not code.endswith(_FALLING)


@dataclass(frozen=True)
class AuditedInventory:
    """An inventory, asked of the last day of each year for which something is published."""

    territory: Territory
    inventory: Inventory
    state: date
    figures: Sequence[PublishedFigure]
    _years: dict[int, YearView] = field(default_factory=dict)

    def year(self, year: int) -> YearView:
        """Return what the inventory says of a year, computed once."""
        if year not in self._years:
            published = {kind: self._published(kind, year) for kind in ("CS", "EVS")}
            inventory = replace(self.inventory, date=self.state)
            self._years[year] = YearView(self.territory, inventory, year, published)
        return self._years[year]

    def finding(self, figure: PublishedFigure) -> Finding:
        """Return what the inventory says of a figure."""
        if figure.code in _NOT_COMPUTED:
            return Finding(UNVERIFIABLE, _NOT_COMPUTED[figure.code])
        if figure.year is None:
            return Finding(UNVERIFIABLE, "année non imprimée")
        return self.year(figure.year).finding(figure)

    def _published(self, kind: str, year: int) -> int | None:
        """Return the number of structures of a type published for a year: the highest, where several are."""
        codes = (f"nb_{kind.lower()}", f"nb_{kind.lower()}_annee")
        found = [f for f in self.figures if f.code in codes and f.year == year and f.qualifier_code == "egal"]
        return max((int(f.value) for f in found), default=None)
