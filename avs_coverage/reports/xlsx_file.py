"""Write the views of a report as a workbook that a French Excel opens right, with a dictionary."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from avs_coverage.dictionary import ColumnInfo
from avs_coverage.reports.csv_file import joined
from avs_coverage.tables import TableView

_MIN_WIDTH, _MAX_WIDTH = 8, 60
_SAMPLE = 500
_FORMATS = {
    "annee": "0",
    "entier": "#,##0",
    "nombre": "#,##0.0##",
    "part": "0.0%",
    "coordonnee": "0.00000",
    "date": "dd/mm/yyyy",
}
"""Number formats of Excel, which writes them with the spaces and commas of the reader's language."""


def workbook(
    views: Sequence[TableView],
    columns: Mapping[tuple[str, str], ColumnInfo],
    parameters: Sequence[tuple[str, str]],
    sources: Mapping[str, str],
) -> bytes:
    """Return a workbook: a sheet a view, then *dictionnaire* and *paramètres*.

    *columns* describes each (view, column); *sources* the source of each column's values by name.
    Codes are text, numbers are numbers, shares percentages, dates dates; an unknown value is an empty
    cell. No text is taken for a formula or a link. Same views, same bytes.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # never the time of writing
        writer = _Writer(book)
        for view in views:
            writer.add_view(view, [columns[view.name, name] for name in view.columns])
        writer.add_dictionary(views, columns, sources)
        writer.add_parameters(parameters)
    return buffer.getvalue()


class _Writer:
    """The sheets of one workbook, and the formats that they share."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        self._header = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EEF4"}
        )
        self._text = book.add_format({"num_format": "@", "valign": "top"})
        self._wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self._of_kind = {
            kind: book.add_format({"num_format": text, "valign": "top"}) for kind, text in _FORMATS.items()
        }

    def add_view(self, view: TableView, columns: Sequence[ColumnInfo]) -> None:
        """Add the sheet of a view: a header that stays, filters, and a print set-up on A4."""
        sheet = self._sheet(view.title, [column.label for column in columns], len(view.records))
        for index, column in enumerate(columns):
            values = [record[column.name] for record in view.records]
            for line, value in enumerate(values, 1):
                self._write(sheet, line, index, value, column.kind)
            widths = (len(str(_shown(value))) for value in values[:_SAMPLE] if value is not None)
            width = max([_header_width(column.label), *widths])
            width = min(max(width + 2, _MIN_WIDTH), _MAX_WIDTH)
            # What every row rests on is folded away at the right, and is there when rows are copied.
            folded = {"level": 1, "hidden": True} if column.name in view.stamped else {}
            sheet.set_column(index, index, width, None, folded)
        if view.stamped:
            sheet.set_column(len(columns), len(columns), None, None, {"collapsed": True})

    def add_dictionary(
        self,
        views: Sequence[TableView],
        columns: Mapping[tuple[str, str], ColumnInfo],
        sources: Mapping[str, str],
    ) -> None:
        """Add what every column means, with its unit, its source and the vintage of its source."""
        headers = ["Feuille", "Colonne", "Nom technique (CSV, JSON)", "Sens", "Unité", "Source et millésime"]
        rows = [
            (view.title, one.label, one.name, one.meaning, one.unit, sources[one.name])
            for view in views
            for one in (columns[view.name, name] for name in view.columns)
        ]
        sheet = self._sheet("Dictionnaire", headers, len(rows))
        for index, width in enumerate((22, 26, 28, 60, 18, 50)):
            sheet.set_column(index, index, width)
        self._write_text(sheet, rows)

    def add_parameters(self, parameters: Sequence[tuple[str, str]]) -> None:
        """Add what the figures rest on: rule, date, files and their fingerprints, version."""
        sheet = self._sheet("Paramètres", ["Paramètre", "Valeur"], len(parameters))
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 110)
        self._write_text(sheet, parameters)

    def _write_text(self, sheet: Any, rows: Sequence[Sequence[str]]) -> None:  # noqa: ANN401
        for line, row in enumerate(rows, 1):
            for index, text in enumerate(row):
                sheet.write_string(line, index, text, self._wrapped)

    def _sheet(self, title: str, headers: Sequence[str], rows: int) -> Any:  # noqa: ANN401
        sheet = self._book.add_worksheet(title)
        for index, text in enumerate(headers):
            sheet.write_string(0, index, text, self._header)
        sheet.set_row(0, 46)  # three lines: a label is longer than its numbers
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(rows, 1), len(headers) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{max(rows, 1) + 1}"})
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&RPage &P sur &N")
        return sheet

    def _write(self, sheet: Any, line: int, index: int, value: object, kind: str) -> None:  # noqa: ANN401
        # A number of numpy is not compared with (): the answer is an empty array, neither true nor false.
        if value is None or (isinstance(value, (str, tuple, list, dict)) and not value):
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            if kind == "date":
                sheet.write_datetime(line, index, date.fromisoformat(str(value)), self._of_kind["date"])
            else:
                sheet.write_string(line, index, _shown(value), self._text)
            return
        if kind == "nombre" and isinstance(value, int):
            kind = "entier"  # Excel would write « 8, »
        if kind in self._of_kind:
            sheet.write_number(line, index, value, self._of_kind[kind])
        else:
            sheet.write_string(line, index, str(value), self._text)


def _shown(value: object) -> str:
    """Write a value as text: lists and pairs joined, yes and no in French."""
    return "" if value is None else joined(value)


def _header_width(label: str) -> int:
    """Return the width of a header, which may go over two lines."""
    return max(len(word) for word in label.split()) if len(label) > 16 else len(label)  # noqa: PLR2004
