"""Which fetched files stand in place of the embedded layers of a territory."""

from __future__ import annotations

from avs_coverage import cache
from avs_coverage.official_sources import FRANCE, sources
from avs_coverage.study import Files
from avs_coverage.territory_names import TerritoryName

_MAYOTTE = "976"
_TOO_FAR = 3


def fetched_files(name: TerritoryName) -> Files:
    """Return the fetched files for a territory, the nearest first: its own, its département's, the country's.

    Lists of structures are never among them: the user gives them by ``--structures``. Raises
    InputError (AVS-720) where one of them is no longer the file that was fetched.
    """
    chosen: dict[str, cache.Record] = {}
    for record in sorted(cache.records(), key=lambda one: _distance(one.scope, name)):
        layer = sources()[record.source].layer if record.source in sources() else ""
        if layer and _distance(record.scope, name) < _TOO_FAR and not _lacks(record, name):
            chosen.setdefault(layer, record)
    for record in chosen.values():
        record.check()
    paths = {layer: (record.path,) for layer, record in chosen.items()}
    contours, mairies = paths.get("communes"), paths.get("mairies")
    return Files(
        communes=contours[0] if contours else None,
        population=paths.get("population", ()),
        qpv=paths.get("qpv", ()),
        mairies=mairies[0] if mairies else None,
    )


def _distance(scope: str, name: TerritoryName) -> int:
    """Rank a scope: 0 the territory itself, 1 the one département that it is in, 2 the country."""
    if scope == name.typed:
        return 0
    if name.departements == (scope,):
        return 1
    return 2 if scope == FRANCE else _TOO_FAR


def _lacks(record: cache.Record, name: TerritoryName) -> bool:
    """Tell a file that is known to lack a part of the territory: INSEE's, of Mayotte."""
    return record.source == "insee-populations" and _MAYOTTE in name.departements
