"""The one way a file is written: whole or not at all, and never over another without being asked.

Files are made in a hidden folder beside the place they are meant for, are given to the disk, and only then
renamed into place, each in one step: a process killed at any moment leaves the old file or the whole new one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason

STAGING_PREFIX = ".avs-coverage-"
_ABANDONED_S = 24 * 3600
"""From this age on, a staging folder is that of a killed process: no command writes for a day."""
_own: set[str] = set()
"""The names of the staging folders of this process: the clock of a disk elsewhere may make them seem old."""


def refuse_existing(path: Path, force: bool) -> None:
    """Raise OutputError where *path* cannot be written or may not be.

    AVS-501: it exists and *force* is not given. AVS-502: it is a folder, a device, or read-only, which
    the system lets one replace all the same, or not, according to the system. AVS-509: another program
    holds it open.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():  # a link to nothing is there all the same
            return
        mode = stat.S_IFREG | stat.S_IWUSR
    except OSError as error:
        raise _refused(path, error) from error
    if not stat.S_ISREG(mode):
        reason = "c'est un dossier" if stat.S_ISDIR(mode) else "ce n'est pas un fichier ordinaire"
        raise OutputError(Fault("AVS-502", {"value": str(path), "reason": reason}))
    if not force:
        raise OutputError(Fault("AVS-501", {"value": str(path)}))
    if not mode & stat.S_IWUSR:
        raise OutputError(Fault("AVS-502", {"value": str(path), "reason": "fichier en lecture seule"}))
    try:
        path.replace(path)  # nothing, but Windows refuses it where another program holds the file open
    except OSError as error:
        raise _not_replaced(path, error) from error


def refuse_no_folder(path: Path) -> None:
    """Raise OutputError (AVS-502) where *path* is something else than a folder, or cannot be one."""
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(path, error) from error
    if not is_folder:
        raise OutputError(Fault("AVS-502", {"value": str(path), "reason": "ce n'est pas un dossier"}))


@contextmanager
def made_folder(path: Path, mode: int = 0o777) -> Iterator[None]:
    """Make a folder and those above it; those that stay empty go away again where the block fails.

    *mode* is that of the folder where it is made, less the umask. Raises OutputError (AVS-502).
    """
    missing: list[Path] = []
    try:
        try:
            missing = [one for one in (path, *path.parents) if not one.exists()]
            path.mkdir(mode, parents=True, exist_ok=True)
        except OSError as error:
            raise _refused(path, error) from error
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for one in missing:
                one.rmdir()
        raise


def write_atomically(path: Path, content: bytes, force: bool) -> None:
    """Write *content*: the old file or the whole new one, never half.

    Raises OutputError: AVS-501 the file exists, AVS-502 it cannot be written, AVS-509 it is open elsewhere.
    """
    _write_all({path: content}, force)


def write_all_atomically(contents: Mapping[Path, bytes], force: bool) -> None:
    """Write files of one folder, made where it is not: all of them, or none. Raises OutputError, likewise."""
    with made_folder(next(iter(contents)).parent):
        _write_all(contents, force)


def _write_all(contents: Mapping[Path, bytes], force: bool) -> None:
    for path in contents:
        refuse_existing(path, force)
    first = next(iter(contents))
    with staging(first.parent, of=first) as staged:
        for path, content in contents.items():
            (staged / path.name).write_bytes(content)
        put_in_place(staged, first.parent, [path.name for path in contents], force)


@contextmanager
def staging(folder: Path, of: Path | None = None) -> Iterator[Path]:
    """Give a folder inside *folder* for files not yet whole; it goes away at the end, whatever happens.

    Those that killed processes left there more than a day ago go away too. *of* is what a refusal names
    (*folder* where None). Raises OutputError (AVS-502) for what the system refuses inside the block.
    """
    named = of or folder
    _remove_abandoned(folder)
    staged = folder / f"{STAGING_PREFIX}{secrets.token_hex(8)}"  # known before it is there: it always goes
    _own.add(staged.name)
    try:
        staged.mkdir(0o700)
        yield staged
    except OutputError as error:
        raise OutputError([_final(fault, staged, folder) for fault in error.faults]) from error
    except OSError as error:
        is_own = error.filename is None or Path(error.filename) == staged
        (fault,) = _refused(named if is_own else Path(error.filename), error).faults
        raise OutputError(_final(fault, staged, folder)) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        _own.discard(staged.name)


def put_in_place(staged: Path, folder: Path, names: Sequence[str], force: bool, vouching: str = "") -> None:
    """Rename files of *staged* into *folder*, in order, once all are on the disk and none is refused.

    What fails halfway, or is interrupted, is undone: the files are all old or all new. A killed process
    undoes nothing: *vouching*, the last of the files, vouches for the others, and its old version goes
    away before the first is replaced, so that it never stands beside a set half old, half new.
    Raises OutputError.
    """
    faults: list[Fault] = []
    for name in names:
        try:
            refuse_existing(folder / name, force)
        except OutputError as error:
            faults += error.faults
    if faults:
        raise OutputError(faults)
    for name in names:
        with (staged / name).open("rb+") as file:
            os.fsync(file.fileno())
    with staging(folder) as kept:
        for name in names:
            _keep(folder / name, kept / name)
        try:
            if vouching:
                _remove(folder / vouching)
            for name in names:
                _replace(staged / name, folder / name)
        except BaseException:
            for name in names:
                _put_back(folder / name, kept / name, is_new=not (staged / name).exists())
            raise


def _keep(path: Path, kept: Path) -> None:
    """Keep a file, where there is one, as it is now: by a second name, by a copy on disks without."""
    if not path.is_symlink():
        if not path.exists():
            return
        with contextlib.suppress(OSError):
            kept.hardlink_to(path)
            return
    shutil.copy2(path, kept, follow_symlinks=False)


def _put_back(path: Path, kept: Path, is_new: bool) -> None:
    """Undo what was done to a file: nothing more can be done where that fails too."""
    with contextlib.suppress(OSError):
        if kept.is_symlink() or kept.exists():
            kept.replace(path)
        elif is_new:
            path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_replaced(path, error) from error


def _replace(made: Path, path: Path) -> None:
    try:
        made.replace(path)
    except OSError as error:
        raise _not_replaced(path, error) from error


def _remove_abandoned(folder: Path) -> None:
    """Remove the staging folders of processes killed long ago, never one of this process."""
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        if path.name in _own:
            continue
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink() and time.time() - path.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(path, ignore_errors=True)


def _final(fault: Fault, staged: Path, folder: Path) -> Fault:
    """Return a fault that names a file where it was to be, not where it was being made."""
    path = Path(fault.values["value"])
    if not path.is_relative_to(staged):
        return fault
    return replace(fault, values={**fault.values, "value": str(folder / path.relative_to(staged))})


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(Fault("AVS-502", {"value": str(path), "reason": os_reason(error)}))


def _not_replaced(path: Path, error: OSError) -> OutputError:
    """Say that a file cannot be replaced: what Windows calls a denied access is a file open elsewhere."""
    if isinstance(error, PermissionError) and path.exists():
        return OutputError(Fault("AVS-509", {"value": str(path), "reason": os_reason(error)}))
    return _refused(path, error)
