"""Read a CSV or a workbook as rows of text, each with its line number."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from lzma import LZMAError
from pathlib import Path

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.intake import received, received_start
from avs_coverage.messages import number
from avs_coverage.ordinary import is_handed_over, not_readable, require_ordinary
from avs_coverage.reports.text import FORMULA_SIGNS, without_controls

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}
CELL_IN_ERROR = "#N/A"
"""What a cell in error of a workbook is read as: its value is not known, and it is not empty."""

ERROR_TEXTS = frozenset(
    {CELL_IN_ERROR, "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NAME?", "#NOM?", "#NUM!", "#NOMBRE!",
     "#NULL!", "#NUL!"}
)  # fmt: skip
"""How Excel, English and French, writes such a cell into a CSV."""

DAMAGED_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, LZMAError, UnicodeDecodeError, RuntimeError, EOFError, OSError,
)  # fmt: skip
"""What reading a damaged or encrypted zip raises."""

_ASCII = bytes(range(0x80))
_PIECE = 1 << 20
_DELIMITER_CHARACTERS = 100_000
_MAX_LINE_CELLS = 20_000
_MAX_CELL = 100_000
"""Three times what a spreadsheet takes."""
MOST_CELLS = 10_000_000
_MOST_LINES = 1_048_576
"""Those of a spreadsheet, which may write all of them."""
_MAX_BYTES = 200_000_000
MOST_STRUCTURES = 200_000
"""Fifty times those of France: a list of more, in an archive, would fill the memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line as a spreadsheet numbers it, and its cells as stripped text.

    Characters that no output should carry on are left out: see ``without_controls``.
    """

    line: int
    cells: tuple[str, ...]

    def __post_init__(self) -> None:
        """Leave out what is no writing, whatever the file the row is from."""
        if not all(map(str.isprintable, self.cells)):
            object.__setattr__(self, "cells", tuple(without_controls(cell).strip() for cell in self.cells))

    @property
    def is_blank(self) -> bool:
        """Tell whether no cell holds anything."""
        return not any(self.cells)


def under_no_header(row: Row, header: Sequence[str]) -> tuple[str, str]:
    """Return the column, as a spreadsheet names it, and the text of the first cell without a header.

    Two empty texts where there is none. A workbook gives every row the same number of cells, so that
    only an empty header tells one too many.
    """
    if len(row.cells) > len(header) or "" in header:
        for position, cell in enumerate(row.cells):
            if cell and not "".join(header[position : position + 1]):
                return column_letters(position), cell
    return "", ""


def beyond_headers(file: str, line: int, cells: Sequence[str], width: int) -> Fault | None:
    """Return the fault of a row with a cell beyond the *width* of its headers (AVS-306), None without."""
    position = next((n for n in range(width, len(cells)) if cells[n].strip()), -1)
    if position < 0:
        return None
    return Fault("AVS-306", {"value": cells[position].strip()}, file, line, column_letters(position))


def column_letters(position: int) -> str:
    """Name a column, from 0, as a spreadsheet does.

    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(701), column_letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    letters, rest = "", position + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV, or of the first sheet of a workbook.

    CSV: ``;`` ``,`` or tab; UTF-8 with or without BOM, UTF-16 or cp1252.

    Workbooks (XLSX, XLS, ODS) are recognised by their content. Raises InputError: AVS-301
    unreadable, AVS-302 not a table.
    """
    content = read_bytes(path)
    if reason := no_table(content):
        raise not_a_table(path, reason)
    if is_workbook(content):
        from avs_coverage.loaders.workbook import sheets

        return next((rows for _, rows in sheets(path, content)), [])
    if path.suffix.lower() in _WORKBOOKS:
        raise not_a_table(path, "l'extension est celle d'un classeur, le contenu non")
    return rows_of_text(path, content)


def too_many_structures(path: Path) -> InputError:
    """Return the error of a list of more rows than ``MOST_STRUCTURES`` (AVS-308)."""
    return _beyond(path, MOST_STRUCTURES)


def _beyond(path: Path, lines: int) -> InputError:
    return InputError(Fault("AVS-308", {"value": f"plus de {number(lines)} lignes"}, str(path)))


def too_many_cells(path: Path) -> InputError:
    """Return the error of a table of more than ``MOST_CELLS`` (AVS-302)."""
    return not_a_table(path, f"plus de {MOST_CELLS // 1_000_000} millions de cellules")


def no_table(start: bytes) -> str:
    """Say in French why a file whose first bytes these are is no table; empty where it may be one."""
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        return "le fichier est vide"
    for magic, reason in (
        (b"%PDF", "c'est un PDF, dont les tableaux ne se lisent pas"),
        (b"7z\xbc\xaf", "c'est une archive 7z : décompressez-la, puis donnez le fichier qu'elle contient"),
        (b"\x1f\x8b", "c'est une archive gzip : décompressez-la, puis donnez le fichier qu'elle contient"),
    ):
        if start.startswith(magic):
            return reason
    return ""


def read_bytes(path: Path) -> bytes:
    """Return the whole of a list, or of a pipe that the shell opened.

    Raises InputError: AVS-301 unreadable, AVS-308 beyond 200 MB.
    """
    try:
        if not is_handed_over(path):
            require_ordinary(path)
        with received_start(path).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OutputError:  # the disk of the copies
        raise
    except OSError as error:
        raise not_readable(path, error) from error
    if len(content) > _MAX_BYTES:
        raise InputError(Fault("AVS-308", {"value": f"plus de {_MAX_BYTES // 1_000_000} Mo"}, str(path)))
    return content


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file; empty for a pipe, which can be read but once, or where there is none.

    Raises InputError (AVS-301) for what is no ordinary file, before any library is given its path.
    """
    try:
        if is_handed_over(path):
            return b""
        require_ordinary(path)
        with received_start(path).open("rb") as file:
            return file.read(8192)
    except OutputError:
        raise
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise not_readable(path, error) from error
        return b""


