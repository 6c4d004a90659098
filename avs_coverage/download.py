"""Fetch one file over HTTP: bounded in size and time, tried again, resumed; nothing else is decided here."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.messages import number, os_reason

if TYPE_CHECKING:
    import httpx

WAITS_S = (1.0, 2.0, 4.0)
"""Before each new try, where the connection breaks or the service fails: three more tries at most."""
LONGEST_WAIT_S = 60.0
"""A longer ``Retry-After`` is told to the user instead of being waited for."""
CONNECT_S, SILENCE_S = 15.0, 60.0
_MOST_REDIRECTS = 5
_PASSING = (429, 500, 502, 503, 504)
_HINTS = {
    400: "signalez-le : le service n'accepte plus cette demande",
    401: "signalez-le : le service demande maintenant un compte",
    403: "le service, ou le proxy, refuse cet ordinateur : voyez avec votre service informatique",
    404: "signalez-le : l'adresse a changé",
    407: "le proxy demande un compte : HTTPS_PROXY=http://compte:mot-de-passe@proxy:port",
    410: "signalez-le : l'adresse a changé",
}

Tell = Callable[[int, int], None]
"""Called with the bytes received, and those expected (0: not known)."""


@dataclass(frozen=True)
class Limits:
    """What an answer may take: bytes, and seconds in all."""

    size_bytes: int
    duration_s: float


class _PassingError(Exception):
    """A failure that a new try may not meet; *wait_s* is what the service asks to wait."""

    def __init__(self, fault: Fault, wait_s: float | None = None) -> None:
        self.fault, self.wait_s = fault, wait_s
        super().__init__(fault.what)


def download(url: str, part: Path, limits: Limits, tell: Tell = lambda done, total: None) -> str:
    """Fetch *url* into *part*, and return the address that answered at last.

    What an earlier run left in *part* is resumed where the service says that it is of the same
    file (``If-Range``). Proxies and certificates are those of the environment. Raises InputError:
    AVS-710 to AVS-716; what was received stays in *part* where it can be resumed.
    """
    import httpx

    deadline, waits = time.monotonic() + limits.duration_s, list(WAITS_S)
    with _client(urlsplit(url).scheme) as client:
        while True:
            try:
                return _once(client, url, part, limits, deadline, tell)
            except _PassingError as error:
                wait = waits.pop(0) if waits else None
                if wait is not None and error.wait_s is not None:
                    wait = max(wait, error.wait_s)
                if wait is None or wait > LONGEST_WAIT_S or time.monotonic() + wait > deadline:
                    raise InputError(error.fault) from error
                time.sleep(wait)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise InputError(Fault("AVS-710", {"value": _host(url), "reason": str(error)})) from error


def _client(scheme: str) -> httpx.Client:
    import httpx

    from avs_coverage import __version__

    def refuse_plain(response: httpx.Response) -> None:
        target = response.headers.get("location", "") if response.is_redirect else ""
        to = response.url.join(target).scheme if target else ""
        if to and (to not in ("http", "https") or (to == "http" and scheme == "https")):
            values = {"value": response.url.host, "reason": f"{to}:"}
            raise InputError(Fault("AVS-716", values))

    return httpx.Client(
        follow_redirects=True,
        max_redirects=_MOST_REDIRECTS,
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
        verify=_certificates(),
        event_hooks={"response": [refuse_plain]},
        headers={"User-Agent": f"avs-coverage/{__version__}", "Accept-Encoding": "identity"},
    )


def _certificates() -> ssl.SSLContext:
    """Return the authorities of the system (``SSL_CERT_FILE``, the store of Windows), and certifi's."""
    import os

    import certifi

    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(certifi.where())
    return context


def _once(client: httpx.Client, url: str, part: Path, limits: Limits, deadline: float, tell: Tell) -> str:
    """Ask once; raises _PassingError where a new try may succeed, else InputError."""
    import httpx

    asked = _resume_headers(url, part)
    host = _host(url)
    try:
        with client.stream("GET", url, headers=asked) as response:
            _check_status(response, host, part)
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            _receive(response, url, part, resumed, limits, deadline, tell)
            return str(response.url)
    except httpx.TooManyRedirects as error:
        reason = f"plus de {_MOST_REDIRECTS} renvois"
        raise InputError(Fault("AVS-716", {"value": host, "reason": reason})) from error
    except httpx.ConnectError as error:
        fault = Fault("AVS-710", {"value": host, "reason": _reason(error)})
        if _is_final(error):
            raise InputError(fault) from error
        raise _PassingError(fault) from error
    except httpx.ConnectTimeout as error:
        reason = f"pas de connexion en {number(CONNECT_S)} s"
        raise _PassingError(Fault("AVS-710", {"value": host, "reason": reason})) from error
    except httpx.TransportError as error:
        raise _PassingError(Fault("AVS-715", {"value": host, "reason": _reason(error)})) from error


