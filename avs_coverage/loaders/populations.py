"""Read populations by commune: INSEE's ``donnees_communes.csv`` of any vintage, its zip, or a plain table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer, parent_of_arrondissement
from avs_coverage.loaders.cells import parse_count
from avs_coverage.loaders.table_file import Row, read_bytes, read_rows, rows_of_text
from avs_coverage.messages import counted, enumeration, number
from avs_coverage.names import normalise

_ZIP_MEMBERS = ("donnees_communes.csv", "communes.csv")
_CODES = (
    "code_insee", "code", "codgeo", "insee_com", "depcom", "code_commune", "insee", "com",
)  # fmt: skip
_POPULATIONS = ("pmun", "population", "population_municipale", "pop_mun", "pop")


@dataclass(frozen=True)
class Populations:
    """Inhabitants by commune code of the COG 2026, and what reading them met.

    *label* names the file and the column. Rows read = rows used + rows set aside.
    """

    values: dict[str, int]
    label: str
    rows_read: int
    rows_used: int
    warnings: tuple[Fault, ...]


def read_populations(path: Path, needed: Collection[str]) -> Populations:
    """Return the population of each commune of a file; every commune of *needed* must be in it.

    The column ``COM`` holds the name up to the vintage 2020 and the code since: the code is then
    made of the département and ``CODCOM``. Municipal arrondissements are summed into their
    commune, merged communes into today's; a commune split since is refused (AVS-329). Unknown is
    not zero: a needed commune without a population refuses the file (AVS-339).
    """
    rows = _rows(path)
    header = [normalise(cell).replace(" ", "_") for cell in rows[0].cells] if rows else []
    column = next((header.index(name) for name in _POPULATIONS if name in header), -1)
    if column < 0 or not _has_code(header):
        values = {
            "found": ", ".join(rows[0].cells) if rows else "aucune",
            "accepted": "« code_insee » et « PMUN »",
        }
        raise InputError(Fault("AVS-304", values, path.name, 1, "PMUN"))
    reading = _Reading(path.name, Gazetteer())
    for row in rows[1:]:
        if not row.is_blank:
            reading.add(row, _code(row, header), row.cells[column] if column < len(row.cells) else "")
    if missing := sorted(set(needed) - reading.values.keys()):
        names = [commune.name for code in missing[:6] if (commune := reading.gazetteer.get(code))]
        more = f" et {number(len(missing) - 6)} de plus" if len(missing) > 6 else ""  # noqa: PLR2004
        said = {"value": counted(len(missing), "commune", "communes"), "names": enumeration(names) + more}
        reading.faults.append(Fault("AVS-339", said, path.name))
    if reading.faults:
        raise InputError(reading.faults)
    label = f"{path.name}, colonne {rows[0].cells[column]}"
    if reading.warnings:
        words = ("code d'un COG antérieur ramené", "codes d'un COG antérieur ramenés")
        label += f", {counted(len(reading.warnings), *words)} au COG 2026"
    blank = sum(row.is_blank for row in rows[1:])
    return Populations(reading.values, label, len(rows) - 1, len(rows) - 1 - blank, tuple(reading.warnings))


def _rows(path: Path) -> list[Row]:
    """Return the rows of a table, or of the one in INSEE's zip."""
    content = read_bytes(path)
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                name = member.filename.rsplit("/", 1)[-1].lower()
                if name in _ZIP_MEMBERS and member.file_size < 100_000_000:  # noqa: PLR2004
                    return rows_of_text(path, archive.read(member))
    return read_rows(path)


def _has_code(header: list[str]) -> bool:
    return "codcom" in header or any(name in header for name in _CODES)


def _code(row: Row, header: list[str]) -> str:
    """Return the code of a row, whatever the vintage of its columns."""
    cells = dict(zip(header, row.cells, strict=False))
    com = cells.get("com", "")
    if "codcom" in header and not (len(com) == 5 and com[2:].isdigit()):  # noqa: PLR2004
        departement = cells.get("coddep") or cells.get("dep", "")
        return departement[:2] + cells["codcom"].zfill(3)
    return next((cells[name] for name in _CODES if cells.get(name)), "")


class _Reading:
    """Populations gathered so far, by commune of today."""

    def __init__(self, file: str, gazetteer: Gazetteer) -> None:
        self.file, self.gazetteer = file, gazetteer
        self.values: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._lines: dict[str, int] = {}

    def add(self, row: Row, code: str, text: str) -> None:
        """Add a row to its commune, or a fault."""
        population = parse_count(text)
        if population is None:
            hint = "écrivez un nombre entier d'habitants"
            values = {"value": text, "expected": "entier", "hint": hint}
            self.faults.append(Fault("AVS-319", values, self.file, row.line, "PMUN"))
            return
        if code in self._lines:
            values = {"value": code, "other": str(self._lines[code])}
            self.faults.append(Fault("AVS-338", values, self.file, row.line))
            return
        self._lines[code] = row.line
        today = self._today(code, row.line)
        if today:
            self.values[today] = self.values.get(today, 0) + population

    def _today(self, code: str, line: int) -> str:
        parent = parent_of_arrondissement(code)
        if parent or self.gazetteer.get(code):
            return parent or code
        passage = self.gazetteer.movements.passage(code)
        names = ", ".join(c.name for c in map(self.gazetteer.get, passage.today) if c)
        changed = passage.changed.strftime("%d/%m/%Y") if passage.changed else ""
        if len(passage.today) == 1:
            values = {"value": code, "changed": changed, "today": names}
            self.warnings.append(Fault("AVS-909", values, self.file, line))
            return passage.today[0]
        kind = "AVS-329" if passage.is_split else "AVS-314"
        self.faults.append(
            Fault(kind, {"value": code, "changed": changed, "choices": names}, self.file, line)
        )
        return ""
