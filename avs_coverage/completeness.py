"""What the inventory knows of the structures of a territory, beside what is published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avs_coverage.gazetteer import departement_of
from avs_coverage.inventory import POSITIONS
from avs_coverage.published_figures import PublishedFigure, published_figures
from avs_coverage.territory_names import TerritoryName, find_territory_name

if TYPE_CHECKING:
    from datetime import date

    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory


def belongs(structure: Structure, territory: Territory) -> bool:
    """Tell whether a structure is one of the territory's own.

    Its seat is in it; without a seat, one of its named communes is. One of which nothing is
    known belongs to the département of its list, and to no EPCI.
    """
    if structure.seat:
        return structure.seat in territory.codes
    if not structure.communes:
        return territory.name.kind != "epci"
    return any(code in territory.codes for code in structure.communes)


@dataclass(frozen=True)
class Completeness:
    """How many confirmed structures of a type the inventory knows, beside the number published that year.

    *unlocated* are those of which too little is known for the rule to say what they cover; *undated*, how
    many have no known opening, *unsure*, how many are held as open that day though it is not established;
    *acf* and *ps_jeunes* are (known to have it, unknown). *published* is None where the year has
    no published figure, or where the inventory is not that of the whole territory.
    """

    type: str
    identified: int
    named: int
    with_seat: int
    with_communes: int
    unlocated: tuple[Structure, ...]
    unconfirmed: int
    undated: int
    unsure: int
    acf: tuple[int, int]
    ps_jeunes: tuple[int, int]
    published: int | None
    source: str

    @property
    def brief(self) -> str:
        """Return the known and the published number, as ``10/20``; ``10/?`` where none is published."""
        return f"{self.identified}/{'?' if self.published is None else self.published}"

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
            "ouverture_non_etablie": self.unsure,
            "acf": {"oui": self.acf[0], "non_renseigne": self.acf[1]},
            "ps_jeunes": {"oui": self.ps_jeunes[0], "non_renseigne": self.ps_jeunes[1]},
            "publies": self.published,
            "source_publiee": self.source,
        }


def completeness(coverage: Coverage) -> tuple[Completeness, ...]:
    """Return the completeness for CS and EVS; the published number only where the years agree."""
    territory, inventory, on = coverage.territory, coverage.inventory, coverage.on
    whole = bool(coverage.known.all())
    unsure = {s.id for s in inventory.counted(on) if s.unsure}
    rows = []
    for kind in ("CS", "EVS"):
        open_now = [s for s in inventory.structures if s.type == kind and s.is_open(on)]
        confirmed = [s for s in open_now if s.status == "confirme"]
        mine = [s for s in confirmed if belongs(s, territory)]
        # In an EPCI, a structure of which nothing is known is not one of its own, but may be.
        nowhere = [s for s in confirmed if not (s.seat or s.communes)]
        unlocated = {s.id: s for s in (*mine, *nowhere) if not coverage.rule.locates(s)}
        figure = published_number(territory.name, kind, on.year) if whole else None
        rows.append(
            Completeness(
                kind,
                len(mine),
                sum(s.name_known for s in mine),
                sum(bool(s.seat) for s in mine),
                sum(bool(s.communes) for s in mine),
                tuple(unlocated.values()),
                sum(s.status == "a_confirmer" and belongs(s, territory) for s in open_now),
                sum(s.opening is None for s in mine),
                sum(s.id in unsure for s in mine),
                _answers([s.has_acf(on) for s in mine]),
                _answers([s.has_ps_jeunes(on) for s in mine]),
                int(figure.value) if figure else None,
                figure.source if figure else "",
            )
        )
    return tuple(rows)


def _answers(answers: Sequence[bool | None]) -> tuple[int, int]:
    return answers.count(True), answers.count(None)


def published_number(territory: TerritoryName, kind: str, year: int) -> PublishedFigure | None:
    """Return the published number of CS or EVS of a year, None where there is none."""
    codes = (f"nb_{kind.lower()}", f"nb_{kind.lower()}_annee")
    return next((f for f in published_figures(territory) if f.code in codes and f.year == year), None)


def positions(coverage: Coverage) -> dict[str, int]:
    """Count the structures that count, of the territory or linked to it, by how well each is placed.

    Keys: ``inventory.POSITIONS``. See ``Structure.position``.
    """
    counted = coverage.inventory.counted(coverage.on)
    found = Counter(s.position for s in counted if s.id in coverage.linked or belongs(s, coverage.territory))
    return {position: found[position] for position in POSITIONS}


@dataclass(frozen=True)
class Missing:
    """How many structures published for a département its list does not know; None if not known."""

    departement: str
    name: str
    type: str
    count: int | None


def missing_structures(coverage: Coverage) -> tuple[Missing, ...]:
    """Return, for each département of the territory with an inventory, what the list lacks.

    A list of the tool's own is known to be incomplete: at a year without a published figure,
    the count is None. A user's list is compared only where a figure of the year exists.
    """
    inventory, on, found = coverage.inventory, coverage.on, []
    for departement in coverage.territory.name.departements:
        if departement not in inventory.departements:
            continue
        name = find_territory_name(departement)
        for kind in ("CS", "EVS"):
            figure = published_number(name, kind, on.year)
            if figure is None:
                found += [Missing(departement, name.name, kind, None)] if inventory.embedded else []
                continue
            known = _identified(inventory, departement, kind, on)
            if figure.value > known:
                found.append(Missing(departement, name.name, kind, int(figure.value) - known))
    return tuple(found)


def whole_departements(inventory: Inventory, on: date) -> frozenset[str]:
    """Return the départements of which a list holds as many CS and EVS as are published for that year.

    Where no number is published, nothing says that a list is whole.
    """
    return frozenset(code for code in inventory.departements if _is_whole(inventory, code, on))


def _is_whole(inventory: Inventory, departement: str, on: date) -> bool:
    name = find_territory_name(departement)
    for kind in ("CS", "EVS"):
        figure = published_number(name, kind, on.year)
        if figure is None or _identified(inventory, departement, kind, on) < figure.value:
            return False
    return True


def _identified(inventory: Inventory, departement: str, kind: str, on: date) -> int:
    """Return how many confirmed structures of a type the list has in a département, open at a date."""
    return sum(
        s.type == kind and s.status == "confirme" and s.is_open(on) and _in(s, departement)
        for s in inventory.structures
    )


def _in(structure: Structure, departement: str) -> bool:
    codes = [structure.seat] if structure.seat else list(structure.communes)
    return not codes or any(departement_of(code) == departement for code in codes)
