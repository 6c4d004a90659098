"""Fetch one official source for a territory into the cache: ask, unpack, check by the loader, put."""

from __future__ import annotations

import csv
import io
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from avs_coverage import archives, cache, download, fetch_checks
from avs_coverage.errors import InputError, UsageError
from avs_coverage.extras import require
from avs_coverage.faults import Fault
from avs_coverage.http_client import host_of
from avs_coverage.manifest import sha256_of
from avs_coverage.messages import counted
from avs_coverage.official_sources import FRANCE, Source
from avs_coverage.territory import Territory
from avs_coverage.territory_names import TerritoryName

_GROWTH = 4
"""An archive opens into at most so many times what it may weigh: 6 GB for ADMIN EXPRESS, of 1 to 3 GB."""
_MOST_DEPARTEMENTS = 20
_OF_FRANCE = {"communes": "admin-express", "populations": "insee-populations"}
"""What gives for the whole country that which another source gives by département."""


def fetch(
    source: Source,
    name: TerritoryName | None,
    mirror: str,
    tell: download.Tell,
    say: Callable[[str], None],
) -> tuple[cache.Record, bool]:
    """Fetch a source, and return its record and whether the file differs from the one before.

    *name* is the territory, None for a source of the whole country; *mirror* stands in place of the
    machine of its addresses; *tell* is called with the bytes received, *say* with what is waited for and
    with what the loader warns of.
    The file before stays until the new one has been read by its loader.
    Raises UsageError: AVS-231; InputError: AVS-710 to AVS-719;
    OutputError: AVS-502.
    """
    if source.scope != FRANCE and (name is None or len(name.departements) > _MOST_DEPARTEMENTS):
        other = _OF_FRANCE.get(source.id, "")
        whole = f" ; pour toute la France : avs-coverage data fetch {other}" if other else ""
        raise UsageError(Fault("AVS-231", {"value": source.id, "whole": whole}))
    if source.address.endswith(".7z"):
        require("py7zr", "ADMIN EXPRESS (archive 7z)")  # before a long download, not after it
    scope = FRANCE if source.scope == FRANCE or name is None else name.typed
    departements = () if scope == FRANCE or name is None else name.departements
    addresses = source.addresses(departements, mirror)
    with cache.locked(cache.key_of(source.id, scope), say) as part:
        parts = [part.with_name(f"{part.stem}.{rank}.part") for rank in range(len(addresses))]
        staged = part.with_name(part.stem + ".new" + source.suffix)
        final = [
            download.download(address, path, source.limits, tell)
            for address, path in zip(addresses, parts, strict=True)
        ]
        try:
            host = host_of(final[0])
            _refuse_web_page(parts, host)
            _PREPARE[source.id](source, parts, staged, host)
            for warning in _check(source, staged, name, host):
                say(f"  à savoir : {warning.what}")
            record = _record(source, scope, tuple(final), staged)
            before = cache.find(source.id, scope)
            cache.put(staged, record)
        finally:  # refused or put, it is of no use any more: only what was cut short is resumed
            staged.unlink(missing_ok=True)
            for path in parts:
                download.forget(path)
    return record, before is None or before.sha256 != record.sha256


def _refuse_web_page(parts: Sequence[Path], host: str) -> None:
    """Refuse what the connection page of a network gives in place of any data (AVS-717)."""
    for part in parts:
        with part.open("rb") as file:
            start = file.read(1024).removeprefix(BOM_UTF8)
        if start.lstrip()[:1] == b"<":
            raise _unexpected(host, "une page web au lieu de la donnée")


def _record(source: Source, scope: str, addresses: tuple[str, ...], staged: Path) -> cache.Record:
    sha256 = sha256_of(staged)
    return cache.Record(
        source.id, scope, source.title, source.producer, source.licence, source.vintage, addresses,
        date.today().isoformat(), f"{cache.key_of(source.id, scope)}.{sha256[:12]}{source.suffix}",
        staged.stat().st_size, sha256,
    )  # fmt: skip


def _check(source: Source, staged: Path, name: TerritoryName | None, host: str) -> Sequence[Fault]:
    """Read a file by the loader that will read it, and return its warnings; raises InputError (AVS-717)."""
    warnings: Sequence[Fault] = ()
    with _of_the_service(host):
        if source.scope == FRANCE or name is None:
            doubt = fetch_checks.OF_FRANCE[source.id](staged)
        else:
            doubt, warnings = fetch_checks.OF_A_TERRITORY[source.id](staged, Territory.of(name))
    if doubt:
        raise _unexpected(host, f"{doubt} : la donnée n'est pas vraisemblable")
    return warnings


