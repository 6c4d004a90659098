"""Read populations by commune: INSEE's ``donnees_communes.csv`` of any vintage, its zip, or a plain table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
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
from avs_coverage.messages import counted, enumeration
from avs_coverage.names import normalise

_POPULATIONS = ("pmun", "population", "population_municipale", "pop_mun", "pop")
_NAMED = 6


@dataclass(frozen=True)
class Populations:
    """Inhabitants by commune code of the COG 2026, and what reading them met.

    *label* names the files and the columns; *columns*: column of the tool → header. Rows read =
    rows used + rows set aside.
    """

    values: dict[str, int]
    label: str
    columns: dict[str, str]
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_populations(paths: Sequence[Path], wanted: Collection[str] | None) -> Populations:
    """Return the population of each commune of *wanted* (None: of every commune of the files).

    Several files complete each other, as INSEE's of Mayotte does that of the rest of France; a
    commune in two of them is refused (AVS-345).

    The column ``COM`` holds the name up to the vintage 2020 and the code since: the code is then
    made of the département and ``CODCOM``. Municipal arrondissements are summed into their
    commune, merged communes into today's; a commune split since is refused (AVS-329). Unknown is
    not zero: a wanted commune without a population refuses the file (AVS-339). Raises
    InputError with all faults.
    """
    readings = [_read(path, wanted) for path in paths]
    faults = [fault for reading in readings for fault in reading.faults]
    values: dict[str, int] = {}
    for reading in readings:
        for code in values.keys() & reading.values.keys():
            name = reading.codes.commune_name(code)
            faults.append(Fault("AVS-345", {"value": name}, reading.file))
        values |= reading.values
    files = ", ".join(path.name for path in paths)
    if missing := sorted(
        set(() if wanted is None else wanted) - values.keys() - {c for r in readings for c in r.incomplete}
    ):
        faults.append(_without_population(missing, readings[-1].codes, files))
    rows_read = sum(reading.rows_read for reading in readings)
    set_aside = tuple(fault for reading in readings for fault in reading.set_aside)
    if not values and not faults:
        faults.append(Fault("AVS-355", {}, files))
    if faults:
        raise InputError(faults, rows_read, set_aside)
    return Populations(
        values,
        " ; ".join(reading.label for reading in readings),
        {column: name for reading in readings for column, name in reading.columns.items()},
        rows_read,
        rows_read - sum(fault.rows for fault in set_aside),
        set_aside,
        tuple(fault for reading in readings for fault in reading.codes.warnings),
    )


def _without_population(missing: Sequence[str], codes: CommuneCodes, files: str) -> Fault:
    names = enumeration([codes.commune_name(code) for code in missing], _NAMED)
    value = counted(len(missing), "commune", "communes")
    return Fault("AVS-339", {"value": value, "names": names}, files)


def _read(path: Path, wanted: Collection[str] | None) -> _Reading:
    frame = read_frame(path, _chosen, "« code_insee » (ou COM, CODCOM…) et « PMUN » (ou population)")
    names = {_plain(name): name for name in frame.columns}
    column = next(names[name] for name in _POPULATIONS if name in names)
    reading = _Reading(path.name, None if wanted is None else frozenset(wanted), column)
    frame.columns = [_plain(name) for name in frame.columns]
    rows = frame.to_dict("records")
    reading.within = reading.codes.in_their_commune(_code(row) for row in rows)
    for line, row in zip(frame.index, rows, strict=True):
        reading.add(int(line), {str(name): str(value) for name, value in row.items()}, _plain(column))
    reading.columns = {
        "code_insee": ", ".join(n for k, n in names.items() if n != column),
        "population": column,
    }
    reading.end(len(frame))
    return reading


def _plain(header: str) -> str:
    return normalise(header).replace(" ", "_")


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of a table of populations: INSEE's own name of the column, or nothing else but one."""
    names = {_plain(name) for name in header if name}
    alone = names - {"nom", "commune", "libelle", "libgeo", "nom_commune", *COMMUNE_CODE_COLUMNS}
    return bool(_chosen(header)) and ("pmun" in names or (len(alone) == 1 and alone <= set(_POPULATIONS)))


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
        self.incomplete: set[str] = set()
        self.columns: dict[str, str] = {}
        self.set_aside: tuple[Fault, ...] = ()
        self.label = ""
        self.rows_read = 0
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
                values = {"value": cells[column] or "vide", "expected": "entier", "hint": hint}
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

    def end(self, rows_read: int) -> None:
        """End the file: judge its codes, count its rows, and say what was read."""
        for code, missing in self.codes.close().items():
            if self.values.pop(code, None) is not None:
                self.faults.append(self.codes.incomplete(code, missing, "AVS-344"))
                self.incomplete.add(code)
        self.label = f"population : {self.file}, colonne {self.column}"
        if self.codes.moved:
            words = ("code d'un COG antérieur ramené", "codes d'un COG antérieur ramenés")
            self.label += f", {counted(len(self.codes.moved), *words)} au COG 2026"
        blank = put_aside(self.file, self._blank, BLANK_LINES)
        within = put_aside(self.file, self._within, ARRONDISSEMENTS)
        self.rows_read = rows_read
        self.set_aside = (*blank, *within, *put_aside(self.file, self._elsewhere, OTHER_TERRITORY))
