"""The content of an ODS: its sheets, rows and cells, written anew in the plainest form."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from avs_coverage.loaders.table_file import not_a_table
from avs_coverage.loaders.workbook_parts import Budget, Part, escaped, qualified

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE, _TABLE, _TEXT = (f"{_NAMES}:{one}:1.0" for one in ("office", "table", "text"))
_TAGS = {
    **qualified([_TABLE], "table table-row table-cell covered-table-cell"),
    **qualified([_TEXT], "p h s tab line-break"),
}
_ABOUT = {
    **qualified([_OFFICE], "document-content body spreadsheet"),
    **qualified([_TABLE], "table-rows table-row-group table-header-rows"),
}
"""What sheets and rows stand in; whatever else there is (what was changed, notes, pictures) holds none."""

_CELLS = ("table-cell", "covered-table-cell")
_VALUES = {
    "float": "value",
    "percentage": "value",
    "currency": "value",
    "date": "date-value",
    "time": "time-value",
    "boolean": "boolean-value",
    "string": "string-value",
}
_NOT_WRITTEN = f"{_TEXT} note", f"{_TEXT} ruby-text"
_MOST_TIMES = 1_000_000_000
"""Far beyond every bound, and no number of a thousand digits."""


class Content(Part):
    """The sheets, each with its name; what repeats is said once, and counted as often as it stands there."""

    HEAD = (
        f'<office:document-content xmlns:office="{_OFFICE}" xmlns:table="{_TABLE}" xmlns:text="{_TEXT}">'
        "<office:body><office:spreadsheet>"
    )
    TAIL = "</office:spreadsheet></office:body></office:document-content>"

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.names: list[str] = []
        self._in_table = self._in_row = self._in_cell = False
        self._skipped = self._paragraphs = 0
        self._begin_table()
        self._begin_row({})
        self._begin_cell({})

    def _begin_table(self) -> None:
        self._row = self._last_row = self._last_column = self._filled = 0

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._rows = _repeats(attributes, "rows")
        self._column = self._blank = 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cells = _repeats(attributes, "columns")
        self._kind = attributes.get(f"{_OFFICE} value-type", "")
        self._value = attributes.get(f"{_OFFICE} {_VALUES.get(self._kind, '')}")
        self._length = len(self._value or "")
        self._content: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        self._take_text()
        name = _TAGS.get(tag, "")
        if self._skipped:
            self._skipped += 1
        elif self._in_cell:
            self._start_in_cell(tag, name, attributes)
        elif name == "table" and not self._in_table:
            self._in_table = True
            self._begin_table()
            self.names.append(attributes.get(f"{_TABLE} name", ""))
            self.out.append(f"<table:table table:name={quoteattr(self.names[-1])}>")
        elif name == "table-row" and self._in_table and not self._in_row:
            self._in_row = True
            self._begin_row(attributes)
            self._row += self._rows
            self.out.append(f"<table:table-row{_said('rows', self._rows)}>")
        elif name in _CELLS and self._in_row:
            self._in_cell = True
            self._begin_cell(attributes)
            self._column += self._cells
            self._add(0)
        elif tag not in _ABOUT:
            self._skipped = 1

    def _start_in_cell(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            raise not_a_table(self.budget.path, "un tableau dans une cellule")
        if name in ("p", "h"):
            self._paragraphs += 1
            self._content.append("<text:p>")
        elif name == "s":
            spaces = _times(attributes, f"{_TEXT} c")
            self._add(spaces)
            self._content.append(f'<text:s text:c="{spaces}"/>')
        elif name in ("tab", "line-break"):
            self._add(1)
            self._content.append(" ")
        elif not tag.startswith(f"{_TEXT} ") or tag in _NOT_WRITTEN:
            self._skipped = 1

    def _take_text(self) -> None:
        """Take the characters since the last element, which count in a paragraph alone."""
        if self.characters:
            text = self.text()
            if self._paragraphs and not self._skipped:
                self._add(len(text))
                self._content.append(escaped(text))

    def _add(self, length: int) -> None:
        self._length += length
        if (repeated := self._length * self._rows * self._cells) > self.budget.text:
            self.budget.take(text=repeated)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self._take_text()
        name = _TAGS.get(tag, "")
        if self._skipped:
            self._skipped -= 1
        elif name in _CELLS:
            self._end_cell()
            self._in_cell = False
        elif name in ("p", "h") and self._in_cell:
            self._paragraphs -= 1
            self._content.append("</text:p>")
        elif name == "table-row":
            self.out.append("</table:table-row>")
            self._in_row = False
        elif name == "table":
            self.out.append("</table:table>")
            self._in_table = False
            self.budget.take_sheet(self._last_row, self._last_column, self._filled)

    def _end_cell(self) -> None:
        """Write a cell that holds something, and before it the blank ones as one: the last are not needed."""
        if self._kind != "string" and self._value is None:
            self._blank += self._cells
            return
        if self._blank:
            self.out.append(f"<table:table-cell{_said('columns', self._blank)}/>")
            self._blank = 0
        self.out.append(f"<table:table-cell{_said('columns', self._cells)}")
        if self._kind == "string":
            text = "".join(self._content)
            if self._value is not None:
                text = f"<text:p>{escaped(self._value)}</text:p>"
            self.out.append(f' office:value-type="string">{text}</table:table-cell>')
        else:
            value = f"office:{_VALUES[self._kind]}={quoteattr(self._value or '')}"
            self.out.append(f' office:value-type="{self._kind}" {value}/>')
        self._filled += 1
        self._last_row, self._last_column = self._row, max(self._last_column, self._column)
        self.budget.take(text=self._length * self._rows * self._cells)


def _said(what: str, times: int) -> str:
    return f' table:number-{what}-repeated="{times}"' if times > 1 else ""


def _repeats(attributes: dict[str, str], what: str) -> int:
    """Return how often a row or a cell stands there."""
    return _times(attributes, f"{_TABLE} number-{what}-repeated")


def _times(attributes: dict[str, str], name: str) -> int:
    return min(max(1, int(attributes.get(name, "1"))), _MOST_TIMES)
