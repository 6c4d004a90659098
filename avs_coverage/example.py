"""A complete made inventory, seeded: every feature can be seen at work on it, and it says it is made."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from avs_coverage.build import DEFAULT_DATE
from avs_coverage.inventory import FICTITIOUS
from avs_coverage.published_figures import published_figures
from avs_coverage.qpv import official_qpv
from avs_coverage.territory import Territory

_SEED = 2026
_DEFAULT_COUNTS = {"CS": 8, "EVS": 5}


@dataclass(frozen=True)
class MadeStructure:
    """One made row, under the columns of a structure list."""

    id: str
    nom: str
    type: str
    code_insee: str
    commune: str
    zone: str
    communes_desservies: str
    qpv_desservis: str
    premier_agrement: str
    acf: str
    ps_jeunes: str
    capacite: str
    longitude: str
    latitude: str
    acf_debut: str = ""
    ps_jeunes_debut: str = ""
    source: str = FICTITIOUS


def made_inventory(territory: Territory) -> list[MadeStructure]:
    """Return a made list with as many CS and EVS as are published of the territory.

    Seats are drawn by inhabitants, areas are the seat and some communes around it, all known;
    points are within a few hundred metres of the chef-lieu.
    The same territory gives the same list.
    """
    draw = random.Random(_SEED)  # noqa: S311 - an example, no secret
    rows = list(territory.rows.values())
    neighbours: dict[str, list[str]] = {}
    for code, other in territory.neighbours.itertuples(index=False):
        if other in territory.rows:
            neighbours.setdefault(code, []).append(other)
    quarters = {code: qpv.code for qpv in official_qpv(territory, DEFAULT_DATE) for code in qpv.communes}
    made, more = [], random.Random(_SEED + 1)  # noqa: S311
    for kind, count in published_counts(territory).items():
        seats = draw.choices(rows, weights=[row.population + 1 for row in rows], k=count)
        for rank, seat in enumerate(seats, 1):
            around = sorted(neighbours.get(seat.Index, []))
            served = [seat.Index, *draw.sample(around, min(len(around), draw.randint(0, 8)))]
            label = "Centre social" if kind == "CS" else "Espace de vie sociale"
            made.append(
                MadeStructure(
                    id=f"FICTIF-{kind}-{rank:02}",
                    nom=f"{label} fictif n° {rank} ({FICTITIOUS})",
                    type=kind,
                    code_insee=seat.Index,
                    commune=seat.nom,
                    zone="complete",
                    communes_desservies="|".join(served),
                    qpv_desservis=quarters.get(seat.Index, "") if draw.random() < 0.7 else "",  # noqa: PLR2004
                    premier_agrement=str(draw.randint(2012, 2025)),
                    acf=draw.choice(["oui", "non"]) if kind == "CS" else "",
                    ps_jeunes=draw.choice(["oui", "non"]) if kind == "CS" else "",
                    capacite=str(more.randrange(20, 200, 5)),
                    longitude=f"{seat.lon + more.uniform(-0.005, 0.005):.5f}",
                    latitude=f"{seat.lat + more.uniform(-0.005, 0.005):.5f}",
                )
            )
    return _with_dates(made)


def _with_dates(made: list[MadeStructure]) -> list[MadeStructure]:
    """Date the agreements held, from the opening to 2025; the PS jeunes from 2021, when it began."""
    draw = random.Random(_SEED + 2)  # noqa: S311 - its own: dates move nothing else of the example
    dated = []
    for row in made:
        opened = int(row.premier_agrement)
        acf, ps_jeunes = draw.randint(opened, 2025), draw.randint(max(opened, 2021), 2025)
        dated.append(
            replace(
                row,
                acf_debut=str(acf) if row.acf == "oui" else "",
                ps_jeunes_debut=str(ps_jeunes) if row.ps_jeunes == "oui" else "",
            )
        )
    return dated


def published_counts(territory: Territory) -> dict[str, int]:
    """Return how many CS and EVS the latest published figures count, else a handful."""
    counts = dict(_DEFAULT_COUNTS)
    for kind in counts:
        figures = [f for f in published_figures(territory.name) if f.code == f"nb_{kind.lower()}" and f.year]
        if figures:
            counts[kind] = int(max(figures, key=lambda figure: figure.year or 0).value)
    return counts
