"""QPV of a territory: the official quarters in force at a date, and the structures that serve them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import TYPE_CHECKING, Any

from avs_coverage.completeness import whole_departements
from avs_coverage.embedded import read_csv, read_parquet
from avs_coverage.gazetteer import Gazetteer

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory

MAYOTTE = "976"
_OVERSEAS = "97"
_OVERSEAS_2024 = date(2025, 1, 1)
_LAW_MAYOTTE, _LAW_MAYOTTE_END = date(2025, 8, 13), date(2030, 1, 1)
WITH_STRUCTURE, WITHOUT_STRUCTURE, NOT_INFORMED = "avec_structure", "sans_structure", "non_renseigne"
_POPULATIONS = {
    2015: "populations de l'édition 2022, QPV 2015",
    2024: "populations municipales 2020, QPV 2024",
}
NO_STRUCTURE_PRINTED = "Pas de structure"


@dataclass(frozen=True)
class Qpv:
    """An official quarter.

    *communes* are codes of the COG 2026, empty where only *commune_names* are known;
    *population* is None where no source gives it (Mayotte).
    """

    code: str
    name: str
    generation: int
    communes: tuple[str, ...]
    commune_names: tuple[str, ...]
    population: int | None


@dataclass(frozen=True)
class PublishedLine:
    """A line of a schéma's QPV table, as printed; *code* is empty without an official counterpart."""

    name: str
    communes: tuple[str, ...]
    code: str
    structures: tuple[str, ...]
    source: str
    note: str

    @property
    def without_structure(self) -> bool:
        """Tell whether the line says that the quarter has none."""
        return self.structures == (NO_STRUCTURE_PRINTED,)


@dataclass(frozen=True)
class QpvCoverage:
    """A quarter, the counted structures that declare to serve it, and what the schéma printed.

    *status* is of what is declared alone, never of a distance: ``avec_structure``; ``sans_structure``
    where the schéma prints that there is none, or where the inventory holds all the structures that are
    published and says of other quarters of the generation who serves them; ``non_renseigne`` elsewhere.
    """

    qpv: Qpv
    status: str
    structures: tuple[Structure, ...]
    published: PublishedLine | None

    def to_record(self) -> dict[str, Any]:
        """Return the quarter as plain values, under the names that stay."""
        return {
            "code_qpv": self.qpv.code,
            "nom_qpv": self.qpv.name,
            "generation": self.qpv.generation,
            "communes": list(self.qpv.communes),
            "noms_communes": list(self.qpv.commune_names),
            "population": self.qpv.population,
            "desservi": self.status,
            "nb_structures": len(self.structures) if self.status != NOT_INFORMED else None,
            "structures": [structure.id for structure in self.structures],
            "publie": list(self.published.structures) if self.published else [],
        }


def generation_in_force(departement: str, on: date) -> int | None:
    """Return the generation of QPV in force in a département, None before 2015.

    Sources: décret 2014-1750 (mainland) and 2014-1751 (overseas), from 2015-01-01; décret
    2023-1314, from 2024-01-01; overseas from 2025-01-01.

    >>> generation_in_force("03", date(2022, 12, 31)), generation_in_force("974", date(2024, 6, 1))
    (2015, 2015)
    """
    if on < date(2015, 1, 1):
        return None
    start_2024 = _OVERSEAS_2024 if departement.startswith(_OVERSEAS) else date(2024, 1, 1)
    return 2024 if on >= start_2024 else 2015


def is_unlisted(departement: str, on: date) -> bool:
    """Tell whether the tool does not know the quarters in force in a département: Mayotte, for a time.

    Décret 2024-1212 named 42 quarters from 2025-01-01, which the embedded list has not; law 2025-797 of
    2025-08-11 (Journal officiel of the 12th, in force the day after) made a quarter of each of the 17
    communes in their place, until 2030-01-01.

    >>> is_unlisted("976", date(2025, 3, 1)), is_unlisted("976", date(2026, 1, 1))
    (True, False)
    """
    return departement == MAYOTTE and on >= _OVERSEAS_2024 and not _LAW_MAYOTTE <= on < _LAW_MAYOTTE_END


