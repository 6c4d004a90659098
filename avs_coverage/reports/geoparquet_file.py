"""Write the layers of a report as GeoParquet: one file a layer, in the projection of the report."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.reports.geo_layers import geo_layers
from avs_coverage.reports.output import write_all_atomically

if TYPE_CHECKING:
    import geopandas as gpd

    from avs_coverage.report import Report


def write_geoparquet(report: Report, folder: Path, force: bool = False) -> tuple[Path, ...]:
    """Write one file a layer in a folder, made where it is not; return their paths. Raises OutputError."""
    contents = {folder / f"{name}.parquet": _content(frame) for name, frame in geo_layers(report).items()}
    write_all_atomically(contents, force)
    return tuple(contents)


def _content(frame: gpd.GeoDataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file, index=False, schema_version="1.0.0")
    return file.getvalue()
