"""A territory: its communes, their EPCI and neighbours, and where they are."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from avs_coverage.embedded import VINTAGES, read_boundaries, read_parquet
from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.indicators import state_column
from avs_coverage.messages import counted
from avs_coverage.projection import epsg_of
from avs_coverage.territory_names import TerritoryName, find_territory_name

if TYPE_CHECKING:
    import geopandas as gpd

    from avs_coverage.indicators import Indicator
    from avs_coverage.loaders.boundaries import Boundaries
    from avs_coverage.loaders.grid import Grid
    from avs_coverage.loaders.mairies import Mairies
    from avs_coverage.loaders.populations import Populations
    from avs_coverage.loaders.quarters import Quarters

METROPOLE_DU_GRAND_PARIS = "200054781"
PLACE = ("lon", "lat", "x_m", "y_m")
_AT_MAIRIE = "mairie"


@dataclass(frozen=True)
class Territory:
    """The communes of one département, EPCI, région or France.

    *communes* is indexed by commune code (str, 5 characters, COG 2026), sorted, with columns
    ``nom, departement, region, canton, epci, nom_epci`` (str; EPCI empty where there is
    none), ``population`` (int, PMUN), ``superficie_km2`` (float, NaN where the source has no
    boundary), ``lon, lat`` (degrees) and ``x_m, y_m`` (chef-lieu, metres, legal projection of
    the département), ``point_qualite, densite`` (str). *replaced* names, by key of ``VINTAGES``
    or ``chefs_lieux``, what stands in place of the embedded data, in French; *contours*, *quarters*,
    *indicators* and *grids* (cells of 200 m) are the user's own.
    """

    name: TerritoryName
    communes: pd.DataFrame
    replaced: dict[str, str] = field(default_factory=dict)
    contours: Boundaries | None = None
    quarters: Quarters | None = None
    indicators: tuple[Indicator, ...] = ()
    grids: tuple[Grid, ...] = ()

    @classmethod
    def find(cls, text: str) -> Territory:
        """Return the territory that *text* names; raises TerritoryError."""
        return cls.of(find_territory_name(text))

    @classmethod
    def of(cls, name: TerritoryName) -> Territory:
        """Return the territory of a name already found."""
        communes = read_parquet("communes.parquet", name.departements).set_index("code").sort_index()
        if name.kind == "epci":
            communes = communes[communes["epci"] == name.code]
        return cls(name, communes)

    def with_populations(self, populations: Populations) -> Territory:
        """Return the territory with other inhabitants; every commune must be among them."""
        values = [populations.values[code] for code in self.communes.index]
        communes = self.communes.assign(population=values)
        return replace(self, communes=communes, replaced={**self.replaced, "population": populations.label})

    def with_boundaries(self, boundaries: Boundaries) -> Territory:
        """Return the territory with other areas, unknown (NaN) where the file has no boundary."""
        areas = boundaries.frame["superficie_km2"].reindex(self.communes.index)
        communes = self.communes.assign(superficie_km2=areas)
        replaced = {**self.replaced, "contours": boundaries.label}
        return replace(self, communes=communes, replaced=replaced, contours=boundaries)

    def with_mairies(self, mairies: Mairies) -> Territory:
        """Return the territory with its chefs-lieux at the mairies; a commune without one keeps its point.

        Structures that stand at a chef-lieu must follow: see ``Inventory.moved``.
        """
        places = [mairies.places.get(row.Index, row[1:]) for row in self.communes[list(PLACE)].itertuples()]
        known = self.communes.index.isin(mairies.places)
        communes = self.communes.assign(
            **dict(zip(PLACE, zip(*places, strict=True), strict=True)),
            point_qualite=self.communes["point_qualite"].mask(known, _AT_MAIRIE),
        )
        communes = communes.astype(self.communes.dtypes)
        return replace(self, communes=communes, replaced={**self.replaced, "chefs_lieux": mairies.label})

    def with_quarters(self, quarters: Quarters) -> Territory:
        """Return the territory with other QPV, of the generations that the files hold."""
        names = {
            f"qpv_{generation}": " ; ".join(files) for generation, files in quarters.labels.items() if files
        }
        return replace(self, replaced={**self.replaced, **names}, quarters=quarters)

    def with_indicators(self, indicators: tuple[Indicator, ...]) -> Territory:
        """Return the territory with more indicators, in their order.

        A name that a column of the tool or another indicator has, or the state of one of them, bears its
        file's name too: ``statut (caf.csv)``.
        """
        from avs_coverage.communes import RESERVED

        taken = {*RESERVED, *(n for one in self.indicators for n in (one.name, state_column(one.name)))}
        named = []
        for one in indicators:
            rank, name = 1, one.name
            while taken & {name, state_column(name)}:
                name = f"{one.name} ({one.file}{f', {rank}' if rank > 1 else ''})"
                rank += 1
            taken |= {name, state_column(name)}
            named.append(one if name == one.name else replace(one, name=name))
        return replace(self, indicators=(*self.indicators, *named))

    def ranks(self, codes: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the rank of each code among the communes, -1 for one of elsewhere.

        Many times faster than ``Index.get_indexer`` on texts, which makes an object of each.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        known = pa.array(self.communes.index, pa.large_string())
        found = pc.index_in(pa.array(codes, pa.large_string()), value_set=known)
        return np.asarray(found.fill_null(-1), dtype=np.int64)

    def with_grid(self, grid: Grid) -> Territory:
        """Return the territory with the cells of one more file; those it has are refused (AVS-347)."""
        for other in self.grids:
            if grid.epsg == other.epsg and (common := len(np.intersect1d(grid.keys, other.keys))):
                values = {"value": counted(common, "carreau", "carreaux"), "other": other.file}
                raise InputError(Fault("AVS-347", values, grid.file))
        return replace(self, grids=(*self.grids, grid))

    @property
    def mairies(self) -> dict[str, tuple[float, float]]:
        """Return the chefs-lieux that were moved to a mairie, by code: metres, as ``x_m, y_m``."""
        moved = self.communes[self.communes["point_qualite"] == _AT_MAIRIE]
        return dict(zip(moved.index, zip(moved["x_m"], moved["y_m"], strict=True), strict=True))

    def layers(self, on: date) -> tuple[str, ...]:
        """Name what stands in place of the embedded data at a date, in French.

        QPV of a generation that is not in force there replace nothing.
        """
        idle = self._idle_quarters(on)
        return tuple(dict.fromkeys(text for key, text in self.replaced.items() if key not in idle))

    def idle_layers(self, on: date) -> dict[int, str]:
        """Return, by generation, the user's files of QPV that are not in force at a date."""
        return {int(key.removeprefix("qpv_")): self.replaced[key] for key in self._idle_quarters(on)}

    def _idle_quarters(self, on: date) -> list[str]:
        from avs_coverage.qpv import generation_in_force

        in_force = {f"qpv_{generation_in_force(code, on)}" for code in self.name.departements}
        return [key for key in self.replaced if key.startswith("qpv_") and key not in in_force]

    @property
    def vintages(self) -> dict[str, str]:
        """Return the source and vintage of each layer, embedded or the user's own."""
        own = dict(VINTAGES)
        if "976" not in self.name.departements:
            own["population"] = own["population"].partition(" ; Mayotte")[0]
        return {**own, **self.replaced}

    @property
    def label(self) -> str:
        """Return the territory's name with its code."""
        return self.name.label

    @cached_property
    def codes(self) -> frozenset[str]:
        """Return the codes of the communes: to look one up here is faster than in the table."""
        return frozenset(self.communes.index.tolist())

    @cached_property
    def rows(self) -> dict[str, Any]:
        """Return each commune as a named tuple of the columns (its code is ``Index``), by code."""
        return {row.Index: row for row in named_rows(self.communes)}

    @cached_property
    def neighbours(self) -> pd.DataFrame:
        """Return pairs ``code`` (in the territory), ``voisin`` (anywhere), both directions.

        Two communes are neighbours when their source boundaries share a line; an island
        has none. Communes split since 2018 take those of their former parent.
        """
        pairs = read_parquet("neighbours.parquet", self.name.departements, ("code", "voisin"))
        if self.contours is not None and self.contours.neighbours is not None:
            # The file tells of the communes it holds; beyond them, only the embedded table does.
            told = self.contours.frame.index
            pairs = pairs[~(pairs["code"].isin(told) & pairs["voisin"].isin(told))]
            pairs = pd.concat([self.contours.neighbours, pairs], ignore_index=True)
        return pairs if self.name.kind != "epci" else pairs[pairs["code"].isin(self.communes.index)]

    @cached_property
    def epci_members(self) -> dict[str, list[str]]:
        """Return the communes of the territory in each EPCI, by code; those of none under the empty text."""
        members: dict[str, list[str]] = {}
        columns = self.communes.index.to_numpy(object), self.communes["epci"].to_numpy(object)
        for code, epci in zip(*columns, strict=True):
            members.setdefault(epci, []).append(code)
        return members

    @cached_property
    def neighbours_of(self) -> dict[str, list[str]]:
        """Return the communes of the territory beside each commune, here or beyond."""
        found: dict[str, list[str]] = {}
        columns = (self.neighbours[name].to_numpy(object) for name in ("code", "voisin"))
        for code, other in zip(*columns, strict=True):
            found.setdefault(other, []).append(code)
        return found

    @cached_property
    def neighbour_ranks(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the pairs of ``neighbours`` as ranks among the communes, -1 beyond the territory."""
        return self.ranks(self.neighbours["code"]), self.ranks(self.neighbours["voisin"])

    @cached_property
    def epci_outside(self) -> dict[str, list[str]]:
        """Return, for each EPCI of the territory that goes beyond it, its other communes.

        Names carry their code, as ``Dornes (58104)``, sorted by code.
        """
        here = self.communes["epci"].unique()
        across = {
            departement
            for epci in _epci_departements(here)
            for departement in epci
            if departement not in self.name.departements
        }
        if not across:
            return {}
        rows = read_parquet("communes.parquet", across, ("code", "nom", "epci"))
        rows = rows[rows["epci"].isin(here) & (rows["epci"] != "")].sort_values("code")
        outside: dict[str, list[str]] = {}
        for code, name, epci in rows.itertuples(index=False):
            outside.setdefault(epci, []).append(f"{name} ({code})")
        return outside

    def boundaries(self) -> gpd.GeoDataFrame:
        """Return the generalised boundaries, for maps only: index ``code``, ``geometry``.

        CRS: the legal projection; several, or the user's own contours, come back in WGS84. Areas
        and neighbourhood are not to be computed from them: the tables hold them. The seven
        communes split since 2018 have no boundary and no row. The user's own contours stand as they are.
        """
        if self.contours is not None:
            return self.contours.frame[["geometry"]]
        import geopandas as gpd

        epsg = sorted({epsg_of(code) for code in self.name.departements})
        parts = [
            read_boundaries(code, [d for d in self.name.departements if epsg_of(d) == code]) for code in epsg
        ]
        if len(parts) > 1:
            parts = [part.to_crs(4326) for part in parts]
        frame = gpd.GeoDataFrame(pd.concat(parts)).set_index("code")[["geometry"]]
        return frame[frame.index.isin(self.communes.index)].sort_index()


def named_rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows as ``DataFrame.itertuples`` does, the index first as ``Index``.

    Several times faster on columns of text, of which pandas would make each value alone.
    """
    columns = {"Index": frame.index, **{name: frame[name] for name in frame}}
    row = namedtuple("row", columns)  # type: ignore[misc]
    return map(
        row._make, zip(*(values.to_numpy(object).tolist() for values in columns.values()), strict=True)
    )


def _epci_departements(codes: Iterable[str]) -> list[tuple[str, ...]]:
    from avs_coverage.embedded import read_csv

    wanted = set(codes)
    return [tuple(r["departements"].split("|")) for r in read_csv("epci.csv") if r["siren"] in wanted]
