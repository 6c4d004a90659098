"""Make files whose content is not that of their name, and archives whose members are other files."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

from tools.fuzz.seeds import Seed, as_zip, seed, seeds

PORT = 47_631
"""Of the server that counts: always the same, since the same seed and number make the same bytes."""

ADDRESS = b"http://127.0.0.1:%d" % PORT

_ENDS = (
    "csv", "txt", "json", "geojson", "gpkg", "shp", "zip", "xlsx", "ods", "xls", "parquet", "vrt", "dat",
)  # fmt: skip
_SQL = (
    "CREATE VIEW v AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) "
    "SELECT n FROM r WHERE n<0",
    "CREATE VIEW v AS SELECT * FROM x WHERE 0",
    "CREATE VIEW v AS SELECT 1 AS fid, NULL AS geom",
    "CREATE TRIGGER v AFTER INSERT ON x BEGIN SELECT 1; END",
    "CREATE TABLE v (n INTEGER, m TEXT AS (hex(zeroblob(100000000))) VIRTUAL)",
    "CREATE VIRTUAL TABLE v USING rtree(id, a, b)",
    "CREATE TABLE v (n)",
)
_SAID = "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', '{}', 'v', 4326)"
_LEADS_OUT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/%s/x.json</SrcDataSource></OGRVRTLayer>'
    b"</OGRVRTDataSource>" % ADDRESS,
    b"<OGRWFSDataSource><URL>%s/wfs</URL></OGRWFSDataSource>" % ADDRESS,
    b'{"type":"FeatureCollection","features":[],"crs":{"type":"link","properties":{"href":"%s/c"}}}'
    % ADDRESS,
    b'{"links":[{"rel":"data","href":"%s/c"}],"conformsTo":[]}' % ADDRESS,
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s/e">]><kml><Document><name>&e;</name></Document></kml>' % ADDRESS,
    b"/vsicurl/%s/x.json" % ADDRESS,
)


def with_code(content: bytes, rng: Random) -> bytes:
    """Return a GeoPackage with a view, a trigger or a computed column, registered or not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as database:
            database.execute(rng.choice(_SQL))
            if rng.random() < 0.6:
                database.execute(_SAID.format(rng.choice(["features", "attributes", "tiles"])))
            database.commit()
        return path.read_bytes()


def foreign(rng: Random) -> tuple[Seed, str, bytes]:
    """Return the seed whose role a file is given, a name that is not its content's, and the content."""
    role = rng.choice([one for one in seeds() if one.kind not in ("reglages", "correspondance", "manifeste")])
    draw = rng.random()
    if draw < 0.25:
        content = rng.choice(_LEADS_OUT)
    elif draw < 0.5:
        kinds = [one for one in seeds() if one.name.endswith(".gpkg")]
        content = with_code(rng.choice(kinds).content, rng)
    else:
        content = rng.choice(seeds()).content
    name = f"x.{rng.choice(_ENDS)}"
    for _ in range(rng.choice([0, 1, 1, 2])):
        members = {name: content}
        if rng.random() < 0.4:
            other = rng.choice(
                ["autre.csv", "../x.csv", "/x.csv", "x.shp", "xl/workbook.xml", "mimetype", "a/"]
            )
            members[other] = rng.choice([seed("population.csv").content, b"", b"\0"])
        content = as_zip(members)
        name = f"x.{rng.choice(['zip', 'zip', *_ENDS])}"
    return role, name, content
