"""The legend of a map: what is drawn on it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from avs_coverage.messages import COMMUNE_STATUS_LABELS, number
from avs_coverage.reports.map_content import MapContent
from avs_coverage.reports.map_sheet import Box, Sheet, Style, line_height, wrapped
from avs_coverage.reports.map_view import (
    BORDER_LINE,
    COMMUNE_LINE,
    EPCI_LINE,
    PERIMETER,
    ZONE_LINE,
    Layers,
    draw_sign,
    fill_style,
    hatch_style,
)

_SWATCH, _AFTER = 7.0, 1.8
_ITEM_GAP = 0.5
Swatch = Callable[[Sheet, Box], None]


class Item(NamedTuple):
    """A sign and what it means."""

    swatch: Swatch
    text: str


class Group(NamedTuple):
    """A title and its items."""

    title: str
    items: tuple[Item, ...]


def legend_groups(layers: Layers, marked: Collection[bool], insets: bool) -> list[Group]:
    """Return the groups of the legend that are not empty.

    *marked* are the diamonds drawn: of a known perimeter (True), of none (False); *insets*: some are drawn.
    """
    perimeters = any(one.perimeter is not None for one in layers.content.quarters)
    communes = tuple(_communes(layers))
    lines = tuple(_lines(layers, perimeters, insets))
    structures = tuple(_structures(layers.content))
    signs = "Structures et quartiers" if structures else "Quartiers prioritaires (QPV)"
    groups = [
        Group("Structures qui couvrent la commune (nombre de communes)", communes),
        Group(signs, (*structures, *_diamonds(marked))),
        Group("Limites", lines),
    ]
    return [group for group in groups if group.items]


def _communes(layers: Layers) -> Iterator[Item]:
    for (known, possible), codes in layers.statuses.items():
        label = COMMUNE_STATUS_LABELS[known]
        if possible != known:
            label += f" ; possible : {COMMUNE_STATUS_LABELS[possible]}"
        yield Item(_fill(known, possible), f"{label} ({number(len(codes))})")


def _fill(known: str, possible: str) -> Swatch:
    def draw(sheet: Sheet, box: Box) -> None:
        sheet.box(box, **fill_style(known), **{**COMMUNE_LINE, "linewidth": 0.5})
        hatching = hatch_style(known, possible)
        if hatching is not None:
            sheet.box(box, **hatching)

    return draw


_SIGNS = {
    ("CS", True): "centre social (CS)",
    ("CS", False): "CS placé au chef-lieu de sa commune, faute de coordonnées",
    ("EVS", True): "espace de vie sociale (EVS)",
    ("EVS", False): "EVS placé au chef-lieu de sa commune, faute de coordonnées",
}


def _structures(content: MapContent) -> Iterator[Item]:
    drawn = [(one.structure.type, one.structure.position == "point") for one in content.structures]
    for (shape, full), label in _SIGNS.items():
        if count := drawn.count((shape, full)):
            yield Item(_sign(shape, full), f"{label} ({number(count)})")


def _diamonds(marked: Collection[bool]) -> Iterator[Item]:
    if True in marked:
        yield Item(_sign("QPV", True), "quartier prioritaire (QPV), trop petit pour être vu à cette échelle")
    if False in marked:
        yield Item(
            _sign("QPV", False),
            "QPV de périmètre inconnu, au chef-lieu d'une de ses communes (leur nombre)",
        )


def _sign(shape: str, full: bool) -> Swatch:
    def draw(sheet: Sheet, box: Box) -> None:
        draw_sign(sheet, shape, full, ((box.left + box.right) / 2, (box.bottom + box.top) / 2), 2.9)

    return draw


def _lines(layers: Layers, perimeters: bool, insets: bool) -> Iterator[Item]:
    if layers.zones:
        yield Item(
            _line(ZONE_LINE),
            "zone blanche : communes voisines que rien de connu ne couvre, même dans l'hypothèse haute",
        )
    if perimeters:
        yield Item(_perimeter, "périmètre d'un quartier prioritaire (QPV)")
    if insets:
        yield Item(_frame, "cadre d'un encart")
    yield Item(_line(BORDER_LINE), "territoire")
    if layers.epci:
        yield Item(_line(EPCI_LINE), "EPCI")
    if len(layers.content.shapes) > 1:
        yield Item(_line(COMMUNE_LINE), "commune")


def _line(style: Style) -> Swatch:
    def draw(sheet: Sheet, box: Box) -> None:
        y = (box.bottom + box.top) / 2
        sheet.polyline([(box.left, y), (box.right, y)], **style)

    return draw


def _perimeter(sheet: Sheet, box: Box) -> None:
    sheet.box(Box(box.left + 1, box.bottom, box.right - 1, box.top), **PERIMETER)


def _frame(sheet: Sheet, box: Box) -> None:
    sheet.box(
        Box(box.left + 1, box.bottom, box.right - 1, box.top),
        facecolor="none",
        edgecolor="black",
        linewidth=0.8,
    )


def group_height(group: Group, width: float, letters: float) -> float:
    """Return how high a group is, in a column *width* mm wide."""
    lines = len(wrapped(group.title, width, letters, True))
    texts = sum(len(_lines_of(item, width, letters)) for item in group.items)
    return (lines + texts) * line_height(letters) + len(group.items) * _ITEM_GAP


def _lines_of(item: Item, width: float, letters: float) -> list[str]:
    return wrapped(item.text, width - _SWATCH - _AFTER, letters)


def draw_group(sheet: Sheet, group: Group, left: float, top: float, width: float, letters: float) -> None:
    """Draw a group under *top*, in a column *width* mm wide."""
    high = line_height(letters)
    top = sheet.lines(left, top, wrapped(group.title, width, letters, True), letters, bold=True)
    for item in group.items:
        top -= _ITEM_GAP
        item.swatch(sheet, Box(left, top - high * 0.86, left + _SWATCH, top - high * 0.1))
        top = sheet.lines(left + _SWATCH + _AFTER, top, _lines_of(item, width, letters), letters)
