"""Ask an official service over HTTP: one client, bounded answers, failures said or tried again."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.messages import number, os_reason
from avs_coverage.official_sources import Limits

if TYPE_CHECKING:
    import httpx

WAITS_S = (1.0, 2.0, 4.0)
"""Before each new try, where the connection breaks or the service fails: three more tries at most."""
LONGEST_WAIT_S = 60.0
"""A longer ``Retry-After`` is told to the user instead of being waited for."""
CONNECT_S, SILENCE_S = 15.0, 60.0
_MOST_REDIRECTS = 5
_GRACE_S = 0.5
"""What a call that ends by itself at the deadline is left to say so."""
_PASSING = (429, 500, 502, 503, 504)
_HINTS = {
    400: "signalez-le : le service n'accepte plus cette demande",
    401: "signalez-le : le service demande maintenant un compte",
    403: "le service, ou le proxy, refuse cet ordinateur : voyez avec votre service informatique",
    404: "signalez-le : l'adresse a changé",
    407: "le proxy demande un compte : HTTPS_PROXY=http://compte:mot-de-passe@proxy:port",
    410: "signalez-le : l'adresse a changé",
}


class PassingError(Exception):
    """A failure that a new try may not meet; *wait_s* is what the service asks to wait."""

    def __init__(self, fault: Fault, wait_s: float | None = None) -> None:
        self.fault, self.wait_s = fault, wait_s
        super().__init__(fault.what)


_Answer = TypeVar("_Answer")


def ask(
    url: str, limits: Limits, once: Callable[[httpx.Client, float], _Answer], follow_redirects: bool = True
) -> _Answer:
    """Return what *once* gives of a client and a deadline (``time.monotonic``), tried again a few times.

    Proxies and certificates are those of the environment. Raises InputError: AVS-710, AVS-712, AVS-715
    and what *once* raises.
    """
    import httpx

    deadline, waits = time.monotonic() + limits.duration_s, list(WAITS_S)
    try:
        made = _client(url, follow_redirects)
    except (ValueError, ImportError) as error:
        if isinstance(error, InputError):
            raise
        # a proxy of another kind than http
        raise _unreachable(url, "le proxy de l'environnement n'est pas un proxy http") from error
    with made as client:
        while True:
            try:
                return _in_time(lambda: once(client, deadline), host_of(url), limits, deadline)
            except PassingError as error:
                wait = waits.pop(0) if waits else None
                if wait is not None and error.wait_s is not None:
                    wait = max(wait, error.wait_s)
                if wait is None or wait > LONGEST_WAIT_S or time.monotonic() + wait > deadline:
                    raise InputError(error.fault) from error
                time.sleep(wait)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                raise _unreachable(url, _reason(error)) from error


def _in_time(call: Callable[[], _Answer], host: str, limits: Limits, deadline: float) -> _Answer:
    """Return what a call gives before the deadline; raises InputError (AVS-714) past it.

    The time that the client knows is that between two bytes: headers given one byte at a time would
    last for ever. The call goes on in a thread that nobody waits for, and ends at its next byte.
    """
    found: list[_Answer] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:  # told in the thread that waits
            raised.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()) + _GRACE_S)
    if raised:
        raise raised[0]
    if not found:
        raise _too_long(host, limits)
    return found[0]


def post(url: str, fields: Mapping[str, str | Sequence[str]], content: bytes, limits: Limits) -> bytes:
    """Send a form with a CSV as its ``data``, and return the answer.

    What is sent goes to the machine of *url* and to no other: a redirection is refused (AVS-722).
    Raises InputError: AVS-710 to AVS-716.
    """

    def once(client: httpx.Client, deadline: float) -> bytes:
        host, body = host_of(url), bytearray()
        form = {"data": ("adresses.csv", content, "text/csv")}
        with failures_said(url), client.stream("POST", url, data=fields, files=form) as response:
            if response.is_redirect:
                to = _target(response).host
                raise InputError(Fault("AVS-722", {"value": host, "to": to or "ailleurs"}))
            check_status(response, host, (200,))
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > limits.size_bytes:
                    raise too_large(host, limits)
                check_time(host, limits, deadline)
        return bytes(body)

    return ask(url, limits, once, follow_redirects=False)


def _unreachable(url: str, reason: str) -> InputError:
    """Return the error of a machine that is not reached (AVS-710), with the proxy that was to reach it."""
    from urllib.request import getproxies, proxy_bypass

    host, scheme = host_of(url), urlsplit(url).scheme
    proxies = {} if proxy_bypass(host) else getproxies()
    if proxy := proxies.get(scheme) or proxies.get("all"):
        reason += f", par le proxy {host_of(proxy)}"
    return InputError(Fault("AVS-710", {"value": host, "reason": reason}))


def _target(response: httpx.Response) -> httpx.URL:
    """Return where a service sends the client; raises InputError (AVS-716)."""
    import httpx

    try:
        return response.url.join(response.headers.get("location", ""))
    except (httpx.InvalidURL, ValueError) as error:
        values = {"value": response.url.host, "reason": "une adresse mal écrite"}
        raise InputError(Fault("AVS-716", values)) from error


def _client(url: str, follow_redirects: bool) -> httpx.Client:
    import httpx

    from avs_coverage import __version__

    def refuse_plain(response: httpx.Response) -> None:
        to = _target(response).scheme if response.is_redirect else ""
        if to and (to not in ("http", "https") or (to == "http" and urlsplit(url).scheme == "https")):
            values = {"value": response.url.host, "reason": f"{to}:"}
            raise InputError(Fault("AVS-716", values))

    return httpx.Client(
        follow_redirects=follow_redirects,
        max_redirects=_MOST_REDIRECTS,
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
        verify=_certificates(url),
        event_hooks={"response": [refuse_plain]},
        headers={"User-Agent": f"avs-coverage/{__version__}", "Accept-Encoding": "identity"},
    )


def _certificates(url: str) -> ssl.SSLContext:
    """Return the authorities of the system (``SSL_CERT_FILE``, the store of Windows), and certifi's.

    What the environment names and cannot be used is told (AVS-710): Python would trust nobody, in silence.
    """
    import os

    import certifi

    name, path = "SSLKEYLOGFILE", os.environ.get("SSLKEYLOGFILE", "")
    try:
        context = ssl.create_default_context()
        name, path = "SSL_CERT_FILE", os.environ.get("SSL_CERT_FILE", "")
        context.load_verify_locations(path or certifi.where())
        name, path = "SSL_CERT_DIR", os.environ.get("SSL_CERT_DIR", "")
        for folder in filter(None, path.split(os.pathsep)):
            list(Path(folder).iterdir())
    except OSError as error:
        reason = "aucun certificat n'y est lisible" if isinstance(error, ssl.SSLError) else os_reason(error)
        raise _unreachable(url, f"{name} nomme « {path} » : {reason}") from error
    return context


@contextmanager
def failures_said(url: str) -> Iterator[None]:
    """Turn what httpx raises into a fault; PassingError where a new try may succeed, else InputError."""
    import httpx

    host = host_of(url)
    try:
        yield
    except httpx.TooManyRedirects as error:
        reason = f"plus de {_MOST_REDIRECTS} renvois"
        raise InputError(Fault("AVS-716", {"value": host, "reason": reason})) from error
    except httpx.DecodingError as error:
        values = {"value": host, "reason": "une réponse compressée abîmée"}
        raise InputError(Fault("AVS-717", values)) from error
    except httpx.ConnectError as error:
        fault = _unreachable(url, _reason(error)).faults[0]
        if _is_final(error):
            raise InputError(fault) from error
        raise PassingError(fault) from error
    except httpx.ConnectTimeout as error:
        reason = f"pas de connexion en {number(CONNECT_S)} s"
        raise PassingError(_unreachable(url, reason).faults[0]) from error
    except httpx.TransportError as error:
        raise PassingError(Fault("AVS-715", {"value": host, "reason": _reason(error)})) from error


def check_status(response: httpx.Response, host: str, accepted: Sequence[int]) -> None:
    """Raise PassingError (AVS-712) for a status that asks to wait, InputError (AVS-711) for another."""
    status = response.status_code
    if status in accepted:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in (
            "identity",
            "gzip",
        ):  # nothing of the kind was asked for, and one in another is a bomb
            values = {"value": host, "reason": f"un codage qui n'a pas été demandé, {coding[:40]}"}
            raise InputError(Fault("AVS-717", values))
        return
    if status in _PASSING:
        wait = _retry_after(response)
        told = f", {number(wait)} s" if wait else ""
        raise PassingError(Fault("AVS-712", {"value": host, "status": str(status), "wait": told}), wait)
    hint = _HINTS.get(status, "relancez plus tard ; si cela dure, signalez-le")
    raise InputError(Fault("AVS-711", {"value": host, "status": str(status), "hint": hint}))


def too_large(host: str, limits: Limits) -> InputError:
    """Return the error of an answer larger than it may be (AVS-713)."""
    return InputError(Fault("AVS-713", {"value": host, "limit": _megabytes(limits.size_bytes)}))


def check_time(host: str, limits: Limits, deadline: float) -> None:
    """Raise InputError (AVS-714) past the deadline."""
    if time.monotonic() > deadline:
        raise _too_long(host, limits)


def _too_long(host: str, limits: Limits) -> InputError:
    return InputError(Fault("AVS-714", {"value": host, "limit": f"{number(limits.duration_s)} s"}))


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the service asks to wait, given as seconds or as a date."""
    from email.utils import parsedate_to_datetime

    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


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
            (UnicodeError, "nom de machine impossible"),
            (ConnectionRefusedError, "connexion refusée"),
            (TimeoutError, f"rien reçu pendant {number(SILENCE_S)} s"),
            (ConnectionError, "connexion interrompue"),
        ):
            if isinstance(cause, kind):
                return words
        if isinstance(cause, OSError) and cause.errno:
            return os_reason(cause)
    names = {
        "ReadTimeout": f"rien reçu pendant {number(SILENCE_S)} s",
        "ProxyError": "le proxy refuse",
        "InvalidURL": "adresse mal écrite",
    }
    return names.get(type(error).__name__, "réponse incomplète, ou qui n'est pas du HTTP")


def host_of(url: str) -> str:
    """Return the machine of an address; of one that cannot be read, what stands after any password.

    >>> host_of("http://marie:secret@miroir:8080/a"), host_of("marie:secret@proxy:3128")
    ('miroir', 'proxy')
    """
    try:
        found = urlsplit(url if "://" in url else f"//{url}").hostname
    except ValueError:
        found = ""
    return found or url.rpartition("@")[2]


def without_login(url: str) -> str:
    """Return an address without the user and password that it may hold: it is shown and kept everywhere.

    >>> without_login("http://marie:p@ss@miroir:8080/a?b=c")
    'http://miroir:8080/a?b=c'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _megabytes(size_bytes: int) -> str:
    return f"{number(size_bytes / 1e6, 0 if size_bytes >= 10_000_000 else 1)} Mo"  # noqa: PLR2004
