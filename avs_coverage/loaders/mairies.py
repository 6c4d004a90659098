"""Read where the mairies of communes are: the table that ``data fetch mairies`` makes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import hypot
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, Gazetteer, departement_of
from avs_coverage.loaders.cells import parse_number
from avs_coverage.loaders.collector import plausible_distance_m
from avs_coverage.loaders.commune_codes import OTHER_TERRITORY, CommuneCodes, put_aside
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.messages import counted, enumeration, number
from avs_coverage.projection import epsg_of, project

COLUMNS = ("code", "nom", "longitude", "latitude")
_NAMED = 6

Place = tuple[float, float, int, int]
"""Longitude and latitude in degrees (WGS84), x and y in metres (legal projection of the département)."""


@dataclass(frozen=True)
class Mairies:
    """The mairie of each commune that has one, by code of the COG 2026, and what reading them met."""

    places: dict[str, Place]
    label: str
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_mairies(path: Path, wanted: Collection[str]) -> Mairies:
    """Return the mairies of the communes of *wanted*; those without one are said (AVS-944).

    A row whose code is not that of a commune of today is set aside: the mairie of a former commune
    is not that of the commune it is in. Raises InputError with all faults: AVS-314, AVS-319, AVS-338
    twice the same commune, AVS-355 none of those wanted, AVS-398 a mairie far from its commune.
    """
    frame = read_frame(path, _chosen, ", ".join(f"« {name} »" for name in COLUMNS))
    reading = _Reading(path.name, wanted)
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        reading.add(int(line), {str(name): str(value) for name, value in row.items()})
    reading.codes.close()
    if not reading.places and not reading.faults:
        reading.faults.append(Fault("AVS-355", {}, path.name))
    if reading.faults:
        raise InputError(reading.faults, len(frame))
    return reading.mairies(sorted(set(wanted) - reading.places.keys()))


def _chosen(header: Sequence[str]) -> Sequence[str]:
    return COLUMNS if set(COLUMNS) <= set(header) else ()


class _Reading:
    """The mairies gathered so far."""

    def __init__(self, file: str, wanted: Collection[str]) -> None:
        self.file = file
        self.codes = CommuneCodes(file, wanted, "code")
        self.faults = self.codes.faults
        self.places: dict[str, Place] = {}
        self._gazetteer = Gazetteer()
        self._lines: dict[str, int] = {}
        self._elsewhere = 0

    def add(self, line: int, row: dict[str, str]) -> None:
        """Add a mairie, set its row aside, or record a fault."""
        code = self.codes.today(row["code"], line)
        if code is None:
            return
        commune = self._gazetteer.get(code)
        if commune is None or self.codes.clean(row["code"]) != code:
            self._elsewhere += 1
            return
        if code in self._lines:
            values = {"value": code, "other": str(self._lines[code])}
            self.faults.append(Fault("AVS-338", values, self.file, line))
            return
        self._lines[code] = line
        longitude, latitude = (self._degrees(row, name, line) for name in ("longitude", "latitude"))
        if longitude is not None and latitude is not None:
            self._place(commune, longitude, latitude, line)

    def _degrees(self, row: dict[str, str], column: str, line: int) -> float | None:
        value = parse_number(row[column])
        if value is None:
            values = {"value": row[column], "expected": "de degrés", "hint": "écrivez par exemple 3,427"}
            self.faults.append(Fault("AVS-319", values, self.file, line, column))
        return value

    def _place(self, commune: Commune, longitude: float, latitude: float, line: int) -> None:
        x_m, y_m = project(longitude, latitude, epsg_of(departement_of(commune.code)))
        metres = hypot(x_m - commune.x_m, y_m - commune.y_m)
        if not metres <= plausible_distance_m(commune.area_km2):
            distance = number(round(metres / 1000)) if metres < 1e8 else "plus de 100 000"  # noqa: PLR2004
            values = {"value": f"{commune.name} ({commune.code})", "distance": distance}
            self.faults.append(Fault("AVS-398", values, self.file, line))
            return
        self.places[commune.code] = (longitude, latitude, round(x_m), round(y_m))

    def mairies(self, missing: list[str]) -> Mairies:
        """Return what was read; *missing* are the wanted communes without a mairie."""
        placed = counted(len(self.places), "commune à sa mairie", "communes à leur mairie")
        label = f"chefs-lieux : {self.file}, {placed}"
        if missing:
            label += f", {number(len(missing))} au point embarqué"
            names = enumeration([self.codes.commune_name(code) for code in missing], _NAMED)
            values = {"value": counted(len(missing), "commune", "communes"), "names": names}
            self.codes.warnings.append(Fault("AVS-944", values, self.file))
        set_aside = put_aside(self.file, self._elsewhere, OTHER_TERRITORY)
        return Mairies(self.places, label, tuple(set_aside), tuple(self.codes.warnings))
