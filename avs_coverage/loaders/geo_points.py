"""Read structures from a geographical layer of points."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS, match_header
from avs_coverage.loaders.geo_file import (
    Layer,
    attribute_text,
    is_geographical,
    layers,
    read_attributes,
    read_features,
)
from avs_coverage.loaders.structure_table import two_lists
from avs_coverage.loaders.table_file import Row

EXPECTED = "de points (.gpkg, .geojson ou .shp)"

recognises = is_geographical


def read_points(path: Path) -> tuple[list[Row], list[Fault]]:
    """Return the attributes as rows under their names, with ``longitude`` and ``latitude`` in WGS84.

    The layer with a name and a type is read, else the first; two such layers are refused (AVS-386);
    the second value holds warnings. A GeoJSON without a CRS is WGS84 (RFC 7946). The *line* of a
    row is the rank of its feature plus one, as if headers were line 1. Raises InputError: AVS-371
    unreadable, AVS-330 not points, AVS-354 unknown projection.
    """
    with layers(path, EXPECTED) as found:
        if not found:
            return [], []
        lists = [layer for layer in found if _is_list(layer)]
        if len(lists) > 1:
            raise two_lists(path.name, [layer.label for layer in lists])
        layer = (lists or found)[0]
        if not layer.kind:
            return _rows(read_attributes(layer, layer.columns, path.name)), []
        frame, warnings = read_features(layer, layer.columns, path.name)
    kinds = set(frame.geom_type.dropna())
    if kinds - {"Point"}:
        raise InputError(Fault("AVS-330", {"value": ", ".join(sorted(kinds))}, path.name))
    attributes = pd.DataFrame(frame.drop(columns="geometry"))
    empty = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    for name, values in (("longitude", frame.geometry.x), ("latitude", frame.geometry.y)):
        attributes[name] = [
            "" if missing else f"{value:.7f}" for value, missing in zip(values, empty, strict=True)
        ]
    return _rows(attributes), warnings


def _is_list(layer: Layer) -> bool:
    _, positions, _, _ = match_header([Row(1, layer.columns)], STRUCTURE_COLUMNS, ("nom", "type"))
    return {"nom", "type"} <= positions.keys()


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [Row(1, tuple(str(name) for name in frame.columns))]
    for line, values in enumerate(frame.itertuples(index=False, name=None), 2):
        rows.append(Row(line, tuple(attribute_text(value) for value in values)))
    return rows
