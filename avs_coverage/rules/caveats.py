"""What several rules have to say of the structures from which they measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avs_coverage.messages import counted, number

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage

COARSE_PLACES = "une structure sans coordonnées est n'importe où dans la commune de son siège"
"""What the brackets of a distance suppose, and no more."""


def coarse_points(coverage: Coverage) -> list[str]:
    """Count the structures with a link that stand at their seat's chef-lieu for want of coordinates."""
    placed = [s for s in coverage.inventory.counted(coverage.on) if s.id in coverage.linked]
    coarse = sum(not structure.has_point for structure in placed)
    if not coarse:
        return []
    words = ("structure sans coordonnées, placée", "structures sans coordonnées, placées")
    return [f"{counted(coarse, *words)} au chef-lieu du siège (sur {number(len(placed))} à portée d'ici)."]
