"""Read the sheets of a workbook (XLSX, XLS, ODS) as rows of text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import unescape

from avs_coverage.errors import InputError
from avs_coverage.loaders.table_file import CELL_IN_ERROR, Row, not_a_table, read_bytes, text_of

_MAX_CELLS = 20_000_000
_MAX_SPARSE_CELLS, _LEAST_FILLED = 500_000, 0.05
_MAX_SHEET_BYTES = 600_000_000
_MAX_WORKBOOK_BYTES = 2_000_000_000
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_CELL_IN_ERROR = re.compile(rb'<(?:\w+:)?c (?=[^>]*?t="e")[^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_ODS_ROW = re.compile(rb"<table:table-row[ >/]")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell(?: [^>]*)?>")
_REPEATED = re.compile(rb'-repeated="(\d{1,9})"')
_SHEET = re.compile(r'<(?:\w+:)?sheet (?=[^>]*?name="([^"]*)")[^>]*?\w+:id="([^"]*)"')
_RELATION = re.compile(r'<Relationship (?=[^>]*?Id="([^"]*)")[^>]*?Target="([^"]*)"')

_ODS_CONTENT = "content.xml"
Places = set[tuple[int, int]]


def read_sheets(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet; raises InputError: AVS-301, AVS-302."""
    yield from sheets(path, read_bytes(path))


def sheets(path: Path, content: bytes) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet of a workbook already read."""
    from python_calamine import CalamineWorkbook

    try:
        errors = _look_ahead(path, content)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            table = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            wrong = errors.get(name, set())
            yield (
                name,
                [
                    Row(
                        line,
                        tuple(CELL_IN_ERROR if (line, i) in wrong else text_of(c) for i, c in enumerate(row)),
                    )
                    for line, row in enumerate(table, 1)
                ],
            )
    except InputError:
        raise
    except Exception as error:  # calamine raises several unrelated classes, and zip and XML errors
        reason = "classeur abîmé, protégé par un mot de passe, ou d'un autre logiciel"
        raise not_a_table(path, reason) from error


def _look_ahead(path: Path, content: bytes) -> dict[str, Places]:
    """Return the cells in error (``#N/A``…) of each sheet of an XLSX: (line, column from 0).

    The reader gives them as empty, which nobody has left them. It also allocates the whole
    rectangle up to the last cell at once, and the process dies with it: a sheet with a cell too
    far away is refused here (AVS-302).
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {}
    errors: dict[str, Places] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MAX_WORKBOOK_BYTES:
            raise not_a_table(path, "le classeur est démesuré une fois décompressé")
        if damaged := archive.testzip():  # the reader does not check: it would give other cells
            raise not_a_table(path, f"classeur abîmé ({damaged})")
        if _ODS_CONTENT in archive.namelist():
            _refuse_far_ods_cell(path, archive)
        for member in archive.infolist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", member.filename):
                continue
            if member.file_size > _MAX_SHEET_BYTES:
                raise not_a_table(path, f"la feuille {member.filename} est démesurée")
            errors[member.filename] = _errors_of(path, archive.read(member))
        return {name: errors[file] for name, file in _files_of_sheets(archive).items() if file in errors}


def _errors_of(path: Path, xml: bytes) -> Places:
    """Return the cells in error of a sheet; one whose last cell is too far away is refused (AVS-302)."""
    cells = _CELL.findall(xml)
    last_row = max((int(row) for _, row in cells), default=0)
    last_column = max((_column_number(column) for column in {c for c, _ in cells}), default=0)
    _refuse_far(path, last_row, last_column, len(cells))
    return {(int(row), _column_number(column) - 1) for column, row in _CELL_IN_ERROR.findall(xml)}


def _refuse_far(path: Path, last_row: int, last_column: int, filled: int) -> None:
    """Refuse a sheet whose last cell is too far away, or far beyond the few that are filled (AVS-302)."""
    size = last_row * last_column
    if size > _MAX_CELLS or (size > _MAX_SPARSE_CELLS and filled < _LEAST_FILLED * size):
        where = f"ligne {last_row}, colonne {last_column}"
        raise not_a_table(path, f"une cellule est à la {where} : effacez ce qui est hors du tableau")


def _refuse_far_ods_cell(path: Path, archive: zipfile.ZipFile) -> None:
    """Do the same for an ODS, which says once a row or a cell that it repeats a million times."""
    if archive.getinfo(_ODS_CONTENT).file_size > _MAX_SHEET_BYTES:
        raise not_a_table(path, "le classeur est démesuré")
    for sheet in archive.read(_ODS_CONTENT).split(b"<table:table ")[1:]:
        last_row = last_column = filled = row = 0
        for text in _ODS_ROW.split(sheet)[1:]:
            row += _repeats(text.partition(b">")[0])
            column = 0
            for cell in _ODS_CELL.findall(text):
                column += _repeats(cell)
                if not cell.endswith(b"/>"):
                    filled, last_row, last_column = filled + 1, row, max(last_column, column)
        _refuse_far(path, last_row, last_column, filled)


def _repeats(tag: bytes) -> int:
    found = _REPEATED.search(tag)
    return int(found[1]) if found else 1


def _files_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the member that holds each sheet: tabs may be in another order than their files."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = dict(_RELATION.findall(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")))
    found = {}
    for name, relation in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace")):
        target = targets.get(relation, "")
        file = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        found[unescape(name, {"&quot;": '"', "&apos;": "'"})] = file
    return found


def _column_number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = 26 * value + letter - 64
    return value
