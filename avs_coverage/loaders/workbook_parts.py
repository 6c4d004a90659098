"""What a workbook may hold: its parts are parsed, counted, and written anew from what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from avs_coverage.growth import swollen
from avs_coverage.loaders.table_file import not_a_table
from avs_coverage.messages import number

_MOST_TOKEN_BYTES = 4_000_000
_SMALL_ELEMENTS, _ELEMENTS_A_BYTE = 1_500_000, 2
_SMALL_PLACES, _PLACES_A_BYTE = 4_000_000, 2
_SMALL_TEXT_BYTES, _TEXT_RATIO = 50_000_000, 40
_MAX_CELLS = 20_000_000
_MAX_SPARSE_CELLS, _LEAST_FILLED = 500_000, 0.05


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


class Part:
    """One member, parsed once: what it says is counted, kept or written anew, and a DOCTYPE is refused.

    The reader of workbooks is another parser, with its own idea of prefixes, comments, encodings and
    attributes given twice: it is given none of the member's own bytes. Names are those of the XML
    namespace, a space, and the local name.
    """

    HEAD = TAIL = ""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.elements = 0
        self.out = [self.HEAD]
        self.characters: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters.append
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._fed = 0

    def _refuse_doctype(self, *_: object) -> None:
        raise not_a_table(self.budget.path, "classeur qui déclare des entités")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Meet an element."""
        self.elements += 1

    def end(self, tag: str) -> None:
        """Leave an element."""

    def feed(self, piece: bytes, is_last: bool) -> bytes:
        """Parse one more piece; return what was understood since. Raises InputError, expat.ExpatError."""
        self.parser.Parse(piece, is_last)
        self._fed += len(piece)
        self.budget.take(elements=self.elements)
        self.elements = 0
        if self._fed - self.parser.CurrentByteIndex > _MOST_TOKEN_BYTES:
            raise not_a_table(self.budget.path, "une balise démesurée")
        if is_last:
            self.out.append(self.TAIL)
        understood = "".join(self.out).encode()
        self.out.clear()
        return understood

    def text(self) -> str:
        """Return the characters since this was last asked, or they were cleared."""
        found = "".join(self.characters)
        self.characters.clear()
        return found


def qualified(namespaces: Sequence[str], names: str) -> dict[str, str]:
    """Return the local name of each qualified one of *names*, which spaces separate."""
    return {f"{namespace} {name}": name for namespace in namespaces for name in names.split()}


def escaped(text: str) -> str:
    """Return a text as XML writes it, its line ends kept."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return escape(text, {"\r": "&#13;"})
    return text
