"""The perimeters of QPV, the user's own or those that come with the tool, and how exact each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.embedded import read_parquet
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import Qpv, departement_of_qpv, embedded_quarters

if TYPE_CHECKING:
    from avs_coverage.territory import Territory

_FILE = "qpv_perimeters.parquet"
_ERROR_M = {2015: 2.0, 2024: 8.0}
_ERROR_OVERSEAS_M = {2015: 2.0, 2024: 9.0}


@dataclass(frozen=True)
class Perimeter:
    """A valid polygon in the legal projection of the quarter; its limit is at most *error_m* metres off.

    The error is 0 for the user's own, which are taken as they are.
    """

    shape: Any  # a shapely geometry
    error_m: float


def embedded_error_m(code: str) -> float:
    """Return how far the limit of an embedded perimeter may be from the official one, in metres.

    2024: every vertex kept, rounded to 4 decimals of a degree (7 m in France, 7.9 m in Guyane), then to
    1 m (0.7 m). 2015: rounded to 1 m, of a drawing at 1/4 000 (0.2 mm on the paper: 0.8 m).

    >>> embedded_error_m("QN00304M"), embedded_error_m("QN97301N"), embedded_error_m("QP003004")
    (8.0, 9.0, 2.0)
    """
    errors = _ERROR_OVERSEAS_M if epsg_of(departement_of_qpv(code)) != epsg_of("") else _ERROR_M
    return errors[2015 if code.startswith("QP") else 2024]


def perimeters(territory: Territory, quarters: Sequence[Qpv]) -> dict[str, Perimeter]:
    """Return the known perimeters by code, the user's first; embedded ones of these départements are read."""
    own = territory.quarters
    wanted = {qpv.code for qpv in quarters}
    found: dict[str, Perimeter] = {}
    if own is not None and len(own.perimeters):
        for epsg in sorted({epsg_of(departement_of_qpv(code)) for code in own.perimeters.index}):
            shapes = own.perimeters.to_crs(epsg)
            for code, shape in shapes.items():
                if code in wanted and epsg_of(departement_of_qpv(str(code))) == epsg:
                    found[str(code)] = Perimeter(shape, 0.0)
    return found | embedded_perimeters(wanted - found.keys())


def known_errors_m(territory: Territory, quarters: Sequence[Qpv]) -> dict[str, float]:
    """Return the error of each known perimeter by code, without reading any."""
    own = territory.quarters.perimeters.index if territory.quarters is not None else ()
    codes = [qpv.code for qpv in quarters]
    embedded = embedded_quarters({departement_of_qpv(code) for code in codes})
    found = {code: embedded_error_m(code) for code in codes if code in embedded}
    return found | {code: 0.0 for code in codes if code in own}


def embedded_perimeters(codes: set[str]) -> dict[str, Perimeter]:
    """Return the embedded perimeters of some quarters; those of a made-up code are missing."""
    if not codes:
        return {}
    rows = read_parquet(_FILE, {departement_of_qpv(code) for code in codes})
    rows = rows[rows["code"].isin(codes)]
    shapes = _shapes(*(rows[name].tolist() for name in ("x", "y", "points", "rings")))
    return {
        code: Perimeter(shape, embedded_error_m(code))
        for code, shape in zip(rows["code"].tolist(), shapes, strict=True)
    }


def _shapes(
    x: list[np.ndarray], y: list[np.ndarray], points: list[np.ndarray], rings: list[np.ndarray]
) -> np.ndarray:
    """Return the multipolygons of columns of whole metres (tools/build_data/qpv.py)."""
    import shapely

    if not x:
        return np.empty(0, dtype=object)
    coordinates = np.column_stack([np.concatenate(x), np.concatenate(y)]).astype(float)
    sizes = (np.concatenate(points), np.concatenate(rings), np.array([len(one) for one in rings]))
    offsets = tuple(np.concatenate([[0], np.cumsum(one)]) for one in sizes)
    found: np.ndarray = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, coordinates, offsets)
    return found
