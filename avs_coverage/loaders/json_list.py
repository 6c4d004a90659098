"""Read a JSON list of objects, bounded by what it announces before anything is made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from avs_coverage.growth import swollen
from avs_coverage.loaders.table_file import (
    MOST_STRUCTURES,
    first_bytes,
    not_a_table,
    read_bytes,
    too_many_structures,
)

_MOST_OBJECTS = 2 * MOST_STRUCTURES
"""A brace may stand in a text, or an object in another."""
_MOST_VALUES = 3_000_000
_MOST_CELLS = 5_000_000
_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[")


def json_objects(path: Path) -> list[dict[str, Any]] | None:
    """Return the objects of a JSON list; None for another file.

    Raises InputError: AVS-308 more objects than a list has structures, AVS-310 values without end.
    """
    if not _START.match(first_bytes(path)):
        return None
    content = read_bytes(path)
    if content.count(b"{") > _MOST_OBJECTS:
        raise too_many_structures(path)
    if content.count(b",") + content.count(b"[") > _MOST_VALUES:
        raise swollen(path.name, f"plus de {_MOST_VALUES // 1_000_000} millions de valeurs")
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # not JSON, or brackets in brackets without end
        return None
    if not found or not all(isinstance(item, dict) for item in found):
        return None
    return found  # type: ignore[no-any-return]


def names_of(path: Path, objects: list[dict[str, Any]]) -> list[str]:
    """Return the keys of all objects, in their order; raises InputError (AVS-302) for a table too wide."""
    names = list(dict.fromkeys(str(name) for item in objects for name in item))
    if len(names) * len(objects) > _MOST_CELLS:
        raise not_a_table(path, f"{len(names)} noms de colonnes")
    return names
