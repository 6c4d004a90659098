"""Write the workbook in which an analyst fills in structures, with lists to choose from."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from avs_coverage.inventory import STATUSES, TYPES, ZONES
from avs_coverage.reports.output import write_atomically

_ROWS = 500
_CHOICES = {
    "type": TYPES,
    "statut": STATUSES,
    "zone": ZONES,
    "acf": ("oui", "non"),
    "ps_jeunes": ("oui", "non"),
    "itinerant": ("oui", "non"),
}


def write_structures_template(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    communes: Sequence[Mapping[str, Any]],
    path: Path,
) -> None:
    """Write the sheets ``structures`` (to fill) and ``communes`` (to look codes up).

    Every cell is text, so that codes keep their zero; the code of the seat is chosen among the
    communes of the territory, or typed (a warning, not a refusal). Raises OutputError.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        # The same content gives the same bytes, whatever the clock.
        book.set_properties({"created": datetime(2026, 1, 1)})
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        sheet = book.add_worksheet("structures")
        sheet.freeze_panes(1, 0)
        for index, name in enumerate(columns):
            sheet.write_string(0, index, name, bold)
            sheet.set_column(index, index, max(12, len(name) + 2), text)
            if name in _CHOICES:
                rule = {"validate": "list", "source": list(_CHOICES[name])}
                sheet.data_validation(1, index, _ROWS, index, rule)
        for line, row in enumerate(rows, 1):
            for index, name in enumerate(columns):
                sheet.write_string(line, index, str(row[name] or ""), text)
        codes = book.add_worksheet("communes")
        codes.freeze_panes(1, 0)
        for index, name in enumerate(communes[0]):
            codes.write_string(0, index, name, bold)
            codes.set_column(index, index, 28 if name.startswith("nom") else 12, text)
        for line, commune in enumerate(communes, 1):
            for index, value in enumerate(commune.values()):
                codes.write_string(line, index, str(value), text)
        seat = {
            "validate": "list",
            "source": f"=communes!$A$2:$A${len(communes) + 1}",
            "error_type": "warning",
            "error_title": "Commune hors du territoire",
            "error_message": "Ce code n'est pas celui d'une commune du territoire.",
        }
        sheet.data_validation(1, columns.index("code_insee"), _ROWS, columns.index("code_insee"), seat)
    write_atomically(path, buffer.getvalue(), force=False)