def _check_status(response: httpx.Response, host: str, part: Path) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    if status == 416:  # noqa: PLR2004 - what is here is not a beginning of what is there
        part.unlink(missing_ok=True)
        raise _PassingError(Fault("AVS-715", {"value": host, "reason": "reprise refusée"}), 0)
    if status in _PASSING:
        wait = _retry_after(response)
        told = f", {number(wait)} s" if wait else ""
        raise _PassingError(Fault("AVS-712", {"value": host, "status": str(status), "wait": told}), wait)
    hint = _HINTS.get(status, "relancez plus tard ; si cela dure, signalez-le")
    raise InputError(Fault("AVS-711", {"value": host, "status": str(status), "hint": hint}))


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the service asks to wait, given as seconds or as a date."""
    from email.utils import parsedate_to_datetime

    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _receive(
    response: httpx.Response, url: str, part: Path, resumed: bool, limits: Limits, deadline: float, tell: Tell
) -> None:
    """Write the body after what is there already (*resumed*), or from the start; check size and time."""
    host, coded = _host(url), "content-encoding" in response.headers
    start = part.stat().st_size if resumed else 0
    if resumed and _range_start(response) != start:
        part.unlink(missing_ok=True)
        raise _PassingError(Fault("AVS-715", {"value": host, "reason": "reprise au mauvais endroit"}), 0)
    announced = response.headers.get("content-length", "")
    total = start + int(announced) if announced.isdigit() and not coded else 0
    done = start
    too_large = InputError(Fault("AVS-713", {"value": host, "limit": _megabytes(limits.size_bytes)}))
    if total > limits.size_bytes:
        raise too_large
    _remember(url, part, "" if coded else _validator(response))
    with part.open("ab" if resumed else "wb") as file:
        for chunk in response.iter_bytes() if coded else response.iter_raw():
            done += len(chunk)
            if done > limits.size_bytes:
                file.truncate(0)
                raise too_large
            file.write(chunk)
            tell(done, total)
            if time.monotonic() > deadline:
                limit = f"{number(limits.duration_s)} s"
                raise InputError(Fault("AVS-714", {"value": host, "limit": limit}))


# What is resumed must be of the same file: the service's own mark of its version is kept beside it.


def _mark_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _remember(url: str, part: Path, validator: str) -> None:
    _mark_path(part).write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")


def _validator(response: httpx.Response) -> str:
    """Return the strong mark of the version of a file, empty where the service gives none."""
    tag = str(response.headers.get("etag", ""))
    return tag if tag and not tag.startswith("W/") else str(response.headers.get("last-modified", ""))


def _resume_headers(url: str, part: Path) -> dict[str, str]:
    try:
        size = part.stat().st_size
        mark = json.loads(_mark_path(part).read_text(encoding="utf-8"))
        known = str(mark["validator"]) if mark["url"] == url else ""
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return {"Range": f"bytes={size}-", "If-Range": known} if size and known else {}


def _range_start(response: httpx.Response) -> int:
    unit, _, rest = response.headers.get("content-range", "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdigit() else -1


def forget(part: Path) -> None:
    """Remove what is left of a download."""
    for path in (part, _mark_path(part)):
        path.unlink(missing_ok=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _is_final(error: Exception) -> bool:
    """Tell a refusal that no new try changes: a certificate."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _reason(error: Exception) -> str:
    import socket

    for cause in _causes(error):
        for kind, words in (
            (ssl.SSLCertVerificationError, "certificat non reconnu"),
            (ssl.SSLError, "chiffrement refusé"),
            (socket.gaierror, "nom de machine introuvable"),
            (ConnectionRefusedError, "connexion refusée"),
            (TimeoutError, f"rien reçu pendant {number(SILENCE_S)} s"),
            (ConnectionError, "connexion interrompue"),
        ):
            if isinstance(cause, kind):
                return words
        if isinstance(cause, OSError) and cause.errno:
            return os_reason(cause)
    names = {"ReadTimeout": f"rien reçu pendant {number(SILENCE_S)} s", "ProxyError": "le proxy refuse"}
    return names.get(type(error).__name__, "réponse incomplète, ou qui n'est pas du HTTP")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _megabytes(size_bytes: int) -> str:
    return f"{number(size_bytes / 1e6, 0 if size_bytes >= 10_000_000 else 1)} Mo"  # noqa: PLR2004
