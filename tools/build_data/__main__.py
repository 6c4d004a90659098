"""Command line of the build: official files in, reference tables of data/ out."""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tools.build_data.boundaries import build_neighbours, read_contours, write_boundaries
from tools.build_data.communes import build_communes
from tools.build_data.qpv import CommuneFinder, build_qpv, read_2015, read_2024, write_perimeters
from tools.build_data.tables import write_by_departement

_FILES = {
    "cog_communes": "INSEE, COG, v_commune_2026.csv",
    "cog_departements": "INSEE, COG, v_departement_2026.csv",
    "cog_regions": "INSEE, COG, v_region_2026.csv",
    "movements": "INSEE, COG, v_mvt_commune_2026.csv",
    "population": "INSEE, populations de référence, donnees_communes.csv",
    "population_mayotte": "INSEE, populations de Mayotte, the same columns",
    "epci": "DGCL, epcicom.xlsx",
    "points": "chef-lieu points: columns COM, lat, lon, src_pt",
    "density": "INSEE, grille de densité: columns insee_com, niveau_densite",
    "contours": "IGN ADMIN EXPRESS COG 2018 brought to the COG 2026, GeoParquet: code, dep, geometry",
    "qpv_2015": "INSEE, demography of the QPV 2015, edition 2022",
    "qpv_2015_perimeters": "CGET, perimeters of the QPV 2015, mainland and overseas, WGS84, .shp",
    "qpv_2024": "ANCT, QPV 2024, edition of 15 January 2026, .json.gz: qpvs[].code, label, insee, g",
    "qpv_2024_populations": "INSEE, QPV 2024: codeQPV, popMuniQPV (municipal population 2020)",
}


def former_parents(files: dict[str, Path], contours: pd.DataFrame) -> dict[str, str]:
    """Return, for each commune without a boundary, the commune it was re-established from since 2018.

    Movement 21 is « rétablissement »; the row that starts from another commune names the parent.
    """
    cog = pd.read_csv(files["cog_communes"], dtype=str, keep_default_na=False)
    missing = set(cog.loc[cog["TYPECOM"] == "COM", "COM"]) - set(contours["code"])
    rows = pd.read_csv(files["movements"], dtype=str, keep_default_na=False)
    rows = rows[(rows["MOD"] == "21") & (rows["DATE_EFF"] >= "2018") & (rows["TYPECOM_AV"] == "COM")]
    rows = rows[rows["COM_AP"].isin(missing) & (rows["COM_AV"] != rows["COM_AP"])]
    parents = dict(rows[["COM_AP", "COM_AV"]].to_numpy())
    if parents.keys() != missing:
        raise ValueError(f"communes without boundary nor former parent: {sorted(missing - parents.keys())}")
    return parents


def write_indexes(communes: pd.DataFrame, files: dict[str, Path], folder: Path) -> None:
    """Write the small tables by which a territory is found by name: départements and EPCI."""
    regions = pd.read_csv(files["cog_regions"], dtype=str).set_index("REG")["LIBELLE"]
    rows = pd.read_csv(files["cog_departements"], dtype=str)[["DEP", "LIBELLE", "REG"]]
    rows.columns = pd.Index(["code", "nom", "region"])
    rows.assign(nom_region=rows["region"].map(regions)).sort_values("code").to_csv(
        folder / "departements.csv", index=False, lineterminator="\n"
    )
    members = communes[communes["epci"] != ""]
    epci = members.groupby("epci").agg(
        nom=("nom_epci", "first"),
        nb_communes=("code", "size"),
        departements=("departement", lambda codes: "|".join(sorted(set(codes)))),
    )
    epci.to_csv(folder / "epci.csv", index_label="siren", lineterminator="\n")


def write_movements(path: Path, folder: Path) -> None:
    """Write the movements of communes since 2003 that change a code or split a commune."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    of_communes = rows["TYPECOM_AP"].eq("COM") & rows["TYPECOM_AV"].isin(["COM", ""])
    rows = rows[of_communes & rows["MOD"].ne("10") & (rows["DATE_EFF"] >= "2003")]
    rows = (
        rows[["DATE_EFF", "COM_AV", "COM_AP"]].drop_duplicates().sort_values(["DATE_EFF", "COM_AV", "COM_AP"])
    )
    rows.to_csv(folder / "movements.csv", index=False, header=["date", "avant", "apres"], lineterminator="\n")


def write_quarters(files: dict[str, Path], contours: gpd.GeoDataFrame, folder: Path) -> None:
    """Write the QPV of both generations, and their perimeters."""
    finder = CommuneFinder(files["cog_communes"], files["movements"])
    generations = {2015: read_2015(files, finder, contours), 2024: read_2024(files, finder, contours)}
    write_by_departement(build_qpv(generations, finder), folder / "qpv.parquet")
    write_perimeters(generations, folder / "qpv_perimeters.parquet")


def main() -> None:
    """Build every computed table of data/; the tables kept by hand are not touched."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_data", description=main.__doc__)
    for name, what in _FILES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, help=what)
    parser.add_argument("--output", type=Path, default=Path("data"))
    options = vars(parser.parse_args())
    folder: Path = options.pop("output")
    folder.mkdir(parents=True, exist_ok=True)
    contours = read_contours(options["contours"])
    parents = former_parents(options, contours)
    communes = build_communes(options, contours, parents)
    write_by_departement(communes, folder / "communes.parquet")
    write_indexes(communes, options, folder)
    write_by_departement(build_neighbours(contours, parents), folder / "neighbours.parquet")
    write_quarters(options, contours, folder)
    write_movements(options["movements"], folder)
    write_boundaries(contours, folder)
    population = int(communes["population"].sum())
    print(f"{len(communes)} communes, {population} inhabitants, {len(parents)} without boundary")


if __name__ == "__main__":
    main()
