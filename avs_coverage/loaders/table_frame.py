"""Read chosen columns of a large table in pieces: CSV, zip of CSV, Parquet or workbook, all as text."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.growth import members_of, swollen
from avs_coverage.loaders.parquet_file import bounded_batches, opened_parquet
from avs_coverage.loaders.table_file import (
    DAMAGED_ARCHIVE,
    beyond_headers,
    first_bytes,
    no_table,
    not_a_table,
    place_of,
    refuse_damaged_utf8,
    text_format,
    unescape,
)
from avs_coverage.ordinary import not_readable, refuse_special, require_ordinary
from avs_coverage.reports.text import without_controls

if TYPE_CHECKING:
    import pandas as pd

CHUNK_ROWS = 100_000
MAX_ROWS = 1_000_000
_HEADER_SEARCH_LINES = 20
_START = 1 << 16
_MOST_FAULTS = 20
_PIECE = 1 << 20
_CHUNK_CELLS = 10_000_000
_SMALL_CELLS, _CELLS_A_BYTE = 20_000_000, 4
"""Cells that no text is too long for, and how many a byte of an archive may hold beyond."""
_WORKBOOK_MEMBERS = ("xl/workbook.xml", "content.xml")

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Given the headers of a table, return those to read; none where the table is another one."""


def read_frames(
    path: Path, choose: Choose, expected: str = "voyez docs/formats.md"
) -> Iterator[pd.DataFrame]:
    """Yield the columns that *choose* takes, in pieces of at most 100,000 rows of str.

    The index is the line of the file (a workbook's row; for a CSV whose cells hold line breaks,
    the rank of the row). Columns bear the file's own headers, stripped. A missing cell is an
    empty text; nothing is read as missing because of its wording. The headers are looked for in
    the first 20 lines. In a zip, the member whose headers *choose* takes is read.

    Raises InputError: AVS-301 unreadable, AVS-302 not a table, AVS-350 no table with such columns,
    which are *expected* in French.
    """
    try:
        yield from _frames(path, choose)
    except _NoTableError as error:
        values = {"rows": str(_HEADER_SEARCH_LINES), "expected": expected}
        raise InputError(Fault("AVS-350", values, path.name)) from error


def _frames(path: Path, choose: Choose) -> Iterator[pd.DataFrame]:
    refuse_special(path)
    start = first_bytes(path)
    if start.startswith(b"PAR1"):
        yield from _parquet(path, choose)
    elif zipfile.is_zipfile(place_of(path)) and not _is_workbook(path):
        yield from _zip(path, choose)
    elif start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        yield from _rows(path, choose)
    else:
        yield from _text(path, lambda: _open(path), choose)


def read_frame(path: Path, choose: Choose, expected: str = "voyez docs/formats.md") -> pd.DataFrame:
    """Return all pieces of ``read_frames`` as one table, of ``MAX_ROWS`` at most (InputError, AVS-302).

    A table by commune, or by IRIS, of all of France has a twentieth of that: beyond, it is another
    table, or millions of blank lines, which would fill the memory.
    """
    import pandas as pd

    pieces, rows = [], 0
    for piece in read_frames(path, choose, expected):
        rows += len(piece)
        if rows > MAX_ROWS:
            raise not_a_table(path, f"plus de {MAX_ROWS // 1_000_000} million de lignes")
        pieces.append(piece)
    return pd.concat(pieces)


def headers_of(path: Path) -> list[list[str]]:
    """Return the rows of a table that may be its headers: the first 20, of each member of a zip.

    Empty where the file is no table. Used to tell what a file is.
    """
    seen: list[list[str]] = []

    def remember(header: Sequence[str]) -> Sequence[str]:
        seen.append(list(header))
        return ()

    try:
        for _ in read_frames(path, remember):
            pass
    except InputError:
        pass
    return seen


def describe_frame(path: Path) -> str:
    """Say in French how a table is written: archive, workbook, or encoding and separator of a text."""
    start = first_bytes(path)
    if start.startswith(b"PAR1"):
        return "Parquet"
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return "classeur" if start.startswith(b"\xd0") or _is_workbook(path) else "archive zip"
    with _open(path) as file:
        encoding = _encoding(path, file)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
    return text_format(start, encoding, _delimiter(text.splitlines()[:30]))


def _open(path: Path) -> IO[bytes]:
    try:
        require_ordinary(path)
        return place_of(path).open("rb")
    except OSError as error:
        if isinstance(error, OutputError):  # the disk of the copies
            raise
        raise not_readable(path, error) from error


class _NoTableError(Exception):
    """No row of headers that the caller wants."""


def _unreadable(file: str, reason: str, line: int = 0) -> InputError:
    return InputError(Fault("AVS-302", {"reason": reason}, file, line))


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(place_of(path)) as archive:
            return any(name in _WORKBOOK_MEMBERS for name in archive.namelist())
    except DAMAGED_ARCHIVE:
        return False  # the archive is opened again, and refused, where its members are read


