"""Tell what a file is, by what it holds, and read it to its end to say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.cells import parse_type
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS, match_header
from avs_coverage.loaders.geo_file import Layer, is_geographical, is_json_without_geometry, layers
from avs_coverage.loaders.table_file import Row
from avs_coverage.loaders.table_frame import describe_frame, headers_of
from avs_coverage.messages import counted, enumeration, number, percent
from avs_coverage.names import normalise
from avs_coverage.territory import Territory
from avs_coverage.territory_names import TerritoryName

NATURES = {
    "structures": "liste de structures",
    "communes": "contours de communes",
    "population": "populations par commune",
    "qpv": "QPV",
    "indicateurs": "indicateurs par commune",
    "carreaux": "carreaux de 200 m",
    "temps": "temps de trajet",
    "zones": "zones d'intervention",
    "chiffres": "chiffres publiés",
    "reglages": "réglages du dossier d'étude",
    "inconnue": "inconnue",
}
_QPV_SIGNS = {"code qp", "code qpv", "code quartier", "nom qp", "lib qp"}


@dataclass(frozen=True)
class FileExamination:
    """What reading one file gave: all that is needed to say what is right and wrong with it.

    *nature* is a key of ``NATURES``; *columns* maps each column of the tool to the file's own
    header; *gives* says in French what was read, empty where a fault refused it. Rows read =
    rows used + rows set aside. *fictitious* tells made data.
    """

    file: str
    nature: str
    format: str = ""
    encoding: str = ""
    columns: dict[str, str] | None = None
    rows_read: int = 0
    rows_used: int = 0
    gives: str = ""
    set_aside: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    faults: tuple[Fault, ...] = ()
    fictitious: bool = False

    def to_record(self) -> dict[str, Any]:
        """Return the examination as plain values, under the names that stay."""
        return {
            "fichier": self.file,
            "nature": self.nature,
            "format": self.format,
            "encodage": self.encoding,
            "colonnes": self.columns or {},
            "lignes_lues": self.rows_read,
            "lignes_utilisees": self.rows_used,
            "lignes_mises_de_cote": sum(fault.rows for fault in self.set_aside),
            "donne": self.gives,
            "mises_de_cote": [fault.to_record() for fault in self.set_aside],
            "fautes": [fault.to_record() for fault in self.faults],
            "avertissements": [fault.to_record() for fault in self.warnings],
            "fictif": self.fictitious,
            "accepte": not self.faults,
        }


def nature_of(path: Path) -> str:
    """Return what a file is, a key of ``NATURES``; a file that nothing tells is a list of structures."""
    if is_geographical(path):
        with layers(path, "qu'elle contient") as found:
            return _nature_of_layers(found)
    if is_json_without_geometry(path):
        from avs_coverage.loaders.structure_table import read_structure_table

        return "structures" if _is_structures(read_structure_table(path).rows[0].cells) else "communes"
    heads = headers_of(path)
    if any(map(_is_structures, heads)):
        return "structures"
    if any(map(_is_quarters, heads)):
        return "qpv"
    told = [nature for nature in map(_nature_of_table, heads) if nature][:1]
    below = heads[1 + next((rank for rank, head in enumerate(heads) if _nature_of_table(head)), 0) :]
    # Rows that say CS or EVS are structures, under whatever headers.
    is_list = told in ([], ["indicateurs"]) and any(parse_type(cell) for row in below for cell in row)
    return "structures" if is_list or not told else told[0]


def _nature_of_layers(found: Collection[Layer]) -> str:
    from avs_coverage.loaders import grid

    if any({normalise(column) for column in layer.columns} & _QPV_SIGNS for layer in found):
        return "qpv"
    if any(grid.is_header(layer.columns) for layer in found):
        return "carreaux"
    return "structures" if any(_is_structures(layer.columns) for layer in found) else "communes"


def _is_structures(header: Collection[str]) -> bool:
    """Tell a list of structures by its name and its type, under any of their names, or a foreign format."""
    from avs_coverage.loaders import bpe, data_inclusion

    if bpe.is_header(header) or data_inclusion.is_header(header):
        return True
    _, positions, _, _ = match_header([Row(1, tuple(header))], STRUCTURE_COLUMNS, ("nom", "type"))
    return {"nom", "type"} <= positions.keys()


def _is_quarters(row: list[str]) -> bool:
    """Tell a table of QPV by its headers, or by a row: some call the codes of quarters CODGEO."""
    from avs_coverage.loaders.quarters import is_code

    return bool({normalise(name) for name in row} & _QPV_SIGNS) or any(map(is_code, row))


def _nature_of_table(header: list[str]) -> str:
    from avs_coverage.loaders import figures, grid, indicators, populations, service_areas, travel_times

    signs: tuple[tuple[str, Callable[[list[str]], object]], ...] = (
        ("chiffres", figures.is_header),
        ("carreaux", grid.is_header),
        ("temps", travel_times.is_header),
        ("zones", service_areas.is_header),
        ("indicateurs", indicators.format_of),
        ("population", populations.is_header),
        ("indicateurs", indicators.is_plain_table),
    )
    return next((nature for nature, is_one in signs if is_one(header)), "")


def examine_files(
    paths: Sequence[Path], nature: str, territory: TerritoryName | None, columns: Sequence[str] = ()
) -> FileExamination:
    """Read files of some nature other than a list of structures, for a territory or all France.

    Several only where they complete each other: populations and QPV. *columns* are those asked for
    of a file of indicators. Every fault is in the result, none is raised.
    """
    name = _names(paths)
    try:
        if nature == "indicateurs":
            return _indicators(paths[0], territory, columns)
        return _READERS[nature](paths, territory)
    except InputError as error:
        aside = sum(fault.rows for fault in error.set_aside)
        return FileExamination(
            name,
            nature,
            rows_read=error.rows_read,
            rows_used=error.rows_read - aside,
            set_aside=error.set_aside,
            faults=error.faults,
        )


def examine_structure_list(
    path: Path, territory: TerritoryName, service_areas: Path | None, mapping: dict[str, str] | None
) -> list[FileExamination]:
    """Read a list of structures to its end, then the file of its service areas where there is one."""
    from avs_coverage.inventory import FICTITIOUS
    from avs_coverage.loaders.structures import examine_structures

    try:
        found = examine_structures(path, territory, service_areas, mapping)
    except InputError as error:
        return [FileExamination(path.name, "structures", faults=error.faults)]

    def mine(faults: Sequence[Fault], is_mine: bool = True) -> tuple[Fault, ...]:
        """Return the faults of the list, or those of the areas: both are met in one reading."""
        theirs = "" if service_areas is None else service_areas.name
        return tuple(f for f in faults if (Path(f.file).name != theirs or not theirs) == is_mine)

    used = len(found.structures)
    examinations = [
        FileExamination(
            found.file,
            "structures",
            found.format,
            found.encoding,
            found.columns,
            found.rows_read,
            used,
            counted(used, "structure", "structures"),
            mine(found.set_aside),
            mine(found.warnings),
            mine(found.faults),
            any(structure.source == FICTITIOUS for structure in found.structures),
        )
    ]
    if service_areas is not None:
        areas = _service_areas(service_areas, territory)
        faults = mine(found.faults, False)
        # Without its list a name is not looked for: what is said of names comes from the reading with it.
        warnings = tuple(w for w in mine(found.warnings, False) if w.code != "AVS-907")
        examinations.append(replace(areas, faults=faults or areas.faults, warnings=warnings))
    return examinations


def _wanted(territory: TerritoryName | None) -> Collection[str] | None:
    return None if territory is None else Territory.of(territory).communes.index


class _Reading(Protocol):
    """What every loader says of what it read."""

    @property
    def columns(self) -> dict[str, str]: ...
    @property
    def rows_read(self) -> int: ...
    @property
    def rows_used(self) -> int: ...
    @property
    def set_aside(self) -> tuple[Fault, ...]: ...
    @property
    def warnings(self) -> tuple[Fault, ...]: ...


def _read(
    paths: Sequence[Path], nature: str, file_format: str, read: _Reading, gives: str
) -> FileExamination:
    """Return the examination of files that were read without a fault."""
    return FileExamination(
        _names(paths),
        nature,
        file_format,
        "" if is_geographical(paths[0]) else describe_frame(paths[0]),
        read.columns,
        read.rows_read,
        read.rows_used,
        gives,
        read.set_aside,
        read.warnings,
    )


def _communes(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.loaders.boundaries import read_boundaries_file

    read = read_boundaries_file(paths[0], _wanted(territory))
    area = number(float(read.frame["superficie_km2"].sum()), 1)
    gives = f"{counted(len(read.frame), 'commune', 'communes')}, {area} km²"
    if read.neighbours is None:
        gives += " ; les polygones se chevauchent ou laissent des fentes : le voisinage embarqué est gardé"
    return _read(paths, "communes", read.format, read, gives)


def _population(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.loaders.populations import read_populations

    read = read_populations(paths, _wanted(territory))
    inhabitants = counted(sum(read.values.values()), "habitant", "habitants")
    gives = f"{counted(len(read.values), 'commune', 'communes')}, {inhabitants}"
    return _read(paths, "population", "table par commune", read, gives)


def _qpv(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.embedded import read_csv
    from avs_coverage.loaders.quarters import read_quarters

    every = [row["code"] for row in read_csv("departements.csv")]
    read = read_quarters(paths, every if territory is None else territory.departements)
    if territory is None:  # nothing says which part of the official list the file should hold
        read = replace(read, warnings=tuple(w for w in read.warnings if w.code != "AVS-931"))
    gives = counted(len(read.quarters), "quartier", "quartiers")
    known = [qpv.population for qpv in read.quarters.values() if qpv.population is not None]
    if known:
        populations = counted(len(known), "population connue", "populations connues")
        gives += f", {counted(sum(known), 'habitant', 'habitants')} ({populations})"
    return _read(paths, "qpv", "périmètres" if len(read.perimeters) else "table", read, gives)


def _indicators(path: Path, territory: TerritoryName | None, columns: Sequence[str] = ()) -> FileExamination:
    from avs_coverage.loaders.indicators import read_indicators

    read = read_indicators(path, _wanted(territory), columns)
    names = enumeration([indicator.name for indicator in read.indicators], 12)
    gives = f"{counted(len(read.indicators), 'indicateur', 'indicateurs')} ({names})"
    if read.unread:
        gives += f", {counted(len(read.unread), 'colonne non lue', 'colonnes non lues')}"
    return _read([path], "indicateurs", read.format, read, gives)


def _grid(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.loaders.grid import read_grid

    read = read_grid(paths[0], _wanted(territory))
    gives = (
        f"{counted(len(read), 'carreau', 'carreaux')}, {number(round(read.total))} habitants, dont "
        f"{percent(read.imputed_share)} imputés ; {number(read.astride)} à cheval sur plusieurs communes"
    )
    return _read(paths, "carreaux", f"EPSG:{read.epsg}", read, gives)


def _travel_times(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.loaders.travel_times import read_travel_times

    read = read_travel_times(paths[0], _wanted(territory))
    origins, destinations = (read.frame[column].nunique() for column in ("origine", "destination"))
    gives = (
        f"{counted(origins, 'commune', 'communes')}, {counted(destinations, 'destination', 'destinations')}, "
        f"{counted(read.unreachable, 'trajet impossible', 'trajets impossibles')}"
    )
    return _read(paths, "temps", "table origine-destination", read, gives)


def _zones(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    read = _service_areas(paths[0], territory)
    unchecked = "dont les noms ne sont pas vérifiés (donnez la liste avec --service-areas)"
    return replace(read, gives=f"{read.gives}, {unchecked}" if read.gives else "")


def _service_areas(path: Path, territory: TerritoryName | None) -> FileExamination:
    """Read service areas without the list that they are of."""
    from avs_coverage.gazetteer import Gazetteer
    from avs_coverage.loaders.service_areas import read_service_areas
    from avs_coverage.territory_names import find_territory_name

    departements = (territory or find_territory_name("france")).departements
    try:
        read, areas, columns = read_service_areas(path, Gazetteer(), departements, None)
    except InputError as error:
        return FileExamination(path.name, "zones", faults=error.faults)
    used = read.rows_read - sum(fault.rows for fault in read.set_aside)
    return FileExamination(
        path.name,
        "zones",
        "table structure-commune",
        describe_frame(path),
        columns,
        read.rows_read,
        used,
        counted(len(areas), "structure", "structures"),
        tuple(read.set_aside),
        tuple(read.warnings),
        tuple(read.faults),
    )


def _figures(paths: Sequence[Path], territory: TerritoryName | None) -> FileExamination:
    from avs_coverage.loaders.figures import read_figures

    read = read_figures(paths[0], territory)
    gives = counted(len(read.figures), "chiffre", "chiffres")
    return _read(paths, "chiffres", "un chiffre par ligne", read, gives)


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


_READERS: dict[str, Callable[[Sequence[Path], TerritoryName | None], FileExamination]] = {
    "communes": _communes,
    "population": _population,
    "qpv": _qpv,
    "carreaux": _grid,
    "temps": _travel_times,
    "zones": _zones,
    "chiffres": _figures,
}
