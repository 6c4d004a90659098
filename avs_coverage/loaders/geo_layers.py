"""The layers of geographical files, which GDAL reads in a process of its own, once they are inspected."""

from __future__ import annotations

import json
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.intake import Intake, receiving
from avs_coverage.loaders.geo_members import GEOJSON, GEOPACKAGE, SHAPEFILE, Member
from avs_coverage.loaders.geo_process import ExhaustedError, ReadingFailedError, geo_process
from avs_coverage.loaders.geo_projection import REASON, stands_by_itself
from avs_coverage.loaders.geopackage_check import RefusedError, inspect
from avs_coverage.loaders.table_file import DAMAGED_ARCHIVE

if TYPE_CHECKING:
    import pandas as pd

DAMAGED = "fichier géographique abîmé ou incomplet"
_NULL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_CRS = re.compile(
    rb"""(["'])(?:[cC]|\\u00[46]3)(?:[rR]|\\u00[57]2)(?:[sS]|\\u00[57]3)\1\s*([:/])\s*(.)""", re.DOTALL
)
_CRS_NAME = re.compile(
    r"urn:[\w:.,-]+|https?://(www\.)?opengis\.net/(def/crs|gml/srs)/[\w./#-]+|\w+:\w+"
    r"|\w+(?:(?: ?[-/] ?| {1,3})\w+)*",
    re.IGNORECASE,
)
_CRS_BYTES = 2_000
_OF_WRONG_CONTENT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What a library raises of a file whose description is not that of what it holds."""


@dataclass(frozen=True)
class Layer:
    """A layer of a file, or of a member of its zip: where it is read, and its columns.

    *source* is a private copy; *name* is None for a GeoParquet. *kind* is GDAL's type of geometry, empty
    without. *driver* stands before the name of a file that GDAL would not know by it; *encoding* is that of
    the texts, empty where the file says it.
    """

    source: Path
    name: str | None
    columns: tuple[str, ...]
    kind: str
    driver: str = ""
    encoding: str = ""

    @property
    def label(self) -> str:
        """Name the layer in a message."""
        return self.name or self.source.name

    @property
    def may_be_polygons(self) -> bool:
        """Tell whether its features may be polygons."""
        return "Polygon" in self.kind or self.kind in ("Unknown", "GeometryCollection")


def layers_of(member: Member, is_copy: bool, file: str, intake: Intake) -> list[Layer]:
    """Return the layers of a file, inspected first; *file* is named in messages.

    Raises InputError: AVS-371, AVS-376.
    """
    try:
        process = geo_process(intake)  # it starts while the file is inspected
    except ReadingFailedError as error:
        raise unreadable(file, error.reason) from error
    path, driver, encoding = member.path, "", ""
    if member.kind == GEOJSON:
        driver = "GeoJSON:"
        with path.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
            _refuse_null(content, file)
            _refuse_linked_projection(content, file)
    elif member.kind == GEOPACKAGE:
        try:
            inspect(path, is_copy)
        except RefusedError as error:
            raise unreadable(file, str(error)) from error
        path = _named_gpkg(path, intake)
    elif member.kind == SHAPEFILE:
        encoding = _encoding(path)
        require_no_other_file(_side(path, ".prj").decode("utf-8", "replace"), file)
    try:
        found = process.ask("describe", path, driver, encoding=encoding)
    except ReadingFailedError as error:
        raise unreadable(file, error.reason) from error
    return [Layer(path, one["name"], tuple(one["columns"]), one["kind"], driver, encoding) for one in found]


def read_layer(
    layer: Layer, columns: Sequence[str], file: str, where: str | None = None, geometry: bool = False
) -> tuple[pd.DataFrame, str | None]:
    """Return some columns of a layer, one row a feature, and its projection.

    With *geometry*, the last column, ``geometry``, holds shapes. *where* is a condition in SQL. Raises
    InputError (AVS-371).
    """
    import pyarrow as pa
    import shapely

    with receiving() as intake:
        target = intake.folder() / "layer.arrow"
        try:
            said = geo_process(intake).ask(
                "read", layer.source, layer.driver, layer=layer.name, columns=list(columns), where=where,
                geometry=geometry, encoding=layer.encoding, target=str(target),
            )  # fmt: skip
        except ReadingFailedError as error:
            raise unreadable(file, error.reason) from error
        with pa.OSFile(str(target)) as opened:
            frame = pa.ipc.open_file(opened).read_all().to_pandas()
        target.unlink()
    if geometry and not said["geometry"]:
        raise unreadable(file, "la couche n'a pas de géométrie")
    frame.columns = [*said["columns"], *(["geometry"] if geometry else [])]
    for name in said["json"]:
        frame[name] = frame[name].map(_from_json, na_action="ignore")
    frame = frame[[*columns, *(["geometry"] if geometry else [])]]
    if geometry:
        frame["geometry"] = shapely.from_wkb(frame["geometry"].to_numpy(dtype=object))
    require_no_other_file(said["crs"] or "", file)
    return frame, said["crs"]


@contextmanager
def rewritten(layer: Layer, columns: Sequence[str], file: str) -> Iterator[Path]:
    """Yield a copy of columns of a GeoParquet, as large as what it holds; raises InputError (AVS-371)."""
    with receiving() as intake:
        target = intake.folder() / "layer.parquet"
        try:
            geo_process(intake).ask("rewrite", layer.source, columns=list(columns), target=str(target))
        except ReadingFailedError as error:
            raise unreadable(file, error.reason) from error
        yield target
        target.unlink()


@contextmanager
def in_french(file: str) -> Iterator[None]:
    """Turn what reading a geographical file raises into a fault."""
    from pyarrow import ArrowException
    from pyproj.exceptions import CRSError
    from shapely.errors import ShapelyError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in English; what matters is checked by the callers
            yield
    except (InputError, OutputError):
        raise
    except MemoryError as error:  # Arrow has one of its own, which is this too
        raise unreadable(file, ExhaustedError().reason) from error
    except (*DAMAGED_ARCHIVE, *_OF_WRONG_CONTENT, ArrowException, ShapelyError, CRSError) as error:
        raise unreadable(file, DAMAGED) from error


def unreadable(file: str, reason: str) -> InputError:
    """Return the error of a file that cannot be read (AVS-371)."""
    return InputError(Fault("AVS-371", {"reason": reason}, file))


def _from_json(text: object) -> Any:  # noqa: ANN401 - whatever a GeoJSON holds
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def _refuse_null(content: mmap, file: str) -> None:
    """Refuse a GeoJSON of which a text holds a null character (AVS-376): GDAL would cut it there."""
    if content.find(b"\\u0000") >= 0 and (found := _NULL_IN_JSON.search(content)):
        around = content[max(found.start() - 40, 0) : found.end() + 40].decode("utf-8", "replace")
        raise InputError(Fault("AVS-376", {"value": around}, file))


def _refuse_linked_projection(content: mmap, file: str) -> None:
    """Refuse a GeoJSON whose projection is to be looked for elsewhere, at an address (AVS-371)."""
    for found in _CRS.finditer(content):
        if found[2] == b":" and found[3] not in (b"{", b"/"):
            continue
        start = found.start(3)
        if not _is_named_projection(content[start : start + _CRS_BYTES]):
            raise unreadable(file, "sa projection n'est pas dite par un nom ou un code")


def _is_named_projection(content: bytes) -> bool:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        members = {name.lower(): value for name, value in found}
        if len(members) < len(found):
            raise ValueError("a name twice")
        return members

    try:
        text = content.decode("utf-8", "replace")
        said, _ = json.JSONDecoder(object_pairs_hook=pairs).raw_decode(text)
        kind, properties = str(said["type"]).lower(), said["properties"]
        if kind == "epsg":
            return isinstance(properties["code"], int)
        return kind == "name" and bool(_CRS_NAME.fullmatch(properties["name"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _named_gpkg(path: Path, intake: Intake) -> Path:
    """Return a GeoPackage under a name by which GDAL knows it."""
    if path.suffix.lower() == ".gpkg":
        return path
    other = intake.folder() / f"{path.stem}.gpkg"
    try:
        os.link(path, other)
    except OSError:  # a disk without second names
        shutil.copyfile(path, other)
    return other


def require_no_other_file(projection: str, file: str) -> None:
    """Refuse a projection that would have another file read (AVS-371)."""
    if not stands_by_itself(projection):
        raise unreadable(file, REASON)


def _side(path: Path, suffix: str) -> bytes:
    """Return the file beside a shapefile of an extension in any case; empty where there is none."""
    found = [
        side for side in path.parent.glob("*") if side.stem == path.stem and side.suffix.lower() == suffix
    ]
    return found[0].read_bytes() if found else b""


def _encoding(path: Path) -> str:
    """Say how the attributes of a shapefile without ``.cpg`` are written: UTF-8 if they are, else cp1252."""
    if _side(path, ".cpg"):
        return ""
    dbf = _side(path, ".dbf")
    header_size = int.from_bytes(dbf[8:10], "little")
    try:
        dbf[header_size:].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
