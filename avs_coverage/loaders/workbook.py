"""Read the sheets of a workbook (XLSX, XLS, ODS) as rows of text."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from avs_coverage.errors import InputError
from avs_coverage.growth import swollen
from avs_coverage.intake import receiving
from avs_coverage.loaders.geo_process import ExhaustedError, ReadingFailedError, geo_process
from avs_coverage.loaders.table_file import Row, not_a_table, read_bytes, text_of
from avs_coverage.loaders.workbook_copy import copy_seen

_IN_MEMORY_BYTES = 20_000_000
_MOST_XLS_CELLS = 4_000_000
"""Sixty columns of all the rows that there are in one."""
_DAMAGED = "classeur abîmé, protégé par un mot de passe, ou d'un autre logiciel"


def read_sheets(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet; raises InputError: AVS-301, AVS-302."""
    yield from sheets(path, read_bytes(path))


def sheets(path: Path, content: bytes) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each sheet of a workbook already read.

    The reader allocates the whole rectangle up to the last cell at once, and every text as often as it
    stands there: what would fill the memory is refused first.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        yield from _sheets_of_xls(path)
        return
    from python_calamine import CalamineWorkbook

    try:
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as kept:
            copy_seen(path, io.BytesIO(content), len(content), kept)
            kept.seek(0)
            workbook = CalamineWorkbook.from_filelike(kept)
            for name in workbook.sheet_names:
                yield name, _rows_of(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except InputError:
        raise
    except Exception as error:  # calamine raises several unrelated classes, and zip and XML errors
        raise not_a_table(path, _DAMAGED) from error


def _sheets_of_xls(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the sheets of what is no zip, read in a process that bounds what it takes.

    Nothing of it is seen beforehand: a few bytes may announce a rectangle or a stream of gigabytes.
    Raises InputError: AVS-302 damaged, AVS-310 where its reading takes more than it may.
    """
    with receiving() as intake:
        target = intake.folder() / "sheets.json"
        try:
            said = geo_process(intake).ask(
                "xls", intake.place(path).absolute(), target=str(target), most_cells=_MOST_XLS_CELLS
            )
        except ExhaustedError as error:
            raise swollen(path.name, f"{error.reason} : effacez ce qui est hors du tableau") from error
        except ReadingFailedError as error:
            raise not_a_table(path, _DAMAGED) from error
        with target.open(encoding="ascii") as file:
            for name, count in said:
                yield name, _rows_of([json.loads(line) for line in islice(file, count)])
        target.unlink()


def _rows_of(table: list[list[Any]]) -> list[Row]:
    return [Row(line, tuple(map(text_of, row))) for line, row in enumerate(table, 1)]
