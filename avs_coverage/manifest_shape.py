"""What a manifest must hold to be replayed: somebody may have changed it, or another tool written it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from avs_coverage.paths import last_name, leads_out
from avs_coverage.study import FIRST_YEAR, LAST_YEAR, MOST_GRACE_MONTHS


@dataclass(frozen=True)
class Known:
    """The words that a manifest may hold: *one_file* the roles of one file at most, *files* the others."""

    formats: Collection[str]
    dialects: Collection[str]
    populations: Collection[str]
    one_file: Collection[str]
    files: Collection[str]


_SHA256 = re.compile("[0-9a-f]{64}")
_VERSIONS = (1, 2)
_FILE = {"fichier": str, "sha256": str}
_SHAPE: dict[str, Any] = {
    "version": int,
    "outil": {"version": str, "bibliotheques": {...: str}},
    "territoire": {"code": str},
    "date": str,
    "regles": [str],
    "options": {
        "population_par": str,
        "part_commune": float,
        "sans_voisines": bool,
        "osrm": str,
        "a_confirmer_comptees": bool,
        "grace_mois": int,
        "colonnes": {...: str},
    },
    "formats": [str],
    "csv": str,
    "entrees": [{**_FILE, "role": str, "colonnes": [str]}],
    "donnees_de_l_outil": [_FILE],
    "millesimes": {...: str},
    "sorties": [_FILE],
}
"""A type, a list of such, or keys and what they hold; ``...`` stands for any key."""


def misfit(value: object, shape: Any = _SHAPE, place: str = "") -> str:  # noqa: ANN401 - a type, or nested ones
    """Return in French the first thing that a manifest lacks or holds otherwise; empty where it is whole.

    >>> misfit({"fichier": "a.csv"}, _FILE, "sorties[0]")
    'il manque « sorties[0].sha256 »'
    """
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"« {place} » n'est pas une liste"
        found = (misfit(one, shape[0], f"{place}[{rank}]") for rank, one in enumerate(value))
        return next(filter(None, found), "")
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"« {place} » n'est pas un objet"
        wanted = dict.fromkeys(value, shape[...]) if ... in shape else shape
        found = (_missing_or_misfit(value, key, inner, place) for key, inner in wanted.items())
        return next(filter(None, found), "")
    kinds = (int, float) if shape is float else shape
    fits = isinstance(value, kinds) and (shape is bool or not isinstance(value, bool))
    return "" if fits else f"« {place} » n'est pas de la bonne nature"


def unusable(record: dict[str, Any], known: Known) -> str:
    """Return in French why a manifest of the right shape vouches for nothing; empty where it does."""
    return next(chain(_doubts_of_words(record, known), _doubts_of_files(record, known)), "")


def _doubts_of_words(record: dict[str, Any], known: Known) -> Iterator[str]:
    if record["version"] not in _VERSIONS:
        yield f"version {record['version']} du schéma"
    for key in ("regles", "formats", "sorties"):
        if not record[key]:
            yield f"« {key} » est vide"
    yield from (f"format inconnu : {name}" for name in record["formats"] if name not in known.formats)
    yield from _twice("format", record["formats"])
    if record["csv"] not in known.dialects:
        yield f"format de CSV inconnu : {record['csv']}"
    if not _is_day(record["date"]):
        yield f"« date » n'est pas un jour, de {FIRST_YEAR} à {LAST_YEAR}"
    options = record["options"]
    if options["population_par"] not in ("", *known.populations):
        yield f"« options.population_par » inconnu : {options['population_par']}"
    if not 0 < options["part_commune"] <= 1:  # so is what is no number
        yield "« options.part_commune » n'est pas une part"
    if not 0 <= options["grace_mois"] <= MOST_GRACE_MONTHS:
        yield f"« options.grace_mois » n'est pas un nombre de mois, de 0 à {MOST_GRACE_MONTHS}"


def _is_day(text: str) -> bool:
    try:
        return FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def _doubts_of_files(record: dict[str, Any], known: Known) -> Iterator[str]:
    given = [one["role"] for one in record["entrees"]]
    yield from (f"rôle inconnu : {role}" for role in given if role not in (*known.one_file, *known.files))
    yield from _twice("rôle", (role for role in given if role in known.one_file))
    for one in record["sorties"]:
        name = one["fichier"]
        if leads_out(name) or last_name(name) != name:
            yield f"le fichier produit « {name} » n'est pas un nom seul"
    for one in (*record["sorties"], *record["entrees"]):
        if not _SHA256.fullmatch(one["sha256"]):
            yield f"l'empreinte de « {one['fichier']} » n'en est pas une"
    yield from _twice("fichier produit", (one["fichier"] for one in record["sorties"]))


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    yield from (f"{what} donné deux fois : {name}" for name, count in Counter(names).items() if count > 1)


def _missing_or_misfit(value: dict[str, object], key: str, shape: Any, place: str) -> str:  # noqa: ANN401
    path = f"{place}.{key}" if place else key
    return misfit(value[key], shape, path) if key in value else f"il manque « {path} »"
