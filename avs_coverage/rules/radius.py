"""Rule ``radius``: a structure covers the inhabitants within a distance, as the crow flies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.messages import counted, distance, number, percent, plain
from avs_coverage.rules import Links
from avs_coverage.rules.caveats import COARSE_PLACES, coarse_points
from avs_coverage.rules.demand import (
    CHEF_LIEU,
    DEMAND_LABELS,
    GRID,
    Places,
    communes_without_cells,
    demands,
)
from avs_coverage.rules.reached import Demand, reached_links

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory


@dataclass(frozen=True)
class Radius:
    """Inhabitants within *radius_m* metres of a structure, point to point, in the legal projection.

    A commune is covered when a structure has its seat in it, or when at least *commune_share* of
    its inhabitants are within the distance. *population_by* says where inhabitants are:
    ``chef-lieu``, ``grid`` or ``area``. A structure without coordinates stands at its seat's
    chef-lieu.
    """

    radius_m: float
    population_by: str = CHEF_LIEU
    commune_share: float = 0.5
    name: str = "radius"
    hypothesis: str = COARSE_PLACES
    unlocated_reason: str = "le siège"

    @property
    def typed(self) -> str:
        """Return what a user types."""
        km = self.radius_m >= 1000  # noqa: PLR2004
        return f"radius:{plain(self.radius_m / 1000)}km" if km else f"radius:{plain(self.radius_m)}m"

    @property
    def label(self) -> str:
        """Return the rule with its distance, and what a user types."""
        return f"à {distance(self.radius_m)} au plus ({self.typed})"

    @property
    def parameters(self) -> dict[str, float | str]:
        """Return the distance, where inhabitants are, and from what share a commune is covered."""
        return {
            "rayon_m": self.radius_m,
            "population_par": self.population_by,
            "part_commune": self.commune_share,
        }

    @property
    def definition(self) -> str:
        """Return the definition in French."""
        share = plain(self.commune_share * 100).replace(".", ",")
        return (
            f"un habitant est couvert à {distance(self.radius_m)} au plus d'une structure, à vol d'oiseau ; "
            f"une commune l'est quand une structure y a son siège ou quand {share} % au moins de ses "
            f"habitants le sont ; {DEMAND_LABELS[self.population_by]} ; une structure sans coordonnées est "
            "placée au chef-lieu de son siège"
        )

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return links to every commune with an inhabitant within the distance, or the seat."""
        structures = [s for s in inventory.counted(on) if self.locates(s)]
        known = not any(s.position_error_m or not s.is_firm for s in structures)
        levels = ("certain",) if known else ("certain", "firm", "any")
        found = {level: self.demands(territory, structures, level) for level in levels}
        return reached_links(territory, structures, found, self.commune_share)

    def demands(
        self, territory: Territory, structures: Sequence[Structure], level: str = "certain"
    ) -> Iterator[Demand]:
        """Yield the points that stand for inhabitants, and which structures reach them.

        *level*: ``certain`` with every structure at its place, or at its seat's chef-lieu; ``firm``
        and ``any``, those that are reached wherever, or somewhere, in their communes the structures
        without coordinates are. The points are the same at every level, in the same order.
        """
        sign = {"certain": 0, "firm": 1, "any": -1}[level]
        farther_m = [sign * structure.position_error_m for structure in structures]
        radii_m = [self.radius_m if level != "firm" or s.is_firm else -1.0 for s in structures]
        return demands(territory, Places(structures, radii_m, farther_m), self.population_by)

    def locates(self, structure: Structure) -> bool:
        """Tell whether the structure has a place: its own point, or its seat's chef-lieu."""
        return bool(structure.seat) and structure.x_m is not None

    def caveats(self, coverage: Coverage) -> list[str]:
        """Say which structures have no point, and what the cells are."""
        found = coarse_points(coverage)
        if self.population_by != GRID:
            return found
        found += [
            f"Carreaux : {grid.file}, {number(round(grid.total))} habitants dans {number(len(grid))} "
            f"carreaux, dont {percent(grid.imputed_share)} dans des carreaux imputés par l'INSEE."
            for grid in coverage.territory.grids
        ]
        if without := communes_without_cells(coverage.territory):
            words = ("commune sans carreau habité, dont", "communes sans carreau habité, dont")
            found.append(f"{counted(without, *words)} les habitants sont tenus pour être au chef-lieu.")
        return found
