"""Describe the CSV files of an export as a data package with Table Schemas (specs.frictionlessdata.io)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avs_coverage import __version__
from avs_coverage.dictionary import ColumnInfo
from avs_coverage.manifest import sha256_of
from avs_coverage.report import Report
from avs_coverage.reports.csv_file import cell_text
from avs_coverage.tables import TableView

_TYPES = {
    "annee": "integer", "entier": "integer", "nombre": "number", "part": "number", "coordonnee": "number",
    "date": "date", "oui_non": "boolean",
}  # fmt: skip


def data_package(
    views: Sequence[TableView],
    columns: Mapping[tuple[str, str], ColumnInfo],
    report: Report,
    dialect: str,
    folder: Path,
) -> dict[str, Any]:
    """Return the descriptor of the CSV files of *folder*, one resource a view.

    Numbers are written with the decimal sign of the *dialect*; a text that a spreadsheet would run
    as a formula starts with an apostrophe.
    """
    territory = report.coverage.territory
    return {
        "profile": "tabular-data-package",
        "name": f"avs-coverage-{territory.name.typed.lower().replace(':', '-')}",
        "title": f"Couverture par l'animation de la vie sociale — {report.label}",
        "description": f"{report.coverage.rule.definition} ; état au {report.coverage.on.isoformat()}",
        "version": __version__,
        "sources": [{"title": text} for text in territory.vintages.values()],
        "resources": [
            _resource(view, [columns[view.name, name] for name in view.columns], dialect, folder)
            for view in views
        ],
    }


def _resource(view: TableView, columns: Sequence[ColumnInfo], dialect: str, folder: Path) -> dict[str, Any]:
    name = f"{view.name}.csv"
    french = dialect == "excel-fr"
    return {
        "profile": "tabular-data-resource",
        "name": view.name,
        "title": view.title,
        "path": name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig" if french else "utf-8",
        "bytes": (folder / name).stat().st_size,
        "hash": f"sha256:{sha256_of(folder / name)}",
        "dialect": {"delimiter": ";" if french else ",", "lineTerminator": "\r\n"},
        "schema": {
            "fields": [_field(column, french) for column in columns],
            "missingValues": [""],
        },
    }


def _field(column: ColumnInfo, french: bool) -> dict[str, Any]:
    kind = _TYPES.get(column.kind, "string")
    unit = f" ({column.unit})" if column.unit else ""
    field: dict[str, Any] = {
        "name": cell_text(column.name, french),  # as the header is written
        "title": column.label,
        "description": f"{column.meaning}{unit}",
        "type": kind,
    }
    if kind == "boolean":
        field |= {"trueValues": ["oui"], "falseValues": ["non"]}
    if kind == "number":
        field["decimalChar"] = "," if french else "."
    return field
