"""The columns of the layers: those of the tables, as the dictionary describes them, and some more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from avs_coverage.dictionary import ColumnInfo, describe_column

ZONES_MORE = ("communes_sans_contour",)
STRUCTURES_MORE = ("position",)
"""What the layers of zones and of structures have beside the columns of their tables."""

LINKS = (
    "structure",
    "nom_structure",
    "type",
    "code_insee",
    "nom_commune",
    "certain",
    "niveau",
    "fondement",
    "part",
    "position",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


def described(names: Iterable[str], view: str) -> tuple[ColumnInfo, ...]:
    """Return columns as the dictionary describes those of a view: a table, or ``liens``."""
    return tuple(describe_column(name, view) for name in names)


def distinct(columns: Sequence[ColumnInfo]) -> tuple[ColumnInfo, ...]:
    """Return columns whose names and labels differ, whatever the case, from all those before them.

    A user's header may be any text, and SQLite holds ``Enfants`` and ``enfants`` for one name. A name
    already taken gets a number.

    >>> [c.name for c in distinct([ColumnInfo(name, name, "", "texte", "", "liste") for name in "aA"])]
    ['a', 'A_2']
    """
    names, labels = {"fid", "geom", "geometry"}, set[str]()
    found = []
    for column in columns:
        name, label = _free(column.name, names, "{}_{}"), _free(column.label, labels, "{} ({})")
        found.append(replace(column, name=name, label=label))
    return tuple(found)


def _free(text: str, taken: set[str], pattern: str) -> str:
    """Return *text*, with a number where it is taken, and take it."""
    free, number = text, 1
    while free.casefold() in taken:
        number += 1
        free = pattern.format(text, number)
    taken.add(free.casefold())
    return free
