"""Write the layers of a report as a GeoPackage, with French aliases and the styles of QGIS."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault
from avs_coverage.messages import french_date, os_reason
from avs_coverage.reports.geo_layers import Layer, layers
from avs_coverage.reports.output import refuse_existing, write_atomically
from avs_coverage.reports.qml import STYLES, qml

if TYPE_CHECKING:
    import geopandas as gpd

    from avs_coverage.report import Report

GEOMETRY_COLUMN = "geom"

LAYER_STYLES = """CREATE TABLE "layer_styles" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "f_table_catalog" TEXT(256),
    "f_table_schema" TEXT(256),
    "f_table_name" TEXT(256),
    "f_geometry_column" TEXT(256),
    "styleName" TEXT(30),
    "styleQML" TEXT,
    "styleSLD" TEXT,
    "useAsDefault" BOOLEAN,
    "description" TEXT,
    "owner" TEXT(30),
    "ui" TEXT(30),
    "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
"""The table that QGIS makes when it saves a style in a GeoPackage (QgsOgrProviderMetadata::saveStyle)."""

# OGC 12-128, GeoPackage 1.3, extension « schema » (annex F.9).
_DATA_COLUMNS = """CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    name TEXT,
    title TEXT,
    description TEXT,
    mime_type TEXT,
    constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
)"""
_DATA_COLUMN_CONSTRAINTS = """CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL,
    constraint_type TEXT NOT NULL,
    value TEXT,
    min NUMERIC,
    min_is_inclusive BOOLEAN,
    max NUMERIC,
    max_is_inclusive BOOLEAN,
    description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
)"""
_SCHEMA_EXTENSION = ("gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema", "read-write")


def write_gpkg(report: Report, path: Path, force: bool = False) -> None:
    """Write the layers of a report: the old file or the whole new one.

    Every time that the format requires is the date of the report. Raises OutputError.
    """
    refuse_existing(path, force)
    moment = f"{report.coverage.on.isoformat()}T00:00:00.000Z"
    with _refusals(path), tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "couches.gpkg"
        found = _write_layers(draft, report, moment)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            database.execute("BEGIN")
            _add_aliases(database, found)
            _add_styles(database, found, moment)
            database.execute("COMMIT")
            database.execute("VACUUM")  # no page keeps what was written over
        content = draft.read_bytes()
    write_atomically(path, content, force)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what keeps the draft from being written, a full disk most often, into AVS-502."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        yield
    except (OSError, sqlite3.Error, DataLayerError, DataSourceError) as error:
        reason = (
            f"le brouillon n'a pu être écrit dans « {tempfile.gettempdir()} », faute de place ou de droits"
        )
        if isinstance(error, OSError) and error.errno:
            reason = os_reason(error)
        raise OutputError(Fault("AVS-502", {"value": str(path), "reason": reason})) from error


def _write_layers(draft: Path, report: Report, moment: str) -> list[Layer]:
    """Write each layer as it is made; return what describes them, less their rows and shapes."""
    import pyogrio

    coverage = report.coverage
    basis = f"{report.label} — règle {coverage.rule.name}, état au {french_date(coverage.on)}"
    # An index built in a thread of its own could be laid out otherwise from one time to the next.
    with gdal_options(OGR_CURRENT_DATE=moment, OGR_GPKG_ALLOW_THREADED_RTREE="NO"):
        found = []
        for layer in layers(report):
            pyogrio.write_dataframe(
                _without_nul(layer.frame),
                draft,
                layer=layer.name,
                driver="GPKG",
                geometry_type=layer.geometry,
                layer_options={
                    "GEOMETRY_NAME": GEOMETRY_COLUMN,
                    "FID": "fid",
                    "DESCRIPTION": f"{layer.title} — {basis}",
                },
            )
            found.append(replace(layer, rows=(), shapes=()))
            del layer  # before the next is made: both would not fit in the memory
    return found


def _without_nul(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer without the null characters, at which GDAL would silently cut a text."""
    texts = frame.select_dtypes("string").columns
    clean = {name: frame[name].str.replace("\0", "\N{REPLACEMENT CHARACTER}", regex=False) for name in texts}
    return frame.assign(**clean)


@contextmanager
def gdal_options(**options: str) -> Iterator[None]:
    """Set options of GDAL for a while: they are those of the whole process."""
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _add_aliases(database: sqlite3.Connection, found: Sequence[Layer]) -> None:
    """Name the columns in French, as the extension « schema » does: GDAL and QGIS read it."""
    for number, table in enumerate((_DATA_COLUMNS, _DATA_COLUMN_CONSTRAINTS)):
        database.execute(table)
        name = ("gpkg_data_columns", "gpkg_data_column_constraints")[number]
        database.execute("INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, ?)", (name, *_SCHEMA_EXTENSION))
    for layer in found:
        database.executemany(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)",
            [(layer.name, one.name, one.label, one.label, one.meaning) for one in layer.columns],
        )


def _add_styles(database: sqlite3.Connection, found: Sequence[Layer], moment: str) -> None:
    """Add each layer's default style where QGIS looks for it."""
    database.execute(LAYER_STYLES)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
        (moment,),
    )
    for layer in found:
        style = STYLES[layer.name]
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
            "styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)",
            (layer.name, GEOMETRY_COLUMN, style.name, qml(style, layer.columns), layer.title, moment),
        )
