"""What happens around a command: a server waits for it, a file changes, a stream is closed."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from tools.fuzz.foreign import PORT

ROOT = Path(__file__).resolve().parents[2]
_OUTPUTS = ("-o", "--output", "--csv")
_READS_ONLY = frozenset(
    {"check", "report", "structures", "communes", "zones", "qpv", "groups", "access", "supply", "history",
     "contributions", "audit", "compare", "explain"}
)  # fmt: skip
_LATE_S = 240


def circumstance(chance: str) -> str:
    """Draw what happens around an input: mostly nothing; else ``deux fois``, ``change`` or ``fermé``."""
    draw = Random(f"{chance}:circonstance").random()
    return "deux fois" if draw < 0.04 else "change" if draw < 0.1 else "fermé" if draw < 0.105 else ""


def reads_only(command: Sequence[str]) -> bool:
    """Tell a command that writes no file: what it says twice of the same files is the same."""
    return command[:1] != () and command[0] in _READS_ONLY and not set(command) & set(_OUTPUTS)


@contextlib.contextmanager
def counted_requests() -> Iterator[list[str]]:
    """Yield what connects meanwhile: to the server that foreign contents name, or by Python's sockets."""
    found: list[str] = []
    connect = socket.socket.connect

    def told(self: socket.socket, address: object) -> None:
        found.append(f"socket vers {address}")
        connect(self, address)  # type: ignore[arg-type]

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):  # another worker listens too
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", PORT))
        server.listen()
        server.settimeout(0.05)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, address = server.accept()
                    found.append(f"connexion de {address}")
                    connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            with mock.patch.object(socket.socket, "connect", told):
                yield found
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def changing(folder: Path, chance: str) -> Iterator[None]:
    """Change each file of *folder* once, as another program would, just after it is opened to be read."""
    rng = Random(f"{chance}:change")
    opened = Path.open
    changed: set[Path] = set()

    def and_change(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        file = opened(self, mode, *arguments, **options)
        if self.parent.resolve() == folder.resolve() and mode in ("r", "rb") and self not in changed:
            changed.add(self)
            with contextlib.suppress(OSError):
                content = self.read_bytes()
                way = rng.randrange(4)
                if way == 0:
                    other = self.with_name("autre")
                    other.write_bytes(content[::-1])
                    other.replace(self)
                elif way == 1:
                    self.unlink()
                else:
                    self.write_bytes(content[: len(content) // 2] if way == 2 else content + content)
        return file

    with mock.patch.object(Path, "open", and_change):
        yield


def faults_of_closed_streams(command: Sequence[str], folder: Path, code: int) -> Iterator[tuple[str, str]]:
    """Run a command in a process whose output, or whose messages, are closed.

    Its code must be the same, or 5 where the result could not be written.
    """
    if os.name == "nt" or any("\0" in word for word in command):
        return
    words = shlex.join([sys.executable, "-m", "avs_coverage", *command])
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    for closed in (">&-", "2>&-"):
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", f"exec {words} {closed}"],
                cwd=folder, env=env, capture_output=True, timeout=_LATE_S, check=False,
            )  # fmt: skip
        except (subprocess.TimeoutExpired, UnicodeEncodeError) as error:
            if isinstance(error, subprocess.TimeoutExpired):
                yield f"flux {closed} : sans fin", words
            continue
        told = (done.stdout + done.stderr).decode("utf-8", "replace")
        wanted = {code, 5} if closed == ">&-" else {code}
        if done.returncode not in wanted or "Traceback" in told:
            yield f"flux {closed} : code {done.returncode}, {code} sinon", f"{words}\n{told}"
