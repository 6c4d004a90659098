"""Read a CSV or a workbook as rows of text, each with its line number."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}
_MAX_CELL = 1_000_000


@dataclass(frozen=True)
class Row:
    """One row: its line as a spreadsheet numbers it, and its cells as stripped text."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Tell whether no cell holds anything."""
        return not any(self.cells)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV, or of the first sheet of a workbook.

    CSV: ``;`` ``,`` or tab; UTF-8 with or without BOM, UTF-16 or cp1252.

    Workbooks (XLSX, XLS, ODS) are recognised by their content. Raises InputError: AVS-301
    unreadable, AVS-302 not a table.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        values = {"value": str(path), "reason": os_reason(error)}
        raise InputError(Fault("AVS-301", values)) from error
    if _is_workbook(content):
        return _read_workbook(path, content)
    if path.suffix.lower() in _WORKBOOKS:
        raise _not_a_table(path, "l'extension est celle d'un classeur, le contenu non")
    return _read_csv(path, content)


def describe_text(path: Path) -> str:
    """Say how a table of text is written, in French; empty for a workbook."""
    content = path.read_bytes()
    if _is_workbook(content):
        return ""
    text, encoding = _decode(path, content)
    names = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
    bom = " avec BOM" if content.startswith(b"\xef\xbb\xbf") else ""
    separator = {"\t": "tabulation"}.get(_delimiter(text), f"« {_delimiter(text)} »")
    return f"{names[encoding]}{bom}, séparateur {separator}"


def _is_workbook(content: bytes) -> bool:
    return content.startswith(b"\xd0\xcf\x11\xe0") or zipfile.is_zipfile(io.BytesIO(content))


def _not_a_table(path: Path, reason: str) -> InputError:
    return InputError(Fault("AVS-302", {"reason": reason}, str(path)))


def _read_csv(path: Path, content: bytes) -> list[Row]:
    text, _ = _decode(path, content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    previous_limit = csv.field_size_limit(_MAX_CELL)
    rows, start = [], 1
    try:
        for cells in reader:
            rows.append(Row(start, tuple(_unescape(cell.strip()) for cell in cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise _not_a_table(path, f"ligne {start} : cellule démesurée, guillemet jamais fermé ?") from error
    finally:
        csv.field_size_limit(previous_limit)
    return rows


def _decode(path: Path, content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        if b"\0" in content:
            raise _not_a_table(path, "le contenu est binaire")
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise _not_a_table(path, "l'encodage n'est ni UTF-8 ni Windows-1252")


def _delimiter(text: str) -> str:
    """Return the separator that cuts most of the first lines into the same number of cells.

    Only what is outside quotes counts; a title or a list inside a cell has no say against rows.
    """
    lines = ["".join(line.split('"')[::2]) for line in text.splitlines()[:30] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
        alike = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return alike[1], alike[0]

    return max(";,\t", key=score)


def _unescape(cell: str) -> str:
    """Take back the apostrophe that exports put before a text a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" and cell[1:2] else cell


def _read_workbook(path: Path, content: bytes) -> list[Row]:
    from python_calamine import CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if not workbook.sheet_names:
            return []
        table = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:  # calamine raises several unrelated classes, and zip and XML errors
        raise _not_a_table(path, f"classeur illisible : {error}") from error
    return [Row(line, tuple(text_of(cell) for cell in cells)) for line, cells in enumerate(table, 1)]


def text_of(cell: object) -> str:
    """Write a typed cell as the text a user would have typed; whole numbers without ``.0``."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return _unescape(str(cell).strip())
