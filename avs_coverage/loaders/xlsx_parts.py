"""The parts of an XLSX: which are its sheets, and their cells, written anew in the plainest form."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from string import ascii_letters
from xml.sax.saxutils import quoteattr

from avs_coverage.loaders.table_file import CELL_IN_ERROR, column_letters
from avs_coverage.loaders.workbook_parts import Budget, Part, escaped, qualified

_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATION_KINDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_RELATION_IDS = tuple(f"{kinds} id" for kinds in _RELATION_KINDS)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION = f"{_PACKAGE} Relationship"
_TAGS = qualified(_MAIN, "sheet workbookPr numFmts numFmt cellXfs xf si t rPh row c v is")
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_DIGITS, _LETTERS = "0123456789", ascii_letters
_KINDS = {None, "n", "s", "b", "e", "str", "inlineStr", "d"}
_OF_FORMATS = str.maketrans("&<>'", "    ")
"""None of these is a letter of a date; the reader takes « &amp; » for a month."""

_letters = lru_cache(_MOST_COLUMNS)(column_letters)

_ROOT = f'xmlns="{_MAIN[0]}"'


class Relations(Part):
    """The relations of the workbook: the member of each sheet by identifier, empty for what is no sheet."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.sheets: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        if tag != _RELATION:
            return
        identifier, target = attributes["Id"], attributes["Target"]
        if identifier in self.sheets:
            raise ValueError(identifier)
        base = "" if target.startswith("xl/") else "xl"  # some programs name it from the root
        member = posixpath.normpath(posixpath.join(base, target)).lstrip("/").lower()
        self.sheets[identifier] = member if attributes["Type"].endswith("/worksheet") else ""


