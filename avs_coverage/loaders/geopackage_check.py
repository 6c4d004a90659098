"""Inspect a GeoPackage before GDAL opens it: a database may hold code, which reading it would run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.loaders.geo_projection import REASON, stands_by_itself
from avs_coverage.loaders.geopackage_code import is_of_the_format, tokens
from avs_coverage.paths import sqlite_uri

_MOST_BYTES, _MOST_ENTRIES = 1_000_000, 10_000
"""Of one text of the schema, or of a name; and of tables, indexes and the rest."""
_MOST_CHARACTERS = 2_000_000
"""Of the whole schema: that of BD TOPO, with its sixty layers, has a tenth."""
_STEPS, _MOST_CALLS = 10_000, 2_000
_GENERATED = (2, 3)
_EXPRESSION = -2
_OF_THE_FORMAT = ("gpkg_", "sqlite_", "rtree_")


class RefusedError(Exception):
    """The file is not read; the text says why, in French."""


@dataclass(frozen=True)
class _Entry:
    kind: str
    name: str
    table: str
    sql: str


def inspect(path: Path, is_copy: bool) -> None:
    """Check the schema of a GeoPackage, and take the views out of its copy: GDAL would list, and run, them.

    Accepted besides plain tables and indexes are the triggers and spatial indexes of the format, see
    ``geopackage_code``. A file that is no copy is left as it is, and refused where it holds a view.
    Raises RefusedError.
    """
    try:
        with closing(_opened(path, is_copy)) as database:
            entries = list(_entries(database))
            views = [entry.name for entry in entries if entry.kind == "view"]
            for entry in entries:
                if reason := _refusal(database, entry):
                    raise RefusedError(reason)
            if not all(map(stands_by_itself, _projections(database))):
                raise RefusedError(REASON)
            if views and not is_copy:
                raise RefusedError(f"il contient la vue « {views[0]} »")
            if is_copy:
                _without_views(database, views)
    except (
        sqlite3.Error,
        UnicodeDecodeError,
        OverflowError,
    ) as error:  # names, or messages, that are damaged
        raise RefusedError("fichier géographique abîmé ou incomplet") from error


def _opened(path: Path, is_copy: bool) -> sqlite3.Connection:
    mode = "mode=rw" if is_copy else "immutable=1"
    database = sqlite3.connect(sqlite_uri(path.resolve(), mode), uri=True, isolation_level=None)
    calls = iter(range(_MOST_CALLS))
    database.set_progress_handler(lambda: next(calls, None) is None, _STEPS)
    for limit, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MOST_BYTES),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    ):
        database.setlimit(limit, most)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    return database


def _entries(database: sqlite3.Connection) -> Iterator[_Entry]:
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchmany(
        _MOST_ENTRIES + 1
    )
    if len(rows) > _MOST_ENTRIES:
        raise RefusedError(f"plus de {_MOST_ENTRIES} tables")
    if sum(len(str(row[3] or "")) for row in rows) > _MOST_CHARACTERS:
        raise RefusedError("la description de ses tables est démesurée")
    for row in rows:
        kind, name, table, sql = ("" if value is None else str(value) for value in row)
        yield _Entry(kind, name, table, sql)


def _projections(database: sqlite3.Connection) -> Iterator[str]:
    """Yield the descriptions of projections; none where the file has no table of them."""
    columns = database.execute("SELECT name FROM pragma_table_info('gpkg_spatial_ref_sys')")
    described = [name for (name,) in columns if name.lower().startswith("definition")]
    for name in described:
        quoted = name.replace('"', '""')
        for (text,) in database.execute(f'SELECT "{quoted}" FROM gpkg_spatial_ref_sys'):  # noqa: S608
            yield str(text or "")


def _refusal(database: sqlite3.Connection, entry: _Entry) -> str:
    """Say why an entry of the schema is refused; empty where it is not."""
    if not entry.sql and entry.kind == "index":  # of a key
        return ""
    words = tokens(entry.sql)
    is_virtual = words[1:2] == ("virtual",)
    head = words[:3] if is_virtual or words[1:2] == ("unique",) else words[:2]
    rank = len(head)
    # SQLite believes the statement, whatever the kind beside it says.
    if words[:1] != ("create",) or head[-1] != entry.kind or words[rank : rank + 1] != (entry.name.lower(),):
        return f"« {entry.name} » n'est pas ce que le fichier en dit"
    if entry.kind == "view" and entry.name.lower().startswith(_OF_THE_FORMAT):
        return "une de ses tables est remplacée par une vue"
    code = _code_in(database, entry, is_virtual)
    return f"il contient du code : {code}" if code else ""


def _code_in(database: sqlite3.Connection, entry: _Entry, is_virtual: bool) -> str:
    """Name the code of an entry that is not of the format; empty where there is none, and for a view."""
    if entry.kind == "trigger":
        columns = database.execute("SELECT name, pk FROM pragma_table_info(?)", (entry.table,)).fetchall()
        keys = [name for name, key in columns if key] or ["rowid"]
        known = is_of_the_format("trigger", entry.sql, entry.table, [name for name, _ in columns], keys)
        return "" if known else f"le déclencheur « {entry.name} »"
    if is_virtual:
        known = is_of_the_format("table", entry.sql, entry.name, (), ())
        return "" if known else f"la table virtuelle « {entry.name} »"
    if entry.kind == "index":
        return f"l'index « {entry.name} »" if _is_computed(database, entry) else ""
    if entry.kind == "view":
        return ""
    hidden = database.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (entry.name,)).fetchall()
    generated = [name for name, kind in hidden if kind in _GENERATED]
    return f"la colonne calculée « {generated[0]} »" if generated else ""


def _is_computed(database: sqlite3.Connection, entry: _Entry) -> bool:
    """Tell an index on an expression, or on the rows of a condition."""
    parts = database.execute("SELECT cid FROM pragma_index_xinfo(?)", (entry.name,)).fetchall()
    partial = database.execute(
        "SELECT 1 FROM pragma_index_list(?) WHERE name = ? AND partial", (entry.table, entry.name)
    ).fetchall()
    return bool(partial) or any(column == _EXPRESSION for (column,) in parts)


def _without_views(database: sqlite3.Connection, views: list[str]) -> None:
    """Take the views out of a copy, and bring what a journal beside it holds into it."""
    database.execute("PRAGMA journal_mode = DELETE").fetchall()
    if not views:
        return
    tables = {
        name.lower() for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    layers = [name.lower() for (name,) in database.execute("SELECT table_name FROM gpkg_contents")]
    registered = [view for view in views if view.lower() in layers]
    if registered and not set(layers) - {view.lower() for view in views}:
        raise RefusedError(
            f"il ne contient que des vues (« {registered[0]} ») : enregistrez-y la couche elle-même"
        )
    # Only triggers of the format are left, which call functions that are GDAL's own.
    triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for kind, names in (("TRIGGER", triggers), ("VIEW", views)):
        for name in names:
            quoted = name.replace('"', '""')
            database.execute(f'DROP {kind} "{quoted}"')
    for table in tables & {"gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents"}:
        database.executemany(
            f"DELETE FROM {table} WHERE lower(table_name) = ?",  # noqa: S608 - one of the four
            [(view.lower(),) for view in registered],
        )
