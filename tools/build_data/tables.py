"""Write reference tables as Parquet, one row group a département, same input same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def write_by_departement(
    frame: pd.DataFrame,
    path: Path,
    geo: dict[str, Any] | None = None,
    column_encoding: dict[str, str] | None = None,
) -> None:
    """Write *frame* with one Parquet row group for each value of its column ``departement``.

    A reader then fetches one département without touching the others. *geo* is the
    GeoParquet 1.0 metadata, where a column holds WKB; *column_encoding* is Parquet's, for the columns
    (of 32-bit whole numbers, in lists) that have one. The pandas metadata is left out: it
    records library versions, which are not part of the table.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(
        {"geo": json.dumps(geo, sort_keys=True)} if geo else None
    )
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 19,
        "write_statistics": ["departement"],  # what a reader chooses row groups by: a footer read fast
    }
    if geo or column_encoding:
        options["use_dictionary"] = ["departement"]
    if column_encoding:
        options["column_encoding"] = column_encoding
        names = {name.partition(".")[0] for name in column_encoding}
        schema = [pa.field(f.name, pa.list_(pa.int32())) if f.name in names else f for f in table.schema]
        table = table.cast(pa.schema(schema))
    start = 0
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        for _, size in frame.groupby("departement", sort=False).size().items():
            writer.write_table(table.slice(start, size), row_group_size=size)
            start += size
    if start != len(frame) or not frame["departement"].is_monotonic_increasing:
        raise ValueError(f"{path.name}: rows are not sorted by departement")


def geo_metadata(epsg: int, geometry_types: list[str]) -> dict[str, Any]:
    """Return GeoParquet 1.0 metadata for a WKB column named ``geometry``.

    Source of the layout: GeoParquet specification 1.0.0, file metadata.
    """
    from pyproj import CRS

    column = {
        "encoding": "WKB",
        "geometry_types": geometry_types,
        "crs": CRS.from_epsg(epsg).to_json_dict(),
    }
    return {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