def place_of(path: Path) -> Path:
    """Return where to read a file, for a library that opens it; raises InputError (AVS-301)."""
    try:
        return received(path)
    except OutputError:
        raise
    except OSError as error:
        raise not_readable(path, error) from error


def describe_text(path: Path) -> str:
    """Say how a table of text is written, in French; empty for a workbook or a pipe."""
    if not path.is_file():
        return ""
    content = read_bytes(path)
    if is_workbook(content):
        return ""
    text, encoding = _decode(path, content)
    return text_format(content, encoding, _delimiter(text))


def text_format(start: bytes, encoding: str, delimiter: str) -> str:
    """Say in French how a text is written."""
    names = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
    bom = " avec BOM" if start.startswith(b"\xef\xbb\xbf") else ""
    separator = {"\t": "tabulation"}.get(delimiter, f"« {delimiter} »")
    return f"{names[encoding]}{bom}, séparateur {separator}"


def is_workbook(content: bytes) -> bool:
    """Tell a workbook, or another zip, by its first bytes."""
    return content.startswith(b"\xd0\xcf\x11\xe0") or zipfile.is_zipfile(io.BytesIO(content))


def not_a_table(path: Path, reason: str) -> InputError:
    """Return the error of a file that is no table (AVS-302)."""
    return InputError(Fault("AVS-302", {"reason": reason}, str(path)))


def rows_of_text(path: Path, content: bytes) -> list[Row]:
    """Return the rows of a CSV already read; *path* is named in the faults.

    Raises InputError: AVS-302, AVS-308 beyond ``MOST_STRUCTURES`` rows that hold something, AVS-342.
    """
    if max(content.count(b"\n"), content.count(b"\r")) > _MOST_LINES:
        raise _beyond(path, _MOST_LINES)
    text, _ = _decode(path, content)
    _refuse_monstrous_line(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    previous_limit = csv.field_size_limit(_MAX_CELL)
    rows, start, filled = [], 1, 0
    try:
        for cells in reader:
            rows.append(Row(start, tuple(unescape(cell.strip()) for cell in cells)))
            filled += not rows[-1].is_blank
            if filled > MOST_STRUCTURES:
                raise too_many_structures(path)
            start = reader.line_num + 1
    except csv.Error as error:
        values = {"reason": "guillemet mal placé ou jamais fermé, ou cellule démesurée"}
        raise InputError(Fault("AVS-302", values, path.name, start)) from error
    finally:
        csv.field_size_limit(previous_limit)
    return rows


def _refuse_monstrous_line(path: Path, text: str) -> None:
    """Refuse a line of more than 20,000 cells, or a table of too many, before any is made (AVS-302)."""
    delimiter = _delimiter(text)
    cells = text.count(delimiter)
    if cells < _MAX_LINE_CELLS:
        return
    if cells > MOST_CELLS:
        raise too_many_cells(path)
    for line, row in enumerate(text.splitlines(), 1):
        if row.count(delimiter) < _MAX_LINE_CELLS:
            continue
        # A list between quotes is one cell, however long.
        bare = "".join(row.split('"')[::2]).count(delimiter)
        if bare >= _MAX_LINE_CELLS:
            values = {"reason": f"une ligne de {bare + 1} cellules"}
            raise InputError(Fault("AVS-302", values, path.name, line))


def _decode(path: Path, content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        if b"\0" in content:
            raise not_a_table(path, "le contenu est binaire")
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig":
                refuse_damaged_utf8(path.name, content, error.start)
    raise not_a_table(path, "l'encodage n'est ni UTF-8 ni Windows-1252")


def refuse_damaged_utf8(file: str, content: bytes, start: int, lines_before: int = 0) -> None:
    """Refuse a UTF-8 file with some bytes of another encoding, which no reading would get right (AVS-342).

    *start* is where *content*, which *lines_before* lines precede, ceases to be UTF-8.
    In a text of cp1252, accents hardly ever stand so as to form UTF-8: two forms for each one
    that is not is a UTF-8 file with something else pasted in.
    """
    decoder, formed, alone = codecs.getincrementaldecoder("utf-8")("ignore"), 0, len(content)
    for place in range(0, len(content), _PIECE):  # whole, its characters would be kept several times
        piece = content[place : place + _PIECE]
        text = decoder.decode(piece)
        alone -= len(text.encode())
        formed += len(text) - len(piece) + len(piece.translate(None, _ASCII))
    if formed >= 2 * alone:
        line = lines_before + content.count(b"\n", 0, start) + 1
        text = content[max(0, start - 12) : start + 12].decode("cp1252", "replace").split("\n")[-1]
        raise InputError(Fault("AVS-342", {"value": text.strip()}, file, line))


def _delimiter(text: str) -> str:
    """Return the separator found in most of the first lines, then most often, outside quotes.

    A title, a list inside a cell or a decimal comma stand in fewer lines than the separator.
    """
    head = text[:_DELIMITER_CHARACTERS].splitlines()[:30]
    lines = ["".join(line.split('"')[::2]) for line in head if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        return sum(count > 0 for count in counts), sum(counts)

    return max(";,\t", key=score)


def unescape(cell: str) -> str:
    """Take back the apostrophe that exports put before a text a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell.startswith(FORMULA_SIGNS, 1) else cell


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
    return unescape(str(cell).strip())
