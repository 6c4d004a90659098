"""Small made worlds: a territory drawn by hand, and structures placed in it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.rules import get_rule
from avs_coverage.territory import Territory
from avs_coverage.territory_names import TerritoryName

DAY = date(2022, 12, 31)


def territory(
    epci: dict[str, str],
    pairs: list[tuple[str, str]] = (),
    population: dict[str, int] | None = None,
    departement: str = "03",
) -> Territory:
    """Make a territory from commune → EPCI (empty: none) and pairs of neighbours.

    The n-th commune has 10 × n inhabitants unless told, n km², and stands at x = 1000 × n, y = 0.
    """
    codes = sorted(epci)
    ranks = range(1, len(codes) + 1)
    population = population or {code: 10 * rank for code, rank in zip(codes, ranks, strict=True)}
    frame = pd.DataFrame(
        {
            "nom": [f"Commune {code}" for code in codes],
            "departement": departement,
            "region": "84",
            "canton": "",
            "epci": [epci[code] for code in codes],
            "nom_epci": [epci[code] and f"CC {epci[code]}" for code in codes],
            "population": [population[code] for code in codes],
            "superficie_km2": [float(rank) for rank in ranks],
            "x_m": [1000 * rank for rank in ranks],
            "y_m": 0,
        },
        index=pd.Index(codes, name="code"),
    )
    made = Territory(TerritoryName("departement", departement, "Monde", (departement,)), frame)
    both = [*pairs, *((b, a) for a, b in pairs)]
    made.__dict__["neighbours"] = pd.DataFrame(both, columns=["code", "voisin"])
    made.__dict__["epci_outside"] = {}
    return made


def structure(
    id: str,
    kind: str,
    seat: str = "",
    area: str = "inconnue",
    communes: str = "",
    world: Territory | None = None,
    **more: object,
) -> Structure:
    """Make a structure; *communes* are codes separated by spaces, EPCI are read from *world*."""
    codes = tuple(communes.split())
    lookup = dict(world.communes["epci"]) if world else {}
    x_m = float(world.communes["x_m"].get(seat, 0)) if world and seat else None
    return Structure(
        id=id,
        name=f"Structure {id}",
        type=kind,
        seat=seat,
        seat_epci=lookup.get(seat, ""),
        area=area,
        communes=codes,
        communes_epci=tuple(lookup.get(code, "") for code in codes),
        x_m=x_m,
        y_m=None if x_m is None else 0.0,
        **more,  # type: ignore[arg-type]
    )


def cover(
    world: Territory,
    *structures: Structure,
    rule: str = "declared",
    on: date = DAY,
    departements: frozenset[str] = frozenset({"03"}),
    include_unconfirmed: bool = False,
) -> Coverage:
    """Compute the coverage of a world."""
    inventory = Inventory(structures, departements, "essai", "essai", include_unconfirmed=include_unconfirmed)
    return Coverage.compute(world, inventory, get_rule(rule), on)


def brackets(coverage: Coverage, measure: str = "communes") -> dict[str, tuple[object, object, object]]:
    """Return status → (minorant, figure, majorant)."""
    return {f.status: (f.lower, f.numerator, f.upper) for f in coverage.figures() if f.measure == measure}
