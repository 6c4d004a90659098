"""Which fetched files stand in place of the embedded layers of a territory."""

from __future__ import annotations

from avs_coverage import cache
from avs_coverage.errors import InputError, TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.official_sources import FRANCE, sources
from avs_coverage.study import Files
from avs_coverage.territory_names import TerritoryName, find_territory_name

_INSEE, _MAYOTTE = "insee-populations", "976"


def fetched_files(name: TerritoryName) -> Files:
    """Return the fetched files for a territory: its own, else those of the smallest one that holds it.

    Lists of structures are never among them: the user gives them by ``--structures``. Raises InputError:
    AVS-720 where one of them, or its record, is no longer what was fetched, AVS-724.
    """
    chosen: dict[str, cache.Record] = {}
    here = {record: rank for record in cache.records() if (rank := _rank(record.source, record.scope, name))}
    for record in sorted(here, key=lambda one: here[one]):
        chosen.setdefault(sources()[record.source].layer, record)
    for record in chosen.values():
        record.check()
    lost = {said: path for said, path in cache.damaged().items() if _rank(*said, name)}
    if lost:
        raise InputError(
            [
                Fault("AVS-720", {"value": path.name, "reason": "illisible", "source": cache.typed(*said)})
                for said, path in lost.items()
            ]
        )
    paths = {layer: (record.path,) for layer, record in chosen.items()}
    contours, mairies = paths.get("communes"), paths.get("mairies")
    return Files(
        communes=contours[0] if contours else None,
        population=paths.get("population", ()),
        qpv=paths.get("qpv", ()),
        mairies=mairies[0] if mairies else None,
    )


def left_out(name: TerritoryName) -> tuple[Fault, ...]:
    """Return the warning that INSEE's file was fetched and does not serve, for want of Mayotte (AVS-945)."""
    record = cache.find(_INSEE, FRANCE)
    return (Fault("AVS-945", {"value": record.file}),) if record and _MAYOTTE in name.departements else ()


def _rank(source: str, scope: str, name: TerritoryName) -> int:
    """Rank what is fetched of a source: the number of départements it holds, 1 for the territory itself.

    0 where it does not stand for the territory: a list of structures, another territory, INSEE's file
    for Mayotte, which it lacks.
    """
    try:
        holder = find_territory_name(scope)
    except TerritoryError:
        return 0
    if source not in sources() or not sources()[source].layer:
        return 0
    if source == _INSEE and _MAYOTTE in name.departements:
        return 0
    if scope == name.typed:
        return 1
    holds = holder.kind != "epci" and set(name.departements) <= set(holder.departements)
    return 1 + len(holder.departements) if holds else 0
