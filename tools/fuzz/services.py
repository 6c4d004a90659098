"""Give damaged answers where the official services would answer, and damaged records of what was fetched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from tools.fuzz.damage import damaged
from tools.fuzz.records import changed_record
from tools.fuzz.seeds import EPCI, Seed, as_csv, communes, frames

MIRROR = "http://127.0.0.1:0/miroir"
"""The word of a command line that stands for the address of the damaged service."""
CACHE = "cache"
"""The cache folder of a trial, within its own."""
RECORD = f"{CACHE}/populations-{EPCI}.record.json"
FETCHED = ("communes", "populations", "mairies", "admin-express", "insee-populations", "qpv-2024", "bpe")
WHOLE = FETCHED[3:]
_MOST_PARSED_BYTES = 300_000
_HEADERS = (
    ("Content-Type", ("text/html", "", "application/json; charset=cp1252", "x" * 3000, "é")),
    ("Content-Length", ("0", "-1", "1", "x", "9" * 30)),
    ("Content-Encoding", ("gzip", "br", "x", "deflate, gzip")),
    ("Content-Range", ("bytes 5-9/10", "x")),
    ("ETag", ("", '"', "é")),
    ("Content-Disposition", ('attachment; filename="../../x"',)),
    ("Last-Modified", ("hier",)),
)  # fmt: skip
_STATUSES = (200, 201, 204, 206, 301, 302, 304, 400, 403, 404, 410, 416, 451, 500, 503)


def addresses() -> bytes:
    """Return a list of structures to geocode."""
    rows: list[list[Any]] = [["nom", "type", "code_insee", "adresse", "code_postal"]]
    for n, (code, name, *_) in enumerate(communes()):
        rows.append([f"CS {name}", "CS", code, f"{n} rue du Test" if n % 3 else "", "03100"])
    return as_csv(rows)


@cache
def record_seed() -> tuple[Seed, bytes]:
    """Return a record of the cache as a seed, and the file that it is about."""
    from avs_coverage.cache import Record

    table = as_csv([["code", "nom", "population"], *(one[:3] for one in communes())])
    digest = hashlib.sha256(table).hexdigest()
    record = Record(
        source="populations", scope=EPCI, title="population", producer="INSEE", licence="Licence Ouverte",
        vintage="2023", addresses=("http://127.0.0.1:9/departements/03/communes",), fetched="2026-01-02",
        file=f"populations-{EPCI}.{digest[:12]}.csv", size_bytes=len(table), sha256=digest,
    )  # fmt: skip
    return Seed("fiche", RECORD, json.dumps(asdict(record)).encode()), table


def record_files(content: bytes) -> dict[str, bytes]:
    """Return a cache that holds a fetched file under the record given."""
    one, table = record_seed()
    return {RECORD: content, f"{CACHE}/{json.loads(one.content)['file']}": table}


def service_commands(rng: Random) -> tuple[tuple[str, ...], ...]:
    """Return commands that ask the damaged service, and one that reads what was fetched."""
    name = rng.choice((*FETCHED, "geocodage"))
    if name == "geocodage":
        return (("data", "geocode", "adresses.csv", "-o", "sortie.csv", "--mirror", MIRROR),)
    asked = ("data", "fetch", name, *(() if name in WHOLE else (EPCI,)), "--mirror", MIRROR)
    reads = rng.choice([("report", EPCI, "--json"), ("communes", EPCI, "--rule", "radius:5km", "--json"),
                        ("qpv", EPCI, "--json"), ("data", "info", "--json")])  # fmt: skip
    return asked, reads


def record_commands(rng: Random) -> tuple[tuple[str, ...], ...]:
    """Return commands that meet a damaged record: what reads it, then what mends it."""
    reads = rng.choice([("report", EPCI, "--json"), ("data", "info", "--json"), ("data", "info"),
                        ("export", EPCI, "-o", "sortie", "--format", "json")])  # fmt: skip
    mends = rng.choice([("data", "clear"), ("data", "clear", "populations", EPCI),
                        ("data", "fetch", "populations", EPCI, "--mirror", MIRROR)])  # fmt: skip
    return reads, mends


def damaged_answer(body: bytes, rng: Random) -> bytes:
    """Return the body of an answer changed, in its bytes or, for a JSON, in its values."""
    if body[:1] in (b"[", b"{") and len(body) < _MOST_PARSED_BYTES and rng.random() < 0.6:
        return changed_record(body, rng)
    return damaged(body, rng)


@cache
def _small_layer() -> bytes:
    """Return a 7z of a few communes, as IGN ships them: all of France takes a minute to pack."""
    from tools.stand_in import admin_express

    frame = frames()["communes"].rename(columns={"code": "code_insee", "nom": "nom_officiel"})
    return admin_express(frame)


def _handler(chance: str) -> type[Any]:
    from tools import stand_in

    class Damaged(stand_in.Answers):
        """Answer rightly now and then, else with something changed."""

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            if self.path.endswith(".7z"):
                self.give(200, _small_layer(), {"Content-Type": "application/x-7z-compressed"})
            else:
                super().do_GET()

        def give(self, status: int, body: bytes, headers: Any) -> None:  # noqa: ANN401
            rng = Random(f"{chance}:{self.path}")
            if rng.random() < 0.85:
                body = damaged_answer(body, rng)
            if rng.random() < 0.1:
                status = rng.choice(_STATUSES)
            said = {"Content-Length": str(len(body)), **headers}
            if rng.random() < 0.1:
                name, values = rng.choice(_HEADERS)
                said[name] = rng.choice(values)
            with contextlib.suppress(OSError):  # the client left
                super().give(status, body, said)

    return Damaged


@contextlib.contextmanager
def service(folder: Path, chance: str) -> Iterator[str]:
    """Give the address of a service whose answers are damaged by *chance*, with a cache in *folder*."""
    from avs_coverage import http_client
    from tools.stand_in import StandIn

    server = StandIn(handler=_handler(chance))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    set_here = {"AVS_COVERAGE_CACHE": str(folder / CACHE), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    try:
        with mock.patch.dict(os.environ, set_here), mock.patch.object(http_client, "WAITS_S", (0.0,)):
            yield server.url
    finally:
        server.shutdown()
        server.server_close()


def faults_of_cache() -> Iterator[tuple[str, str]]:
    """Yield what a fetch left damaged in the cache."""
    from avs_coverage import cache as fetched
    from avs_coverage.errors import AvsError

    try:
        if found := fetched.damaged():
            yield "relevé du cache abîmé", str(found)
        for record in fetched.records():
            record.check()
    except AvsError as error:
        yield "cache abîmé", str(error)


def lost_addresses(folder: Path, code: int) -> Iterator[tuple[str, str]]:
    """Yield what a geocoding that succeeded has lost of the list it was given."""
    import pandas as pd

    given, made = folder / "adresses.csv", folder / "sortie.csv"
    if code not in (0, 6) or not made.exists() or not given.exists():
        return
    rows = [pd.read_csv(path, sep=";", dtype=str, encoding="utf-8-sig") for path in (given, made)]
    if not rows[0].equals(rows[1][list(rows[0].columns)]):
        yield "adresse perdue", made.read_text(encoding="utf-8-sig")[:4000]
