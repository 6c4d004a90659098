"""Open a geographical file by what it holds: its layers, their columns, and the features of one of them."""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import isnan
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.table_file import DAMAGED_ARCHIVE, first_bytes, no_table, read_bytes, text_of
from avs_coverage.ordinary import refuse_special

if TYPE_CHECKING:
    import geopandas as gpd

_SQLITE = b"SQLite format 3\0"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_IN_ZIP = (".shp", ".gpkg", ".geojson", ".json")
_NULL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_MAX_MEMBER_BYTES = 4_000_000_000
_LAMBERT_93_BOUNDS = (0, 6_000_000, 1_300_000, 7_200_000)


@dataclass(frozen=True)
class Layer:
    """A layer of a file, or of a member of its zip: where GDAL finds it, and its columns.

    *name* is None where the file has but one. *kind* is GDAL's type of geometry, empty without.
    """

    source: str
    name: str | None
    columns: tuple[str, ...]
    kind: str

    @property
    def label(self) -> str:
        """Name the layer in a message."""
        return self.name or self.source.replace("\\", "/").rsplit("/", 1)[-1]

    @property
    def may_be_polygons(self) -> bool:
        """Tell whether its features may be polygons."""
        return "Polygon" in self.kind or self.kind in ("Unknown", "GeometryCollection")


def is_geographical(path: Path) -> bool:
    """Tell, by its content, whether a file is one of those that ``layers`` opens."""
    start = first_bytes(path)
    if start.startswith((_SQLITE, _SHAPEFILE, _SEVEN_ZIP)) or _is_geojson(start):
        return True
    if start.startswith(b"PAR1"):
        return _geoparquet_columns(path) is not None
    return start.startswith(b"PK") and zipfile.is_zipfile(path) and bool(_members(path))


def _is_geojson(start: bytes) -> bool:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"{") and (b'"FeatureCollection"' in text or b'"features"' in text)


@contextmanager
def layers(path: Path, expected: str) -> Iterator[list[Layer]]:
    """Yield the layers of a file: GeoJSON, GeoPackage, GeoParquet, shapefile, or a zip of those.

    There are none in another file. They can be read while the context lasts. *expected* says
    what to take out of an archive that is not opened. Raises InputError: AVS-301, AVS-371
    unreadable, AVS-351 a ``.7z``, AVS-376 a null character in a GeoJSON.
    """
    start = first_bytes(path)
    if start.startswith(_SEVEN_ZIP):
        raise InputError(Fault("AVS-351", {"value": path.name, "expected": expected}, path.name))
    if start.startswith(b"\x1f\x8b"):
        raise unreadable(path.name, no_table(start))
    if not start:
        read_bytes(path)  # says why it cannot be read
    if not is_geographical(path):
        yield []
        return
    if start.startswith(b"PAR1"):
        yield [Layer(str(path), None, _geoparquet_columns(path) or (), "Unknown")]
        return
    if start.startswith(b"PK"):
        members = _members(path)
        views: dict[str, set[str]] = {}
        with _in_french(path.name), zipfile.ZipFile(path) as archive:
            for member in members:
                if member.lower().endswith((".geojson", ".json")):
                    _refuse_null(archive.read(member), path.name)
                elif member.lower().endswith(".gpkg"):
                    with tempfile.TemporaryDirectory() as folder:
                        views[member] = _views(Path(archive.extract(member, folder)), path.name)
        yield [
            layer
            for member in members
            for layer in _layers_of(f"/vsizip/{path}/{member}", path.name, views.get(member, set()))
        ]
        return
    with _named_as_gdal_wants(path, start) as source:
        yield _layers_of(source, path.name, _views(path, path.name) if start.startswith(_SQLITE) else set())


def _geoparquet_columns(path: Path) -> tuple[str, ...] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return None
    described = (schema.metadata or {}).get(b"geo")
    if described is None:
        return None
    try:
        geometries = set(json.loads(described)["columns"])
    except (ValueError, LookupError, TypeError, RecursionError):
        geometries = set()  # damaged, which the reading of the features says
    return tuple(name for name in schema.names if name not in geometries)


