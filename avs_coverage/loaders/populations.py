"""Read populations by commune: INSEE's ``donnees_communes.csv`` of any vintage, its zip, or a plain table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.cells import parse_count
from avs_coverage.loaders.columns import COMMUNE_CODE_COLUMNS
from avs_coverage.loaders.commune_codes import (
    ARRONDISSEMENTS,
    BLANK_LINES,
    ELSEWHERE,
    OTHER_TERRITORY,
    CommuneCodes,
    put_aside,
)
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.messages import counted, enumeration, number
from avs_coverage.names import normalise

_POPULATIONS = ("pmun", "population", "population_municipale", "pop_mun", "pop")
_NAMED = 6


@dataclass(frozen=True)
class Populations:
    """Inhabitants by commune code of the COG 2026, and what reading them met.

    *label* names the file and the column. Rows read = rows used + rows set aside.
    """

    values: dict[str, int]
    label: str
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_populations(path: Path, wanted: Collection[str] | None) -> Populations:
    """Return the population of each commune of *wanted* (None: of every commune of the file).

    The column ``COM`` holds the name up to the vintage 2020 and the code since: the code is then
    made of the département and ``CODCOM``. Municipal arrondissements are summed into their
    commune, merged communes into today's; a commune split since is refused (AVS-329). Unknown is
    not zero: a wanted commune without a population refuses the file (AVS-339). Raises
    InputError with all faults.
    """
    frame = read_frame(path, _chosen, "« code_insee » (ou COM, CODCOM…) et « PMUN » (ou population)")
    names = {_plain(name): name for name in frame.columns}
    column = next(names[name] for name in _POPULATIONS if name in names)
    reading = _Reading(path.name, None if wanted is None else frozenset(wanted), column)
    frame.columns = [_plain(name) for name in frame.columns]
    rows = frame.to_dict("records")
    reading.within = reading.codes.in_their_commune(_code(row) for row in rows)
    for line, row in zip(frame.index, rows, strict=True):
        reading.add(int(line), {str(name): str(value) for name, value in row.items()}, _plain(column))
    return reading.result(len(frame))


def _plain(header: str) -> str:
    return normalise(header).replace(" ", "_")


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of a table of populations: a code, and INSEE's own name of the column."""
    names = {_plain(name) for name in header if name}
    return "pmun" in names and bool(_chosen(header))


def _chosen(header: Sequence[str]) -> list[str]:
    """Return the columns of codes and of the population; none where the table is another one."""
    names = {_plain(name): name for name in reversed(header) if name}
    population = [names[name] for name in _POPULATIONS if name in names][:1]
    codes = [names[n] for n in ("codcom", "coddep", "dep", *COMMUNE_CODE_COLUMNS) if n in names]
    has_code = "codcom" in names or any(name in names for name in COMMUNE_CODE_COLUMNS)
    return [*population, *dict.fromkeys(codes)] if population and has_code else []


def _code(cells: dict[str, str]) -> str:
    """Return the code of a row, whatever the vintage of its columns."""
    com = cells.get("com", "")
    if "codcom" in cells and not (len(com) == 5 and com[2:].isdigit()):  # noqa: PLR2004
        departement = cells.get("coddep") or cells.get("dep", "")
        return departement[:2] + cells["codcom"].zfill(3)
    return next((cells[name] for name in COMMUNE_CODE_COLUMNS if cells.get(name)), "")


class _Reading:
    """Populations gathered so far, by commune of today."""

    def __init__(self, file: str, wanted: frozenset[str] | None, column: str) -> None:
        self.file, self.wanted, self.column = file, wanted, column
        self.codes = CommuneCodes(file, wanted, "")
        self.faults = self.codes.faults
        self.values: dict[str, int] = {}
        self._lines: dict[str, int] = {}
        self.within: set[str] = set()
        self._elsewhere = self._blank = self._within = 0

    def add(self, line: int, cells: dict[str, str], column: str) -> None:
        """Add a row to its commune, set it aside, or record a fault."""
        if not any(cells.values()):
            self._blank += 1
            return
        code = self.codes.clean(_code(cells))
        if code in self.within:
            self._within += 1
            return
        today = self.codes.today(_code(cells), line)
        if today == ELSEWHERE:
            self._elsewhere += 1
        elif today is not None and self._is_first(code, line):
            population = parse_count(cells[column])
            if population is None:
                hint = "écrivez un nombre entier d'habitants"
                values = {"value": cells[column], "expected": "entier", "hint": hint}
                self.faults.append(Fault("AVS-319", values, self.file, line, self.column))
            else:
                self.values[today] = self.values.get(today, 0) + population

    def _is_first(self, code: str, line: int) -> bool:
        if code in self._lines:
            values = {"value": code, "other": str(self._lines[code])}
            self.faults.append(Fault("AVS-338", values, self.file, line))
            return False
        self._lines[code] = line
        return True

    def result(self, rows_read: int) -> Populations:
        """Return what was read; raises InputError with every fault."""
        for code, missing in self.codes.close().items():
            if code in self.values:
                self.faults.append(self.codes.incomplete(code, missing, "AVS-344"))
        self._require_all()
        if self.faults:
            raise InputError(self.faults)
        label = f"population : {self.file}, colonne {self.column}"
        if self.codes.moved:
            words = ("code d'un COG antérieur ramené", "codes d'un COG antérieur ramenés")
            label += f", {counted(len(self.codes.moved), *words)} au COG 2026"
        blank = put_aside(self.file, self._blank, BLANK_LINES)
        within = put_aside(self.file, self._within, ARRONDISSEMENTS)
        set_aside = (*blank, *within, *put_aside(self.file, self._elsewhere, OTHER_TERRITORY))
        rows_used = rows_read - sum(fault.rows for fault in set_aside)
        return Populations(self.values, label, rows_read, rows_used, set_aside, tuple(self.codes.warnings))

    def _require_all(self) -> None:
        gazetteer = Gazetteer()
        if missing := sorted((self.wanted or frozenset()) - self.values.keys()):
            names = [commune.name for code in missing[:_NAMED] if (commune := gazetteer.get(code))]
            more = f" et {number(len(missing) - _NAMED)} de plus" if len(missing) > _NAMED else ""
            said = {"value": counted(len(missing), "commune", "communes"), "names": enumeration(names) + more}
            self.faults.append(Fault("AVS-339", said, self.file))
