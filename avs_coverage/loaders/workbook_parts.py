"""Take a workbook (XLSX, ODS) apart before it is read: what is read is what was seen, and does not swell."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path
from string import ascii_letters
from typing import IO
from xml.parsers import expat

from avs_coverage.growth import refuse_growth, swollen
from avs_coverage.loaders.table_file import not_a_table
from avs_coverage.messages import number

_PIECE = 1 << 20
_KEPT = re.compile(
    r"mimetype|meta-inf/manifest\.xml|content\.xml|\[content_types\]\.xml|_rels/\.rels|xl/_rels/workbook\.xml\.rels"
    r"|xl/(?:workbook|styles|sharedstrings|(?:\w*sheets/)?\w*sheet[^/]*)\.xml"
)
"""The parts that hold cells, in small letters: the reader is given no picture, program or connection."""

_XML_RATIO = 60
_MOST_TOKEN_BYTES = 4_000_000
_SMALL_ELEMENTS, _ELEMENTS_A_BYTE = 3_000_000, 2
_SMALL_PLACES, _PLACES_A_BYTE = 4_000_000, 2
_SMALL_TEXT_BYTES, _TEXT_RATIO = 50_000_000, 40
_MAX_CELLS = 20_000_000
_MAX_SPARSE_CELLS, _LEAST_FILLED = 500_000, 0.05
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_ODS_CONTENT = "content.xml"
_DIGITS, _LETTERS = "0123456789", ascii_letters

Places = set[tuple[int, int]]


class Budget:
    """What is left of what a workbook of so many bytes may hold, over all its sheets.

    A cell or an element takes at least half a byte of the file, a text a fortieth, in whatever a
    spreadsheet writes; below some millions nothing is refused.
    """

    def __init__(self, path: Path, packed: int) -> None:
        self.path, self.packed = path, packed
        self.elements = max(_SMALL_ELEMENTS, _ELEMENTS_A_BYTE * packed)
        self.places = max(_SMALL_PLACES, _PLACES_A_BYTE * packed)
        self.text = max(_SMALL_TEXT_BYTES, _TEXT_RATIO * packed)

    def take(self, elements: int = 0, places: int = 0, text: int = 0) -> None:
        """Count what was seen; raises InputError (AVS-310) where it is too much."""
        self.elements -= elements
        self.places -= places
        self.text -= text
        for left, what in (
            (self.elements, "trop de balises"),
            (self.places, "trop de cellules"),
            (self.text, "trop de texte répété"),
        ):
            if left < 0:
                raise swollen(self.path.name, f"{what} pour {number(self.packed)} octets")

    def take_sheet(self, last_row: int, last_column: int, filled: int) -> None:
        """Count the rectangle of a sheet, which is filled whole in memory.

        Raises InputError: AVS-302 where its last cell is too far away, or far beyond the few that are filled.
        """
        size = last_row * last_column
        if size > _MAX_CELLS or (size > _MAX_SPARSE_CELLS and filled < _LEAST_FILLED * size):
            where = f"ligne {last_row}, colonne {last_column}"
            raise not_a_table(self.path, f"une cellule est à la {where} : effacez ce qui est hors du tableau")
        self.take(places=size)


class _Part:
    """One member, parsed as it is copied: its elements are counted, and a DOCTYPE is refused."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.elements = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.fed = 0

    def _refuse_doctype(self, *_: object) -> None:
        raise not_a_table(self.budget.path, "classeur qui déclare des entités")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1

    def feed(self, piece: bytes, is_last: bool) -> None:
        """Parse one more piece; raises InputError, expat.ExpatError."""
        self.parser.Parse(piece, is_last)
        self.fed += len(piece)
        self.budget.take(elements=self.elements)
        self.elements = 0
        if self.fed - self.parser.CurrentByteIndex > _MOST_TOKEN_BYTES:
            raise not_a_table(self.budget.path, "une balise démesurée")


