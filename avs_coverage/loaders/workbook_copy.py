"""Copy a workbook (XLSX, ODS) before it is read: the copy says what was seen, and does not swell."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from xml.parsers import expat

from avs_coverage.errors import InputError
from avs_coverage.growth import refuse_growth
from avs_coverage.loaders.ods_content import Content
from avs_coverage.loaders.table_file import not_a_table
from avs_coverage.loaders.workbook_parts import Budget, Part
from avs_coverage.loaders.xlsx_parts import (
    Relations,
    Sheet,
    Strings,
    Styles,
    Workbook,
    member_of,
    workbook_of,
)

_PIECE = 1 << 20
_XML_RATIO = 60
_RELATIONS, _WORKBOOK = "xl/_rels/workbook.xml.rels", "xl/workbook.xml"
_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
_KIND, _CONTENT, _MANIFEST = "mimetype", "content.xml", "META-INF/manifest.xml"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def copy_seen(path: Path, content: IO[bytes], packed: int, kept: IO[bytes]) -> None:
    """Write to *kept*, not compressed, the sheets of a workbook that may be read, from what was seen of them.

    Pictures, programs, links and formulas are left out. Raises InputError: AVS-302 damaged, protected or
    with a cell too far away; AVS-310 what would swell; what zipfile raises of a damaged archive.
    """
    with zipfile.ZipFile(content) as archive, zipfile.ZipFile(kept, "w") as copy:
        members = _Members(path, archive, packed, copy)
        if members.has(_WORKBOOK):
            _copy_xlsx(members)
        else:
            _copy_ods(members)


class _Members:
    """The members of a workbook, by name in small letters, and the copy that they go to."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, packed: int, copy: zipfile.ZipFile) -> None:
        self.path, self.budget, self.copy = path, Budget(path, packed), copy
        self._archive, self._packed = archive, packed
        self._found: dict[str, list[zipfile.ZipInfo]] = {}
        for member in archive.infolist():
            self._found.setdefault(member.filename.lower(), []).append(member)

    def has(self, name: str) -> bool:
        return name.lower() in self._found

    def refuse_growth(self, names: Sequence[str]) -> None:
        """Refuse the members of these names that would swell (AVS-310), or stand there twice (AVS-302)."""
        found = [self._found.get(name.lower(), []) for name in names]
        refuse_growth([one for several in found for one in several], self._packed, self.path.name, _XML_RATIO)
        if any(len(several) > 1 for several in found):
            raise not_a_table(self.path, "classeur abîmé : deux parties du même nom")

    def first_bytes(self, name: str) -> bytes:
        """Return the first bytes of a member; raises KeyError."""
        with self._archive.open(self._found[name][0]) as source:
            return source.read(len(_ODS))

    def parse(self, name: str, part: Part, target: str = "") -> None:
        """Parse a member piece by piece, and write what was understood to *target*, if any."""
        if target:
            with self.copy.open(target, "w") as file:
                self._parse(name, part, file)
        else:
            self._parse(name, part, None)

    def _parse(self, name: str, part: Part, file: IO[bytes] | None) -> None:
        try:
            with self._archive.open(self._found[name.lower()][0]) as source:
                is_last = False
                while not is_last:
                    piece = source.read(_PIECE)
                    is_last = not piece
                    understood = part.feed(piece, is_last)
                    if file:
                        file.write(understood)
        except InputError:  # what is refused already
            raise
        except (expat.ExpatError, zipfile.BadZipFile, ValueError, LookupError) as error:
            raise not_a_table(self.path, f"classeur abîmé ({name})") from error


def _copy_xlsx(members: _Members) -> None:
    parts = [_RELATIONS, _WORKBOOK, _STYLES, _STRINGS]
    members.refuse_growth(parts)
    relations, workbook = Relations(members.budget), Workbook(members.budget)
    members.parse(_RELATIONS, relations)
    members.parse(_WORKBOOK, workbook)
    sheets = [(name, relations.sheets[key]) for name, key in workbook.sheets if relations.sheets[key]]
    _refuse_twice(members.path, [name for name, _ in sheets])
    _refuse_twice(members.path, [file for _, file in sheets])
    members.refuse_growth(parts + [file for _, file in sheets])
    if members.has(_STYLES):
        members.parse(_STYLES, Styles(members.budget), _STYLES)
    strings = Strings(members.budget)
    if members.has(_STRINGS):
        members.parse(_STRINGS, strings, _STRINGS)
    for rank, (_, file) in enumerate(sheets, 1):
        members.parse(file, Sheet(members.budget, strings.lengths), member_of(rank))
    for name, text in workbook_of([name for name, _ in sheets], workbook.is_1904).items():
        members.copy.writestr(name, text)


def _copy_ods(members: _Members) -> None:
    members.refuse_growth([_KIND, _CONTENT])
    if members.first_bytes(_KIND) != _ODS.encode():
        raise not_a_table(members.path, "classeur d'un autre logiciel")
    content = Content(members.budget)
    members.copy.writestr(_KIND, _ODS)
    members.copy.writestr(_MANIFEST, "<manifest/>")
    members.parse(_CONTENT, content, _CONTENT)
    _refuse_twice(members.path, content.names)


def _refuse_twice(path: Path, names: list[str]) -> None:
    """Refuse two sheets of one name or one member, which is read is anyone's guess, or none (AVS-302)."""
    if not names:
        raise not_a_table(path, "classeur sans feuille de calcul")
    if len(set(names)) < len(names):
        raise not_a_table(path, "classeur abîmé : deux feuilles du même nom, ou une feuille dite deux fois")
