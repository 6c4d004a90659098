"""Read QPV: perimeters of the generations 2015 and 2024, and tables of their population."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.cells import parse_count, split_list
from avs_coverage.loaders.commune_codes import BLANK_LINES, CommuneCodes, put_aside
from avs_coverage.loaders.geo_file import (
    Layer,
    attribute_text,
    is_geographical,
    layers,
    read_attributes,
    read_features,
)
from avs_coverage.loaders.polygons import misplaced, repaired, united
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.messages import counted, enumeration
from avs_coverage.names import normalise
from avs_coverage.qpv import MAYOTTE, Qpv, departement_of_qpv, embedded_quarters
from avs_coverage.reports.text import without_controls

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

EXPECTED = "des périmètres (.gpkg, .geojson ou .shp)"
QUARTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("code qp", "code qpv", "code quartier", "qpv", "qp", "codgeo", "code"),
    "name": ("lib qp", "nom qp", "lib qpv", "nom qpv", "quartier prioritaire", "libgeo", "nom"),
    "communes": ("insee com", "code insee", "codes communes", "depcom"),
    "commune_names": ("lib com", "commune qp", "noms des communes concernees", "commune", "communes"),
    "population": (
        "pop mun", "popmun", "pmun", "pop municipale", "population municipale", "population", "pop qpv",
        "pop qp", "pop",
    ),
}  # fmt: skip
"""What each column is called, the surest first; compared without case, accents or punctuation."""

_FRENCH = {
    "code": "code_qpv",
    "name": "nom",
    "communes": "code_insee",
    "commune_names": "noms_communes",
    "population": "population",
}
_CODE = re.compile(r"Q([PN])(?:\d{3}|02[AB])\d{2,3}[A-Z]?")
_GENERATIONS = {"P": 2015, "N": 2024}
BEYOND = ("978", "987")
"""Saint-Martin and Polynésie française have QPV and are not départements: national files hold them."""


@dataclass(frozen=True)
class Quarters:
    """The quarters that the files of a user hold, and what reading them met.

    *perimeters* are lon/lat polygons by code (WGS84). A generation of *listed* has its whole
    list in the files: its perimeters; the tables of the others only complete the embedded
    list. *labels* name, by generation, the files that hold some of it, *population_labels* those that
    give populations; *columns*: column of the tool → header. Rows read = rows used + rows set aside.
    """

    quarters: dict[str, Qpv]
    perimeters: gpd.GeoSeries
    listed: frozenset[int]
    labels: dict[int, tuple[str, ...]]
    population_labels: dict[int, tuple[str, ...]]
    columns: dict[str, str]
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def counted_generations(self) -> set[int | None]:
        """Return the generations of which a file gives the population of at least one quarter."""
        return {qpv.generation for qpv in self.quarters.values() if qpv.population is not None}

    def over(self, embedded: Mapping[str, Qpv]) -> dict[str, Qpv]:
        """Return the quarters of the files, and the embedded ones that they do not replace.

        A population of one file stands for its whole generation: a quarter that is not in it has
        none (unknown), rather than one of another source.
        """
        found = {}
        replaced = {_list_of(code) for code, qpv in self.quarters.items() if qpv.generation in self.listed}
        for code, qpv in embedded.items():
            if _list_of(code) not in replaced:
                unknown = qpv.generation in self.counted_generations
                found[code] = replace(qpv, population=None) if unknown else qpv
        for code, qpv in self.quarters.items():
            known = embedded.get(code)
            found[code] = qpv if known is None else _completed(qpv, known)
            if known is not None and qpv.generation not in self.counted_generations:
                found[code] = replace(found[code], population=known.population)
        return found


def _list_of(code: str) -> tuple[str, bool]:
    """Return the list that a quarter is of: its generation, and whether it is of the law on Mayotte.

    A file of the 42 quarters of Mayotte that décret 2024-1212 named does not replace the 17 of the law.
    """
    return code[:2], departement_of_qpv(code) == MAYOTTE and code.endswith("C")


def _completed(qpv: Qpv, known: Qpv) -> Qpv:
    """Return a quarter with the name and communes of the embedded one where its own are missing."""
    communes, names = (qpv.communes, qpv.commune_names) if qpv.communes else (known.communes, ())
    return replace(qpv, name=qpv.name or known.name, communes=communes, commune_names=names)


def read_quarters(paths: Sequence[Path], departements: Collection[str]) -> Quarters:
    """Return the quarters of some départements that files hold, perimeters or tables.

    Columns are known by their names, of either generation; ``insee_com`` may hold several codes,
    separated by ``,`` ``;`` or ``/``; communes given by name are looked for in the département
    of the quarter. Raises InputError: AVS-353 no layer of quarters, AVS-372 none of the
    territory, AVS-373 a quarter twice, and the faults of codes and numbers, all at once.
    """
    import geopandas as gpd

    readings = [_read(path, frozenset(departements)) for path in paths]
    faults = [fault for reading in readings for fault in reading.faults]
    quarters: dict[str, Qpv] = {}
    perimeters: dict[str, Any] = {}
    for reading in readings:
        for code, qpv in reading.quarters.items():
            quarters[code] = _merged(quarters.get(code), qpv, reading.file, faults)
        perimeters |= reading.perimeters
    rows_read = sum(reading.rows_read for reading in readings)
    set_aside = tuple(fault for reading in readings for fault in reading.set_aside)
    if faults:
        raise InputError(faults, rows_read, set_aside)
    listed = frozenset(quarters[code].generation for code in perimeters)
    warnings = [fault for reading in readings for fault in reading.warnings]
    return Quarters(
        quarters,
        gpd.GeoSeries(perimeters, crs=4326),
        listed,
        _labels(readings, lambda qpv: True),
        _labels(readings, lambda qpv: qpv.population is not None),
        {_FRENCH[column]: name for r in readings for column, name in r.columns.items() if name},
        rows_read,
        rows_read - sum(fault.rows for fault in set_aside),
        set_aside,
        (*warnings, *_missing(quarters, listed, departements, paths)),
    )


def _labels(readings: Sequence[_Reading], has: Callable[[Qpv], bool]) -> dict[int, tuple[str, ...]]:
    """Return, by generation, the labels of the files with a quarter that *has* something."""
    return {
        generation: tuple(
            reading.label
            for reading in readings
            if any(qpv.generation == generation and has(qpv) for qpv in reading.quarters.values())
        )
        for generation in sorted(_GENERATIONS.values())
    }


def _merged(first: Qpv | None, second: Qpv, file: str, faults: list[Fault]) -> Qpv:
    """Return what two files say of one quarter; two populations that differ are a fault."""
    if first is None:
        return second
    if None not in (first.population, second.population) and first.population != second.population:
        faults.append(Fault("AVS-373", {"value": first.code}, file))
    return Qpv(
        first.code,
        first.name or second.name,
        first.generation,
        first.communes or second.communes,
        first.commune_names or second.commune_names,
        second.population if first.population is None else first.population,
    )


def _missing(
    quarters: Mapping[str, Qpv], listed: frozenset[int], departements: Collection[str], paths: Sequence[Path]
) -> list[Fault]:
    """Warn of official quarters of a generation that a file of perimeters does not hold (AVS-931)."""
    official = embedded_quarters(departements).values()
    replaced = {_list_of(code) for code, qpv in quarters.items() if qpv.generation in listed}
    lost = [
        q for q in official
        if _list_of(q.code) in replaced
        and q.code not in quarters
        and departement_of_qpv(q.code) in departements
    ]  # fmt: skip
    if not lost:
        return []
    names = enumeration([f"{qpv.name} ({qpv.code})" for qpv in lost], 6)
    return [Fault("AVS-931", {"value": names}, ", ".join(path.name for path in paths))]


def _read(path: Path, departements: frozenset[str]) -> _Reading:
    reading = _Reading(path.name, departements)
    if is_geographical(path):
        _read_layer(path, reading)
    else:
        frame = read_frame(path, _chosen, "« code_qp », et « population » ou « insee_com »")
        _read_rows(frame, reading)
    if not reading.quarters and not reading.faults:
        reading.faults.append(Fault("AVS-372", {}, path.name))
    return reading


def is_code(text: str) -> bool:
    """Tell whether a text is written as the code of a quarter.

    >>> is_code("QP003001"), is_code("QN97401M"), is_code("03185")
    (True, True, False)
    """
    return bool(_CODE.fullmatch(text.strip().upper()))


def _columns(header: Sequence[str]) -> dict[str, str]:
    """Return the header of each known column."""
    known = {normalise(name): name for name in reversed(header)}
    return {
        column: next((known[word] for word in words if word in known), "")
        for column, words in QUARTER_COLUMNS.items()
    }


def _chosen(header: Sequence[str]) -> list[str]:
    """Return the headers to read; none where no column is that of codes."""
    columns = _columns(header)
    return list(dict.fromkeys(name for name in columns.values() if name)) if columns["code"] else []


def _read_rows(frame: pd.DataFrame, reading: _Reading) -> None:
    columns = _columns(list(frame.columns))
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        reading.add(
            {column: str(row.get(name, "")) for column, name in columns.items()}, int(line), None, False
        )
    reading.end("table", columns)


def _read_layer(path: Path, reading: _Reading) -> None:
    """Read the layer that holds most quarters of the territory."""
    with layers(path, EXPECTED) as found:
        best: tuple[int, Layer, dict[str, str]] | None = None
        for layer in found:
            columns = _columns(layer.columns)
            if not columns["code"] or not layer.may_be_polygons:
                continue
            codes = read_attributes(layer, [columns["code"]], path.name)[columns["code"]]
            here = sum(reading.concerns(str(code)) for code in codes)
            if best is None or here > best[0]:
                best = (here, layer, columns)
        if best is None:
            read = (
                " ; ".join(f"{layer.label} ({', '.join(layer.columns[:6])})" for layer in found) or "aucune"
            )
            raise InputError(Fault("AVS-374", {"found": read}, path.name))
        _, layer, columns = best
        frame, warnings = read_features(layer, _chosen(layer.columns), path.name)
        reading.warnings += warnings
        for line, row in enumerate(frame.to_dict("records"), 2):
            cells = {column: attribute_text(row.get(name)) for column, name in columns.items()}
            reading.add(cells, line, row["geometry"])
        reading.join()
    reading.end("périmètres", columns)


class _Reading:
    """The quarters of one file gathered so far."""

    def __init__(self, file: str, departements: frozenset[str]) -> None:
        self.file, self.departements = file, departements
        self.codes = CommuneCodes(file, None, "insee_com")
        self.faults, self.warnings = self.codes.faults, self.codes.warnings
        self.quarters: dict[str, Qpv] = {}
        self.perimeters: dict[str, Any] = {}
        self._shapes: list[tuple[str, Any]] = []
        self.set_aside: list[Fault] = []
        self.rows_read = 0
        self.label = ""
        self.columns: dict[str, str] = {}
        self._gazetteer = Gazetteer()
        self._official = embedded_quarters(departements)
        self._elsewhere = self._blank = 0

    def concerns(self, code: str) -> bool:
        """Tell whether a text is the code of a quarter of the territory's départements."""
        return is_code(code) and departement_of_qpv(code.strip().upper()) in self.departements

    def add(self, cells: dict[str, str], line: int, shape: Any, has_perimeter: bool = True) -> None:  # noqa: ANN401
        """Add one row; *shape* is its lon/lat perimeter, which a table has not."""
        self.rows_read += 1
        cells = {column: without_controls(text) for column, text in cells.items()}
        code = cells["code"].strip().upper()
        match = _CODE.fullmatch(code)
        if not any(cells.values()):
            self._blank += 1
            return
        if match is None:
            self.faults.append(Fault("AVS-326", {"value": cells["code"]}, self.file, line))
            return
        departement = departement_of_qpv(code)
        is_elsewhere = departement in BEYOND or bool(self._gazetteer.communes_of(departement))
        if departement not in self.departements and is_elsewhere:
            self._elsewhere += 1
            return
        if departement not in self.departements:  # the code names a département that does not exist
            self.faults.append(Fault("AVS-326", {"value": cells["code"]}, self.file, line))
            return
        communes, names = self._communes(cells, code, line)
        population = self._population(cells, line)
        qpv = Qpv(code, cells["name"], _GENERATIONS[match[1]], communes, names, population)
        if code in self.quarters:
            qpv = self.quarters[code] if has_perimeter else self._another_row(qpv, line)
        self.quarters[code] = qpv
        if has_perimeter:
            self._shapes.append((code, shape))

    def _another_row(self, qpv: Qpv, line: int) -> Qpv:
        """Return a quarter of which a table has a row a commune; the same commune twice is a fault."""
        first = self.quarters[qpv.code]
        both = set(first.communes) & set(qpv.communes)
        if first.population != qpv.population or both or not qpv.communes:
            self.faults.append(Fault("AVS-373", {"value": qpv.code}, self.file, line))
        return replace(first, communes=tuple(sorted({*first.communes, *qpv.communes})))

    def _population(self, cells: dict[str, str], line: int) -> int | None:
        text = cells["population"]
        value = parse_count(text)
        if value is None and normalise(text) not in ("", "nd", "s", "n a", "ns"):
            hint = "écrivez un nombre entier d'habitants, ou rien s'il n'est pas connu"
            values = {"value": text, "expected": "entier", "hint": hint}
            self.faults.append(Fault("AVS-319", values, self.file, line, "population"))
        return value

    def _communes(
        self, cells: dict[str, str], code: str, line: int
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return codes and names of the communes: by code where the file has them, else by name."""
        found: dict[str, None] = {}
        for text in re.split(r"[,;/|]", cells["communes"]):
            today = self.codes.today(text.strip(), line) if text.strip() else ""
            if today:
                found[today] = None
        if found:
            return tuple(found), ()
        names = split_list(cells["commune_names"])
        for name in names:
            plain = re.sub(r"\b(\d+(er|e|eme)?|arrondissement)\b", " ", normalise(name))
            communes = self._gazetteer.named(plain, [departement_of_qpv(code)])
            if len(communes) != 1 and code in self._official:
                return (), ()  # a commune that changed its name since: the official list has its code
            if len(communes) != 1:
                self.warnings.append(Fault("AVS-932", {"value": name, "quarter": code}, self.file, line))
                return (), tuple(names)
            found[communes[0].code] = None
        return tuple(found), ()

    def join(self) -> None:
        """Repair the perimeters that were added, and make one of those of a quarter."""
        repaired_shapes = repaired(
            [shape for _, shape in self._shapes], [code for code, _ in self._shapes], self.file, self.warnings
        )
        parts: dict[str, list[Any]] = {}
        for (code, _), whole in zip(self._shapes, repaired_shapes, strict=True):
            if whole is None or whole.is_empty:
                self.warnings.append(Fault("AVS-934", {"value": code}, self.file))
                continue
            if code in parts:
                self.warnings.append(Fault("AVS-930", {"value": code}, self.file))
            parts.setdefault(code, []).append(whole)
        self.perimeters = dict(zip(parts, united(list(parts.values()), self.file), strict=True))
        for code, whole in self.perimeters.items():
            communes = self.quarters[code].communes
            commune = self._gazetteer.get(communes[0]) if communes else None
            fault = misplaced(whole, commune, code, self.file)
            self.faults += [fault] if fault else []

    def end(self, kind: str, columns: dict[str, str]) -> None:
        """Count what lies elsewhere, and say what was read."""
        self.columns, population_column = columns, columns["population"]
        self.codes.close()
        words = ("QPV d'un autre territoire", "QPV d'un autre territoire")
        self.set_aside += put_aside(self.file, self._blank, BLANK_LINES)
        self.set_aside += put_aside(self.file, self._elsewhere, words)
        generations = enumeration([str(g) for g in sorted({q.generation for q in self.quarters.values()})])
        population = f", population : colonne {population_column}" if population_column else ""
        quarters = counted(len(self.quarters), "quartier", "quartiers")
        self.label = f"QPV : {self.file} ({kind}, génération {generations}), {quarters}{population}"
