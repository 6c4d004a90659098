"""The map of a report as a picture of an A4 page, to be printed: PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault
from avs_coverage.reports.map_content import NO_CONTOUR, MapContent, PlacedQuarter, no_map_reason
from avs_coverage.reports.map_inset import MOST, SMALL_MM, Inset, find_insets
from avs_coverage.reports.map_labels import Point
from avs_coverage.reports.map_legend import Group, draw_group, group_height, legend_groups
from avs_coverage.reports.map_sheet import MM_PER_POINT, Box, Sheet, drawing, line_height, wrapped
from avs_coverage.reports.map_view import BOLD, GROUND, Layers, View
from avs_coverage.reports.map_words import caption, key_figures, quarters_note, sources, what_to_know
from avs_coverage.reports.palette import INK, QPV_COLOUR

if TYPE_CHECKING:
    from avs_coverage.report import Report

FICTITIOUS_BANNER = "DONNÉES FICTIVES : cette carte ne décrit pas la réalité"
_LONG, _SHORT = 297.0, 210.0
_MARGIN, _GAP = 10.0, 4.0
_TITLE = 1.75
_INSET_HIGH = 41.0
_PAD, _STRIP = 3.5, 9.0
_LEAST_SHARE = 0.72
"""Insets may not take more of the scale of the map than the rest."""
_NAMES, _INSET_NAMES = 60, 4
_SLIM = 0.6
_INSET_SIGN = 2.4
_MANY = 150
_BADGE, _SMALL_WINDOW = 3.6, 8.0
_MOST_LINES = 22


def map_bytes(report: Report, kind: str) -> bytes:
    """Return the map as a file of *kind* ``png`` (200 dots an inch), ``svg`` or ``pdf``: an A4 page.

    The same report gives the same bytes. The map is in the legal projection of the territory. Raises
    OutputError: AVS-507 matplotlib is not installed, AVS-508 the territory has no map.
    """
    reason = no_map_reason(report)
    layers = Layers(report, MapContent(report))
    if not reason and not layers.content.shapes:
        reason = NO_CONTOUR
    if reason:
        raise OutputError(Fault("AVS-508", {"value": report.coverage.territory.label, "reason": reason}))
    with drawing(f"une carte {kind}"):
        page = best_page(layers)
        return page.drawn().content(kind, f"{caption(report)[0]} — {caption(report)[1]}")


class Block(NamedTuple):
    """A part of the legend, or an inset, as high as it says in its column."""

    height: float
    group: Group | None = None
    inset: Inset | None = None


@dataclass(frozen=True)
class Page:
    """How a page is shared: legend and insets are in columns under the map, or in one beside it.

    *insets* are those of the quarters too small to be seen; *diamonds*, the quarters shown by a sign.
    """

    layers: Layers
    wide: bool
    beside: bool
    diamonds: tuple[PlacedQuarter, ...]
    insets: tuple[Inset, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Return the width and height of the page, in mm."""
        return (_LONG, _SHORT) if self.wide else (_SHORT, _LONG)

    @property
    def letters(self) -> float:
        """Return the size of the letters of the legend, in points: larger on a page that a report shrinks."""
        return 9.5 if self.wide else 7.6

    @property
    def small(self) -> float:
        """Return the size of the smallest letters, in points."""
        return 8.2 if self.wide else 6.5

    @property
    def room(self) -> float:
        """Return the width within the margins, in mm."""
        return self.size[0] - 2 * _MARGIN

    @cached_property
    def count(self) -> int:
        """Return how many columns of legend and insets there are."""
        if self.beside:
            return 1
        return min(_columns(self.wide), len(self._blocks))

    @property
    def column_width(self) -> float:
        """Return the width of a column, in mm."""
        return 66.0 if self.wide else 60.0

    @cached_property
    def _blocks(self) -> list[Block]:
        marked = {one.perimeter is not None for one in self.diamonds}
        groups = legend_groups(self.layers, marked, bool(self.insets))
        blocks = [
            Block(group_height(group, self.column_width, self.letters), group=group) for group in groups
        ]
        return [*blocks, *(Block(_INSET_HIGH, inset=one) for one in self.insets)]

    @cached_property
    def columns(self) -> list[list[Block]]:
        """Return the blocks by column, in their order, the highest column as low as can be."""
        return even_columns(self._blocks, self.count)

    @cached_property
    def head(self) -> tuple[list[str], list[str]]:
        """Return the lines of the title, and those under it."""
        report, large = self.layers.report, self.letters * _TITLE
        above = [line for text in caption(report) for line in wrapped(text, self.room, large, True)]
        under = [line for text in key_figures(report) for line in wrapped(text, self.room, self.letters)]
        return above, under

    @cached_property
    def foot(self) -> list[str]:
        """Return the lines at the foot of the page: what the map does not show, sources."""
        report = self.layers.report
        hollow = [one for one in self.diamonds if one.perimeter is None]
        tiny = [one for one in self.diamonds if one.perimeter is not None]
        notes = [
            *self.layers.content.notes(),
            *quarters_note("QPV placés au chef-lieu", hollow),
            *quarters_note("QPV trop petits pour être vus", tiny),
            *quarters_note("QPV dessinés sans leur nom", self._unnamed),
            *what_to_know(report),
        ]
        lines = [line for text in notes for line in wrapped(text, self.room, self.small)]
        if len(lines) > _MOST_LINES:
            lines = [
                *lines[: _MOST_LINES - 1],
                "[…] La suite de ces notes est dans le rapport (avs-coverage report).",
            ]
        return [*lines, *(line for text in sources(report) for line in wrapped(text, self.room, self.small))]

    @property
    def middle(self) -> Box:
        """Return what is left between the head and the foot."""
        above, under = self.head
        top = self.size[1] - _MARGIN
        if self.layers.report.is_fictitious:
            top -= self._banner_high + 1.5
        top -= len(above) * line_height(self.letters * _TITLE) + len(under) * line_height(self.letters) + 2.5
        foot = len(self.foot) * line_height(self.small) + 2.0
        return Box(_MARGIN, _MARGIN + foot, self.size[0] - _MARGIN, top)

    @property
    def _banner_high(self) -> float:
        return line_height(self.letters * 1.3) * 1.4

    @property
    def blocks_height(self) -> float:
        """Return the height of the highest column, in mm."""
        return max(map(column_height, self.columns))

    @property
    def frame(self) -> Box:
        """Return the frame of the map."""
        middle = self.middle
        if self.beside:
            return middle._replace(right=middle.right - self.column_width - _GAP)
        return middle._replace(bottom=middle.bottom + self.blocks_height + _GAP)

    @cached_property
    def scale(self) -> float:
        """Return the millimetres of a metre; 0 where a column beside the map has no room for its blocks."""
        left, bottom, right, top = self.layers.content.bounds
        frame = self.frame
        width, height = max(frame.width - 2 * _PAD, 1.0), max(frame.height - 2 * _PAD - _STRIP, 1.0)
        if self.beside and self.blocks_height > frame.height:
            return 0.0
        return min(width / max(right - left, 1.0), height / max(top - bottom, 1.0))

    def drawn(self) -> Sheet:
        """Return the page, drawn."""
        sheet = Sheet(*self.size)
        self._draw_head(sheet)
        view = self._draw_map(sheet)
        self._draw_blocks(sheet)
        sheet.box(view.box, facecolor="none", edgecolor=INK, linewidth=0.8)
        sheet.lines(_MARGIN, _MARGIN + len(self.foot) * line_height(self.small), self.foot, self.small)
        return sheet

    def _draw_head(self, sheet: Sheet) -> None:
        above, under = self.head
        top = self.size[1] - _MARGIN
        if self.layers.report.is_fictitious:
            box = Box(_MARGIN, top - self._banner_high, self.size[0] - _MARGIN, top)
            sheet.box(box, facecolor=INK, edgecolor=INK, linewidth=0)
            size = self.letters * 1.3
            base = box.bottom + box.height / 2 - size * MM_PER_POINT * 0.36
            sheet.text(
                self.size[0] / 2, base, FICTITIOUS_BANNER, size, bold=True, align="center", colour="white"
            )
            top = box.bottom - 1.5
        top = sheet.lines(_MARGIN, top, above, self.letters * _TITLE, bold=True)
        sheet.lines(_MARGIN, top - 0.5, under, self.letters)

    def _draw_map(self, sheet: Sheet) -> View:
        """Draw the map in its frame, the territory in the middle of it over the strip of the scale."""
        left, bottom, right, top = self.layers.content.bounds
        frame = self.frame
        middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
        centre_y = (frame.bottom + _STRIP + frame.top) / 2
        window = Box(
            middle_x - frame.width / 2 / self.scale,
            middle_y - (centre_y - frame.bottom) / self.scale,
            middle_x + frame.width / 2 / self.scale,
            middle_y + (frame.top - centre_y) / self.scale,
        )
        view = View(self.layers, sheet, frame, window, self.scale)
        sheet.box(frame, facecolor=GROUND, edgecolor="none", linewidth=0)
        view.draw_communes("")
        view.draw_quarters("", self.layers.content.quarters)
        view.taken.append(frame._replace(top=frame.bottom + _STRIP))
        badges = [self._draw_window(view, inset) for inset in self.insets]
        size = sign_size(len(self.layers.content.structures))
        diamond = min(size, sign_size(len(self.diamonds)))
        # Where they are many, structures would leave the largest towns without a name.
        towns = view.names(BOLD, self.small) if len(self.layers.content.structures) > _MANY else []
        view.draw_structures("", size, [one.box for one in towns])
        view.write(towns)
        view.draw_diamonds([one for one in self.diamonds if one.perimeter is not None], diamond)
        view.write(view.names(_NAMES, self.small, {one.name for one in towns}))
        view.draw_diamonds([one for one in self.diamonds if one.perimeter is None], diamond)
        for inset, place in zip(self.insets, badges, strict=True):
            draw_badge(sheet, inset.letter, place)
        view.draw_scale(frame.left + 5, frame.bottom + 2.5, min(60.0, frame.width / 3), self.small)
        draw_north(sheet, (frame.right - 6, frame.bottom + 1.8), self.small)
        return view

    def _draw_window(self, view: View, inset: Inset) -> Point:
        """Draw the frame of an inset on the map, and return where its letter goes."""
        left, bottom = view.point(inset.window.left, inset.window.bottom)
        right, top = view.point(inset.window.right, inset.window.top)
        box = Box(left, bottom, right, top)
        for colour, width in (("white", 2.2), (INK, 0.9)):
            view.sheet.box(box, facecolor="none", edgecolor=colour, linewidth=width)
        half = _BADGE / 2
        for x, y in ((left - half, top + half), (right + half, top + half), (left - half, bottom - half)):
            badge = Box(x - half, y - half, x + half, y + half)
            if badge.within(view.box) and not any(badge.meets(other) for other in view.taken):
                break
        # A window as small as a name is kept free of names; a larger one may hold some.
        view.taken += [badge, *([box] if box.width < _SMALL_WINDOW else [])]
        return x, y

    def _draw_blocks(self, sheet: Sheet) -> None:
        frame, width = self.frame, self.column_width
        left, start = (frame.right + _GAP, frame.top) if self.beside else (frame.left, frame.bottom - _GAP)
        step = (self.room - width) / (_columns(self.wide) - 1)
        for rank, column in enumerate(self.columns):
            x, top = left + rank * step, start
            for block in column:
                if block.group is not None:
                    draw_group(sheet, block.group, x, top, width, self.letters)
                elif block.inset is not None:
                    self._draw_inset(sheet, block.inset, Box(x, top - block.height, x + width, top))
                top -= block.height + _GAP

    def _draw_inset(self, sheet: Sheet, inset: Inset, box: Box) -> None:
        """Draw an inset: its communes, structures, and quarters with their names."""
        view = self._inset_view(sheet, inset, box)
        prefix = f"encart-{inset.letter}-"
        sheet.box(box, facecolor=GROUND, edgecolor="none", linewidth=0)
        view.draw_communes(prefix)
        view.draw_quarters(prefix, self.layers.content.quarters)
        view.draw_structures(prefix, _INSET_SIGN)
        view.write(view.quarter_names(self.small).values(), colour=QPV_COLOUR)
        view.write(view.names(_INSET_NAMES, self.small))
        view.draw_scale(box.left + 2.5, box.bottom + 1.5, 22.0, self.small * 0.92)
        sheet.box(box, facecolor="none", edgecolor=INK, linewidth=0.8)
        draw_badge(sheet, inset.letter, (box.left + _BADGE / 2, box.top - _BADGE / 2))

    def _inset_view(self, sheet: Sheet, inset: Inset, box: Box) -> View:
        """Return the view of an inset, its letter and its scale kept free."""
        letter = Box(box.left, box.top - _BADGE, box.left + _BADGE, box.top)
        scale = Box(box.left, box.bottom, box.left + 26, box.bottom + 6.5)
        return View(self.layers, sheet, box, inset.window, box.width / inset.window.width, [letter, scale])

    @cached_property
    def _unnamed(self) -> list[PlacedQuarter]:
        """Return the quarters that the map shows by their perimeter, without room for their name."""
        named = {one.qpv.code for one in self.diamonds}
        for inset in self.insets:
            box = Box(0, 0, self.column_width, _INSET_HIGH)
            view = self._inset_view(Sheet(*self.size), inset, box)
            view.draw_structures("", _INSET_SIGN)
            named |= view.quarter_names(self.small).keys()
        return [one for one in self.layers.content.quarters if one.qpv.code not in named]


