"""What is received: each file is copied once to a private folder, with its fingerprint, and read from there.

Whatever becomes of the file meanwhile, every reading of one scope sees the same bytes, and the fingerprint
that an export records is of these. What is larger than ``MOST_COPIED_BYTES`` is read where it is, and its
fingerprint is taken before and after.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar, cast

from avs_coverage.embedded import data_dir
from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.messages import number, os_reason
from avs_coverage.ordinary import is_handed_over, require_ordinary

MOST_COPIED_BYTES = 1_000_000_000
MOST_READ_BYTES = 4_000_000_000
"""Twice the layers of France that the tool can use; what is larger is not even read for its fingerprint."""
_MOST_HOLES = 50
"""How many times what it takes on the disk a large file may measure: a disk may be compressed."""
MOST_PIPED_BYTES = 200_000_001
"""A byte more than a list may hold: its reader says that it is too large."""
_PREFIX = "avs-coverage-recu-"
_ABANDONED_S = 24 * 3600
_PIECE = 1 << 20
_SIDES = {".shp": (".dbf", ".shx", ".prj", ".cpg"), "": ("-wal", "-journal")}
"""What belongs to a shapefile, of the same stem; and to a SQLite file that another program has open."""

_Resource = TypeVar("_Resource")


@dataclass(frozen=True)
class Received:
    """A file that was read: its path as named, and the size and SHA-256 of the very bytes that were.

    *beside* are the files read with it: those of a shapefile.
    """

    path: Path
    size_bytes: int
    sha256: str
    beside: tuple[Received, ...] = ()


class Intake:
    """The files received in one scope; *files* are those met so far."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._places: dict[Path, Path] = {}
        self._files: dict[Path, Received] = {}
        self._resources: dict[str, object] = {}
        self._closing = ExitStack()

    @property
    def files(self) -> tuple[Received, ...]:
        """Return the files received, in the order in which they were."""
        return tuple(self._files.values())

    def place(self, path: Path) -> Path:
        """Return where to read a file, which is copied when first asked for.

        Raises OSError where it cannot be read, OutputError (AVS-502) where the copy cannot be written,
        InputError (AVS-309) where it changes while it is copied.
        """
        if path not in self._places:
            if path.parent == data_dir():  # the tool's own
                return path
            self._take(path)
        return self._places[path]

    def start(self, path: Path) -> Path:
        """Return where to read the first bytes of a file: one too large to be copied is not read for them."""
        return path if is_large(path) else self.place(path)

    def take(self, paths: Iterable[Path]) -> None:
        """Copy files before any is read; what cannot be is left to its reader, which says why."""
        for path in paths:
            try:
                self.start(path)
            except OutputError:
                raise
            except (OSError, ValueError):  # ValueError: a null character in the name
                continue

    def folder(self) -> Path:
        """Return a new empty private folder, which goes away with the scope; raises OutputError (AVS-502)."""
        with _written():
            if self._folder is None:
                _remove_abandoned()
                self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
                self._closing.callback(shutil.rmtree, self._folder, ignore_errors=True)
            return Path(tempfile.mkdtemp(dir=self._folder, prefix=""))

    def resource(
        self, name: str, make: Callable[[], _Resource], close: Callable[[_Resource], None]
    ) -> _Resource:
        """Return what *make* makes the first time, closed with the scope."""
        if name not in self._resources:
            made = make()
            self._resources[name] = made
            self._closing.callback(close, made)
        return cast(_Resource, self._resources[name])

    def verify(self) -> None:
        """Raise InputError (AVS-309) where a file that was read in place is no longer the same."""
        for path, place in self._places.items():
            if place == path and fingerprint(path).sha256 != self._files[path].sha256:
                raise changed(path)

    def close(self) -> None:
        """Remove every copy."""
        self._closing.close()

    def _take(self, path: Path) -> None:
        if is_large(path):
            _require_moderate(path)
            self._files[path], self._places[path] = fingerprint(path), path
            return
        folder = self.folder()
        kept = folder / _plain_name(path)
        found = _copy(path, kept)
        beside = tuple(_copy(side, folder / name) for side, name in _sides(path, kept))
        self._files[path] = Received(path, found.size_bytes, found.sha256, beside)
        self._places[path] = kept


_current: ContextVar[Intake | None] = ContextVar("intake", default=None)


@contextmanager
def receiving(paths: Iterable[Path] = ()) -> Iterator[Intake]:
    """Open a scope, or go on in the one that is open, and copy *paths*.

    Raises OutputError (AVS-502), InputError (AVS-309) at once or at the end.
    """
    if (outer := _current.get()) is not None:
        outer.take(paths)
        yield outer
        return
    intake = Intake()
    token = _current.set(intake)
    try:
        intake.take(paths)
        yield intake
        intake.verify()
    finally:
        _current.reset(token)
        intake.close()


