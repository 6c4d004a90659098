"""The style of each layer for QGIS, as its QML files are: symbols and names on the map, column aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from avs_coverage.dictionary import ColumnInfo
from avs_coverage.messages import COMMUNE_STATUS_LABELS
from avs_coverage.reports.palette import (
    INK,
    LINK_COLOUR,
    OUTLINE,
    QPV_COLOUR,
    STATUS_COLOURS,
    TYPE_COLOURS,
    UNCLEAR_COLOUR,
    rgb,
)

VERSION = "3.28.0-Firenze"
"""The version of QGIS whose format this is: it and all later ones read it, and 3.0 on by ``prop``."""
_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_GEOMETRY_TYPES = {"marker": "0", "line": "1", "fill": "2"}
_PLACEMENTS = {"marker": "6", "fill": "4"}
"""Qgis::LabelPlacement: OrderedPositionsAroundPoint, Horizontal."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Symbol:
    """How a row is drawn: *shape* is ``fill``, ``line`` or ``marker``; *layer* is QGIS's class of it.

    *opacity* is an expression of QGIS, 0–100, empty for a symbol that is always opaque.
    """

    shape: str
    layer: str
    options: Mapping[str, str]
    opacity: str = ""


@dataclass(frozen=True)
class Style:
    """The symbols of a layer, by value of *attribute* with their legend; one for all where it is empty.

    Names are shown from the scale 1 : *names_from* on; never where it is 0.
    """

    name: str
    attribute: str
    symbols: Sequence[tuple[str, str, Symbol]]
    names_from: int = 0


def _colour(colour: str) -> str:
    return ",".join(str(part) for part in (*rgb(colour), 255))


def _fill(colour: str, outline: str, width_mm: float, pattern: str = "solid") -> Symbol:
    options = {
        "color": _colour(colour), "joinstyle": "bevel", "outline_color": _colour(outline),
        "outline_style": "solid", "outline_width": f"{width_mm:g}", "outline_width_unit": "MM",
        "style": pattern,
    }  # fmt: skip
    return Symbol("fill", "SimpleFill", options)


def _marker(colour: str, shape: str, opacity: str) -> Symbol:
    options = {
        "angle": "0", "color": _colour(colour), "joinstyle": "bevel", "name": shape,
        "outline_color": _colour(INK), "outline_style": "solid", "outline_width": "0.3",
        "outline_width_unit": "MM", "scale_method": "diameter", "size": "3.2", "size_unit": "MM",
    }  # fmt: skip
    return Symbol("marker", "SimpleMarker", options, opacity)


def _line(width_mm: float, pattern: str = "solid") -> Symbol:
    options = {
        "capstyle": "flat", "joinstyle": "round", "line_color": _colour(LINK_COLOUR), "line_style": pattern,
        "line_width": f"{width_mm:g}", "line_width_unit": "MM", "use_custom_dash": "0",
    }  # fmt: skip
    return Symbol("line", "SimpleLine", options)


_COUNTED = 'if("comptee", 100, 35)'
STYLES = {
    "communes": Style(
        "Couverture des communes",
        "statut",
        [
            (
                value,
                COMMUNE_STATUS_LABELS[value],
                _fill(colour, OUTLINE, 0.1, "solid" if value else "b_diagonal"),
            )
            for value, colour in STATUS_COLOURS.items()
        ],
        names_from=150_000,  # a commune of 15 km² is then 2.5 cm wide
    ),
    "zones_blanches": Style("Zones blanches", "", [("", "", _fill(INK, INK, 0.6, "f_diagonal"))]),
    "couverture_a_preciser": Style(
        "Couverture à préciser", "", [("", "", _fill(UNCLEAR_COLOUR, UNCLEAR_COLOUR, 0.4, "b_diagonal"))]
    ),
    "qpv": Style("Quartiers prioritaires", "", [("", "", _fill(QPV_COLOUR, QPV_COLOUR, 0.6, "no"))]),
    "structures": Style(
        "Structures par type",
        "type",
        [
            ("CS", "Centre social (pâle : non compté)", _marker(TYPE_COLOURS["CS"], "square", _COUNTED)),
            ("EVS", "EVS (pâle : non compté)", _marker(TYPE_COLOURS["EVS"], "triangle", _COUNTED)),
        ],
        names_from=500_000,  # a département on an A4 sheet
    ),
    "liens": Style(
        "Liens par niveau",
        "niveau",
        [
            ("etabli", "établi", _line(0.4)),
            ("certain", "certain, non établi", _line(0.2)),
            ("possible", "possible", _line(0.2, "dash")),
        ],
    ),
}
"""The default style of each layer, by its name."""