@contextmanager
def _of_the_service(host: str) -> Iterator[None]:
    """Say what a loader says first of a file as the fault of the service that gave it (AVS-717).

    The rest would name a file that is not kept, and tell the user to mend what is not hers.
    """
    try:
        yield
    except InputError as error:
        first, others = error.faults[0], len(error.faults) - 1
        more = f", et {counted(others, 'autre faute', 'autres fautes')}" if others else ""
        codes = ", ".join(sorted({fault.code for fault in error.faults}))
        reason = f"ce n'est pas lisible par l'outil, {codes} : {first.what}{more}"
        raise _unexpected(host, reason) from error


# What is received becomes the file that the loader reads.


def _as_it_is(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    """Keep the answer, an archive that the loader opens; its members are bounded here."""
    with archives.zip_member(parts[0], "donnees_communes.csv", _most(source), host):
        parts[0].replace(staged)


def _member(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    archives.extract(parts[0], source.member, staged, _most(source), host)


def _structures(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    """Keep the two types of the BPE, under its own headers: 4,000 rows of 3 million."""
    from avs_coverage.loaders.bpe import read_bpe, recognises

    with archives.zip_member(parts[0], source.member, _most(source), host):
        if not recognises(parts[0]):
            raise _unexpected(host, "sans les colonnes de la BPE")
        with _of_the_service(host):
            rows, _ = read_bpe(parts[0])
    with staged.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(row.cells for row in rows)


def _features(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    """Join the features of the départements."""
    found = [feature for part in parts for feature in _listed(_json(part, host), "features", host)]
    content = {"type": "FeatureCollection", "features": found}
    staged.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _populations(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    """Write the populations of the départements as a table that the loader and a spreadsheet read."""
    rows = [row for part in parts for row in _listed(_json(part, host), "", host)]
    _write_table(staged, rows, ("code", "nom", "population"), host)


def _mairies(source: Source, parts: Sequence[Path], staged: Path, host: str) -> None:
    """Write the mairies of the départements as a table.

    The service gives the centre of a commune in place of a mairie that it does not know: such a
    point, which is no mairie, is left out.
    """
    from avs_coverage.loaders.mairies import COLUMNS

    found = []
    for row in (row for part in parts for row in _listed(_json(part, host), "", host)):
        known = row if isinstance(row, dict) else {}
        centre, mairie = (_point(known.get(name)) for name in ("centre", "mairie"))
        if centre is None:
            raise _unexpected(host, "une commune sans centre : on ne sait plus ce qui est une mairie")
        if mairie not in (None, centre):
            found.append({**known, "longitude": mairie[0], "latitude": mairie[1]})
    if not found:
        raise _unexpected(host, "aucune mairie, seulement des centres de communes")
    _write_table(staged, found, COLUMNS, host)


def _point(geometry: object) -> list[Any] | None:
    """Return the longitude and latitude of a GeoJSON point, None for anything else."""
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    return found if isinstance(found, list) and len(found) == 2 else None  # noqa: PLR2004


def _write_table(staged: Path, rows: Sequence[Any], columns: Sequence[str], host: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if not isinstance(row, dict) or any(row.get(column) is None for column in columns):
            raise _unexpected(host, f"une commune sans {', '.join(columns)}")
        writer.writerow([row[column] for column in columns])
    staged.write_text(text.getvalue(), encoding="utf-8")


def _json(part: Path, host: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a service answered; raises InputError (AVS-717)."""
    content = part.read_bytes().removeprefix(BOM_UTF8)
    try:
        return json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unexpected(host, "un texte qui n'est pas en UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _unexpected(host, "un JSON abîmé" if content else "une réponse vide") from error


def _listed(value: Any, key: str, host: str) -> list[Any]:  # noqa: ANN401
    found = value.get(key) if key and isinstance(value, dict) else value
    if not isinstance(found, list) or not found:
        raise _unexpected(host, "aucune commune")
    return found


def _unexpected(host: str, reason: str) -> InputError:
    return InputError(Fault("AVS-717", {"value": host, "reason": reason}))


def _most(source: Source) -> int:
    return source.limits.size_bytes * _GROWTH


_PREPARE: Mapping[str, Callable[[Source, Sequence[Path], Path, str], None]] = {
    "communes": _features,
    "populations": _populations,
    "mairies": _mairies,
    "admin-express": _member,
    "insee-populations": _as_it_is,
    "qpv-2024": _member,
    "bpe": _structures,
}
