"""Write the views of a report as a workbook that a French Excel opens right, with a dictionary."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from avs_coverage.dictionary import ColumnInfo
from avs_coverage.messages import joined
from avs_coverage.tables import TableView

_MIN_WIDTH, _MAX_WIDTH = 8, 45
_PAGE_WIDTH = 300
"""Of characters of Excel's 11 points on a landscape A4, which holds 141 of them, so at 47 % at least."""
_LINE_HEIGHT, _HEADER_LINES = 15, 3
_MAX_LINES = 12
_MAX_PRINT_HEADER = 250
_TOP_MARGIN, _HEADER_MARGIN = 1.0, 0.35
"""In inches: three lines of the page header, which a long name takes, and a space under them."""
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

    *columns* describes each (view, column); *sources* says each of their sources in words.
    Codes are text, numbers are numbers, shares percentages, dates dates; an unknown value is an empty
    cell. No text is taken for a formula or a link. Same views, same bytes.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # never the time of writing
        writer = _Writer(book, _print_header(dict(parameters)))
        for view in views:
            writer.add_view(view, [columns[view.name, name] for name in view.columns])
        writer.add_dictionary(views, columns, sources)
        writer.add_parameters(parameters)
    return buffer.getvalue()


class _Writer:
    """The sheets of one workbook, and the formats that they share."""

    def __init__(self, book: Any, print_header: str) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book, self._print_header = book, print_header
        # No line under it: it would run through the letters of the first row, where the font is a tall one.
        header = {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DCE5EE"}
        self._header = book.add_format({**header, "align": "left", "indent": 1})
        self._number_header = book.add_format({**header, "align": "right"})
        # A text that follows a number, which is on the right of its cell, would touch it.
        self._text = book.add_format({"num_format": "@", "valign": "top", "align": "left", "indent": 1})
        self._wrapped = book.add_format(
            {"num_format": "@", "valign": "top", "align": "left", "indent": 1, "text_wrap": True}
        )
        self._of_kind = {
            kind: book.add_format({"num_format": text, "valign": "top"}) for kind, text in _FORMATS.items()
        }

    def add_view(self, view: TableView, columns: Sequence[ColumnInfo]) -> None:
        """Add the sheet of a view: a header that stays, filters, and a print set-up on A4."""
        sheet = self._sheet(view.title, [column.label for column in columns], len(view.records))
        printed = 0
        lines: dict[int, int] = {}
        for index, column in enumerate(columns):
            if column.kind in _FORMATS:
                sheet.write_string(0, index, column.label, self._number_header)
            values = [record[column.name] for record in view.records]
            widths = (_width(value, column.kind) for value in values[:_SAMPLE] if value is not None)
            width = max([_header_width(column.label), *widths])
            width = min(max(width + 3, _MIN_WIDTH), _MAX_WIDTH)
            # What every row rests on is folded away at the right, and is there when rows are copied.
            folded = {"level": 1, "hidden": True} if column.name in view.stamped else {}
            sheet.set_column(index, index, width, None, folded)
            printed += 0 if folded else width
            for line, value in enumerate(values, 1):
                self._write(sheet, line, index, value, column.kind)
                if column.kind == "texte" and value and not folded:
                    lines[line] = max(lines.get(line, 1), _lines(_shown(value), width))
        for line, count in lines.items():
            if count > 1:
                sheet.set_row(line, _LINE_HEIGHT * count)
        # Without it, a long text at the right edge would widen the page, down to letters of 3 points.
        last = max(index for index, column in enumerate(columns) if column.name not in view.stamped)
        sheet.print_area(0, 0, len(view.records), last)
        pages = math.ceil(printed / _PAGE_WIDTH)
        sheet.fit_to_pages(pages, 0)
        if pages > 1:
            sheet.repeat_columns(0)
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
            (view.title, one.label, one.name, one.meaning, one.unit, sources[one.source])
            for view in views
            for one in (columns[view.name, name] for name in view.columns)
        ]
        sheet = self._sheet("Dictionnaire", headers, len(rows))
        self._write_text(sheet, rows, (24, 26, 28, 60, 18, 50))

    def add_parameters(self, parameters: Sequence[tuple[str, str]]) -> None:
        """Add what the figures rest on: rule, date, files and their fingerprints, version."""
        sheet = self._sheet("Paramètres", ["Paramètre", "Valeur"], len(parameters))
        self._write_text(sheet, parameters, (34, 110))

    def _write_text(self, sheet: Any, rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:  # noqa: ANN401
        """Write rows of texts over as many lines as they take: not every program sees to it by itself."""
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        for line, row in enumerate(rows, 1):
            lines = max(_lines(text, width) for text, width in zip(row, widths, strict=True))
            sheet.set_row(line, _LINE_HEIGHT * lines)
            for index, text in enumerate(row):
                sheet.write_string(line, index, text, self._wrapped)
        sheet.fit_to_pages(1, 0)

    def _sheet(self, title: str, headers: Sequence[str], rows: int) -> Any:  # noqa: ANN401
        sheet = self._book.add_worksheet(title)
        for index, text in enumerate(headers):
            sheet.write_string(0, index, text, self._header)
        sheet.set_row(0, _LINE_HEIGHT * _HEADER_LINES + 1)  # a label is longer than its numbers
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(rows, 1), len(headers) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{max(rows, 1) + 1}"})
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.set_margins(left=0.5, right=0.5, top=_TOP_MARGIN, bottom=0.75)
        sheet.set_header(f"&L{self._print_header}", {"margin": _HEADER_MARGIN})
        sheet.set_footer("&L&A&RPage &P sur &N", {"margin": _HEADER_MARGIN})
        return sheet

    def _write(self, sheet: Any, line: int, index: int, value: object, kind: str) -> None:  # noqa: ANN401
        # A number of numpy is not compared with (): the answer is an empty array, neither true nor false.
        if value is None or (isinstance(value, (str, tuple, list, dict)) and not value):
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            if kind == "date":
                sheet.write_datetime(line, index, date.fromisoformat(str(value)), self._of_kind["date"])
            else:
                sheet.write_string(
                    line, index, _shown(value), self._wrapped if kind == "texte" else self._text
                )
            return
        if kind == "nombre" and float(value).is_integer():
            kind = "entier"  # Excel would write « 8, »
        if kind in self._of_kind:
            sheet.write_number(line, index, value, self._of_kind[kind])
        else:
            sheet.write_string(line, index, str(value), self._text)


def _shown(value: object) -> str:
    """Write a value as text: lists and pairs joined, yes and no in French."""
    return "" if value is None else joined(value)


def _width(value: object, kind: str) -> int:
    """Return how many characters a value takes in its number format."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = {"part": "100,0 %", "coordonnee": "-12,34567", "annee": "2022"}.get(kind) or f"{value:,.3f}"
        return len(text.removesuffix(".000"))
    return len(_shown(value))


def _lines(text: str, width: int) -> int:
    """Return over how many lines a text goes in a column; a little more than narrow letters take."""
    return min(max(1, math.ceil(len(text) / width)), _MAX_LINES)


def _print_header(parameters: Mapping[str, str]) -> str:
    """Return what stands above each page: on paper, what a row rests on is folded away.

    Excel takes 255 characters: of a longer text, the names are cut, never the date.
    """
    names = ("Territoire", "Inventaire", "Règle", "Règle 1")
    text = " — ".join(parameters[name] for name in names if name in parameters)
    on = ", état au " + parameters["Date de l'état"]
    while len((text + on).replace("&", "&&")) > _MAX_PRINT_HEADER:
        text = f"{text.removesuffix('…')[:-1]}…"
    return (text + on).replace("&", "&&")


def _header_width(label: str) -> int:
    """Return the width of a header, which may go over two lines."""
    return max(len(word) for word in label.split()) if len(label) > 16 else len(label)  # noqa: PLR2004
