"""The dictionary of the columns of tables and layers: label, meaning, kind, unit and source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from avs_coverage.embedded import read_csv
from avs_coverage.indicators import state_column

if TYPE_CHECKING:
    from avs_coverage.indicators import Indicator

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
_STATES = (
    "ce que l'on sait de la valeur : connu, secret, non_disponible, absent (du fichier), approche (moyenne "
    "de communes fusionnées), incomplet ou non_calculable"
)


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
def dictionary() -> dict[tuple[str, str], ColumnInfo]:
    """Return every column, by view (a table of ``tables``, or ``liens``) and name.

    The view is empty for a column that means the same in all those that have no row of their own.
    """
    return {
        (view, row["colonne"]): ColumnInfo(
            row["colonne"], row["libelle"], row["sens"], row["nature"], row["unite"], row["source"]
        )
        for row in read_csv("dictionary.csv")
        for view in row["vue"].split("|")
    }


def describe_column(name: str, view: str) -> ColumnInfo:
    """Return what a column of a view holds. Raises KeyError for a column that nothing describes."""
    found = dictionary()
    return found.get((view, name)) or found["", name]


def describe_indicator(indicator: Indicator) -> tuple[ColumnInfo, ColumnInfo]:
    """Return what the two columns of one of the user's indicators hold: its values, and their states."""
    name, told = indicator.name, (indicator.label, indicator.source, indicator.vintage)
    kind = "texte" if indicator.nature == "classe" else "nombre"
    return (
        ColumnInfo(name, name, " ; ".join(filter(None, told)), kind, indicator.unit, "liste"),
        ColumnInfo(state_column(name), f"{name}, état", _STATES, "texte", "", "liste"),
    )
