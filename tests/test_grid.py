"""The 200 m grid in the columns of every edition."""

from __future__ import annotations

import random
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import Point

from avs_coverage import InputError
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.grid import read_grid

ALLIER = ["03185", "03101"]
EDITIONS = {
    2021: "idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men",
    2019: "Idcar_200m,Idcar_1km,Idcar_nat,I_est_200,I_est_1km,lcog_geo,Ind,Men",
    2015: "IDCAR_200m;IDCAR_1km;IDCAR_nat;I_EST_200;I_EST_1km;LCOG_GEO;IND;MEN",
}
CELLS = [
    ("CRS3035RES200mN2594600E3811200", "0", "03185", "12.5"),
    ("CRS3035RES200mN2594600E3811000", "1", "0318503101", "3"),
    ("CRS3035RES200mN2594400E3811200", "0", "01001", "7"),
]


def text_of(edition, cells=CELLS):
    header = EDITIONS[edition]
    mark = ";" if ";" in header else ","
    rows = [mark.join([cell, "x", "x", imputed, "0", lcog, ind, "1"]) for cell, imputed, lcog, ind in cells]
    return "\n".join([header, *rows, ""])


def read(tmp_path, text, wanted=ALLIER, name="carreaux.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_grid(tmp_path / name, wanted)


def check(found):
    assert found.epsg == 3035
    # Sorted by row, then by column: the cell at E3811000 comes first.
    assert found.x_m.tolist() == [3811000, 3811200]
    assert found.y_m.tolist() == [2594600, 2594600]
    assert found.inhabitants.tolist() == [3, 12.5]
    assert found.imputed.tolist() == [True, False]
    assert found.communes.tolist() == ["03185|03101", "03185"]
    assert (found.rows_read, found.rows_used, found.astride) == (3, 2, 1)
    assert found.total == 15.5
    assert found.imputed_share == pytest.approx(3 / 15.5)


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_edition(tmp_path, edition):
    check(read(tmp_path, text_of(edition)))


def test_zip_parquet_and_geopackage(tmp_path):
    with zipfile.ZipFile(tmp_path / "grid.zip", "w") as archive:
        archive.writestr("carreaux_200m_met.csv", text_of(2021))
    check(read_grid(tmp_path / "grid.zip", ALLIER))
    frame = pd.DataFrame(
        [(cell, int(imputed), lcog, float(ind)) for cell, imputed, lcog, ind in CELLS],
        columns=["idcar_200m", "i_est_200", "lcog_geo", "ind"],
    )
    frame.to_parquet(tmp_path / "grid.parquet")
    check(read_grid(tmp_path / "grid.parquet", ALLIER))
    points = gpd.GeoDataFrame(frame, geometry=[Point(n, n) for n in range(3)], crs=3035)
    points.to_file(tmp_path / "grid.gpkg")
    check(read_grid(tmp_path / "grid.gpkg", ALLIER))


def test_centres_are_100_m_from_the_corner_then_projected(tmp_path):
    found = read(tmp_path, text_of(2021))
    x, y = found.centres(3035)
    assert (x[0], y[0]) == (3811100, 2594700)
    lambert = Transformer.from_crs(3035, 2154, always_xy=True).transform(3811100, 2594700)
    assert (found.centres(2154)[0][0], found.centres(2154)[1][0]) == pytest.approx(lambert, abs=1e-6)


def test_overseas_grids_are_in_their_own_projection(tmp_path):
    cells = [("CRS2975RES200mN7690000E340000", "0", "97411", "5")]
    assert read(tmp_path, text_of(2021, cells), ["97411"]).epsg == 2975
    mixed = [*CELLS[:1], *cells]
    with pytest.raises(InputError) as caught:
        read(tmp_path, text_of(2021, mixed), ["03185", "97411"])
    assert [fault.code for fault in caught.value.faults] == ["AVS-362"]


def test_former_codes_arrondissements_and_split_communes_keep_their_cells(tmp_path):
    cells = [
        ("CRS3035RES200mN2594600E3811200", "0", "14513", "1"),  # now in 50592
        ("CRS3035RES200mN2594600E3811400", "0", "75118", "2"),
        ("CRS3035RES200mN2594600E3811600", "0", "60455", "4"),
        ("CRS3035RES200mN2594600E3811800", "0", "99999", "8"),
    ]
    split = Gazetteer().movements.passage("60455").today
    found = read(tmp_path, text_of(2021, cells), ["50592", "75056", *split])
    assert found.communes.tolist() == ["50592", "75056", "|".join(split)]
    assert (found.rows_used, found.set_aside[0].rows) == (3, 1)


def test_what_is_wrong_is_said_with_its_line(tmp_path):
    cells = [("x200", "0", "03185", "1"), ("CRS3035RES200mN2594600E3811200", "0", "03185", "douze")]
    for wrong, codes in ((cells, [("AVS-360", 2), ("AVS-319", 3)]), ([CELLS[0]] * 2, [("AVS-361", 3)])):
        with pytest.raises(InputError) as caught:
            read(tmp_path, text_of(2021, wrong))
        assert [(fault.code, fault.line) for fault in caught.value.faults] == codes
    with pytest.raises(InputError) as caught:
        read(tmp_path, text_of(2021), ["48095"])
    assert caught.value.faults[0].code == "AVS-355"
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a;b\n1;2\n")
    assert caught.value.faults[0].code == "AVS-350"


ROWS = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.integers(0, 50),
        st.sampled_from(["03185", "0310103185", "01001", "XXXXX"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=50)
@given(rows=ROWS, seed=st.integers(0, 9))
def test_no_cell_is_lost_and_their_order_changes_nothing(tmp_path_factory, rows, seed):
    cells = [(f"CRS3035RES200mN{y * 200}E{x * 200}", "0", lcog, str(ind)) for x, y, lcog, ind in rows]
    results = []
    for order in (cells, random.Random(seed).sample(cells, len(cells))):
        try:
            found = read(tmp_path_factory.mktemp("g"), text_of(2021, order))
        except InputError as error:
            results.append([fault.code for fault in error.faults])
            continue
        assert found.rows_read == len(rows) == found.rows_used + sum(f.rows for f in found.set_aside)
        results.append((found.x_m.tolist(), found.y_m.tolist(), found.inhabitants.tolist()))
    assert results[0] == results[1]
