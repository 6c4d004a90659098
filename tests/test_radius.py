"""Rule ``radius``: worked-out small cases, and brute force on random worlds."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import box

from avs_coverage import InputError, UsageError
from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory
from avs_coverage.lattice import cells_within
from avs_coverage.loaders.boundaries import Boundaries
from avs_coverage.loaders.grid import Grid, read_grid
from avs_coverage.rules import RuleSettings, get_rule, split_rules
from avs_coverage.territory import Territory
from tests.worlds import DAY, structure, territory


def grid_of(cells, epsg=2154):
    """Make a grid from (column, row, inhabitants, communes)."""
    cells = sorted(cells, key=lambda cell: (cell[1], cell[0]))
    column, row, inhabitants, communes = (list(values) for values in zip(*cells, strict=True))
    x_m, y_m = np.array(column, dtype=np.int64) * 200, np.array(row, dtype=np.int64) * 200
    imputed = np.zeros(len(cells), dtype=bool)
    people, codes = np.array(inhabitants, dtype=float), np.array(communes, dtype=object)
    return Grid("carreaux.csv", epsg, x_m, y_m, people, imputed, codes, len(cells), len(cells), (), ())


def cover(world, *structures, rule="radius:1km", by="chef-lieu", share=0.5):
    inventory = Inventory(structures, frozenset({"03"}), "essai", "essai")
    return Coverage.compute(world, inventory, get_rule(rule, RuleSettings(by, share)), DAY)


def figures(coverage, measure="habitants"):
    return {f.status: f.numerator for f in coverage.figures() if f.measure == measure}


WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""})
"""Chefs-lieux at 1, 2, 3 and 4 km on one line; 10, 20, 30 and 40 inhabitants."""


def test_a_chef_lieu_at_exactly_the_distance_is_reached():
    # The CS stands at 1 km: at 1 km it reaches 1 and 2, a metre less and it has its own commune alone.
    cs = structure("c", "CS", "03001", world=WORLD)
    assert figures(cover(WORLD, cs)) == {"cs": 30, "evs_seul": 0, "avs": 30, "aucune": 70}
    assert figures(cover(WORLD, cs, rule="radius:999m")) == {"cs": 10, "evs_seul": 0, "avs": 10, "aucune": 90}


def test_cs_and_evs_are_told_apart_and_all_links_are_certain():
    cs, evs = structure("c", "CS", "03001", world=WORLD), structure("e", "EVS", "03003", world=WORLD)
    made = cover(WORLD, cs, evs)
    # The CS reaches 1 and 2, the EVS 2, 3 and 4.
    assert figures(made) == {"cs": 30, "evs_seul": 70, "avs": 100, "aucune": 0}
    assert figures(made, "communes") == {"cs": 2, "evs_seul": 2, "avs": 4, "aucune": 0}
    assert all(f.is_closed for f in made.figures())
    assert list(made.communes["statut"]) == ["cs_seul", "cs_et_evs", "evs_seul", "evs_seul"]
    assert list(made.communes["structures"]) == ["c", "c|e", "e", "e"]


def test_a_seat_covers_its_commune_but_only_inhabitants_within_reach():
    # The structure is 500 m from its chef-lieu, too far for 100 m: the commune is covered, nobody is.
    away = replace(structure("c", "CS", "03001", world=WORLD), x_m=1500.0)
    made = cover(WORLD, away, rule="radius:100m")
    assert figures(made, "communes")["cs"] == 1
    assert figures(made) == {"cs": 0, "evs_seul": 0, "avs": 0, "aucune": 100}


def test_inhabitants_of_cells_are_shared_exactly_and_made_whole():
    # 03001 has 3 cells of 1 inhabitant, one within 300 m: a third of 10 is 3.33, 3 and 7.
    cells = [(5, 0, 1, "03001"), (50, 0, 1, "03001"), (90, 0, 1, "03001"), (10, 0, 4, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    near = replace(structure("c", "CS", "03001", world=WORLD), x_m=1100.0, y_m=100.0)
    made = cover(world, near, rule="radius:300m", by="grid")
    reached = made.found.reached
    assert reached.loc["03001", "cs"] == pytest.approx(1 / 3)
    assert reached.loc["03002", "cs"] == 0
    assert figures(made) == {"cs": 3, "evs_seul": 0, "avs": 3, "aucune": 97}
    # A third is not a half, but the seat is there; elsewhere the share decides.
    assert figures(made, "communes")["cs"] == 1


def test_a_cell_astride_counts_for_each_of_its_communes():
    cells = [(5, 0, 4, "03001|03002"), (90, 0, 2, "03001"), (91, 0, 6, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    near = replace(structure("c", "CS", "03003", world=WORLD), x_m=1100.0, y_m=100.0)
    reached = cover(world, near, rule="radius:100m", by="grid").found.reached
    # Half of the 4 inhabitants each: 2 of 4 in 03001, 2 of 8 in 03002.
    assert (reached.loc["03001", "avs"], reached.loc["03002", "avs"]) == (0.5, 0.25)


def test_a_commune_without_cells_is_at_its_chef_lieu():
    world = replace(WORLD, grids=(grid_of([(90, 90, 1, "03001")]),))
    cs = structure("c", "CS", "03002", world=WORLD)
    assert figures(cover(world, cs, by="grid")) == {"cs": 50, "evs_seul": 0, "avs": 50, "aucune": 50}


def test_the_share_from_which_a_commune_is_covered_is_the_users():
    cells = [(5, 0, 3, "03001"), (90, 0, 7, "03001")]
    world = replace(WORLD, grids=(grid_of(cells),))
    near = replace(structure("c", "EVS", "03004", world=WORLD), x_m=1100.0, y_m=100.0)
    for share, covered in ((0.3, 2), (0.31, 1)):
        made = cover(world, near, rule="radius:200m", by="grid", share=share)
        assert figures(made, "communes")["evs_seul"] == covered


def test_by_area_it_is_the_share_of_the_contour():
    # The commune is a square of 2 km by 2 km around its chef-lieu's west side; half of it is within reach.
    transformer = Transformer.from_crs(2154, 4326, always_xy=True)
    corners = [transformer.transform(x, y) for x, y in ((650_000, 6_600_000), (652_000, 6_602_000))]
    shape = gpd.GeoSeries([box(*corners[0], *corners[1])], crs=4326)
    contours = Boundaries(
        "c",
        "c",
        gpd.GeoDataFrame({"superficie_km2": [4.0]}, geometry=shape.to_numpy(), index=["03001"], crs=4326),
        None,
        1,
        1,
        (),
        (),
    )
    world = replace(territory({"03001": ""}, population={"03001": 1000}), contours=contours)
    centre = replace(structure("c", "CS", "03001", world=WORLD), x_m=651_000.0, y_m=6_601_000.0)
    covered = figures(cover(world, centre, rule="radius:1km", by="area"))["cs"]
    # A disc of 1 km in a square of 2 km: π/4.
    assert covered == pytest.approx(785, abs=8)


def test_what_is_missing_or_wrong_is_refused():
    cs = structure("c", "CS", "03001", world=WORLD)
    for by in ("grid", "area"):
        with pytest.raises(UsageError) as caught:
            cover(WORLD, cs, by=by)
        assert caught.value.faults[0].code == "AVS-213"
    for text, code in (
        ("radius", "AVS-214"),
        ("radius:0km", "AVS-214"),
        ("radius:5", "AVS-214"),
        ("rayon:5km", "AVS-202"),
        ("declared:5km", "AVS-202"),
        ("travel-time:x", "AVS-214"),
    ):
        with pytest.raises(UsageError) as caught:
            get_rule(text)
        assert caught.value.faults[0].code == code
    assert split_rules("radius:2km", "2km,5km") == ("radius:2km", "radius:5km")


POINT = st.tuples(st.integers(0, 12_000), st.integers(-2_000, 2_000))
STRUCTURES = st.lists(st.tuples(st.sampled_from(["CS", "EVS"]), POINT), max_size=5)
CELLS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(-10, 10), st.integers(1, 9),
              st.sampled_from(["03001", "03002", "03001|03003", "03002|03004|03009"])),
    min_size=1, max_size=15, unique_by=lambda cell: cell[:2],
)  # fmt: skip
RADII = st.sampled_from([50, 200, 1000, 3000])


def placed(drawn):
    return [
        replace(structure(f"s{n}", kind, "03001", world=WORLD), x_m=float(x), y_m=float(y))
        for n, (kind, (x, y)) in enumerate(drawn)
    ]


def brute_force(cells, structures, radius_m, kinds):
    """Return the share of each commune within reach of the kinds, cell by cell."""
    total, reached = {}, {}
    for column, row, inhabitants, text in cells:
        codes = text.split("|")
        centre = np.array([column * 200 + 100, row * 200 + 100])
        near = any(np.hypot(*(centre - (s.x_m, s.y_m))) <= radius_m for s in structures if s.type in kinds)
        for code in codes:
            total[code] = total.get(code, 0) + inhabitants / len(codes)
            reached[code] = reached.get(code, 0) + near * inhabitants / len(codes)
    return {code: reached[code] / total[code] for code in total}


@given(cells=CELLS, drawn=STRUCTURES, radius_m=RADII)
def test_shares_are_those_of_brute_force(cells, drawn, radius_m):
    world, structures = replace(WORLD, grids=(grid_of(cells),)), placed(drawn)
    reached = cover(world, *structures, rule=f"radius:{radius_m}m", by="grid").found.reached
    for column, kinds in (("cs", {"CS"}), ("evs", {"EVS"}), ("avs", {"CS", "EVS"})):
        for code, share in brute_force(cells, structures, radius_m, kinds).items():
            if code in WORLD.communes.index:
                assert reached.loc[code, column] == pytest.approx(share)


@settings(max_examples=50)
@given(cells=CELLS, drawn=STRUCTURES, more=POINT, radius_m=RADII)
def test_a_wider_radius_or_one_more_structure_never_covers_less(cells, drawn, more, radius_m):
    world, structures = replace(WORLD, grids=(grid_of(cells),)), placed(drawn)
    narrow = cover(world, *structures, rule=f"radius:{radius_m}m", by="grid")
    wide = cover(world, *structures, rule=f"radius:{radius_m * 2}m", by="grid")
    added = cover(world, *placed([*drawn, ("EVS", more)]), rule=f"radius:{radius_m}m", by="grid")
    for measure in ("communes", "habitants"):
        before = figures(narrow, measure)
        assert before["avs"] + before["aucune"] == {"communes": 4, "habitants": 100}[measure]
        assert before["cs"] + before["evs_seul"] == before["avs"]
        for after in (figures(wide, measure), figures(added, measure)):
            assert after["cs"] >= before["cs"]
            assert after["avs"] >= before["avs"]
    shuffled = cover(world, *reversed(structures), rule=f"radius:{radius_m}m", by="grid")
    assert [f.to_record() for f in shuffled.figures()] == [f.to_record() for f in narrow.figures()]


@pytest.mark.full
@settings(max_examples=30)
@given(seed=st.integers(0, 999), radius_m=st.sampled_from([150, 1000, 7000, 20_000]))
def test_cells_of_the_european_grid_are_measured_in_the_legal_projection(seed, radius_m):
    chance = np.random.default_rng(seed)
    corner = Transformer.from_crs(4326, 3035, always_xy=True).transform(
        chance.uniform(-4, 9), chance.uniform(42, 51)
    )
    places = chance.choice(150 * 150, 400, replace=False)
    column, row = (int(corner[0]) // 200 + places % 150), (int(corner[1]) // 200 + places // 150)
    grid = grid_of(list(zip(column, row, np.ones(400), ["03001"] * 400, strict=True)), 3035)
    x_m, y_m = Transformer.from_crs(3035, 2154, always_xy=True).transform(
        corner[0] + chance.uniform(0, 30_000, 6), corner[1] + chance.uniform(0, 30_000, 6)
    )
    radii_m = np.full(len(x_m), float(radius_m))
    points, cells = cells_within(grid, 2154, np.asarray(x_m), np.asarray(y_m), radii_m)
    found = np.zeros((6, 400), dtype=int)
    np.add.at(found, (points, cells), 1)
    cx, cy = grid.centres(2154)
    assert (found == (np.hypot(cx - x_m[:, None], cy - y_m[:, None]) <= radius_m)).all()


def test_allier_coverage_never_falls_from_2_to_40_km(run):
    made = json.loads(run("report", "allier", "--radius", "2km,5km,10km,20km,40km", "--json").stdout)
    rows = [*made["synthese"], *(row for rule in made["autres_regles"] for row in rule["synthese"])]
    assert [rule["libelle"] for rule in made["autres_regles"]][1] == "à 10 km au plus (radius:10km)"
    for measure in ("communes", "habitants", "km2"):
        values = [
            [row["numerateur"] for row in rows if (row["mesure"], row["statut"]) == (measure, status)]
            for status in ("cs", "avs")
        ]
        assert all(len(series) == 5 and series == sorted(series) for series in values)
    assert {row["parametres"]["rayon_m"] for row in rows} == {2000, 5000, 10000, 20000, 40000}


def test_rules_side_by_side_are_named_and_a_list_takes_one(run):
    page = run("report", "allier", "--rule", "implantation,declared", "--radius", "5km").stdout.decode()
    assert "RÈGLES CÔTE À CÔTE" in page
    assert "à 5 km au plus (radius:5km)" in page
    result = run("communes", "allier", "--rule", "implantation,declared")
    assert result.returncode == 2
    assert "AVS-215" in result.stderr.decode()


def test_a_grid_given_as_an_indicator_is_used_and_said(run, tmp_path):
    montlucon = Territory.find("allier").communes.loc["03185"]
    x, y = Transformer.from_crs(2154, 3035, always_xy=True).transform(montlucon.x_m, montlucon.y_m)
    cell = f"CRS3035RES200mN{int(y // 200 * 200)}E{int(x // 200 * 200)}"
    text = f"idcar_200m,i_est_200,lcog_geo,ind\n{cell},1,03185,50\n"
    (tmp_path / "carreaux.csv").write_text(text, encoding="utf-8")
    result = run("report", "allier", "--radius", "5km", "--indicators", "carreaux.csv", "--json")
    made = json.loads(result.stdout)
    assert made["synthese"][0]["parametres"]["population_par"] == "grid"
    assert any("carreaux imputés" in text for text in made["sources"]["avertissements"])


def test_structures_of_elsewhere_count_unless_left_out(run, tmp_path):
    # A centre at Saint-Éloy-les-Mines (63338), 10 km from the Allier.
    (tmp_path / "liste.csv").write_text("nom;type;code_insee\nA;CS;63338\nB;CS;03310\n", encoding="utf-8")
    command = (
        "communes",
        "allier",
        "--structures",
        "liste.csv",
        "--radius",
        "15km",
        "--covered-by",
        "cs",
        "--json",
    )
    with_them = json.loads(run(*command).stdout)["communes"]
    result = run(*command, "--no-neighbours")
    without = json.loads(result.stdout)["communes"]
    assert len(without) < len(with_them)
    assert "--no-neighbours" in result.stderr.decode()


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        (("--radius", "2,5km"), ["à 2,5 km au plus (radius:2.5km)"]),
        (
            ("--radius", "15km,15000m,500m"),
            ["à 15 km au plus (radius:15km)", "à 500 m au plus (radius:500m)"],
        ),
        (("--radius", "12345.678m"), ["à 12,345678 km au plus (radius:12.345678km)"]),
    ],
)
def test_a_distance_keeps_its_figures_and_two_writings_of_one_are_one(run, typed, labels):
    made = json.loads(run("report", "allier", *typed, "--json").stdout)
    assert [rule["libelle"] for rule in (made["regle"], *made["autres_regles"])] == labels


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("--rule", ","), "AVS-202"),
        (("--radius", " "), "AVS-202"),
        (("--radius", "٥km"), "AVS-214"),
        (("--population-by", "area"), "AVS-216"),
        (("--rule", "declared", "--commune-share", "0,4"), "AVS-216"),
        (("--radius", "5km", "--travel-times", "x.csv"), "AVS-216"),
    ],
)
def test_what_is_typed_for_nothing_is_refused(run, typed, code):
    done = run("report", "allier", *typed)
    assert (done.returncode, code in done.stderr.decode()) == (2, True)


def test_two_grids_complete_each_other_and_one_is_not_counted_twice():
    first, second = grid_of([(90, 90, 1, "03001")]), grid_of([(1900, 90, 3, "03002")])
    both = WORLD.with_grid(first).with_grid(second)
    assert len(both.grids) == 2
    with pytest.raises(InputError) as caught:
        both.with_grid(grid_of([(90, 90, 5, "03001")]))
    assert [fault.code for fault in caught.value.faults] == ["AVS-347"]


def test_cells_that_could_not_be_measured_are_refused(tmp_path):
    """Cells of the European grid cannot be those of La Réunion, whose distances are in EPSG:2975."""
    path = tmp_path / "carreaux.csv"
    path.write_text("idcar_200m,lcog_geo,ind\nCRS3035RES200mN2594600E3811200,97411,4\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_grid(path, ["97411"])
    assert [fault.code for fault in caught.value.faults] == ["AVS-348"]
    path.write_text("idcar_200m,lcog_geo,ind\nCRS32740RES200mN7680600E340200,97411,4\n", encoding="utf-8")
    assert read_grid(path, ["97411"]).epsg == 32740


def test_a_commune_reached_in_part_says_how_many_inhabitants(run, tmp_path):
    done = run("communes", "allier", "--radius", "5km", "--csv", "c.csv", "--csv-dialect", "standard")
    assert done.returncode == 0
    with (tmp_path / "c.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    covered = sum(int(row["habitants_couverts"]) for row in rows)
    made = json.loads(run("report", "allier", "--radius", "5km", "--json").stdout)
    figures = {(f["mesure"], f["statut"]): f["numerateur"] for f in made["synthese"]}
    assert covered == figures["habitants", "avs"]
    zones = json.loads(run("zones", "allier", "--radius", "5km", "--json").stdout)["zones"]
    inside = [row for row in rows if row["statut"] == "aucune"]
    beyond = sum(int(row["population"]) - int(row["habitants_couverts"]) for row in inside)
    assert sum(zone["habitants_non_couverts"] for zone in zones) == beyond
