"""The folder of fetched data: for each layer and territory one file, and the record of where it is from.

A record names its file by its fingerprint, and is replaced last: whatever is interrupted, the record
in place is that of a whole file. The file before stays for an hour, for whoever is reading it. Any other
that no record names is a leftover, removed by ``clear``.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.manifest import sha256_of
from avs_coverage.messages import french_date, number, os_reason
from avs_coverage.names import normalise
from avs_coverage.ordinary import read_settings
from avs_coverage.reports.output import made_folder

FETCHED = "téléchargé"
"""The word by which every output tells a layer that was fetched from the user's own."""
FOLDER_VARIABLE = "AVS_COVERAGE_CACHE"
_PRIVATE = 0o700
_LOCK_S = 300.0
_RECORD, _LOCK = ".record.json", ".lock"
_OWN = " (fichier de l'utilisateur)"
_KEPT_S = 3600.0
_FORMER = re.compile(r"[a-z0-9-]+\.[0-9a-f]{12}\.\w+", re.I)
_LEFTOVER = re.compile(rf"[a-z0-9-]+\.(\d+\.part(\.json)?|new\.\w+)|{_FORMER.pattern}", re.I)


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
        return typed(self.source, self.scope)

    def to_record(self) -> dict[str, Any]:
        """Return what ``data info --json`` says of the file."""
        return {
            "nom": self.source, "portee": self.scope, "titre": self.title, "producteur": self.producer,
            "licence": self.licence, "millesime": self.vintage, "adresses": list(self.addresses),
            "telecharge_le": self.fetched, "fichier": self.file, "taille_octets": self.size_bytes,
            "sha256": self.sha256,
        }  # fmt: skip

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


def typed(source: str, scope: str) -> str:
    """Return what to type after ``data fetch`` or ``data clear`` for a source and a scope."""
    return f"{source} {scope}".removesuffix(" france")


def kind_of_layer(label: str) -> str:
    """Say whose a layer is, by what names it: ``téléchargée``, or ``de l'utilisateur``.

    >>> kind_of_layer("population : p.csv, colonne PMUN, téléchargé le 26/11/2026 de www.insee.fr")
    'téléchargée'
    """
    fetched = f", {FETCHED} le " in label and not label.endswith(_OWN)
    return "téléchargée" if fetched else "de l'utilisateur"


def label_of_own(label: str) -> str:
    """Return what names a layer of the user's, such that its file's name passes it off for no fetched one.

    >>> label_of_own("population : pop téléchargé le 01/01/2026.csv, colonne PMUN")
    "population : pop téléchargé le 01/01/2026.csv, colonne PMUN (fichier de l'utilisateur)"
    """
    return label + _OWN if normalise(FETCHED) in normalise(label) else label


def records() -> tuple[Record, ...]:
    """Return every whole record of the cache, by key; raises InputError (AVS-724) if it cannot be listed."""
    return tuple(record for path in _record_paths() if (record := _read(path)) is not None)


def damaged() -> dict[tuple[str, str], Path]:
    """Return, by source and scope, the records that say nothing any more; raises InputError (AVS-724)."""
    return {_said(path): path for path in _record_paths() if _read(path) is None}


def _record_paths() -> list[Path]:
    """Return the paths of the records, damaged or not, of the sources of the catalogue."""
    try:
        found = sorted(cache_dir().iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else "ce nom n'en est pas un"
        raise InputError(Fault("AVS-724", {"value": str(cache_dir()), "reason": reason})) from error
    return [path for path in found if path.name.endswith(_RECORD) and _said(path)[0]]


def _said(path: Path) -> tuple[str, str]:
    """Return the source and the scope that the name of a record says, empty where it is no source's."""
    from avs_coverage.official_sources import layers

    key = path.name.removesuffix(_RECORD)
    source = next((id for id in layers() if key.startswith(f"{id}-")), "")
    return source, re.sub("^region-", "region:", key.removeprefix(f"{source}-"))


def find(source: str, scope: str) -> Record | None:
    """Return the record of a source for a territory, None where there is none."""
    return _read(cache_dir() / (key_of(source, scope) + _RECORD))


def provenance(path: Path) -> Record | None:
    """Return the record of a fetched file, None for any other: what is in the cache alone is believed."""
    if path.resolve().parent != cache_dir().resolve():
        return None
    return next((record for record in records() if record.file == path.name), None)


def _read(path: Path) -> Record | None:
    try:
        if not path.exists():
            return None
        said = json.loads(read_settings(path))
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
    except (OSError, ValueError, LookupError, TypeError, RecursionError, InputError):
        return None
    # A name that leaves the folder is nobody's: the tool writes none.
    own = plain and isinstance(record.size_bytes, int) and bool(record.addresses)
    own = own and Path(record.file).name == record.file and record.file.startswith(record.key + ".")
    own = own and "\0" not in record.file
    return record if own and record.key + _RECORD == path.name else None


@contextmanager
def locked(key: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """Keep other commands from changing a key meanwhile, and give where its download may be put.

    *tell* is called with a sentence where another command is to be waited for. Raises InputError
    (AVS-719) where that lasts too long, OutputError (AVS-502).
    """
    from filelock import FileLock, Timeout

    folder = cache_dir()
    try:
        with made_folder(folder, _PRIVATE):
            _close_to_others(folder)
            lock = FileLock(folder / (key + _LOCK))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                tell(f"une autre commande est sur « {key} » : attente, {number(_LOCK_S)} s au plus.")
                lock.acquire(timeout=_LOCK_S)
            try:
                yield folder / f"{key}.part"
            finally:
                lock.release()
    except Timeout as error:
        raise InputError(Fault("AVS-719", {"value": key})) from error
    except OSError as error:
        if isinstance(error, (InputError, OutputError)):
            raise
        values = {"value": str(error.filename or folder), "reason": os_reason(error)}
        raise OutputError(Fault("AVS-502", values)) from error


def _close_to_others(folder: Path) -> None:
    """Close the system's own cache to other accounts: an earlier version left it open.

    A folder that ``AVS_COVERAGE_CACHE`` names, and that is there, may be shared on purpose: it stays so.
    """
    if os.name != "nt" and not os.environ.get(FOLDER_VARIABLE):
        with suppress(OSError):
            folder.chmod(_PRIVATE)


def put(staged: Path, record: Record) -> None:
    """Put a whole file in the cache under its record (inside ``locked``), and remove those replaced before.

    The one that it replaces stays: another command may have read its record, and be about to open it.
    """
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
        with suppress(OSError):  # from now on it is no longer the one to read
            os.utime(before.path)
    for path in cache_dir().glob(f"{record.key}.*"):
        former = _FORMER.fullmatch(path.name) and path.name != record.file
        with suppress(OSError):  # open elsewhere, on Windows: removed another time
            if former and time.time() - path.stat().st_mtime > _KEPT_S:
                path.unlink()


def clear(found: Iterable[Record], broken: Iterable[Path], tell: Callable[[str], None]) -> int:
    """Remove records with their files, and damaged records, then what no record names.

    Return the bytes freed; *tell* as in ``locked``. Raises OutputError (AVS-502), InputError (AVS-719).
    """
    freed = 0
    for record in found:
        with locked(record.key, tell):
            # The record first: one without its file would be said to be damaged.
            (cache_dir() / (record.key + _RECORD)).unlink(missing_ok=True)
            if record.path.exists():
                freed += record.path.stat().st_size
                record.path.unlink()
    for path in broken:
        with locked(path.name.removesuffix(_RECORD), tell):
            path.unlink(missing_ok=True)
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
