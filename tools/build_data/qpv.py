"""QPV of both generations: code, name, communes, population; and their perimeters."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from avs_coverage.loaders.geo_shapes import valid_polygons
from avs_coverage.names import normalise
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import departement_of_qpv
from tools.build_data.tables import write_by_departement

_MAYOTTE = "976"
_TOUCHED = 0.1
"""A commune holds a part of a quarter where it holds more than this share of its area."""


class CommuneFinder:
    """Find the code of today's commune from a name, or from a code, that may be of an earlier COG."""

    def __init__(self, cog_communes: Path, movements: Path) -> None:
        cog = _rows(cog_communes)
        self.departement = {r["COM"]: r["DEP"] for r in cog if r["TYPECOM"] == "COM"}
        self._parents = {r["COM"]: r["COMPARENT"] for r in cog if r["COMPARENT"]}
        self._today: dict[str, set[str]] = defaultdict(set)
        self._former: dict[str, set[str]] = defaultdict(set)
        for row in cog:
            code = row["COMPARENT"] or row["COM"]
            names = self._today if row["TYPECOM"] in ("COM", "ARM") else self._former
            names[normalise(row["LIBELLE"])].add(code)
        for row in _rows(movements):
            if row["TYPECOM_AP"] == "COM" and row["COM_AP"] in self.departement:
                self._former[normalise(row["LIBELLE_AV"])].add(row["COM_AP"])
                if row["COM_AV"] not in self.departement:
                    self._parents.setdefault(row["COM_AV"], row["COM_AP"])

    def find(self, name: str, departement: str) -> str:
        """Return the one code for *name*: today's name first, then former ones, then elsewhere.

        Raises ValueError where no commune, or more than one, answers to the name.
        """
        key = normalise(name)
        for names in (self._today, self._former):
            here = {code for code in names[key] if self.departement[code] == departement}
            if len(here) == 1:
                return here.pop()
        elsewhere = self._today[key]
        if len(elsewhere) != 1:
            raise ValueError(f"{name} ({departement}): {sorted(elsewhere) or 'no commune'}")
        return next(iter(elsewhere))

    def today(self, code: str) -> str:
        """Return the commune of today of a code: 93059, merged since, is 93066. Raises KeyError."""
        return code if code in self.departement else self._parents[code]


def _rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _is_of_a_departement(code: str, finder: CommuneFinder) -> bool:
    """Tell whether a quarter is in one of the 101 départements: those of the Pacific and of 978 are not."""
    return departement_of_qpv(code) in set(finder.departement.values())


