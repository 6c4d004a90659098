"""Write a table as CSV, for a French Excel or for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avs_coverage.messages import joined
from avs_coverage.reports.output import write_atomically
from avs_coverage.reports.text import FORMULA_SIGNS, without_controls


def write_csv(
    columns: Sequence[str], records: Sequence[Mapping[str, Any]], path: Path, dialect: str, force: bool
) -> None:
    """Write records as ``csv_bytes`` lays them out; raises OutputError."""
    write_atomically(path, csv_bytes(columns, records, dialect), force)


def csv_bytes(columns: Sequence[str], records: Sequence[Mapping[str, Any]], dialect: str) -> bytes:
    """Return records of plain values as a CSV, one row each, in the order of *columns*.

    ``excel-fr``: ``;``, decimal comma, UTF-8 with BOM. ``standard``: ``,``, decimal point, UTF-8.
    Lists, and ``name=value`` pairs of a mapping, are joined by ``|``; None is an empty cell; CRLF
    ends lines. Control characters are left out. A text, or a header, that a spreadsheet would run as a
    formula gets an apostrophe, which the tool takes back when it reads it.
    """
    french = dialect == "excel-fr"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if french else ",", lineterminator="\r\n")
    writer.writerow([cell_text(column, french) for column in columns])
    for record in records:
        writer.writerow([cell_text(record[column], french) for column in columns])
    return text.getvalue().encode("utf-8-sig" if french else "utf-8")


def cell_text(value: object, french: bool) -> str:
    """Write a plain value as a cell of a CSV: see ``csv_bytes``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return joined(value)
    if isinstance(value, float):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if french else text
    if isinstance(value, Mapping):
        return "|".join(f"{name}={cell_text(item, french)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return cell_text(joined(value), french)
    text = without_controls(str(value))
    return "'" + text if isinstance(value, str) and text.startswith(FORMULA_SIGNS) else text
