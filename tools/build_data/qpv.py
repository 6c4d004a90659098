"""QPV of both generations: code, name, communes, population, perimeters where known."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from avs_coverage.names import normalise
from avs_coverage.projection import LAMBERT_93
from avs_coverage.qpv import departement_of_qpv
from tools.build_data.tables import geo_metadata, write_by_departement


class CommuneFinder:
    """Find the code of today's commune from a name that may be of an earlier COG."""

    def __init__(self, cog_communes: Path, movements: Path) -> None:
        cog = _rows(cog_communes)
        self.departement = {r["COM"]: r["DEP"] for r in cog if r["TYPECOM"] == "COM"}
        self._today: dict[str, set[str]] = defaultdict(set)
        self._former: dict[str, set[str]] = defaultdict(set)
        for row in cog:
            code = row["COMPARENT"] or row["COM"]
            names = self._today if row["TYPECOM"] in ("COM", "ARM") else self._former
            names[normalise(row["LIBELLE"])].add(code)
        for row in _rows(movements):
            if row["TYPECOM_AP"] == "COM" and row["COM_AP"] in self.departement:
                self._former[normalise(row["LIBELLE_AV"])].add(row["COM_AP"])

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


def _rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def build_qpv(files: dict[str, Path]) -> pd.DataFrame:
    """Return the QPV of 2015 and 2024, sorted by département, generation and code.

    ``communes`` holds codes joined by ``|``; ``population`` is null for the generation 2024,
    of which no population is in the sources. A QPV astride two départements (QP062040 has a
    part in Ostricourt, 59) stands in the rows of both; its own is the one its code names.
    """
    finder = CommuneFinder(files["cog_communes"], files["movements"])
    rows: list[tuple[str, int, str, str, str, int | None]] = []
    for row in _rows(files["qpv_2015"], ";"):
        departement = departement_of_qpv(row["CODGEO"])
        codes = {finder.find(name, departement) for name in row["LIB_COM"].split(", ")}
        population = int(re.sub(r"\s", "", row["POP_MUN"]))
        rows.append((departement, 2015, row["CODGEO"], row["LIBGEO"], "|".join(sorted(codes)), population))
    codes_2024: dict[str, set[str]] = defaultdict(set)
    names_2024: dict[str, str] = {}
    for row in _rows(files["qpv_2024"]):
        codes_2024[row["code_qp"]].add(row["insee_com"])
        names_2024[row["code_qp"]] = row["lib_qp"]
    for code, communes in codes_2024.items():
        rows.append(
            (departement_of_qpv(code), 2024, code, names_2024[code], "|".join(sorted(communes)), None)
        )
    columns = ["departement", "generation", "code", "nom", "communes", "population"]
    frame = pd.DataFrame(rows, columns=columns).astype({"population": "Int32", "generation": "int16"})
    if frame["code"].duplicated().any():
        raise ValueError("QPV: a code twice")
    unknown = {c for cell in frame["communes"] for c in cell.split("|")} - finder.departement.keys()
    if unknown:
        raise ValueError(f"QPV: communes outside the COG {sorted(unknown)}")
    held_by = [{finder.departement[c] for c in cell.split("|")} for cell in frame["communes"]]
    frame["departement"] = [
        sorted(held | {own}) for held, own in zip(held_by, frame["departement"], strict=True)
    ]
    frame = frame.explode("departement")
    return frame.sort_values(["departement", "generation", "code"], ignore_index=True)


def write_perimeters(paths: list[Path], target: Path) -> None:
    """Write the known QPV 2024 perimeters in EPSG:2154, rounded to 0.1 m, repaired if invalid."""
    frame = pd.concat([gpd.read_file(path)[["code_qp", "geometry"]] for path in paths])
    frame = gpd.GeoDataFrame(frame, crs=4326).to_crs(LAMBERT_93).sort_values("code_qp")
    shapes = shapely.make_valid(shapely.set_precision(frame.geometry.to_numpy(), 0.1), method="structure")
    table = pd.DataFrame(
        {
            "departement": frame["code_qp"].map(departement_of_qpv),
            "code": frame["code_qp"],
            "geometry": shapely.to_wkb(shapes),
        }
    )
    write_by_departement(table, target, geo_metadata(LAMBERT_93, ["Polygon", "MultiPolygon"]))
