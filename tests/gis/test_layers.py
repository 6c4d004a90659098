"""The layers of a report: rows, columns, types and shapes, whatever the format."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.projection import project, reproject
from avs_coverage.reports.geo_layers import LAYER_NAMES, geo_layers, layers
from avs_coverage.rules import get_rule
from tests.gis.helpers import HOSTILE, plain
from tests.worlds import DAY, cover, territory

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")


def test_no_row_is_lost(report):
    found = geo_layers(report)
    assert tuple(found) == LAYER_NAMES
    coverage = report.coverage
    assert list(found["communes"]["code_insee"]) == list(coverage.territory.communes.index)
    assert len(found["zones_blanches"]) + len(found["couverture_a_preciser"]) == len(report.zones)
    assert list(found["qpv"]["code_qpv"]) == [view.qpv.code for view in report.qpv]
    assert list(found["structures"]["id"]) == [one.id for one in coverage.inventory.structures]
    assert len(found["liens"]) == len(coverage.links)


def test_communes_without_a_contour_keep_their_row():
    report = build_report(find_territory_name("85"))
    communes = geo_layers(report)["communes"]
    assert len(communes) == 253
    assert list(communes[communes.geometry.isna()]["code_insee"]) == ["85165", "85212"]


def test_the_columns_are_those_of_the_records(report):
    for layer in layers(report):
        names = [column.name for column in layer.columns]
        assert len({name.casefold() for name in names}) == len(names)
        assert len({column.label.casefold() for column in layer.columns}) == len(names)
        for record in layer.records:
            assert set(record) == set(names)
        keys = [tuple(record[name] for name in layer.key) for record in layer.records]
        assert len(set(keys)) == len(keys)
        assert "geom" not in {name.casefold() for name in names}


def test_the_values_are_those_of_the_csv(allier, run, tmp_path):
    for name in ("communes", "qpv", "zones"):
        assert run(name, "allier", "--csv", f"{name}.csv", "--csv-dialect", "standard").returncode == 0
    found = geo_layers(allier)
    both = pd.concat([found["zones_blanches"], found["couverture_a_preciser"]])
    for name, frame in (("communes", found["communes"]), ("qpv", found["qpv"]), ("zones", both)):
        table = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        assert set(table.columns) <= set(frame.columns)
        for column in table.columns:
            written = [_cell(value) for value in plain(frame[column])]
            assert written == list(table[column]), (name, column)


def _cell(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def test_types_do_not_depend_on_values(allier, lozere):
    full, empty = geo_layers(allier), geo_layers(lozere)
    for name in LAYER_NAMES:
        assert full[name].dtypes.to_dict() == empty[name].dtypes.to_dict(), name
    assert len(empty["zones_blanches"]) == len(empty["liens"]) == 0
    assert set(empty["communes"]["statut"]) == {""}
    assert empty["communes"]["nb_cs"].isna().all()  # unknown, not zero


def test_a_zone_is_the_union_of_its_communes(allier):
    found = geo_layers(allier)
    contours = found["communes"].set_index("code_insee").geometry
    for name in ("zones_blanches", "couverture_a_preciser"):
        for _, zone in found[name].iterrows():
            codes = zone["communes"].split("|")
            assert zone.geometry.area == pytest.approx(contours[codes].area.sum(), rel=1e-3)
            assert contours[codes].representative_point().within(zone.geometry).all()
            assert zone["communes_sans_contour"] == ""


def test_a_zone_says_which_of_its_communes_are_not_drawn():
    made = territory({"85165": "", "85212": "", "85001": ""}, [("85165", "85001")], departement="85")
    report = Report(cover(made, departements=frozenset({"85"})))
    zones = geo_layers(report)["zones_blanches"].set_index("commune_principale")
    assert list(zones["nb_communes"]) == [2, 1]
    assert list(zones["communes_sans_contour"]) == ["85165", "85212"]
    assert zones.geometry["85165"].area > 1e6
    assert zones.geometry["85212"] is None


def test_structures_and_links_are_drawn_where_the_structure_is(world):
    found = geo_layers(world)
    placed, coarse, lost = found["structures"].itertuples()
    assert gpd.GeoSeries([placed.geometry], crs=2154).to_crs(4326)[0].distance(
        shapely.Point(2.6025, 46.3401)
    ) == pytest.approx(0, abs=1e-7)
    assert (placed.position, coarse.position, lost.position) == ("point", "chef_lieu", "inconnue")
    assert (coarse.geometry.x, coarse.geometry.y) == (2000, 0)  # the chef-lieu of its seat
    assert lost.geometry is None
    assert list(found["structures"]["comptee"]) == [True, True, False]
    links = found["liens"].set_index(["structure", "code_insee"])
    own = links.loc[("a", "03185")]
    chef_lieu = world.coverage.territory.rows["03185"]
    assert own.geometry.coords[:] == [(placed.geometry.x, placed.geometry.y), (chef_lieu.x_m, chef_lieu.y_m)]
    assert (own["niveau"], own["fondement"], own["part"]) == ("etabli", "siege", 1.0)
    at_home = links.loc[("b", "03095")]
    assert at_home.geometry is None  # from the chef-lieu to itself
    assert links.loc[("b", "03190")]["niveau"] == "possible"
    assert links["certain"].equals(links["niveau"].isin(["etabli", "certain"]).astype("boolean"))


def test_a_structure_of_another_projection_is_put_in_that_of_the_layers():
    made = territory({"03185": ""})
    x_m, y_m = project(55.45, -20.88, 2975)
    far = Structure("far", "Saint-Denis", "CS", seat="97411", x_m=x_m, y_m=y_m, has_point=True)
    report = Report(cover(made, far))
    point = geo_layers(report)["structures"].geometry[0]
    assert (point.x, point.y) == pytest.approx([v[0] for v in reproject([x_m], [y_m], 2975, 2154)], rel=1e-9)


def test_the_projection_is_the_legal_one(allier):
    assert geo_layers(allier)["communes"].crs.to_epsg() == 2154
    reunion = build_report(find_territory_name("974"))
    frames = geo_layers(reunion)
    assert {frame.crs.to_epsg() for frame in frames.values()} == {2975}
    assert len(frames["communes"]) == 24


def test_a_territory_of_several_projections_is_in_wgs84(monkeypatch):
    made = territory({"03185": "", "97411": ""})
    made.communes.loc["97411", "departement"] = "974"
    made = type(made)(type(made.name)("region", "x", "Deux", ("03", "974")), made.communes, **{})
    made.__dict__["neighbours"] = pd.DataFrame(columns=["code", "voisin"])
    report = Report(Coverage.compute(made, Inventory((), frozenset(), "", ""), get_rule("declared"), DAY))
    communes = geo_layers(report)["communes"]
    assert communes.crs.to_epsg() == 4326
    west, south, east, north = communes.total_bounds
    assert west < 3
    assert east > 55
    assert south < -20
    assert north > 46


def test_hostile_headers_keep_their_values_beside_the_columns_of_the_tool(world):
    frame = geo_layers(world)["communes"]
    assert {"statut", "Statut_2", "FID_2", HOSTILE[0], "date", "date (f.csv)"} <= set(frame.columns)
    assert plain(frame["Statut_2"]) == [1.0, 2.5, None, 4.0]
    assert plain(frame["date (f.csv)"]) == ["x", None, HOSTILE[0], HOSTILE[1]]
    assert set(frame["date"]) == {"2022-12-31"}
    assert plain(frame["Statut_etat"]) == ["connu", "connu", "secret", "connu"]
