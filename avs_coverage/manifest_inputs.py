"""Where the files are that a manifest names: found by name and fingerprint, by no path that leads out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import normalize

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.manifest import FILE_NAME, sha256_of
from avs_coverage.ordinary import is_plain_file, not_readable
from avs_coverage.paths import last_name, leads_out


def input_paths(entries: Sequence[dict[str, Any]], folder: Path, told: Sequence[Path]) -> list[Path]:
    """Return where each input of a manifest is, in their order.

    Looked at, and nothing else: the place that the manifest says where it is inside its *folder*, the
    files of that name in the folders *told* and under them, and in the cache. Links are not followed.
    Among several of one name the fingerprint chooses; the only one left of a name is taken whatever its
    fingerprint, and the difference is for the caller to say. Raises InputError: AVS-395 a path that
    leads out, AVS-396 not found, AVS-399 several, none with the fingerprint.
    """
    for one in entries:
        if leads_out(inside := _WAY_OUT.sub("", one["fichier"])) or not last_name(inside):
            said = f"le chemin « {one['fichier']} » sort de son dossier"
            raise InputError(Fault("AVS-395", {"value": said}, FILE_NAME))
    names = {_comparable(last_name(one["fichier"])) for one in entries}
    found = (*_cached(names), *_beside(entries, folder), *sorted(_told(names, told)))
    prints = {path: _print_of(path) for path in dict.fromkeys(path.absolute() for path in found)}
    chosen = [_same(one, prints) for one in entries]
    faults = []
    for rank, one in enumerate(entries):
        if chosen[rank] is None:
            left = [path for path in _of_the_name(one, prints) if path not in chosen]
            if len(left) == 1:
                chosen[rank] = left[0]
            else:
                values = {"value": one["fichier"], "count": str(len(left))}
                faults.append(Fault("AVS-399" if left else "AVS-396", values, FILE_NAME))
    if faults:
        raise InputError(faults)
    return [path for path in chosen if path is not None]


_WAY_OUT = re.compile(r"^(\.\./)+")
"""What a former version wrote before the path of a file outside: never followed, the name alone serves."""


def _print_of(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise not_readable(path, error) from error


def _comparable(name: str) -> str:
    """Return a name as it is compared: macOS writes an accent apart from its letter."""
    return normalize("NFC", name)


def _of_the_name(entry: dict[str, Any], prints: dict[Path, str]) -> list[Path]:
    name = _comparable(last_name(entry["fichier"]))
    return [path for path in prints if _comparable(path.name) == name]


def _same(entry: dict[str, Any], prints: dict[Path, str]) -> Path | None:
    same = (path for path in _of_the_name(entry, prints) if prints[path] == entry["sha256"])
    return next(same, None)


def _told(names: set[str], folders: Sequence[Path]) -> Iterator[Path]:
    """Give the ordinary files of some names in folders and under them; raises InputError (AVS-301)."""
    for folder in folders:
        if not folder.is_dir():
            values = {"value": str(folder), "reason": "ce n'est pas un dossier"}
            raise InputError(Fault("AVS-301", values))
        for place, _, files in os.walk(folder):
            paths = (Path(place, name) for name in files if _comparable(name) in names)
            yield from filter(is_plain_file, paths)


def _cached(names: set[str]) -> Iterator[Path]:
    """Give what was fetched: its name says its fingerprint."""
    from avs_coverage.cache import records

    yield from (one.path for one in records() if one.file in names and is_plain_file(one.path))


def _beside(entries: Sequence[dict[str, Any]], folder: Path) -> Iterator[Path]:
    """Give the ordinary files that stand where a manifest says, inside its folder."""
    for one in entries:
        path, parts = folder, PurePosixPath(one["fichier"]).parts
        if leads_out(one["fichier"]):
            continue
        for part in parts[:-1]:
            path /= part
            if path.is_symlink():
                break
        else:
            if is_plain_file(path / parts[-1]):
                yield path / parts[-1]
