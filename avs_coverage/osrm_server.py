"""One OSRM server: its address, one request to its ``table`` service, and the check of the answer."""

from __future__ import annotations

import base64
import ipaddress
import json
import math
import socket
import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import BaseHandler, HTTPRedirectHandler, ProxyHandler, Request, build_opener

import numpy as np

from avs_coverage.errors import InputError, UsageError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason

MOST_PLACES = 100
"""Coordinates in one request: the limit of a server that is left as it comes (--max-table-size)."""
SNAP_M = 1000.0
"""A place farther than this from the road the server puts it on is named in a warning."""
TIMEOUT_S = 60.0
WAITS_S = (0.5, 1.0)
"""Before each new try, where the connection breaks or the server fails (5xx): never more than two."""
_MOST_SECONDS = 1e9
_CODE_HINTS = {
    "NoSegment": "chargez dans le serveur les routes de tout le territoire",
    "TooBig": f"relancez le serveur avec --max-table-size {MOST_PLACES} ou plus",
}
_OTHER_HINT = "vérifiez que le serveur offre le service « table » (OSRM 5 ou plus récent)"


@dataclass(frozen=True)
class Server:
    """The address of a server, without a final slash and without *login* (``user:password``)."""

    url: str
    login: str = field(default="", repr=False)

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is of this machine: what is sent to it leaves for nowhere."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:  # another name
            return False


