"""The layers of a map, drawn in a window of the sheet at a scale: the whole territory, or an inset."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.gaps import GAP
from avs_coverage.messages import distance
from avs_coverage.reports.map_content import MapContent, PlacedQuarter, Shape, statuses
from avs_coverage.reports.map_labels import Name, PlacedName, Point, place_names, spread
from avs_coverage.reports.map_sheet import MM_PER_POINT, Box, Sheet, Style, printable, text_width
from avs_coverage.reports.palette import INK, OUTLINE, QPV_COLOUR, STATUS_COLOURS, UNKNOWN_DOTS

if TYPE_CHECKING:
    from avs_coverage.report import Report

GROUND = "#eeeeec"
EPCI_LINE: Style = {"edgecolor": "#4d4d4d", "linewidth": 0.9}
COMMUNE_LINE: Style = {"edgecolor": OUTLINE, "linewidth": 0.3, "joinstyle": "round"}
BORDER_LINE: Style = {"edgecolor": INK, "linewidth": 1.1}
ZONE_LINE: Style = {"edgecolor": INK, "linewidth": 1.3, "linestyle": (0, (3.2, 1.6)), "joinstyle": "round"}
PERIMETER: Style = {
    "edgecolor": QPV_COLOUR,
    "linewidth": 1.0,
    "facecolor": "#ffffff90",
    "joinstyle": "round",
}
_HATCHES = {"cs_seul": "////", "cs_et_evs": "xxx", "evs_seul": "\\\\\\\\", "aucune": "---", "": "..."}
"""A pattern each, so that what is possible is told apart in grey too."""
_HATCH_COLOURS = {**STATUS_COLOURS, "aucune": OUTLINE, "": UNKNOWN_DOTS}
_ZONE_INSIDE_MM = 0.55
_FAR = 2.2
"""Beyond this many of its own widths, a sign is tied by a line to the place that it is of."""
_TOWN, BOLD = 5_000, 5
_CROWDED = 1500


def fill_style(known: str) -> dict[str, Any]:
    """Return how a commune of a status is filled."""
    return {"facecolor": STATUS_COLOURS[known] if known else "white"}


def hatch_style(known: str, possible: str) -> dict[str, Any] | None:
    """Return the lines over a fill: what else is possible, or that nothing is known; None where neither."""
    if known == possible and known:
        return None
    colour = _HATCH_COLOURS[possible]
    return {"facecolor": "none", "edgecolor": colour, "linewidth": 0, "hatch": _HATCHES[possible]}


@dataclass(frozen=True)
class Layers:
    """What is drawn of a report, computed once for the map and its insets."""

    report: Report
    content: MapContent

    @cached_property
    def statuses(self) -> dict[tuple[str, str], list[str]]:
        """Return the communes by pair of statuses."""
        return statuses(self.report)

    @cached_property
    def epci(self) -> dict[str, Shape]:
        """Return the outline of each EPCI, on the territory; none where there is but one."""
        codes: dict[str, list[str]] = {}
        for code, epci in self.report.coverage.territory.communes["epci"].items():
            if epci and code in self.content.shapes:
                codes.setdefault(epci, []).append(code)
        return {epci: self.union(members) for epci, members in codes.items()} if len(codes) > 1 else {}

    @cached_property
    def territory(self) -> Shape:
        """Return the outline of the territory."""
        return self.union(list(self.content.shapes))

    @cached_property
    def zones(self) -> list[Shape]:
        """Return the outline of each zone blanche of which a commune has a contour."""
        found = [
            [code for code, _ in zone.communes if code in self.content.shapes]
            for zone in self.report.zones
            if zone.kind == GAP
        ]
        return [self.union(codes) for codes in found if codes]

    def union(self, codes: Sequence[str]) -> Shape:
        """Return the contours of communes as one."""
        import shapely

        return shapely.union_all([self.content.shapes[code] for code in codes])


@dataclass
class View:
    """A window of the territory, *window* in metres, drawn in *box* of the sheet at *scale* mm per metre."""

    layers: Layers
    sheet: Sheet
    box: Box
    window: Box
    scale: float
    taken: list[Box] = field(default_factory=list)

    def place(self, points: Any) -> Any:  # noqa: ANN401 - an array n × 2
        """Return points in metres as millimetres of the sheet."""
        return (np.asarray(points)[:, :2] - (self.window.left, self.window.bottom)) * self.scale + (
            self.box.left,
            self.box.bottom,
        )

    def point(self, x_m: float, y_m: float) -> Point:
        """Return one point in metres as millimetres of the sheet."""
        ((x, y),) = self.place([(x_m, y_m)])
        return float(x), float(y)

    def _seen(self, shape: Shape) -> bool:
        left, bottom, right, top = shape.bounds
        return Box(left, bottom, right, top).meets(self.window)

    def draw_communes(self, prefix: str) -> None:
        """Draw communes by status, what else is possible, limits, EPCI, zones blanches; *prefix* of ids."""
        shapes, sheet = self.layers.content.shapes, self.sheet
        for (known, _), codes in self.layers.statuses.items():
            for code in codes:
                if code in shapes and self._seen(shapes[code]):
                    style = {**fill_style(known), **self.line(COMMUNE_LINE)}
                    sheet.shape(shapes[code], self.place, self.box, f"{prefix}commune-{code}", **style)
        for (known, possible), codes in self.layers.statuses.items():
            style_of = hatch_style(known, possible)
            here = [code for code in codes if code in shapes and self._seen(shapes[code])]
            if style_of is not None and here:
                gid = f"{prefix}possible-{known or 'inconnu'}-{possible or 'inconnu'}"
                sheet.shape(self.layers.union(here), self.place, self.box, gid, **style_of)
        for code, shape in self.layers.epci.items():
            if self._seen(shape):
                sheet.shape(
                    shape,
                    self.place,
                    self.box,
                    f"{prefix}epci-{code}",
                    facecolor="none",
                    **self.line(EPCI_LINE),
                )
        sheet.shape(
            self.layers.territory,
            self.place,
            self.box,
            f"{prefix}territoire",
            facecolor="none",
            **BORDER_LINE,
        )
        self._draw_zones(prefix)

    def line(self, style: Style) -> Style:
        """Return a line of limits, thinner where communes are so many that lines would hide their colour."""
        crowded = len(self.layers.content.shapes) > _CROWDED
        return {**style, "linewidth": style["linewidth"] / 2} if crowded else style

    def _draw_zones(self, prefix: str) -> None:
        """Draw zones blanches by a line inside them: where it runs by a limit, it tells on which side."""
        for rank, shape in enumerate(self.layers.zones, 1):
            inside = shape.buffer(-_ZONE_INSIDE_MM / self.scale, join_style="mitre")
            drawn = shape if inside.is_empty else inside
            if self._seen(drawn):
                gid = f"{prefix}zone-blanche-{rank}"
                sheet, place, box = self.sheet, self.place, self.box
                sheet.shape(drawn, place, box, facecolor="none", edgecolor="white", linewidth=2.2)
                sheet.shape(drawn, place, box, gid, facecolor="none", **ZONE_LINE)

    def draw_quarters(self, prefix: str, quarters: Sequence[PlacedQuarter]) -> None:
        """Draw the perimeters of quarters."""
        for one in quarters:
            if one.perimeter is not None and self._seen(one.perimeter):
                gid = f"{prefix}qpv-{one.qpv.code}"
                sheet, place = self.sheet, self.place
                sheet.shape(
                    one.perimeter, place, self.box, facecolor="none", edgecolor="white", linewidth=2.4
                )
                sheet.shape(one.perimeter, place, self.box, gid, **PERIMETER)

    def draw_diamonds(self, quarters: Sequence[PlacedQuarter], size: float) -> None:
        """Draw a diamond for quarters, one for all those of a place, with their number.

        It stands on its place where the perimeter is known, else under it: a chef-lieu is that of others too.
        """
        places: dict[tuple[float, float], list[PlacedQuarter]] = {}
        for one in quarters:
            places.setdefault((one.x_m, one.y_m), []).append(one)
        wanted = [self.point(*place) for place in places]
        under = [0.0 if here[0].perimeter is not None else size for here in places.values()]
        start = [(x, y - down) for (x, y), down in zip(wanted, under, strict=True)]
        moved = spread(start, size, self.box, self.taken)
        for (x, y), (true_x, true_y) in zip(moved, wanted, strict=True):
            if math.hypot(x - true_x, y - true_y) > _FAR * size:
                self.sheet.polyline([(x, y), (true_x, true_y)], edgecolor=QPV_COLOUR, linewidth=0.5)
        half = size / 2
        self.taken += [Box(x - half, y - half, x + half, y + half) for x, y in moved]
        for place, here in zip(moved, places.values(), strict=True):
            draw_sign(self.sheet, "QPV", here[0].perimeter is not None, place, size)
            if len(here) > 1:
                self._number(str(len(here)), place, size)

    def _number(self, text: str, place: Point, size: float) -> None:
        """Write a number beside a sign: on the first of its sides that is free, else on its right."""
        x, y = place
        letters = size / MM_PER_POINT * 0.85
        width, high = text_width(text, letters), letters * MM_PER_POINT * 0.74
        near = size / 2 + 0.25
        sides = [
            (near, -high / 2),
            (-near - width, -high / 2),
            (-width / 2, -near - high),
            (-width / 2, near),
        ]
        boxes = [Box(x + dx, y + dy, x + dx + width, y + dy + high) for dx, dy in sides]
        box = next((box for box in boxes if not any(box.meets(other) for other in self.taken)), boxes[0])
        self.sheet.text(box.left, box.bottom, text, letters, colour=QPV_COLOUR, halo=1.4)
        self.taken.append(box)

    def draw_structures(self, prefix: str, size: float, names: Sequence[Box] = ()) -> None:
        """Draw structures by type, hollow where they are placed at a chef-lieu; none covers another.

        One that is far from its place for want of room is tied to it by a line. *names* are left free.
        """
        placed = [one for one in self.layers.content.structures if self._holds(one.x_m, one.y_m)]
        places = [self.point(one.x_m, one.y_m) for one in placed]
        moved = spread(places, size, self.box, names)
        for (x, y), (true_x, true_y) in zip(moved, places, strict=True):
            if math.hypot(x - true_x, y - true_y) > _FAR * size:
                self.sheet.polyline([(x, y), (true_x, true_y)], edgecolor=INK, linewidth=0.5)
        for one, (x, y) in zip(placed, moved, strict=True):
            full, gid = one.structure.position == "point", f"{prefix}structure-{one.structure.id}"
            draw_sign(self.sheet, one.structure.type, full, (x, y), size, gid)
            self.taken.append(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2))

    def _holds(self, x_m: float, y_m: float) -> bool:
        return self.window.left <= x_m <= self.window.right and self.window.bottom <= y_m <= self.window.top

    def names(self, most: int, letters: float, written: Collection[Name] = ()) -> list[PlacedName]:
        """Return the names of communes that find room, the most populous first; *letters* in points.

        Those *written* already are not among them.
        """
        communes = self.layers.report.coverage.territory.communes
        rows = zip(
            communes.index.tolist(), communes["nom"].tolist(), communes["population"].tolist(),
            communes["x_m"].tolist(), communes["y_m"].tolist(), strict=True,
        )  # fmt: skip
        found: list[Name] = []
        for code, name, people, x_m, y_m in sorted(rows, key=lambda row: (-row[2], row[0])):
            if code in self.layers.content.shapes and self._holds(x_m, y_m):
                bold = people >= _TOWN and len(found) < BOLD
                size = letters * (1.2 if bold else 1.1 if people >= _TOWN else 1)
                found.append(Name(printable(name), *self.point(x_m, y_m), size, bold))
        wanted = [name for name in found if name not in written]
        return place_names(wanted, self.taken, self.box.inset(0.6), most)

    def quarter_names(self, letters: float) -> dict[str, PlacedName]:
        """Return the names of the quarters in the window that find room, by code."""
        names = {
            Name(printable(one.qpv.name), *self.point(one.x_m, one.y_m), letters): one.qpv.code
            for one in self.layers.content.quarters
            if one.perimeter is not None and self._holds(one.x_m, one.y_m)
        }
        placed = place_names(list(names), self.taken, self.box.inset(0.6), len(names), 2.2)
        return {names[one.name]: one for one in placed}

    def write(self, names: Iterable[PlacedName], **style: Any) -> None:  # noqa: ANN401
        """Write names that have their place, each in a white halo."""
        for one in names:
            name = one.name
            self.sheet.text(one.left, one.base, name.text, name.size, bold=name.bold, halo=1.8, **style)
            self.taken.append(one.box)

    def draw_scale(self, left: float, bottom: float, most: float, letters: float) -> None:
        """Draw a scale bar of a round length, *most* mm at the longest."""
        metres = round_length(most / self.scale)
        width = metres * self.scale
        for part, colour in ((0, INK), (1, "white")):
            start = left + part * width / 2
            box = Box(start, bottom, start + width / 2, bottom + 1.1)
            self.sheet.box(box, facecolor=colour, edgecolor=INK, linewidth=0.6)
        base = bottom + 1.9
        for x, text in ((left, "0"), (left + width, distance(metres))):
            self.sheet.text(x, base, text, letters, align="center", halo=1.4)


def round_length(most: float) -> float:
    """Return the longest of 1, 2 or 5 times a power of ten that is not beyond *most*.

    >>> round_length(73.0), round_length(49.0), round_length(1.0)
    (50.0, 20.0, 1.0)
    """
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step for step in (power, 2 * power, 5 * power) if step <= most))


def draw_sign(sheet: Sheet, shape: str, full: bool, place: Point, size: float, gid: str = "") -> None:
    """Draw the sign of a structure or a quarter, *size* mm wide; hollow where it is not its very place."""
    x, y = place
    half = size / 2
    corners = {
        "CS": [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
        "EVS": [(-1.0, -0.78), (1.0, -0.78), (0.0, 0.95)],
        "QPV": [(-0.95, 0.0), (0.0, -0.95), (0.95, 0.0), (0.0, 0.95)],
    }[shape]
    colour = QPV_COLOUR if shape == "QPV" else INK
    points = [(x + dx * half, y + dy * half) for dx, dy in corners]
    casing: dict[str, Any] = {
        "facecolor": "white",
        "edgecolor": "white",
        "linewidth": 2.2,
        "joinstyle": "miter",
    }
    sheet.polyline(points, closed=True, **casing)
    style: dict[str, Any] = {"facecolor": colour if full else "white", "edgecolor": colour, "linewidth": 0.9}
    sheet.polyline(points, closed=True, gid=gid, joinstyle="miter", **style)