def is_in_force(code: str, on: date) -> bool:
    """Tell whether a quarter is in force at a date, by its code alone.

    In Mayotte, a code of 2024 that ends in C is of the law of 2025, and no other is while it holds.

    >>> is_in_force("QN97651C", date(2026, 1, 1)), is_in_force("QN97601M", date(2026, 1, 1))
    (True, False)
    """
    departement = departement_of_qpv(code)
    if (2015 if code.startswith("QP") else 2024) != generation_in_force(departement, on):
        return False
    if departement != MAYOTTE or on < _OVERSEAS_2024:
        return True
    return code.endswith("C") != is_unlisted(departement, on)


def is_whole_commune(code: str) -> bool:
    """Tell whether a quarter is a commune, no more and no less: those of law 2025-797, in Mayotte.

    >>> is_whole_commune("QN97661C"), is_whole_commune("QN00304M")
    (True, False)
    """
    return code.startswith("QN") and code.endswith("C") and departement_of_qpv(code) == MAYOTTE


def departement_of_qpv(code: str) -> str:
    """Return the département written in the code of a QPV.

    Those of the collectivités of the Pacific and the Antilles name no département: 987, 978.

    >>> departement_of_qpv("QP003001"), departement_of_qpv("QN02A01M"), departement_of_qpv("QN97401M")
    ('03', '2A', '974')
    >>> departement_of_qpv("QN98701N"), departement_of_qpv("QP087001")
    ('987', '87')
    """
    return code[2:5] if code[2:4] in (_OVERSEAS, "98") else code[3:5]


def official_qpv(territory: Territory, on: date) -> tuple[Qpv, ...]:
    """Return the quarters in force in a territory, by code.

    A quarter astride two départements belongs to the one that its code names; an EPCI has
    every quarter with a part in one of its communes.
    """
    return tuple(qpv for qpv in all_qpv(territory) if is_in_force(qpv.code, on))


def all_qpv(territory: Territory) -> tuple[Qpv, ...]:
    """Return the quarters of a territory of either generation, in force or not, by code."""
    quarters = embedded_quarters(territory.name.departements)
    if territory.quarters is not None:
        quarters = territory.quarters.over(quarters)
    found, gazetteer = [], Gazetteer()
    known = dict(zip(territory.communes.index.tolist(), territory.communes["nom"].tolist(), strict=True))
    for _, qpv in sorted(quarters.items()):
        departement = departement_of_qpv(qpv.code)
        in_epci = any(code in known for code in qpv.communes)
        if in_epci if territory.name.kind == "epci" else departement in territory.name.departements:
            names = tuple(known.get(code) or _name(code, gazetteer) for code in qpv.communes)
            found.append(replace(qpv, commune_names=names or qpv.commune_names))
    return tuple(found)


def embedded_quarters(departements: Iterable[str]) -> dict[str, Qpv]:
    """Return the embedded quarters of some départements, of either generation, by code, communes unnamed."""
    rows = read_parquet("qpv.parquet", departements).drop_duplicates("code")
    found = {}
    columns = (rows[name].tolist() for name in ("code", "nom", "generation", "communes", "population"))
    for code, name, generation, communes, population in zip(*columns, strict=True):
        inhabitants = None if isnan(population) else int(population)
        found[code] = Qpv(code, name, int(generation), tuple(communes.split("|")), (), inhabitants)
    return found


def _name(code: str, gazetteer: Gazetteer) -> str:
    """Return the name of a commune that lies beyond the territory."""
    commune = gazetteer.get(code)
    return f"{commune.name} ({code})" if commune else code


def population_source(territory: Territory, on: date) -> str:
    """Say in French where the inhabitants of the quarters in force come from."""
    found = {generation_in_force(departement, on) for departement in territory.name.departements}
    return population_source_of(territory, {generation for generation in found if generation})


def population_source_of(territory: Territory, generations: set[int]) -> str:
    """Say in French where the inhabitants of the quarters of some generations come from."""
    quarters = territory.quarters
    labels: list[str] = []
    for generation in sorted(generations):
        own = quarters.population_labels.get(generation, ()) if quarters is not None else ()
        labels += own or [_POPULATIONS[generation]]
    return " ; ".join(dict.fromkeys(labels))


