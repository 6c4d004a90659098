"""The embedded perimeters and populations of QPV, and the traps of their sources."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from avs_coverage.build import build_report
from avs_coverage.embedded import read_boundaries, read_csv, read_parquet
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.geo_shapes import valid_polygons
from avs_coverage.loaders.polygons import repaired
from avs_coverage.loaders.quarters import read_quarters
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import departement_of_qpv, embedded_quarters, is_in_force, is_unlisted, official_qpv
from avs_coverage.qpv_location import locate
from avs_coverage.qpv_perimeters import embedded_perimeters
from avs_coverage.territory import Territory
from avs_coverage.territory_names import find_territory_name

ALL = tuple(row["code"] for row in read_csv("departements.csv"))
LAW = {f"QN976{rank}C" for rank in range(51, 68)}


@pytest.fixture(scope="module")
def quarters():
    return embedded_quarters(ALL)


@pytest.fixture(scope="module")
def shapes(quarters):
    return embedded_perimeters(set(quarters))


def test_every_quarter_of_the_101_departements_has_a_valid_perimeter(quarters, shapes):
    assert {departement_of_qpv(code) for code in quarters} == set(ALL)
    assert shapes.keys() == quarters.keys()
    found = np.array([one.shape for one in shapes.values()], dtype=object)
    assert shapely.is_valid(found).all()
    assert set(shapely.get_type_id(found)) == {shapely.GeometryType.MULTIPOLYGON}
    assert shapely.area(found).min() > 2_000  # square metres
    coordinates = shapely.get_coordinates(found)
    assert (coordinates == coordinates.round()).all()


def test_every_perimeter_is_in_the_surroundings_of_its_communes(quarters, shapes):
    gazetteer = Gazetteer(ALL)
    far = []
    for code, qpv in quarters.items():
        communes = [gazetteer.get(commune) for commune in qpv.communes]
        epsg = epsg_of(departement_of_qpv(code))
        assert all(epsg_of(one.code[:3] if one.code.startswith("97") else "") == epsg for one in communes)
        x, y = shapely.get_coordinates(shapes[code].shape.representative_point())[0]
        if not any(np.hypot(x - one.x_m, y - one.y_m) <= one.extent_m + 1000 for one in communes):
            far.append(code)
    assert far == []


@pytest.mark.parametrize("departement", ["03", "93", "976", "974"])
def test_perimeters_lie_in_the_contours_of_their_communes(departement, quarters, shapes):
    contours = read_boundaries(epsg_of(departement), [departement]).set_index("code").geometry
    for code, qpv in quarters.items():
        here = [contours[one] for one in qpv.communes if one in contours.index]
        if departement_of_qpv(code) == departement and len(here) == len(qpv.communes):
            shape = shapes[code].shape
            share = shapely.intersection(shape, shapely.union_all(here)).area / shape.area
            assert share > 0.75, code  # contours are generalised


def test_the_traps_of_the_edition_of_2024(quarters):
    assert quarters["QN97654C"].communes == ("97604",)  # declared in 97602, it is Bouéni
    assert quarters["QN09335M"].communes == ("93066", "93072")  # 93059 is now 93066
    assert quarters["QN09342M"].communes == ("93066",)
    assert not any(departement_of_qpv(code) in ("978", "987") for code in quarters)
    assert {code for code in quarters if code.startswith("QN976")} == LAW
    # A comma in a name, which another list of the same quarters makes a semicolon.
    assert quarters["QN01202M"].name == "Bastide, Tricot et Lapeyrade"
    # Lost whole by one way of repairing polygons.
    assert embedded_perimeters({"QN05602M"})["QN05602M"].shape.area > 200_000


def test_the_three_of_zero_area_in_an_older_edition_have_their_true_one(shapes):
    assert all(shapes[code].shape.area > 20_000 for code in ("QN09105I", "QN09113I", "QN09503I"))


def test_populations_of_2024_are_one_a_code(quarters):
    mainland = [q for c, q in quarters.items() if c.startswith("QN") and not c.startswith("QN97")]
    assert (len(mainland), sum(q.population for q in mainland)) == (1362, 5_307_455)
    assert sum(q.population for q in mainland if departement_of_qpv(q.code) == "03") == 13_066
    unknown = {code for code, qpv in quarters.items() if qpv.population is None}
    assert {code[:5] for code in unknown} == {"QP976", "QN976"}


def test_populations_are_said_with_their_vintage(run):
    page = run("qpv", "allier", "--date", "2026").stdout.decode()
    assert "populations municipales 2020, QPV 2024" in page
    assert "édition 2022" not in page


def test_the_code_of_a_quarter_of_the_pacific_names_no_departement():
    assert departement_of_qpv("QN98701N") == "987"
    assert departement_of_qpv("QP087001") == "87"
    assert departement_of_qpv("QN97801N") == "978"


@pytest.mark.parametrize(
    ("day", "count", "generation", "unlisted"),
    [
        (date(2024, 12, 31), 36, 2015, False),
        (date(2025, 1, 1), 0, None, True),
        (date(2025, 8, 12), 0, None, True),
        (date(2025, 8, 13), 17, 2024, False),
        (date(2029, 12, 31), 17, 2024, False),
        (date(2030, 1, 1), 0, None, True),
    ],
)
def test_mayotte_by_the_law_of_2025(day, count, generation, unlisted):
    found = official_qpv(Territory.find("976"), day)
    assert len(found) == count
    assert {qpv.generation for qpv in found} == ({generation} if generation else set())
    assert is_unlisted("976", day) == unlisted
    assert not is_unlisted("974", day)
    assert len({code for qpv in found if generation == 2024 for code in qpv.communes}) in (0, 17)


def test_between_the_two_mayotte_is_unknown_and_not_without_quarters(run):
    done = run("report", "976", "--date", "2025-03-01", "--json")
    made = json.loads(done.stdout)
    assert made["qpv"]["synthese"]["nb_qpv"] is None
    assert any("QPV de Mayotte non renseignés" in text for text in made["sources"]["avertissements"])
    page = run("qpv", "976", "--date", "2025-03-01").stdout.decode()
    assert "Aucun QPV officiel" not in page
    assert "QPV non renseignés à cette date" in page
    said = run("export", "976", "--date", "2025-03-01", "-o", "out", "--format", "markdown")
    assert said.returncode == 0
    later = json.loads(run("report", "976", "--date", "2026", "--json").stdout)
    assert later["qpv"]["synthese"]["nb_qpv"] == 17


def test_a_file_of_the_42_quarters_of_the_decree_does_not_replace_the_17_of_the_law(tmp_path):
    old = gpd.GeoDataFrame(
        {"code_qp": ["QN97601M"], "lib_qp": ["Acoua"], "insee_com": ["97601"]},
        geometry=[shapely.box(45.06, -12.73, 45.07, -12.72)], crs=4326,
    )  # fmt: skip
    old.to_file(tmp_path / "qp.geojson")
    read = read_quarters([tmp_path / "qp.geojson"], ["976"])
    territory = Territory.find("976").with_quarters(read)
    assert {qpv.code for qpv in official_qpv(territory, date(2026, 1, 1))} == LAW
    assert [qpv.code for qpv in official_qpv(territory, date(2025, 3, 1))] == ["QN97601M"]
    assert not is_in_force("QN97601M", date(2026, 1, 1))


def test_the_quarters_beyond_the_departements_are_set_aside_and_not_refused(tmp_path):
    text = (
        "code_qp;lib_qp;insee_com\nQN00304M;Rive Gauche;03185\n"
        "QN98701N;Mahina;98725\nQN97801N;Orléans;97801\n"
    )
    (tmp_path / "qp.csv").write_text(text, encoding="utf-8")
    found = read_quarters([tmp_path / "qp.csv"], ["03"])
    assert set(found.quarters) == {"QN00304M"}
    assert (found.rows_read, found.rows_used) == (3, 1)
    # The code of the first one in the Pacific holds 87: it is not of Haute-Vienne.
    (tmp_path / "qp.csv").write_text(text.replace("QN00304M", "QN08701M"), encoding="utf-8")
    assert set(read_quarters([tmp_path / "qp.csv"], ["87"]).quarters) == {"QN08701M"}


# A ring that runs twice along one line, as QN05602M does where its vertices are rounded.
def test_a_polygon_that_one_method_loses_is_rebuilt_by_the_other(monkeypatch):
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    whole = valid_polygons(bow_tie)
    assert whole.is_valid
    assert whole.area == 2
    assert repaired([bow_tie], ["QN05602M"], "qp.geojson", [])[0].area == 2
    make_valid = shapely.make_valid

    def losing(shape, *, method="linework", **more):
        return shapely.from_wkt("POLYGON EMPTY") if method == "structure" else make_valid(shape, **more)

    monkeypatch.setattr(shapely, "make_valid", losing)
    assert valid_polygons(bow_tie).area == 2
    assert valid_polygons(shapely.from_wkt("LINESTRING (0 0, 1 1)")) is None


@pytest.mark.parametrize("departement", ["03", "93", "59", "974"])
def test_inside_and_near_agree_with_geopandas(departement, shapes):
    """Throw points around the quarters; ask GeoPandas which are within 300 m, by the sure margins."""
    from dataclasses import replace

    from avs_coverage.inventory import Structure

    report = build_report(find_territory_name(departement), on=date(2026, 1, 1))
    territory = report.coverage.territory
    quarters = official_qpv(territory, date(2026, 1, 1))
    epsg = epsg_of(departement)
    frame = gpd.GeoDataFrame(
        {"code": [q.code for q in quarters]}, geometry=[shapes[q.code].shape for q in quarters], crs=epsg
    )
    draw = np.random.default_rng(7)
    left, bottom, right, top = (frame.bounds[name].to_numpy() for name in ("minx", "miny", "maxx", "maxy"))
    x = draw.uniform(left - 400, right + 400, (40, len(frame))).ravel()
    y = draw.uniform(bottom - 400, top + 400, (40, len(frame))).ravel()
    seat = territory.communes.index[0]
    structures = tuple(
        Structure(f"S{rank}", f"S{rank}", "CS", seat=seat, x_m=a, y_m=b, has_point=True)
        for rank, (a, b) in enumerate(zip(x, y, strict=True))
    )
    inventory = replace(
        report.coverage.inventory, structures=structures, departements=frozenset([departement])
    )
    located = locate(replace(report.coverage, inventory=inventory), quarters, 300)
    points = gpd.GeoDataFrame({"id": [s.id for s in structures]}, geometry=gpd.points_from_xy(x, y), crs=epsg)
    error = located[quarters[0].code].error_m
    near = gpd.sjoin(points, frame, predicate="dwithin", distance=300 - error)
    maybe = gpd.sjoin(points, frame, predicate="dwithin", distance=300 + error)
    deep, deeper = (  # an inner belt has arcs, which a buffer draws to 0.2 m
        gpd.sjoin(points, frame.assign(geometry=frame.buffer(-error + slack)), predicate="within")
        for slack in (0.2, -0.2)
    )
    for code, place in located.items():
        found = {name: set(t.loc[t["code"] == code, "id"]) for name, t in
                 (("near", near), ("maybe", maybe), ("deep", deep), ("deeper", deeper))}  # fmt: skip
        assert set(place.inside) | set(place.near) == found["near"]
        assert set(place.undecidable) == found["maybe"] - found["near"]
        assert found["deeper"] <= set(place.inside) <= found["deep"]
        assert not set(place.inside) & set(place.limit)
    assert sum(len(place.inside) for place in located.values()) > 5
    assert sum(len(place.near) for place in located.values()) > 5


def test_a_departement_is_read_without_the_others():
    rows = read_parquet("qpv_perimeters.parquet", ["03", "48"], ("departement", "code"))
    assert rows.groupby("departement").size().to_dict() == {"03": 12, "48": 1}
