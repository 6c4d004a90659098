"""The map of the HTML report: an inline SVG of communes, zones blanches, QPV and structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.gaps import GAP
from avs_coverage.reports.html_blocks import escape
from avs_coverage.reports.html_communes import CommuneRow
from avs_coverage.reports.html_frame import Frame, Shape
from avs_coverage.reports.map_content import MapContent
from avs_coverage.reports.palette import INK, OUTLINE, QPV_COLOUR, STATUS_COLOURS, UNKNOWN_DOTS

if TYPE_CHECKING:
    from avs_coverage.report import Report

STATUS_CLASSES = {
    "cs_seul": "cs",
    "cs_et_evs": "both",
    "evs_seul": "evs",
    "aucune": "none",
    "": "unknown",
}
STYLE = ":root {{ {} }}\n".format(
    " ".join(
        f"--{name}: {colour};"
        for name, colour in {
            **{name: STATUS_COLOURS[status] for status, name in STATUS_CLASSES.items() if status},
            "dot": UNKNOWN_DOTS,
            "border": OUTLINE,
            "zone": INK,
            "mark": INK,
            "qpv": QPV_COLOUR,
        }.items()
    )
)
"""The colours of the map, those of the printed map and of the layers, as the style sheet names them."""
KIND_CLASSES = {"blanche": "zero", "simple": "one", "multiple": "many", "": "unknown"}
MARKS = {
    "CS": "M-6-6h12v12h-12z",
    "EVS": "M0-8l8 14h-16z",
    "QPV": "M0-7l7 7l-7 7l-7-7z",
}
"""A shape each, so that colour is never all that tells them apart; in pixels, around the place."""


@dataclass(frozen=True)
class CoverageMap:
    """The drawing of a report, and what has to be said beside it."""

    report: Report
    rows: Sequence[CommuneRow]

    @cached_property
    def content(self) -> MapContent:
        """Return what the map shows, in metres."""
        return MapContent(self.report)

    @property
    def _shapes(self) -> dict[str, Shape]:
        return self.content.shapes

    @cached_property
    def frame(self) -> Frame:
        """Return the frame around the communes."""
        return Frame.around(self.content.bounds)

    @property
    def is_empty(self) -> bool:
        """Tell whether no commune has a contour."""
        return not self._shapes

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Return where the chef-lieu of each commune is."""
        communes = self.report.coverage.territory.communes
        x, y = self.frame.place(communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float))
        pairs = zip(np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist(), strict=True)
        return dict(zip(communes.index.tolist(), pairs, strict=True))

    def svg(self) -> str:
        """Return the drawing."""
        frame = self.frame
        layers = {
            "layer-communes": "".join(self._communes()),
            "hatch-status": "".join(self._hatchings(_status)),
            "hatch-multiplicity": "".join(self._hatchings(_kind)),
            **{f"layer-{name}": text for name, text in self.layers.items()},
        }
        groups = "".join(f'<g id="{name}">\n{text}</g>\n' for name, text in layers.items())
        return (
            f'<svg id="map" viewBox="0 0 {frame.width} {frame.height}" role="img" '
            'aria-labelledby="map-title" xmlns="http://www.w3.org/2000/svg">\n'
            f'<title id="map-title">{escape(self._title())}</title>\n'
            f"<defs>{''.join(self._patterns())}</defs>\n"
            f'{groups}<path id="cursor" d=""/></svg>\n'
        )

    @cached_property
    def layers(self) -> dict[str, str]:
        """Return what is drawn over the communes, by layer; empty where there is nothing to draw."""
        found = {"zones": self._zones(), "qpv": self._quarters(), "structures": self._structures()}
        return {name: "".join(parts) for name, parts in found.items()}

    def has_mark(self, shape: str, kind: str) -> bool:
        """Tell whether a sign is on the drawing."""
        return any(f'class="mark {shape.lower()} {kind}"' in text for text in self.layers.values())

    def _title(self) -> str:
        coverage = self.report.coverage
        return f"Carte des communes, {coverage.territory.label} : {coverage.rule.label}"

    def _communes(self) -> Iterator[str]:
        for row in self.rows:
            if row.code in self._shapes:
                classes = f"s-{STATUS_CLASSES[row.status]} m-{KIND_CLASSES[row.kind]}"
                path = self.frame.path(self._shapes[row.code])
                yield f'<path class="{classes}" data-code="{escape(row.code)}" d="{path}"/>\n'

    @cached_property
    def fills(self) -> dict[str, list[tuple[str, str]]]:
        """Return, by layer, the pairs (known, possible) that the map shows, in the order of the legend."""
        return {
            "s": sorted({_status(row) for row in self.rows}, key=_order(STATUS_CLASSES)),
            "m": sorted({_kind(row) for row in self.rows}, key=_order(KIND_CLASSES)),
        }

    def _hatchings(self, pair_of: Callable[[CommuneRow], tuple[str, str]]) -> Iterator[str]:
        """Yield one shape for all the communes of a hatching: a pattern filled once is printed at once."""
        import shapely

        shapes: dict[str, list[Shape]] = {}
        for row in self.rows:
            known, possible = pair_of(row)
            if is_hatched(known, possible) and row.code in self._shapes:
                shapes.setdefault(possible, []).append(self._shapes[row.code])
        for possible, found in sorted(shapes.items()):
            yield f'<path class="h-{possible}" d="{self.frame.path(shapely.union_all(found))}"/>\n'

    def _patterns(self) -> Iterator[str]:
        """Yield the hatchings: over the colour of what is known, lines of the colour of what is possible.

        Those of the map (``p-``) keep their size on the screen when it is zoomed; those of the
        legend (``q-``) are the same, at their size.
        """
        tile = 'patternUnits="userSpaceOnUse" width="9" height="9"'
        for name in {**{name: "" for name in STATUS_CLASSES.values()}, "one": "", "many": ""}:
            inside = f'<rect width="2" height="9" class="k-{name}"/>'
            if name == "unknown":
                inside = '<circle cx="4.5" cy="4.5" r="1.2" class="k-dot"/>'
            scale = f"scale({self.unit:.3f})"
            yield f'<pattern id="p-{name}" {tile} patternTransform="{scale} rotate(45)">{inside}</pattern>'
            yield f'<pattern id="q-{name}" href="#p-{name}" patternTransform="rotate(45)"/>'

    @property
    def unit(self) -> float:
        """Return how many units a pixel is, where the drawing is about 800 pixels wide."""
        return self.frame.width / 800

    def _zones(self) -> Iterator[str]:
        import shapely

        for zone in self.report.zones:
            shapes = [self._shapes[code] for code, _ in zone.communes if code in self._shapes]
            if zone.kind == GAP and shapes:
                path = self.frame.path(shapely.union_all(shapes))
                yield f'<path class="casing" d="{path}"/><path class="zone" d="{path}"/>\n'

    def _quarters(self) -> Iterator[str]:
        taken: dict[tuple[int, int], int] = {}
        for one in self.content.quarters:
            x, y = self.frame.place(one.x_m, one.y_m)
            rank = taken[round(x), round(y)] = taken.get((round(x), round(y)), -1) + 1
            path = "" if one.perimeter is None else self.frame.fine_path(one.perimeter)
            if path:
                yield f'<path class="halo" d="{path}"/><path class="perimeter" d="{path}"/>'
            kind = "full" if path else "hollow"
            where = "" if path else ", périmètre inconnu : au chef-lieu de la commune"
            # Under the chef-lieu, where the structures without coordinates already are.
            aside = (0, 0) if path else (_aside(rank)[0], _aside(rank)[1] + 17)
            yield self._mark("QPV", kind, f"QPV {one.label}{where}", one.commune, (x, y), aside)

    def _structures(self) -> Iterator[str]:
        taken: dict[tuple[int, int], int] = {}
        for structure, x_m, y_m in self.content.structures:
            x, y = self.frame.place(x_m, y_m)
            rank = taken[round(x), round(y)] = taken.get((round(x), round(y)), -1) + 1
            where = {
                "point": "",
                "chef_lieu": ", placée au chef-lieu de la commune de son siège",
                "deduit": ", commune du siège déduite",
            }[structure.position]
            kind = "full" if structure.position == "point" else "hollow"
            text = f"{structure.name} ({structure.type}){where}"
            yield self._mark(structure.type, kind, text, structure.seat, (x, y), _aside(rank))

    def _mark(
        self,
        shape: str,
        kind: str,
        text: str,
        code: str,
        place: tuple[float, float],
        aside: tuple[int, int] = (0, 0),
    ) -> str:
        x, y = (f"{value:.1f}" for value in place)
        return (
            f'<g class="mark {shape.lower()} {kind}" data-code="{escape(code)}" data-x="{x}" data-y="{y}" '
            f'transform="translate({x} {y}) scale({self.unit:.3f})">'
            f"<title>{escape(text)}</title>{sign(shape, kind, aside)}</g>\n"
        )


