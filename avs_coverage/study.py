"""A study folder: a territory, its date and rule, and the files of an inventory, in ``avs.toml``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.ordinary import is_link_out, is_within, read_toml
from avs_coverage.paths import leads_out

if TYPE_CHECKING:
    from datetime import date

    from avs_coverage.territory_names import TerritoryName

FILE_NAME = "avs.toml"
_ONE_FILE = ("structures", "zones", "communes", "temps", "chiffres")
_SEVERAL_FILES = ("population", "qpv", "indicateurs")
_FILE_HELP = 'le nom d\'un fichier, entre guillemets : structures = "structures.xlsx"'
KEYS = ("territoire", "regle", "date", *_ONE_FILE, "osrm", *_SEVERAL_FILES, "colonnes")


@dataclass(frozen=True)
class Files:
    """The files of a user, which stand in place of the embedded data; None or empty where none is given.

    *mapping* is column of the tool → header of the list of structures. *indicators* are a file and the
    columns asked of it, none for all. *mairies* is a fetched file: no option gives one.
    """

    structures: Path | None = None
    service_areas: Path | None = None
    mapping: dict[str, str] | None = None
    population: tuple[Path, ...] = ()
    communes: Path | None = None
    qpv: tuple[Path, ...] = ()
    indicators: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    travel_times: Path | None = None
    figures: Path | None = None
    mairies: Path | None = None

    def over(self, other: Files) -> Files:
        """Return these files, and those of *other* where this has none."""
        return Files(*(getattr(self, field.name) or getattr(other, field.name) for field in fields(self)))

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the path of every file that is read."""
        single = (
            self.structures,
            self.service_areas,
            self.communes,
            self.travel_times,
            self.figures,
            self.mairies,
        )
        indicators = (path for path, _ in self.indicators)
        return (*(path for path in single if path), *self.population, *self.qpv, *indicators)


NO_FILES = Files()
DEFAULT_GRACE_MONTHS, MOST_GRACE_MONTHS = 12, 120
FIRST_YEAR, LAST_YEAR = 1900, 2099
"""The years of a date that a report may be asked for: with months taken away, all are in the calendar."""


@dataclass(frozen=True)
class RuleOptions:
    """What the rules need besides their names and files.

    *population_by* is empty where the user left it open: the cells where there are some, else the
    chef-lieu. *osrm* is the address of a server to ask for travel times, empty where there is none;
    it is asked for the structures of *every_date*, or for those open at the date of the report. A structure
    whose agreement was over for *grace_months* at most, on the day that the list describes, is held as open.
    """

    population_by: str = ""
    commune_share: float = 0.5
    no_neighbours: bool = False
    osrm: str = ""
    every_date: bool = False
    grace_months: int = DEFAULT_GRACE_MONTHS


@dataclass(frozen=True)
class Request:
    """All that a report is made from: what a command was asked, and what a manifest records.

    *rules* are as typed, the first that of the report; *on* is None for the default date. *folder* is
    the study folder, None where the territory was typed.
    """

    territory: TerritoryName
    rules: tuple[str, ...]
    on: date | None
    files: Files = NO_FILES
    include_unconfirmed: bool = False
    options: RuleOptions = RuleOptions()
    folder: Path | None = None


@dataclass(frozen=True)
class Study:
    """What ``avs.toml`` says; an empty text where it says nothing. Files are paths inside the folder."""

    folder: Path
    territory: str
    rule: str = ""
    date: str = ""
    files: Files = NO_FILES
    osrm: str = ""

    @property
    def local_osrm(self) -> str:
        """Return the server that it names, which must be of this machine; raises UsageError (AVS-233)."""
        from avs_coverage.osrm_server import require_loopback

        return self.osrm and require_loopback(self.osrm, FILE_NAME)


def split_indicators(text: str, folder: Path = Path()) -> tuple[Path, tuple[str, ...]]:
    """Split ``FILE=COLUMN,COLUMN``, as it is written, into the path in *folder* and the columns.

    A path may hold a ``=`` itself: what was split once is never put together again.

    >>> split_indicators("insee.csv=P22_POP,MED21")[1]
    ('P22_POP', 'MED21')
    """
    path, sign, columns = text.rpartition("=")
    if not sign or (folder / text).is_file():
        return folder / text, ()
    return folder / path, tuple(column.strip() for column in columns.split(",") if column.strip())


def looks_like_folder(text: str) -> bool:
    """Tell whether a user typed a path and not the name of a territory.

    >>> looks_like_folder("./allier"), looks_like_folder("etudes/allier"), looks_like_folder("allier")
    (True, True, False)
    """
    return text.startswith((".", "~")) or "/" in text or "\\" in text


