"""Make the workbooks that an analyst fills in, with lists to choose from."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from avs_coverage.inventory import STATUSES, TYPES, ZONES

_ROWS = 500
_CHOICES = {
    "type": TYPES,
    "statut": STATUSES,
    "zone": ZONES,
    "acf": ("oui", "non"),
    "ps_jeunes": ("oui", "non"),
    "itinerant": ("oui", "non"),
}


def template_bytes(
    name: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    communes: Sequence[Mapping[str, Any]],
    commune_column: str,
) -> bytes:
    """Return a workbook: the sheet *name* to fill, and ``communes`` to look codes up.

    Every cell is text, so that codes keep their zero; the code in *commune_column* is chosen among
    the communes of the territory, or typed (a warning, not a refusal).
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        # The same content gives the same bytes, whatever the clock.
        book.set_properties({"created": datetime(2026, 1, 1)})
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column, bold)
            sheet.set_column(index, index, max(12, len(column) + 2), text)
            if column in _CHOICES:
                rule = {"validate": "list", "source": list(_CHOICES[column])}
                sheet.data_validation(1, index, _ROWS, index, rule)
        for line, row in enumerate(rows, 1):
            for index, column in enumerate(columns):
                sheet.write_string(line, index, str(row[column] or ""), text)
        codes = book.add_worksheet("communes")
        codes.freeze_panes(1, 0)
        for index, column in enumerate(communes[0]):
            codes.write_string(0, index, column, bold)
            codes.set_column(index, index, 28 if column.startswith("nom") else 12, text)
        for line, commune in enumerate(communes, 1):
            for index, value in enumerate(commune.values()):
                codes.write_string(line, index, str(value), text)
        place = {
            "validate": "list",
            "source": f"=communes!$A$2:$A${len(communes) + 1}",
            "error_type": "warning",
            "error_title": "Commune hors du territoire",
            "error_message": "Ce code n'est pas celui d'une commune du territoire.",
        }
        rank = columns.index(commune_column)
        sheet.data_validation(1, rank, _ROWS, rank, place)
    return buffer.getvalue()
