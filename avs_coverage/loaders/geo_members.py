"""What a geographical file is, by its first bytes, and the geographical members of a zip, taken out of it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.growth import bounded_members
from avs_coverage.intake import Intake
from avs_coverage.messages import enumeration

GEOJSON, GEOPACKAGE, SHAPEFILE = "GeoJSON", "GeoPackage", "shapefile"
_SQLITE = b"SQLite format 3\0"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_KINDS = {".shp": SHAPEFILE, ".gpkg": GEOPACKAGE, ".geojson": GEOJSON, ".json": GEOJSON}
_SIDES = (".dbf", ".shx", ".prj", ".cpg")
_START, _PIECE = 8192, 1 << 20
_NOT_PLAIN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_NAME_CHARACTERS = 100


@dataclass(frozen=True)
class Member:
    """A private copy of a geographical file, with its name, and of what kind it is."""

    path: Path
    kind: str


def kind_of(start: bytes) -> str:
    """Tell a GeoJSON, a GeoPackage (or another SQLite file) or a shapefile by its first bytes; else empty."""
    if start.startswith(_SQLITE):
        return GEOPACKAGE
    if start.startswith(_SHAPEFILE):
        return SHAPEFILE
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_geojson = text.startswith(b"{") and (b'"FeatureCollection"' in text or b'"features"' in text)
    return GEOJSON if is_geojson else ""


def geographical_members(place: Path, file: str) -> list[zipfile.ZipInfo]:
    """Return the members of a zip that its names say to be geographical, or that are.

    A JSON that is no GeoJSON is none. Raises InputError: AVS-310 where the zip would swell, AVS-371 where
    a member is not what its name says.
    """
    with zipfile.ZipFile(place) as archive:
        named = [info for info in archive.infolist() if PurePosixPath(info.filename).suffix.lower() in _KINDS]
        if not named:
            return []
        bounded_members(archive, place.stat().st_size, file)
        return [info for info in named if _is_geographical(archive, info, file)]


def take_out(place: Path, members: Sequence[zipfile.ZipInfo], file: str, intake: Intake) -> list[Member]:
    """Copy members of a zip, with those that belong to a shapefile, each to a folder of its own.

    Raises InputError (AVS-371) where one is damaged.
    """
    taken = []
    with zipfile.ZipFile(place) as archive:
        every = archive.infolist()
        for info in members:
            folder = intake.folder()
            stem, suffix = _plain_name(info.filename)
            for side in [info, *_sides(every, info, file)]:
                side_suffix = PurePosixPath(side.filename).suffix.lower()
                _copy(archive, side, folder / f"{stem}{side_suffix}")
            taken.append(Member(folder / f"{stem}{suffix}", _KINDS[suffix]))
    return taken


def _is_geographical(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: str) -> bool:
    expected = _KINDS[PurePosixPath(info.filename).suffix.lower()]
    with archive.open(info) as member:
        start = member.read(_START)
    if kind_of(start) == expected:
        return True
    if expected == GEOJSON and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return False
    reason = f"« {info.filename} », dans l'archive, n'est pas ce que dit son extension"
    raise InputError(Fault("AVS-371", {"reason": reason}, file))


def _sides(members: Iterable[zipfile.ZipInfo], info: zipfile.ZipInfo, file: str) -> Iterator[zipfile.ZipInfo]:
    """Yield the members that belong to a shapefile; two of one kind are refused (AVS-371)."""
    path = PurePosixPath(info.filename)
    if path.suffix.lower() != ".shp":
        return
    found: dict[str, str] = {}
    for other in members:
        side = PurePosixPath(other.filename)
        suffix = side.suffix.lower()
        if side.parent == path.parent and side.stem == path.stem and suffix in _SIDES:
            if suffix in found:
                names = enumeration([f"« {found[suffix]} »", f"« {other.filename} »"])
                reason = f"on ne sait lequel prendre, de {names}"
                raise InputError(Fault("AVS-371", {"reason": reason}, file))
            found[suffix] = other.filename
            yield other


def _plain_name(name: str) -> tuple[str, str]:
    """Return the stem and the extension of a member as a file may be named, wherever it says it goes."""
    path = PurePosixPath(name.replace("\\", "/"))
    stem = _NOT_PLAIN.sub("_", path.stem).strip(". ")[:_NAME_CHARACTERS]
    return stem or "couche", path.suffix.lower()


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    with archive.open(info) as source, target.open("xb") as kept:
        while piece := source.read(_PIECE):
            kept.write(piece)
