"""Read the addresses of a list of structures, each with the commune that it is declared to be in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.gazetteer import ARRONDISSEMENTS, Commune, Gazetteer, parent_of_arrondissement
from avs_coverage.loaders.collector import Collector
from avs_coverage.loaders.columns import ADDRESS_COLUMNS, header_faults, match_header
from avs_coverage.loaders.fields import cell_of
from avs_coverage.loaders.structure_table import read_as_written, rename_headers
from avs_coverage.loaders.table_file import ERROR_TEXTS, Row, beyond_headers

_NEEDED = {"adresse": ("adresse",), "code_insee": ("code_insee", "commune")}
LONGEST = 200
"""Characters that the service takes at most: one longer address refuses all those sent with it."""
_POSTCODE = re.compile(r"\d{5}(?!\d)")
_UNSAFE = re.compile(r'[\s";|]+')
"""What a server could read as a limit of a cell: never sent."""


@dataclass(frozen=True)
class Address:
    """What is sent of a row, and nothing else: texts without line breaks, quotes or semicolons.

    *postcode* is empty where unknown, or of a CEDEX, which is no place. *citycode* is a code of the
    COG 2026, or of a municipal arrondissement; empty for Paris, Lyon and Marseille as a whole, whose
    addresses bear the code of their arrondissement.
    """

    text: str
    postcode: str
    citycode: str


@dataclass(frozen=True)
class Listed:
    """One row under the headers: its commune and address, or in French why it is not to be sent.

    *is_placed* tells a row that has coordinates; *is_blank* one without a cell. *arrondissement* is
    the code declared, where it is one.
    """

    row: Row
    address: Address | None = None
    commune: Commune | None = None
    arrondissement: str = ""
    reason: str = ""
    is_placed: bool = False
    is_blank: bool = False


@dataclass(frozen=True)
class AddressList:
    """A list as it is written: *above* the headers, the *header*, and every row under it.

    *positions*: column of the tool → position.
    """

    above: tuple[Row, ...]
    header: tuple[str, ...]
    positions: dict[str, int]
    rows: tuple[Listed, ...]

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Return what is to be sent, each address once, in the order of the list."""
        return tuple(dict.fromkeys(listed.address for listed in self.rows if listed.address))


def read_addresses(path: Path, mapping: dict[str, str] | None = None) -> AddressList:
    """Return the addresses of a list; what is wrong with one row sets that row aside, never the file.

    *mapping*: column of the tool → header of the file. Raises InputError: AVS-301 to AVS-306, AVS-343.
    """
    written = read_as_written(path, mapping).rows
    named = list(written)
    if mapping:
        rename_headers(named, mapping, path.name)
    matched = match_header(named, ADDRESS_COLUMNS, ("adresse",))
    index, positions = matched[:2]
    faults = header_faults(path.name, named, matched, _NEEDED)
    if faults:
        raise InputError(faults)
    header = written[index].cells
    under = written[index + 1 :]
    longer = [beyond_headers(path.name, row.line, row.cells, len(header)) for row in under]
    if faults := [fault for fault in longer if fault]:
        raise InputError(faults)
    reading = _Reading(path.name, positions)
    return AddressList(tuple(written[:index]), header, positions, tuple(map(reading.listed, under)))


class _Reading:
    def __init__(self, file: str, positions: dict[str, int]) -> None:
        self._file, self._positions = file, positions
        self._gazetteer = Gazetteer()
        self._collectors: dict[tuple[str, ...], Collector] = {}

    def listed(self, row: Row) -> Listed:
        """Return one row; whatever is wrong with it is its *reason*."""
        if row.is_blank:
            return Listed(row, is_blank=True)
        if self._cell(row, "longitude") or self._cell(row, "latitude"):
            return Listed(row, reason="la liste donne déjà ses coordonnées", is_placed=True)
        text = self._cell(row, "adresse")
        if not re.search(r"\w", text):
            return Listed(row, reason="pas d'adresse")
        if len(text) > LONGEST:
            return Listed(row, reason=f"adresse de plus de {LONGEST} caractères")
        commune, reason = self._commune(row)
        if commune is None:
            return Listed(row, reason=reason)
        code = self._cell(row, "code_insee").replace(" ", "").removesuffix(".0")
        arrondissement = code if parent_of_arrondissement(code) else ""
        citycode = arrondissement or ("" if commune.code in ARRONDISSEMENTS else commune.code)
        return Listed(row, Address(text, self._postcode(row), citycode), commune, arrondissement)

    def _cell(self, row: Row, column: str) -> str:
        text = cell_of(row, self._positions, column)
        return "" if text in ERROR_TEXTS else _UNSAFE.sub(" ", text).strip()

    def _postcode(self, row: Row) -> str:
        words = " ".join(self._cell(row, column) for column in ("adresse", "code_postal", "commune"))
        return "" if re.search(r"\bcedex\b", words, re.IGNORECASE) else self._typed_postcode(row)

    def _typed_postcode(self, row: Row) -> str:
        """Return the five digits of the postcode, with the zero that a spreadsheet took away."""
        text = self._cell(row, "code_postal").removesuffix(".0")
        if text.isdigit() and len(text) == 4:  # noqa: PLR2004
            return "0" + text
        found = _POSTCODE.match(text.replace(" ", ""))
        return found[0] if found else ""

    def _commune(self, row: Row) -> tuple[Commune | None, str]:
        """Return the commune that a row declares, by its code, else by its name; or why there is none."""
        code, name = self._cell(row, "code_insee"), self._cell(row, "commune")
        if not code and not name:
            return None, "ni code ni nom de commune"
        collector = self._collector(() if code else _departements(self._typed_postcode(row)))
        known = len(collector.faults)
        commune = collector.commune(code or name, row.line, "code_insee" if code else "commune")
        return commune, "" if commune else collector.faults[known].what

    def _collector(self, departements: tuple[str, ...]) -> Collector:
        """Return what looks communes up in some départements, in all where none is told."""
        if departements not in self._collectors:
            wanted = departements or self._gazetteer.departements
            self._collectors[departements] = Collector(self._file, self._gazetteer, wanted)
        return self._collectors[departements]


def _departements(postcode: str) -> tuple[str, ...]:
    """Return the départements of a postcode, none where there is none.

    >>> _departements("03000"), _departements("97400"), _departements("20200"), _departements("")
    (('03',), ('974',), ('2A', '2B'), ())
    """
    if postcode.startswith("20"):
        return ("2A", "2B")
    return (postcode[:3] if postcode.startswith("97") else postcode[:2],) if postcode else ()