def published_lines(territory: Territory, on: date) -> tuple[PublishedLine, ...]:
    """Return the lines of the schéma's QPV table, where they describe the generation in force.

    The printed tables known to date name quarters of the generation 2015.
    """
    lines = []
    for row in read_csv("published_qpv.csv"):
        if territory.name.kind != "departement" or row["departement"] != territory.name.code:
            continue
        if generation_in_force(row["departement"], on) == 2015:  # noqa: PLR2004
            communes, structures = row["communes"].split("|"), row["structures"].split(" | ")
            lines.append(
                PublishedLine(
                    row["nom"],
                    tuple(communes),
                    row["code_qpv"],
                    tuple(structures),
                    row["source"],
                    row["remarque"],
                )
            )
    return tuple(lines)


def known_qpv_codes(departements: set[str]) -> set[str]:
    """Return the codes of every quarter, of either generation, of some départements."""
    return set(read_parquet("qpv.parquet", departements, ("code",))["code"])


def qpv_coverage(territory: Territory, inventory: Inventory, on: date) -> tuple[QpvCoverage, ...]:
    """Return each quarter in force with the structures that serve it, by code."""
    lines = {line.code: line for line in published_lines(territory, on) if line.code}
    serving: dict[str, list[Structure]] = {}
    for structure in inventory.counted(on):
        for code in structure.qpv:
            serving.setdefault(code, []).append(structure)
    informed, whole = {code[:2] for code in serving}, whole_departements(inventory, on)
    views = []
    for qpv in official_qpv(territory, on):
        structures = tuple(sorted(serving.get(qpv.code, []), key=lambda structure: structure.id))
        line, departement = lines.get(qpv.code), departement_of_qpv(qpv.code)
        status = WITH_STRUCTURE if structures else NOT_INFORMED
        if not structures and departement in inventory.departements:
            is_told = line is not None and line.without_structure
            is_told |= departement in whole and qpv.code[:2] in informed
            status = WITHOUT_STRUCTURE if is_told else NOT_INFORMED
        views.append(QpvCoverage(qpv, status, structures, line))
    return tuple(views)


@dataclass(frozen=True)
class QpvSummary:
    """Quarters by status, and inhabitants of those that a structure serves.

    *covered* and *possible* are inhabitants of the quarters with a structure, and of those
    with one or not informed; *total* those of all quarters; all three over the départements with
    an inventory, and None where there is none or where the population of a quarter is unknown.
    """

    quarters: int
    with_structure: int
    without_structure: int
    not_informed: int
    total: int | None
    covered: int | None
    possible: int | None

    def to_record(self) -> dict[str, Any]:
        """Return the summary as plain values, under the names that stay."""
        share = self.covered / self.total if self.covered is not None and self.total else None
        return {
            "nb_qpv": self.quarters,
            "nb_avec_structure": self.with_structure,
            "nb_sans_structure": self.without_structure,
            "nb_non_renseigne": self.not_informed,
            "habitants_total": self.total,
            "habitants_avec_structure": self.covered,
            "part": share,
            "minorant": self.covered,
            "majorant": self.possible,
        }


def summarise(views: tuple[QpvCoverage, ...], departements: frozenset[str]) -> QpvSummary:
    """Count quarters by status, and inhabitants over the quarters of *departements* alone.

    Those are the départements with an inventory: elsewhere nothing is known of the quarters.
    """
    counts = Counter(view.status for view in views)
    known = [view for view in views if departement_of_qpv(view.qpv.code) in departements]
    total = covered = possible = None
    if known and all(view.qpv.population is not None for view in known):
        sums = dict.fromkeys((WITH_STRUCTURE, WITHOUT_STRUCTURE, NOT_INFORMED), 0)
        for view in known:
            sums[view.status] += view.qpv.population or 0
        total = sum(sums.values())
        if any(view.status != NOT_INFORMED for view in known):
            covered, possible = sums[WITH_STRUCTURE], sums[WITH_STRUCTURE] + sums[NOT_INFORMED]
    return QpvSummary(
        len(views),
        counts[WITH_STRUCTURE],
        counts[WITHOUT_STRUCTURE],
        counts[NOT_INFORMED],
        total,
        covered,
        possible,
    )
