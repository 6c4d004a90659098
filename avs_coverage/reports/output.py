"""Write a file whole or not at all, and never over another without being asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason


def refuse_existing(path: Path, force: bool) -> None:
    """Raise OutputError (AVS-501) where *path* exists and *force* is not given."""
    if path.exists() and not force:
        raise OutputError(Fault("AVS-501", {"value": str(path)}))


def make_folder(path: Path) -> None:
    """Make a folder and those above it; raises OutputError (AVS-502)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        values = {"value": str(path), "reason": os_reason(error)}
        raise OutputError(Fault("AVS-502", values)) from error


def write_atomically(path: Path, content: bytes, force: bool) -> None:
    """Write *content*: the old file or the whole new one, never half.

    Raises OutputError: AVS-501 the file exists, AVS-502 it cannot be written.
    """
    refuse_existing(path, force)
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = file.name
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _give_usual_rights(Path(temporary))
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        values = {"value": str(path), "reason": os_reason(error)}
        raise OutputError(Fault("AVS-502", values)) from error


def write_all_atomically(contents: Mapping[Path, bytes], force: bool) -> None:
    """Write files of one folder, made where it is not: none of them where one exists and may not be replaced.

    Each is the old file or the whole new one. Raises OutputError.
    """
    for path in contents:
        refuse_existing(path, force)
    for path, content in contents.items():
        make_folder(path.parent)
        write_atomically(path, content, force)


def _give_usual_rights(path: Path) -> None:
    """A temporary file is private: give it the rights that a new file of the user has."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