def read_study(text: str) -> Study:
    """Read the study folder that *text* names.

    Raises InputError: AVS-340 no ``avs.toml``, AVS-331 not TOML, AVS-332 an unknown or
    missing key, AVS-333 a file outside the folder, ``avs.toml`` too; all faults at once.
    """
    import tomllib

    try:
        folder = Path(text).expanduser()
        is_elsewhere = is_link_out(folder / FILE_NAME)
        content = b"" if is_elsewhere else read_toml(folder / FILE_NAME)
    except InputError:  # too large
        raise
    except (OSError, RuntimeError, ValueError) as error:  # no such home, a null character in the name
        raise InputError(Fault("AVS-340", {"value": text, "file": FILE_NAME})) from error
    if is_elsewhere:
        raise InputError(Fault("AVS-333", {"value": FILE_NAME}))
    try:
        said = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise InputError(_not_toml(error, folder / FILE_NAME)) from error
    faults = _faults(said, folder)
    if faults:
        raise InputError(faults)

    def inside(key: str) -> Path | None:
        return folder / str(said[key]) if said.get(key) else None

    return Study(
        folder,
        str(said["territoire"]),
        str(said.get("regle", "")),
        str(said.get("date", "")),
        Files(
            inside("structures"),
            inside("zones"),
            said.get("colonnes") or None,
            tuple(folder / name for name in _listed(said.get("population"))),
            inside("communes"),
            tuple(folder / name for name in _listed(said.get("qpv"))),
            tuple(split_indicators(name, folder) for name in _listed(said.get("indicateurs"))),
            inside("temps"),
            inside("chiffres"),
        ),
        str(said.get("osrm", "")),
    )


def _not_toml(error: Exception, path: Path) -> Fault:
    """Return the fault of a file that is not TOML; the parser says the place, in English."""
    place = re.search(r"line (\d+), column (\d+)", str(error))
    if isinstance(error, UnicodeDecodeError):
        reason = "il n'est pas en UTF-8"
    else:
        reason = f"colonne {place[2]}" if place else "il s'arrête trop tôt"
    return Fault("AVS-331", {"reason": reason}, str(path), int(place[1]) if place else 0)


def _listed(value: object) -> list[str]:
    """Return a setting that may be one text or a list of texts."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def _names_files(value: object, several: bool) -> bool:
    names = value if several and isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name.strip() and "\0" not in name for name in names)


def _is_inside(folder: Path, name: str) -> bool:
    """Tell whether a file stands inside a folder, links followed; a share or a device is not looked at."""
    inside = os.path.normpath(name) if ".." in name else name
    return not leads_out(inside) and is_within(folder / name, folder)


def _are_inside(folder: Path, key: str, name: str) -> bool:
    """Tell it of the very file that will be opened: of indicators, what stands before the columns."""
    if not _is_inside(folder, name):  # first: to split is to look whether it is a file
        return False
    file = split_indicators(name, folder)[0] if key == "indicateurs" else folder / name
    return _is_inside(folder, str(file.relative_to(folder)))


def _faults(said: dict[str, Any], folder: Path) -> list[Fault]:
    from avs_coverage.loaders.columns import STRUCTURE_COLUMNS

    file, known = FILE_NAME, ", ".join(KEYS)
    faults = [Fault("AVS-332", {"value": key, "choices": known}, file) for key in said if key not in KEYS]
    if not said.get("territoire"):
        faults.append(Fault("AVS-334", {}, file))
    for key in said.keys() & {*_ONE_FILE, *_SEVERAL_FILES}:
        if not _names_files(said[key], key in _SEVERAL_FILES):
            faults.append(Fault("AVS-332", {"value": f"{key} = {said[key]!r}", "choices": _FILE_HELP}, file))
            continue
        for name in _listed(said[key]):
            if not _are_inside(folder, key, name):
                faults.append(Fault("AVS-333", {"value": name}, file, column=key))
    columns = said.get("colonnes", {})
    if not isinstance(columns, dict) or not all(isinstance(value, str) for value in columns.values()):
        faults.append(Fault("AVS-332", {"value": "colonnes", "choices": known}, file))
    else:
        known = ", ".join(STRUCTURE_COLUMNS)
        foreign = (key for key in columns if key not in STRUCTURE_COLUMNS)
        faults += [
            Fault("AVS-332", {"value": key, "choices": known}, file, column="colonnes") for key in foreign
        ]
    return faults
