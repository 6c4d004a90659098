"""The reference data that comes with the tool: where it is, and how a part of it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet as pq

VINTAGES = {
    "communes": "COG au 1er janvier 2026 (INSEE)",
    "population": "populations municipales 2023, en vigueur au 1er janvier 2026 (INSEE) ; Mayotte : 2017",
    "epci": "EPCI à fiscalité propre au 1er janvier 2025 (DGCL)",
    "contours": "contours IGN ADMIN EXPRESS 2018 ramenés au COG 2026 (superficies, voisinage)",
    "qpv_2015": "QPV de la génération 2015 (CGET), populations de l'édition 2022 (INSEE)",
    "qpv_2024": (
        "QPV de la génération 2024 (ANCT, édition du 15 janvier 2026), populations municipales 2020 (INSEE)"
    ),
}


@cache
def data_dir() -> Path:
    """Return the folder of the reference data: inside a wheel, or beside the package in a checkout.

    Raises FileNotFoundError where neither holds it (a broken installation).
    """
    package = Path(__file__).parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / "SOURCES.md").is_file():
            return folder
    raise FileNotFoundError(f"reference data not found beside {package}")


def read_parquet(
    name: str, departements: Iterable[str], columns: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Read the rows of some départements, and nothing else: each is one row group of the file.

    *columns* are all where None. The table is shared between callers: do not change it.
    """
    return _read_parquet(name, tuple(sorted(set(departements))), columns)


@lru_cache(maxsize=32)
def _read_parquet(name: str, departements: tuple[str, ...], columns: tuple[str, ...] | None) -> pd.DataFrame:
    with _opened(name, departements) as (file, groups):
        return file.read_row_groups(groups, list(columns) if columns else None, use_threads=False).to_pandas()


@contextmanager
def _opened(name: str, departements: Iterable[str]) -> Iterator[tuple[pq.ParquetFile, list[int]]]:
    """Open a file; give the row groups of some départements too.

    They are chosen here by their statistics: pyarrow's own filters import its dataset engine.
    """
    import pyarrow.parquet as pq

    path = data_dir() / name
    metadata, group_of = _row_groups(path)
    with pq.ParquetFile(path, metadata=metadata) as file:
        yield file, [group_of[departement] for departement in departements if departement in group_of]


@cache
def _row_groups(path: Path) -> tuple[pq.FileMetaData, dict[str, int]]:
    """Return what a file says of itself, read once: a list of all France asks a hundred times."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    column = metadata.schema.names.index("departement")
    groups = (metadata.row_group(index).column(column) for index in range(metadata.num_row_groups))
    return metadata, {group.statistics.min: index for index, group in enumerate(groups)}


def read_boundaries(epsg: int, departements: Iterable[str]) -> gpd.GeoDataFrame:
    """Read generalised boundaries (``departement``, ``code``, ``geometry``) in the projection *epsg*.

    One département after the other: the bytes of all of France, beside their shapes, would be too many.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    columns, shapes = [], [np.empty(0, dtype=object)]
    with _opened(f"boundaries_{epsg}.parquet", sorted(set(departements))) as (file, groups):
        for group in groups:
            rows = file.read_row_group(group, use_threads=False).to_pandas()
            shapes.append(shapely.from_wkb(rows.pop("geometry").to_numpy()))
            columns.append(rows)
    rows = pd.concat(columns, ignore_index=True) if columns else pd.DataFrame({"departement": [], "code": []})
    return gpd.GeoDataFrame(rows, geometry=np.concatenate(shapes), crs=epsg)


@cache
def read_csv(name: str) -> tuple[dict[str, str], ...]:
    """Read a small table: one dict of text a row."""
    with (data_dir() / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
