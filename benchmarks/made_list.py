"""Make a list of structures like a real one, for benchmarks: never a description of anything real.

    python benchmarks/made_list.py STRUCTURES OUT.csv [TERRITORY]

Seats are drawn by inhabitants. A centre social serves its commune and neighbours of the same EPCI, nearest
in the table of neighbours first, 1 to 15; an EVS 1 to 4; one structure in five has an area that is not
known. Six in ten have coordinates, one in twenty a deduced seat, seven in ten a first day, one in twelve a
last day. The same arguments give the same bytes; every row says that it is made.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from avs_coverage.inventory import FICTITIOUS
from avs_coverage.territory import Territory

COLUMNS = (
    "id", "nom", "type", "statut", "code_insee", "siege", "zone", "longitude", "latitude",
    "communes_desservies", "agrement_debut", "agrement_fin", "acf", "acf_debut", "ps_jeunes",
    "capacite", "source",
)  # fmt: skip
_MOST = {"CS": 15, "EVS": 4}


def made_rows(count: int, territory: str = "france") -> list[dict[str, Any]]:
    """Return *count* structures of a territory, as rows under ``COLUMNS``."""
    chance = np.random.default_rng(count)
    place = Territory.find(territory)
    communes = place.communes
    weights = communes["population"].to_numpy(float)
    seats = communes.index[chance.choice(len(communes), count, p=weights / weights.sum())]
    beside: dict[str, list[str]] = {}
    for code, other in zip(place.neighbours["code"], place.neighbours["voisin"], strict=True):
        beside.setdefault(code, []).append(other)
    epci = communes["epci"].to_dict()
    rows = []
    for rank, seat in enumerate(seats.tolist()):
        kind = "CS" if chance.random() < 0.35 else "EVS"
        row: dict[str, Any] = dict.fromkeys(COLUMNS, "")
        row |= {"id": f"M-{rank:05}", "nom": f"Structure fictive {rank}", "type": kind, "code_insee": seat}
        row |= {"statut": "confirme", "siege": "certain", "source": FICTITIOUS, "zone": "inconnue"}
        row["capacite"] = int(chance.integers(20, 200))
        if chance.random() < 0.8:
            most = int(chance.integers(1, _MOST[kind] + 1))
            row |= {"zone": "complete", "communes_desservies": "|".join(_area(seat, most, beside, epci))}
        _locate(row, place.rows[seat], chance)
        _date(row, chance)
        rows.append(row)
    return rows


def _area(seat: str, most: int, beside: dict[str, list[str]], epci: dict[str, str]) -> list[str]:
    """Return a seat and its nearest neighbours in the same EPCI, step by step, *most* in all."""
    found, waiting = {seat: None}, deque([seat])
    while waiting and len(found) < most:
        for other in beside.get(waiting.popleft(), []):
            if epci.get(other) == epci[seat] and other not in found and len(found) < most:
                found[other] = None
                waiting.append(other)
    return list(found)


def _locate(row: dict[str, Any], seat: Any, chance: np.random.Generator) -> None:  # noqa: ANN401 - a named tuple
    """Give coordinates to six in ten, some 300 m from the chef-lieu; one in twenty has a deduced seat."""
    if chance.random() < 0.6:
        row["longitude"] = f"{seat.lon + chance.normal(0, 0.003):.6f}"
        row["latitude"] = f"{seat.lat + chance.normal(0, 0.003):.6f}"
    elif chance.random() < 0.125:
        row["siege"] = "deduit"


def _date(row: dict[str, Any], chance: np.random.Generator) -> None:
    """Give a first day to seven in ten, of the last twelve years, and a last day to one in twelve."""
    first = 2014
    if chance.random() < 0.7:
        first = int(chance.integers(2014, 2026))
        row["agrement_debut"] = f"{first}-{chance.integers(1, 13):02}-01"
    if chance.random() < 1 / 12:
        row["agrement_fin"] = f"{chance.integers(first, 2031)}-12-31"
    if row["type"] == "CS":
        row["acf"] = "oui" if chance.random() < 0.9 else ""
        row["ps_jeunes"] = "oui" if chance.random() < 0.3 else "non"


def write_list(path: Path, count: int, territory: str = "france") -> Path:
    """Write a made list as CSV; return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(made_rows(count, territory))
    return path


if __name__ == "__main__":
    write_list(Path(sys.argv[2]), int(sys.argv[1]), *sys.argv[3:4])
