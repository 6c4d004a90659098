"""Take one file out of a downloaded archive: never more than is expected, never outside its place."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from avs_coverage.errors import InputError, OutputError
from avs_coverage.extras import require
from avs_coverage.faults import Fault

_RATIO = 200
"""Text and geometry shrink to a fiftieth at most: an archive that grows more is a bomb."""
_PIECE = 1 << 20


def extract(archive: Path, pattern: str, target: Path, most_bytes: int, host: str) -> None:
    """Write to *target* the one member of a zip or 7z of the name *pattern*.

    Nothing is written anywhere else. Raises InputError (AVS-718): damaged, protected, a member that
    is a link or leaves the folder, none or several with the name, larger than *most_bytes*.
    """
    if zipfile.is_zipfile(archive):
        with zip_member(archive, pattern, most_bytes, host) as source:
            copy_bounded(source, target, most_bytes, host)
    else:
        _extract_7z(archive, pattern, target, most_bytes, host)


@contextmanager
def zip_member(archive: Path, pattern: str, most_bytes: int, host: str) -> Iterator[IO[bytes]]:
    """Open the member of a zip of the name *pattern*; raises InputError (AVS-718)."""
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = {info.filename: info for info in opened.infolist()}
            links = [name for name, info in infos.items() if stat.S_ISLNK(info.external_attr >> 16)]
            info = infos[_chosen(infos, links, pattern, host)]
            if info.file_size > min(most_bytes, _RATIO * max(info.compress_size, 1)):
                raise refused(host, f"« {info.filename} » annonce {info.file_size} octets")
            with opened.open(info) as source:
                yield source
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        protected = "password" in str(error).lower()
        raise refused(host, "protégée par un mot de passe" if protected else "abîmée") from error
    except OSError as error:
        if isinstance(error, (InputError, OutputError)) or error.errno:
            raise
        raise refused(host, "abîmée") from error


def _chosen(names: Iterable[str], links: Iterable[str], pattern: str, host: str) -> str:
    """Return the one name that matches; every name of the archive must be a plain one."""
    found = []
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
            raise refused(host, f"le membre « {name[:80]} » sort du dossier")
        if fnmatchcase(path.name, pattern) and not name.endswith("/"):
            found.append(name)
    if any(True for _ in links):
        raise refused(host, f"le membre « {next(iter(links))[:80]} » est un lien")
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
                raise refused(host, f"plus de {most_bytes} octets une fois ouverte")
            file.write(piece)


def _extract_7z(archive: Path, pattern: str, target: Path, most_bytes: int, host: str) -> None:
    py7zr = require("py7zr", "ADMIN EXPRESS (archive 7z)")
    try:
        with py7zr.SevenZipFile(archive) as opened:
            infos = {info.filename: info for info in opened.list()}
            links = [name for name, info in infos.items() if getattr(info, "is_symlink", False)]
            name = _chosen([n for n, i in infos.items() if not i.is_directory], links, pattern, host)
            if infos[name].uncompressed > most_bytes:
                raise refused(host, f"« {name} » annonce {infos[name].uncompressed} octets")
            folder = target.with_name(target.name + ".7z")
            opened.extract(path=folder, targets=[name])
            (folder / name).replace(target)
    except (py7zr.exceptions.ArchiveError, EOFError, ValueError, TypeError, LookupError) as error:
        if isinstance(error, InputError):
            raise
        raise refused(host, "abîmée") from error
    finally:
        import shutil

        shutil.rmtree(target.with_name(target.name + ".7z"), ignore_errors=True)


def refused(host: str, reason: str) -> InputError:
    """Return the error of an archive (AVS-718)."""
    return InputError(Fault("AVS-718", {"value": host, "reason": reason}))
