"""The styles that QGIS applies, and the colours that everyone tells apart."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from avs_coverage.reports.geo_layers import LAYER_NAMES, geo_layers, layers
from avs_coverage.reports.palette import STATUS_COLOURS, rgb
from tests.gis.helpers import rows

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")
QGIS_STYLE_TABLE = [
    ("id", "INTEGER"), ("f_table_catalog", "TEXT(256)"), ("f_table_schema", "TEXT(256)"),
    ("f_table_name", "TEXT(256)"), ("f_geometry_column", "TEXT(256)"), ("styleName", "TEXT(30)"),
    ("styleQML", "TEXT"), ("styleSLD", "TEXT"), ("useAsDefault", "BOOLEAN"), ("description", "TEXT"),
    ("owner", "TEXT(30)"), ("ui", "TEXT(30)"), ("update_time", "DATETIME"),
]  # fmt: skip


def test_styles_are_where_qgis_looks_for_them(report, gpkg):
    described = rows(gpkg, "PRAGMA table_info(layer_styles)")
    assert [(name, kind) for _, name, kind, *_ in described] == QGIS_STYLE_TABLE
    assert [name for _, name, _, _, _, is_key in described if is_key] == ["id"]
    # What QGIS asks for when it opens a layer (QgsOgrProviderMetadata::loadStyle).
    for name in LAYER_NAMES:
        query = (
            f"SELECT useAsDefault, styleName, update_time FROM layer_styles WHERE f_table_schema='' AND "
            f"f_table_name='{name}' AND f_geometry_column='geom' AND f_table_catalog=''"
        )
        ((default, title, moment),) = rows(gpkg, query)
        assert default == 1
        assert 0 < len(title) <= 30
        assert moment == f"{report.coverage.on}T00:00:00.000Z"


def test_styles_are_read_back(report, gpkg):
    frames = geo_layers(report)
    shapes = {"MultiPolygon": ("2", "fill"), "Point": ("0", "marker"), "LineString": ("1", "line")}
    for layer in layers(report):
        ((text,),) = rows(gpkg, f"SELECT styleQML FROM layer_styles WHERE f_table_name='{layer.name}'")
        assert text.startswith("<!DOCTYPE qgis ")
        root = ElementTree.fromstring(text)
        assert root.tag == "qgis"
        assert root.get("version", "").startswith("3.")
        number, kind = shapes[layer.geometry]
        assert root.findtext("layerGeometryType") == number
        renderer = root.find("renderer-v2")
        symbols = {symbol.get("name"): symbol for symbol in renderer.findall("symbols/symbol")}
        assert {symbol.get("type") for symbol in symbols.values()} == {kind}
        for symbol in symbols.values():
            (drawn,) = symbol.findall("layer")
            options = {o.get("name"): o.get("value") for o in drawn.findall("Option/Option")}
            assert options == {prop.get("k"): prop.get("v") for prop in drawn.findall("prop")}
            assert options
        if renderer.get("type") == "categorizedSymbol":
            attribute = renderer.get("attr")
            categories = renderer.findall("categories/category")
            assert {category.get("symbol") for category in categories} == set(symbols)
            assert all(category.get("label") for category in categories)
            values = {category.get("value") for category in categories}
            assert set(frames[layer.name][attribute]) <= values
        else:
            assert renderer.get("type") == "singleSymbol"
            assert list(symbols) == ["0"]
        aliases = [(a.get("field"), a.get("name")) for a in root.findall("aliases/alias")]
        assert aliases == [(column.name, column.label) for column in layer.columns]


def test_structures_and_communes_bear_their_names_from_a_scale_on(report, gpkg):
    """As QGIS reads it (QgsPalLayerSettings::readXml): *scaleMax* is the largest denominator shown."""
    placements = {"Point": "6", "MultiPolygon": "4"}  # around a point by preference; across a polygon
    named = {}
    for layer in layers(report):
        ((text,),) = rows(gpkg, f"SELECT styleQML FROM layer_styles WHERE f_table_name='{layer.name}'")
        root = ElementTree.fromstring(text)
        labeling = root.find("labeling")
        assert ("Labeling" in root.get("styleCategories").split("|")) == (labeling is not None)
        assert root.get("labelsEnabled") == ("0" if labeling is None else "1")
        if labeling is None:
            continue
        assert labeling.get("type") == "simple"
        (settings,) = labeling.findall("settings")
        style = settings.find("text-style")
        assert style.get("fieldName") in {column.name for column in layer.columns}
        assert style.get("isExpression") == "0"
        assert style.find("text-buffer").get("bufferDraw") == "1"
        assert settings.find("placement").get("placement") == placements[layer.geometry]
        shown = settings.find("rendering")
        assert (shown.get("scaleVisibility"), shown.get("scaleMin")) == ("1", "0")
        named[layer.name] = (style.get("fieldName"), int(shown.get("scaleMax")))
    assert named == {"communes": ("nom", 150_000), "structures": ("nom", 500_000)}


def test_categories_cover_every_value_that_may_come(gpkg):
    def values(name):
        ((text,),) = rows(gpkg, f"SELECT styleQML FROM layer_styles WHERE f_table_name='{name}'")
        return {
            c.get("value") for c in ElementTree.fromstring(text).findall("renderer-v2/categories/category")
        }

    assert values("communes") == {"cs_seul", "cs_et_evs", "evs_seul", "aucune", ""}
    assert values("structures") == {"CS", "EVS"}
    assert values("liens") == {"etabli", "certain", "possible"}


# Machado, Oliveira and Fernandes (IEEE TVCG, 2009), severity 1.0, on linear RGB.
_BLINDNESS = {
    "protanopie": [
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)
    ],
    "deuteranopie": [
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)
    ],
    "tritanopie": [
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)
    ],
    "aucune": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
}  # fmt: skip


@pytest.mark.parametrize("kind", _BLINDNESS)
def test_the_colours_of_statuses_are_told_apart_by_everyone(kind):
    seen = {}
    for status, colour in STATUS_COLOURS.items():
        linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in rgb(colour)]
        mixed = [sum(a * b for a, b in zip(line, linear, strict=True)) for line in _BLINDNESS[kind]]
        seen[status] = _lab([min(max(value, 0), 1) for value in mixed])
    for one, first in seen.items():
        for other, second in seen.items():
            if one < other:
                assert sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5 > 20, (one, other)


def _lab(linear):
    matrix = [(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)]
    white = (0.9505, 1.0, 1.089)
    xyz = [
        sum(a * b for a, b in zip(line, linear, strict=True)) / w
        for line, w in zip(matrix, white, strict=True)
    ]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