def _members(path: Path) -> list[str]:
    """Return the geographical members of a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith(_IN_ZIP)]
    except DAMAGED_ARCHIVE:
        return []
    if any(member.file_size > _MAX_MEMBER_BYTES for member in members):
        raise unreadable(path.name, "un fichier de l'archive est démesuré")
    return [member.filename for member in members]


def _refuse_null(content: bytes | mmap, file: str) -> None:
    """Refuse a GeoJSON of which a text holds a null character (AVS-376): GDAL would cut it there."""
    if content.find(b"\\u0000") >= 0 and (found := _NULL_IN_JSON.search(content)):
        around = content[max(found.start() - 40, 0) : found.end() + 40].decode("utf-8", "replace")
        raise InputError(Fault("AVS-376", {"value": around}, file))


@contextmanager
def _named_as_gdal_wants(path: Path, start: bytes) -> Iterator[str]:
    """Yield a path that GDAL opens: it would choose its driver by the name."""
    if _is_geojson(start):
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            _refuse_null(content, path.name)
        yield f"GeoJSON:{path}"
        return
    _refuse_special_beside(path)
    if not start.startswith(_SQLITE) or path.suffix.lower() == ".gpkg":
        yield str(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "layer.gpkg"
        shutil.copyfile(path, copy)
        yield str(copy)


def _refuse_special_beside(path: Path) -> None:
    """Refuse a pipe or a device (AVS-301) where GDAL opens more: the table of a shapefile, a journal."""
    try:
        siblings = list(path.parent.iterdir())
    except OSError:  # a folder that may be entered and not listed: GDAL cannot list it either
        return
    for beside in siblings:
        if beside.name.startswith(path.stem) and beside.exists():
            refuse_special(beside)


def _views(path: Path, file: str) -> set[str]:
    """Return the views of a GeoPackage, in lower case; raises InputError (AVS-371) for one of its own tables.

    A view is a query, which may never end: none is read.
    """
    import sqlite3

    names: set[str] = set()
    for mode in ("mode=ro", "immutable=1"):  # the first sees a journal, and may want to write beside it
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as opened:
                rows = opened.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'view'")
                names = {str(name) for (name,) in rows}
            break
        except (sqlite3.Error, UnicodeDecodeError) as error:  # names, or messages, that are damaged
            reason = error
    else:
        raise unreadable(file, "fichier géographique abîmé ou incomplet") from reason
    if any(name.startswith(("gpkg_", "sqlite_")) for name in names):
        raise unreadable(file, "une de ses tables est remplacée par une vue")
    return names


def _layers_of(source: str, file: str, views: Collection[str]) -> list[Layer]:
    import geopandas as gpd

    found = []
    with _in_french(file):
        listed = list(gpd.list_layers(source).itertuples(index=False))
        rows = [row for row in listed if str(row.name).lower() not in views]
        if listed and not rows:
            raise unreadable(file, "il ne contient que des vues : enregistrez-y la couche elle-même")
        for row in rows:
            head = gpd.read_file(source, layer=row.name, rows=1, **_encoding(source))
            columns = tuple(name for name in head.columns if name != "geometry")
            found.append(Layer(source, row.name, columns, str(row.geometry_type or "")))
    return found


@contextmanager
def _in_french(file: str) -> Iterator[None]:
    """Turn what GDAL, pyogrio and shapely raise into a fault."""
    from pyarrow import ArrowException
    from pyproj.exceptions import CRSError
    from shapely.errors import ShapelyError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's own, in English; what matters is checked by the callers
            yield
    except InputError:
        raise
    except (*DAMAGED_ARCHIVE, ValueError, LookupError, ArrowException, ShapelyError, CRSError) as error:
        raise unreadable(file, "fichier géographique abîmé ou incomplet") from error


def unreadable(file: str, reason: str) -> InputError:
    """Return the error of a file that cannot be read (AVS-371)."""
    return InputError(Fault("AVS-371", {"reason": reason}, file))


def _encoding(source: str) -> dict[str, str]:
    """Say how the attributes of a shapefile without ``.cpg`` are written: UTF-8 if they are, else cp1252."""
    if not source.lower().endswith(".shp"):
        return {}
    stem = source[:-4]
    if any(_sibling(stem + suffix) is not None for suffix in (".cpg", ".CPG")):
        return {}
    dbf = _sibling(stem + ".dbf") or _sibling(stem + ".DBF") or b""
    header_size = int.from_bytes(dbf[8:10], "little")
    try:
        dbf[header_size:].decode("utf-8")
    except UnicodeDecodeError:
        return {"encoding": "cp1252"}
    return {"encoding": "utf-8"}


def _sibling(name: str) -> bytes | None:
    """Return a file beside a shapefile, on disk or in its zip; None where there is none."""
    if not name.startswith("/vsizip/"):
        path = Path(name)
        return path.read_bytes() if path.is_file() else None
    outer = name.removeprefix("/vsizip/")
    archive = next(p for p in Path(outer).parents if p.is_file())
    with zipfile.ZipFile(archive) as opened:
        member = Path(outer).relative_to(archive).as_posix()
        return opened.read(member) if member in opened.namelist() else None


def read_attributes(layer: Layer, columns: Sequence[str], file: str) -> Any:  # noqa: ANN401 - a DataFrame
    """Return some columns of a layer without its geometries, one row a feature."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    with _in_french(file):
        if layer.name is None:
            return pq.read_table(layer.source, columns=list(columns)).to_pandas(ignore_metadata=True)
        more: dict[str, Any] = {**_encoding(layer.source), "columns": list(columns)}
        frame = gpd.read_file(layer.source, layer=layer.name, ignore_geometry=True, **more)
        return frame[list(columns)]


