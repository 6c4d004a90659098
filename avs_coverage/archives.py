"""Take one file out of a downloaded archive: never more than is expected, never outside its place."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EINVAL
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import IO, Any

from avs_coverage.errors import InputError, OutputError
from avs_coverage.extras import require
from avs_coverage.faults import Fault
from avs_coverage.growth import excess, odd_coding
from avs_coverage.loaders.table_file import DAMAGED_ARCHIVE
from avs_coverage.messages import number

_PIECE = 1 << 20
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_COPY, _LZMA, _LZMA2, _BCJ, _AES = b"\0", b"\3\1\1", b"\x21", b"\3\3\1\3", b"\6\xf1\7\1"
_PACKED_HEADER = b"\x17"
_HEADER_BYTES, _DICTIONARY_BYTES = 1 << 20, 256 << 20
_MOST_MEMBERS = 200
"""ADMIN EXPRESS holds some tens; py7zr keeps up to 1 MB in memory for each that it skips."""


def extract(archive: Path, pattern: str, target: Path, most_bytes: int, host: str) -> None:
    """Write to *target* the one member of a zip or 7z of the name *pattern*.

    Nothing is written anywhere else. Raises InputError (AVS-718): damaged, protected, a member that
    is a link or leaves the folder, none or several with the name, larger than *most_bytes*.
    """
    with archive.open("rb") as file:
        start = file.read(len(_SEVEN_ZIP))
    if start == _SEVEN_ZIP:
        _extract_7z(archive, pattern, target, most_bytes, host)
    else:
        with zip_member(archive, pattern, most_bytes, host) as source:
            copy_bounded(source, target, most_bytes, host)


@contextmanager
def zip_member(archive: Path, pattern: str, most_bytes: int, host: str) -> Iterator[IO[bytes]]:
    """Open the member of a zip of the name *pattern*; raises InputError (AVS-718)."""
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
            links = [info.filename for info in infos if stat.S_ISLNK(info.external_attr >> 16)]
            _check_growth(archive, [info.file_size for info in infos], most_bytes, host)
            if reason := odd_coding(infos):
                raise refused(host, reason)
            name = _chosen([info.filename for info in infos], links, pattern, host)
            with opened.open(name) as source:
                yield source
    except (*DAMAGED_ARCHIVE, struct.error) as error:
        if isinstance(error, (InputError, OutputError)) or _is_of_the_disk(error):
            raise
        protected = "password" in str(error).lower()
        raise refused(host, "protégée par un mot de passe" if protected else "abîmée") from error


def _is_of_the_disk(error: Exception) -> bool:
    """Tell a failure of the disk from that of seeking where a damaged archive says."""
    return isinstance(error, OSError) and error.errno not in (None, EINVAL)


def _check_growth(archive: Path, sizes: Sequence[int], most_bytes: int, host: str) -> None:
    """Refuse what an archive announces in all: no reader gives more than it announces (AVS-718)."""
    if len(sizes) > _MOST_MEMBERS:
        raise refused(host, f"{number(len(sizes))} membres")
    if reason := excess(archive.stat().st_size, sizes, most_bytes, small=0):
        raise refused(host, reason)


def _chosen(names: Sequence[str], links: Sequence[str], pattern: str, host: str) -> str:
    """Return the one name that matches; every name of the archive must be a plain one, given once."""
    found = []
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
            raise refused(host, f"le membre « {name[:80]} » sort du dossier")
        if fnmatchcase(path.name, pattern) and not name.endswith("/"):
            found.append(name)
    if links:
        raise refused(host, f"le membre « {links[0][:80]} » est un lien")
    if len(set(names)) < len(names):
        raise refused(host, "deux membres du même nom")
    if len(found) != 1:
        reason = "aucun membre" if not found else f"{len(found)} membres"
        raise refused(host, f"{reason} du nom attendu, {pattern}")
    return found[0]


def copy_bounded(source: IO[bytes], target: Path, most_bytes: int, host: str) -> None:
    """Copy a stream that may lie about its size; raises InputError (AVS-718) beyond *most_bytes*."""
    done = 0
    with target.open("wb") as file:
        while piece := source.read(_PIECE):
            done += len(piece)
            if done > most_bytes:
                raise refused(host, f"plus de {number(most_bytes)} octets une fois ouverte")
            file.write(piece)


def _extract_7z(archive: Path, pattern: str, target: Path, most_bytes: int, host: str) -> None:
    py7zr = require("py7zr", "ADMIN EXPRESS (archive 7z)")
    try:
        with archive.open("rb") as file:
            _check_header(file, host)
        with py7zr.SevenZipFile(archive) as opened:
            infos = opened.list()
            _check_growth(archive, [info.uncompressed for info in infos], most_bytes, host)
            names = [info.filename + "/" * info.is_directory for info in infos]
            links = [info.filename for info in infos if info.is_symlink]
            name = _chosen(names, links, pattern, host)
            _check_coders(opened.header.main_streams.unpackinfo.folders, host)
            with target.open("wb") as kept:  # piece by piece, under no name of the archive's
                opened.extract(targets=[name], factory=SimpleNamespace(create=lambda _: kept))
    except (InputError, OutputError):
        raise
    except Exception as error:  # what its header can make a parser raise has no end
        if _is_of_the_disk(error):
            raise
        raise refused(host, "abîmée") from error


def _check_header(file: IO[bytes], host: str) -> None:
    """Refuse a header that would take much to open, before the library opens it (AVS-718)."""
    from py7zr.archiveinfo import HeaderStreamsInfo

    offset, size = struct.unpack("<12xQQ4x", file.read(32))
    file.seek(32 + offset)
    header = BytesIO(file.read(min(size, _HEADER_BYTES + 1)))
    sizes = [size]
    if header.read(1) == _PACKED_HEADER:
        folders = HeaderStreamsInfo.retrieve(header).unpackinfo.folders
        _check_coders(folders, host)
        sizes += [size for folder in folders for size in folder.unpacksizes]
    if max(sizes) > _HEADER_BYTES:
        raise refused(host, f"un sommaire de {number(max(sizes))} octets")


def _check_coders(folders: Sequence[Any], host: str) -> None:
    """Refuse what the library opens at the cost of much memory (AVS-718).

    Of the codings of a 7z, it bounds the memory of these alone; the dictionary that they announce is
    filled as the data comes out.
    """
    for folder in folders:
        coders = [coder for coder in folder.coders if coder["method"] != _BCJ]
        methods = [coder["method"] for coder in coders]
        if _AES in methods:
            raise refused(host, "protégée par un mot de passe")
        if len(methods) != 1 or methods[0] not in (_COPY, _LZMA, _LZMA2):
            raise refused(host, "un codage imprévu")
        properties, size = coders[0]["properties"] or b"", 0
        if methods[0] == _LZMA:
            size = int.from_bytes(properties[1:5], "little")
        elif methods[0] == _LZMA2:
            size = (2 | properties[0] & 1) << (properties[0] // 2 + 11)
        if size > _DICTIONARY_BYTES:
            raise refused(host, f"un dictionnaire de {number(size)} octets")


def refused(host: str, reason: str) -> InputError:
    """Return the error of an archive (AVS-718)."""
    return InputError(Fault("AVS-718", {"value": host, "reason": reason}))
