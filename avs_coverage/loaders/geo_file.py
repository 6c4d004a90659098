"""Open a geographical file by what it holds: its layers, their columns, and the features of one of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.intake import Intake, receiving
from avs_coverage.loaders.geo_layers import Layer as Layer  # noqa: PLC0414 - readers take it from here
from avs_coverage.loaders.geo_layers import (
    in_french,
    layers_of,
    read_layer,
    rewritten,
    unreadable,
)
from avs_coverage.loaders.geo_members import Member, geographical_members, kind_of, take_out
from avs_coverage.loaders.geo_projection import REASON, json_stands_by_itself
from avs_coverage.loaders.json_list import json_objects
from avs_coverage.loaders.table_file import (
    DAMAGED_ARCHIVE,
    first_bytes,
    no_table,
    place_of,
    read_bytes,
    text_of,
)

if TYPE_CHECKING:
    import geopandas as gpd

_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_LAMBERT_93_BOUNDS = (0, 6_000_000, 1_300_000, 7_200_000)


def is_geographical(path: Path) -> bool:
    """Tell, by its content, whether a file is one of those that ``layers`` opens."""
    start = first_bytes(path)
    if start.startswith(_SEVEN_ZIP) or kind_of(start):
        return True
    if start.startswith(b"PAR1"):
        return _geoparquet_columns(path) is not None
    return start.startswith(b"PK") and zipfile.is_zipfile(place_of(path)) and bool(_members(path))


@contextmanager
def layers(path: Path, expected: str) -> Iterator[list[Layer]]:
    """Yield the layers of a file: GeoJSON, GeoPackage, GeoParquet, shapefile, or a zip of those.

    There are none in another file. They can be read while the context lasts. *expected* says
    what to take out of an archive that is not opened. Raises InputError: AVS-301, AVS-371
    unreadable, AVS-351 a ``.7z``, AVS-376 a null character in a GeoJSON.
    """
    with receiving() as intake:
        yield _found(path, expected, intake)


def _found(path: Path, expected: str, intake: Intake) -> list[Layer]:
    start = first_bytes(path)
    if start.startswith(_SEVEN_ZIP):
        raise InputError(Fault("AVS-351", {"value": path.name, "expected": expected}, path.name))
    if start.startswith(b"\x1f\x8b"):
        raise unreadable(path.name, no_table(start))
    if not start:
        read_bytes(path)  # says why it cannot be read
    if not is_geographical(path):
        return []
    place = place_of(path)
    is_copy = place != path or start.startswith(b"PK")
    place = place.absolute()  # the process that reads it stands elsewhere
    if start.startswith(b"PAR1"):
        return [Layer(place, None, _geoparquet_columns(path) or (), "Unknown")]
    if start.startswith(b"PK"):
        with in_french(path.name):
            taken = take_out(place, _members(path), path.name, intake)
    else:
        taken = [Member(place, kind_of(start))]
    return [layer for member in taken for layer in layers_of(member, is_copy, path.name, intake)]


def _geoparquet_columns(path: Path) -> tuple[str, ...] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(place_of(path))
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


def _members(path: Path) -> list[zipfile.ZipInfo]:
    try:
        return geographical_members(place_of(path), path.name)
    except DAMAGED_ARCHIVE:
        return []


def read_attributes(layer: Layer, columns: Sequence[str], file: str) -> Any:  # noqa: ANN401 - a DataFrame
    """Return some columns of a layer without its geometries, one row a feature."""
    import pyarrow.parquet as pq

    with in_french(file):
        if layer.name is None:
            with rewritten(layer, columns, file) as copy:
                return _boxed(pq.read_table(copy).to_pandas(ignore_metadata=True))
        return read_layer(layer, columns, file)[0]


def read_features(
    layer: Layer, columns: Sequence[str], file: str, where: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return the features of a layer in WGS84 (EPSG:4326), their column of geometries last.

    *where* is a condition in SQL. A file that does not say its projection is read by its
    coordinates where they tell it, with a warning (AVS-920). Raises InputError: AVS-371, AVS-354.
    """
    import geopandas as gpd
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined,unused-ignore]

    with in_french(file):
        if layer.name is None:
            frame = _geoparquet(layer, columns, file)
        else:
            found, crs = read_layer(layer, columns, file, where, geometry=True)
            frame = gpd.GeoDataFrame(found, geometry="geometry", crs=crs)
        frame, warnings = _with_projection(frame[[*columns, "geometry"]], file)
        set_network_enabled(False)  # whatever the environment says, no grid is asked of a server
        return frame.to_crs(4326), warnings


def _geoparquet(layer: Layer, columns: Sequence[str], file: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyarrow.parquet as pq

    described = json.loads(pq.read_schema(layer.source).metadata[b"geo"])
    name = described["primary_column"]
    if not all(json_stands_by_itself(column.get("crs")) for column in described["columns"].values()):
        raise unreadable(file, REASON)
    with rewritten(layer, [*columns, name], file) as copy:
        frame = _boxed(gpd.read_parquet(copy))
    return frame.rename(columns={name: "geometry"}).set_geometry("geometry")


def _boxed(frame: Any) -> Any:  # noqa: ANN401 - a DataFrame
    """Make its moments objects now: one beyond what Python can say raises, here where it is a refusal."""
    for name in frame.columns[[kind.kind == "M" for kind in frame.dtypes]]:
        frame[name] = frame[name].astype(object)
    return frame


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
    return json_objects(path) is not None


def attribute_text(value: object) -> str:
    """Write an attribute as the text a user would have typed; a list is joined by ``|``, null is empty."""
    import pandas as pd

    if isinstance(value, (list, tuple)):
        return "|".join(attribute_text(item) for item in value)
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return attribute_text(value.tolist())
    return "" if pd.isna(value) else text_of(value)  # type: ignore[call-overload,unused-ignore]
