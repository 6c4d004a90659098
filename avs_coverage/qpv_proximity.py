"""How many quarters have a structure inside or near, and how many people live there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avs_coverage.qpv import Qpv
from avs_coverage.qpv_location import (
    DEFAULT_DISTANCE_M,
    INSIDE,
    NEAR,
    STATUSES,
    QpvLocation,
)


@dataclass(frozen=True)
class Proximity:
    """Quarters with a structure inside, or near (inside, or within the distance), and their inhabitants.

    Each is (number, minorant, majorant) of *quarters*, or of the inhabitants *total*, over the
    départements with an inventory; inhabitants are None where a population is unknown. The majorant adds
    the quarters of which it is not known that there is none.
    """

    distance_m: float
    counts: Mapping[str, int]
    quarters: int
    inside: tuple[int, int, int]
    near: tuple[int, int, int]
    total: int | None
    people_inside: tuple[int, int, int] | None
    people_near: tuple[int, int, int] | None

    def to_record(self) -> dict[str, Any]:
        """Return the summary as plain values, under the names that stay."""
        names = ("nombre", "minorant", "majorant")
        found: dict[str, Any] = {
            "seuil_m": self.distance_m,
            "nb_qpv": self.quarters,
            "par_statut": {status: self.counts.get(status, 0) for status in STATUSES},
            "habitants_total": self.total,
        }
        for key, count, people in (
            (INSIDE, self.inside, self.people_inside),
            (NEAR, self.near, self.people_near),
        ):
            found[key] = {
                "qpv": dict(zip(names, count, strict=True)),
                "habitants": dict(zip(names, people, strict=True)) if people else None,
            }
        return found


def summarise_locations(quarters: Sequence[Qpv], located: Mapping[str, QpvLocation]) -> Proximity:
    """Count the quarters with a structure inside or near, and their inhabitants."""
    places = [(qpv, located[qpv.code]) for qpv in quarters]
    listed = [(qpv, place) for qpv, place in places if place.is_listed]
    people = [qpv.population for qpv, _ in listed]
    known = [one for one in people if one is not None]
    weights = known if listed and len(known) == len(listed) else None
    ones = [1] * len(listed)
    places_listed = [place for _, place in listed]
    return Proximity(
        places[0][1].distance_m if places else DEFAULT_DISTANCE_M,
        Counter(place.status for _, place in places),
        len(listed),
        _bracket(places_listed, ones, only_inside=True),
        _bracket(places_listed, ones, only_inside=False),
        None if weights is None else sum(weights),
        None if weights is None else _bracket(places_listed, weights, only_inside=True),
        None if weights is None else _bracket(places_listed, weights, only_inside=False),
    )


def _bracket(
    places: Sequence[QpvLocation], weights: Sequence[int], *, only_inside: bool
) -> tuple[int, int, int]:
    """Return the sum of *weights* over the quarters with a structure: retained, for sure, and at most."""
    retained = sure = most = 0
    for place, weight in zip(places, weights, strict=True):
        found = place.inside if only_inside else (*place.inside, *place.near)
        retained += weight if found else 0
        sure += weight if set(found) - place.unsure else 0
        is_open = not (place.is_whole and place.has_perimeter) or bool(place.undecidable)
        most += weight if found or is_open or (only_inside and place.limit) else 0
    return retained, sure, most