def received(path: Path) -> Path:
    """Return where to read a file named by a user: its copy in the scope, itself where none is open.

    Raises what ``Intake.place`` raises.
    """
    intake = _current.get()
    return path if intake is None else intake.place(path)


def received_start(path: Path) -> Path:
    """Return where to read the first bytes of a file, likewise."""
    intake = _current.get()
    return path if intake is None else intake.start(path)


def is_large(path: Path) -> bool:
    """Tell a file that is read where it is; raises OSError."""
    return path.stat().st_size > MOST_COPIED_BYTES


def _require_moderate(path: Path) -> None:
    """Refuse (AVS-365) a file too large for any use, or that is but holes: to read it would take hours."""
    status = path.stat()
    on_disk = getattr(status, "st_blocks", status.st_size) * 512
    if status.st_size > min(MOST_READ_BYTES, _MOST_HOLES * on_disk):
        raise InputError(Fault("AVS-365", {"value": number(status.st_size)}, path.name))


def fingerprint(path: Path) -> Received:
    """Return the size and the SHA-256 of a file read in pieces; raises OSError."""
    require_ordinary(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Received(path, file.tell(), sha256)


def changed(path: Path) -> InputError:
    """Return the error of a file that changed while it was read (AVS-309)."""
    return InputError(Fault("AVS-309", {}, path.name))


def _plain_name(path: Path) -> str:
    """Return the name of a file, or another where a library could not be told it."""
    try:
        path.name.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return f"fichier{path.suffix.encode('ascii', 'ignore').decode()}"
    return path.name


def _sides(path: Path, kept: Path) -> Iterator[tuple[Path, str]]:
    """Yield what belongs to a file and stands beside it, with the name that it has beside the copy.

    Raises OSError where one is no ordinary file.
    """
    if path.suffix.lower() != ".shp":
        if not _is_sqlite(kept):
            return
        for suffix in _SIDES[""]:
            side = path.with_name(path.name + suffix)
            if side.exists() and not (side.is_file() and side.stat().st_size == 0):
                yield _within(side, path), kept.name + suffix
        return
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:  # a folder that may be entered and not listed
        return
    for side in beside:
        if side.stem == path.stem and side.suffix.lower() in _SIDES[".shp"]:
            yield _within(side, path), kept.stem + side.suffix.lower()


def _within(side: Path, path: Path) -> Path:
    """Refuse (AVS-371) a file beside another that is a link to elsewhere: nobody named what it leads to."""
    if side.is_symlink() and side.resolve().parent != path.resolve().parent:
        reason = f"« {side.name} » est un lien qui mène ailleurs"
        raise InputError(Fault("AVS-371", {"reason": reason}, path.name))
    return side


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) == b"SQLite"


def _copy(path: Path, target: Path) -> Received:
    """Copy a file, or a pipe that the shell opened, with its fingerprint; raises as ``Intake.place``."""
    piped = is_handed_over(path)
    if not piped:
        require_ordinary(path)
    most = MOST_PIPED_BYTES if piped else MOST_COPIED_BYTES
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, _opened_to_write(target) as kept:
        before = os.fstat(source.fileno())
        while size < most and (piece := source.read(min(_PIECE, most - size))):
            digest.update(piece)
            size += len(piece)
            _write(kept, piece)
        after = os.fstat(source.fileno())
    if not piped and _said(before) != _said(after):
        raise changed(path)
    return Received(path, size, digest.hexdigest())


def _opened_to_write(path: Path) -> IO[bytes]:
    with _written():
        return path.open("xb", buffering=0)


def _write(file: IO[bytes], piece: bytes) -> None:
    left = memoryview(piece)
    with _written():
        while left:
            left = left[file.write(left) :]


def _said(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


@contextmanager
def _written() -> Iterator[None]:
    """Say that a copy cannot be written (AVS-502): the disk of temporary files is full or closed."""
    try:
        yield
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        values = {"value": tempfile.gettempdir(), "reason": os_reason(error)}
        raise OutputError(Fault("AVS-502", values)) from error


def _remove_abandoned() -> None:
    """Remove the copies of processes killed more than a day ago, of this user alone."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = path.lstat()
            own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if own and stat.S_ISDIR(status.st_mode) and time.time() - status.st_mtime > _ABANDONED_S:
                shutil.rmtree(path, ignore_errors=True)
