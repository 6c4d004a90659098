"""Read the sheets of a workbook (XLSX, XLS, ODS) as rows of text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from xml.sax.saxutils import unescape

from avs_coverage.errors import InputError
from avs_coverage.loaders.table_file import CELL_IN_ERROR, Row, not_a_table, read_bytes, text_of
from avs_coverage.loaders.workbook_parts import Places, taken_apart

_IN_MEMORY_BYTES = 20_000_000
_SHEET = re.compile(r'<(?:\w+:)?sheet (?=[^>]*?name="([^"]*)")[^>]*?\w+:id="([^"]*)"')
_RELATION = re.compile(r'<Relationship (?=[^>]*?Id="([^"]*)")[^>]*?Target="([^"]*)"')


def read_sheets(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet; raises InputError: AVS-301, AVS-302."""
    yield from sheets(path, read_bytes(path))


def sheets(path: Path, content: bytes) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet of a workbook already read."""
    from python_calamine import CalamineWorkbook

    try:
        with _seen(path, content) as (kept, errors):
            workbook = CalamineWorkbook.from_filelike(kept)
            for name in workbook.sheet_names:
                table = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                yield name, _rows_of(table, errors.get(name, set()))
    except InputError:
        raise
    except Exception as error:  # calamine raises several unrelated classes, and zip and XML errors
        reason = "classeur abîmé, protégé par un mot de passe, ou d'un autre logiciel"
        raise not_a_table(path, reason) from error


def _rows_of(table: list[list[Any]], wrong: Places) -> list[Row]:
    return [
        Row(line, tuple(CELL_IN_ERROR if (line, i) in wrong else text_of(c) for i, c in enumerate(row)))
        for line, row in enumerate(table, 1)
    ]


@contextmanager
def _seen(path: Path, content: bytes) -> Iterator[tuple[IO[bytes], dict[str, Places]]]:
    """Yield what the reader may be given of a workbook, and the cells in error (``#N/A``…) of each sheet.

    The reader gives those as empty, which nobody has left them: (line, column from 0). It also allocates
    the whole rectangle up to the last cell at once, and every text as often as it stands there: what
    would fill the memory is refused first.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        yield io.BytesIO(content), {}
        return
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as kept:
        errors = taken_apart(path, io.BytesIO(content), len(content), kept)
        with zipfile.ZipFile(kept) as archive:
            files = _files_of_sheets(archive)
        kept.seek(0)
        yield kept, {name: errors[file] for name, file in files.items() if file in errors}


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
