"""Change the bytes of a file as disks, mails, editors and spreadsheets do."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from lzma import LZMAError
from random import Random

from tools.fuzz.seeds import as_zip

_INSERTED = (
    b"\0", b"\xef\xbb\xbf", b"\r\n", b"\r", b"\xed\xa0\x80", b"\xff\xfe", b"1" * 400, b"1e999", b"-1e308",
    b"NaN", b"Infinity", b"-0", b'"', b"'", b"=1+1", b"=cmd|'/C calc'!A0", b"{}", b"{0}", b"%s", b"[" * 3000,
    b'{"a":' * 3000, b"\\ud800", b"\\u0000", b"\xc3\xa9", b"\xe9", b"\x1b[31m", "\u202e".encode(),
    b"99999999999",
    b"2022-02-31", b"0000-00-00", b"9999-12-31", b"true", b"null", b"../../x", b"\t", b"..", b"=" * 50,
    b"9" * 5000,
)  # fmt: skip
_MARKS = (b";", b",", b"\t", b"|", b":", b"=")
_ENCODINGS = ("utf-16", "utf-16-le", "cp1252", "utf-8-sig", "utf-32", "cp437", "utf-7")
_MANY = 10_000
_MOST_BYTES = 4_000_000


def _flip(content: bytes, rng: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 3, 20, 200])):
        changed[rng.randrange(len(changed))] = rng.choice([0, 10, 34, 44, 59, 255, rng.randrange(256)])
    return bytes(changed)


def _slice(content: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(content))
    return start, min(len(content), start + rng.choice([1, 4, 30, 300, 3000]))


def _delete(content: bytes, rng: Random) -> bytes:
    start, end = _slice(content, rng)
    return content[:start] + content[end:]


def _double(content: bytes, rng: Random) -> bytes:
    start, end = _slice(content, rng)
    return content[:end] + content[start:end] * rng.choice([1, 2, 50]) + content[end:]


def _move(content: bytes, rng: Random) -> bytes:
    start, end = _slice(content, rng)
    rest = content[:start] + content[end:]
    place = rng.randrange(len(rest) + 1)
    return rest[:place] + content[start:end] + rest[place:]


def _truncate(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content))]


def _insert(content: bytes, rng: Random) -> bytes:
    place = rng.choice([0, len(content), rng.randrange(len(content))])
    return content[:place] + rng.choice(_INSERTED) + content[place:]


def _swap_marks(content: bytes, rng: Random) -> bytes:
    old, new = rng.sample(_MARKS, 2)
    return content.replace(old, new, rng.choice([1, 5, -1]))


def _repeat_line(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    count = min(_MANY, _MOST_BYTES // (len(lines[place]) + 1))
    return b"\n".join([*lines[:place], *[lines[place]] * count, *lines[place:]])


def _widen_line(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    lines[place] += rng.choice([b";x", b";", b",", b",1", b" "]) * rng.choice([1, 40, 30_000])
    return b"\n".join(lines)


def _encode(content: bytes, rng: Random) -> bytes:
    return content.decode("utf-8", "replace").encode(rng.choice(_ENCODINGS), "replace")


def _line_ends(content: bytes, rng: Random) -> bytes:
    return content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"\x0b", b"\xe2\x80\xa8"]))


def _wrap(content: bytes, rng: Random) -> bytes:
    import gzip

    packed = (gzip.compress(content, mtime=0), zlib.compress(content))
    return rng.choice([*packed, b"%PDF-1.4\n" + content, b"PK\3\4" + content])


def _member(content: bytes, rng: Random) -> bytes:
    """Change one member of a zip: its bytes, its name, or what the directory says of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError, RuntimeError, ValueError):
        return _flip(content, rng)
    if not members:
        return content
    name = rng.choice(sorted(members))
    kind = rng.randrange(5)
    if kind == 0:
        del members[name]
    elif kind == 1:
        renamed = rng.choice(
            ["../" + name, "/" + name, name.upper(), "é" + name, "x", name + "/", "x.shp", "x.csv"]
        )
        members[renamed] = members.pop(name)
    elif kind == 2:
        members["copie/" + name] = members[name]
    elif members[name]:
        members[name] = rng.choice(TEXT_WAYS)(members[name], rng)
    return as_zip(members, rng.choice([0, 8, 8, 12, 14]))


Way = Callable[[bytes, Random], bytes]
TEXT_WAYS: tuple[Way, ...] = (
    _flip, _delete, _double, _move, _truncate, _insert, _insert, _swap_marks, _repeat_line, _widen_line,
    _encode, _line_ends, _wrap,
)  # fmt: skip
ZIP_WAYS: tuple[Way, ...] = (_member, _member, _member, _flip, _delete, _double, _truncate, _insert)


def damaged(content: bytes, rng: Random) -> bytes:
    """Return *content* changed in one to three ways."""
    ways = ZIP_WAYS if content.startswith(b"PK") else TEXT_WAYS
    for _ in range(rng.choice([1, 1, 2, 3])):
        if content:
            content = rng.choice(ways)(content, rng)[:_MOST_BYTES]
    return content
