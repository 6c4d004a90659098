"""What a map shows of a report, in metres of the legal projection, whatever then draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from avs_coverage.completeness import belongs
from avs_coverage.gazetteer import departement_of
from avs_coverage.messages import counted, enumeration
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import Qpv, departement_of_qpv
from avs_coverage.qpv_perimeters import perimeters
from avs_coverage.reports.palette import STATUS_COLOURS

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report

MAX_COMMUNES = 6000
"""Beyond, a browser is slow, and a commune is smaller than a pixel or than the line around it."""
FINENESS = 1960
"""Contours need no more detail than the longer side of the territory divided by this."""
_MARGIN = 20
_NAMES = 12
_ASIDE = "sans lien connu avec une commune de ce territoire"
Shape = Any  # a shapely geometry


class PlacedStructure(NamedTuple):
    """A counted structure on the map, in metres."""

    structure: Structure
    x_m: float
    y_m: float


class PlacedQuarter(NamedTuple):
    """A quarter on the map, in metres: inside its *perimeter*, else (None) at a chef-lieu of its communes."""

    qpv: Qpv
    commune: str
    x_m: float
    y_m: float
    perimeter: Shape | None

    @property
    def side_m(self) -> float:
        """Return the side of a square as large as the perimeter, in metres; 0 where it is not known."""
        return 0.0 if self.perimeter is None else float(self.perimeter.area) ** 0.5

    @property
    def label(self) -> str:
        """Return the name of the quarter with its code."""
        return f"{self.qpv.name} ({self.qpv.code})"


def no_map_reason(report: Report) -> str:
    """Say why the territory is too large for a map, as the end of a sentence; empty where it is not."""
    territory = report.coverage.territory
    count = len(territory.communes)
    if count > MAX_COMMUNES:
        return f"{counted(count, 'commune', 'communes')}, c'est trop pour une carte lisible"
    if len({epsg_of(code) for code in territory.name.departements}) > 1:
        return "le territoire s'étend sur plusieurs projections légales"
    return ""


NO_CONTOUR = "aucune commune n'a de contour"


@dataclass(frozen=True)
class MapContent:
    """The communes, structures and quarters that a map shows, and what it has to say that it does not."""

    report: Report

    @cached_property
    def epsg(self) -> int:
        """Return the legal projection of the territory."""
        return epsg_of(self.report.coverage.territory.name.departements[0])

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Return the contour of each commune that has one."""
        import shapely

        territory = self.report.coverage.territory
        found = territory.boundaries().to_crs(self.epsg)
        found = found[~found.geometry.is_empty & found.geometry.notna()]
        shapes = found.geometry.to_numpy()
        if territory.contours is not None and len(shapes):  # the user's own may be very detailed
            left, bottom, right, top = shapely.total_bounds(shapes)
            shapes = shapely.coverage_simplify(shapes, max(right - left, top - bottom, 1.0) / FINENESS * 2)
        return dict(zip(found.index.tolist(), shapes, strict=True))

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return the box around the communes: left, bottom, right, top."""
        import shapely

        left, bottom, right, top = shapely.total_bounds(np.array(list(self.shapes.values()), dtype=object))
        return float(left), float(bottom), float(right), float(top)

    def holds(self, x_m: float, y_m: float) -> bool:
        """Tell whether a place is on the map: around the communes, within a hundredth of its side."""
        left, bottom, right, top = self.bounds
        margin = max(right - left, top - bottom, 1.0) / FINENESS * _MARGIN
        return left - margin <= x_m <= right + margin and bottom - margin <= y_m <= top + margin

    @cached_property
    def structures(self) -> list[PlacedStructure]:
        """Return the counted structures on the map, by id."""
        return [
            PlacedStructure(one, one.x_m, one.y_m)
            for one in self._counted
            if one.x_m is not None
            and one.y_m is not None
            and one.seat
            and epsg_of(departement_of(one.seat)) == self.epsg
            and self.holds(one.x_m, one.y_m)
        ]

    @cached_property
    def _counted(self) -> list[Structure]:
        coverage = self.report.coverage
        return sorted(coverage.inventory.counted(coverage.on), key=lambda one: one.id)

    @cached_property
    def quarters(self) -> list[PlacedQuarter]:
        """Return the quarters on the map, by code."""
        from avs_coverage.gazetteer import Gazetteer

        quarters = [view.qpv for view in self.report.qpv]
        known, gazetteer, found = perimeters(self.report.coverage.territory, quarters), Gazetteer(), []
        # The chef-lieux of the territory may be fetched mairies; the gazetteer holds those of elsewhere.
        here = self.report.coverage.territory.rows
        for qpv in quarters:
            shape = known[qpv.code].shape if qpv.code in known else None
            communes = [code for code in qpv.communes if code in here] or list(qpv.communes)
            home = gazetteer.get(communes[0]) if communes else None
            commune = communes[0] if communes else ""
            if shape is not None:
                point = shape.representative_point()
                placed = PlacedQuarter(qpv, commune, point.x, point.y, shape)
            elif home is not None and departement_of(home.code) == departement_of_qpv(qpv.code):
                place = here.get(home.code, home)
                placed = PlacedQuarter(qpv, commune, float(place.x_m), float(place.y_m), None)
            else:
                continue
            if self.holds(placed.x_m, placed.y_m):
                found.append(placed)
        return found

    def notes(self) -> list[str]:
        """Return what the map does not show, or shows elsewhere than it is."""
        communes = self.report.coverage.territory.communes
        names = [f"{name} ({code})" for code, name in communes["nom"].items() if code not in self.shapes]
        found = []
        if names:
            found.append(f"Sans contour, donc hors de la carte : {enumeration(names, _NAMES)}.")
        return [*found, *self._structure_notes(), *self._quarter_notes()]

    def _structure_notes(self) -> list[str]:
        found = []
        seen = {one.structure.id for one in self.structures}
        absent = [one for one in self._counted if one.id not in seen]
        for reason, lost in (
            ("siège inconnu", [one for one in absent if not one.seat]),
            ("siège hors de la carte", [one for one in absent if one.seat]),
        ):
            if lost:
                words = ("structure comptée n'est pas dessinée", "structures comptées ne sont pas dessinées")
                found.append(f"{counted(len(lost), *words)}, {reason}{self._named(lost)}.")
        coarse = sum(one.structure.position != "point" for one in self.structures)
        if coarse:
            words = ("structure est placée", "structures sont placées")
            found.append(
                f"{counted(coarse, *words)} au chef-lieu de la commune du siège, faute de coordonnées : "
                "signe creux."
            )
        return found

    def _named(self, structures: Sequence[Structure]) -> str:
        """Name the structures that have to do with the territory, and count the others of their list."""
        coverage = self.report.coverage
        names = [
            one.name for one in structures if one.id in coverage.linked or belongs(one, coverage.territory)
        ]
        more = len(structures) - len(names)
        if not names:
            return f", {_ASIDE}"
        told = f" : {enumeration(names, _NAMES)}"
        return f"{told} ; {counted(more, 'autre', 'autres')}, {_ASIDE}" if more else told

    def _quarter_notes(self) -> list[str]:
        found = []
        marked = sum(one.perimeter is None for one in self.quarters)
        if marked:
            words = ("QPV de périmètre inconnu est placé", "QPV de périmètre inconnu sont placés")
            found.append(f"{counted(marked, *words)} au chef-lieu d'une commune du quartier : losange creux.")
        if nowhere := len(self.report.qpv) - len(self.quarters):
            words = ("QPV n'est pas dessiné", "QPV ne sont pas dessinés")
            found.append(f"{counted(nowhere, *words)}, faute de lieu connu.")
        return found


def statuses(report: Report) -> dict[tuple[str, str], list[str]]:
    """Return the codes of communes by pair of statuses, certain and possible, in the order of a legend."""
    frame = report.coverage.communes
    found: dict[tuple[str, str], list[str]] = {}
    for code, known, possible in zip(
        frame.index.tolist(), frame["statut"].tolist(), frame["statut_majorant"].tolist(), strict=True
    ):
        found.setdefault((known, possible), []).append(code)
    ranks = {name: rank for rank, name in enumerate(STATUS_COLOURS)}
    order = sorted(found, key=lambda pair: (ranks[pair[0]], pair[0] != pair[1], ranks[pair[1]]))
    return {pair: found[pair] for pair in order}