def _columns(wide: bool) -> int:
    """Return how many columns a page has room for."""
    return 4 if wide else 3


def best_page(layers: Layers) -> Page:
    """Return the page where the map is largest: upright, or lying where it would leave that half empty."""
    upright = max((_page(layers, False, beside) for beside in (False, True)), key=lambda page: page.scale)
    _, bottom, _, top = layers.content.bounds
    if (top - bottom) * upright.scale > _SLIM * (upright.frame.height - _STRIP):
        return upright
    lying = (_page(layers, True, beside) for beside in (False, True))
    return max((upright, *lying), key=lambda page: page.scale)


def _page(layers: Layers, wide: bool, beside: bool) -> Page:
    """Return a page with the insets that its scale asks for, fewer where there is no room for all."""
    quarters = layers.content.quarters
    hollow = tuple(one for one in quarters if one.perimeter is None)
    page = Page(layers, wide, beside, hollow)
    for most in range(MOST, -1, -1):
        insets = tuple(find_insets(quarters, page.scale, page.column_width, _INSET_HIGH, most))
        drawn = {one.qpv.code for inset in insets for one in inset.quarters}
        tiny = [one for one in quarters if one.perimeter is not None and one.qpv.code not in drawn]
        signs = tuple(one for one in tiny if one.side_m * page.scale < SMALL_MM / 2)
        made = Page(layers, wide, beside, (*hollow, *signs), insets)
        if made.scale > page.scale * _LEAST_SHARE:
            return made
    return page


