"""Read boundaries of communes: ADMIN EXPRESS, geo.api.gouv.fr, Etalab, any layer with commune codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.embedded import read_parquet
from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.loaders.columns import COMMUNE_CODE_COLUMNS
from avs_coverage.loaders.commune_codes import (
    ARRONDISSEMENTS,
    ELSEWHERE,
    OTHER_TERRITORY,
    PART_OF_COMMUNE,
    CommuneCodes,
    put_aside,
)
from avs_coverage.loaders.geo_file import (
    Layer,
    attribute_text,
    is_json_without_geometry,
    layers,
    read_attributes,
    read_features,
)
from avs_coverage.loaders.polygons import are_a_coverage, misplaced, repaired, sharing_a_line, united
from avs_coverage.messages import counted, enumeration, number
from avs_coverage.projection import geodesic_area_km2

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

EXPECTED = "COMMUNE.shp (avec ses .dbf, .shx, .prj) ou le .gpkg"
_MOST_LOST = 0.05
"""Share of the embedded neighbours that a file may lack: editions of the same limits differ by less."""
_SIZE_RATIO = 1.25
"""Areas of two editions differ by less, tidal flats aside: beyond, the file is said to be doubtful."""
_FILTERED_BELOW = 2_000
_NAMED = 6


@dataclass(frozen=True)
class Boundaries:
    """The boundaries of communes of the COG 2026, and what reading them met.

    *columns*: column of the tool → header. *frame* is indexed by code, with ``geometry`` in WGS84
    and ``superficie_km2`` (geodesic, GRS80). *neighbours* holds pairs ``code``, ``voisin``, both
    directions, of communes that share a line; None where the polygons overlap or leave slits, so
    that it cannot be told. *lost_pairs* counts the embedded neighbours that share no line in the
    file, *missing* the wanted communes without a boundary. Rows read = rows used + rows set aside.
    """

    file: str
    format: str
    frame: gpd.GeoDataFrame
    neighbours: pd.DataFrame | None
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    columns: dict[str, str] = field(default_factory=dict)
    lost_pairs: int = 0
    missing: int = 0

    @property
    def label(self) -> str:
        """Say what the layer gives, in French."""
        gives = "superficies et voisinage" if self.neighbours is not None else "superficies seules"
        communes = counted(len(self.frame), "commune", "communes")
        without = f", {number(self.missing)} sans contour" if self.missing else ""
        if self.neighbours is not None and self.lost_pairs:
            words = ("couple de voisins de moins", "couples de voisins de moins")
            gives += f" ({counted(self.lost_pairs, *words)} que la table embarquée)"
        return f"contours : {self.file} ({self.format}), {communes}{without}, {gives}"


def read_boundaries_file(path: Path, wanted: Collection[str] | None) -> Boundaries:
    """Return the boundaries of the communes of *wanted* (of France where None) that a file holds.

    The layer is known by its columns. Municipal arrondissements beside their commune are set
    aside, alone they are joined into it; merged communes are joined; a commune split since is
    refused (AVS-329); an invalid geometry is repaired and said (AVS-919). Points are refused
    (AVS-352), and contours far from their chef-lieu (AVS-370). Raises InputError with all faults.
    """
    wanted = None if wanted is None else frozenset(wanted)
    with layers(path, EXPECTED) as found:
        layer, code_column, rows = _commune_layer(path, found, wanted)
        reading = _Reading(path.name, wanted, code_column)
        kept = reading.sort(rows)
        if reading.faults:
            raise InputError(reading.faults, len(rows), reading.set_aside)
        if not kept:
            raise InputError(Fault("AVS-355", {}, path.name), len(rows), reading.set_aside)
        where = None
        if len(kept) < min(len(rows), _FILTERED_BELOW):
            codes = ", ".join(f"'{code}'" for code in sorted({rows[i] for i in kept}))
            where = f'"{code_column}" IN ({codes})'
        features, warnings = read_features(layer, [code_column], path.name, where)
        reading.warnings += warnings
        frame = reading.join(features, code_column)
        if reading.faults:
            raise InputError(reading.faults, len(rows), reading.set_aside)
        if frame.empty:
            raise InputError(reading.nothing(), len(rows), reading.set_aside)
        reading.say_missing(frame)
        reading.say_sizes(frame)
        neighbours, lost = _neighbours(frame, path.name)
    return Boundaries(
        path.name,
        _format(layer.columns),
        frame,
        neighbours,
        len(rows),
        len(rows) - sum(fault.rows for fault in reading.set_aside),
        tuple(reading.set_aside),
        tuple(reading.warnings),
        {"code": code_column},
        lost,
        len((wanted or frozenset()) - set(frame.index)),
    )


def read_commune_codes(path: Path) -> list[str]:
    """Return the codes of the layer of communes of a file, whose contours are not read.

    Raises InputError: what ``layers`` raises, AVS-352, AVS-353.
    """
    with layers(path, EXPECTED) as found:
        return _commune_layer(path, found, None)[2]


def _commune_layer(
    path: Path, found: list[Layer], wanted: Collection[str] | None
) -> tuple[Layer, str, list[str]]:
    """Return the layer of communes, its column of codes, and the codes."""
    best: tuple[int, Layer, str, list[str]] | None = None
    for layer in found:
        column = _code_column(layer.columns)
        if not column or not layer.may_be_polygons:
            continue
        codes = [attribute_text(value) for value in read_attributes(layer, [column], path.name)[column]]
        if _is_part_of_communes(layer.columns) and not any(map(parent_of_arrondissement, codes)):
            continue  # communes déléguées: parts of communes, which many codes do not tell apart
        known = set(codes) & set(wanted) if wanted is not None else {c for c in codes if len(c) == 5}  # noqa: PLR2004
        if best is None or len(known) > best[0]:
            best = (len(known), layer, column, codes)
    if best:
        return best[1:]
    points = [layer for layer in found if "Point" in layer.kind and _code_column(layer.columns)]
    if points or is_json_without_geometry(path):
        raise _no_contours(path.name, wanted, bool(points))
    read = "; ".join(f"{layer.label} ({layer.kind or 'sans géométrie'})" for layer in found) or "aucune"
    raise InputError(Fault("AVS-353", {"found": read}, path.name))


def _no_contours(file: str, wanted: Collection[str] | None, points: bool) -> InputError:
    departements = sorted({departement_of(code) for code in wanted or ()}) or ["03"]
    call = (
        f"https://geo.api.gouv.fr/departements/{departements[0]}/communes"
        "?fields=code,nom&format=geojson&geometry=contour"
    )
    value = "geometry=centre ou mairie" if points else "JSON sans géométrie"
    return InputError(Fault("AVS-352", {"value": value, "call": call}, file))


def _code_column(columns: Collection[str]) -> str:
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in COMMUNE_CODE_COLUMNS if name in lower), "")


def _is_part_of_communes(columns: Collection[str]) -> bool:
    """Tell a layer whose features belong to a commune named in another column."""
    lower = [name.lower() for name in columns]
    return any("rattach" in name or name in ("insee_ratt", "insee_arm") for name in lower)


def _format(columns: Collection[str]) -> str:
    names = {name.lower() for name in columns}
    if "code_insee" in names and "nom_officiel" in names:
        return "ADMIN EXPRESS 4.0"
    if names & {"insee_com", "insee_arm"}:
        return "ADMIN EXPRESS 1.x à 3.x"
    if {"code", "plm"} <= names or {"code", "nom", "departement", "region", "epci"} <= names:
        return "contours administratifs, Etalab"
    if {"code", "nom", "codeepci"} <= names or {"code", "nom", "codedepartement"} <= names:
        return "geo.api.gouv.fr"
    return "couche de communes"


class _Reading:
    """The features of one layer, sorted into communes of today."""

    def __init__(self, file: str, wanted: Collection[str] | None, column: str) -> None:
        self.file, self.wanted = file, wanted
        self.codes = CommuneCodes(file, wanted, column)
        self.faults, self.warnings = self.codes.faults, self.codes.warnings
        self.set_aside: list[Fault] = []
        self._gazetteer = Gazetteer()
        self._today: dict[str, str] = {}
        self._incomplete: dict[str, frozenset[str]] = {}

    def sort(self, codes: list[str]) -> list[int]:
        """Return the ranks of the features to read; the others are counted with their reason."""
        kept: list[int] = []
        arrondissements = elsewhere = nameless = 0
        within = self.codes.in_their_commune(codes)
        for rank, code in enumerate(codes):
            if not code:
                nameless += 1
                continue
            if code in within:
                arrondissements += 1
                continue
            today = self.codes.today(code, rank + 2)
            if today == ELSEWHERE:
                elsewhere += 1
            elif today:
                self._today[code] = today
                kept.append(rank)
        self._incomplete = self.codes.close()
        self.set_aside += put_aside(self.file, arrondissements, ARRONDISSEMENTS)
        self.set_aside += put_aside(self.file, elsewhere, OTHER_TERRITORY)
        self.set_aside += put_aside(self.file, nameless, ("contour sans code", "contours sans code"))
        return kept

    def join(self, features: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
        """Return one polygon a commune of today, with its area in km²."""
        import geopandas as gpd

        parts: dict[str, list[Any]] = defaultdict(list)
        lines: dict[str, list[str]] = defaultdict(list)
        codes = [attribute_text(value) for value in features[column]]
        drawn = [
            (self._today[code], code, shape)
            for code, shape in zip(codes, features.geometry, strict=True)
            if code in self._today
        ]
        empty = sum(shape is None or shape.is_empty for _, _, shape in drawn)
        drawn = [one for one in drawn if one[2] is not None and not one[2].is_empty]
        names = [self._name(today) for today, _, _ in drawn]
        shapes = repaired([shape for _, _, shape in drawn], names, self.file, self.warnings)
        for (today, code, _), whole in zip(drawn, shapes, strict=True):
            if whole is None:
                empty += 1
                continue
            parts[today].append(whole)
            lines[today].append(code)
        self.set_aside += put_aside(self.file, empty, ("commune sans contour", "communes sans contour"))
        for code in sorted(self._incomplete.keys() & parts.keys()):
            self.warnings.append(self.codes.incomplete(code, self._incomplete[code], "AVS-933"))
            self.set_aside += put_aside(self.file, len(lines[code]), PART_OF_COMMUNE)
            del parts[code], lines[code]
        for code, several in lines.items():
            if len(several) > len(set(several)):
                self.warnings.append(Fault("AVS-930", {"value": self._name(code)}, self.file))
        frame = gpd.GeoDataFrame(
            {"code": list(parts)}, geometry=united(list(parts.values()), self.file), crs=4326
        )
        frame = frame.set_index("code").sort_index()
        frame["superficie_km2"] = geodesic_area_km2(frame.geometry)
        for code, shape in frame.geometry.items():
            fault = misplaced(shape, self._gazetteer.get(str(code)), self._name(str(code)), self.file)
            self.faults += [fault] if fault else []
        return frame

    def _name(self, code: str) -> str:
        commune = self._gazetteer.get(code)
        return f"{commune.name} ({code})" if commune else code

    def nothing(self) -> list[Fault]:
        """Return why no commune has a contour: parts of some are missing, or all are elsewhere."""
        lacking = [
            self.codes.incomplete(code, self._incomplete[code], "AVS-344") for code in self._incomplete
        ]
        return lacking or [Fault("AVS-355", {}, self.file)]

    def say_missing(self, frame: gpd.GeoDataFrame) -> None:
        """Warn of the communes wanted that have no boundary in the file (AVS-921)."""
        missing = sorted(set(self.wanted or ()) - set(frame.index) - self._incomplete.keys())
        if missing:
            more = f" et {number(len(missing) - _NAMED)} de plus" if len(missing) > _NAMED else ""
            names = enumeration([self._name(code) for code in missing[:_NAMED]]) + more
            value = counted(len(missing), "commune", "communes")
            self.warnings.append(Fault("AVS-921", {"value": value, "names": names}, self.file))

    def say_sizes(self, frame: gpd.GeoDataFrame) -> None:
        """Warn of the communes whose area is not the one that is known (AVS-935)."""
        odd = []
        for code, area in frame["superficie_km2"].items():
            commune = self._gazetteer.get(str(code))
            known = commune.area_km2 if commune else float("nan")
            if area * _SIZE_RATIO < known or known * _SIZE_RATIO < area:
                odd.append(f"{self._name(str(code))}, {number(area, 1)} au lieu de {number(known, 1)}")
        if odd:
            values = {"value": counted(len(odd), "commune", "communes"), "names": enumeration(odd, 3)}
            self.warnings.append(Fault("AVS-935", values, self.file))


def _neighbours(frame: gpd.GeoDataFrame, file: str) -> tuple[pd.DataFrame | None, int]:
    """Return the pairs that share a line, and how many embedded pairs do not.

    None where the polygons overlap, leave slits, or stand apart where communes are known to touch:
    every commune would then seem to be an island.
    """
    import pandas as pd

    shapes = frame.geometry.to_numpy()
    departements = {departement_of(str(code)) for code in frame.index}
    known = read_parquet("neighbours.parquet", sorted(departements), ("code", "voisin"))
    known = known[known["code"].isin(frame.index) & known["voisin"].isin(frame.index)]
    if not are_a_coverage(shapes, file):
        return None, len(known) // 2
    left, right = sharing_a_line(shapes)
    codes = frame.index.to_numpy(dtype=object)
    pairs = np.column_stack([codes[left], codes[right]])
    found = pd.DataFrame(pairs, columns=["code", "voisin"]).sort_values(["code", "voisin"], ignore_index=True)
    lost = len(known.merge(found, how="left", indicator=True).query("_merge == 'left_only'"))
    return (found if lost <= _MOST_LOST * len(known) else None), lost // 2
