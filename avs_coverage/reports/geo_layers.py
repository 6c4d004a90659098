"""The layers of a report for a GIS, built once for every format: communes, zones, QPV, structures, links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from avs_coverage import communes, gaps, inventory, qpv_location
from avs_coverage.dictionary import describe_indicator
from avs_coverage.gaps import GAP, UNCLEAR, Zone
from avs_coverage.gazetteer import departement_of
from avs_coverage.messages import joined
from avs_coverage.projection import epsg_of, reproject
from avs_coverage.qpv import departement_of_qpv
from avs_coverage.qpv_perimeters import perimeters
from avs_coverage.reports.geo_columns import LINKS, STRUCTURES_MORE, ZONES_MORE, described, distinct
from avs_coverage.territory import named_rows

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from avs_coverage.dictionary import ColumnInfo
    from avs_coverage.inventory import Structure
    from avs_coverage.report import Report

WGS84 = 4326
LAYER_NAMES = ("communes", "zones_blanches", "couverture_a_preciser", "qpv", "structures", "liens")
Geometry = Literal["MultiPolygon", "Point", "LineString"]
Place = tuple[float, float, int]
"""x, y and the EPSG code of their projection."""
_LISTS = ("liste", "paires")
_DTYPES = {
    "annee": "Int64", "entier": "Int64", "nombre": "float64", "part": "float64", "coordonnee": "float64",
    "oui_non": "boolean",
}  # fmt: skip
"""Kind of the dictionary → type of pandas; text for the others."""


@dataclass(frozen=True)
class Layer:
    """One layer: a record and a shape a row, None where there is nothing to draw.

    *rows* are plain values under the names of *columns*, but for those of *stamp*, the same in every
    record, which are kept once: of all of France they would fill the memory. *shapes* are in the
    projection *epsg*, all of one *geometry*; *key* names the columns that tell a row from the others.
    """

    name: str
    title: str
    geometry: Geometry
    key: tuple[str, ...]
    columns: tuple[ColumnInfo, ...]
    rows: Sequence[Mapping[str, Any]]
    stamp: Mapping[str, Any]
    shapes: Sequence[Any]
    epsg: int

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each record whole."""
        return ({**row, **self.stamp} for row in self.rows)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """Return the layer as a table whose types do not depend on its values; lists joined by ``|``."""
        import geopandas as gpd

        columns = {column.name: self._values(column) for column in self.columns}
        shapes = np.array([*self.shapes, None], dtype=object)[:-1]  # numpy would look into the shapes
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=self.epsg), crs=self.epsg)

    def _values(self, column: ColumnInfo) -> pd.api.extensions.ExtensionArray:
        import pandas as pd

        if column.name in self.stamp:
            values, repeated = [self.stamp[column.name]], len(self.rows)
        else:
            values, repeated = [row[column.name] for row in self.rows], 1
        dtype = _DTYPES.get(column.kind, "string")
        if column.kind in _LISTS:
            values = [joined(value) for value in values]
        if dtype == "float64":
            values = [np.nan if value is None else value for value in values]
        return pd.array(values * repeated, dtype=dtype)


