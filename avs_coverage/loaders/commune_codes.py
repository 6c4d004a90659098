"""Bring the commune codes of one file to the COG 2026, saying which rows moved and which are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import ARRONDISSEMENTS as OF_COMMUNE
from avs_coverage.gazetteer import Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.messages import counted, enumeration, french_date

OTHER_TERRITORY = (
    "ligne d'un autre territoire ou de total",
    "lignes d'un autre territoire ou de total",
)
ARRONDISSEMENTS = (
    "arrondissement municipal, déjà dans sa commune",
    "arrondissements municipaux, déjà dans leur commune",
)
BLANK_LINES = ("ligne vide", "lignes vides")
_CODE = re.compile(r"\d{5}|2[AB]\d{3}")
_NO_COMMUNE = re.compile(r"97[578]\d\d|97123|97127|98\d{3}|(SOUS-?)?TOTAL\w*|TOTAUX|ENSEMBLE|FRANCE\w*")
"""Codes of overseas collectivities, outside the COG's communes, and rows of total."""
PART_OF_COMMUNE = ("partie d'une commune incomplète", "parties d'une commune incomplète")
ELSEWHERE = ""
"""What a code is brought to when its commune is not one of those wanted."""


def put_aside(file: str, count: int, words: tuple[str, str]) -> list[Fault]:
    """Say that *count* rows are read and not used (AVS-907), by the singular and the plural of why."""
    return [Fault("AVS-907", {"value": counted(count, *words)}, file, rows=count)] if count else []


