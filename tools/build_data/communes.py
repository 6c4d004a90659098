"""Communes of the current COG: names, EPCI, canton, population, area, chef-lieu, density."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from avs_coverage.projection import epsg_of, geodesic_area_km2

_POINT_QUALITY = {
    "geofla_cheflieu": "chef_lieu",
    "laposte_2022_centroide": "centroide",
    "point_interieur_contour (chef-lieu aberrant)": "point_interieur",
    "point_interieur_contour (point source aberrant)": "point_interieur",
}


def _csv(path: Path, sep: str = ",") -> pd.DataFrame:
    """Read a table whose every cell is text: codes keep their zeros, nothing becomes missing."""
    return pd.read_csv(path, sep=sep, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def read_populations(path: Path, mayotte: Path, parents: dict[str, str]) -> pd.Series[int]:
    """Return PMUN by commune code; municipal arrondissements are summed into their commune.

    *parents* maps an arrondissement's code to its commune. Mayotte is not in the national
    file; its own has no whole code: overseas it is the first two figures of the département
    and the three of the commune.
    """
    national = _csv(path, ";")
    overseas = _csv(mayotte, ";")
    overseas["COM"] = overseas["DEP"].str[:2] + overseas["CODCOM"]
    rows = pd.concat([national[["COM", "PMUN"]], overseas[["COM", "PMUN"]]])
    code = rows["COM"].map(lambda value: parents.get(value, value))
    return rows["PMUN"].astype("int64").groupby(code).sum()


def read_epci(path: Path) -> pd.DataFrame:
    """Return ``code``, ``epci`` (SIREN) and ``nom_epci`` from the DGCL workbook."""
    rows = pd.read_excel(path, dtype=str, engine="calamine", keep_default_na=False)
    rows = rows.rename(columns={"insee": "code", "siren": "epci", "raison_sociale": "nom_epci"})
    rows = rows[["code", "epci", "nom_epci"]].apply(lambda column: column.str.strip())
    rows = rows[rows["code"].ne("") & rows["code"].ne("None")]
    return rows.assign(code=rows["code"].str.zfill(5))


def projected_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``x_m`` and ``y_m``: each row's lon/lat in the legal projection of its département."""
    from pyproj import Transformer

    points = pd.DataFrame(0.0, index=rows.index, columns=["x_m", "y_m"])
    epsg = rows["departement"].map(epsg_of)
    for code in sorted(epsg.unique()):
        here = epsg == code
        transformer = Transformer.from_crs(4326, int(code), always_xy=True)
        x_m, y_m = transformer.transform(rows.loc[here, "lon"], rows.loc[here, "lat"])
        points.loc[here, "x_m"], points.loc[here, "y_m"] = np.rint(x_m), np.rint(y_m)
    return points.astype("int32")


def extents_m(rows: pd.DataFrame, contours: gpd.GeoDataFrame, parents: dict[str, str]) -> pd.Series[int]:
    """Return how far each commune goes from its point, in metres, rounded up to 100 m.

    The distance to the farthest vertex of its boundary, in the legal projection: what sits in the
    commune is at most that far from its point. A commune of *parents* (code → former parent) has
    no boundary: it takes the former parent's, which holds it.
    """
    shapes = contours.set_index("code").geometry
    found = pd.Series(0, index=rows.index, dtype="int32")
    epsg = rows["departement"].map(epsg_of)
    for code in sorted(epsg.unique()):
        here = rows[epsg == code]
        vertices = shapes[here["code"].map(lambda name: parents.get(name, name))].to_crs(int(code))
        xy, rank = shapely.get_coordinates(vertices.to_numpy(), return_index=True)
        x_m, y_m = here["x_m"].to_numpy(float)[rank], here["y_m"].to_numpy(float)[rank]
        metres = pd.Series(np.hypot(xy[:, 0] - x_m, xy[:, 1] - y_m)).groupby(rank).max()
        found[here.index] = (np.ceil(metres / 100) * 100).astype("int32").to_numpy()
    return found


def build_communes(
    files: dict[str, Path], contours: gpd.GeoDataFrame, parents: dict[str, str]
) -> pd.DataFrame:
    """Return the table of communes, sorted by département and code.

    Every commune of the COG keeps its row. Area is NaN where the source has no boundary;
    the EPCI is empty where the commune has none; all else is required of every row. *parents*:
    code → former parent of the communes without a boundary.
    """
    cog = _csv(files["cog_communes"])
    arrondissements = dict(cog.loc[cog["TYPECOM"] == "ARM", ["COM", "COMPARENT"]].to_numpy())
    cog = cog[cog["TYPECOM"] == "COM"].rename(
        columns={"COM": "code", "LIBELLE": "nom", "DEP": "departement", "REG": "region", "CAN": "canton"}
    )
    rows = cog[["code", "nom", "departement", "region", "canton"]].copy()
    population = read_populations(files["population"], files["population_mayotte"], arrondissements)
    points = _csv(files["points"]).set_index("COM")
    density = _csv(files["density"]).set_index("insee_com")["niveau_densite"]
    rows = rows.merge(read_epci(files["epci"]), on="code", how="left", validate="1:1")
    rows[["epci", "nom_epci"]] = rows[["epci", "nom_epci"]].fillna("")
    rows["population"] = rows["code"].map(population).astype("int32")
    areas = pd.Series(geodesic_area_km2(contours.geometry), index=contours["code"])
    rows["superficie_km2"] = rows["code"].map(areas)
    rows["lon"] = rows["code"].map(points["lon"]).astype(float).round(5)
    rows["lat"] = rows["code"].map(points["lat"]).astype(float).round(5)
    rows[["x_m", "y_m"]] = projected_points(rows)
    rows["point_qualite"] = rows["code"].map(points["src_pt"]).map(_POINT_QUALITY)
    rows["densite"] = rows["code"].map(density)
    rows["etendue_m"] = extents_m(rows, contours, parents)
    _check(rows, population)
    return rows.sort_values(["departement", "code"], ignore_index=True)


def _check(rows: pd.DataFrame, population: pd.Series[int]) -> None:
    required = rows.drop(columns="superficie_km2")
    if required.isna().any(axis=None):
        raise ValueError(f"communes with a missing value:\n{rows[required.isna().any(axis=1)]}")
    if int(population.sum()) != int(rows["population"].sum()):
        raise ValueError("inhabitants of the source are not all in a commune of the COG")
