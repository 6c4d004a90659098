"""What may be read of what a user names: an ordinary file, and of settings no more than they can hold."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason

_MOST_TOML_BYTES, _MOST_POINTS = 100_000, 300
MAX_SETTINGS_BYTES = 1_000_000
_OPEN_ALREADY = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def require_ordinary(path: Path) -> None:
    """Refuse a pipe, a device or a socket, which may never give or never end; raises OSError.

    A link stands for what it leads to. A folder passes: its opening says that it is one.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.ENXIO, "not an ordinary file", str(path))


def is_plain_file(path: Path) -> bool:
    """Tell an ordinary file, and no link to one: nothing else than its own entry is looked at."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):  # a name that the system does not take
        return False


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether what a path leads to, its links followed, stands inside a folder.

    Asked of every file that a received folder names before it is opened.
    """
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links in a ring; a name that the system does not take
        return False


def is_link_out(path: Path) -> bool:
    """Tell a link out of the folder where it stands.

    Settings and manifests must be none: their faults cite what they say.
    """
    try:
        return path.is_symlink() and not is_within(path, path.parent)
    except (OSError, ValueError):
        return False


def refuse_special(path: Path) -> None:
    """Do the same, raising InputError (AVS-301); so is a file that is not there."""
    try:
        require_ordinary(path)
    except OSError as error:
        raise not_readable(path, error) from error


def not_readable(path: Path, error: OSError) -> InputError:
    """Return the error of a file that the system does not give (AVS-301)."""
    return InputError(Fault("AVS-301", {"value": str(path), "reason": os_reason(error)}))


def is_handed_over(path: Path) -> bool:
    """Tell a pipe that the shell opened for this process: ``… | avs-coverage … --structures /dev/stdin``."""
    if not path.as_posix().startswith(_OPEN_ALREADY):
        return False
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


def read_settings(path: Path) -> bytes:
    """Return a file of settings or a manifest; raises OSError, and InputError (AVS-301) beyond 1 MB."""
    require_ordinary(path)
    with path.open("rb") as file:
        content = file.read(MAX_SETTINGS_BYTES + 1)
    if len(content) > MAX_SETTINGS_BYTES:
        reason = f"plus de {MAX_SETTINGS_BYTES // 1_000_000} Mo : il est démesuré"
        raise InputError(Fault("AVS-301", {"value": str(path), "reason": reason}))
    return content


def read_toml(path: Path) -> bytes:
    """Return a file of settings in TOML; raises as ``read_settings``, beyond 100 kB too.

    So does a line of hundreds of points: each name of a dotted key is looked for along all those before.
    """
    content = read_settings(path)
    points = max((line.count(b".") for line in content.splitlines()), default=0)
    if len(content) > _MOST_TOML_BYTES or points > _MOST_POINTS:
        reason = "il est démesuré, ou une de ses lignes l'est"
        raise InputError(Fault("AVS-301", {"value": str(path), "reason": reason}))
    return content
