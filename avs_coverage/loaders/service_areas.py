"""Read service areas from a second file: one row for each structure and commune."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avs_coverage.gazetteer import Gazetteer
from avs_coverage.inventory import Structure
from avs_coverage.loaders.collector import Collector
from avs_coverage.loaders.columns import SERVICE_AREA_COLUMNS, header_faults, match_header
from avs_coverage.loaders.fields import cell_of
from avs_coverage.loaders.table_file import read_rows
from avs_coverage.names import comparable, normalise
from avs_coverage.near_names import NearNames


def add_service_areas(path: Path, structures: Sequence[Structure], known: Collector) -> list[Structure]:
    """Return the structures with the communes that the file gives them added to their own.

    A structure is named by its id or its exact name, a commune by code or name. Faults, warnings
    and set-aside rows are added to those of *known*. Raises InputError where the file is no table.
    """
    collector, added, _ = read_service_areas(path, known.gazetteer, known.departements, structures)
    known.faults += collector.faults
    known.warnings += [*collector.warnings, *collector.set_aside]
    return [_with_communes(structure, added.get(structure.id, {})) for structure in structures]


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of a table of service areas: a column of structures beside one of communes."""
    names = [normalise(name) for name in header]
    columns = {column for column, words in SERVICE_AREA_COLUMNS.items() if {column, *words} & set(names)}
    is_named = bool({"structure", "nom structure", "id structure"} & set(names))
    return is_named and len(columns) == len(SERVICE_AREA_COLUMNS) and "type" not in names


def read_service_areas(
    path: Path,
    gazetteer: Gazetteer,
    departements: tuple[str, ...],
    structures: Sequence[Structure] | None,
) -> tuple[Collector, dict[str, dict[str, str]], dict[str, str]]:
    """Return what reading met, structure → communes served (code → EPCI), and column → header.

    Without *structures*, their names stand as they are written.
    """
    rows = read_rows(path)
    collector = Collector(path.name, gazetteer, departements)
    matched = match_header(rows, SERVICE_AREA_COLUMNS, ("structure", "commune"))
    needed = {name: (name,) for name in SERVICE_AREA_COLUMNS}
    collector.faults += header_faults(path.name, rows, matched, needed)
    added: dict[str, dict[str, str]] = {}
    if collector.faults:
        return collector, added, {}
    index, positions, _, unused = matched
    named = None if structures is None else _Named(structures, collector)
    for row in collector.body(rows, index, unused):
        name = cell_of(row, positions, "structure")
        structure = None if named is None else named.find(name, row.line)
        near = structure.seat if structure else ""
        commune = collector.commune(cell_of(row, positions, "commune"), row.line, "commune", near)
        if commune and (structure or structures is None):
            added.setdefault(structure.id if structure else name, {})[commune.code] = commune.epci
    added = {name: dict(sorted(communes.items())) for name, communes in added.items()}
    return collector, added, {column: rows[index].cells[position] for column, position in positions.items()}


class _Named:
    """The structures of a list, found by id or by name: each row of a long file asks for one."""

    def __init__(self, structures: Sequence[Structure], collector: Collector) -> None:
        self._names, self._collector = [structure.name for structure in structures], collector
        self._near = NearNames([normalise(name) for name in self._names])
        self._by_id = {structure.id: structure for structure in reversed(structures)}
        self._by_name: dict[str, list[Structure]] = {}
        for structure in structures:
            self._by_name.setdefault(comparable(structure.name), []).append(structure)

    def find(self, text: str, line: int) -> Structure | None:
        """Return the structure of an id or of a name that it alone bears; else say which fault it is."""
        if text in self._by_id:
            return self._by_id[text]
        found = self._by_name.get(comparable(text), []) if text.strip() else []
        if len(found) == 1:
            return found[0]
        if found:
            self._collector.fault("AVS-325", line, "structure", value=text)
            return None
        close = [self._names[rank] for rank in self._near.like(normalise(text), 3, 70)]
        suggestions = " ; noms proches : " + " ; ".join(close) if close else ""
        self._collector.fault("AVS-324", line, "structure", value=text, suggestions=suggestions)
        return None


def _with_communes(structure: Structure, added: dict[str, str]) -> Structure:
    communes = {**dict(zip(structure.communes, structure.communes_epci, strict=True)), **added}
    return replace(structure, communes=tuple(communes), communes_epci=tuple(communes.values()))
