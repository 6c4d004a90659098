"""Find what a user names in a territory: a commune, a QPV or a structure, never by guessing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.embedded import read_csv
from avs_coverage.errors import TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.names import comparable, normalise, without_article
from avs_coverage.near_names import NearNames
from avs_coverage.qpv import (
    Qpv,
    all_qpv,
    departement_of_qpv,
    embedded_quarters,
    generation_in_force,
    published_lines,
)

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory
    from avs_coverage.territory import Territory

COMMUNE, QPV, STRUCTURE = "commune", "qpv", "structure"
_KINDS = {COMMUNE: "commune", QPV: "quartier", STRUCTURE: "structure"}
_COMMUNE_CODE = re.compile(r"\d{4,5}|2[AB]\d{3}", re.IGNORECASE)
_QPV_CODE = re.compile(r"Q[PN][0-9AB]{5}[0-9A-Z]", re.IGNORECASE)
_MOST = 6
_NATURES = re.compile(
    r"^(association|centre socio ?culturel|centre social( et culturel)?|espace de vie sociale|csc|cs|evs)\b"
)


@dataclass(frozen=True)
class Subject:
    """A commune, a QPV or a structure, by its *code* (the id of a structure).

    *former* is the code of an earlier COG that the user typed, empty otherwise.
    """

    kind: str
    code: str
    name: str
    former: str = ""

    @property
    def typed(self) -> str:
        """Return what to type to mean this and nothing else."""
        return f"{self.kind}:{self.code}"


def find_subject(text: str, territory: Territory, inventory: Inventory, on: date) -> Subject:
    """Return the one commune, QPV or structure of a territory that *text* names.

    By code, id or name; ``commune:``, ``qpv:`` and ``structure:`` say which of the three. A name
    is read strictly first, then without article or « centre social », then as whole words of the name
    of one structure and of no commune or quarter. A quarter that is not in force is taken where none
    in force bears the name. Raises TerritoryError: AVS-404 unknown, with close names, or the territory
    of a commune of elsewhere; AVS-405 ambiguous, with what to type.
    """
    typed = text.strip()
    prefix, sign, rest = typed.partition(":")
    kinds = [kind for kind in _KINDS if sign and kind == normalise(prefix)]
    search = _Search(rest.strip() if kinds else typed, kinds or list(_KINDS), territory, inventory, on)
    for reading in (search.strict, search.loose, search.partial):
        found = reading()
        if len(found) == 1:
            return found[0]
        if found:
            choices = " ; ".join(f"{one.typed} ({_KINDS[one.kind]} {one.name})" for one in found[:_MOST])
            if len(found) > _MOST:
                choices += f" ; et {len(found) - _MOST} de plus"
            values = {"value": text, "territory": territory.label, "choices": choices}
            raise TerritoryError(Fault("AVS-405", values))
    values = {"value": text, "territory": territory.label, "suggestions": search.suggestions()}
    raise TerritoryError(Fault("AVS-404", values))


class _Search:
    """One text looked for among the communes, quarters and structures of a territory."""

    def __init__(
        self, text: str, kinds: list[str], territory: Territory, inventory: Inventory, on: date
    ) -> None:
        self.text, self.kinds = text, kinds
        self.territory, self.inventory, self.on = territory, inventory, on
        self.gazetteer = Gazetteer(territory.name.departements)
        coded = re.fullmatch(r"(.*\S)\s*\(([0-9A-Za-z]{4,9})\)", text)
        self.name, self.code = (coded[1], coded[2]) if coded else (text, "")

    def strict(self) -> list[Subject]:
        """Return what bears exactly this code, id or name."""
        if not self.text:
            return []
        finders: dict[str, Callable[[], list[Subject]]] = {
            COMMUNE: self._communes, QPV: self._quarters, STRUCTURE: self._structures,
        }  # fmt: skip
        return [one for kind in self.kinds for one in finders[kind]()]

    def loose(self) -> list[Subject]:
        """Return what bears this name but for an article or the nature of a structure."""
        key = _short(self.text)
        found: list[Subject] = []
        if QPV in self.kinds and key:
            lines = {line.code for line in published_lines(self.territory, self.on)
                     if line.code and normalise(line.name) == normalise(self.text)}  # fmt: skip
            found += self._in_force(lambda qpv: _short(qpv.name) == key or qpv.code in lines)
        if STRUCTURE in self.kinds and key:
            found += [
                Subject(STRUCTURE, s.id, s.name) for s in self.inventory.structures if _short(s.name) == key
            ]
        return found

    def partial(self) -> list[Subject]:
        """Return the one structure whose name holds these words, if no other name here holds them."""
        words = f" {normalise(self.text)} "
        if STRUCTURE not in self.kinds or not words.strip():
            return []
        others = [self.territory.communes["nom"]] if COMMUNE in self.kinds else []
        if QPV in self.kinds:
            others.append(qpv.name for qpv in all_qpv(self.territory))
        if any(words in f" {normalise(name)} " for names in others for name in names):
            return []
        found = [s for s in self.inventory.structures if words in f" {normalise(s.name)} "]
        return [Subject(STRUCTURE, s.id, s.name) for s in found] if len(found) == 1 else []

    def _communes(self) -> list[Subject]:
        if _COMMUNE_CODE.fullmatch(self.text):
            return [one for one in self._communes_coded(self.text) if one.code in self.territory.codes]
        found = self.gazetteer.named(self.name, self.territory.name.departements)
        if self.code:
            coded = {one.code for one in self._communes_coded(self.code)}
            found = [commune for commune in found if commune.code in coded]
        return [Subject(COMMUNE, c.code, c.name) for c in found if c.code in self.territory.codes]

    def _communes_coded(self, text: str) -> list[Subject]:
        """Return the communes of today, of anywhere, that a code of any COG since 2003 stands for."""
        code = text.upper().zfill(5)
        if commune := self.gazetteer.get(code):
            return [Subject(COMMUNE, code, commune.name)]
        parent = parent_of_arrondissement(code)
        today = (parent,) if parent else self.gazetteer.movements.passage(code).today
        return [Subject(COMMUNE, c.code, c.name, code) for c in map(self.gazetteer.get, today) if c]

    def _quarters(self) -> list[Subject]:
        code, key = (self.code or self.text).upper(), comparable(self.text)
        coded = [qpv for qpv in all_qpv(self.territory) if qpv.code == code]
        if self.code:  # « Moulins-Sud (QP003003) »: the name must not contradict the code
            coded = [qpv for qpv in coded if comparable(qpv.name) == comparable(self.name)]
        if coded:
            return [Subject(QPV, qpv.code, qpv.name) for qpv in coded]
        return self._in_force(lambda qpv: comparable(qpv.name) == key)

    def _in_force(self, wanted: Callable[[Qpv], bool]) -> list[Subject]:
        """Return the wanted quarters that are in force, else those of the other generation."""
        found = [qpv for qpv in all_qpv(self.territory) if wanted(qpv)]
        here = [q for q in found if q.generation == generation_in_force(departement_of_qpv(q.code), self.on)]
        return [Subject(QPV, qpv.code, qpv.name) for qpv in here or found]

    def _structures(self) -> list[Subject]:
        structures = self.inventory.structures
        key = comparable(self.text)
        found = (
            [s for s in structures if s.id == self.text]
            or [s for s in structures if s.id.casefold() == self.text.casefold()]
            or [s for s in structures if comparable(s.name) == key]
        )
        return [Subject(STRUCTURE, s.id, s.name) for s in found]

    def suggestions(self) -> str:
        """Give the close names here, and say where a commune or a quarter of elsewhere is."""
        close, elsewhere = self._close(), self._elsewhere()
        parts = [f"noms proches : {' ; '.join(close)}"] if close else []
        parts += [elsewhere] if elsewhere else []
        return " — ".join(parts) or (
            "donnez une commune (nom ou code INSEE), un QPV (nom ou code), ou une structure (nom ou "
            f"identifiant ; avs-coverage structures {self.territory.name.typed} les donne)"
        )

    def _elsewhere(self) -> str:
        if QPV in self.kinds and _QPV_CODE.fullmatch(self.text):
            departement = departement_of_qpv(self.text.upper())
            known = {row["code"] for row in read_csv("departements.csv")} & {departement}
            if qpv := embedded_quarters(known).get(self.text.upper()) if known else None:
                return f"le QPV {qpv.name} est d'un autre territoire : {_command(departement, qpv.code)}"
        if COMMUNE not in self.kinds or not self.text:
            return ""
        found: list[Commune | Subject] = []
        if _COMMUNE_CODE.fullmatch(self.text):
            found += self._communes_coded(self.text)
        else:
            everywhere = [row["code"] for row in read_csv("departements.csv")]
            found += Gazetteer(everywhere).named(self.name, everywhere)
        found = [one for one in found if one.code not in self.territory.codes]
        if not found:
            return ""
        where = [f"{c.name} : {_command(departement_of(c.code), c.code)}" for c in found[:_MOST]]
        more = f" ; et {len(found) - _MOST} communes de plus de ce nom" if len(found) > _MOST else ""
        words = ("une commune d'un autre territoire", "des communes d'autres territoires")[len(found) > 1]
        return f"{words} : {' ; '.join(where)}{more}"

    def _close(self) -> list[str]:
        """Return up to five close names, each as it should be typed."""
        known: list[Subject] = []
        if COMMUNE in self.kinds:
            names = self.territory.communes["nom"]
            known += [Subject(COMMUNE, str(code), name) for code, name in names.items()]
        if QPV in self.kinds:
            known += self._in_force(lambda qpv: True)
        if STRUCTURE in self.kinds:
            known += [Subject(STRUCTURE, s.id, s.name) for s in self.inventory.structures]
        near = NearNames([normalise(one.name) for one in known])
        return [f"{known[i].name} ({known[i].typed})" for i in near.like(normalise(self.text), 5)]


def _command(territory: str, code: str) -> str:
    return f"avs-coverage explain {territory} {code}"


def _short(name: str) -> str:
    """Return a normalised name without the nature of a structure and without an article.

    >>> _short("Centre social d'Avermes"), _short("EVS La Passerelle"), _short("Les Ailes")
    ('avermes', 'passerelle', 'ailes')
    """
    key = _NATURES.sub("", normalise(name)).strip() or normalise(name)
    words = key.split()
    while len(words) > 1 and words[0] in ("d", "de", "du", "des"):
        words = words[1:]
    return without_article(" ".join(words))
