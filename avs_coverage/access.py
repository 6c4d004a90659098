"""How far the nearest structures are: distances by commune, quantiles, remoteness and inequality."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isinf
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.distances import Locations, metres_of
from avs_coverage.projection import epsg_of
from avs_coverage.rules.travel_time import destinations_of

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.indicators import Indicator
    from avs_coverage.loaders.travel_times import TravelTimes

Floats = np.ndarray[Any, np.dtype[np.float64]]
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
KINDS = ("CS", "EVS", "AVS")
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class CommuneAccess:
    """The nearest CS and EVS of a commune, from its chef-lieu.

    *cs* and *evs* are ids, empty where none is located or within reach; *cs_far* and *evs_far*, then
    None, are not rounded: metres as the crow flies where *unit* is ``km``, minutes of a matrix of travel
    times where it is ``min``. *cs_bounds* and *evs_bounds*, alike, are the least and the greatest distance
    that the places of the structures allow (see ``Locations.search``); a matrix has none: both ends are its
    duration. ``shown`` gives what is printed of them.
    *cs_position* and *evs_position* say how well the nearest is placed, empty where there is none.
    """

    code: str
    name: str
    population: int
    cs: str
    cs_far: float | None
    evs: str
    evs_far: float | None
    unit: str = "km"
    cs_bounds: Bounds = (None, None)
    evs_bounds: Bounds = (None, None)
    cs_position: str = ""
    evs_position: str = ""

    @property
    def avs_bounds(self) -> Bounds:
        """Return the least and the greatest distance to the nearer of the two."""
        least, most = (_least(*ends) for ends in zip(self.cs_bounds, self.evs_bounds, strict=True))
        return least, most

    @property
    def avs_far(self) -> float | None:
        """Return how far the nearer of the two is."""
        return _least(self.cs_far, self.evs_far)

    def shown(self, far: float | None) -> float | None:
        """Return a distance or a duration as it is printed, in *unit*: km to 0.1, minutes as they are."""
        return far if far is None or self.unit != "km" else round(far / 1000, 1)

    def to_record(self) -> dict[str, Any]:
        """Return the commune as plain values, under the names that stay."""
        record: dict[str, Any] = {
            "code_insee": self.code,
            "nom": self.name,
            "population": self.population,
            "cs_proche": self.cs or None,
            "cs_position": self.cs_position or None,
            "evs_proche": self.evs or None,
            "evs_position": self.evs_position or None,
        }
        for kind, far, (least, most) in (
            ("cs", self.cs_far, self.cs_bounds),
            ("evs", self.evs_far, self.evs_bounds),
            ("avs", self.avs_far, self.avs_bounds),
        ):
            name = f"{kind}_{self.unit}"
            ends = {"": far, "_minorant": least, "_majorant": most}
            record |= {f"{name}{end}": self.shown(value) for end, value in ends.items()}
        return record


def _least(*values: float | None) -> float | None:
    """Return the least of the values that are known, None where none is."""
    return min((value for value in values if value is not None), default=None)


@dataclass(frozen=True)
class AccessSummary:
    """How far inhabitants are from the nearest structure of a kind (CS, EVS, AVS).

    In *unit*, not rounded. *inhabitants*, or the sum of the count that weighs in their place.
    *quantiles*: share of inhabitants → distance within which they live. *fgt*: the indices
    of Foster, Greer and Thorbecke (1984) of orders 0, 1 and 2, of the excess over
    *threshold*: share of inhabitants beyond; mean excess as a share of the threshold; mean
    of its square. *gini* of the distances, 0–1. All are None where no structure is located.
    *mean_bounds* and *beyond_bounds*: minorant and majorant of the mean and of ``fgt[0]``.
    """

    kind: str
    inhabitants: int
    mean: float | None
    quantiles: dict[float, float] | None
    threshold: float
    fgt: tuple[float, float, float] | None
    gini: float | None
    unit: str = "km"
    mean_bounds: Bounds = (None, None)
    beyond_bounds: Bounds = (None, None)

    def to_record(self) -> dict[str, Any]:
        """Return the summary as plain values, under the names that stay."""
        quantiles = None
        if self.quantiles is not None:
            decimals = 1 if self.unit == "km" else None
            quantiles = {f"{q:g}": _rounded(far, decimals) for q, far in self.quantiles.items()}
        return {
            "type": self.kind,
            "habitants": self.inhabitants,
            f"moyenne_{self.unit}": _rounded(self.mean, 3),
            f"moyenne_{self.unit}_bornes": [_rounded(far, 3) for far in self.mean_bounds],
            f"quantiles_{self.unit}": quantiles,
            f"seuil_{self.unit}": self.threshold,
            "fgt": None if self.fgt is None else [round(value, 6) for value in self.fgt],
            "au_dela_bornes": [_rounded(share, 6) for share in self.beyond_bounds],
            "gini": _rounded(self.gini, 6),
        }


def _rounded(value: float | None, decimals: int | None) -> float | None:
    """Return a value as it is printed; to no number of decimals, as it is."""
    return value if value is None or decimals is None else round(value, decimals)


def communes_access(coverage: Coverage, codes: Collection[str] | None = None) -> tuple[CommuneAccess, ...]:
    """Return the nearest CS and EVS of each commune for which an inventory stands, by code.

    Of the communes of *codes* alone where given. Structures of elsewhere count; those without a known seat
    do not.
    """
    communes = coverage.territory.communes
    communes = communes[coverage.known if codes is None else coverage.known & communes.index.isin(codes)]
    x_m, y_m = communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float)
    epsg = communes["departement"].map(epsg_of).to_numpy(int)
    cs, evs = (_nearest(Locations(coverage, kind), x_m, y_m, epsg) for kind in ("CS", "EVS"))
    names = (communes[name].tolist() for name in ("nom", "population"))
    return tuple(
        CommuneAccess(code, name, population, c[0], c[1], e[0], e[1], "km", c[2], e[2], c[3], e[3])
        for code, name, population, c, e in zip(communes.index.tolist(), *names, cs, evs, strict=True)
    )


def _nearest(
    locations: Locations,
    x_m: Floats,
    y_m: Floats,
    epsg: Any,  # noqa: ANN401
) -> Iterator[tuple[str, float | None, Bounds, str]]:
    """Yield the id of the structure nearest to each point, its distance, the bounds and its position."""
    for rank, *far in zip(*(column.tolist() for column in locations.search(x_m, y_m, epsg)), strict=True):
        metres, least, most = (None if isinf(value) else value for value in far)
        structure = locations.structures[rank] if rank >= 0 else None
        id, position = (structure.id, structure.position) if structure else ("", "")
        yield id, metres, (least, most), position


def communes_access_by_time(coverage: Coverage, times: TravelTimes) -> tuple[CommuneAccess, ...]:
    """Return the nearest CS and EVS of each commune for which an inventory stands, in minutes, by code.

    A structure is found in the matrix by its id, a name that it alone bears, or the commune of its
    seat. None where the matrix joins the commune to no structure of the kind. Ties go to the smaller id.
    """
    structures = [s for s in coverage.inventory.counted(coverage.on) if s.seat]
    best: dict[tuple[str, str], tuple[float, str]] = {}
    told = times.frame.dropna(subset=["minutes"]).groupby("destination")
    rows = {key: list(zip(of["origine"], of["minutes"], strict=True)) for key, of in told}
    for structure, keys in destinations_of(structures, times):
        for origin, minutes in (pair for key in keys for pair in rows.get(key, ())):
            found = (float(minutes), structure.id)
            best[origin, structure.type] = min(best.get((origin, structure.type), found), found)
    none = (None, "")
    positions = {s.id: s.position for s in structures}
    made = []
    for row in coverage.territory.communes[coverage.known].itertuples():
        cs, evs = (best.get((str(row.Index), kind), none) for kind in ("CS", "EVS"))
        made.append(
            CommuneAccess(
                str(row.Index),
                row.nom,
                int(row.population),
                cs[1],
                cs[0],
                evs[1],
                evs[0],
                "min",
                (cs[0], cs[0]),
                (evs[0], evs[0]),
                positions.get(cs[1], ""),
                positions.get(evs[1], ""),
            )
        )
    return tuple(made)


def summarise_access(
    rows: Sequence[CommuneAccess], threshold: float, weight: Indicator | None = None
) -> tuple[AccessSummary, ...]:
    """Return the distances of inhabitants, or of a count by commune, to the nearest CS, EVS, and either.

    *threshold* is in km, in minutes where the rows are durations; beyond it is what is farther. A commune of
    which the count is not known weighs nothing.
    """
    people = np.array([row.population for row in rows], dtype=float)
    if weight is not None:
        people = np.nan_to_num(weight.values.reindex([row.code for row in rows]).to_numpy(float))
    columns = {
        "CS": [(row.cs_far, *row.cs_bounds) for row in rows],
        "EVS": [(row.evs_far, *row.evs_bounds) for row in rows],
        "AVS": [(row.avs_far, *row.avs_bounds) for row in rows],
    }
    unit = rows[0].unit if rows else "km"
    found = []
    for kind in KINDS:
        far, least, most = zip(*columns[kind], strict=True)
        low, high = (_summary(kind, column, people, threshold, unit) for column in (least, most))
        found.append(
            replace(
                _summary(kind, far, people, threshold, unit),
                mean_bounds=(low.mean, high.mean),
                beyond_bounds=(low.fgt and low.fgt[0], high.fgt and high.fgt[0]),
            )
        )
    return tuple(found)


def _summary(
    kind: str, distances: Sequence[float | None], people: Floats, threshold: float, unit: str
) -> AccessSummary:
    """Return the indices of distances in metres, or of durations in minutes, which *unit* tells."""
    inhabitants = round(float(people.sum()))
    known = [value for value in distances if value is not None]
    if len(known) < len(distances) or not inhabitants:
        return AccessSummary(kind, inhabitants, None, None, threshold, None, None, unit)
    far = np.array(known, dtype=float)
    # Metres are compared with metres, as the rule radius does: a quotient may end in another digit.
    scale, limit = (1000, metres_of(threshold)) if unit == "km" else (1, threshold)
    quantiles = {q: weighted_quantile(far, people, q) / scale for q in QUANTILES}
    beyond, excess, squared = (remoteness(far, people, limit, order) for order in (0, 1, 2))
    mean, fgt = float(np.average(far, weights=people)) / scale, (beyond, excess, squared)
    return AccessSummary(kind, inhabitants, mean, quantiles, threshold, fgt, gini(far, people), unit)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the least value within which at least *share* of the weight lies.

    >>> weighted_quantile(np.array([1.0, 2.0, 9.0]), np.array([5.0, 4.0, 1.0]), 0.5)
    1.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
    return float(values[order][min(int(place), len(values) - 1)])


def remoteness(values: Floats, weights: Floats, threshold: float, order: int) -> float:
    """Return the index of Foster, Greer and Thorbecke of what exceeds a threshold.

    The mean over *weights* of ((value − threshold) ÷ threshold) to the power *order* where the value
    is beyond the threshold, 0 elsewhere. Source: Foster, Greer, Thorbecke, Econometrica 52(3), 1984,
    turned from shortfall to excess.

    >>> [remoteness(np.array([5.0, 15.0]), np.array([3.0, 1.0]), 10, order) for order in (0, 1, 2)]
    [0.25, 0.125, 0.0625]
    """
    beyond = values > threshold
    gap = np.where(beyond, (values - threshold) / threshold, 0.0)
    return float(np.average(np.where(beyond, gap**order, 0.0), weights=weights))


def gini(values: Floats, weights: Floats) -> float:
    """Return the Gini coefficient of values over weights, 0 (all alike) to 1.

    Half the mean absolute difference between two inhabitants, over the mean; 0 where the mean is.

    >>> gini(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    0.5
    """
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    total = float((values * weights).sum())
    if not total:
        return 0.0
    share = np.cumsum(weights * values) / total
    before = np.concatenate([[0.0], share[:-1]])
    return float(1 - ((share + before) * weights).sum() / weights.sum())
