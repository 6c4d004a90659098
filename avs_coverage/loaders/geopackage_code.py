"""The code that a GeoPackage may hold: the triggers and virtual tables that the format and GDAL write.

Templates of GeoPackage 1.0 to 1.4, of GDAL 1.11 to 3.12 and of QGIS, which has GDAL write its files. A text
is compared token by token: spaces, case and the kind of quotes do not count, nor the wording of a refusal.
Nothing here is ever run.
"""

# ruff: noqa: S608 - templates to compare with, never run

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

Tokens = tuple[str, ...]

_TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?(?:\*/|\Z)  # what says nothing
    |(?P<quoted>"[^"]*(?:""[^"]*)*(?:"|\Z)|`[^`]*(?:``[^`]*)*(?:`|\Z)|\[[^\]]*(?:\]|\Z)
        |'[^']*(?:''[^']*)*(?:'|\Z))
    |(?P<word>[^\W\d][\w$]*|\d[\w.]*|.)""",
    re.S | re.X,
)
"""What is never closed goes to the end: to look for its end from each character would take for ever."""
_RTREE_VALUES = 'NEW."{i}", ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")'
_PUT = f'INSERT OR REPLACE INTO "rtree_{{t}}_{{c}}" VALUES ({_RTREE_VALUES});'
_DELETE = 'DELETE FROM "rtree_{t}_{c}" WHERE id = OLD."{i}";'
_HAS, _HAD = (f'({w}."{{c}}" NOTNULL AND NOT ST_IsEmpty({w}."{{c}}"))' for w in ("NEW", "OLD"))
_LACKS, _LACKED = (f'({w}."{{c}}" ISNULL OR ST_IsEmpty({w}."{{c}}"))' for w in ("NEW", "OLD"))
_SAME, _OTHER = 'OLD."{i}" = NEW."{i}"', 'OLD."{i}" != NEW."{i}"'
_RTREE = {
    "insert": f'INSERT ON "{{t}}" WHEN {_HAS} BEGIN {_PUT} END',
    "update1": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND {_HAS} BEGIN {_PUT} END',
    "update2": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND {_LACKS} BEGIN {_DELETE} END',
    "update3": f'UPDATE ON "{{t}}" WHEN {_OTHER} AND {_HAS} BEGIN {_DELETE} {_PUT} END',
    "update4": f'UPDATE ON "{{t}}" WHEN {_OTHER} AND {_LACKS} '
    'BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id IN (OLD."{i}", NEW."{i}"); END',
    "update5": f'UPDATE ON "{{t}}" WHEN {_OTHER} AND {_HAS} BEGIN {_DELETE} {_PUT} END',
    "update6": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND {_HAS} AND {_HAD} '
    'BEGIN UPDATE "rtree_{t}_{c}" SET minx = ST_MinX(NEW."{c}"), maxx = ST_MaxX(NEW."{c}"), '
    'miny = ST_MinY(NEW."{c}"), maxy = ST_MaxY(NEW."{c}") WHERE id = NEW."{i}"; END',
    "update7": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND {_HAS} AND {_LACKED} '
    f'BEGIN INSERT INTO "rtree_{{t}}_{{c}}" VALUES ({_RTREE_VALUES}); END',
    "delete": f'DELETE ON "{{t}}" WHEN OLD."{{c}}" NOTNULL BEGIN {_DELETE} END',
}
"""After what each trigger of a spatial index runs, and what it does: *t* table, *c* geometry, *i* key.

Version 1.0 says ``UPDATE OF c`` where later ones say ``UPDATE`` in the third.
"""
_COUNT = (
    'CREATE TRIGGER "trigger_{event}_feature_count_{{t}}" AFTER {event} ON "{{t}}" BEGIN '
    "UPDATE gpkg_ogr_contents SET feature_count = feature_count {sign} 1 WHERE {{where}}; END"
)
_SCOPES = (
    "'undefined','fieldSession','collectionSession','series','dataset','featureType','feature','attributeType',"
    "'attribute','tile','model','{catalog}','schema','taxonomy','software','service','collectionHardware',"
    "'nonGeographicDataset','dimensionGroup'"
)
_MOMENT = "[1-2][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z"
_CHECKS = {
    ("gpkg_tile_matrix", "zoom_level"): ["(NEW.zoom_level < 0)"],
    ("gpkg_tile_matrix", "matrix_width"): ["(NEW.matrix_width < 1)"],
    ("gpkg_tile_matrix", "matrix_height"): ["(NEW.matrix_height < 1)"],
    ("gpkg_tile_matrix", "pixel_x_size"): ["NOT (NEW.pixel_x_size > 0)"],
    ("gpkg_tile_matrix", "pixel_y_size"): ["NOT (NEW.pixel_y_size > 0)"],
    ("gpkg_metadata", "md_scope"): [f"NOT(NEW.md_scope IN ({_SCOPES}))"],
    ("gpkg_metadata_reference", "reference_scope"): [
        "NOT NEW.reference_scope IN ('geopackage','table','column','row','row/col')"
    ],
    ("gpkg_metadata_reference", "column_name"): [
        "(NEW.reference_scope IN ('geopackage','table','row') AND NEW.column_name IS NOT NULL)",
        "(NEW.reference_scope IN ('column','row/col') AND NOT NEW.table_name IN (SELECT name FROM "
        "sqlite_master WHERE type = 'table' AND name = NEW.table_name "
        "AND sql LIKE ('%' || NEW.column_name || '%')))",
    ],
    ("gpkg_metadata_reference", "row_id_value"): [
        "NEW.reference_scope IN ('geopackage','table','column') AND NEW.row_id_value IS NOT NULL",
        "NEW.reference_scope IN ('row','row/col') AND NOT EXISTS (SELECT rowid FROM (SELECT NEW.table_name "
        "AS table_name) WHERE rowid = NEW.row_id_value)",
    ],
    ("gpkg_metadata_reference", "timestamp"): [
        f"NOT (NEW.timestamp GLOB '{_MOMENT}' AND strftime('%s',NEW.timestamp) NOT NULL)"
    ],
}
"""What the triggers of the format's own tables refuse: (table, column) → conditions."""


