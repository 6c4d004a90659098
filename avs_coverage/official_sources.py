"""The catalogue of official data that can be fetched: address, licence, vintage, and what each replaces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit, urlunsplit

from avs_coverage.embedded import read_csv
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

FRANCE, LIST = "france", "liste"
GEOCODING = "geocodage"
"""The service that ``data geocode`` asks for the addresses of a list."""


@dataclass(frozen=True)
class Limits:
    """What an answer may take: bytes, and seconds in all."""

    size_bytes: int
    duration_s: float


@dataclass(frozen=True)
class Source:
    """One source: *scope* is ``territoire``, ``france`` or ``liste``; *layer* what it replaces, or empty.

    *address* may hold ``{departement}``; *member* is the pattern of the file to keep of an archive,
    empty where the answer is the file.
    """

    id: str
    title: str
    scope: str
    address: str
    suffix: str
    member: str
    layer: str
    producer: str
    licence: str
    vintage: str
    limits: Limits
    use: str

    def addresses(self, departements: tuple[str, ...], mirror: str = "") -> tuple[str, ...]:
        """Return the addresses to ask; *mirror* stands in place of their ``https://machine``."""
        found = [self.address]
        if "{departement}" in self.address:
            found = [self.address.format(departement=code) for code in departements]
        return tuple(_through(mirror, address) for address in found)


@cache
def sources() -> dict[str, Source]:
    """Return the catalogue, by identifier."""
    found = {}
    for row in read_csv("official_sources.csv"):
        limits = Limits(int(row["octets_max"]), float(row["secondes_max"]))
        found[row["id"]] = Source(
            row["id"], row["titre"], row["portee"], row["adresse"], row["suffixe"], row["membre"],
            row["couche"], row["producteur"], row["licence"], row["millesime"], limits, row["usage"],
        )  # fmt: skip
    return found


def layers() -> dict[str, Source]:
    """Return what of the catalogue is fetched as a file, by identifier."""
    return {id: one for id, one in sources().items() if one.scope != LIST}


def _through(mirror: str, address: str) -> str:
    """Return an address asked of a mirror, path and query kept.

    >>> _through("http://127.0.0.1:8000/geo/", "https://geo.api.gouv.fr/communes?a=b")
    'http://127.0.0.1:8000/geo/communes?a=b'
    """
    if not mirror:
        return address
    parts, to = urlsplit(address), urlsplit(mirror)
    return urlunsplit((to.scheme, to.netloc, to.path.rstrip("/") + parts.path, parts.query, ""))


def check_mirror(mirror: str | None) -> str:
    """Return the address of a mirror as typed, empty where none is; raises UsageError (AVS-203).

    An empty one is refused: a variable that is not set would send the demand to the official machine.
    """
    if mirror is None:
        return ""
    try:
        parts = urlsplit(mirror)
        no_machine = not parts.hostname or parts.port == 0  # reading the port raises where it is no port
        wrong = parts.scheme not in ("http", "https") or no_machine or parts.query or parts.fragment
    except ValueError:
        wrong = True
    if wrong:
        choices = "une adresse en http:// ou https://, comme http://miroir.exemple:8080"
        shown = mirror.rpartition("@")[2]
        raise UsageError(Fault("AVS-203", {"value": shown, "option": "--mirror", "choices": choices}))
    return mirror
