"""A study folder: a territory, its date and rule, and the files of an inventory, in ``avs.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS

FILE_NAME = "avs.toml"
KEYS = ("territoire", "regle", "date", "structures", "zones", "population", "colonnes")
_FILES = ("structures", "zones", "population")


@dataclass(frozen=True)
class Study:
    """What ``avs.toml`` says; an empty text or None where it says nothing.

    *structures* and *service_areas* are paths inside the folder; *mapping* is column of the tool →
    header of the file.
    """

    folder: Path
    territory: str
    rule: str = ""
    date: str = ""
    structures: Path | None = None
    service_areas: Path | None = None
    mapping: dict[str, str] | None = None
    population: Path | None = None


def looks_like_folder(text: str) -> bool:
    """Tell whether a user typed a path and not the name of a territory.

    >>> looks_like_folder("./allier"), looks_like_folder("etudes/allier"), looks_like_folder("allier")
    (True, True, False)
    """
    return text.startswith((".", "~")) or "/" in text or "\\" in text


def read_study(text: str) -> Study:
    """Read the study folder that *text* names.

    Raises InputError: AVS-301 no ``avs.toml``, AVS-331 not TOML, AVS-332 an unknown or
    missing key, AVS-333 a file outside the folder; all faults at once.
    """
    import tomllib

    folder = Path(text).expanduser()
    path = folder / FILE_NAME
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        values = {
            "value": str(path),
            "reason": "pas un dossier d'étude ; « avs-coverage init » en crée un",
        }
        raise InputError(Fault("AVS-301", values)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault("AVS-331", {"reason": str(error)}, str(path))) from error
    faults = _faults(said, folder)
    if faults:
        raise InputError(faults)
    files = {key: folder / str(said[key]) if said.get(key) else None for key in _FILES}
    return Study(
        folder,
        str(said["territoire"]),
        str(said.get("regle", "")),
        str(said.get("date", "")),
        files["structures"],
        files["zones"],
        said.get("colonnes") or None,
        files["population"],
    )


def _faults(said: dict[str, Any], folder: Path) -> list[Fault]:
    file, known = FILE_NAME, ", ".join(KEYS)
    faults = [Fault("AVS-332", {"value": key, "choices": known}, file) for key in said if key not in KEYS]
    if not said.get("territoire"):
        faults.append(Fault("AVS-334", {}, file))
    for key in _FILES:
        if said.get(key) and not (folder / str(said[key])).resolve().is_relative_to(folder.resolve()):
            faults.append(Fault("AVS-333", {"value": str(said[key])}, file, column=key))
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
