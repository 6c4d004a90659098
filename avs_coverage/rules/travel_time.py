"""Rule ``travel-time``: a structure covers the communes whose chef-lieu is within a duration by road."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from avs_coverage.gazetteer import departement_of
from avs_coverage.projection import epsg_of
from avs_coverage.rules import Link, Links, link_table

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.loaders.travel_times import TravelTimes
    from avs_coverage.territory import Territory

DETOUR = 1.3
SPEED_KMH = 50.0
"""Without a matrix: a road 1.3 times longer than the straight line, at 50 km/h. Orders of size, not
measures: every output says that the duration is estimated."""


@dataclass(frozen=True)
class TravelTime:
    """Communes whose chef-lieu is at most *duration_min* minutes from a structure.

    With *times*, a matrix; without, the straight line × 1.3 ÷ 50 km/h, labelled as an estimate. In
    a matrix, a pair that no road joins is out of reach, and so is a pair that it leaves out where
    it has both ends; a commune that it leaves out altogether is only possibly covered.
    """

    duration_min: float
    times: TravelTimes | None = None
    name: str = "travel-time"

    @property
    def label(self) -> str:
        """Return the rule with its duration."""
        minutes = f"{self.duration_min:g}".replace(".", ",")
        estimated = "" if self.times else ", durée estimée"
        return f"à {minutes} min au plus par la route{estimated} (travel-time:{self.duration_min:g}min)"

    @property
    def parameters(self) -> dict[str, float | str]:
        """Return the duration, and the file or the estimate it rests on."""
        if self.times:
            return {"duree_min": self.duration_min, "temps": self.times.file}
        return {"duree_min": self.duration_min, "detour": DETOUR, "vitesse_kmh": SPEED_KMH}

    @property
    def definition(self) -> str:
        """Return the definition in French."""
        minutes = f"{self.duration_min:g}".replace(".", ",")
        basis = "durée estimée : ligne droite × 1,3, à 50 km/h"
        if self.times:
            basis = f"durées du fichier {self.times.file} ; un couple sans durée est hors de portée"
        where = f"son chef-lieu est à {minutes} min au plus d'une structure"
        return f"une commune est couverte quand {where} ; {basis}"

    @property
    def hypothesis(self) -> str:
        """Return what possible links suppose."""
        return "une commune absente du fichier de temps serait à portée" if self.times else ""

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return links to the communes within reach."""
        structures = [s for s in inventory.counted(on) if self.locates(s)]
        links = _estimated(territory, structures, self.duration_min)
        if self.times is not None:
            links = _measured(territory, structures, self.times, self.duration_min)
        return Links(link_table(links))

    def locates(self, structure: Structure) -> bool:
        """Tell whether the structure has a seat and, in a matrix, a row."""
        if not structure.seat or structure.x_m is None:
            return False
        return self.times is None or bool(_keys(structure) & self.times.destinations)


def _keys(structure: Structure) -> set[str]:
    """Return what a matrix may call a structure: its id, its name, or the commune of its seat."""
    return {structure.id, structure.name, structure.seat}


def _measured(
    territory: Territory, structures: list[Structure], times: TravelTimes, most: float
) -> Iterator[Link]:
    frame = times.frame
    near = frame[frame["minutes"] <= most].groupby("destination")["origine"].agg(set).to_dict()
    unknown = [code for code in territory.communes.index if code not in times.origins]
    for structure in structures:
        # Its own row, by id or name, says more than that of its commune.
        own = ({structure.id, structure.name} & times.destinations) or {structure.seat}
        reached = set().union(*(near.get(key, set()) for key in own))
        for code in sorted(reached & set(territory.communes.index)):
            yield structure.id, code, 1.0, True, "duree"
        for code in unknown:
            yield structure.id, code, 1.0, False, "duree_inconnue"


def _estimated(territory: Territory, structures: list[Structure], most: float) -> Iterator[Link]:
    communes = territory.communes
    x_m, y_m = communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float)
    epsg = communes["departement"].map(epsg_of).to_numpy()
    radius_m = most / 60 * SPEED_KMH * 1000 / DETOUR
    for structure in structures:
        here = epsg == epsg_of(departement_of(structure.seat))
        metres = np.hypot(x_m - (structure.x_m or 0.0), y_m - (structure.y_m or 0.0))
        for code in communes.index[here & (metres <= radius_m)]:
            yield structure.id, str(code), 1.0, True, "duree_estimee"
