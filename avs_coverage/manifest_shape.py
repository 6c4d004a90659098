"""What a manifest must hold to be replayed: somebody may have changed it, or another tool written it."""

from __future__ import annotations

from typing import Any

_FILE = {"fichier": str, "sha256": str}
_SHAPE: dict[str, Any] = {
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


def _missing_or_misfit(value: dict[str, object], key: str, shape: Any, place: str) -> str:  # noqa: ANN401
    path = f"{place}.{key}" if place else key
    return misfit(value[key], shape, path) if key in value else f"il manque « {path} »"
