"""Faults as data: a code of the catalogue, the values that fill its templates, and a place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from avs_coverage.catalogue import CATALOGUE
from avs_coverage.reports.text import without_controls

_LONGEST = 2_000
"""A cell may hold a page, which no message should be."""


@dataclass(frozen=True)
class Fault:
    """One fault or warning: its code, the values that fill its templates, and where it is.

    *line* is the line of the file as a spreadsheet numbers it, 0 where there is none; *rows* is
    the number of rows that a set-aside stands for.
    """

    code: str
    values: dict[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    column: str = ""
    rows: int = 1

    @property
    def what(self) -> str:
        """Say what is wrong, in French."""
        return CATALOGUE[self.code].what.format(**self._values())

    @property
    def why(self) -> str:
        """Say why it matters; empty where that is plain."""
        return CATALOGUE[self.code].why.format(**self._values())

    @property
    def hint(self) -> str:
        """Say what to do."""
        return CATALOGUE[self.code].hint.format(**self._values())

    @property
    def where(self) -> str:
        """Name the file, line and column; empty where there is none.

        >>> Fault("AVS-311", file="a.csv", line=4, column="nom").where
        'a.csv, ligne 4, colonne « nom »'
        """
        parts = [self.file] if self.file else []
        parts += [f"ligne {self.line}"] if self.line else []
        parts += [f"colonne « {self.column} »"] if self.column else []
        return ", ".join(parts)

    def _values(self) -> dict[str, str]:
        values = {"column": self.column, **self.values}
        return {name: _short(without_controls(text[: _LONGEST + 1])) for name, text in values.items()}

    def to_record(self) -> dict[str, str | int]:
        """Return the fault as plain values for JSON."""
        values = self._values()
        return {
            "code": self.code,
            "message": self.what,
            "fichier": self.file,
            "ligne": self.line,
            "colonne": without_controls(self.column),
            "valeur": values.get("value", ""),
            "pourquoi": self.why,
            "aide": self.hint,
        }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_SERIES = {
    "1": "l'outil lui-même (code de sortie 1)",
    "2": "la commande telle qu'elle est écrite (code de sortie 2)",
    "3": "les données d'un fichier ou d'un serveur (code de sortie 3)",
    "4": "le territoire (code de sortie 4)",
    "5": "la sortie (code de sortie 5)",
    "6": "une vérification demandée ne passe pas (code de sortie 6)",
    "7": "le réseau et les données téléchargées (code de sortie 3)",
    "9": "avertissement : rien n'est refusé",
}


def describe(code: str) -> str:
    """Return what a code means, as text: its templates with « … » where a value comes."""
    kind = CATALOGUE[code]
    lines = [code, f"concerne : {_SERIES[code[4]]}", f"constat : {kind.what}"]
    lines += [f"pourquoi : {kind.why}"] if kind.why else []
    lines += [f"aide : {kind.hint}"]
    return re.sub(r"\{\w+\}", "…", "\n".join(lines))