def sign(shape: str, kind: str, aside: tuple[int, int] = (0, 0)) -> str:
    """Return the sign of a structure or a quarter: ``hollow``, or ``full`` with a dark core.

    White within a dark line within a white rim, it is read on a light commune and on a dark one.
    """
    moved = f"translate({aside[0]} {aside[1]})"
    rim = f'<path class="rim" d="{MARKS[shape]}" transform="{moved}"/>'
    core = f'<path class="core" d="{MARKS[shape]}" transform="{moved} scale(.6)"/>' if kind == "full" else ""
    return f'{rim}<path d="{MARKS[shape]}" transform="{moved}"/>{core}'


def is_hatched(known: str, possible: str) -> bool:
    """Tell whether a fill is more than one colour: something else is possible, or nothing is known."""
    return known != possible or known == "unknown"


def _status(row: CommuneRow) -> tuple[str, str]:
    return STATUS_CLASSES[row.status], STATUS_CLASSES[row.status_possible]


def _kind(row: CommuneRow) -> tuple[str, str]:
    return KIND_CLASSES[row.kind], KIND_CLASSES[row.kind_possible]


def _order(classes: dict[str, str]) -> Any:  # noqa: ANN401 - a key function
    ranks = {name: rank for rank, name in enumerate(classes.values())}
    return lambda pair: (ranks[pair[0]], pair[0] != pair[1], ranks[pair[1]])


def _aside(rank: int) -> tuple[int, int]:
    """Return how far the n-th mark of a same place is moved, in pixels: in rows of four."""
    return 15 * (rank % 4), 17 * (rank // 4)


def legend_labels(layer: str, labels: dict[str, str]) -> dict[str, str]:
    """Return the words of each colour of a layer."""
    classes: Iterable[tuple[str, str]] = (STATUS_CLASSES if layer == "s" else KIND_CLASSES).items()
    return {name: labels[key] for key, name in classes}
