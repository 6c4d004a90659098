"""The reports whose layers are written: Allier, a small hostile world, Lozère."""

from __future__ import annotations

import pandas as pd
import pytest

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.coverage import Coverage
from avs_coverage.indicators import Indicator
from avs_coverage.inventory import Structure
from avs_coverage.projection import project
from avs_coverage.reports.gpkg_file import write_gpkg
from tests.gis.helpers import HOSTILE
from tests.worlds import cover, structure, territory


@pytest.fixture(scope="module")
def world() -> Report:
    """Return a small world of real communes: own points, a chef-lieu, an unlocated one, hostile texts."""
    made = territory({"03185": "E", "03095": "E", "03190": "E", "03001": ""}, [("03190", "03001")])
    x_m, y_m = project(2.6025, 46.3401, 2154)
    here = {"x_m": x_m, "y_m": y_m, "has_point": True, "longitude": 2.6025, "latitude": 46.3401}
    placed = Structure("a", HOSTILE[0], "CS", seat="03185", seat_epci="E", note=HOSTILE[2], **here)
    coarse = structure("b", "EVS", "03095", world=made, acf=True, seat_quality="certain", capacity=12)
    lost = structure("c", "EVS", status="a_confirmer")
    found = cover(made, placed, coarse, lost, rule="declared")
    values = pd.Series([1.0, 2.5, float("nan"), 4.0], index=made.communes.index)
    states = pd.Series(["connu", "connu", "secret", "connu"], index=made.communes.index)
    classes = pd.Series(["x", "", HOSTILE[0], HOSTILE[1]], index=made.communes.index)
    headers = ["Statut", "FID", HOSTILE[0], "date"]
    natures = ["inconnue", "inconnue", "classe", "classe"]
    indicators = tuple(
        Indicator(name, HOSTILE[1], nature, "", "s", "", "f.csv", series, states)
        for name, nature, series in zip(headers, natures, [values, values, classes, classes], strict=True)
    )
    coverage = Coverage(made.with_indicators(indicators), found.inventory, found.rule, found.on, found.found)
    return Report(coverage)


@pytest.fixture(scope="module")
def lozere() -> Report:
    return build_report(find_territory_name("lozere"))


@pytest.fixture(scope="module", params=["allier", "world", "lozere"])
def report(request: pytest.FixtureRequest) -> Report:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def gpkg(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "x.gpkg"
    write_gpkg(report, path)
    return path
