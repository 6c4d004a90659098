"""Gather the faults and warnings of one file, so that all are reported in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.messages import enumeration, french_date, plural


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

    def fault(self, code: str, line: int, column: str, /, **values: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(code, values, self.file, line, column))
        self._places.add((line, column))

    def warn(self, code: str, line: int, column: str, /, **values: str) -> None:
        """Add a warning."""
        self.warnings.append(Fault(code, values, self.file, line, column))

    def refused(self, line: int, *columns: str) -> bool:
        """Tell whether a fault already stands against one of these cells."""
        return any((line, column) in self._places for column in columns)

    def put_aside(self, line: int, reason: str) -> None:
        """Record a row that is read and not used."""
        self.set_aside.append(Fault("AVS-907", {"value": reason}, self.file, line))

    def commune(self, text: str, line: int, column: str, near: str = "") -> Commune | None:
        """Return the commune that *text* names by code or name; add a fault where none does.

        Names are looked for in the territory's départements and in that of *near* (a code).
        """
        if not text:
            self.fault("AVS-337", line, column)
            return None
        return (
            self._by_code(text, line, column)
            if _looks_like_code(text)
            else self._by_name(text, line, column, near)
        )

    def _by_code(self, text: str, line: int, column: str) -> Commune | None:
        code = text.replace(" ", "").upper().removesuffix(".0")
        if code.isdigit() and len(code) == 4 and self.gazetteer.get("0" + code):  # noqa: PLR2004
            self.warn("AVS-901", line, column, value=text, code="0" + code)
            code = "0" + code
        if parent := parent_of_arrondissement(code):
            self.warn("AVS-902", line, column, value=text, code=parent)
            code = parent
        return self.gazetteer.get(code) or self._by_former_code(code, text, line, column)

    def _by_former_code(self, code: str, text: str, line: int, column: str) -> Commune | None:
        """Bring a code of an earlier COG to today's, saying so; refuse one that was split."""
        if code.isdigit() and len(code) == 4 and self.gazetteer.movements.passage("0" + code).today:  # noqa: PLR2004
            self.warn("AVS-901", line, column, value=code, code="0" + code)
            code = "0" + code
        passage = self.gazetteer.movements.passage(code)
        found = [commune for commune in map(self.gazetteer.get, passage.today) if commune]
        names = ", ".join(f"{commune.name} ({commune.code})" for commune in found)
        changed = french_date(passage.changed) if passage.changed else ""
        if not found:
            self.fault("AVS-314", line, column, value=text)
        elif passage.is_split:
            self.fault("AVS-329", line, column, value=code, changed=changed, choices=names)
        else:
            self.warn("AVS-909", line, column, value=code, changed=changed, today=names)
            return found[0]
        return None

    def _by_name(self, text: str, line: int, column: str, near: str) -> Commune | None:
        departements = {*self.departements, *([departement_of(near)] if near else [])}
        found = self.gazetteer.named(text, departements)
        if len(found) == 1:
            return found[0]
        if found:
            choices = ", ".join(f"{commune.name} ({commune.code})" for commune in found)
            self.fault("AVS-316", line, column, value=text, choices=choices)
            return None
        words = plural(len(departements), "le département", "les départements")
        scope = f"dans {words} {enumeration(sorted(departements), 3)}"
        close = self.gazetteer.close_names(text, departements)
        suggestions = f"noms proches : {' ; '.join(close)}" if close else "vérifiez l'orthographe"
        hint = f"{suggestions} ; ou donnez le code INSEE"
        self.fault("AVS-315", line, column, value=text, scope=scope, suggestions=hint)
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
