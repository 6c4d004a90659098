"""How much what is packed may swell: judged by what an archive announces, before anything is read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.intake import received
from avs_coverage.messages import number

RATIO = 200
"""Text and geometry shrink to a fiftieth at most: an archive that grows more is a bomb."""

SMALL_BYTES = 50_000_000
"""What is no burden whatever its ratio: 35,000 equal rows of a CSV shrink to a three hundredth."""

MOST_BYTES = 4_000_000_000
_MOST_MEMBERS = 2_000
_CODINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others, zipfile opens 4 kB at once, whatever they give: a bzip2 gives gigabytes."""


def excess(
    packed: int,
    unpacked: Iterable[int],
    most_bytes: int = MOST_BYTES,
    *,
    small: int = SMALL_BYTES,
    ratio: int = RATIO,
) -> str:
    """Say in French what *packed* bytes announce beyond bounds, once opened; empty where they may be.

    Bounds are of the total: *most_bytes*, and *ratio* times what is packed beyond *small* bytes.
    """
    total = sum(unpacked)
    if total <= min(most_bytes, max(small, ratio * packed)):
        return ""
    return f"elle annonce {number(total)} octets une fois ouverte"


def odd_coding(members: Sequence[zipfile.ZipInfo]) -> str:
    """Say in French that a zip is coded in a way that cannot be opened piece by piece; else empty."""
    return "un codage imprévu" if any(one.compress_type not in _CODINGS for one in members) else ""


def refuse_growth(members: Sequence[zipfile.ZipInfo], packed: int, file: str, ratio: int = RATIO) -> None:
    """Refuse members that would swell (AVS-310), be opened all at once, or overlap (AVS-302)."""
    if odd_coding(members):
        reason = "archive d'un codage imprévu : refaites-la en zip ordinaire"
        raise InputError(Fault("AVS-302", {"reason": reason}, file))
    if _overlap(members):
        raise InputError(Fault("AVS-302", {"reason": "archive abîmée : des membres se recouvrent"}, file))
    reason = excess(packed, (one.file_size for one in members), ratio=ratio)
    if len(members) > _MOST_MEMBERS:
        reason = f"{number(len(members))} membres"
    if reason:
        raise swollen(file, reason)


def _overlap(members: Sequence[zipfile.ZipInfo]) -> bool:
    """Tell members that are the same bytes: thousands of large ones would stand in a few."""
    starts = sorted((one.header_offset, one.compress_size) for one in members)
    return any(start + size >= after for (start, size), (after, _) in pairwise(starts))


def bounded_members(archive: zipfile.ZipFile, packed: int, file: str) -> list[zipfile.ZipInfo]:
    """Return the members of a zip of *packed* bytes; raises InputError as ``refuse_growth``.

    What zipfile gives of a member is never more than is announced. A member is to be opened by its
    ZipInfo, not by its name, which may stand there twice.
    """
    members = archive.infolist()
    refuse_growth(members, packed, file)
    return members


def members_of(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Return the members of a zip on disk; raises InputError as ``refuse_growth``."""
    return bounded_members(archive, received(path).stat().st_size, path.name)


def swollen(file: str, reason: str) -> InputError:
    """Return the error of a file that would swell (AVS-310)."""
    return InputError(Fault("AVS-310", {"reason": reason}, file))
