"""The record of an export: what went in, with which parameters, and the fingerprint of what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage import __version__
from avs_coverage.embedded import data_dir
from avs_coverage.errors import InputError, TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.intake import Received, fingerprint
from avs_coverage.ordinary import is_plain_file
from avs_coverage.study import Files, Request, RuleOptions
from avs_coverage.territory_names import find_territory_name

if TYPE_CHECKING:
    from avs_coverage.report import Report

SCHEMA_NAME, SCHEMA_VERSION = "avs-coverage/manifest", 2
FILE_NAME = "manifest.json"
_LIBRARIES = (
    "geopandas",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "pyogrio",
    "pyproj",
    "python-docx",
    "reportlab",
    "shapely",
    "xlsxwriter",
)
_ONE = {"structures": "structures", "zones": "service_areas", "communes": "communes", "temps": "travel_times",
        "chiffres": "figures", "mairies": "mairies"}  # fmt: skip
_SEVERAL = {"population": "population", "qpv": "qpv"}
ONE_FILE, SEVERAL_FILES = tuple(_ONE), (*_SEVERAL, "indicateurs")
"""Role of a file in the manifest, as in ``avs.toml`` → field of ``Files``.

Then the roles of one file at most, and the others.
"""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces; raises OSError."""
    return fingerprint(path).sha256


def file_record(read: Received, name: str) -> dict[str, Any]:
    """Return the name, size and fingerprint of a file."""
    return {"fichier": name, "octets": read.size_bytes, "sha256": read.sha256}


def manifest(
    request: Request, report: Report, formats: Sequence[str], dialect: str, folder: Path, staged: Path
) -> dict[str, Any]:
    """Return the record of an export to *folder*, whose files stand in *staged* for now.

    No path of the machine is in it: an input inside the study folder, or inside *folder*, has its path
    from there, any other its name alone. Nothing in it depends on the clock.
    """
    from avs_coverage.osrm_server import parse_server

    coverage = report.coverage
    return {
        "schema": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "outil": {"nom": "avs-coverage", "version": __version__, "bibliotheques": dict(_libraries())},
        "territoire": {"code": request.territory.typed, "nom": request.territory.name},
        "date": coverage.on.isoformat(),
        "regles": [one.rule.typed for one in (coverage, *report.others)],
        "options": {
            "population_par": request.options.population_by,
            "part_commune": request.options.commune_share,
            "sans_voisines": request.options.no_neighbours,
            "osrm": request.options.osrm and parse_server(request.options.osrm).url,  # never its password
            "a_confirmer_comptees": request.include_unconfirmed,
            "grace_mois": request.options.grace_months,
            "colonnes": request.files.mapping or {},
        },
        "formats": list(formats),
        "csv": dialect,
        "entrees": list(_inputs(request.files, report.received, (request.folder, folder))),
        "donnees_de_l_outil": [_record(path) for path in sorted(data_dir().iterdir())],
        "millesimes": coverage.territory.vintages,
        "sorties": [_record(path) for path in sorted(staged.iterdir())],
    }


def _libraries() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, ""


def _record(path: Path) -> dict[str, Any]:
    return file_record(fingerprint(path), path.name)


def _inputs(
    files: Files, received: Sequence[Received], folders: Sequence[Path | None]
) -> Iterator[dict[str, Any]]:
    """Record the files as they were read, whatever stands now in their place."""
    read = {one.path: one for one in received}
    for role, path, columns in _paths(files):
        yield {"role": role, **file_record(read[path], _shown(path, folders)), "colonnes": list(columns)}


def _paths(files: Files) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    for role, field in _ONE.items():
        if path := getattr(files, field):
            yield role, path, ()
    for role, field in _SEVERAL.items():
        for path in getattr(files, field):
            yield role, path, ()
    for path, columns in files.indicators:
        yield "indicateurs", path, columns


