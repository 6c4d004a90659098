"""The record of an export: what went in, with which parameters, and the fingerprint of what came out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage import __version__
from avs_coverage.embedded import data_dir
from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.ordinary import require_ordinary
from avs_coverage.study import Files, Request, RuleOptions, split_indicators
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
"""Role of a file in the manifest, as in ``avs.toml`` → field of ``Files``."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces; raises OSError."""
    require_ordinary(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_record(path: Path, name: str) -> dict[str, Any]:
    """Return the name, size and fingerprint of a file."""
    return {"fichier": name, "octets": path.stat().st_size, "sha256": sha256_of(path)}


def manifest(
    request: Request, report: Report, formats: Sequence[str], dialect: str, folder: Path, staged: Path
) -> dict[str, Any]:
    """Return the record of an export to *folder*, whose files stand in *staged* for now.

    Paths of inputs are relative to *folder* where they can be, so that a study that moves as a whole
    can be replayed. Nothing in it depends on the clock.
    """
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
            "osrm": request.options.osrm,
            "a_confirmer_comptees": request.include_unconfirmed,
            "grace_mois": request.options.grace_months,
            "colonnes": request.files.mapping or {},
        },
        "formats": list(formats),
        "csv": dialect,
        "entrees": list(_inputs(request.files, folder)),
        "donnees_de_l_outil": [file_record(path, path.name) for path in sorted(data_dir().iterdir())],
        "millesimes": coverage.territory.vintages,
        "sorties": [file_record(path, path.name) for path in sorted(staged.iterdir())],
    }


def _libraries() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, ""


def _inputs(files: Files, folder: Path) -> Iterator[dict[str, Any]]:
    for role, path, columns in _paths(files):
        yield {"role": role, **file_record(path, _relative(path, folder)), "colonnes": list(columns)}


def _paths(files: Files) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    for role, field in _ONE.items():
        if path := getattr(files, field):
            yield role, path, ()
    for role, field in _SEVERAL.items():
        for path in getattr(files, field):
            yield role, path, ()
    for text in files.indicators:
        path, columns = split_indicators(text)
        yield "indicateurs", path, columns


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return path.resolve().as_posix()


def request_of(record: dict[str, Any], folder: Path) -> Request:
    """Return the request that a manifest records; raises InputError (AVS-395) where it does not hold one."""
    try:
        options = record["options"]
        files = Files(mapping=options["colonnes"] or None)
        for one in record["entrees"]:
            files = _with_input(files, one["role"], folder / one["fichier"], one["colonnes"])
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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(Fault("AVS-395", {"value": str(error)}, FILE_NAME)) from error


def _with_input(files: Files, role: str, path: Path, columns: Sequence[str]) -> Files:
    if role in _ONE:
        return replace(files, **{_ONE[role]: path})  # type: ignore[arg-type]
    if role in _SEVERAL:
        several = (*getattr(files, _SEVERAL[role]), path)
        return replace(files, **{_SEVERAL[role]: several})  # type: ignore[arg-type]
    if role != "indicateurs":
        raise ValueError(f"rôle inconnu : {role}")
    text = f"{path}={','.join(columns)}" if columns else str(path)
    return replace(files, indicators=(*files.indicators, text))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Say in French what differs between a manifest and that of the same request made again.

    Outputs that differ come first, then what explains them: inputs, data of the tool, versions. Empty
    where every output is the same.
    """
    found = list(_changed("Le fichier produit", before["sorties"], after["sorties"]))
    if found:
        found += _changed("Le fichier lu", before["entrees"], after["entrees"])
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
        libraries = (one["bibliotheques"] for one in tools)
        old, new = libraries
        found += [
            f"Version de {name} : {old.get(name) or 'absente'}, {new.get(name) or 'absente'} ici."
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    return found


def changed_files(record: dict[str, Any], folder: Path) -> list[str]:
    """Say which files of an export are no longer, in *folder*, those that its manifest vouches for.

    One that is not there (handed over elsewhere) is not said.
    """
    found = []
    for one in record["sorties"]:
        path = folder / one["fichier"]
        if path.is_file() and sha256_of(path) != one["sha256"]:
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