def read_2015(files: dict[str, Path], finder: CommuneFinder, contours: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the quarters of 2015: code, nom, communes, population, lon/lat geometry, one row each.

    Names, communes and populations are INSEE's; it has none of Mayotte, whose names are those of the
    perimeters, whose communes are those they lie in, without a population. The .dbf has no .cpg: it is
    in cp1252.
    """
    shapes = gpd.read_file(files["qpv_2015_perimeters"], encoding="cp1252").to_crs(4326)
    shapes = shapes[[_is_of_a_departement(code, finder) for code in shapes["CODE_QP"]]]
    shapes = shapes.rename(columns={"CODE_QP": "code", "NOM_QP": "nom"})[["code", "nom", "geometry"]]
    shapes = shapes.sort_values("code", ignore_index=True)
    shapes["geometry"] = _repaired(shapes.geometry.to_numpy())
    told = {row["CODGEO"]: row for row in _rows(files["qpv_2015"], ";")}
    names, communes, people = [], [], []
    lying = _lying_in(shapes, contours)
    for code, name, here in zip(shapes["code"], shapes["nom"], lying, strict=True):
        row = told.pop(code, None)
        if row is None and departement_of_qpv(code) != _MAYOTTE:
            raise ValueError(f"QPV 2015: {code} has a perimeter and no population")
        listed = row["LIB_COM"].split(", ") if row else []
        held = {finder.find(one, departement_of_qpv(code)) for one in listed} or here
        names.append(row["LIBGEO"] if row else name)
        communes.append("|".join(sorted(held)))
        people.append(int(re.sub(r"\s", "", row["POP_MUN"])) if row else None)
    if told or shapes["code"].duplicated().any():
        raise ValueError(f"QPV 2015: without a perimeter, or with two: {sorted(told)}")
    return shapes.assign(nom=names, communes=communes, population=people)


def read_2024(files: dict[str, Path], finder: CommuneFinder, contours: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the quarters of 2024: code, nom, communes, population, lon/lat geometry, one row each.

    A commune that holds nothing of the quarter that names it is set right by the contours (QN97654C
    declares 97602 and is 97604). A population is that of the code, repeated on each of its communes;
    the seventeen of Mayotte have none.
    """
    people: dict[str, set[int]] = defaultdict(set)
    for row in _rows(files["qpv_2024_populations"]):
        people[row["codeQPV"]].add(int(row["popMuniQPV"]))
    if any(len(values) > 1 for values in people.values()):
        raise ValueError("QPV 2024: two populations for one code")
    with gzip.open(files["qpv_2024"], "rt", encoding="utf-8") as file:
        quarters = [q for q in json.load(file)["qpvs"] if _is_of_a_departement(q["code"], finder)]
    shapes = [shapely.geometry.shape({"type": "MultiPolygon", "coordinates": q["g"]}) for q in quarters]
    frame = gpd.GeoDataFrame(
        {
            "code": [q["code"] for q in quarters],
            "nom": [q["label"] for q in quarters],
            "population": [next(iter(people.get(q["code"], {None}))) for q in quarters],
        },
        geometry=_repaired(np.array(shapes, dtype=object)),
        crs=4326,
    )
    communes = []
    for quarter, held in zip(quarters, _lying_in(frame, contours), strict=True):
        declared = {finder.today(code) for code in quarter["insee"]}
        if held and not held & declared:
            print(f"{quarter['code']}: declares {sorted(declared)}, lies in {sorted(held)}")
            declared = held
        communes.append("|".join(sorted(declared)))
    return frame.assign(communes=communes)


def _lying_in(frame: gpd.GeoDataFrame, contours: gpd.GeoDataFrame) -> list[set[str]]:
    """Return the communes that hold a part of each quarter, by the contours; none where none is known."""
    shapes, quarters = contours.geometry.to_numpy(), frame.geometry.to_numpy()
    held: list[set[str]] = [set() for _ in quarters]
    left, right = shapely.STRtree(shapes).query(quarters, predicate="intersects")
    share = shapely.area(shapely.intersection(quarters[left], shapes[right])) / shapely.area(quarters[left])
    for quarter, code, part in zip(left, contours["code"].to_numpy()[right], share, strict=True):
        if part > _TOUCHED:
            held[quarter].add(code)
    return held


def _repaired(shapes: np.ndarray) -> np.ndarray:
    """Return valid polygons of the same outlines. Raises ValueError where one has no surface."""
    repaired = np.array([s if s.is_valid else valid_polygons(s) for s in shapes], dtype=object)
    if any(shape is None for shape in repaired):
        raise ValueError("QPV: a perimeter without a surface")
    return repaired


def build_qpv(generations: dict[int, gpd.GeoDataFrame], finder: CommuneFinder) -> pd.DataFrame:
    """Return the QPV of 2015 and 2024, sorted by département, generation and code.

    ``communes`` holds codes joined by ``|``; ``population`` is null where no source gives it (Mayotte).
    A QPV astride two départements (QP062040 has a part in Ostricourt, 59) stands in the rows of both;
    its own is the one its code names.
    """
    frames = [pd.DataFrame(f.drop(columns="geometry")).assign(generation=g) for g, f in generations.items()]
    frame = pd.concat(frames).astype({"population": "Int32", "generation": "int16"})
    if frame["code"].duplicated().any():
        raise ValueError("QPV: a code twice")
    unknown = {c for cell in frame["communes"] for c in cell.split("|")} - finder.departement.keys()
    if unknown:
        raise ValueError(f"QPV: communes outside the COG {sorted(unknown)}")
    frame["departement"] = [
        sorted({finder.departement[c] for c in cell.split("|")} | {departement_of_qpv(code)})
        for cell, code in zip(frame["communes"], frame["code"], strict=True)
    ]
    frame = frame.explode("departement")
    frame = frame[["departement", "generation", "code", "nom", "communes", "population"]]
    return frame.sort_values(["departement", "generation", "code"], ignore_index=True)


def write_perimeters(generations: dict[int, gpd.GeoDataFrame], target: Path) -> None:
    """Write every perimeter in the legal projection of its département, repaired, every vertex kept.

    Coordinates are whole metres: ``x`` and ``y`` of all vertices, ``points`` of each ring, ``rings`` of
    each polygon. Parquet then stores differences, in half the bytes of WKB. A perimeter stands in the
    row group of the département that its code names.
    """
    frame = gpd.GeoDataFrame(pd.concat([f[["code", "geometry"]] for f in generations.values()]), crs=4326)
    frame["departement"] = frame["code"].map(departement_of_qpv)
    frame = frame.sort_values(["departement", "code"], ignore_index=True)
    rows = []
    for departement, part in frame.groupby("departement", sort=True):
        shapes = _repaired(part.to_crs(epsg_of(str(departement))).geometry.to_numpy())
        shapes = shapely.set_precision(shapes, 1.0)  # valid in, valid out
        for code, shape in zip(part["code"], shapes, strict=True):
            if shape.is_empty or not shape.is_valid:
                raise ValueError(f"{code}: nothing is left of the perimeter")
            rows.append({"departement": departement, "code": code, **_columns(shape)})
    coordinates = ("x", "y", "points", "rings")
    encoding = {f"{name}.list.element": "DELTA_BINARY_PACKED" for name in coordinates}
    write_by_departement(pd.DataFrame(rows), target, column_encoding=encoding)


def _columns(shape: Any) -> dict[str, list[int]]:  # noqa: ANN401 - a polygon or a multipolygon
    polygons = shapely.get_parts(shape)
    rings = [shapely.get_rings(polygon) for polygon in polygons]
    coordinates = shapely.get_coordinates(shape).round().astype("int32")
    return {
        "x": coordinates[:, 0].tolist(),
        "y": coordinates[:, 1].tolist(),
        "points": [int(shapely.get_num_coordinates(ring)) for part in rings for ring in part],
        "rings": [len(part) for part in rings],
    }
