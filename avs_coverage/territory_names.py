"""Find the territory that a user typed: by code or by name, never by guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from avs_coverage.embedded import read_csv
from avs_coverage.errors import TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.messages import enumeration
from avs_coverage.names import normalise

_LONGEST = 200
_KINDS = {"departement": "département", "epci": "EPCI", "region": "région", "france": "pays"}
_NATURES = {"cc", "ca", "cu", "communaute", "agglomeration", "urbaine", "communes", "departement", "dep"}
_LEADING = _NATURES | {"le", "la", "les", "l", "de", "du", "des", "d"}
# Former official names of départements: they can mean nothing else.
_FORMER_NAMES = {
    "basses alpes": "04",
    "basses pyrenees": "64",
    "charente inferieure": "17",
    "cotes du nord": "22",
    "loire inferieure": "44",
    "seine inferieure": "76",
}


@dataclass(frozen=True)
class TerritoryName:
    """A territory by its kind (departement, epci, region, france), code and official name."""

    kind: str
    code: str
    name: str
    departements: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the name with its code, as reports head it: ``Allier (03)``."""
        return self.name if self.kind == "france" else f"{self.name} ({self.code})"

    @property
    def typed(self) -> str:
        """Return what to type to mean this territory and no other."""
        return self.code if self.kind != "region" else f"region:{self.code}"


def _key(name: str) -> str:
    """Return a normalised name without the article and the nature before it."""
    words = normalise(name).split()
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return " ".join(words)


@cache
def _keys(kind: str) -> list[tuple[TerritoryName, str, str]]:
    """Return each territory of a kind with its normalised name and its key, computed once."""
    return [(t, normalise(t.name), _key(t.name)) for t in _territories(kind)]


@cache
def _territories(kind: str) -> list[TerritoryName]:
    departements = read_csv("departements.csv")
    if kind == "departement":
        return [TerritoryName(kind, row["code"], row["nom"], (row["code"],)) for row in departements]
    if kind == "epci":
        return [
            TerritoryName(kind, row["siren"], row["nom"], tuple(row["departements"].split("|")))
            for row in read_csv("epci.csv")
        ]
    if kind == "region":
        names = {row["region"]: row["nom_region"] for row in departements}
        return [
            TerritoryName(kind, code, name, tuple(r["code"] for r in departements if r["region"] == code))
            for code, name in names.items()
        ]
    return [TerritoryName("france", "FR", "France", tuple(row["code"] for row in departements))]


def find_territory_name(text: str) -> TerritoryName:
    """Return the one territory that *text* names.

    A département by name or code however typed, an EPCI by name or SIREN, a région by name
    or ``region:84``, ``france``. An exact département name wins over EPCI and région; a
    two-digit code is a département. Raises TerritoryError (AVS-401 unknown, AVS-402
    ambiguous, AVS-403 study folder) with the close names.

    >>> find_territory_name("ALLIER (03)").label, find_territory_name("3").label
    ('Allier (03)', 'Allier (03)')
    >>> find_territory_name("corse").kind, find_territory_name("la réunion").kind
    ('region', 'departement')
    """
    typed = text.strip()
    if typed.startswith((".", "~", "/")) or "\\" in typed:
        raise TerritoryError(Fault("AVS-403", {"value": text}))
    prefix, _, rest = typed.partition(":")
    kind = normalise(prefix)
    if rest and kind in _KINDS:
        return _one(text, _matches(rest, [kind]))
    if len(normalise(typed)) == 0:
        raise TerritoryError(
            Fault("AVS-401", {"value": text, "suggestions": "écrivez par exemple « allier » ou « 03 »"})
        )
    return _one(text, _matches(typed, ["departement"]) or _matches(typed, ["epci", "region", "france"]))


def _matches(text: str, kinds: list[str]) -> list[TerritoryName]:
    """Return the territories of *kinds* that *text* names by code, or by name."""
    named_code = re.fullmatch(r"(.*\S)\s*\(([0-9AaBb]{1,9})\)", text.strip())
    if named_code:
        by_name, by_code = _matches(named_code[1], kinds), _matches(named_code[2], kinds)
        return [territory for territory in by_code if territory in by_name]
    code = re.sub(r"^FR-", "", text.strip().upper())
    if re.fullmatch(r"\d{1,9}|0?2[AB]", code):
        short = code.lstrip("0")
        return [t for kind in kinds for t in _territories(kind) if t.code.lstrip("0") == short]
    name, key = normalise(text), _key(text)
    candidates = [candidate for kind in kinds for candidate in _keys(kind)]
    exact = [territory for territory, whole, _ in candidates if whole == name]
    former = ("departement", _FORMER_NAMES.get(name))
    return exact or [t for t, _, short in candidates if short == key or (t.kind, t.code) == former]


def _one(text: str, found: list[TerritoryName]) -> TerritoryName:
    if len(found) == 1:
        return found[0]
    if found:
        choices = " ; ".join(
            f"{t.typed} ({_KINDS[t.kind]}, {t.name}, {enumeration(t.departements, 4)})" for t in found
        )
        raise TerritoryError(Fault("AVS-402", {"value": text, "choices": choices}))
    raise TerritoryError(Fault("AVS-401", {"value": text, "suggestions": _suggestions(text)}))


def _suggestions(text: str) -> str:
    from rapidfuzz import fuzz, process

    if normalise(text) == "20":
        return "la Corse a deux départements, 2A et 2B ; pour les deux : region:94"
    if re.fullmatch(r"\d[0-9AaBb]\d{3}", text.strip()):
        return "un code de commune n'est pas un territoire : donnez son département ou son EPCI"
    known = [candidate for kind in ("departement", "region", "epci") for candidate in _keys(kind)]
    keys = [key for _, _, key in known]
    typed = _key(text)[:_LONGEST]
    close = process.extract(typed, keys, scorer=fuzz.WRatio, limit=None, score_cutoff=75)
    # WRatio finds « Saint-Étienne Métropole » from « saint etienne », ratio tells Loire from Eure-et-Loir.
    close = sorted(close, key=lambda match: -fuzz.ratio(typed, match[0]))[:5]
    if not close:
        return "donnez un département (nom ou code), un EPCI (nom ou SIREN), une région ou « france »"
    names = [f"{known[i][0].name} ({known[i][0].typed})" for _, _, i in close]
    return f"noms proches : {' ; '.join(names)}"
