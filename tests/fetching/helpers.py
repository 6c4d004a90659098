"""The stand-in server of the tests of fetching, what can be wrong with it, and what the cache holds."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from avs_coverage import cache, http_client, official_sources
from avs_coverage.errors import AvsError
from avs_coverage.messages import counted
from avs_coverage.official_sources import Limits
from tools.stand_in import Answers, StandIn, content

ROOT = Path(__file__).parent.parent.parent
SHORT = Limits(3_000_000, 4.0)
SERVED: Counter[str] = Counter()
"""How often each kind of fault was served in this run."""
DAMAGED: list[Path] = []
"""The caches that a fault left damaged."""
COUNTS: list[str] = []
"""What tests have counted, for the end of the run."""


def kind_of(fault):
    """Return what a fault is, the same in every process: its code, and the values that it was made with."""
    values = [cell.cell_contents for cell in fault.__closure__ or ()]
    made_with = [kind_of(value) if callable(value) else repr(value) for value in values]
    code = fault.__code__
    return f"{code.co_filename}:{code.co_firstlineno} {made_with} {fault.__defaults__}"


def counted_here():
    """Return what this process has counted, as plain values."""
    return [dict(SERVED), [str(path) for path in DAMAGED], list(COUNTS)]


def add(counted_elsewhere):
    """Count what another process of the same run has counted."""
    served, damaged, lines = counted_elsewhere
    SERVED.update(served)
    DAMAGED.extend(map(Path, damaged))
    COUNTS.extend(lines)


def counts():
    """Return the lines that end a run of these tests."""
    if not SERVED:
        return COUNTS
    answers = counted(SERVED.total(), "réponse fautive", "réponses fautives")
    kinds = counted(len(SERVED), "sorte", "sortes")
    caches = counted(len(DAMAGED), "cache abîmé", "caches abîmés") if DAMAGED else "aucun cache abîmé"
    return [f"fautes servies : {answers} de {kinds}, {caches}", *COUNTS]


class Misbehaving(Answers):
    """Serve what the test has put in *plan*, one fault a request; then answer rightly."""

    def do_GET(self):  # noqa: N802 - the name that http.server calls
        self.answer(super().do_GET)

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(body)
        self.rfile = io.BytesIO(body)
        self.answer(super().do_POST)

    def answer(self, rightly):
        self.server.asked.append((self.path, dict(self.headers)))
        fault = self.server.plan.pop(0) if self.server.plan else None
        if fault is None and self.server.always:
            fault = self.server.always
        if fault is None:
            rightly()
        else:
            SERVED[kind_of(fault)] += 1
            self.server.faulty = True
            with contextlib.suppress(OSError):  # the client left: some tests want that
                fault(self)


class Stand(StandIn):
    def __init__(self):
        super().__init__(handler=Misbehaving)
        self.plan, self.always, self.asked, self.posted = [], None, [], []
        self.faulty = False

    def handle_error(self, request, client_address):
        """The client left."""


def serving(monkeypatch, tmp_path) -> Iterator[Stand]:
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setattr(http_client, "WAITS_S", (0.0, 0.01, 0.02))
    server = Stand()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    if server.faulty:
        look_at_cache(tmp_path / "cache")


def look_at_cache(folder):
    """Check that what a fault left of the cache is whole."""
    try:
        for record in cache.records():
            record.check()
    except AvsError:
        DAMAGED.append(folder)
        raise


def shorten(monkeypatch):
    """Set bounds that a test can wait for."""
    monkeypatch.setattr(http_client, "SILENCE_S", 0.5)
    found = {
        id: one.__class__(**{**one.__dict__, "limits": SHORT})
        for id, one in official_sources.sources().items()
    }
    monkeypatch.setattr(official_sources, "sources", lambda: found)


def fetch(run, stand, *words):
    return run("data", "fetch", *words, "--mirror", stand.url)


def files(tmp_path):
    """Return the name and content of what the cache holds, locks aside."""
    found = (tmp_path / "cache").glob("*")
    return {path.name: path.read_bytes() for path in found if not path.name.endswith(".lock")}


def status(code, body=b"{}", **headers):
    return lambda one: one.give(
        code, body, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def truncated(one):
    body = content(one.path)[0]
    one.send_response(200)
    one.send_header("Content-Length", str(len(body)))
    one.end_headers()
    one.wfile.write(body[: len(body) // 2])
    one.wfile.flush()
    one.connection.shutdown(socket.SHUT_RDWR)


def cut_chunk(one):
    one.protocol_version = "HTTP/1.1"
    one.send_response(200)
    one.send_header("Transfer-Encoding", "chunked")
    one.end_headers()
    one.wfile.write(b"ff\r\n{}")
    one.connection.shutdown(socket.SHUT_RDWR)


def closed(one):
    one.connection.shutdown(socket.SHUT_RDWR)