def read_features(
    layer: Layer, columns: Sequence[str], file: str, where: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return the features of a layer in WGS84 (EPSG:4326), their column of geometries last.

    *where* is a condition in SQL. A file that does not say its projection is read by its
    coordinates where they tell it, with a warning (AVS-920). Raises InputError: AVS-371, AVS-354.
    """
    import geopandas as gpd

    with _in_french(file):
        if layer.name is None:
            frame = gpd.read_parquet(layer.source)
            name = frame.geometry.name
            frame = frame[[*columns, name]].rename(columns={name: "geometry"}).set_geometry("geometry")
        else:
            more: dict[str, Any] = {**_encoding(layer.source), "where": where}
            frame = gpd.read_file(layer.source, layer=layer.name, columns=list(columns), **more)
        if not isinstance(frame, gpd.GeoDataFrame):
            raise unreadable(file, "la couche n'a pas de géométrie")
        frame = frame[[*columns, "geometry"]]
        frame, found = _with_projection(frame, file)
        return frame.to_crs(4326), found


def _with_projection(frame: gpd.GeoDataFrame, file: str) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Give a frame the projection that its coordinates tell where the file says none, or a false one."""
    west, south, east, north = frame.total_bounds
    geographic = abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90  # noqa: PLR2004
    # A GeoJSON that says nothing is WGS84 by RFC 7946, whatever its coordinates.
    if frame.crs is not None and (geographic or not frame.crs.is_geographic):
        return frame, []
    if isnan(west):  # no geometry at all
        return frame.set_crs(4326, allow_override=True), []
    left, bottom, right, top = _LAMBERT_93_BOUNDS
    lambert = left <= west and east <= right and bottom <= south and north <= top
    if not geographic and not lambert:
        value = f"{west:.0f} ; {south:.0f}"
        raise InputError(Fault("AVS-354", {"value": value}, file))
    epsg, name = (4326, "WGS 84") if geographic else (2154, "Lambert 93")
    return frame.set_crs(epsg, allow_override=True), [Fault("AVS-920", {"value": name}, file)]


def is_json_without_geometry(path: Path) -> bool:
    """Tell a JSON list of communes, as geo.api.gouv.fr gives it without ``format=geojson``."""
    start = first_bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"["):
        return False
    try:
        found = json.load(io.BytesIO(read_bytes(path).removeprefix(b"\xef\xbb\xbf")))
    except (ValueError, RecursionError):  # not JSON, or brackets in brackets without end
        return False
    return bool(found) and all(isinstance(item, dict) for item in found)


def attribute_text(value: object) -> str:
    """Write an attribute as the text a user would have typed; a list is joined by ``|``, null is empty."""
    import pandas as pd

    if isinstance(value, (list, tuple)):
        return "|".join(attribute_text(item) for item in value)
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return attribute_text(value.tolist())
    return "" if pd.isna(value) else text_of(value)  # type: ignore[call-overload,unused-ignore]
