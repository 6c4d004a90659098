"""Rule ``declared``: a structure covers the communes of its declared service area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.messages import counted
from avs_coverage.rules import Link, Links, link_table, seat_basis
from avs_coverage.territory import METROPOLE_DU_GRAND_PARIS

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory


@dataclass(frozen=True)
class Declared:
    """A commune is covered when it lies in the service area that a structure declares.

    What is certain of an area that is not wholly known is its seat and the communes it names;
    what is possible is the rest of the EPCI, a hypothesis that no figure rests on: it only
    sets the upper end of the bracket.
    """

    name: str = "declared"
    typed: str = "declared"
    unlocated_reason: str = "le siège ou une commune desservie"
    label: str = "zone d'intervention déclarée (declared)"
    parameters: dict[str, float | str] = field(default_factory=dict)
    definition: str = (
        "une commune est couverte quand elle est dans la zone d'intervention déclarée d'une structure ; "
        "quand la zone n'est pas connue, seuls le siège et les communes nommées sont certains"
    )
    hypothesis: str = "aucune zone ne dépasse l'EPCI du siège"

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return certain and possible links to the communes of the territory."""
        links = (link for structure in inventory.counted(on) for link in _area(structure, territory))
        return Links(link_table(links))

    def locates(self, structure: Structure) -> bool:
        """Tell whether a seat or at least one commune is known."""
        return bool(structure.seat or structure.communes)

    def caveats(self, coverage: Coverage) -> list[str]:
        """Say which declared populations bound the inhabitants possibly covered."""
        if coverage.limits is None:
            return []
        count = counted(len(coverage.limits.bounded), "structure", "structures")
        return [
            "Le majorant des habitants est borné par la population de zone déclarée par "
            f"{count} dont la zone n'est pas toute connue."
        ]


def _possible(territory: Territory, commune: str, epci: str) -> dict[str, str]:
    """Return the communes of the territory that may be served from *commune*, with the basis.

    What may belong to an area of which only a commune is known: its EPCI. The Métropole du Grand Paris is
    too large for the hypothesis: its communes take their neighbours. A commune without an EPCI stands alone.
    """
    if epci == METROPOLE_DU_GRAND_PARIS:
        return dict.fromkeys(territory.neighbours_of.get(commune, ()), "commune_voisine")
    return dict.fromkeys(territory.epci_members.get(epci, ()) if epci else (), "epci")


def _area(structure: Structure, territory: Territory) -> Iterator[Link]:
    """Yield the links of one structure, each commune once, a certain link before a possible one."""
    named = dict.fromkeys(structure.communes)
    seat = {structure.seat: seat_basis(structure)} if structure.seat else {}
    certain: dict[str, str] = {}
    possible: dict[str, str] = {}
    if structure.area == "complete":
        certain = dict.fromkeys(named, "zone_complete")
    elif structure.area == "estimee":
        certain = dict(seat)
        possible = dict.fromkeys(named, "zone_estimee")
    else:
        if structure.area == "partielle":
            certain = dict.fromkeys(named, "zone_partielle")
        # A commune that the area names is certain, deduced seat or not.
        certain = seat | certain if structure.is_seat_deduced else certain | seat
        # Communes named in an area said to be unknown are no more than possible.
        possible = dict.fromkeys(named, "zone_inconnue")
        known = zip(structure.communes, structure.communes_epci, strict=True)
        origins = [(structure.seat, structure.seat_epci)] if structure.seat else list(known)
        for commune, epci in origins:
            possible |= _possible(territory, commune, epci)
    for commune, basis in certain.items():
        if commune in territory.codes:
            yield structure.id, commune, 1.0, True, basis
    for commune, basis in possible.items():
        if commune in territory.codes and commune not in certain:
            yield structure.id, commune, 1.0, False, basis
