"""The view of communes: which ones, and as what records."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from avs_coverage.figure import MEASURES
from avs_coverage.indicators import state_column
from avs_coverage.tables import STAMP_COLUMNS
from avs_coverage.territory import named_rows

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.indicators import Indicator

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
    "habitants_couverts",
    "habitants_couverts_minorant",
    "habitants_couverts_majorant",
)
RESERVED = (*COLUMNS, *STAMP_COLUMNS, *MEASURES)
"""Names that no indicator may bear: each is a column of its own, and a count is a measure of its own."""
_COUNTS = ("population", "nb_cs", "nb_evs", *(name for name in COLUMNS if name.startswith("habitants_")))
_STATUSES = ("statut", "statut_minorant", "statut_majorant")
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


def columns_of(coverage: Coverage) -> tuple[str, ...]:
    """Return the columns of the view: each indicator of the user comes after, with its state."""
    names = [(one.name, state_column(one.name)) for one in coverage.territory.indicators]
    return (*COLUMNS, *(name for pair in names for name in pair))


def records(rows: pd.DataFrame, indicators: Sequence[Indicator] = ()) -> list[dict[str, Any]]:
    """Return communes as plain values under the names that stay; None where unknown."""
    found = []
    for row in named_rows(rows):
        values = row._asdict()
        values["code_insee"] = code = values.pop("Index")
        for name in _COUNTS:
            values[name] = None if values[name] is pd.NA else int(values[name])
        area = float(values["superficie_km2"])
        values["superficie_km2"] = None if isnan(area) else area
        record = {name: values[name] for name in COLUMNS}
        for one in indicators:
            value = one.values[code]
            record[one.name] = None if pd.isna(value) or value == "" else value
            record[state_column(one.name)] = one.state[code]
        found.append(record)
    return found


def in_json(record: dict[str, Any]) -> dict[str, Any]:
    """Return a row of ``records`` as JSON has it: structures in a list, None for a status not known."""
    statuses = {name: record[name] or None for name in _STATUSES}
    structures = record["structures"].split("|") if record["structures"] else []
    return {**record, **statuses, "structures": structures}
