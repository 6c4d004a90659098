"""Find, in the free texts of a list that outputs copy, what looks like an e-mail or a telephone number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from avs_coverage.messages import counted, enumeration

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.loaders.collector import Collector

# Bounded: a cell may hold a million letters.
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}"
_PHONE = r"(?<![\w/])(?:(?:\+|00) ?\d{2,3}[ .]?(?:\(0\))?[ .]?|0)[1-9](?:[ .\u00a0\u202f-]?\d{2}){4}(?![\w/])"
_PERSONAL = re.compile(f"{_EMAIL}|{_PHONE}", re.I)
_COLUMNS = {"name": "nom", "manager": "gestionnaire", "doubt": "doute", "note": "note", "source": "source"}
"""The free texts that go out: field of a structure → column."""
_LINES = 10


def looks_personal(text: str) -> bool:
    """Tell a text that holds what looks like an e-mail or a French telephone number.

    >>> [looks_personal(text) for text in ("06 12 34 56 78", "Mme Martin m@x.fr", "SIRET 01234567800012")]
    [True, True, False]
    """
    return _PERSONAL.search(text) is not None


def warn_of_personal_data(structures: Sequence[Structure], collector: Collector) -> None:
    """Warn once of a list (AVS-946): how many rows, which columns and lines; never the datum itself."""
    lines: list[str] = []
    columns: dict[str, None] = {}
    for structure in structures:
        found = [name for field, name in _COLUMNS.items() if looks_personal(getattr(structure, field))]
        if found:
            lines.append(str(structure.line))
            columns.update(dict.fromkeys(found))
    if lines:
        words = "ligne " if len(lines) == 1 else "lignes "
        collector.warn(
            "AVS-946", int(lines[0]), next(iter(columns)),
            value=counted(len(lines), "ligne", "lignes"), columns=", ".join(columns),
            lines=words + enumeration(lines, _LINES),
        )  # fmt: skip