def qml(style: Style, columns: Sequence[ColumnInfo]) -> str:
    """Return a style as the text of a QML file; the same text for the same style."""
    root = Xml.Element("qgis", version=VERSION, styleCategories="Symbology|Fields")
    root.set("labelsEnabled", str(int(bool(style.names_from))))
    shape = style.symbols[0][2].shape
    kind = "categorizedSymbol" if style.attribute else "singleSymbol"
    renderer = Xml.SubElement(
        root,
        "renderer-v2",
        type=kind,
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
        referencescale="-1",
    )
    if style.attribute:
        renderer.set("attr", style.attribute)
        categories = Xml.SubElement(renderer, "categories")
        for rank, (value, label, _) in enumerate(style.symbols):
            Xml.SubElement(
                categories,
                "category",
                render="true",
                symbol=str(rank),
                value=value,
                label=label,
                type="string",
            )
    symbols = Xml.SubElement(renderer, "symbols")
    for rank, (_, _, symbol) in enumerate(style.symbols):
        _add_symbol(symbols, str(rank), symbol)
    if style.names_from:
        root.set("styleCategories", "Symbology|Labeling|Fields")
        _add_names(root, style.names_from, shape)
    aliases = Xml.SubElement(root, "aliases")
    for index, column in enumerate(columns, 1):  # 0 is the fid
        field, alias = (
            _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text) for text in (column.name, column.label)
        )
        Xml.SubElement(aliases, "alias", index=str(index), field=field, name=alias)
    Xml.SubElement(root, "layerGeometryType").text = _GEOMETRY_TYPES[shape]
    Xml.indent(root)
    return _HEAD + Xml.tostring(root, encoding="unicode") + "\n"


def _add_symbol(parent: Xml.Element, name: str, symbol: Symbol) -> None:
    added = Xml.SubElement(
        parent, "symbol", name=name, type=symbol.shape, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    if symbol.opacity:
        _add_opacity(added, symbol.opacity)
    layer = Xml.SubElement(
        added, "layer", {"class": symbol.layer, "pass": "0", "locked": "0", "enabled": "1"}
    )
    options = Xml.SubElement(layer, "Option", type="Map")
    for option, value in symbol.options.items():
        Xml.SubElement(options, "Option", name=option, type="QString", value=value)
    for option, value in symbol.options.items():  # QGIS before 3.22 reads these alone
        Xml.SubElement(layer, "prop", k=option, v=value)


def _add_names(root: Xml.Element, names_from: int, shape: str) -> None:
    """Label each feature with its name, as QgsPalLayerSettings::readXml reads it; QGIS's own font."""
    labeling = Xml.SubElement(root, "labeling", type="simple")
    settings = Xml.SubElement(labeling, "settings", calloutType="simple")
    style = Xml.SubElement(
        settings, "text-style", fieldName="nom", isExpression="0", fontSize="8", fontSizeUnit="Point",
        textColor=_colour(INK), textOpacity="1",
    )  # fmt: skip
    Xml.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM",
        bufferColor=_colour("#ffffff"), bufferOpacity="1", bufferNoFill="1",
    )  # fmt: skip
    Xml.SubElement(settings, "placement", placement=_PLACEMENTS[shape], dist="1", distUnits="MM")
    # The largest denominator goes under « scaleMax »: QGIS flips the two on purpose.
    Xml.SubElement(settings, "rendering", scaleVisibility="1", scaleMin="0", scaleMax=str(names_from))


def _add_opacity(symbol: Xml.Element, expression: str) -> None:
    properties = Xml.SubElement(symbol, "data_defined_properties")
    whole = Xml.SubElement(properties, "Option", type="Map")
    Xml.SubElement(whole, "Option", name="name", type="QString", value="")
    by_name = Xml.SubElement(whole, "Option", name="properties", type="Map")
    alpha = Xml.SubElement(by_name, "Option", name="alpha", type="Map")
    Xml.SubElement(alpha, "Option", name="active", type="bool", value="true")
    Xml.SubElement(alpha, "Option", name="expression", type="QString", value=expression)
    Xml.SubElement(alpha, "Option", name="type", type="int", value="3")
    Xml.SubElement(whole, "Option", name="type", type="QString", value="collection")
