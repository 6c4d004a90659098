"""What a path would mean on any system, told from its text alone: nothing is touched."""

from __future__ import annotations

import re
from pathlib import PurePath, PurePosixPath, PureWindowsPath

_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.I | re.S
)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def leads_out(text: str) -> bool:
    r"""Tell whether a received path may lead out of the folder it is taken from, or to a device.

    Whatever the system it came from, and this one: absolute, on a drive or a network share of Windows (to
    look at one is to send it the account's name and a proof of its password), through ``..``, a device.
    A null character, which no system takes, counts as one.

    >>> [leads_out(text) for text in ("sous/liste.csv", "../liste.csv", r"\\serveur\x", "aux.csv")]
    [False, True, True, True]
    """
    on_windows = PureWindowsPath(text)  # takes « / » and « \ » alike
    parts = on_windows.parts
    if on_windows.anchor or PurePosixPath(text).anchor or ".." in parts or "\0" in text:
        return True
    return any(_DEVICE.fullmatch(part) for part in parts)


def last_name(text: str) -> str:
    r"""Return the name of the file at the end of a path of any system.

    >>> last_name("../a/liste.csv"), last_name("a\\liste.csv")
    ('liste.csv', 'liste.csv')
    """
    return PureWindowsPath(text).name


def not_for_windows(name: str) -> str:
    """Say in French why a file of that name cannot be had on Windows; empty where it can.

    >>> not_for_windows("communes.csv"), not_for_windows("AUX.csv"), not_for_windows("nom:flux.csv")
    ('', "nom d'un périphérique", 'caractère « : »')
    """
    if found := _FORBIDDEN.search(name):
        return f"caractère « {found[0]} »" if found[0].isprintable() else "caractère de contrôle"
    if name.endswith((".", " ")):
        return "point ou espace à la fin"
    return "nom d'un périphérique" if _DEVICE.fullmatch(name) else ""


def sqlite_uri(path: PurePath, query: str = "mode=ro") -> str:
    r"""Return the address by which SQLite opens an absolute path, on a network share of Windows too.

    SQLite knows no machine in an address: a share is a path that begins with two strokes.

    >>> sqlite_uri(PureWindowsPath(r"\\serveur\partage\a b.gpkg"))
    'file:////serveur/partage/a%20b.gpkg?mode=ro'
    """
    uri = path.as_uri()
    if not uri.startswith("file:///"):
        uri = uri.replace("file://", "file:////", 1)
    return f"{uri}?{query}"
