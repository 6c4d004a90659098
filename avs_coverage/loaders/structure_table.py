"""Bring any file that lists structures to one table in the tool's own columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from avs_coverage.errors import InputError, UsageError
from avs_coverage.faults import Fault
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS, match_header
from avs_coverage.loaders.table_file import (
    MOST_CELLS,
    MOST_STRUCTURES,
    Row,
    describe_text,
    first_bytes,
    read_rows,
    too_many_cells,
    too_many_structures,
)
from avs_coverage.messages import enumeration
from avs_coverage.names import normalise
from avs_coverage.ordinary import read_toml

OWN_FORMAT = "liste de structures, colonnes de l'outil"
_LONGEST_HEADER = 200
_GEOGRAPHICAL = (b"SQLite", b"PAR1", b"PK", b"7z", b"\x00\x00\x27\x0a")
"""How the files start that may hold a geographical layer: GeoPackage, GeoParquet, archives, shapefile."""


@dataclass
class StructureTable:
    """Rows under a row of headers, the format recognised, and what was left aside on the way.

    *encoding* says how a table of text is written; empty for other files. *rows* starts with
    the headers, or with title rows above them. *columns*: column of the tool → header of a foreign
    format. *set_aside* may stand for many rows each, see
    ``Fault.rows``.
    """

    rows: list[Row]
    format: str = OWN_FORMAT
    encoding: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    set_aside: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def read_structure_table(path: Path, mapping: dict[str, str] | None = None) -> StructureTable:
    """Read a file whatever its format, recognised by its content: never by its name.

    GeoJSON and GeoPackage of points; the BPE and data.inclusion (CSV, Parquet, workbooks);
    else a table in the tool's own columns. *mapping* names the file's own headers: column of
    the tool → header. Raises InputError.
    """
    table = read_as_written(path, mapping)
    if mapping:
        rename_headers(table.rows, mapping, path.name)
    for module in _adapters(table.rows):
        table.rows, more, warnings = module.adapt(table.rows, path.name)
        table.format, table.set_aside = module.FORMAT, table.set_aside + more
        table.columns = module.COLUMNS
        table.warnings += warnings
    return table


def read_as_written(path: Path, mapping: dict[str, str] | None = None) -> StructureTable:
    """Read the rows of a list under its own headers; a *mapping* tells its sheet among others."""
    # Modules of foreign formats are imported once the first bytes look like theirs.
    start = first_bytes(path)
    if start.startswith(_GEOGRAPHICAL) or b'"features"' in start or b'"FeatureCollection"' in start:
        from avs_coverage.loaders import geo_points

        if geo_points.recognises(path):
            rows, warnings = geo_points.read_points(path)
            return StructureTable(rows, "points géographiques", warnings=warnings)
    if start.startswith((b"PAR1", b"PK")) or b"TYPEQU" in start.upper():
        from avs_coverage.loaders import bpe

        if bpe.recognises(path):
            rows, others = bpe.read_bpe(path)
            return StructureTable(rows, bpe.FORMAT, set_aside=others)
    if start.startswith(b"PAR1"):
        return StructureTable(_rows_of_parquet(path))
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        from avs_coverage.loaders.workbook import read_sheets

        return StructureTable(_only_list(path, list(read_sheets(path)), mapping))
    if (records := _json_records(path)) is not None:
        return StructureTable(records)
    return StructureTable(read_rows(path), encoding=describe_text(path))


def _only_list(path: Path, found: list[tuple[str, list[Row]]], mapping: dict[str, str] | None) -> list[Row]:
    """Return the rows of the sheet that lists structures, of the first where none does; two are refused."""
    lists = [(name, rows) for name, rows in found if _is_list(rows, mapping)]
    filled = [(name, rows) for name, rows in lists if sum(not row.is_blank for row in rows) > 1]
    if len(filled) > 1:
        raise two_lists(path.name, [name for name, _ in filled])
    return next((rows for _, rows in filled or lists or found), [])


def two_lists(file: str, names: list[str]) -> InputError:
    """Return the error of a file that lists structures in several sheets or layers (AVS-386)."""
    return InputError(Fault("AVS-386", {"value": enumeration([f"« {name} »" for name in names])}, file))


def _is_list(rows: list[Row], mapping: dict[str, str] | None) -> bool:
    """Tell rows with the headers of a list: the tool's own, a foreign format's, or those of a mapping."""
    if mapping:
        wanted = {normalise(header) for header in mapping.values()}
        return any(wanted <= set(map(normalise, row.cells)) for row in rows[:20])
    _, positions, _, _ = match_header(rows, STRUCTURE_COLUMNS, ("nom", "type"))
    return {"nom", "type"} <= positions.keys() or any(True for _ in _adapters(rows))


def _rows_of_parquet(path: Path) -> list[Row]:
    from avs_coverage.loaders.geo_file import attribute_text
    from avs_coverage.loaders.parquet_file import bounded_batches, opened_parquet

    with opened_parquet(path) as file:
        if file.metadata.num_rows > MOST_STRUCTURES:
            raise too_many_structures(path)
        names = file.schema_arrow.names
        if file.metadata.num_rows * file.metadata.num_columns > MOST_CELLS:
            raise too_many_cells(path)
        rows = [Row(1, tuple(names))]
        for batch in bounded_batches(path.name, file, names):
            columns = [[attribute_text(value) for value in column.to_pylist()] for column in batch.columns]
            rows += [Row(line, cells) for line, cells in enumerate(zip(*columns, strict=True), len(rows) + 1)]
    return rows


def _json_records(path: Path) -> list[Row] | None:
    """Return a JSON list of objects as rows under their keys; None for another file.

    Raises InputError as ``json_objects`` and ``names_of``, and (AVS-349) with every text that holds half a
    character, which no file could be written with.
    """
    from avs_coverage.loaders.json_list import json_objects, names_of

    found = json_objects(path)
    if found is None:
        return None
    from avs_coverage.loaders.geo_file import attribute_text

    names = names_of(path, found)
    cells = [tuple(attribute_text(item.get(name)) for name in names) for item in found]
    rows = [Row(line, row) for line, row in enumerate([tuple(names), *cells], 1)]
    faults = [
        Fault("AVS-349", {"value": _whole(cell)}, path.name, row.line, _whole(name))
        for row in rows
        for name, cell in zip(names, row.cells, strict=True)
        if cell != _whole(cell)
    ]
    if faults:
        raise InputError(faults)
    return rows


def _whole(text: str) -> str:
    """Return a text with U+FFFD in place of each half of a character."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def _adapters(rows: list[Row]) -> Iterator[ModuleType]:
    """Yield the module of a foreign format whose columns the first row bears."""
    header = {cell.upper() for cell in rows[0].cells} if rows else set()
    if "TYPEQU" in header:
        from avs_coverage.loaders import bpe

        if bpe.matches(rows):
            yield bpe
    elif header & {"TYPOLOGIE", "RESEAUX_PORTEURS"}:
        from avs_coverage.loaders import data_inclusion

        if data_inclusion.matches(rows):
            yield data_inclusion


