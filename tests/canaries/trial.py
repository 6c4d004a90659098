"""Run a case of the canaries, and tell whether anything led out of it."""

from __future__ import annotations

import contextlib
import http.server
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.canaries.cases import LIST, Case, files_of, words_of
from tests.canaries.contents import CANARY, World, outside_files
from tools.fuzz.seeds import seed
from tools.fuzz.trial import Verdict

ALLOWED = frozenset({0, 2, 3, 4, 5, 6})
SECONDS, MEGABYTES = 10, 500


class _Server(http.server.ThreadingHTTPServer):
    """Counts every connection, whatever is asked: a library in C passes Python's sockets by."""

    connections: list[bytes]

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self.connections.append(b"connexion")
        return connection, address


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.connections.append(self.requestline.encode())
        body = outside_files()["canari.geojson"]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def cage(folder: Path) -> Iterator[tuple[World, list[bytes]]]:
    """Yield a world, its server, files outside, pipe and empty folder ready, and the connections."""
    world_folder, empty = folder / "dehors", folder / "voliere"
    for one in (world_folder, empty):
        one.mkdir()
    for name, content in outside_files().items():
        (world_folder / name).write_bytes(content)
    os.mkfifo(world_folder / "tube")
    with _Server(("127.0.0.1", 0), _Answers) as server:
        server.connections = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield World(server.server_port, world_folder, empty), server.connections
        finally:
            server.shutdown()
            thread.join()


def snapshot(*folders: Path) -> dict[str, object]:
    """Return every path in these folders with its size and time."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for folder in folders
        for path in sorted(folder.rglob("*"))
    }


def canary_trial(world: World, cases: list[Case], number: int, folder: Path) -> Verdict:
    """Run case *number* in *folder*; what led out is a finding."""
    case = cases[number]
    here = folder / "ici"
    here.mkdir()
    (here / LIST).write_bytes(seed("structures.csv").content)
    files, name = files_of(case, world)
    for file, content in files.items():
        (here / file).parent.mkdir(exist_ok=True)
        if isinstance(content, Path):
            (here / file).unlink(missing_ok=True)
            (here / file).symlink_to(content)
        else:
            (here / file).write_bytes(content)
    # Offline, addresses are not even read: that command is given a service that is not there.
    os.environ["AVS_COVERAGE_OFFLINE"] = "non" if case.role == "geocode" else "1"
    os.environ["AVS_COVERAGE_CACHE"] = str(folder / "cache")
    before = snapshot(here, world.outside, world.cage)
    verdict = Verdict("canari", case.role)
    code, out, err = _run(words_of(case, name), here)
    verdict.codes.append(code)
    verdict.accepted = code == 0
    after = snapshot(here, world.outside, world.cage)
    if code not in ALLOWED or "Traceback" in out + err:
        verdict.findings[f"{case.label} : code {code}"] = out + err
    if CANARY in out + err:
        verdict.findings[f"{case.label} : le canari sort"] = out + err
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if changed:
        verdict.findings[f"{case.label} : écrit"] = ", ".join(sorted(changed))
    return verdict


def _run(words: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    from avs_coverage.commands import main_program
    from avs_coverage.commands.streams import prepare_streams

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            prepare_streams()
            try:
                code = main_program(words)
            except BaseException as error:
                code = 1
                print(f"Traceback {error!r}", file=streams[1])
    finally:
        os.chdir(before)
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in streams)
    return code, out, err
