"""Read structures from a GeoJSON or a GeoPackage of points."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.table_file import Row, first_bytes, read_bytes, text_of

_SQLITE = b"SQLite format 3\0"


def recognises(path: Path) -> bool:
    """Tell whether a file is a GeoPackage or a GeoJSON by its first bytes."""
    start = first_bytes(path)
    if start.startswith(_SQLITE):
        return True
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"{") and (b'"FeatureCollection"' in text or b'"features"' in text)


def read_points(path: Path) -> list[Row]:
    """Return the attributes as rows under their names, with ``longitude`` and ``latitude`` in WGS84.

    The first layer of a GeoPackage is read. A file without a CRS is taken as WGS84 (RFC 7946).
    The *line* of a row is the rank of its feature plus one, as if headers were line 1. Raises
    InputError: AVS-302 unreadable, AVS-330 not points.
    """
    import geopandas as gpd

    try:
        frame = _read_by_content(path)
    except Exception as error:  # pyogrio and GDAL raise many classes
        reason = f"fichier géographique illisible : {error}"
        raise InputError(Fault("AVS-302", {"reason": reason}, path.name)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        return _rows(pd.DataFrame(frame))
    kinds = set(frame.geom_type.dropna())
    if kinds - {"Point"}:
        raise InputError(Fault("AVS-330", {"value": ", ".join(sorted(kinds))}, path.name))
    if frame.crs is not None:
        frame = frame.to_crs(4326)
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    empty = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    for name, values in (("longitude", frame.geometry.x), ("latitude", frame.geometry.y)):
        attributes[name] = [
            "" if missing else f"{value:.7f}" for value, missing in zip(values, empty, strict=True)
        ]
    return _rows(attributes)


def _read_by_content(path: Path) -> Any:  # noqa: ANN401 - a GeoDataFrame, or a DataFrame without geometry
    """Read a file by what it holds: GDAL would choose its driver by the name."""
    import geopandas as gpd

    content = read_bytes(path)
    if not content.startswith(_SQLITE):
        return gpd.read_file(io.BytesIO(content))
    if path.suffix.lower() == ".gpkg":
        return gpd.read_file(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "layer.gpkg"
        copy.write_bytes(content)
        return gpd.read_file(copy)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [Row(1, tuple(str(name) for name in frame.columns))]
    for line, values in enumerate(frame.itertuples(index=False, name=None), 2):
        rows.append(Row(line, tuple(_text(value) for value in values)))
    return rows


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "|".join(_text(item) for item in value)
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return _text(value.tolist())
    return "" if pd.isna(value) else text_of(value)  # type: ignore[call-overload,unused-ignore]