def parse_server(text: str) -> Server:
    """Return the server of an ``http(s)://`` address; raises UsageError (AVS-203).

    A query or a fragment is refused: requests add their own, and every output shows the address.
    """
    try:
        parts = urlsplit(text.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        parts, host, port = urlsplit(""), "", ""
    wrong = parts.query or parts.fragment or any(char.isspace() for char in text.strip())
    if parts.scheme not in ("http", "https") or not host or wrong:
        shown = text.rpartition("@")[2]  # never a password
        choices = "une adresse en http:// ou https://, comme http://127.0.0.1:5000"
        raise UsageError(Fault("AVS-203", {"value": shown, "option": "--osrm", "choices": choices}))
    host = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{host}{port}{quote(parts.path.rstrip('/'), safe='/%')}"
    login = ":".join(unquote(part or "") for part in (parts.username, parts.password))
    return Server(url, login if "@" in parts.netloc else "")


def require_loopback(url: str, file: str) -> str:
    """Return an address that a file of unknown origin names, where it is of this machine.

    Raises UsageError (AVS-233) otherwise: places would leave the machine without being asked to.
    """
    server = parse_server(url)
    if not server.is_loopback:
        raise UsageError(Fault("AVS-233", {"value": server.url, "file": file}))
    return url


class Table:
    """One answer of the table service, checked: *minutes*, one row an origin, one column a destination."""

    def __init__(self, server: Server, origins: list[str], destinations: list[str]) -> None:
        self._server, self._shape = server, (len(origins), len(destinations))
        first, last = len(origins), len(origins) + len(destinations)
        sources, targets = (";".join(map(str, of)) for of in (range(first), range(first, last)))
        points = ";".join(origins + destinations)
        options = f"sources={sources}&destinations={targets}&annotations=duration"
        self._answer = _ask(server, f"/table/v1/driving/{points}?{options}")
        self.minutes = self._read()

    def _read(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        rows = self._answer.get("durations")
        lists = rows if isinstance(rows, list) and all(isinstance(row, list) for row in rows) else []
        widths = {len(row) for row in lists}
        if len(lists) != self._shape[0] or widths != {self._shape[1]}:
            found = f"{len(lists)} × {'/'.join(map(str, sorted(widths)))}" if lists else "rien"
            values = {"value": found, "expected": f"{self._shape[0]} × {self._shape[1]}"}
            raise InputError(Fault("AVS-384", values, self._server.url))
        return np.array([[self._seconds(cell) for cell in row] for row in lists], dtype=float) / 60

    def _seconds(self, cell: object) -> float:
        if cell is None:
            return math.nan
        if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not 0 <= cell < _MOST_SECONDS:
            value = json.dumps(cell, ensure_ascii=False)[:40]
            raise InputError(Fault("AVS-385", {"value": value}, self._server.url))
        return float(cell)

    def far(self, side: str) -> list[int]:
        """Return the places of ``sources`` or ``destinations`` put on a road farther than SNAP_M."""
        points = self._answer.get(side)
        found = []
        for place, point in enumerate(points if isinstance(points, list) else ()):
            metres = point.get("distance") if isinstance(point, dict) else None  # older servers do not say it
            if isinstance(metres, (int, float)) and metres > SNAP_M:
                found.append(place)
        return found[: self._shape[side == "destinations"]]


class _NoRedirect(HTTPRedirectHandler):
    """Follow nobody: the answer is that of the server named in every output, and so is the login."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401
        """Refuse; urllib then raises HTTPError with the 3xx status."""


def _ask(server: Server, path: str) -> dict[str, Any]:
    """Return the answer to one request, through the proxies of the environment for another machine only."""
    from avs_coverage import __version__

    headers = {"Accept": "application/json", "User-Agent": f"avs-coverage/{__version__}"}
    if server.login:
        headers["Authorization"] = f"Basic {base64.b64encode(server.login.encode()).decode()}"
    request = Request(server.url + path, headers=headers)  # noqa: S310 - http or https: see parse_server
    proxies: list[BaseHandler] = [ProxyHandler({})] if server.is_loopback else []
    opener = build_opener(_NoRedirect, *proxies)
    waits = list(WAITS_S)
    while True:
        try:
            with opener.open(request, timeout=TIMEOUT_S) as response:
                return _decoded(server, response.read())
        except (OSError, HTTPException) as error:
            fault, passing = _fault(server, error)
            if not passing or not waits:
                raise InputError(fault) from error
            time.sleep(waits.pop(0))


def _decoded(server: Server, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        start = body[:40].decode("utf-8", "replace")
        raise InputError(Fault("AVS-382", {"value": start}, server.url)) from error
    if not isinstance(answer, dict):
        raise InputError(Fault("AVS-382", {"value": body[:40].decode("utf-8", "replace")}, server.url))
    if answer.get("code") != "Ok":
        raise InputError(_refusal(server, answer))
    return answer


def _refusal(server: Server, answer: dict[str, Any]) -> Fault:
    code, message = str(answer.get("code", "sans code"))[:40], str(answer.get("message", ""))[:200]
    said = f"{code} : {message}" if message else code
    return Fault("AVS-383", {"value": said, "hint": _CODE_HINTS.get(code, _OTHER_HINT)}, server.url)


def _fault(server: Server, error: Exception) -> tuple[Fault, bool]:
    """Return what went wrong, and whether it may pass: a broken connection, a server's own failure."""
    if isinstance(error, HTTPError):
        passing = error.code >= 500  # noqa: PLR2004
        try:  # OSRM refuses a request with status 400 and a code of its own
            with error:
                answer = json.loads(error.read())
        except (OSError, HTTPException, ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict) and answer.get("code", "Ok") != "Ok":
            return _refusal(server, answer), passing
        return Fault("AVS-381", {"value": f"{error.code} {error.reason}"}, server.url), passing
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    passing = isinstance(cause, (ConnectionError, HTTPException))
    return Fault("AVS-380", {"reason": _reason(cause)}, server.url), passing


def _reason(cause: Exception) -> str:
    for kind, words in (
        (TimeoutError, f"pas de réponse en {TIMEOUT_S:g} s"),
        (ConnectionRefusedError, "connexion refusée"),
        (ConnectionError, "connexion interrompue"),
        (HTTPException, "réponse incomplète, ou qui n'est pas du HTTP"),
        (socket.gaierror, "nom de machine introuvable"),
        (ssl.SSLError, "certificat ou chiffrement refusé"),
    ):
        if isinstance(cause, kind):
            return words
    if isinstance(cause, OSError) and cause.errno:
        return os_reason(cause)
    return "demande refusée par un proxy ou par le système"