class _Strings(_Part):
    """The shared strings of an XLSX: the length of each."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.lengths: list[int] = []
        self.parser.CharacterDataHandler = self._text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        if _local(tag) == "si":
            self.lengths.append(0)

    def _text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class XlsxSheet(_Part):
    """A sheet of an XLSX: where its cells are, those in error, and how many name a shared string."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.errors: Places = set()
        self.filled = self.shared = self.last_row = self.last_column = 0
        self._row = self._column = 0
        self._last = ""
        self._places: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element; called some millions of times."""
        self.elements += 1
        if tag == "v":
            return
        name = tag if tag == "c" else _local(tag)
        if name == "c":
            self.filled += 1
            if place := attributes.get("r"):
                self._places.append(place)
                self._last = place
            else:  # it comes after the one before
                self._find_last()
                self._column += 1
                self._widen(self._row, self._column)
            if (kind := attributes.get("t")) == "s":
                self.shared += 1
            elif kind == "e":
                self._find_last()
                self.errors.add((self._row, self._column - 1))
        elif name == "row":
            if (said := attributes.get("r")) is None:
                self._find_last()
            self._row, self._column, self._last = int(said or self._row + 1), 0, ""

    def _find_last(self) -> None:
        """Say where the last cell that names its place is."""
        if self._last:
            self._row, self._column = (
                int(self._last.lstrip(_LETTERS)),
                column_number(self._last.rstrip(_DIGITS)),
            )
            self._last = ""

    def feed(self, piece: bytes, is_last: bool) -> None:
        """Parse one more piece, then look at its places all at once; raises as ``_Part.feed``."""
        super().feed(piece, is_last)
        if self._places:
            columns = map(column_number, {place.rstrip(_DIGITS) for place in self._places})
            rows = map(int, {place.lstrip(_LETTERS) for place in self._places})
            self._widen(max(rows), max(columns))
            self._places.clear()

    def _widen(self, row: int, column: int) -> None:
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)

    def close(self) -> None:
        """Refuse a sheet too large (AVS-302, AVS-310)."""
        self.budget.take_sheet(self.last_row, self.last_column, self.filled)


class _References(_Part):
    """The same sheet once more: how often each shared string stands there."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(Budget(budget.path, budget.packed))
        self.counts: Counter[str] = Counter()
        self._is_shared = False
        self._value = ""
        self.parser.CharacterDataHandler = self._text
        self.parser.EndElementHandler = self._end

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        name = _local(tag)
        if name == "c":
            self._is_shared = attributes.get("t") == "s"
        self._value = ""

    def _text(self, text: str) -> None:
        self._value += text[:20]

    def _end(self, tag: str) -> None:
        if self._is_shared and _local(tag) == "v":
            self.counts[self._value.strip()] += 1


