"""A server that stands in for OSRM, and a study folder that names it."""

from __future__ import annotations

import socket
import threading

import pytest

from avs_coverage import osrm_server
from tests.osrm_server.helpers import LOOPBACK, Stand


@pytest.fixture
def stand(monkeypatch):
    """A stand-in; nothing but loopback may be reached from this process, and waits are short."""
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(osrm_server, "WAITS_S", (0.01, 0.01))
    connect = socket.socket.connect

    def only_loopback(self, address):
        assert address[0] == "127.0.0.1"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    server = Stand()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def study(tmp_path):
    def write(**settings):
        lines = [f'{key} = "{value}"' for key, value in {"territoire": "allier", **settings}.items()]
        (tmp_path / "etude").mkdir(exist_ok=True)
        (tmp_path / "etude" / "avs.toml").write_text("\n".join(lines), encoding="utf-8")
        return "./etude"

    return write