def parse_mapping(text: str, columns: Collection[str] = STRUCTURE_COLUMNS) -> dict[str, str]:
    """Return column of the tool → header of the file, from ``nom=lib_structure,type=categorie``.

    *text* may also be the path of a TOML file of such lines (``nom = "lib_structure"``).
    Raises UsageError (AVS-211), and InputError (AVS-301) for one beyond 100 kB.
    """
    if "=" not in text and _is_file(text):
        import tomllib

        try:
            content = read_toml(Path(text))
        except OSError as error:
            raise _bad_mapping(text, columns) from error
        try:
            said = tomllib.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, numbers without end
            raise _bad_mapping(text, columns) from error
        pairs = [(key, str(value)) for key, value in said.items()]
    else:
        pairs = [
            (key.strip(), value.strip()) for key, _, value in (p.partition("=") for p in text.split(","))
        ]
    once = len({key for key, _ in pairs}) == len(pairs)
    if not once or not all(key in columns and value for key, value in pairs):
        raise _bad_mapping(text, columns)
    return dict(pairs)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # too long for the name of a file
        return False


def _bad_mapping(text: str, columns: Collection[str]) -> UsageError:
    values = {"value": text, "choices": ", ".join(columns)}
    return UsageError(Fault("AVS-211", values))


def rename_headers(rows: list[Row], mapping: dict[str, str], file: str) -> None:
    """Give the headers of *mapping* the tool's names, in the row that names most of them.

    Raises InputError (AVS-343) with every header that is not in it.
    """
    wanted = {normalise(header): column for column, header in mapping.items()}
    heads = [len(wanted.keys() & set(map(normalise, row.cells))) for row in rows[:20]]
    index = heads.index(max(heads)) if heads else 0
    row = rows[index] if rows else Row(1, ())
    present = set(map(normalise, row.cells))
    if absent := [header for header in mapping.values() if normalise(header) not in present]:
        raise InputError([_absent(header, row, file) for header in absent])
    cells = tuple(wanted.get(normalise(cell), cell) for cell in row.cells)
    # A header that already bears the name, and that the mapping replaces, would be a second one.
    taken = [
        cell in mapping and normalise(old) not in wanted for cell, old in zip(cells, row.cells, strict=True)
    ]
    rows[index] = Row(
        row.line, tuple(f"{c} (fichier)" if t else c for c, t in zip(cells, taken, strict=True))
    )


def _absent(header: str, row: Row, file: str) -> Fault:
    """Return the fault of a header that the file does not have, with the nearest one."""
    from rapidfuzz import process

    found = [cell for cell in row.cells if cell]
    short = [cell for cell in found if len(cell) <= _LONGEST_HEADER]
    near = process.extractOne(header, short, processor=normalise, score_cutoff=70)
    hint = f"peut-être « {near[0]} »" if near else "écrivez un en-tête du fichier, tel quel"
    values = {"value": header, "found": ", ".join(found) or "aucun", "hint": hint}
    return Fault("AVS-343", values, file, row.line)
