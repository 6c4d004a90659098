"""Find, in the texts of a file that outputs copy, what looks like an e-mail or a telephone number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from avs_coverage.faults import Fault
from avs_coverage.messages import counted, enumeration

# Each starts at a sign that is seldom, and is short: a cell may hold a hundred thousand letters.
_EMAIL = r"@(?<=[\w.+-]@)[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}"
_PHONE = r"(?<![\w/])(?:(?:\+|00) ?\d{2,3}[ .]?(?:\(0\))?[ .]?|0)[1-9](?:[ .\u00a0\u202f-]?\d{2}){4}(?![\w/])"
_PERSONAL = re.compile(_EMAIL, re.I), re.compile(_PHONE)
_LINES = 10


def looks_personal(text: str) -> bool:
    """Tell a text that holds what looks like an e-mail or a French telephone number.

    >>> [looks_personal(text) for text in ("06 12 34 56 78", "Mme Martin m@x.fr", "SIRET 01234567800012")]
    [True, True, False]
    """
    return any(kind.search(text) for kind in _PERSONAL)


def personal_data(file: str, rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[Fault]:
    """Return one warning of a file (AVS-946), none where its texts are clean.

    *rows*: line, and text by column. It says how many rows, which columns and lines, never the datum.
    """
    lines: list[int] = []
    columns: dict[str, None] = {}
    for line, texts in rows:
        if found := [name for name, text in texts.items() if looks_personal(text)]:
            lines.append(line)
            columns.update(dict.fromkeys(found))
    if not lines:
        return []
    values = {
        "value": counted(len(lines), "ligne", "lignes"),
        "columns": ", ".join(columns),
        "lines": f"{'ligne' if len(lines) == 1 else 'lignes'} {enumeration(list(map(str, lines)), _LINES)}",
    }
    return [Fault("AVS-946", values, file, lines[0], next(iter(columns)))]