def tokens(sql: str) -> Tokens:
    r"""Cut a statement into words in lower case, names and texts without their quotes.

    >>> tokens('CREATE TRIGGER "a b" -- x\n ON [t] WHEN new.x NOT NULL')
    ('create', 'trigger', 'a b', 'on', 't', 'when', 'new', '.', 'x', 'notnull')
    >>> tokens("a 'it''s' [b]/* c")
    ('a', "it's", 'b')
    """
    found: list[str] = []
    for match in _TOKEN.finditer(sql.strip().rstrip(";")):
        if quoted := match["quoted"]:
            found.append(quoted[1:-1].replace(quoted[-1] * 2, quoted[-1]).lower())
        elif word := match["word"]:
            word = word.lower()
            if word == "null" and found[-1:] in (["not"], ["is"]):
                found[-1] += word
            else:
                found.append(word)
    return tuple(found)


def is_of_the_format(
    kind: str, sql: str, table: str, columns: Collection[str], keys: Collection[str]
) -> bool:
    """Tell a trigger, or a virtual table, that the format or GDAL writes; *table* is the one that it is on.

    *columns* are those of the table, *keys* those of its primary key.
    """
    said = _without_message(tokens(sql))
    if kind == "table":
        return any(said == one for one in _spatial_indexes(said))
    return any(said == one for one in _triggers(said, table.lower(), columns, keys))


def _spatial_indexes(said: Tokens) -> Iterator[Tokens]:
    if len(said) > 3 and said[3].startswith("rtree_"):  # noqa: PLR2004 - create virtual table NAME
        yield tokens(f'CREATE VIRTUAL TABLE "{_escaped(said[3])}" USING rtree(id, minx, maxx, miny, maxy)')


def _triggers(said: Tokens, table: str, columns: Collection[str], keys: Collection[str]) -> Iterator[Tokens]:
    name = said[2] if len(said) > 2 else ""  # noqa: PLR2004 - create trigger NAME
    t = _escaped(table)
    for event, sign in (("insert", "+"), ("delete", "-")):
        if name == f"trigger_{event}_feature_count_{table}":
            for where in (f"lower(table_name) = lower('{t}')", f"table_name = '{t}'"):
                yield tokens(_COUNT.format(event=event, sign=sign).format(t=t, where=where))
    start, (column, _, what) = f"rtree_{table}_", name.rpartition("_")
    template = _RTREE.get(what, "") if column.startswith(start) else ""
    column = column.removeprefix(start)
    # The key of a layer is one column.
    if template and len(keys) == 1 and column in map(str.lower, columns):
        for after in (template, template.replace("UPDATE ON", 'UPDATE OF "{c}" ON')):
            text = after.format(t=t, c=_escaped(column), i=_escaped(*keys))
            yield tokens(f'CREATE TRIGGER "{_escaped(name)}" AFTER {text}')
    for (checked, column), conditions in _CHECKS.items():
        for event, moment in (("insert", "INSERT"), ("update", f"UPDATE OF {column}")):
            if checked == table and name == f"{table}_{column}_{event}":
                refusals = "".join(f"SELECT RAISE(ABORT, '') WHERE {one};" for one in conditions)
                text = f"CREATE TRIGGER {name} BEFORE {moment} ON {table} FOR EACH ROW BEGIN {refusals} END"
                for catalog in ("catalog", "catalogue"):
                    yield tokens(text.replace("{catalog}", catalog))


def _without_message(said: Tokens) -> Tokens:
    """Leave out the words of what a trigger refuses: they are no code."""
    kept = list(said)
    for rank in range(len(kept) - 4):
        if (
            kept[rank : rank + 2] == ["raise", "("]
            and kept[rank + 3] == ","
            and kept[rank + 5 : rank + 6] == [")"]
        ):
            kept[rank + 4] = ""
    return tuple(kept)


def _escaped(name: str) -> str:
    return name.replace('"', '""').replace("'", "''")