def geo_layers(report: Report) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a report by name, in the legal projection (several: WGS84), no row left out."""
    return {layer.name: layer.frame for layer in layers(report)}


def layers(report: Report) -> Iterator[Layer]:
    """Yield the layers of a report, in the order of ``LAYER_NAMES``.

    Each is made when it is asked for: all of all France at once would take half as much memory again.
    """
    return _Layers(report).all()


class _Layers:
    """What the layers share: the report, the projection, the contours, the places."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.coverage = report.coverage
        self.territory = report.coverage.territory
        self.stamp = described(report.stamp, "")
        found = {epsg_of(departement) for departement in self.territory.name.departements}
        self.epsg = found.pop() if len(found) == 1 else WGS84
        contours = self.territory.boundaries().to_crs(self.epsg).geometry
        codes = contours.index.tolist()
        self.contours = dict(zip(codes, _multiple(contours.to_numpy()), strict=True))

    def all(self) -> Iterator[Layer]:
        blank, unclear = "Zones blanches", "Couverture à préciser"
        yield self.communes()
        yield self.zones(LAYER_NAMES[1], blank, [zone for zone in self.report.zones if zone.kind == GAP])
        yield self.zones(LAYER_NAMES[2], unclear, [z for z in self.report.zones if z.kind == UNCLEAR])
        self.contours.clear()  # drawn: they are a quarter of the memory
        yield self.qpv()
        yield self.structures()
        yield self.links()

    def communes(self) -> Layer:
        """Return every commune, those without a contour too."""
        rows = communes.records(self.coverage.communes)
        own = described(communes.COLUMNS, "communes")
        columns = (*own, *self._indicators(rows, own))
        shapes = [self.contours.get(row["code_insee"]) for row in rows]
        return self._layer("communes", "Communes", "MultiPolygon", ("code_insee",), columns, rows, shapes)

    def _indicators(self, rows: list[dict[str, Any]], own: tuple[ColumnInfo, ...]) -> tuple[ColumnInfo, ...]:
        """Add the user's indicators to the communes; return their columns, none named as another."""
        taken = (*own, *self.stamp)
        wanted = [column for one in self.territory.indicators for column in describe_indicator(one)]
        columns = distinct((*taken, *wanted))[len(taken) :]
        for one, value, state in zip(self.territory.indicators, columns[::2], columns[1::2], strict=True):
            amounts, states = one.values.to_dict(), one.state.to_dict()
            for row in rows:
                amount = amounts[row["code_insee"]]
                is_known = amount != "" and amount == amount  # noqa: PLR0124 - NaN is not itself
                row[value.name] = amount if is_known else None
                row[state.name] = states[row["code_insee"]]
        return columns

    def zones(self, name: str, title: str, zones: Sequence[Zone]) -> Layer:
        """Return zones, each the union of the contours that are known of its communes."""
        import shapely

        # Six times faster, and wrong where polygons overlap: a user's own may.
        union = shapely.coverage_union_all if self.territory.contours is None else shapely.union_all
        rows, shapes = [], []
        for zone in zones:
            drawn = [self.contours[code] for code, _ in zone.communes if code in self.contours]
            missing = [code for code, _ in zone.communes if code not in self.contours]
            rows.append({**zone.to_record(), "communes_sans_contour": missing})
            shapes.append(union(drawn) if drawn else None)
        key = ("liste", "commune_principale")
        columns = described((*gaps.COLUMNS, *ZONES_MORE), "zones")
        return self._layer(name, title, "MultiPolygon", key, columns, rows, _multiple(shapes))

    def qpv(self) -> Layer:
        """Return the quarters in force, with a shape where their perimeter is known."""
        views = self.report.qpv
        quarters = [view.qpv for view in views]
        located = self.report.locations
        rows = [{**view.to_record(), **located[view.qpv.code].to_record()} for view in views]
        drawn = {code: one.shape for code, one in perimeters(self.territory, quarters).items()}
        projected = self._projected(drawn)
        shapes = [projected.get(one.code) for one in quarters]
        title, columns = "Quartiers prioritaires (QPV)", described(qpv_location.COLUMNS, "qpv")
        return self._layer("qpv", title, "MultiPolygon", ("code_qpv",), columns, rows, _multiple(shapes))

    def structures(self) -> Layer:
        """Return the whole inventory, counted or not, at its own points or at chefs-lieux."""
        import shapely

        found = self.coverage.inventory.structures
        told = zip(self.report.structure_records, found, strict=True)
        rows = [{**record, "position": one.position} for record, one in told]
        places = self._placed([_place(one) for one in found])
        shapes = [None if place is None else shapely.Point(place) for place in places]
        columns = described((*inventory.COLUMNS, *STRUCTURES_MORE), "structures")
        return self._layer("structures", "Structures", "Point", ("id",), columns, rows, shapes)

    def links(self) -> Layer:
        """Return the links, drawn from the structure to the chef-lieu of the commune.

        There is nothing to draw where the structure has no place, or stands at that very chef-lieu.
        """
        import shapely

        structures = {one.id: one for one in self.coverage.inventory.structures}
        table = self.coverage.links.sort_values(["structure", "commune"], kind="stable")
        communes = self.territory.communes.loc[table["commune"].unique()]
        served = {row.Index: row for row in named_rows(communes[["nom", "departement", "x_m", "y_m"]])}
        # Each place is projected once, not for each link that ends there.
        sites = dict(zip(structures, self._placed([_place(one) for one in structures.values()]), strict=True))
        ends = [(row.x_m, row.y_m, epsg_of(row.departement)) for row in served.values()]
        chefs_lieux = dict(zip(served, self._placed(ends), strict=True))
        rows, pairs = [], []
        for link in named_rows(table):
            rows.append(_link_record(link, structures[link.structure], served[link.commune].nom))
            pairs.append((sites[link.structure], chefs_lieux[link.commune]))
        drawn = {rank: pair for rank, pair in enumerate(pairs) if pair[0] is not None and pair[0] != pair[1]}
        lines = shapely.linestrings(np.array(list(drawn.values()), dtype=float).reshape(-1, 2, 2))
        of_rank = dict(zip(drawn, lines, strict=True))
        shapes = [of_rank.get(rank) for rank in range(len(rows))]
        key = ("structure", "code_insee")
        return self._layer("liens", "Liens", "LineString", key, described(LINKS, "liens"), rows, shapes)

    def _layer(
        self,
        name: str,
        title: str,
        geometry: Geometry,
        key: tuple[str, ...],
        columns: tuple[ColumnInfo, ...],
        rows: Sequence[Mapping[str, Any]],
        shapes: Sequence[Any],
    ) -> Layer:
        stamp, own = self.report.stamp, (*columns, *self.stamp)
        return Layer(name, title, geometry, key, own, rows, stamp, shapes, self.epsg)

    def _placed(self, places: Sequence[Place | None]) -> list[tuple[float, float] | None]:
        """Return places in the projection of the layers."""
        found: list[tuple[float, float] | None] = [None] * len(places)
        for epsg in sorted({place[2] for place in places if place is not None}):
            here = [(rank, place) for rank, place in enumerate(places) if place and place[2] == epsg]
            x = np.array([place[0] for _, place in here], dtype=float)
            y = np.array([place[1] for _, place in here], dtype=float)
            if epsg != self.epsg:
                x, y = reproject(x, y, epsg, self.epsg)
            for (rank, _), point in zip(here, zip(x.tolist(), y.tolist(), strict=True), strict=True):
                found[rank] = point
        return found

    def _projected(self, shapes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the perimeters of quarters, by code, in the projection of the layers."""
        import geopandas as gpd

        found: dict[str, Any] = {}
        for epsg in sorted({epsg_of(departement_of_qpv(code)) for code in shapes}):
            here = {code: one for code, one in shapes.items() if epsg_of(departement_of_qpv(code)) == epsg}
            found |= gpd.GeoSeries(here, crs=epsg).to_crs(self.epsg).to_dict()
        return found


def _place(structure: Structure) -> Place | None:
    """Return where a structure is drawn: its own point, or the chef-lieu of its seat."""
    if structure.x_m is None or structure.y_m is None or not structure.seat:
        return None
    return structure.x_m, structure.y_m, epsg_of(departement_of(structure.seat))


def _link_record(link: Any, structure: Structure, commune: str) -> dict[str, Any]:  # noqa: ANN401 - a row
    return {
        "structure": structure.id,
        "nom_structure": structure.name,
        "type": structure.type,
        "code_insee": link.commune,
        "nom_commune": commune,
        "certain": bool(link.certain),
        "niveau": "etabli" if link.firm else "certain" if link.certain else "possible",
        "fondement": link.basis,
        "part": float(link.share),
        "position": structure.position,
    }


def _multiple(shapes: Iterable[Any]) -> list[Any]:
    """Return polygons as multipolygons: a layer holds geometries of one type."""
    import shapely

    found = np.array([*shapes, None], dtype=object)[:-1]  # numpy would look into the shapes
    single = np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.POLYGON)
    found[single] = shapely.multipolygons(found[single], indices=np.arange(len(single)))
    return list(found)
