"""The folder of fetched data: for each layer and territory one file, and the record of where it is from.

A record names its file by its fingerprint, and is replaced last: whatever is interrupted, the record
in place is that of a whole file. A file that no record names is a leftover, removed at the next change.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.manifest import sha256_of
from avs_coverage.messages import french_date, os_reason
from avs_coverage.reports.output import made_folder

FETCHED = "téléchargé"
"""The word by which every output tells a layer that was fetched from the user's own."""
FOLDER_VARIABLE = "AVS_COVERAGE_CACHE"
_LOCK_S = 300.0
_RECORD, _LOCK = ".record.json", ".lock"
_LEFTOVER = re.compile(r"[a-z0-9-]+\.(\d+\.part(\.json)?|new\.\w+|[0-9a-f]{12}\.\w+)", re.I)


def cache_dir() -> Path:
    """Return the folder, which may not exist: that of ``AVS_COVERAGE_CACHE``, else the system's own."""
    if told := os.environ.get(FOLDER_VARIABLE):
        with suppress(RuntimeError):  # ~somebody who is nobody
            return Path(told).expanduser()
        return Path(told)
    from platformdirs import user_cache_path

    return user_cache_path("avs-coverage", appauthor=False)


@dataclass(frozen=True)
class Record:
    """One fetched file: what it is, from where and when, under which licence, and its fingerprint.

    *source* is an identifier of the catalogue, *scope* the territory as typed or ``france``, *fetched*
    a day (AAAA-MM-JJ), *addresses* those asked, *file* the name in the folder.
    """

    source: str
    scope: str
    title: str
    producer: str
    licence: str
    vintage: str
    addresses: tuple[str, ...]
    fetched: str
    file: str
    size_bytes: int
    sha256: str

    @property
    def key(self) -> str:
        """Return what names the record."""
        return key_of(self.source, self.scope)

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return cache_dir() / self.file

    @property
    def told(self) -> str:
        """Say where the file is from, in French."""
        return f"{FETCHED} le {french_date(date.fromisoformat(self.fetched))} de {self.host}"

    @property
    def host(self) -> str:
        """Return the machine that answered."""
        from urllib.parse import urlsplit

        return urlsplit(self.addresses[0]).hostname or ""

    @property
    def typed(self) -> str:
        """Return what to type after ``data fetch`` to fetch it again."""
        return f"{self.source} {self.scope}".removesuffix(" france")

    def check(self) -> None:
        """Raise InputError (AVS-720) where the file is not the one that was fetched."""
        try:
            same = sha256_of(self.path) == self.sha256
            reason = "son empreinte n'est plus la même"
        except OSError as error:
            same, reason = False, os_reason(error)
        if not same:
            raise InputError(Fault("AVS-720", {"value": self.file, "reason": reason, "source": self.typed}))


def key_of(source: str, scope: str) -> str:
    """Return what names the files of a source for a territory: ``communes-region-84``."""
    return f"{source}-{scope.replace(':', '-')}"


def kind_of_layer(label: str) -> str:
    """Say whose a layer is, by what names it: ``téléchargée``, or ``de l'utilisateur``.

    >>> kind_of_layer("population : p.csv, colonne PMUN, téléchargé le 26/11/2026 de www.insee.fr")
    'téléchargée'
    """
    return "téléchargée" if f", {FETCHED} le " in label else "de l'utilisateur"


def records(folder: Path | None = None) -> tuple[Record, ...]:
    """Return every record of a folder (the cache), by key; a damaged one is none: it is fetched again."""
    try:
        paths = sorted((folder or cache_dir()).glob(f"*{_RECORD}"))
    except OSError:
        return ()
    return tuple(record for path in paths if (record := _read(path)) is not None)


def find(source: str, scope: str) -> Record | None:
    """Return the record of a source for a territory, None where there is none."""
    return _read(cache_dir() / (key_of(source, scope) + _RECORD))


def provenance(path: Path) -> Record | None:
    """Return the record that stands beside a fetched file, wherever its folder is; None for any other."""
    return next((record for record in records(path.parent) if record.file == path.name), None)


def _read(path: Path) -> Record | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        values = {field.name: said[field.name] for field in fields(Record)}
        values["addresses"] = tuple(map(str, values["addresses"]))
        record = Record(**values)
        date.fromisoformat(record.fetched)
        record.host  # noqa: B018 - raises ValueError where an address is none
        plain = all(
            isinstance(value, str)
            for name, value in values.items()
            if name not in ("addresses", "size_bytes")
        )
    except (OSError, ValueError, LookupError, TypeError):
        return None
    # A name that leaves the folder is nobody's: the tool writes none.
    own = plain and isinstance(record.size_bytes, int) and bool(record.addresses)
    own = own and Path(record.file).name == record.file and record.file.startswith(record.key + ".")
    own = own and "\0" not in record.file
    return record if own and record.key + _RECORD == path.name else None


@contextmanager
def locked(key: str) -> Iterator[Path]:
    """Keep other commands from changing a key meanwhile, and give where its download may be put.

    Raises InputError (AVS-719) where another command holds it for too long, OutputError (AVS-502).
    """
    from filelock import FileLock, Timeout

    folder = cache_dir()
    try:
        with made_folder(folder), FileLock(folder / (key + _LOCK), timeout=_LOCK_S):
            yield folder / f"{key}.part"
    except Timeout as error:
        raise InputError(Fault("AVS-719", {"value": key})) from error
    except OSError as error:
        if isinstance(error, (InputError, OutputError)):
            raise
        values = {"value": str(error.filename or folder), "reason": os_reason(error)}
        raise OutputError(Fault("AVS-502", values)) from error


def put(staged: Path, record: Record) -> None:
    """Put a whole file in the cache under its record (inside ``locked``); the one before it goes away."""
    before = find(record.source, record.scope)
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    staged.replace(record.path)
    # Beside its place, under a name that ``clear`` knows, where a killed process would leave it.
    made = cache_dir() / f"{record.key}.new.json"
    with made.open("wb") as file:
        file.write(json.dumps(asdict(record), ensure_ascii=False, indent=2).encode())
        file.flush()
        os.fsync(file.fileno())
    made.replace(cache_dir() / (record.key + _RECORD))
    if before is not None and before.file != record.file:
        with suppress(OSError):  # open elsewhere, on Windows: a leftover, removed another time
            before.path.unlink()


def clear(found: tuple[Record, ...]) -> int:
    """Remove records with their files, then what no record names; return the bytes freed.

    Raises OutputError (AVS-502).
    """
    freed = 0
    for record in found:
        with locked(record.key):
            # The record first: one without its file would be said to be damaged.
            (cache_dir() / (record.key + _RECORD)).unlink(missing_ok=True)
            if record.path.exists():
                freed += record.path.stat().st_size
                record.path.unlink()
    return freed + _sweep()


def _sweep() -> int:
    """Remove what is left of killed downloads, save what another command is at work on.

    Only names that this module and ``fetch`` give: the folder may hold files of the user's own.
    """
    from filelock import FileLock, Timeout

    from avs_coverage.official_sources import sources

    named, freed = {record.file for record in records()}, 0
    for path in sorted(cache_dir().glob("*")):
        key = path.name.partition(".")[0]
        own = _LEFTOVER.fullmatch(path.name) and key.startswith(tuple(f"{id}-" for id in sources()))
        if not own or path.name in named or path.is_symlink() or not path.is_file():
            continue
        with suppress(OSError, Timeout), FileLock(cache_dir() / (key + _LOCK), timeout=0):
            freed += path.stat().st_size
            path.unlink()
    return freed
