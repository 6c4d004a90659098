"""The map of the HTML report: an inline SVG of communes, zones blanches, QPV and structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.gaps import GAP
from avs_coverage.gazetteer import departement_of
from avs_coverage.messages import counted, enumeration
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import departement_of_qpv
from avs_coverage.qpv_location import perimeters
from avs_coverage.reports.html_blocks import escape
from avs_coverage.reports.html_communes import CommuneRow
from avs_coverage.reports.html_frame import Frame, Shape

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report

MAX_COMMUNES = 6000
"""Beyond, a browser is slow and a commune is smaller than a pixel: only the tables are given."""
_NAMES = 12
STATUS_CLASSES = {
    "cs_seul": "cs",
    "cs_et_evs": "both",
    "evs_seul": "evs",
    "aucune": "none",
    "": "unknown",
}
KIND_CLASSES = {"blanche": "zero", "simple": "one", "multiple": "many", "": "unknown"}
MARKS = {
    "CS": "M-6-6h12v12h-12z",
    "EVS": "M0-8l8 14h-16z",
    "QPV": "M0-7l7 7l-7 7l-7-7z",
}
"""A shape each, so that colour is never all that tells them apart; in pixels, around the place."""


def no_map_reason(report: Report) -> str:
    """Say why the territory has no map; empty where it has one."""
    territory = report.coverage.territory
    count = len(territory.communes)
    projections = {epsg_of(code) for code in territory.name.departements}
    if count > MAX_COMMUNES or len(projections) > 1:
        return (
            f"Pas de carte : {counted(count, 'commune', 'communes')}, c'est trop pour une page à lire dans "
            "un navigateur. Les tableaux sont complets ; un rapport par région ou par département a sa carte."
        )
    return ""


@dataclass(frozen=True)
class CoverageMap:
    """The drawing of a report, and what has to be said beside it."""

    report: Report
    rows: Sequence[CommuneRow]

    @cached_property
    def _shapes(self) -> dict[str, Shape]:
        """Return the contour of each commune that has one, in the legal projection."""
        import shapely

        territory = self.report.coverage.territory
        found = territory.boundaries().to_crs(epsg_of(territory.name.departements[0]))
        found = found[~found.geometry.is_empty & found.geometry.notna()]
        shapes = found.geometry.to_numpy()
        if territory.contours is not None and len(shapes):  # the user's own may be very detailed
            scale = Frame.around(shapely.total_bounds(shapes)).scale
            shapes = shapely.coverage_simplify(shapes, scale * 2)
        return dict(zip(found.index.tolist(), shapes, strict=True))

    @cached_property
    def frame(self) -> Frame:
        """Return the frame around the communes."""
        import shapely

        return Frame.around(shapely.total_bounds(np.array(list(self._shapes.values()), dtype=object)))

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
        for code, name, x, y, path in self._placed_quarters:
            rank = taken[round(x), round(y)] = taken.get((round(x), round(y)), -1) + 1
            if path:
                yield f'<path class="perimeter" d="{path}"/>'
            kind = "full" if path else "hollow"
            where = "" if path else ", périmètre inconnu : au chef-lieu de la commune"
            # Under the chef-lieu, where the structures without coordinates already are.
            aside = (0, 0) if path else (_aside(rank)[0], _aside(rank)[1] + 17)
            yield self._mark("QPV", kind, f"QPV {name}{where}", code, (x, y), aside)

    @cached_property
    def _placed_quarters(self) -> list[tuple[str, str, float, float, str]]:
        """Return the quarters on the drawing: commune, name, place, and perimeter where it is known."""
        from avs_coverage.gazetteer import Gazetteer

        quarters = [view.qpv for view in self.report.qpv]
        known, gazetteer, found = perimeters(self.report.coverage, quarters), Gazetteer(), []
        for qpv in quarters:
            shape = known.get(qpv.code)
            communes = [code for code in qpv.communes if code in self.places] or list(qpv.communes)
            home = gazetteer.get(communes[0]) if communes else None
            if shape is not None:
                path, point = self.frame.fine_path(shape), shape.representative_point()
                x, y = self.frame.place(point.x, point.y)
            elif home is not None and departement_of(home.code) == departement_of_qpv(qpv.code):
                path, here = "", self.places.get(home.code)
                x, y = here or self.frame.place(home.x_m, home.y_m)
            else:
                continue
            if self.frame.holds(x, y):
                found.append((communes[0] if communes else "", f"{qpv.name} ({qpv.code})", x, y, path))
        return found

    def _structures(self) -> Iterator[str]:
        taken: dict[tuple[int, int], int] = {}
        for structure, x, y in self._placed:
            rank = taken[round(x), round(y)] = taken.get((round(x), round(y)), -1) + 1
            where = {
                "point": "",
                "chef_lieu": ", placée au chef-lieu de la commune de son siège",
                "deduit": ", commune du siège déduite",
            }[structure.position]
            kind = "full" if structure.position == "point" else "hollow"
            text = f"{structure.name} ({structure.type}){where}"
            yield self._mark(structure.type, kind, text, structure.seat, (x, y), _aside(rank))

    @cached_property
    def _placed(self) -> list[tuple[Structure, float, float]]:
        """Return the counted structures on the drawing, and where."""
        epsg = epsg_of(self.report.coverage.territory.name.departements[0])
        found = []
        for structure in self._counted:
            if structure.x_m is None or structure.y_m is None or not structure.seat:
                continue
            x, y = self.frame.place(structure.x_m, structure.y_m)
            if epsg_of(departement_of(structure.seat)) == epsg and self.frame.holds(x, y):
                found.append((structure, x, y))
        return found

    @cached_property
    def _counted(self) -> list[Structure]:
        coverage = self.report.coverage
        return sorted(coverage.inventory.counted(coverage.on), key=lambda s: s.id)

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

    def notes(self) -> list[str]:
        """Return what the map does not show, or shows elsewhere than it is."""
        found = []
        names = [f"{row.name} ({row.code})" for row in self.rows if row.code not in self._shapes]
        if names:
            found.append(f"Sans contour, donc hors de la carte : {enumeration(names, _NAMES)}.")
        seen = {structure.id for structure, _, _ in self._placed}
        absent = [s for s in self._counted if s.id not in seen]
        for reason, lost in (
            ("siège inconnu", [s.name for s in absent if not s.seat]),
            ("siège hors de la carte", [s.name for s in absent if s.seat]),
        ):
            if lost:
                words = ("structure comptée n'est pas dessinée", "structures comptées ne sont pas dessinées")
                found.append(f"{counted(len(lost), *words)}, {reason} : {enumeration(lost, _NAMES)}.")
        coarse = sum(structure.position != "point" for structure, _, _ in self._placed)
        if coarse:
            words = ("structure est placée", "structures sont placées")
            found.append(
                f"{counted(coarse, *words)} au chef-lieu de la commune du siège, faute de coordonnées : "
                "signe creux."
            )
        marked = sum(not path for *_, path in self._placed_quarters)
        if marked:
            words = ("QPV de périmètre inconnu est placé", "QPV de périmètre inconnu sont placés")
            found.append(f"{counted(marked, *words)} au chef-lieu d'une commune du quartier : losange creux.")
        if nowhere := len(self.report.qpv) - len(self._placed_quarters):
            words = ("QPV n'est pas dessiné", "QPV ne sont pas dessinés")
            found.append(f"{counted(nowhere, *words)}, faute de lieu connu.")
        return found


def sign(shape: str, kind: str, aside: tuple[int, int] = (0, 0)) -> str:
    """Return the sign of a structure or a quarter: ``hollow``, or ``full`` with a dark core.

    White within a dark line, it is read on a light commune and on a dark one.
    """
    moved = f"translate({aside[0]} {aside[1]})"
    core = f'<path class="core" d="{MARKS[shape]}" transform="{moved} scale(.6)"/>' if kind == "full" else ""
    return f'<path d="{MARKS[shape]}" transform="{moved}"/>{core}'


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
