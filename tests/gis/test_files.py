"""Every format: the same bytes each time, and the old file or the whole new one."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pyogrio
import pytest

from avs_coverage import OutputError
from avs_coverage.reports.geojson_file import write_geojson
from avs_coverage.reports.geoparquet_file import write_geoparquet
from avs_coverage.reports.gpkg_file import write_gpkg
from tests.conftest import ROOT

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")
SCRIPT = """
import sys
from pathlib import Path
from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.geojson_file import write_geojson
from avs_coverage.reports.geoparquet_file import write_geoparquet
from avs_coverage.reports.gpkg_file import write_gpkg
report = build_report(find_territory_name("allier"))
folder = Path(sys.argv[1])
write_gpkg(report, folder / "x.gpkg")
write_geojson(report, folder)
write_geoparquet(report, folder)
"""


@pytest.mark.full
def test_same_inputs_same_bytes(tmp_path):
    digests = []
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Cayenne", "fr_FR.UTF-8")):
        folder = tmp_path / seed
        folder.mkdir()
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], check=True, env=env, timeout=120)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()})
    assert digests[0] == digests[1]
    assert len(digests[0]) == 13


def test_an_existing_file_is_refused_and_then_replaced(lozere, tmp_path):
    writers = {
        "x.gpkg": lambda force: write_gpkg(lozere, tmp_path / "x.gpkg", force),
        "qpv.geojson": lambda force: write_geojson(lozere, tmp_path, force),
        "qpv.parquet": lambda force: write_geoparquet(lozere, tmp_path, force),
    }
    for name, write in writers.items():
        (tmp_path / name).write_text("mien")
        before = set(tmp_path.iterdir())
        with pytest.raises(OutputError, match="existe déjà"):
            write(False)
        assert (tmp_path / name).read_text() == "mien"
        assert set(tmp_path.iterdir()) == before  # not one file of several
        write(True)
        assert (tmp_path / name).stat().st_size > 100


def test_a_failure_midway_leaves_the_old_file(lozere, tmp_path, monkeypatch):
    path = tmp_path / "x.gpkg"
    path.write_text("mien")
    real = pyogrio.write_dataframe

    def failing(frame, *arguments, layer, **more):
        if layer == "structures":
            raise pyogrio.errors.FeatureError("database or disk is full")
        return real(frame, *arguments, layer=layer, **more)

    monkeypatch.setattr(pyogrio, "write_dataframe", failing)
    with pytest.raises(OutputError, match="faute de place"):
        write_gpkg(lozere, path, force=True)
    assert path.read_text() == "mien"
    assert [one.name for one in tmp_path.iterdir()] == ["x.gpkg"]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
