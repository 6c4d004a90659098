"""The view of communes: which ones, and as what records."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage

# Stable names: they change only with the version of the schema (docs/formats.md).
COLUMNS = (
    "code_insee",
    "nom",
    "departement",
    "epci",
    "nom_epci",
    "population",
    "superficie_km2",
    "statut",
    "nb_cs",
    "nb_evs",
    "structures",
    "statut_minorant",
    "statut_majorant",
)
COVERED_BY = {
    "cs": ("cs_seul", "cs_et_evs"),
    "evs": ("evs_seul", "cs_et_evs"),
    "only-evs": ("evs_seul",),
}
UNCOVERED = {"certain": "statut", "possible": "statut_majorant"}


def select(coverage: Coverage, uncovered: str, covered_by: str) -> pd.DataFrame:
    """Return the communes asked for: uncovered ones by inhabitants, the others by code."""
    rows = coverage.communes
    if uncovered:
        rows = rows[rows[UNCOVERED[uncovered]] == "aucune"]
        return rows.iloc[(-rows["population"]).argsort(kind="stable")]
    if covered_by:
        rows = rows[rows["statut"].isin(COVERED_BY[covered_by])]
    return rows


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return communes as plain values under the names that stay; None where unknown."""
    found = []
    for code, row in zip(rows.index, rows.itertuples(index=False), strict=True):
        values = {"code_insee": code, **row._asdict()}
        for name in ("population", "nb_cs", "nb_evs"):
            values[name] = None if values[name] is pd.NA else int(values[name])
        area = float(values["superficie_km2"])
        values["superficie_km2"] = None if isnan(area) else area
        found.append({name: values[name] for name in COLUMNS})
    return found