class CommuneCodes:
    """The codes of one file, each brought to a commune of today.

    *wanted* are the communes that the file is read for; None takes every commune of France.
    *faults* and *warnings* gather what was met; *moved* maps each old code to today's. A commune
    split since refuses the file, unless *splits_refused* is false: its rows are then those of
    *split_rows* (codes as written), and the communes of today that came of it are *split*.
    """

    def __init__(
        self, file: str, wanted: Collection[str] | None, column: str = "", splits_refused: bool = True
    ) -> None:
        self._splits_refused = splits_refused
        self.split: set[str] = set()
        self.split_rows: set[str] = set()
        self.file, self.column = file, column
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.moved: dict[str, str] = {}
        self._wanted = None if wanted is None else frozenset(wanted)
        self._departements = {departement_of(code) for code in self._wanted or ()}
        self._gazetteer = Gazetteer()
        self._padded: list[tuple[str, int]] = []
        self._seen: dict[str, int] = {}
        self._changes: list[date] = []

    def today(self, text: str, line: int) -> str | None:
        """Return the commune of today that a code stands for.

        ``ELSEWHERE`` (empty) where it is not a wanted one; None where the code is refused: not a
        commune since 2003 (AVS-314), or split since (AVS-329). A municipal arrondissement is its
        commune. The leading zero that a spreadsheet took away is put back when the COG says so.
        """
        code = self.clean(text)
        if len(code) > len(text.strip()):
            self._padded.append((text.strip(), line))
        self._seen.setdefault(code, line)
        if parent := parent_of_arrondissement(code):
            return self._if_wanted(parent)
        if self._is_commune(code):
            return self._if_wanted(code)
        if _NO_COMMUNE.fullmatch(code):
            return ELSEWHERE
        return self._former(code, text, line)

    def in_their_commune(self, texts: Iterable[str]) -> set[str]:
        """Return the municipal arrondissements of a file that also holds their commune.

        The two say the same inhabitants: only the commune counts.
        """
        codes = {self.clean(text) for text in texts}
        return {code for code in codes if (parent := parent_of_arrondissement(code)) and parent in codes}

    def close(self) -> dict[str, frozenset[str]]:
        """End the file: say the zeros put back (AVS-918), and judge it by the COG that it follows.

        Where its codes are those of an earlier COG, a commune split since under the same code is
        refused (AVS-329). Returns the communes of today of which the file lacks a part, with the
        codes that it lacks: merged communes, and arrondissements of Paris, Lyon and Marseille.
        """
        self._say_padded()
        return {
            **self._without_former_parts(),
            **self._without_merged_parts(),
            **self._without_arrondissements(),
        }

    def incomplete(self, code: str, missing: Collection[str], kind: str) -> Fault:
        """Return what is said of a commune of which the file lacks a part, under the code *kind*."""
        former = [f"l'ancienne commune {p}" if p == code else self.commune_name(p) for p in sorted(missing)]
        shown = enumeration(former, 6)
        return Fault(kind, {"value": self.commune_name(code), "missing": shown}, self.file)

    def commune_name(self, code: str) -> str:
        """Name a commune of today with its code; another code stands alone."""
        commune = self._gazetteer.get(code)
        return f"{commune.name} ({code})" if commune else code

    def _without_arrondissements(self) -> dict[str, frozenset[str]]:
        parents = {parent_of_arrondissement(code) for code in self._seen} - {"", *self._seen}
        lacking = {parent: frozenset(OF_COMMUNE[parent]) - self._seen.keys() for parent in parents}
        return {parent: missing for parent, missing in lacking.items() if missing}

    def _without_merged_parts(self) -> dict[str, frozenset[str]]:
        """Return the communes of which the file gives one former part and lacks another."""
        lacking: dict[str, frozenset[str]] = {}
        if not self.moved:
            return lacking
        movements = self._gazetteer.movements
        for today in sorted(set(self.moved.values())):
            changes = [movements.passage(old).changed for old, code in self.moved.items() if code == today]
            before = min(day for day in changes if day) - timedelta(days=1)
            if missing := movements.parts(today, before) - self._seen.keys():
                lacking[today] = missing
        return lacking

    def _without_former_parts(self) -> dict[str, frozenset[str]]:
        """Judge a file whose codes are those of an earlier COG as a whole."""
        if not self._changes:
            return {}
        day = min(self._changes) - timedelta(days=1)
        movements = self._gazetteer.movements
        parts = {
            code: found
            for code in self._seen
            if code in movements.today and len(found := movements.parts(code, day)) > 1
        }
        incomplete = {
            code: found - self._seen.keys() for code, found in parts.items() if found - self._seen.keys()
        }
        # One old code in a list of today's is no earlier COG: most merged communes would lack a part.
        if 2 * len(incomplete) >= len(parts):
            return {}
        for code, line in self._seen.items():
            passage = movements.passage(code, day)
            wanted = self._wanted is None or bool(self._wanted & set(passage.today))
            if code in movements.today and passage.is_split and wanted and passage.changed:
                self.split_rows.add(code)
                self._refuse_split(code, line, passage.today, french_date(passage.changed))
        return incomplete

    def _say_padded(self) -> None:
        if self._padded:
            text, line = self._padded[0]
            values = {"count": str(len(self._padded)), "value": text, "code": self.clean(text)}
            self.warnings.append(Fault("AVS-918", values, self.file, line, self.column))

    def passage(self, code: str) -> tuple[str, ...]:
        """Return every commune of today that has a part of a code's; none where it was never one."""
        if parent := parent_of_arrondissement(code):
            return (parent,)
        return (code,) if self._is_commune(code) else self._gazetteer.movements.passage(code).today

    def _is_commune(self, code: str) -> bool:
        """Tell a code of the COG of today.

        Of the communes of elsewhere no more than the codes are read: a file of all France names them all.
        """
        if departement_of(code) in self._departements:
            return self._gazetteer.get(code) is not None
        return code in self._gazetteer.movements.today

    def clean(self, text: str) -> str:
        """Return a code without spaces, in capitals, with the zero that a spreadsheet took away."""
        code = text.replace(" ", "").replace("\u00a0", "").upper().removesuffix(".0")
        if len(code) == 4 and code.isdigit() and self._exists("0" + code):  # noqa: PLR2004
            return "0" + code
        return code

    def _exists(self, code: str) -> bool:
        return self._is_commune(code) or bool(self._gazetteer.movements.passage(code).today)

    def _if_wanted(self, code: str) -> str:
        return code if self._wanted is None or code in self._wanted else ELSEWHERE

    def _former(self, code: str, text: str, line: int) -> str | None:
        """Follow a code of an earlier COG; one that concerns no wanted commune is elsewhere."""
        passage = self._gazetteer.movements.passage(code)
        if passage.changed and len(passage.today) == 1:
            self._changes.append(passage.changed)
        if self._wanted is not None and not self._wanted & set(passage.today):
            is_code = bool(_CODE.fullmatch(code)) and departement_of(code) not in self._departements
            if passage.today or is_code:
                return ELSEWHERE
        found = [commune for commune in map(self._gazetteer.get, passage.today) if commune]
        changed = french_date(passage.changed) if passage.changed else ""
        if len(found) > 1:
            self._refuse_split(text, line, passage.today, changed)
            self.split_rows.add(code)
        elif found:
            values = {"value": code, "changed": changed, "today": f"{found[0].name} ({found[0].code})"}
            self.warnings.append(Fault("AVS-909", values, self.file, line, self.column))
            self.moved[code] = found[0].code
            return found[0].code
        else:
            self.faults.append(Fault("AVS-314", {"value": text}, self.file, line, self.column))
        return None

    def _refuse_split(self, text: str, line: int, today: tuple[str, ...], changed: str) -> None:
        communes = [commune for commune in map(self._gazetteer.get, today) if commune]
        names = ", ".join(f"{commune.name} ({commune.code})" for commune in communes)
        values = {"value": text, "changed": changed, "choices": names}
        if self._splits_refused:
            self.faults.append(Fault("AVS-329", values, self.file, line, self.column))
            return
        self.warnings.append(Fault("AVS-936", values, self.file, line, self.column))
        self.split |= set(today)
