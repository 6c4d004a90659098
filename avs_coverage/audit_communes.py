"""The communes that a schéma names, and those that its list leaves out, against the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.official_figures import COMPATIBLE, INCOMPATIBLE, REPRODUCED, UNVERIFIABLE
from avs_coverage.published import PublishedStatus, published_statuses

if TYPE_CHECKING:
    from avs_coverage.audit_inventory import AuditedInventory
    from avs_coverage.coverage import Coverage
    from avs_coverage.published_figures import PublishedFigure

_FLAGS = {
    "cs_seul": (True, False),
    "cs_et_evs": (True, True),
    "evs_seul": (False, True),
    "aucune": (False, False),
}
_ONLY_EVS = "evs_seul"


@dataclass(frozen=True)
class NamedCommune:
    """A commune whose status a schéma prints, with a verdict; *same_source*: that of the inventory."""

    printed: PublishedStatus
    verdict: str
    same_source: bool

    @property
    def told(self) -> str:
        """Return the commune and what is said of it, in a few words of French."""
        return f"{self.printed.name}, dite {self.printed.printed}"

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        return {**self.printed.to_record(), "verdict": self.verdict, "meme_source": self.same_source}


@dataclass(frozen=True)
class UnnamedCommune:
    """A commune with an EVS and no CS by the inventory, that a list of all those leaves out.

    *listed* is how many the list names; *is_firm*: that an EVS serves it is established. *structures* are
    the EVS that serve it, *possible* the CS that perhaps do: one of them, or one that the inventory *lacks*
    (in French, empty where it is whole), would explain that the list does not name it.
    """

    code: str
    name: str
    year: int
    listed: int
    is_firm: bool
    structures: tuple[str, ...]
    possible: tuple[str, ...]
    lacks: str
    source: str

    @property
    def told(self) -> str:
        """Return the commune and what is said of it, in a few words of French."""
        return f"{self.name}, non nommée parmi les communes {_ONLY_EVS}"

    @property
    def verdict(self) -> str:
        """Return what the list and the inventory say of each other."""
        if self.possible:
            return COMPATIBLE
        return INCOMPATIBLE if self.is_firm and not self.lacks else UNVERIFIABLE

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        return {
            "code_insee": self.code,
            "nom": self.name,
            "annee": self.year,
            "communes_de_la_liste": self.listed,
            "structures": list(self.structures),
            "cs_possibles": list(self.possible),
            "inventaire_incomplet": self.lacks,
            "verdict": self.verdict,
            "source": self.source,
        }


def named_communes(inventories: AuditedInventory, year: int) -> list[NamedCommune]:
    """Return the communes that a schéma of a year names, each judged by itself."""
    view = inventories.year(year)
    coverage = view.coverage("declared")
    complete = not view.lacking("nb_communes_avs")
    sources = {structure.id: structure.source for structure in coverage.inventory.structures}
    found = []
    for printed in published_statuses(coverage):
        same = any(printed.source in sources[one] for one in printed.structures)
        found.append(NamedCommune(printed, _judge(printed, coverage, complete), same))
    return found


def _judge(printed: PublishedStatus, coverage: Coverage, complete: bool) -> str:
    """Compare a printed status with what certainly and possibly covers the commune."""
    if printed.status not in _FLAGS:
        return UNVERIFIABLE
    lowest = str(coverage.communes.at[printed.code, "statut_minorant"])
    said, certain = _FLAGS[printed.printed], _FLAGS[lowest]
    possible = _FLAGS[printed.status_upper]
    if any(sure and not one for one, sure in zip(said, certain, strict=True)):
        return INCOMPATIBLE
    if any(one and not may for one, may in zip(said, possible, strict=True)):
        return INCOMPATIBLE if complete else UNVERIFIABLE
    return REPRODUCED if complete and certain == possible else COMPATIBLE


def unnamed_communes(
    inventories: AuditedInventory, year: int, figures: Sequence[PublishedFigure]
) -> list[UnnamedCommune]:
    """Return the communes covered by an EVS alone that a list of "only by an EVS" does not name.

    A list is whole where its source also prints how many there are, and it names as many.
    """
    view = inventories.year(year)
    coverage = view.coverage("declared")
    found = []
    for figure in figures:
        if (figure.code, figure.year, figure.qualifier_code) != ("nb_communes_evs_seul", year, "egal"):
            continue
        listed = [
            one
            for one in published_statuses(coverage)
            if (one.printed, one.source) == (_ONLY_EVS, figure.source)
        ]
        if len(listed) != figure.value:
            continue
        codes = {one.code for one in listed}
        alone = coverage.communes[coverage.communes["statut"] == _ONLY_EVS]
        found += [
            UnnamedCommune(
                str(code), row["nom"], year, len(listed), row["statut_minorant"] == _ONLY_EVS,
                *_serving(coverage, str(code)), view.lacking("nb_communes_cs"), figure.source,
            )
            for code, row in alone.iterrows()
            if code not in codes
        ]  # fmt: skip
    return found


def _serving(coverage: Coverage, code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the EVS that serve a commune, and the CS that perhaps do."""
    kinds = {structure.id: structure.type for structure in coverage.inventory.structures}
    links = coverage.links[coverage.links["commune"] == code]
    certain = sorted(id for id in links["structure"][links["certain"]] if kinds[id] == "EVS")
    possible = sorted(id for id in links["structure"][~links["certain"]] if kinds[id] == "CS")
    return tuple(certain), tuple(possible)
