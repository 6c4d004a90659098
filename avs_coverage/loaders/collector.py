"""Gather the faults and warnings of one file, so that all are reported in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import isfinite

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.loaders.table_file import Row, under_no_header
from avs_coverage.messages import enumeration, french_date, number, plural

_BLANK_RUN = 100
_Remark = tuple[str, dict[str, str]]
_Say = Callable[..., None]


@dataclass
class Collector:
    """The faults (which refuse the file), warnings and set-aside rows met so far."""

    file: str
    gazetteer: Gazetteer
    departements: tuple[str, ...]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    set_aside: list[Fault] = field(default_factory=list)
    rows_read: int = 0
    _places: set[tuple[int, str]] = field(default_factory=set)
    _communes: dict[tuple[str, str], tuple[Commune | None, list[_Remark]]] = field(default_factory=dict)
    _members: dict[str, dict[str, str]] = field(default_factory=dict)

    def fault(self, code: str, line: int, column: str, /, **values: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(code, values, self.file, line, column))
        self._places.add((line, column))

    def warn(self, code: str, line: int, column: str, /, **values: str) -> None:
        """Add a warning."""
        self.warnings.append(Fault(code, values, self.file, line, column))

    def refused(self, line: int, *columns: str) -> bool:
        """Tell whether a fault already stands against one of these cells."""
        return bool(self._places) and any((line, column) in self._places for column in columns)

    def put_aside(self, line: int, reason: str) -> None:
        """Record a row that is read and not used."""
        self.set_aside.append(Fault("AVS-907", {"value": reason}, self.file, line))

    def body(self, rows: Sequence[Row], header: int, unused: Sequence[str]) -> Iterator[Row]:
        """Yield the rows under that of headers, and count them: blank ones are put aside.

        *unused* are the headers that no column takes (AVS-906). A row with a cell
        that no header names is a fault (AVS-306), and is read as well.
        """
        if unused:
            self.warn("AVS-906", rows[header].line, "", value=", ".join(unused))
        self.rows_read = len(rows) - header - 1
        for row in self.without_blank_runs(rows[header + 1 :]):
            if row.is_blank:
                self.put_aside(row.line, "ligne vide")
                continue
            column, text = under_no_header(row, rows[header].cells)
            if column:
                self.fault("AVS-306", row.line, column, value=text)
            yield row

    def without_blank_runs(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows less those of a hundred blank ones or more in a row, each set aside as one.

        A spreadsheet formatted to its foot gives a million: one by one, they would fill the memory.
        """
        kept: list[Row] = []
        for is_blank, found in groupby(rows, key=lambda row: row.is_blank):
            run = list(found)
            if is_blank and len(run) >= _BLANK_RUN:
                values = {"value": f"{number(len(run))} lignes vides à la suite"}
                self.set_aside.append(Fault("AVS-907", values, self.file, run[0].line, rows=len(run)))
            else:
                kept += run
        return kept

    def commune(self, text: str, line: int, column: str, near: str = "") -> Commune | None:
        """Return the commune that *text* names by code or name; add a fault where none does.

        Names are looked for in the territory's départements and in that of *near* (a code).
        """
        if known := self.gazetteer.get(text):
            return known  # a code of today: nearly every cell of the lists that give codes
        if not text:
            self.fault("AVS-337", line, column)
            return None
        # A long list names the same few communes again and again: each text is looked up once.
        key = (text, departement_of(near))
        if key not in self._communes:
            self._communes[key] = self._look_up(*key)
        commune, remarks = self._communes[key]
        for code, values in remarks:
            say = self.warn if code.startswith("AVS-9") else self.fault
            say(code, line, column, **values)
        return commune

    def members(self, epci: str) -> dict[str, str]:
        """Return the communes of an EPCI, code → EPCI."""
        if epci not in self._members:
            self._members[epci] = dict.fromkeys(self.gazetteer.members(epci), epci)
        return self._members[epci]

    def _look_up(self, text: str, departement: str) -> tuple[Commune | None, list[_Remark]]:
        """Return the commune that a text names, near that département, and what there is to say of it."""
        remarks: list[_Remark] = []

        def say(code: str, /, **values: str) -> None:
            remarks.append((code, values))

        if _looks_like_code(text):
            return self._by_code(text, say), remarks
        return self._by_name(text, departement, say), remarks

    def _by_code(self, text: str, say: _Say) -> Commune | None:
        code = text.replace(" ", "").upper().removesuffix(".0")
        if code.isdigit() and len(code) == 4 and self.gazetteer.get("0" + code):  # noqa: PLR2004
            say("AVS-901", value=text, code="0" + code)
            code = "0" + code
        if parent := parent_of_arrondissement(code):
            say("AVS-902", value=text, code=parent)
            code = parent
        return self.gazetteer.get(code) or self._by_former_code(code, text, say)

    def _by_former_code(self, code: str, text: str, say: _Say) -> Commune | None:
        """Bring a code of an earlier COG to today's, saying so; refuse one that was split."""
        if code.isdigit() and len(code) == 4 and self.gazetteer.movements.passage("0" + code).today:  # noqa: PLR2004
            say("AVS-901", value=code, code="0" + code)
            code = "0" + code
        passage = self.gazetteer.movements.passage(code)
        found = [commune for commune in map(self.gazetteer.get, passage.today) if commune]
        names = ", ".join(f"{commune.name} ({commune.code})" for commune in found)
        changed = french_date(passage.changed) if passage.changed else ""
        if not found:
            say("AVS-314", value=text if text == code else f"{text}, lu {code}")
        elif passage.is_split:
            say("AVS-329", value=code, changed=changed, choices=names)
        else:
            say("AVS-909", value=code, changed=changed, today=names)
            return found[0]
        return None

    def _by_name(self, text: str, departement: str, say: _Say) -> Commune | None:
        departements = {*self.departements, *([departement] if departement else [])}
        found = self.gazetteer.named(text, departements)
        if len(found) == 1:
            return found[0]
        if found:
            choices = ", ".join(f"{commune.name} ({commune.code})" for commune in found)
            say("AVS-316", value=text, choices=choices)
            return None
        words = plural(len(departements), "le département", "les départements")
        scope = f"dans {words} {enumeration(sorted(departements), 3)}"
        close = self.gazetteer.close_names(text, departements)
        suggestions = f"noms proches : {' ; '.join(close)}" if close else "vérifiez l'orthographe"
        hint = f"{suggestions} ; ou donnez le code INSEE"
        say("AVS-315", value=text, scope=scope, suggestions=hint)
        return None


def _looks_like_code(text: str) -> bool:
    compact = text.replace(" ", "").upper().removesuffix(".0")
    return compact.isdigit() or (len(compact) == 5 and compact[:2] in ("2A", "2B") and compact[2:].isdigit())  # noqa: PLR2004


def plausible_distance_m(area_km2: float) -> float:
    """Return how far from its chef-lieu a point of a commune may reasonably lie, in metres.

    Three times the side of a square of the commune's area, and 10 km for the imprecision of
    seats; 100 km where the area is unknown. Wide on purpose: it is there to catch swapped or
    projected coordinates, which are hundreds of kilometres off.
    """
    return 10_000 + 3_000 * area_km2**0.5 if isfinite(area_km2) else 100_000