def even_columns(blocks: Sequence[Block], count: int) -> list[list[Block]]:
    """Return blocks in *count* columns, in their order, so that the highest is as low as can be."""
    if count == 1:
        return [list(blocks)]
    cuts = range(1, len(blocks) - count + 2)
    tries = ([list(blocks[:cut]), *even_columns(blocks[cut:], count - 1)] for cut in cuts)
    return min(tries, key=lambda columns: max(map(column_height, columns)))


def column_height(column: Sequence[Block]) -> float:
    """Return how high blocks are, one above the other."""
    return sum(block.height for block in column) + _GAP * (len(column) - 1)


def sign_size(count: int) -> float:
    """Return how wide the sign of a structure is, in mm, where there are *count*."""
    return next((size for most, size in ((60, 2.6), (_MANY, 2.1), (300, 1.6)) if count <= most), 1.25)


def draw_badge(sheet: Sheet, letter: str, place: Point) -> None:
    """Draw the letter of an inset, white on dark."""
    x, y = place
    half = _BADGE / 2
    sheet.box(Box(x - half, y - half, x + half, y + half), facecolor=INK, edgecolor="white", linewidth=0.6)
    size = 8.0
    sheet.text(x, y - size * MM_PER_POINT * 0.36, letter, size, bold=True, align="center", colour="white")


def draw_north(sheet: Sheet, place: Point, letters: float) -> None:
    """Draw an arrow to the north of the grid, above *place*."""
    x, y = place
    sheet.polyline(
        [(x, y + 4.6), (x - 1.3, y), (x, y + 1.0)], closed=True, facecolor=INK, edgecolor=INK, linewidth=0.5
    )
    sheet.polyline(
        [(x, y + 4.6), (x + 1.3, y), (x, y + 1.0)],
        closed=True,
        facecolor="white",
        edgecolor=INK,
        linewidth=0.5,
    )
    sheet.text(x - 3.4, y + 1.4, "N", letters * 1.2, bold=True, align="center")