class Workbook(Part):
    """The sheets of the workbook, in the order of their tabs: name, and identifier of its relation."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.sheets: list[tuple[str, str]] = []
        self.is_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        name = _TAGS.get(tag)
        if name == "sheet":
            relation = next((attributes[key] for key in _RELATION_IDS if key in attributes), "")
            self.sheets.append((attributes["name"], relation))
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")


def workbook_of(names: list[str], is_1904: bool) -> dict[str, str]:
    """Return the parts that say which sheets there are, each in ``member_of`` its rank."""
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{rank}" r:id="r{rank}"/>'
        for rank, name in enumerate(names, 1)
    )
    files = {f"r{rank}": member_of(rank).removeprefix("xl/") for rank in range(1, len(names) + 1)}
    return {
        "_rels/.rels": _relations("officeDocument", {"r1": "xl/workbook.xml"}),
        "xl/_rels/workbook.xml.rels": _relations("worksheet", files),
        "xl/workbook.xml": f'<workbook {_ROOT} xmlns:r="{_RELATION_KINDS[0]}">'
        f'<workbookPr date1904="{int(is_1904)}"/><sheets>{sheets}</sheets></workbook>',
    }


def _relations(kind: str, targets: dict[str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="{key}" Type="{_RELATION_KINDS[0]}/{kind}" Target="{target}"/>'
        for key, target in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{lines}</Relationships>'


def member_of(rank: int) -> str:
    """Return the member where the sheet of that rank, from 1, is written."""
    return f"xl/worksheets/sheet{rank}.xml"


class Styles(Part):
    """The formats of numbers, which tell dates; no colour."""

    HEAD, TAIL = f"<styleSheet {_ROOT}>", "</styleSheet>"

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._inside = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        name = _TAGS.get(tag, "")
        if name in ("numFmts", "cellXfs"):
            if self._inside:
                raise ValueError(tag)
            self._inside = name
            self.out.append(f"<{name}>")
        elif (name, self._inside) == ("numFmt", "numFmts"):
            code = quoteattr(attributes["formatCode"].translate(_OF_FORMATS))
            self.out.append(f'<numFmt numFmtId="{int(attributes["numFmtId"])}" formatCode={code}/>')
        elif (name, self._inside) == ("xf", "cellXfs"):
            self.out.append(f'<xf numFmtId="{int(attributes.get("numFmtId", "0"))}"/>')

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.characters.clear()
        if (name := _TAGS.get(tag)) and name == self._inside:
            self.out.append(f"</{name}>")
            self._inside = ""


class Strings(Part):
    """The shared strings, and the length of each: without their looks, and without readings of ideograms."""

    HEAD, TAIL = f"<sst {_ROOT}>", "</sst>"

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.lengths: list[int] = []
        self._texts: list[str] = []
        self._readings = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        self.characters.clear()
        if (name := _TAGS.get(tag)) == "si":
            self._texts = []
        elif name == "rPh":
            self._readings += 1

    def end(self, tag: str) -> None:
        """Leave an element."""
        name = _TAGS.get(tag)
        if name == "t" and not self._readings:
            self._texts.append(self.text())
        elif name == "rPh":
            self._readings -= 1
        elif name == "si":
            text = "".join(self._texts)
            self.lengths.append(len(text))
            self.out.append(f"<si>{_plain(text)}</si>")
        self.characters.clear()


def _plain(text: str) -> str:
    return f'<t xml:space="preserve">{escaped(text)}</t>'


class Sheet(Part):
    """A sheet: its cells, each at its place; one in error holds the text ``#N/A``.

    The reader would give those as empty, which nobody has left them. *lengths* of the shared strings: each
    is counted as often as it stands there.
    """

    HEAD, TAIL = f"<worksheet {_ROOT}><sheetData>", "</sheetData></worksheet>"

    def __init__(self, budget: Budget, lengths: list[int]) -> None:
        super().__init__(budget)
        self._lengths = lengths
        self.filled = self.last_row = self.last_column = 0
        self._row = self._column = self._repeated = self._readings = self._widened = 0
        self._last = ""
        self._places: list[str] = []
        self._place = self._value = ""
        self._kind: str | None = None
        self._style: str | None = None
        self._inline: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element; called some millions of times."""
        self.elements += 1
        name = _TAGS.get(tag)
        if name in ("v", "t"):
            self.characters.clear()
        elif name == "c":
            self.filled += 1
            if place := attributes.get("r"):
                self._places.append(place)
                self._last = place
            else:  # it comes after the one before
                if self._last:
                    self._find_last()
                self._column += 1
                if self._column > self.last_column or self._row != self._widened:
                    self._widen(self._row, self._column)
                place = f"{_letters(self._column - 1)}{self._row}"
            self._place, self._kind, self._style = place, attributes.get("t"), attributes.get("s")
            self._value, self._inline = "", None
        elif name == "is":
            self._inline = []
        elif name == "rPh":
            self._readings += 1
        elif name == "row":
            if (said := attributes.get("r")) is None:
                self._find_last()
            self._row, self._column, self._last = int(said or self._row + 1), 0, ""
            self.out.append("<row>")

    def end(self, tag: str) -> None:
        """Leave an element; called some millions of times."""
        name = _TAGS.get(tag)
        if name == "v":
            self._value = "".join(self.characters)
        elif name == "c":
            self._end_cell()
            self.characters.clear()
        elif name == "row":
            self.out.append("</row>")
        elif name == "t" and self._inline is not None and not self._readings:
            self._inline.append("".join(self.characters))
        elif name == "rPh":
            self._readings -= 1

    def _end_cell(self) -> None:
        kind, value = self._kind, self._value
        if kind not in _KINDS:
            raise ValueError(kind)
        if kind == "e":
            self._inline = [CELL_IN_ERROR]
        if self._inline is not None:
            text = _plain("".join(self._inline))
            self.out.append(f'<c r="{self._place}" t="inlineStr"><is>{text}</is></c>')
        elif value:
            if kind == "s":
                rank = int(value)
                if rank < 0:
                    raise ValueError(value)
                self._repeated += self._lengths[rank]
                value = str(rank)
            said = f' t="{kind}"' if kind else ""
            if self._style is not None:
                said += f' s="{int(self._style)}"'
            self.out.append(f'<c r="{self._place}"{said}><v>{escaped(value)}</v></c>')

    def _find_last(self) -> None:
        """Say where the last cell that names its place is."""
        if self._last:
            self._row, self._column = (
                int(self._last.lstrip(_LETTERS)),
                column_number(self._last.rstrip(_DIGITS)),
            )
            self._last = ""

    def feed(self, piece: bytes, is_last: bool) -> bytes:
        """Parse one more piece, then look at its places all at once; raises as ``Part.feed``."""
        understood = super().feed(piece, is_last)
        if self._places:
            columns = map(column_number, {place.rstrip(_DIGITS) for place in self._places})
            rows = map(int, {place.lstrip(_LETTERS) for place in self._places})
            self._widen(max(rows), max(columns))
            self._places.clear()
        self.budget.take(text=self._repeated)
        self._repeated = 0
        if is_last:
            self.budget.take_sheet(self.last_row, self.last_column, self.filled)
        return understood

    def _widen(self, row: int, column: int) -> None:
        if not (0 < row <= _MOST_ROWS and column <= _MOST_COLUMNS):
            raise ValueError(row, column)
        self._widened = row
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)


def column_number(letters: str) -> int:
    """Return the number of a column, from 1; raises ValueError for what is none."""
    value = 0
    for letter in letters[:4].upper():
        value = 26 * value + ord(letter) - 64
    if not (letters.isascii() and letters.isalpha() and value <= _MOST_COLUMNS):
        raise ValueError(letters)
    return value
