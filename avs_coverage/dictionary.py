"""The dictionary of the columns that exports hold: label, meaning, kind, unit and source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from avs_coverage.embedded import read_csv

KINDS = (
    "code", "texte", "annee", "entier", "nombre", "part", "coordonnee", "date", "oui_non", "liste", "paires",
)  # fmt: skip
"""Kinds of values: ``code`` is text that must not become a number, ``part`` a share of 0–1, ``paires``
are ``name=value`` joined by ``|``, as lists are."""

_SOURCES = {
    "calcul": "calculé par avs-coverage",
    "liste": "liste de structures, ou demande de l'utilisateur",
    "publie": "documents publiés, source à la ligne",
}
_QPV = ("qpv_2015", "qpv_2024")


@dataclass(frozen=True)
class ColumnInfo:
    """One column: technical *name*, French *label* and *meaning*, *kind* (of ``KINDS``), *unit*, *source*."""

    name: str
    label: str
    meaning: str
    kind: str
    unit: str
    source: str

    def source_text(self, vintages: Mapping[str, str]) -> str:
        """Return where the values come from, with the vintage of the layer (see ``Territory.vintages``)."""
        if self.source == "qpv":
            return " ; ".join(vintages[key] for key in _QPV)
        return _SOURCES.get(self.source) or vintages[self.source]


@cache
def dictionary() -> dict[str, ColumnInfo]:
    """Return every column of the tables, by name."""
    return {
        row["colonne"]: ColumnInfo(
            row["colonne"], row["libelle"], row["sens"], row["nature"], row["unite"], row["source"]
        )
        for row in read_csv("dictionary.csv")
    }


def describe_column(name: str, view: str, indicators: Mapping[str, str] = {}) -> ColumnInfo:
    """Return what a column of a view holds; one of the user's indicators is described by its label.

    *indicators* is name → label with source. Raises KeyError for a column that nothing describes.
    """
    base = name.removesuffix("_etat")
    if base in indicators:
        if name != base:
            return ColumnInfo(name, f"État de {base}", "connu, secret, absent…", "texte", "", "liste")
        return ColumnInfo(name, base, indicators[base], "nombre", "", "liste")
    found = dictionary()[name]
    # The names of EPCI of a zone are several; the code of a commune's EPCI is one.
    if (view, name) == ("zones", "epci"):
        return ColumnInfo(name, "EPCI", "noms des EPCI de la zone", "liste", "", "epci")
    return found
