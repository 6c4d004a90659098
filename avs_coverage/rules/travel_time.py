"""Rule ``travel-time``: a structure covers the communes whose chef-lieu is within a duration by road."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.distances import Floats, Ints, Points
from avs_coverage.gazetteer import departement_of
from avs_coverage.messages import counted, enumeration, plain
from avs_coverage.projection import epsg_of
from avs_coverage.rules import Link, Links, checked_table, link_table, seat_basis
from avs_coverage.rules.caveats import COARSE_PLACES, coarse_points

if TYPE_CHECKING:
    import pandas as pd

    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.loaders.travel_times import TravelTimes
    from avs_coverage.territory import Territory

DETOUR = 1.3
SPEED_KMH = 50.0
"""Without a matrix: a road 1.3 times longer than the straight line, at 50 km/h. Orders of size, not
measures: every output says that the duration is estimated."""

MOST_KMH = 130.0
"""Nobody legally drives faster, nor shorter than the straight line: a pair of which nothing is known and
that is too far even so cannot be within reach (code de la route, R413-2)."""

_NAMED = 6
_BATCH = 200


@dataclass(frozen=True)
class TravelTime:
    """Communes whose chef-lieu is at most *duration_min* minutes from a structure, and that of its seat.

    With *times*, a matrix or what a server answered; without, the straight line × 1.3 ÷ 50 km/h,
    labelled as an estimate. In a matrix, a pair that no road joins is out of reach, and so is a
    pair that it leaves out where it has both ends; where it leaves out a commune or a structure
    altogether, the pair is possibly within reach if it would be in a straight line at 130 km/h.
    """

    duration_min: float
    times: TravelTimes | None = None
    name: str = "travel-time"
    unlocated_reason: str = "le siège"

    @property
    def typed(self) -> str:
        """Return what a user types."""
        return f"travel-time:{plain(self.duration_min)}min"

    @property
    def label(self) -> str:
        """Return the rule with its duration."""
        basis = "" if self.times else ", durée estimée"
        if self.times and self.times.server:
            basis = f", durées du serveur OSRM {self.times.server}"
        return f"à {self._minutes} min au plus par la route{basis} ({self.typed})"

    @property
    def _minutes(self) -> str:
        return plain(self.duration_min).replace(".", ",")

    @property
    def parameters(self) -> dict[str, float | str]:
        """Return the duration, and the file, the server or the estimate it rests on."""
        if self.times:
            return {"duree_min": self.duration_min, "osrm" if self.times.server else "temps": self.times.file}
        return {"duree_min": self.duration_min, "detour": DETOUR, "vitesse_kmh": SPEED_KMH}

    @property
    def definition(self) -> str:
        """Return the definition in French."""
        basis = "durée estimée : ligne droite × 1,3, à 50 km/h"
        if self.times:
            source = f"du fichier {self.times.file}"
            if self.times.server:
                source = f"demandées au serveur OSRM {self.times.server}"
            basis = f"durées {source} ; un couple sans durée est hors de portée"
        where = (
            f"son chef-lieu est à {self._minutes} min au plus d'une structure, ou qu'une structure y siège"
        )
        return f"une commune est couverte quand {where} ; {basis}"

    @property
    def hypothesis(self) -> str:
        """Return what possible links suppose."""
        if self.times is None:
            return COARSE_PLACES
        if self.times.server:
            return ""
        return "un trajet que le fichier ne donne pas se ferait en ligne droite à 130 km/h"

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return links to the seat's commune and to those within reach."""
        structures = [s for s in inventory.counted(on) if self.locates(s)]
        points = _Points(territory)
        if self.times is None:
            return Links(_estimated(points, structures, self.duration_min))
        return Links(link_table(_measured(points, structures, self.times, self.duration_min)))

    def locates(self, structure: Structure) -> bool:
        """Tell whether the structure has a seat."""
        return bool(structure.seat) and structure.x_m is not None

    def caveats(self, coverage: Coverage) -> list[str]:
        """Say what the durations rest on, and what a matrix leaves out."""
        if self.times is None:
            return [f"Durées estimées, non mesurées ({self.typed}).", *coarse_points(coverage)]
        if self.times.server:
            return [
                f"Durées par la route demandées au serveur OSRM {self.times.server}.",
                *coarse_points(coverage),
            ]
        structures = [s for s in coverage.inventory.counted(coverage.on) if self.locates(s)]
        return _left_out(self.times, structures, coverage.territory)


