"""Fetch one file over HTTP: bounded in size and time, tried again, resumed; nothing else is decided here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.faults import Fault
from avs_coverage.http_client import (
    PassingError,
    ask,
    check_status,
    check_time,
    failures_said,
    host_of,
    too_large,
    without_login,
)
from avs_coverage.official_sources import Limits

if TYPE_CHECKING:
    import httpx

Tell = Callable[[int, int], None]
"""Called with the bytes received, and those expected (0: not known)."""


def download(url: str, part: Path, limits: Limits, tell: Tell = lambda done, total: None) -> str:
    """Fetch *url* into *part*, and return the address that answered at last, without any password.

    What an earlier run left in *part* is resumed where the service says that it is of the same
    file (``If-Range``). Raises InputError: AVS-710 to AVS-716; what was received stays in *part*
    where it can be resumed.
    """
    return ask(url, limits, lambda client, deadline: _once(client, url, part, limits, deadline, tell))


def _once(client: httpx.Client, url: str, part: Path, limits: Limits, deadline: float, tell: Tell) -> str:
    """Ask once; raises PassingError where a new try may succeed, else InputError."""
    asked = _resume_headers(url, part)
    with failures_said(url), client.stream("GET", url, headers=asked) as response:
        status, host = response.status_code, host_of(url)
        if status == 416:  # noqa: PLR2004 - what is here is not a beginning of what is there
            part.unlink(missing_ok=True)
            raise PassingError(Fault("AVS-715", {"value": host, "reason": "reprise refusée"}), 0)
        check_status(response, host, (200, 206))
        resumed = status == 206  # noqa: PLR2004
        if resumed and not (asked and _validator(response) in ("", asked["If-Range"])):
            # Not asked for, or of another version of the file: what is here is no beginning of it.
            forget(part)
            raise PassingError(Fault("AVS-715", {"value": host, "reason": "reprise d'un autre fichier"}), 0)
        _receive(response, url, part, resumed, limits, deadline, tell)
        # Where another address answered, its query is the service's: a signature, good for anyone.
        final = response.url.copy_with(query=None) if response.history else response.url
        return without_login(str(final))


def _receive(
    response: httpx.Response, url: str, part: Path, resumed: bool, limits: Limits, deadline: float, tell: Tell
) -> None:
    """Write the body after what is there already (*resumed*), or from the start; check size and time."""
    host, coded = host_of(url), "content-encoding" in response.headers
    start = part.stat().st_size if resumed else 0
    if resumed and _range_start(response) != start:
        part.unlink(missing_ok=True)
        raise PassingError(Fault("AVS-715", {"value": host, "reason": "reprise au mauvais endroit"}), 0)
    announced = response.headers.get("content-length", "")
    total = start + int(announced) if announced.isdigit() and not coded else 0
    done = start
    if total > limits.size_bytes:
        raise too_large(host, limits)
    _remember(url, part, "" if coded else _validator(response))
    with part.open("ab" if resumed else "wb") as file:
        for chunk in response.iter_bytes() if coded else response.iter_raw():
            check_time(host, limits, deadline)
            done += len(chunk)
            if done > limits.size_bytes:
                file.truncate(0)
                raise too_large(host, limits)
            file.write(chunk)
            tell(done, total)


# What is resumed must be of the same file: the service's own mark of its version is kept beside it.


def _mark_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _remember(url: str, part: Path, validator: str) -> None:
    mark = {"url": without_login(url), "validator": validator}
    _mark_path(part).write_text(json.dumps(mark), encoding="utf-8")


def _validator(response: httpx.Response) -> str:
    """Return the strong mark of the version of a file, empty where the service gives none."""
    tag = str(response.headers.get("etag", ""))
    return tag if tag and not tag.startswith("W/") else str(response.headers.get("last-modified", ""))


def _resume_headers(url: str, part: Path) -> dict[str, str]:
    try:
        size = part.stat().st_size
        mark = json.loads(_mark_path(part).read_text(encoding="utf-8"))
        known = str(mark["validator"]) if mark["url"] == without_login(url) else ""
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {"Range": f"bytes={size}-", "If-Range": known} if size and known else {}


def _range_start(response: httpx.Response) -> int:
    found = re.match(r"bytes ([0-9]{1,18})-", response.headers.get("content-range", ""))
    return int(found[1]) if found else -1


def forget(part: Path) -> None:
    """Remove what is left of a download."""
    for path in (part, _mark_path(part)):
        path.unlink(missing_ok=True)