class _Ods(_Part):
    """The content of an ODS, which says once a row, a cell or a space that it repeats a million times."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.parser.CharacterDataHandler = self._text
        self.parser.EndElementHandler = self._end
        self._begin_table()
        self._begin_row({})
        self._cells = self._length = self._depth = 0
        self._is_filled = False

    def _begin_table(self) -> None:
        self.row = self.last_row = self.last_column = self.filled = 0

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._rows = _repeats(attributes, "rows")
        self.column = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1
        name = _local(tag)
        if name == "table":
            self._depth += 1
            if self._depth > 1:
                raise not_a_table(self.budget.path, "un tableau dans une cellule")
            self._begin_table()
        elif name == "table-row":
            self._begin_row(attributes)
            self.row += self._rows
        elif name in ("table-cell", "covered-table-cell"):
            self._cells = _repeats(attributes, "columns")
            self.column += self._cells
            self._length = sum(map(len, attributes.values()))
            self._is_filled = any(_local(key) == "value-type" for key in attributes)
        else:
            self._is_filled = True
            if name == "s":
                self._add(int(next((v for key, v in attributes.items() if _local(key) == "c"), "1")))

    def _text(self, text: str) -> None:
        self._add(len(text))

    def _add(self, length: int) -> None:
        self._length += length
        if self._length * max(self._rows * self._cells, 1) > self.budget.text:
            self.budget.take(text=self._length * max(self._rows * self._cells, 1))

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name in ("table-cell", "covered-table-cell"):
            if self._is_filled:
                self.filled += 1
                self.last_row, self.last_column = self.row, max(self.last_column, self.column)
                self.budget.take(text=self._length * self._rows * self._cells)
            self._length = 0
        elif name == "table":
            self._depth -= 1
            self.budget.take_sheet(self.last_row, self.last_column, self.filled)


def taken_apart(path: Path, content: IO[bytes], packed: int, kept: IO[bytes]) -> dict[str, Places]:
    """Copy to *kept*, not compressed, the XML of a workbook that may be read; return its cells in error.

    They are by member: (line, column from 0). Pictures and programs are left out. A reader given the copy
    finds no other length, directory or second member than those seen here. Raises InputError: AVS-302
    damaged, protected or with a cell too far away; AVS-310 what would swell.
    """
    budget = Budget(path, packed)
    strings: list[int] = []
    sheets: dict[str, XlsxSheet] = {}
    with zipfile.ZipFile(content) as archive, zipfile.ZipFile(kept, "w") as copy:
        members = [one for one in archive.infolist() if _KEPT.fullmatch(one.filename.lower())]
        refuse_growth(members, packed, path.name, _XML_RATIO)
        _refuse_twice(path, members)
        for member in members:
            part = _part_of(member.filename.lower(), budget)
            _copy(path, archive, member, copy, part)
            if isinstance(part, XlsxSheet):
                part.close()
                sheets[member.filename] = part
            elif isinstance(part, _Strings):
                strings = part.lengths
        _refuse_repeated(archive, budget, strings, sheets)
    return {name: sheet.errors for name, sheet in sheets.items()}


def _part_of(name: str, budget: Budget) -> _Part | None:
    if name == "mimetype":
        return None
    if name == _ODS_CONTENT:
        return _Ods(budget)
    if name == "xl/sharedstrings.xml":
        return _Strings(budget)
    return XlsxSheet(budget) if "sheet" in name else _Part(budget)


def _refuse_twice(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse two members of one name, in whatever capitals: which is read is anyone's guess (AVS-302)."""
    if len({member.filename.lower() for member in members}) < len(members):
        raise not_a_table(path, "classeur abîmé : deux parties du même nom")


def _copy(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, copy: zipfile.ZipFile, part: _Part | None
) -> None:
    """Copy a member piece by piece, each parsed on the way: a part is seen as it will be read."""
    try:
        with archive.open(member) as source, copy.open(member.filename, "w") as target:
            while piece := source.read(_PIECE):
                if part is not None:
                    part.feed(piece, is_last=False)
                target.write(piece)
            if part is not None:
                part.feed(b"", is_last=True)
    except (expat.ExpatError, zipfile.BadZipFile, ValueError) as error:
        raise not_a_table(path, f"classeur abîmé ({member.filename})") from error


def _refuse_repeated(
    archive: zipfile.ZipFile, budget: Budget, strings: list[int], sheets: dict[str, XlsxSheet]
) -> None:
    """Refuse shared strings that stand so often that they fill the memory (AVS-310)."""
    if max(strings, default=0) * sum(sheet.shared for sheet in sheets.values()) <= budget.text:
        return
    lengths = {str(rank): length for rank, length in enumerate(strings)}
    for name, sheet in sheets.items():
        if sheet.shared:
            part = _References(budget)
            with archive.open(name) as source:
                while piece := source.read(_PIECE):
                    part.feed(piece, is_last=False)
            budget.take(text=sum(lengths.get(key, 0) * count for key, count in part.counts.items()))


def _repeats(attributes: dict[str, str], what: str) -> int:
    """Return how often an ODS row or cell stands there."""
    suffix = f"number-{what}-repeated"
    return max(1, next((int(value) for key, value in attributes.items() if _local(key) == suffix), 1))


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def column_number(letters: str) -> int:
    """Return the number of a column, from 1; raises ValueError for what is none."""
    value = 0
    for letter in letters.upper():
        value = 26 * value + ord(letter) - 64
    if not (letters.isascii() and letters.isalpha() and value <= _MOST_COLUMNS):
        raise ValueError(letters)
    return value
