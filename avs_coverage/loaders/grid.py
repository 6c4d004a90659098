"""Read INSEE's 200 m grid of inhabitants, of any edition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import departement_of
from avs_coverage.loaders.commune_codes import OTHER_TERRITORY, CommuneCodes, put_aside
from avs_coverage.loaders.geo_file import is_geographical, layers, read_attributes
from avs_coverage.loaders.table_frame import read_frames
from avs_coverage.messages import enumeration
from avs_coverage.projection import LEGAL_OF_GRID, epsg_of, reproject

if TYPE_CHECKING:
    import pandas as pd

CELL_M = 200
"""Side of a cell, in metres."""

ROW_STEP = 1 << 20
"""What a row adds to the number of a cell: more columns than any grid of cells has."""

EXPECTED = "« idcar_200m », « lcog_geo », « ind » et « i_est_200 »"
_CELL_ID = r"CRS(?P<epsg>\d{4,5})RES200mN(?P<y>\d{1,8})E(?P<x>\d{1,8})(?!\d)"
_COLUMNS = {"id": "idcar_200m", "lcog": "lcog_geo", "ind": "ind", "imputed": "i_est_200"}
_MOST_FAULTS = 20
_NO_COMMUNE = ("carreau dont la commune n'est pas connue", "carreaux dont la commune n'est pas connue")


@dataclass(frozen=True)
class Grid:
    """Inhabited cells of 200 m, and what reading them met.

    *x_m*, *y_m*: lower-left corners, int64, in the projection *epsg* of the file (3035 in mainland
    France); *inhabitants* (float64) and *imputed* (bool, estimated by INSEE for secrecy) of each
    cell; *communes*: the codes of today of the communes it lies in, joined by ``|``. Cells are
    sorted by row, then by column. *columns*: column of the tool → header. Rows read = rows used +
    rows set aside.
    """

    file: str
    epsg: int
    x_m: np.ndarray[Any, np.dtype[np.int64]]
    y_m: np.ndarray[Any, np.dtype[np.int64]]
    inhabitants: np.ndarray[Any, np.dtype[np.float64]]
    imputed: np.ndarray[Any, np.dtype[np.bool_]]
    communes: np.ndarray[Any, np.dtype[np.object_]]
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    columns: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.x_m)

    @cached_property
    def keys(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return one ascending number a cell, row × 2^20 + column: a row is a range of them."""
        keys: np.ndarray[Any, np.dtype[np.int64]] = self.y_m // CELL_M * ROW_STEP + self.x_m // CELL_M
        return keys

    @property
    def total(self) -> float:
        """Return the inhabitants of all cells."""
        return float(self.inhabitants.sum())

    @property
    def imputed_share(self) -> float:
        """Return the share of inhabitants in imputed cells, 0–1; 0 without inhabitants."""
        return float(self.inhabitants[self.imputed].sum()) / self.total if self.total else 0.0

    @property
    def astride(self) -> int:
        """Return the number of cells that lie in several communes."""
        return sum("|" in codes for codes in self.communes)

    def centres(self, epsg: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return x and y, in metres, of the centres of the cells in another projection."""
        x_m, y_m = self.x_m + CELL_M / 2, self.y_m + CELL_M / 2
        if epsg == self.epsg:
            return x_m, y_m
        return reproject(x_m, y_m, self.epsg, epsg)


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of the grid."""
    return bool(_chosen(header))


def _chosen(header: Sequence[str]) -> list[str]:
    """Return the headers to read: the id, the communes, the inhabitants and the mark of imputation."""
    names = {name.lower(): name for name in reversed(header)}
    wanted = [names.get(name, "") for name in ("idcar_200m", "lcog_geo", "ind")]
    imputed = next((names[name] for name in ("i_est_200", "i_est_cm") if name in names), "")
    return [*wanted, *([imputed] if imputed else [])] if all(wanted) else []


def read_grid(path: Path, wanted: Collection[str] | None) -> Grid:
    """Return the cells that lie in a commune of *wanted*, or all.

    CSV, zip, Parquet or GeoPackage; headers of any edition, whatever their case. The place of
    a cell is read in its id, its communes in ``lcog_geo``, which strings their codes together.
    A commune split since counts for each of those of today. Raises InputError: AVS-350 no such
    columns, AVS-355 no cell of the territory, AVS-360 an id that is none, AVS-361 a cell twice,
    AVS-362 two projections, AVS-348 a projection foreign to the place, AVS-319 not a number of inhabitants.
    """
    import pandas as pd

    reading = _Reading(path.name, None if wanted is None else frozenset(wanted))
    kept = [reading.piece(piece) for piece in _pieces(path)]
    cells = pd.concat(kept)
    if not reading.faults:
        reading.check(cells)
    if reading.faults:
        raise InputError(reading.faults, reading.rows_read, reading.set_aside())
    cells = cells.sort_values(["y", "x"])
    rows_used = reading.rows_read - sum(fault.rows for fault in reading.set_aside())
    return Grid(
        path.name,
        int(cells["epsg"].iloc[0]),
        cells["x"].to_numpy(np.int64),
        cells["y"].to_numpy(np.int64),
        cells["ind"].to_numpy(np.float64),
        cells["imputed"].to_numpy(bool),
        cells["communes"].to_numpy(object),
        reading.rows_read,
        rows_used,
        tuple(reading.set_aside()),
        tuple(reading.codes.warnings),
        reading.columns,
    )


def _pieces(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the four columns in pieces, under their own headers."""
    if not is_geographical(path):
        yield from read_frames(path, _chosen, EXPECTED)
        return
    with layers(path, "carreaux_200m_met.csv") as found:
        layer = next((layer for layer in found if _chosen(layer.columns)), None)
        if layer is None:
            raise InputError(Fault("AVS-350", {"rows": "20", "expected": EXPECTED}, path.name))
        frame = read_attributes(layer, _chosen(layer.columns), path.name)
        frame.index += 2
        yield frame.fillna("").astype(str)


def _named(piece: pd.DataFrame) -> pd.DataFrame:
    columns = list(_COLUMNS)
    piece = piece.set_axis(columns[: piece.shape[1]], axis=1)
    return piece if "imputed" in piece else piece.assign(imputed="0")


class _Reading:
    """The cells of one file, filtered as they come."""

    def __init__(self, file: str, wanted: frozenset[str] | None) -> None:
        self.file, self.wanted = file, wanted
        self.codes = CommuneCodes(file, None, "lcog_geo")
        self.faults: list[Fault] = []
        self.rows_read = 0
        self._elsewhere = self._unknown = 0
        self._communes: dict[str, str] = {}
        self.columns: dict[str, str] = {}

    def set_aside(self) -> list[Fault]:
        """Return the cells that are not used, by reason."""
        unknown = put_aside(self.file, self._unknown, _NO_COMMUNE)
        return [*unknown, *put_aside(self.file, self._elsewhere, OTHER_TERRITORY)]

    def piece(self, piece: pd.DataFrame) -> pd.DataFrame:
        """Return the wanted cells of a piece, with their place."""
        self.rows_read += len(piece)
        self.columns = dict(zip(_COLUMNS.values(), map(str, piece.columns), strict=False))
        piece = _named(piece)
        communes = piece["lcog"].map({text: self._today(text) for text in piece["lcog"].unique()})
        unknown = communes == "?"
        here = communes.ne("") & ~unknown
        self._unknown += int(unknown.sum())
        self._elsewhere += int((~here & ~unknown).sum())
        piece = piece[here]
        place = piece["id"].str.extract(_CELL_ID)
        for line in place.index[place["epsg"].isna()][:_MOST_FAULTS]:
            values = {"value": str(piece.at[line, "id"])}
            self.faults.append(Fault("AVS-360", values, self.file, int(line), "idcar_200m"))
        import pandas as pd

        inhabitants = pd.to_numeric(piece["ind"].str.replace(",", ".", regex=False), errors="coerce")
        for line in inhabitants.index[~(inhabitants >= 0) | ~np.isfinite(inhabitants)][:_MOST_FAULTS]:
            hint = "un nombre d'habitants, décimales permises"
            values = {"value": str(piece.at[line, "ind"]), "expected": "d'habitants", "hint": hint}
            self.faults.append(Fault("AVS-319", values, self.file, int(line), "ind"))
        made = place.fillna("0").astype("int64")
        return made.assign(
            ind=inhabitants, imputed=piece["imputed"].str.strip().isin(["1", "1.0"]), communes=communes[here]
        )

    def _today(self, text: str) -> str:
        """Return the communes of today, ``?`` where none is known, empty where none is wanted."""
        if text not in self._communes:
            passages = [self.codes.passage(text[i : i + 5]) for i in range(0, len(text), 5)]
            today = dict.fromkeys(code for codes in passages for code in codes)
            wanted = [code for code in today if self.wanted is None or code in self.wanted]
            self._communes[text] = "|".join(today) if wanted else "" if today else "?"
        return self._communes[text]

    def _check_projection(self, cells: pd.DataFrame) -> None:
        """Refuse cells that cannot be measured where their commune is: they would reach nobody."""
        places = cells["communes"].str[:5].map(departement_of).map(epsg_of)
        wrong = cells["epsg"].map(LEGAL_OF_GRID) != places
        for epsg in cells["epsg"][wrong].unique():
            communes = sorted(
                {departement_of(code) for code in cells["communes"][wrong & (cells["epsg"] == epsg)]}
            )
            values = {"value": str(epsg), "departements": enumeration(communes, 4)}
            self.faults.append(Fault("AVS-348", values, self.file))

    def check(self, cells: pd.DataFrame) -> None:
        """Refuse an empty grid, cells in two projections, and a cell that comes twice."""
        if cells.empty:
            self.faults.append(Fault("AVS-355", {}, self.file))
            return
        projections = sorted({str(epsg) for epsg in cells["epsg"].unique()})
        if len(projections) > 1:
            self.faults.append(Fault("AVS-362", {"value": ", ".join(projections)}, self.file))
        self._check_projection(cells)
        twice = cells[cells.duplicated(["epsg", "x", "y"])]
        for line, row in zip(twice.index[:_MOST_FAULTS], twice.itertuples(), strict=False):
            value = f"CRS{row.epsg}RES200mN{row.y}E{row.x}"
            self.faults.append(Fault("AVS-361", {"value": value}, self.file, int(line), "idcar_200m"))
