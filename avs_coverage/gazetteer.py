"""Find any commune of France by code or name, reading only the départements it needs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from typing import NamedTuple

from avs_coverage.embedded import read_csv, read_parquet
from avs_coverage.loaders.cog import Movements
from avs_coverage.names import normalise, undo_mojibake, without_article, without_postal_words
from avs_coverage.near_names import NearNames

_COLUMNS = ("code", "nom", "epci", "x_m", "y_m", "superficie_km2", "etendue_m")


class Commune(NamedTuple):
    """One commune: code, name, SIREN of its EPCI (empty where none), chef-lieu (metres), area.

    *extent_m* is how far its boundary goes from the chef-lieu, in metres, rounded up to 100 m.
    """

    code: str
    name: str
    epci: str
    x_m: float
    y_m: float
    area_km2: float
    extent_m: int


def departement_of(code: str) -> str:
    """Return the département of a commune code.

    >>> departement_of("03185"), departement_of("97411"), departement_of("2A004")
    ('03', '974', '2A')
    """
    return code[:3] if code.startswith("97") else code[:2]


ARRONDISSEMENTS = {
    "75056": tuple(str(code) for code in range(75101, 75121)),
    "69123": tuple(str(code) for code in range(69381, 69390)),
    "13055": tuple(str(code) for code in range(13201, 13217)),
}
"""The municipal arrondissements of Paris, Lyon and Marseille. Source: INSEE, COG."""
_PARENTS = {code: parent for parent, codes in ARRONDISSEMENTS.items() for code in codes}


def parent_of_arrondissement(code: str) -> str:
    """Return the commune of a municipal arrondissement's code (Paris, Lyon, Marseille), else empty.

    >>> parent_of_arrondissement("75118"), parent_of_arrondissement("03185")
    ('75056', '')
    """
    return _PARENTS.get(code, "")


class _Names:
    """The communes of some départements by name: each reading is a table, made once for a list of names."""

    def __init__(self, keyed: list[tuple[str, Commune]]) -> None:
        self._keys, self.communes = [key for key, _ in keyed], [commune for _, commune in keyed]
        self.near = NearNames(self._keys)
        self._tables: dict[str, dict[str, list[Commune]]] = {}

    def named(self, name: str) -> list[Commune]:
        """Return the communes of a name, by the first reading that has any."""
        for text in dict.fromkeys((name, undo_mojibake(name))):
            key = normalise(text)
            full = without_postal_words(key)
            for reading, wanted in (("whole", key), ("postal", full), ("bare", without_article(full))):
                if found := self._table(reading).get(wanted):
                    return list(found)
        return []

    def _table(self, reading: str) -> dict[str, list[Commune]]:
        if reading not in self._tables:
            table: dict[str, list[Commune]] = {}
            for key, commune in zip(self._keys, self.communes, strict=True):
                full = key if reading == "whole" else without_postal_words(key)
                table.setdefault(without_article(full) if reading == "bare" else full, []).append(commune)
            self._tables[reading] = table
        return self._tables[reading]


@cache
def _movements(departements: tuple[str, ...]) -> Movements:
    codes = read_parquet("communes.parquet", departements, ("code",))["code"]
    return Movements.read(frozenset(codes.tolist()))


class Gazetteer:
    """The communes of France, loaded département by département as they are asked for.

    The départements of *together* are loaded in one go: a list of all France names them all.
    """

    def __init__(self, together: Iterable[str] = ()) -> None:
        self._together = frozenset(together)
        self._communes: dict[str, dict[str, Commune]] = {}
        self._names: dict[str, list[tuple[str, Commune]]] = {}
        self._found: dict[frozenset[str], _Names] = {}
        self._departements = {row["code"] for row in read_csv("departements.csv")}

    @property
    def departements(self) -> tuple[str, ...]:
        """Return the codes of all départements, sorted."""
        return tuple(sorted(self._departements))

    def communes_of(self, departement: str) -> dict[str, Commune]:
        """Return the communes of a département by code; empty where there is no such département."""
        if departement not in self._departements:
            return {}
        if departement not in self._communes:
            self._load(self._together if departement in self._together else {departement})
        return self._communes[departement]

    def _load(self, departements: Iterable[str]) -> None:
        rows = read_parquet("communes.parquet", departements)
        self._communes |= {departement: {} for departement in departements}
        columns = [rows[name].to_numpy().tolist() for name in _COLUMNS]
        communes = map(Commune._make, zip(*columns, strict=True))
        for departement, commune in zip(rows["departement"].to_numpy(), communes, strict=True):
            self._communes[departement][commune.code] = commune

    def get(self, code: str) -> Commune | None:
        """Return the commune of a code of the COG 2026, or None."""
        return self.communes_of(departement_of(code)).get(code)

    @cached_property
    def movements(self) -> Movements:
        """Return the movements of communes, read when a code of another vintage is met."""
        return _movements(self.departements)

    def named(self, name: str, departements: Iterable[str]) -> list[Commune]:
        """Return the communes of these départements that *name* means, by the strictest reading that has any.

        First the whole name, article included; then with shortened words written out and without
        CEDEX; then without the article (« Donjon » is « Le Donjon » if it alone is). A name whose
        UTF-8 was read as cp1252 is mended when that gives a commune. A close name is never taken.
        """
        return self._names_of(departements).named(name)

    def close_names(self, name: str, departements: Iterable[str]) -> list[str]:
        """Return up to three names like *name*, with their codes: to propose, never to take."""
        names = self._names_of(departements)
        found = (names.communes[rank] for rank in names.near.like(normalise(name), 3))
        return [f"{commune.name} ({commune.code})" for commune in found]

    def _names_of(self, departements: Iterable[str]) -> _Names:
        """Return the names of some départements: a long list asks for the same few."""
        wanted = frozenset(departements)
        if wanted not in self._found:
            self._found[wanted] = _Names([pair for d in sorted(wanted) for pair in self._keyed(d)])
        return self._found[wanted]

    def _keyed(self, departement: str) -> list[tuple[str, Commune]]:
        """Return the communes of a département with their normalised names, computed once."""
        if departement not in self._names:
            communes = self.communes_of(departement).values()
            self._names[departement] = [(normalise(commune.name), commune) for commune in communes]
        return self._names[departement]

    def members(self, epci: str) -> list[str]:
        """Return the codes of all communes of an EPCI, in whatever département."""
        row = next(row for row in read_csv("epci.csv") if row["siren"] == epci)
        return [
            commune.code
            for departement in row["departements"].split("|")
            for commune in self.communes_of(departement).values()
            if commune.epci == epci
        ]
