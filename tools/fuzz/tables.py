"""Change what a table holds: its columns, its rows and its cells, then write it in any format."""

from __future__ import annotations

import datetime
from random import Random
from typing import Any

from tools.fuzz.seeds import Cells, as_csv, as_json, as_ods, as_parquet, as_xlsx, as_zip

VALUES: tuple[Any, ...] = (
    "", " ", "\u00a0", "0", "-1", "1e999", "NaN", "inf", "-inf", float("nan"), float("inf"), -0.0, 1e308,
    1e-320,
    10**30, "9" * 400, "99999", "03185", "3185", "2A004", "75118", "97411", "Montluçon", "epci", "|", ";",
        '"',
    "'", "'=x", "=1+1", "=HYPERLINK(\"x\")", "@SUM(A1)", "31/02/2022", "2022", "0000-00-00", "9999-12-31",
    "0001-01-01", 45000, -1, "Total", "total", "CS", "EVS", "centre social", "QN00304M", "QP0", "oui", "non",
    "#N/A", "#REF!", "nd", "s", "1 020", "1\u202f020,5", "12,5", "1.234,5", "²", "٣", "\u202e", "\ufeff",
    "\x1b[31m",
    "[red]x[/red]", "{}", "{value}", "%s", "a" * 5000, "é" * 300, "\n", "a\nb", "\t", "\x00", "\ud800",
    True, None,
    datetime.date(2022, 2, 1), datetime.datetime(2022, 2, 1, 3, 4), [1, [2, [3]]], {"a": {"b": None}},
        "2e5", "0x10",
    "1_000", "+5", "5 %", "½", "region:84", "france", "s0", "s0|s1", "partielle", "inconnue",
)  # fmt: skip


def _one_change(rows: Cells, rng: Random) -> bool:
    """Change rows in place; tell whether the headers were touched."""
    way = rng.randrange(12)
    width = len(rows[0])
    column, line = rng.randrange(max(width, 1)), rng.randrange(1, len(rows)) if len(rows) > 1 else 0
    if way == 0 and width > 1:
        for row in rows:
            del row[column : column + 1]
    elif way == 1:
        for row in rows:
            row.insert(rng.randrange(len(row) + 1), row[column] if column < len(row) else "")
    elif way == 2 and width:
        rows[0][column] = rng.choice(
            [
                *VALUES[:10],
                rng.choice(rows[0]),
                str(rows[0][column]).upper(),
                "inconnu",
                f" {rows[0][column]} ",
            ]
        )
    elif way == 3:
        rng.shuffle(rows[0])
    elif way == 4:
        rows.insert(0, ["Titre"] * rng.choice([0, 1, 30]))
    else:
        return _row_change(rows, rng, way, column, line)
    return True


def _row_change(rows: Cells, rng: Random, way: int, column: int, line: int) -> bool:
    if not line:
        return False
    row = rows[line]
    if way == 5:
        rows.insert(line, list(row))
    elif way == 6 and len(rows) > 2:
        del rows[line]
    elif way == 7:
        rows.insert(line, [""] * rng.choice([0, 1, len(row)]))
    elif way == 8 and len(row) > 1:
        first, second = rng.randrange(len(row)), rng.randrange(len(row))
        row[first], row[second] = row[second], row[first]
    elif way == 9:
        rows[line] = row[: rng.randrange(len(row) + 1)] if rng.random() < 0.5 else [*row, rng.choice(VALUES)]
    elif column < len(row):
        row[column] = rng.choice(VALUES)
    return False


def changed(cells: tuple[tuple[Any, ...], ...], rng: Random) -> tuple[Cells, bool]:
    """Return a table changed in one to six ways, and whether its headers still stand as they were."""
    rows = [list(row) for row in cells]
    touched = [_one_change(rows, rng) for _ in range(rng.choice([1, 1, 2, 3, 6]))]
    if rng.random() < 0.02:
        rows += [list(rows[-1])] * 10_000
    return rows, not any(touched)


def written(rows: Cells, rng: Random) -> tuple[str, bytes]:
    """Write a table in a format drawn: the end of its name, and its bytes."""
    texts = [["" if cell is None else cell for cell in row] for row in rows]
    end = rng.choice(["csv", "csv", "csv", "xlsx", "xlsx", "ods", "json", "parquet", "zip"])
    if end == "csv":
        encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"])
        return end, as_csv(texts, rng.choice(";;,\t"), rng.choice(["\n", "\r\n"]), encoding)
    if end == "xlsx":
        return end, as_xlsx(_typed(rows), rng.choice([1, 1, 2]))
    if end == "ods":
        repeat = rng.choice([1, 1, 1, 3, 1_000_000])
        return end, as_ods([[_xml(cell) for cell in row] for row in texts], repeat)
    if end == "json":
        return end, as_json(rows)
    if end == "parquet":
        return end, as_parquet([[str(c).encode("utf-8", "replace").decode() for c in row] for row in texts])
    return end, as_zip({"x.csv": as_csv(texts), "autre.csv": as_csv([["a", "b"], [1, 2]])})


def _typed(rows: Cells) -> Cells:
    """Return cells that a workbook takes: no lone surrogate, no text beyond what Excel allows."""
    return [
        [_xml(cell)[:32_000] if isinstance(cell, str) else min(cell, 10**15) if type(cell) is int else cell
         for cell in row]
        for row in rows
    ]  # fmt: skip


def _xml(cell: object) -> str:
    text = str(cell).encode("utf-8", "replace").decode()
    return "".join(char for char in text if char >= " " or char in "\t\n")
