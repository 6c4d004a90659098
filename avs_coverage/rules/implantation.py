"""Rule ``implantation``: a structure covers the commune where it has its seat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.rules import Links, link_table, seat_basis

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory


@dataclass(frozen=True)
class Implantation:
    """A commune is covered when at least one structure has its seat in it.

    The definition of the Cnaf's study of 2012: about 5 % of the communes of France. A structure
    whose seat is unknown covers nothing under it, not even possibly.
    """

    name: str = "implantation"
    typed: str = "implantation"
    unlocated_reason: str = "le siège"
    label: str = "commune du siège (implantation)"
    parameters: dict[str, float | str] = field(default_factory=dict)
    definition: str = "une commune est couverte quand au moins une structure y a son siège"
    hypothesis: str = "un siège déduit est bien dans la commune retenue"

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return one certain link for each structure seated in the territory."""
        here = territory.communes.index
        seated = (s for s in inventory.counted(on) if s.seat and s.seat in here)
        return Links(link_table((s.id, s.seat, 1.0, True, seat_basis(s)) for s in seated))

    def locates(self, structure: Structure) -> bool:
        """Tell whether the seat is known."""
        return bool(structure.seat)

    def caveats(self, coverage: Coverage) -> list[str]:
        """Return nothing: no distance is measured."""
        return []
