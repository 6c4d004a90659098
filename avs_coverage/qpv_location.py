"""Where structures are with regard to the perimeters of QPV: inside, near, or not to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.embedded import data_dir
from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import Qpv, departement_of_qpv

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Structure

DEFAULT_DISTANCE_M = 300.0
"""The belt around a quarter of the reduced VAT (CGI, article 278 sexies): 300 m."""

INSIDE, NEAR, NONE, UNDECIDABLE, UNKNOWN = (
    "dedans", "a_proximite", "aucune", "indecidable", "perimetre_inconnu",
)  # fmt: skip

COLUMNS = (
    "code_qpv",
    "nom_qpv",
    "generation",
    "communes",
    "noms_communes",
    "population",
    "statut",
    "nb_structures",
    "structures",
    "publie",
    "position",
    "distance_m",
    "structures_dedans",
    "structures_proches",
    "structures_indecidables",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


@dataclass(frozen=True)
class QpvLocation:
    """The counted structures inside a quarter, and those within *distance_m* metres of it.

    *undecidable* are structures seated in one of its communes whose own point is not known: a
    chef-lieu says nothing of a quarter. *status* is ``dedans``, ``a_proximite``, ``aucune``,
    ``indecidable`` (none is known, some cannot be told) or ``perimetre_inconnu``.
    """

    code: str
    distance_m: float
    has_perimeter: bool
    inside: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    undecidable: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """Return what can be said of the quarter."""
        if not self.has_perimeter:
            return UNKNOWN
        if self.inside or self.near:
            return INSIDE if self.inside else NEAR
        return UNDECIDABLE if self.undecidable else NONE

    def to_record(self) -> dict[str, Any]:
        """Return the location as plain values, under the names that stay."""
        return {
            "position": self.status,
            "distance_m": self.distance_m,
            "structures_dedans": list(self.inside),
            "structures_proches": list(self.near),
            "structures_indecidables": list(self.undecidable),
        }


def locate(coverage: Coverage, quarters: Sequence[Qpv], distance_m: float) -> dict[str, QpvLocation]:
    """Return, for each quarter, the structures inside it or within *distance_m* metres, by code.

    Distances are from a structure's own point to the perimeter, in the legal projection of the
    quarter's département. Perimeters are the user's, else those embedded (2024, some départements).
    """
    structures = [s for s in coverage.inventory.counted(coverage.on) if s.seat]
    pointed = [s for s in structures if s.has_point]
    shapes = perimeters(coverage, quarters)
    return {qpv.code: _locate(qpv, shapes.get(qpv.code), structures, pointed, distance_m) for qpv in quarters}


def _locate(
    qpv: Qpv,
    shape: Any,  # noqa: ANN401 - a shapely geometry, in the legal projection
    structures: Sequence[Structure],
    pointed: Sequence[Structure],
    distance_m: float,
) -> QpvLocation:
    if shape is None:
        return QpvLocation(qpv.code, distance_m, has_perimeter=False)
    import shapely

    epsg = epsg_of(departement_of_qpv(qpv.code))
    here = [s for s in pointed if epsg_of(departement_of(s.seat)) == epsg]
    points = shapely.points([s.x_m for s in here], [s.y_m for s in here])
    metres = shapely.distance(points, shape) if here else np.empty(0)
    coarse = [s.id for s in structures if not s.has_point and s.seat in qpv.communes]
    return QpvLocation(
        qpv.code,
        distance_m,
        True,
        tuple(sorted(s.id for s, m in zip(here, metres, strict=True) if m == 0)),
        tuple(sorted(s.id for s, m in zip(here, metres, strict=True) if 0 < m <= distance_m)),
        tuple(sorted(coarse)),
    )


def perimeters(coverage: Coverage, quarters: Sequence[Qpv]) -> dict[str, Any]:
    """Return the known perimeters, each in the legal projection of its quarter."""
    own = coverage.territory.quarters
    found: dict[str, Any] = {}
    wanted = {qpv.code for qpv in quarters}
    if own is not None and len(own.perimeters):
        for epsg in {epsg_of(departement_of_qpv(code)) for code in own.perimeters.index}:
            shapes = own.perimeters.to_crs(epsg)
            found |= {c: s for c, s in shapes.items() if epsg_of(departement_of_qpv(str(c))) == epsg}
    if wanted - found.keys() and any(qpv.generation == 2024 for qpv in quarters):  # noqa: PLR2004
        import geopandas as gpd

        embedded = gpd.read_parquet(data_dir() / "qpv_2024_perimeters.parquet")
        found = {**dict(zip(embedded["code"], embedded.geometry, strict=True)), **found}
    return {code: shape for code, shape in found.items() if code in wanted}
