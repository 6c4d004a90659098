"""Make the files of an export, and put them in place whole, with the record behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.dictionary import ColumnInfo, describe_column, describe_indicator
from avs_coverage.extras import require
from avs_coverage.manifest import FILE_NAME, manifest
from avs_coverage.reports.output import made_folder, put_in_place, staging
from avs_coverage.statement import Passage, statement
from avs_coverage.tables import TableView, tables_of

if TYPE_CHECKING:
    from avs_coverage.published_figures import PublishedFigure
    from avs_coverage.report import Report
    from avs_coverage.study import Request

PACKAGE_NAME = "datapackage.json"


@dataclass(frozen=True)
class Export:
    """One report to be exported: *figures* are the user's own published ones, *dialect* that of CSV."""

    request: Request
    report: Report
    figures: tuple[PublishedFigure, ...] = ()
    dialect: str = "excel-fr"

    @property
    def stem(self) -> str:
        """Return the name of the files that stand alone, after the territory: ``avs-03``."""
        return f"avs-{self.report.coverage.territory.name.typed.replace(':', '-')}"

    @cached_property
    def views(self) -> tuple[TableView, ...]:
        """Return the tables."""
        return tables_of(self.report, self.figures)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Return the état des lieux in sentences."""
        return statement(self.report, self.views)

    @cached_property
    def columns(self) -> dict[tuple[str, str], ColumnInfo]:
        """Return the description of each (view, column)."""
        indicators = self.report.coverage.territory.indicators
        own = {column.name: column for one in indicators for column in describe_indicator(one)}
        return {
            (view.name, name): own.get(name) or describe_column(name, view.name)
            for view in self.views
            for name in view.columns
        }


def _csv(export: Export, folder: Path) -> None:
    from avs_coverage.reports.csv_file import csv_bytes

    for view in export.views:
        content = csv_bytes(view.columns, view.records, export.dialect)
        (folder / f"{view.name}.csv").write_bytes(content)


def _xlsx(export: Export, folder: Path) -> None:
    from avs_coverage.reports.parameters import parameters
    from avs_coverage.reports.xlsx_file import workbook

    vintages = export.report.coverage.territory.vintages
    sources = {one.source: one.source_text(vintages) for one in export.columns.values()}
    content = workbook(export.views, export.columns, parameters(export.report), sources)
    (folder / f"{export.stem}.xlsx").write_bytes(content)


def _json(export: Export, folder: Path) -> None:
    (folder / f"{export.stem}.json").write_bytes(json_bytes(export.report.to_record()))


def _gpkg(export: Export, folder: Path) -> None:
    from avs_coverage.reports.gpkg_file import write_gpkg

    write_gpkg(export.report, folder / f"{export.stem}.gpkg")


def _geojson(export: Export, folder: Path) -> None:
    from avs_coverage.reports.geojson_file import write_geojson

    write_geojson(export.report, folder)


def _parquet(export: Export, folder: Path) -> None:
    from avs_coverage.reports.geoparquet_file import write_geoparquet

    write_geoparquet(export.report, folder)


def _html(export: Export, folder: Path) -> None:
    from avs_coverage.reports.html_report import write_html

    write_html(export.report, folder / f"{export.stem}.html")


def _markdown(export: Export, folder: Path) -> None:
    from avs_coverage.reports.markdown_file import markdown

    content = markdown(export.report, export.passages, export.views, export.dialect == "excel-fr")
    (folder / f"{export.stem}.md").write_bytes(content)


def _pdf(export: Export, folder: Path) -> None:
    from avs_coverage.reports.pdf_file import pdf_bytes

    (folder / f"{export.stem}.pdf").write_bytes(pdf_bytes(export.report, export.passages))


def _docx(export: Export, folder: Path) -> None:
    from avs_coverage.reports.docx_file import docx_bytes

    (folder / f"{export.stem}.docx").write_bytes(docx_bytes(export.report, export.passages))


def _png(export: Export, folder: Path) -> None:
    _map(export, folder, "png")


def _svg(export: Export, folder: Path) -> None:
    _map(export, folder, "svg")


def _map(export: Export, folder: Path, kind: str) -> None:
    from avs_coverage.reports.map_picture import map_bytes

    (folder / f"{export.stem}.{kind}").write_bytes(map_bytes(export.report, kind))


FORMATS: Mapping[str, Callable[[Export, Path], None]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "json": _json,
    "html": _html,
    "markdown": _markdown,
    "pdf": _pdf,
    "docx": _docx,
    "png": _png,
    "svg": _svg,
    "gpkg": _gpkg,
    "geojson": _geojson,
    "parquet": _parquet,
}
"""What each format writes into a folder."""
_LIBRARIES = {
    "pdf": ("reportlab", "matplotlib"),
    "docx": ("docx", "matplotlib"),
    "png": ("matplotlib",),
    "svg": ("matplotlib",),
}


def require_libraries(formats: Sequence[str]) -> None:
    """Check that the libraries of some formats are there; raises OutputError (AVS-507)."""
    for name in formats:
        for module in _LIBRARIES.get(name, ()):
            require(module, f"le format {name}")


def json_bytes(record: Mapping[str, Any]) -> bytes:
    """Return a JSON document, in UTF-8, keys in their order."""
    return (json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def write_export(
    export: Export, formats: Sequence[str], folder: Path, force: bool, tell: Callable[[str], None]
) -> tuple[Path, ...]:
    """Write an export to *folder*, made if need be; *tell* is called with each format as it begins.

    All files are made aside first, then put in place one by one, the manifest last: all are the old ones
    or all the new ones, unless the process is killed meanwhile; there is then no manifest. Raises
    OutputError: AVS-501 a file exists and *force* is not given, AVS-502 one cannot be written, AVS-509
    one is open elsewhere.
    """
    with made_folder(folder), staging(folder) as staged:
        record = make_files(export, formats, folder, staged, tell)
        names = [one["fichier"] for one in record["sorties"]]
        (staged / FILE_NAME).write_bytes(json_bytes(record))
        names.append(FILE_NAME)
        put_in_place(staged, folder, names, force, vouching=FILE_NAME)
    return tuple(folder / name for name in names)


def make_files(
    export: Export, formats: Sequence[str], folder: Path, staged: Path, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Make the files of some formats in *staged*, meant for *folder*, and return their manifest."""
    for name in formats:
        tell(name)
        FORMATS[name](export, staged)
    if "csv" in formats:
        from avs_coverage.reports.data_package import data_package

        package = data_package(export.views, export.columns, export.report, export.dialect, staged)
        (staged / PACKAGE_NAME).write_bytes(json_bytes(package))
    return manifest(export.request, export.report, formats, export.dialect, folder, staged)