def estimated_minutes(metres: Any) -> Any:  # noqa: ANN401 - a number or an array
    """Return the duration that is estimated without a matrix, not rounded.

    >>> round(estimated_minutes(10_000), 6)
    15.6
    """
    return metres * DETOUR / 1000 / SPEED_KMH * 60


class _Points:
    """The chefs-lieux of a territory, by rank: codes ascend."""

    def __init__(self, territory: Territory) -> None:
        communes = territory.communes
        self.codes = communes.index
        x_m, y_m = communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float)
        self._points = Points(x_m, y_m, communes["departement"].map(epsg_of).to_numpy(int))

    def within(self, structures: Sequence[Structure], reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Return pairs of ranks of a structure and of a chef-lieu within its reach, and the metres."""
        x_m, y_m = (np.array([getattr(s, axis) for s in structures], dtype=float) for axis in ("x_m", "y_m"))
        own = np.array([epsg_of(departement_of(s.seat)) for s in structures], dtype=int)
        found: list[tuple[Ints, Ints, Floats]] = [(np.empty(0, int), np.empty(0, int), np.empty(0))]
        for epsg in np.unique(own):
            ranks = np.flatnonzero(own == epsg)
            place, point, metres = self._points.within(x_m[ranks], y_m[ranks], int(epsg), reach_m[ranks])
            found.append((ranks[place], point, metres))
        structure, point, metres = (np.concatenate(column) for column in zip(*found, strict=True))
        return structure, point, metres


def _estimated(points: _Points, structures: Sequence[Structure], most_min: float) -> pd.DataFrame:
    """Return links by the straight line; a structure without coordinates may be nearer or farther."""
    error_m = np.array([s.position_error_m for s in structures], dtype=float)
    is_deduced = np.array([s.is_seat_deduced for s in structures], dtype=bool)
    reach_m = most_min / estimated_minutes(1.0) + error_m + 1.0
    structure, commune, metres = points.within(structures, reach_m)
    reached, surely, perhaps = (
        estimated_minutes(metres + sign * error_m[structure]) <= most_min for sign in (0, 1, -1)
    )
    surely &= ~is_deduced[structure]
    homes = points.codes.get_indexer([s.seat for s in structures])
    seated = np.flatnonzero(homes >= 0)
    # Of each structure its seat, then what is surely reached, what is reached, what may be.
    level = np.select([reached & surely, reached, perhaps], [1, 2, 3], default=0)
    level[commune == homes[structure]] = 0
    told = level > 0
    structure = np.concatenate([seated, structure[told]])
    commune = np.concatenate([homes[seated], commune[told]])
    level = np.concatenate([np.zeros(len(seated), dtype=int), level[told]])
    order = np.lexsort((commune, level, structure))
    structure, commune, level = structure[order], commune[order], level[order]
    words = np.array(["", "duree_estimee", "duree_approchee", "duree_possible"], dtype=object)
    basis = words[level]
    basis[level == 0] = [seat_basis(structures[rank]) for rank in structure[level == 0]]
    return checked_table(
        {
            "structure": np.array([s.id for s in structures], dtype=object)[structure].tolist(),
            "commune": points.codes.to_numpy(object)[commune].tolist(),
            "share": np.ones(len(structure)),
            "certain": level < 3,  # noqa: PLR2004
            "basis": basis.tolist(),
        }
    )


def _measured(
    points: _Points, structures: Sequence[Structure], times: TravelTimes, most: float
) -> Iterator[Link]:
    frame = times.frame
    near = frame[frame["minutes"] <= most].groupby("destination")["origine"].agg(set).to_dict()
    here = set(points.codes)
    untold = here - times.origins
    told = list(destinations_of(structures, times))
    unsure = [structure for structure, keys in told if (untold if keys else here)]
    straight = _within_straight(points, unsure, most / 60 * MOST_KMH * 1000)
    for structure, keys in told:
        reached = set().union(*(near.get(key, set()) for key in keys)) & here
        yield from _certain(structure, reached, points, "duree")
        unknown = untold if keys else here
        if unknown:
            for code in sorted((next(straight) & unknown) - reached - {structure.seat}):
                yield structure.id, code, 1.0, False, "duree_inconnue"


def _within_straight(
    points: _Points, structures: Sequence[Structure], reach_m: float
) -> Iterator[frozenset[str]]:
    """Yield the communes whose chef-lieu is within a distance of each structure."""
    for first in range(0, len(structures), _BATCH):
        some = structures[first : first + _BATCH]
        structure, commune, _ = points.within(some, np.full(len(some), reach_m))
        ends = np.searchsorted(np.sort(structure), np.arange(1, len(some)))
        order = np.argsort(structure, kind="stable")
        for found in np.split(commune[order], ends):
            yield frozenset(points.codes[found])


def _certain(structure: Structure, reached: set[str], points: _Points, basis: str) -> Iterator[Link]:
    if structure.seat in points.codes:
        yield structure.id, structure.seat, 1.0, True, seat_basis(structure)
    for code in sorted(reached - {structure.seat}):
        yield structure.id, code, 1.0, True, basis


def destinations_of(
    structures: Sequence[Structure], times: TravelTimes
) -> Iterator[tuple[Structure, frozenset[str]]]:
    """Yield each structure with its destinations in a matrix: none where it is left out.

    Its own row, by id or by a name that no other structure has, says more than that of its commune.
    """
    alike = Counter(structure.name for structure in structures)
    for structure in structures:
        is_named = alike[structure.name] == 1 and not times.server  # a server answers by id alone
        own = {structure.id} | ({structure.name} if is_named else set())
        found = own & times.destinations
        yield structure, frozenset(found or times.by_commune.get(structure.seat, frozenset()))


def _left_out(times: TravelTimes, structures: Sequence[Structure], territory: Territory) -> list[str]:
    """Say which communes, structures and destinations a matrix and the list do not share."""
    found = []
    pairs = list(destinations_of(structures, times))
    if without := [structure.name for structure, keys in pairs if not keys]:
        words = ("structure absente", "structures absentes")
        found.append(
            f"{counted(len(without), *words)} de {times.file} ({enumeration(without, _NAMED)}) : seule la "
            "commune du siège est certaine."
        )
    if untold := len(set(territory.communes.index) - times.origins):
        words = ("commune absente", "communes absentes")
        found.append(f"{counted(untold, *words)} de {times.file} : leur couverture n'est que possible.")
    alike = [name for name, count in Counter(s.name for s in structures).items() if count > 1]
    if ambiguous := sorted(set(alike) & times.destinations):
        found.append(
            "Destinations non utilisées, plusieurs structures portent ce nom (écrivez leurs identifiants) : "
            f"{enumeration(ambiguous, _NAMED)}."
        )
    told = {s.id for s in structures} | {s.name for s in structures}
    told |= {text for texts in times.by_commune.values() for text in texts}
    if foreign := sorted(times.destinations - told):
        words = ("destination n'est", "destinations ne sont")
        found.append(
            f"{counted(len(foreign), *words)} ni une structure comptée ni une commune : "
            f"{enumeration(foreign, _NAMED)}."
        )
    return found