def _shown(path: Path, folders: Sequence[Path | None]) -> str:
    """Return the path of a file from the first of the folders that holds it, else its name."""
    whole = path.resolve()
    for folder in folders:
        if folder is not None and whole.is_relative_to(folder.resolve()):
            return whole.relative_to(folder.resolve()).as_posix()
    return path.name


def request_of(record: dict[str, Any], paths: Sequence[Path]) -> Request:
    """Return the request that a manifest records, its inputs at *paths*.

    Raises InputError (AVS-395) where it does not hold one.
    """
    try:
        options = record["options"]
        files = Files(mapping=options["colonnes"] or None)
        for one, path in zip(record["entrees"], paths, strict=True):
            files = _with_input(files, one["role"], path, one["colonnes"])
        from avs_coverage.rules import get_rule

        for rule in record["regles"]:
            get_rule(rule)
        return Request(
            find_territory_name(record["territoire"]["code"]),
            tuple(record["regles"]),
            date.fromisoformat(record["date"]),
            files,
            options["a_confirmer_comptees"],
            RuleOptions(
                options["population_par"],
                options["part_commune"],
                options["sans_voisines"],
                options["osrm"],
                grace_months=options["grace_mois"],
            ),
        )
    except TerritoryError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(Fault("AVS-395", {"value": str(error)}, FILE_NAME)) from error


def _with_input(files: Files, role: str, path: Path, columns: Sequence[str]) -> Files:
    if role in _ONE:
        return replace(files, **{_ONE[role]: path})  # type: ignore[arg-type]
    if role in _SEVERAL:
        several = (*getattr(files, _SEVERAL[role]), path)
        return replace(files, **{_SEVERAL[role]: several})  # type: ignore[arg-type]
    return replace(files, indicators=(*files.indicators, (path, tuple(columns))))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Say in French what differs between a manifest and that of the same request made again.

    Outputs that differ come first, then what explains them: inputs, data of the tool, versions. Empty
    where every output is the same, and every input: the manifest vouches for them too.
    """
    found = list(_changed("Le fichier produit", before["sorties"], after["sorties"]))
    is_other = bool(found)
    for old, new in zip(before["entrees"], after["entrees"], strict=True):  # two may have one name
        if old["sha256"] != new["sha256"]:
            found.append(f"Le fichier lu {old['fichier']} est autre.")
    if is_other:
        found += _changed("La table de l'outil", before["donnees_de_l_outil"], after["donnees_de_l_outil"])
        layers = {*before["millesimes"], *after["millesimes"]}
        found += [
            f"Donnée « {name} » : {before['millesimes'].get(name) or 'absente'} ; ici "
            f"{after['millesimes'].get(name) or 'absente'}."
            for name in sorted(layers)
            if before["millesimes"].get(name) != after["millesimes"].get(name)
        ]
        tools = (before["outil"], after["outil"])
        if tools[0]["version"] != tools[1]["version"]:
            found.append(f"Version de l'outil : {tools[0]['version']}, {tools[1]['version']} ici.")
        here, there = (one["bibliotheques"] for one in tools)
        found += [
            f"Version de {name} : {here.get(name) or 'absente'}, {there.get(name) or 'absente'} ici."
            for name in sorted({*here, *there})
            if here.get(name) != there.get(name)
        ]
    return found


def changed_files(record: dict[str, Any], folder: Path) -> list[str]:
    """Say which files of an export are no longer, in *folder*, those that its manifest vouches for.

    One that is not there (handed over elsewhere) is not said. A link is not followed.
    """
    found = []
    for one in record["sorties"]:
        path = folder / one["fichier"]
        is_same = not is_plain_file(path) or sha256_of(path) == one["sha256"]
        if path.is_symlink() or not is_same:
            found.append(f"Le fichier {path.name} du dossier n'est plus celui de cet export.")
    return found


def _changed(what: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[str]:
    old, new = ({one["fichier"]: one["sha256"] for one in records} for records in (before, after))
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"{what} {name} n'existe plus."
        elif name not in old:
            yield f"{what} {name} n'existait pas."
        elif old[name] != new[name]:
            yield f"{what} {name} est autre."