def _zip(path: Path, choose: Choose) -> Iterator[pd.DataFrame]:
    try:
        with zipfile.ZipFile(place_of(path)) as archive:
            # The largest first: INSEE puts a list of the columns, and other levels, beside the communes.
            for member in sorted(members_of(archive, path), key=lambda member: -member.file_size):
                if not member.filename.lower().endswith((".csv", ".txt")):
                    continue
                try:
                    yield from _text(path, partial(archive.open, member), choose)
                except _NoTableError:
                    continue
                return
    except (*DAMAGED_ARCHIVE, UnicodeDecodeError) as error:
        raise _unreadable(path.name, "archive zip abîmée ou chiffrée") from error
    raise _NoTableError


def _text(
    path: Path, opened: Callable[[], AbstractContextManager[IO[bytes]]], choose: Choose
) -> Iterator[pd.DataFrame]:
    """Read a CSV that *opened* opens, once to know its encoding and once for its rows."""
    import pandas as pd

    with opened() as file:
        encoding = _encoding(path, file)
    with opened() as file:
        start = codecs.getincrementaldecoder(encoding)("replace").decode(file.read(_START))
    delimiter = _delimiter(start.splitlines()[: _HEADER_SEARCH_LINES + 10])
    index, header, chosen = _header(_first_rows(path, start, delimiter), choose)
    refuse_twice(path.name, header, chosen, index + 1)
    positions = [header.index(name) for name in chosen]
    most_cells = max(_SMALL_CELLS, _CELLS_A_BYTE * path.stat().st_size)
    with opened() as file:
        text = io.TextIOWrapper(file, encoding, newline="")
        _refuse_longer_rows(path, text, delimiter, index + 1, header, most_cells)
    with opened() as file:
        try:
            pieces = pd.read_csv(
                file, sep=delimiter, encoding=encoding, header=None, names=range(len(header)),
                usecols=positions, dtype=str, keep_default_na=False, skiprows=index + 1,
                chunksize=max(1, min(CHUNK_ROWS, _CHUNK_CELLS // len(header))), skip_blank_lines=False,
                index_col=False,
            )  # fmt: skip
            for piece in pieces:
                piece.index += index + 2
                yield _cleaned(piece[positions].set_axis(chosen, axis=1))
        except pd.errors.ParserError as error:
            raise _parser_fault(path.name, str(error), index + 1) from error
        except UnicodeDecodeError as error:
            raise _unreadable(path.name, "l'encodage n'est ni UTF-8 ni Windows-1252") from error
        except pd.errors.EmptyDataError:
            yield pd.DataFrame(columns=chosen, dtype=str)


def _first_rows(path: Path, start: str, delimiter: str) -> list[list[str]]:
    """Return the rows at the start of a text that may be its headers; a cell may hold line breaks."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    try:
        rows = list(islice(reader, _HEADER_SEARCH_LINES))
    except csv.Error as error:
        raise _unreadable(path.name, "guillemet mal placé, ou cellule démesurée") from error
    return [[" ".join(unescape(without_controls(cell).strip()).split()) for cell in row] for row in rows]


def refuse_twice(file: str, header: Sequence[str], chosen: Sequence[str], line: int) -> None:
    """Refuse a header to be read that stands there twice (AVS-305): nobody can tell which column is right."""
    faults = [
        Fault("AVS-305", {"value": f"« {name} » et « {name} »"}, file, line)
        for name in dict.fromkeys(chosen)
        if header.count(name) > 1
    ]
    if faults:
        raise InputError(faults)


def _refuse_longer_rows(
    path: Path, text: io.TextIOWrapper, delimiter: str, skipped: int, header: Sequence[str], most_cells: int
) -> None:
    """Refuse the rows with more cells than there are headers (AVS-306): pandas would drop what is beyond.

    A decimal comma or a thousands separator moves every cell. Empty cells beyond the headers are
    harmless where every row has them, as Excel writes them. Raises AVS-310 beyond *most_cells*.
    """
    rows = cells = 0
    width = _width(header)
    full: list[int] = []
    blank: list[int] = []
    said: dict[int, Fault] = {}
    try:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter), 1):
            if number <= skipped:
                continue
            rows += 1
            cells += len(row)
            if cells > most_cells:
                raise swollen(path.name, f"plus de {most_cells // 1_000_000} millions de cellules")
            if len(row) > width and (fault := beyond_headers(path.name, number, row, width)):
                full.append(number)
                if len(full) <= _MOST_FAULTS:
                    said[number] = fault
            elif len(row) > len(header):
                blank.append(number)
    except csv.Error as error:
        raise _unreadable(path.name, "guillemet mal placé, ou cellule démesurée") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path.name, "l'encodage n'est ni UTF-8 ni Windows-1252") from error
    finally:
        text.detach()
    lines = full if len(blank) == rows - len(full) else sorted(full + blank)
    if lines:
        empty = {"value": "vide"}
        faults = [said.get(line) or Fault("AVS-306", empty, path.name, line) for line in lines[:_MOST_FAULTS]]
        raise InputError(faults, rows)


def _width(header: Sequence[str]) -> int:
    """Return how many columns there are up to the last that has a header."""
    return max((rank for rank, name in enumerate(header, 1) if name), default=0)


def _header(rows: Sequence[Sequence[str]], choose: Choose) -> tuple[int, Sequence[str], list[str]]:
    """Return the rank of the row of headers that *choose* takes, the headers, and the chosen ones."""
    for index, header in enumerate(rows[:_HEADER_SEARCH_LINES]):
        if chosen := list(choose(header)):
            return index, header, chosen
    raise _NoTableError


def _cleaned(frame: pd.DataFrame) -> pd.DataFrame:
    """Strip every cell, and take back the apostrophe that exports put before what a spreadsheet would run."""
    return frame.fillna("").apply(lambda column: _unescaped(column.str.strip()))


def _unescaped(column: pd.Series) -> pd.Series:
    if not column.str.startswith("'").any():
        return column
    return column.map(unescape)


def _parser_fault(file: str, error: str, skipped: int) -> InputError:
    """Say a fault of the CSV in French: pandas names the line, and how many cells it holds."""
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", error):
        reason = f"{match[3]} cellules là où les en-têtes en ont {match[1]}"
        return _unreadable(file, reason, int(match[2]))
    return _unreadable(file, "guillemet mal placé ou jamais fermé")


def _encoding(path: Path, file: IO[bytes]) -> str:
    """Return UTF-8 where the whole file is, else cp1252; a binary file is refused (AVS-302).

    So is a line of some megabytes, which the readers of rows would hold whole.
    """
    first = file.read(_START)
    if reason := no_table(first):
        raise _unreadable(path.name, reason)
    wide = first.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if wide else "utf-8-sig"
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8")("replace" if wide else "strict")
    piece, lines = first, 0
    while piece:
        if not wide and (at := piece.find(b"\0")) >= 0:
            line = lines + piece.count(b"\n", 0, at) + 1
            raise _unreadable(path.name, "le contenu est binaire", line)
        text = ""
        try:
            if encoding != "cp1252":
                text = decoder.decode(piece)
        except UnicodeDecodeError as error:
            refuse_damaged_utf8(path.name, piece, error.start, lines)
            encoding = "cp1252"
        ended = "\n" in text or "\r" in text if wide else b"\n" in piece or b"\r" in piece
        if len(piece) == _PIECE and not ended:
            raise _unreadable(path.name, "une ligne démesurée", lines + 1)
        lines += piece.count(b"\n")
        piece = file.read(_PIECE)
    return encoding


def _delimiter(lines: list[str]) -> str:
    """Return the separator found in most lines, then most often, outside quotes."""
    bare = ["".join(line.split('"')[::2]) for line in lines if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in bare]
        return sum(count > 0 for count in counts), sum(counts)

    return max(";,\t", key=score)


def _rows(path: Path, choose: Choose) -> Iterator[pd.DataFrame]:
    """Read a workbook, whose first sheet with the wanted headers is taken."""
    import pandas as pd

    from avs_coverage.loaders.workbook import read_sheets

    for _, rows in read_sheets(path):
        with contextlib.suppress(_NoTableError):
            index, header, chosen = _header([row.cells for row in rows[:_HEADER_SEARCH_LINES]], choose)
            break
    else:
        raise _NoTableError
    refuse_twice(path.name, header, chosen, rows[index].line)
    positions = [header.index(name) for name in chosen]
    body, width = rows[index + 1 :], _width(header)
    longer = (beyond_headers(path.name, row.line, row.cells, width) for row in body)
    if faults := list(islice(filter(None, longer), _MOST_FAULTS)):
        raise InputError(faults, len(body))
    cells: list[list[Any]] = [[r.cells[p] if p < len(r.cells) else "" for p in positions] for r in body]
    yield pd.DataFrame(cells, index=[r.line for r in body], columns=chosen, dtype=str)


def _parquet(path: Path, choose: Choose) -> Iterator[pd.DataFrame]:
    with opened_parquet(path) as file:
        written = file.schema_arrow.names
        header = [without_controls(name) for name in written]
        chosen = list(choose(header))
        if not chosen:
            raise _NoTableError
        refuse_twice(path.name, header, chosen, 1)
        columns = [written[header.index(name)] for name in chosen]
        line = 2
        for batch in bounded_batches(path.name, file, columns, CHUNK_ROWS):
            piece = batch.replace_schema_metadata().to_pandas().astype(object)
            piece = piece.where(piece.notna(), "").map(_text_of)
            piece.index = range(line, line + len(piece))
            line += len(piece)
            yield _cleaned(piece[columns].set_axis(chosen, axis=1).astype(str))


def _text_of(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
