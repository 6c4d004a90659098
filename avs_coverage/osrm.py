"""Ask an OSRM server how long communes are from structures, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.faults import Fault
from avs_coverage.gazetteer import departement_of
from avs_coverage.loaders.travel_times import TravelTimes
from avs_coverage.messages import counted, enumeration
from avs_coverage.osrm_server import MOST_PLACES, SNAP_M, Table
from avs_coverage.projection import epsg_of, unproject
from avs_coverage.rules.travel_time import MOST_KMH

if TYPE_CHECKING:
    from avs_coverage.inventory import Structure
    from avs_coverage.osrm_server import Server
    from avs_coverage.territory import Territory

_SHOWN = 6

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ServerTimes(TravelTimes):
    """Minutes that a server gave; *file* is its address.

    Only the pairs that a threshold may reach were asked: every commune of *asked_from* and every
    structure (id) of *asked_to* is known all the same, and a pair without a row is out of reach.
    """

    asked_from: frozenset[str] = frozenset()
    asked_to: frozenset[str] = frozenset()

    @property
    def server(self) -> str:
        """Return the address of the server."""
        return self.file

    @cached_property
    def origins(self) -> frozenset[str]:
        """Return the communes asked about."""
        return self.asked_from

    @cached_property
    def destinations(self) -> frozenset[str]:
        """Return the structures asked about."""
        return self.asked_to


def ask_travel_times(
    server: Server, territory: Territory, structures: Sequence[Structure], minutes: float
) -> ServerTimes:
    """Return the minutes from each commune's chef-lieu to the structures within reach of *minutes*.

    Points are those of the tables (``x_m, y_m``, metres, legal projection), sent as lon/lat degrees. A
    pair that no road joins (``null``) is NaN. Raises InputError: AVS-380 to AVS-385. Source: the
    table service of OSRM (https://project-osrm.org/docs, ``/table/v1/driving``), durations in seconds.
    """
    import pandas as pd

    communes = territory.communes
    placed = [s for s in structures if s.seat and s.x_m is not None]
    placed.sort(key=lambda s: (epsg_of(departement_of(s.seat)), s.seat, s.id))  # neighbours share requests
    epsg = communes["departement"].map(epsg_of).to_numpy(np.int64)
    own = np.array([epsg_of(departement_of(s.seat)) for s in placed], dtype=np.int64)
    x_m, y_m = communes["x_m"].to_numpy(float), communes["y_m"].to_numpy(float)
    sx_m, sy_m = (np.array([getattr(s, axis) for s in placed], dtype=float) for axis in ("x_m", "y_m"))
    # Nobody legally drives faster than 130 km/h, nor shorter than straight: a farther pair cannot be within
    # reach, and is not asked. Durations run from road to road, hence the metres to either.
    most_m = minutes / 60 * MOST_KMH * 1000 + 2 * SNAP_M
    near = [
        np.flatnonzero((epsg == own[rank]) & (np.hypot(x_m - sx_m[rank], y_m - sy_m[rank]) <= most_m))
        for rank in range(len(placed))
    ]
    origins, destinations = _degrees(x_m, y_m, epsg), _degrees(sx_m, sy_m, own)
    parts, far_communes, far_structures = [], set[int](), set[int]()
    for group, chunk in _blocks(near):
        table = Table(server, [origins[rank] for rank in chunk], [destinations[rank] for rank in group])
        far_communes |= {int(chunk[place]) for place in table.far("sources")}
        far_structures |= {group[place] for place in table.far("destinations")}
        for column, rank in enumerate(group):
            kept = np.isin(chunk, near[rank])
            rows = {"origine": communes.index[chunk[kept]], "minutes": table.minutes[kept, column]}
            parts.append(pd.DataFrame({**rows, "destination": placed[rank].id}))
    empty = pd.DataFrame({"origine": [], "minutes": [], "destination": []})
    frame = pd.concat(parts, ignore_index=True) if parts else empty
    names = [str(name) for name in communes["nom"].iloc[sorted(far_communes)]]
    names += [placed[rank].name for rank in sorted(far_structures)]
    return ServerTimes(
        server.url,
        frame.astype({"minutes": float}).assign(km=float("nan")),
        len(frame),
        len(frame),
        (),
        _far_warnings(server, names, len(far_communes)),
        asked_from=frozenset(communes.index),
        asked_to=frozenset(structure.id for structure in placed),
    )


def _far_warnings(server: Server, names: list[str], communes: int) -> tuple[Fault, ...]:
    if not names:
        return ()
    counts = [counted(communes, "commune", "communes")] if communes else []
    if others := len(names) - communes:
        counts.append(counted(others, "structure", "structures"))
    values = {"value": enumeration(counts), "names": enumeration(names, _SHOWN), "distance": f"{SNAP_M:g}"}
    return (Fault("AVS-940", values, server.url),)


def _degrees(x_m: Floats, y_m: Floats, epsg: Ints) -> list[str]:
    """Return points as the server reads them: ``longitude,latitude`` in degrees, to 0.1 m."""
    degrees = np.empty((len(x_m), 2))
    for code in np.unique(epsg):
        where = epsg == code
        degrees[where] = np.column_stack(unproject(x_m[where], y_m[where], int(code)))
    return [f"{longitude:.6f},{latitude:.6f}" for longitude, latitude in degrees]


def _blocks(near: list[Ints]) -> Iterator[tuple[list[int], Ints]]:
    """Yield structures (ranks) and communes (ranks), at most MOST_PLACES together, for every near pair.

    Up to half the places are structures: a request serves a group, not one.
    """
    ranks = [rank for rank, communes in enumerate(near) if len(communes)]
    for start in range(0, len(ranks), MOST_PLACES // 2):
        group = ranks[start : start + MOST_PLACES // 2]
        wanted = np.unique(np.concatenate([near[rank] for rank in group]))
        room = MOST_PLACES - len(group)
        for first in range(0, len(wanted), room):
            yield group, wanted[first : first + room]
