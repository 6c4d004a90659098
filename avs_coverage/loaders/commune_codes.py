"""Bring the commune codes of one file to the COG 2026, saying which rows moved and which are elsewhere."""

from __future__ import annotations

from collections.abc import Collection

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.messages import counted, french_date

OTHER_TERRITORY = ("commune d'un autre territoire", "communes d'un autre territoire")
BLANK_LINES = ("ligne vide", "lignes vides")
ELSEWHERE = ""
"""What a code is brought to when its commune is not one of those wanted."""


def put_aside(file: str, count: int, words: tuple[str, str]) -> list[Fault]:
    """Say that *count* rows are read and not used (AVS-907), by the singular and the plural of why."""
    return [Fault("AVS-907", {"value": counted(count, *words)}, file, rows=count)] if count else []


class CommuneCodes:
    """The codes of one file, each brought to a commune of today.

    *wanted* are the communes that the file is read for; None takes every commune of France.
    *faults* and *warnings* gather what was met; *moved* maps each old code to today's.
    """

    def __init__(self, file: str, wanted: Collection[str] | None, column: str = "") -> None:
        self.file, self.column = file, column
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.moved: dict[str, str] = {}
        self._wanted = None if wanted is None else frozenset(wanted)
        self._departements = {departement_of(code) for code in self._wanted or ()}
        self._gazetteer = Gazetteer()
        self._padded: list[tuple[str, int]] = []

    def today(self, text: str, line: int) -> str | None:
        """Return the commune of today that a code stands for.

        ``ELSEWHERE`` (empty) where it is not a wanted one; None where the code is refused: not a
        commune since 2003 (AVS-314), or split since (AVS-329). A municipal arrondissement is its
        commune. The leading zero that a spreadsheet took away is put back when the COG says so.
        """
        code = self.clean(text)
        if len(code) > len(text.strip()):
            self._padded.append((text.strip(), line))
        if parent := parent_of_arrondissement(code):
            return self._if_wanted(parent)
        if self._gazetteer.get(code):
            return self._if_wanted(code)
        return self._former(code, text, line)

    def close(self) -> None:
        """Say in one warning how many codes had lost their zero (AVS-918)."""
        if self._padded:
            text, line = self._padded[0]
            values = {"count": str(len(self._padded)), "value": text, "code": self.clean(text)}
            self.warnings.append(Fault("AVS-918", values, self.file, line, self.column))

    def passage(self, code: str) -> tuple[str, ...]:
        """Return every commune of today that has a part of a code's; none where it was never one."""
        if parent := parent_of_arrondissement(code):
            return (parent,)
        return (code,) if self._gazetteer.get(code) else self._gazetteer.movements.passage(code).today

    def clean(self, text: str) -> str:
        """Return a code without spaces, in capitals, with the zero that a spreadsheet took away."""
        code = text.replace(" ", "").replace("\u00a0", "").upper().removesuffix(".0")
        if len(code) == 4 and code.isdigit() and self._exists("0" + code):  # noqa: PLR2004
            return "0" + code
        return code

    def _exists(self, code: str) -> bool:
        return bool(self._gazetteer.get(code) or self._gazetteer.movements.passage(code).today)

    def _if_wanted(self, code: str) -> str:
        return code if self._wanted is None or code in self._wanted else ELSEWHERE

    def _former(self, code: str, text: str, line: int) -> str | None:
        """Follow a code of an earlier COG; one that concerns no wanted commune is elsewhere."""
        passage = self._gazetteer.movements.passage(code)
        if self._wanted is not None and not self._wanted & set(passage.today):
            known = bool(passage.today) or departement_of(code) not in self._departements
            if known:
                return ELSEWHERE
        found = [commune for commune in map(self._gazetteer.get, passage.today) if commune]
        names = ", ".join(f"{commune.name} ({commune.code})" for commune in found)
        changed = french_date(passage.changed) if passage.changed else ""
        place = (self.file, line, self.column)
        if len(found) == 1:
            values = {"value": code, "changed": changed, "today": names}
            self.warnings.append(Fault("AVS-909", values, *place))
            self.moved[code] = found[0].code
            return found[0].code
        kind = "AVS-329" if found else "AVS-314"
        self.faults.append(Fault(kind, {"value": text, "changed": changed, "choices": names}, *place))
        return None
