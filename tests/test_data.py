from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from avs_coverage.embedded import data_dir, read_boundaries, read_csv, read_parquet
from avs_coverage.projection import epsg_of

ALL = tuple(row["code"] for row in read_csv("departements.csv"))
SPLIT_SINCE_2018 = {"14666", "15031", "15035", "15047", "15171", "85165", "85212"}


@pytest.fixture(scope="module")
def communes():
    return read_parquet("communes.parquet", ALL)


def test_france_has_all_its_communes_and_inhabitants(communes):
    assert len(ALL) == 101
    assert len(communes) == communes["code"].nunique() == 34_875
    assert communes["population"].sum() == 68_350_798


def test_allier_has_317_communes_and_333298_inhabitants(communes):
    allier = communes[communes["departement"] == "03"]
    assert (len(allier), allier["population"].sum()) == (317, 333_298)
    assert allier["epci"].nunique() == 12


def test_paris_lyon_marseille_are_summed_and_mayotte_is_there(communes):
    population = communes.set_index("code")["population"]
    assert {code: population[code] for code in ("75056", "69123", "13055")} == {
        "75056": 2_103_778,
        "69123": 519_127,
        "13055": 886_040,
    }
    assert population[population.index.str.startswith("976")].sum() == 256_518
    assert (population == 0).sum() == 6  # the six villages of Meuse destroyed in 1916


def test_only_what_the_sources_lack_is_missing(communes):
    assert set(communes.loc[communes["superficie_km2"].isna(), "code"]) == SPLIT_SINCE_2018
    assert set(communes.loc[communes["epci"] == "", "code"]) == {"22016", "29083", "29155", "85113"}
    others = communes.drop(columns=["superficie_km2"])
    assert not others.isna().any(axis=None)
    assert not (others.drop(columns=["epci", "nom_epci", "canton"]) == "").any(axis=None)
    # Martinique and Guyane are collectivités without cantons.
    assert set(communes.loc[communes["canton"] == "", "departement"]) == {"972", "973"}


def test_points_lie_in_their_projection(communes):
    mainland = communes[communes["departement"].str.len() == 2]
    assert mainland["x_m"].between(90_000, 1_250_000).all()
    assert mainland["y_m"].between(6_040_000, 7_120_000).all()
    assert set(communes["point_qualite"]) == {"chef_lieu", "centroide", "point_interieur"}


@pytest.mark.parametrize("name", ["communes.parquet", "neighbours.parquet", "boundaries_2154.parquet"])
def test_one_row_group_holds_one_departement(name):
    with pq.ParquetFile(data_dir() / name) as file:
        column = file.schema_arrow.get_field_index("departement")
        statistics = [
            file.metadata.row_group(i).column(column).statistics for i in range(file.num_row_groups)
        ]
    assert all(s.min == s.max for s in statistics)
    assert len({s.min for s in statistics}) == len(statistics) == (96 if "boundaries" in name else 101)


@pytest.mark.full
def test_neighbours_are_mutual_and_islands_stand_alone(communes):
    rows = read_parquet("neighbours.parquet", ALL)
    pairs = set(zip(rows["code"], rows["voisin"], strict=True))
    assert {(b, a) for a, b in pairs} == pairs
    assert not any(a == b for a, b in pairs)
    alone = set(communes["code"]) - set(rows["code"])
    assert {"29155", "85113", "22016", "29083"} <= alone  # Ouessant, Yeu, Bréhat, Sein
    assert len(alone) == 15
    assert {"03310"} == {b for a, b in pairs if a == "03095"} & {"03310"}  # Cusset touches Vichy
    assert ("03185", "03310") not in pairs  # Montluçon does not


def test_split_communes_take_neighbours_through_their_parent():
    rows = read_parquet("neighbours.parquet", ["15"])
    of = rows[rows["approche"]].groupby("code")["voisin"].agg(set)
    assert {"15141", "15035", "15047", "15171"} <= of["15031"]
    exact = set(rows.loc[(rows["code"] == "15141") & ~rows["approche"], "voisin"])
    assert exact <= of["15031"]


@pytest.mark.parametrize("departement", ["03", "14", "971", "973", "976", "48"])
def test_boundaries_are_a_valid_generalised_coverage(departement, communes):
    frame = read_boundaries(epsg_of(departement), [departement])
    assert frame.crs.to_epsg() == epsg_of(departement)
    shapes = frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    coordinates = shapely.get_coordinates(shapes)
    assert (coordinates == coordinates.round()).all()
    expected = set(communes.loc[communes["departement"] == departement, "code"]) - SPLIT_SINCE_2018
    assert set(frame["code"]) == expected
    area = communes.set_index("code")["superficie_km2"][sorted(expected)].sum()
    assert frame.area.sum() / 1e6 == pytest.approx(area, rel=0.01)


@pytest.mark.full
def test_the_whole_mainland_is_one_valid_coverage():
    shapes = read_boundaries(2154, ALL).geometry.to_numpy()
    assert len(shapes) == 34_868 - 129  # less the 129 overseas
    assert shapely.coverage_is_valid(shapes)
    assert shapely.get_num_interior_rings(shapely.get_parts(shapes)).sum() == 27


def test_qpv_of_both_generations():
    rows = read_parquet("qpv.parquet", ALL).drop_duplicates("code")
    counts = rows.groupby("generation").size()
    assert counts.to_dict() == {2015: 1436, 2024: 1493}
    allier = rows[rows["departement"] == "03"]
    assert allier.loc[allier["generation"] == 2015, "population"].sum() == 13_462
    assert allier.loc[allier["generation"] == 2024, "population"].sum() == 13_066
    mainland_2024 = rows[(rows["generation"] == 2024) & ~rows["code"].str.startswith("QN97")]
    assert len(mainland_2024) == 1362  # as decided by décret 2023-1314


def test_data_weigh_at_most_12_mb_and_every_file_is_in_sources():
    files = [path for path in data_dir().iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    text = (data_dir() / "SOURCES.md").read_text(encoding="utf-8")
    assert [path.name for path in files if f"`{path.name}`" not in text and path.suffix != ".md"] == []


def test_every_row_kept_by_hand_has_a_source():
    for name in ("structures_03.csv", "published_figures.csv", "published_qpv.csv", "published_communes.csv"):
        assert all(row["source"].strip() for row in read_csv(name)), name


def test_no_personal_data_in_the_tables_kept_by_hand():
    for path in Path(data_dir()).glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"[\w.]+@[\w.]+\.\w+", text), path.name
        assert not re.search(r"\b0[1-9](?:[ .]?\d\d){4}\b", text), path.name
