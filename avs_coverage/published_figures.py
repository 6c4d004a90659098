"""The table of published figures, as printed, with their definitions and sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from avs_coverage.embedded import read_csv
from avs_coverage.territory_names import TerritoryName

_QUALIFIERS = {"egal": "", "pres_de": "près de ", "environ": "environ ", "moins_de": "moins de "}


@dataclass(frozen=True)
class PublishedFigure:
    """A figure as printed, with the words that define it and its source; *year* None if not printed."""

    code: str
    label: str
    year: int | None
    year_note: str
    qualifier: str
    value: float
    unit: str
    definition: str
    source: str
    note: str


@cache
def published_figures(territory: TerritoryName) -> tuple[PublishedFigure, ...]:
    """Return what is published of a département, or of France, in the order of the table."""
    scope = territory.code if territory.kind in ("departement", "france") else ""
    return tuple(
        PublishedFigure(
            row["indicateur"],
            row["libelle"],
            int(row["annee"]) if row["annee"] else None,
            row["annee_note"],
            _QUALIFIERS[row["qualificatif"]],
            float(row["valeur"]),
            row["unite"],
            row["definition"],
            row["source"],
            row["remarque"],
        )
        for row in read_csv("published_figures.csv")
        if row["portee"] == scope
    )
