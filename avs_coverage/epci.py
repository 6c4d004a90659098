"""The coverage of the part of each EPCI that lies in a territory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from avs_coverage.figure import Figure
from avs_coverage.names import normalise

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage


@dataclass(frozen=True)
class EpciCoverage:
    """The figures of the part of one EPCI that lies in the territory.

    *outside* names the communes of the EPCI beyond the territory: they are not counted.
    *communes*, *population* and *area_km2* are those of the part, inventory or not; *known* is
    the number of its communes for which an inventory stands.
    """

    code: str
    name: str
    communes: int
    known: int
    population: int
    area_km2: float
    outside: tuple[str, ...]
    figures: tuple[Figure, ...]

    def figure(self, measure: str, status: str) -> Figure:
        """Return one figure."""
        return self._by_name[measure, status]

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Figure]:
        return {(figure.measure, figure.status): figure for figure in self.figures}

    def to_record(self) -> dict[str, Any]:
        """Return the EPCI as plain values, under the names that stay."""
        return {
            "epci": self.code,
            "nom_epci": self.name,
            "nb_communes": self.communes,
            "nb_communes_avec_inventaire": self.known,
            "population": self.population,
            "superficie_km2": self.area_km2,
            "communes_hors_territoire": list(self.outside),
            "synthese": [figure.to_record() for figure in self.figures],
        }


def by_epci(coverage: Coverage) -> tuple[EpciCoverage, ...]:
    """Return the figures of each EPCI, by name; communes without one come last, under no name."""
    territory = coverage.territory
    column = territory.communes["epci"].to_numpy(dtype=object)
    names = dict(zip(column, territory.communes["nom_epci"].to_numpy(dtype=object), strict=True))
    codes = sorted(names, key=lambda code: (not code, normalise(names[code]), code))
    place = pd.Categorical(column, categories=codes).codes.astype(np.int64)
    sizes = np.bincount(place, minlength=len(codes))
    known = np.bincount(place[coverage.known], minlength=len(codes))
    people, areas = (coverage.totals_by(measure, place, len(codes)) for measure in ("habitants", "km2"))
    return tuple(
        EpciCoverage(
            code,
            names[code] or "Communes sans EPCI",
            int(sizes[rank]),
            int(known[rank]),
            int(people[rank]),
            float(areas[rank]),
            tuple(territory.epci_outside.get(code, ())),
            figures,
        )
        for rank, (code, figures) in enumerate(
            zip(codes, coverage.figures_by(place, len(codes)), strict=True)
        )
    )
