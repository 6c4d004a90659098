"""Write a small .xls (OLE2 and BIFF8) by hand, right or hostile."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date

_SECTOR = 512
_LAST, _FREE, _OF_TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_GENERAL, _DATE, _MOMENT = 0, 14, 22
_EPOCH = date(1899, 12, 30)

Cell = str | float | date


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def number(row: int, column: int, value: float = 1.0, form: int = 0) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, form, value))


def text(row: int, column: int, value: str) -> bytes:
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(value), 1) + value.encode("utf-16-le"))


def shared(row: int, column: int, rank: int = 0) -> bytes:
    return record(0xFD, struct.pack("<HHHI", row, column, 0, rank))


def shared_texts(*texts: bytes) -> bytes:
    inner = b"".join(struct.pack("<HB", len(one), 0) + one for one in texts)
    return record(0xFC, struct.pack("<II", len(texts), len(texts)) + inner)


def cell(row: int, column: int, value: Cell) -> bytes:
    """Return a text, a number, or a day, which is the number of a day under a format of dates."""
    if isinstance(value, str):
        return text(row, column, value)
    if isinstance(value, date):
        return number(row, column, (value - _EPOCH).days, form=1)
    return number(row, column, value)


def book(sheets: dict[str, bytes], strings: bytes = b"") -> bytes:
    """Return the stream of a workbook: its sheets, each the records of its cells."""

    def begun(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))

    forms = b"".join(record(0xE0, struct.pack("<HH16x", 0, form)) for form in (_GENERAL, _DATE, _MOMENT))
    start = begun(5) + record(0x42, struct.pack("<H", 1200)) + forms
    bodies = [begun(0x10) + cells + record(0x0A) for cells in sheets.values()]
    place = len(start) + sum(12 + len(name) for name in sheets) + len(strings) + 4
    heads = []
    for name, body in zip(sheets, bodies, strict=True):
        heads.append(record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name.encode("ascii")))
        place += len(body)
    return b"".join([start, *heads, strings, record(0x0A), *bodies])


def stored(stream: bytes, change: Callable[[list[int]], None] = lambda table: None) -> bytes:
    """Return the file that holds the stream of a workbook; *change* alters its table of sectors."""
    count = max(8, -(-len(stream) // _SECTOR))  # shorter streams stand elsewhere
    tables = 1
    while tables * 128 < count + 1 + tables:
        tables += 1
    table = [*range(1, count), _LAST, _LAST, *[_OF_TABLE] * tables]
    table += [_FREE] * (tables * 128 - len(table))
    change(table)
    folder = _entry("Root Entry", 5, _LAST, 0, child=1) + _entry("Workbook", 2, 0, count * _SECTOR)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<16x5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, tables, count, 0, 4096, _LAST, 0, _LAST, 0)
    places = [*range(count + 1, count + 1 + tables)]
    head += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    body = stream.ljust(count * _SECTOR, b"\0") + folder.ljust(_SECTOR, b"\0")
    return head + body + struct.pack(f"<{len(table)}I", *table)


def old_workbook(rows: list[list[Cell]], name: str = "A") -> bytes:
    """Return a .xls of one sheet with these rows."""
    cells = (cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row) if value != "")
    return stored(book({name: b"".join(cells)}))


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written), kind, 1, _FREE, _FREE, child)
    return head + struct.pack("<36xIQ", start, size)
