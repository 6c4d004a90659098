"""What a geographical file is, is told by its content, and nothing outside it is read, asked or written."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas
import pytest
from shapely import Point, Polygon

from avs_coverage.intake import receiving
from avs_coverage.loaders.geo_process import DRIVERS, ReadingFailedError, geo_process
from tests.conftest import ROOT, SPEAKS_UTF8
from tests.tiers import every_day

CANARY = "motdepasse-Tulipe42"
MADE = Path(__file__).parent / "geopackages"
NEVER = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT"
ROWS = {"nom": ["Centre A", "Espace B"], "type": ["CS", "EVS"], "code_insee": ["03185", "03190"]}
STRUCTURES = geopandas.GeoDataFrame(ROWS, geometry=[Point(2.6, 46.34), Point(3.33, 46.56)], crs=4326)


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server of this machine, which GDAL too would reach, and what it was asked."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        do_HEAD = do_GET  # noqa: N815 - the name that the library calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def outside(folder: Path) -> Path:
    """Make a layer beside the folder of the command, of which nothing may come out."""
    path = folder / "dehors.geojson"
    STRUCTURES.assign(nom=CANARY).to_file(path, driver="GeoJSON")
    return path


def vrt(source: str, query: str = "", dialect: str = "OGRSQL") -> bytes:
    asked = f'<SrcSQL dialect="{dialect}">{query}</SrcSQL>' if query else "<SrcLayer>dehors</SrcLayer>"
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="communes"><SrcDataSource>{source}</SrcDataSource>{asked}'
        "</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


def hostile(kind: str, folder: Path, address: str) -> bytes:
    """Return a content that GDAL, left to itself, recognises and follows elsewhere."""
    there = outside(folder)
    geocode = f"ogr_geocode(nom, 'raw', 'QUERY_TEMPLATE={address}/vol?q=%s')"
    cached = f"ogr_geocode(nom, 'raw', 'CACHE_FILE={folder / 'ecrit.sqlite'}')"
    link = {"type": "link", "properties": {"href": f"{address}/crs"}}
    twice = b'{"crs": null, "cr\\u0073" : ' + json.dumps(link).encode() + b", "
    stac = {"type": "Catalog", "stac_version": "1.0.0", "links": [{"href": address}]}
    algorithm = {"type": "gdal_streamed_alg", "command_line": f"gdal vector read {there}"}
    made = {
        "another file": vrt(str(there)),
        "an address": vrt(f"/vsicurl/{address}/dehors.geojson"),
        "a request": vrt(str(there), f"select {geocode} as nom from dehors", "SQLITE"),
        "a cache": vrt(str(there), f"select {cached} from dehors", "SQLITE"),
        "without end": vrt(str(there), f"{NEVER} max(n) as code from r", "SQLITE"),
        "a pipe": vrt(str(folder / "tube")),
        "WFS": f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>".encode(),
        "STAC": json.dumps(stac).encode(),
        "ESRI": json.dumps({"geometryType": "esriGeometryPoint", "features": [], "next": address}).encode(),
        "Topo": json.dumps({"type": "Topology", "objects": {}, "arcs": []}).encode(),
        "GDALG": json.dumps(algorithm).encode(),
        "a linked projection": geojson(crs=link),
        "a projection at an address": geojson(crs={"type": "url", "properties": {"url": f"{address}/crs"}}),
        "a projection twice": twice + geojson()[1:],
        "a projection in a file": geojson(crs={"type": "name", "properties": {"name": str(there)}}),
        "a projection with a comment": b"{'crs'/**/:" + json.dumps(link).encode() + b"," + geojson()[1:],
    }  # fmt: skip
    return made[kind]


def geojson(**more: object) -> bytes:
    features = json.loads(STRUCTURES.to_json())["features"]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


HOSTILE = (
    "another file", "an address", "a request", "a cache", "without end", "a pipe", "WFS", "STAC", "ESRI",
    "Topo", "GDALG", "a linked projection", "a projection at an address", "a projection twice",
    "a projection in a file", "a projection with a comment",
)  # fmt: skip


def check_refused(
    done: subprocess.CompletedProcess[bytes], folder: Path, before: set[str], seen: list[str]
) -> None:
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 3, told
    assert "AVS-100" not in told
    assert CANARY not in told
    assert "avs-coverage-recu" not in told
    assert seen == []
    assert {str(path.relative_to(folder)) for path in folder.rglob("*")} == before


@pytest.mark.parametrize("suffix", every_day([".geojson", ".json", ".shp", ".gpkg"]))
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_member_that_leads_out_is_refused(run, tmp_path, asked, kind, suffix):
    address, seen = asked
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "tube")
    with zipfile.ZipFile(tmp_path / "recu.zip", "w") as archive:
        archive.writestr(f"communes{suffix}", hostile(kind, tmp_path, address))
    before = {path.name for path in tmp_path.iterdir()}
    for words in (
        ("check", "recu.zip"),
        ("structures", "allier", "--structures", "recu.zip"),
        ("report", "allier", "--communes", "recu.zip"),
        ("report", "allier", "--qpv", "recu.zip"),
    ):
        check_refused(run(*words), tmp_path, before, seen)


@pytest.mark.parametrize(
    "name", every_day(["communes.geojson", "communes.vrt", "communes.gpkg", "communes.shp"])
)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_leads_out_is_refused(run, tmp_path, asked, kind, name):
    address, seen = asked
    (tmp_path / name).write_bytes(hostile(kind, tmp_path, address))
    before = {path.name for path in tmp_path.iterdir()}
    for words in (("check", name), ("report", "allier", "--communes", name)):
        check_refused(run(*words), tmp_path, before, seen)


def test_gdal_itself_neither_reads_elsewhere_nor_asks_nor_writes(tmp_path, asked):
    """The second wall: were the content let through, the process would still lead nowhere."""
    address, seen = asked
    with receiving() as intake:
        process = geo_process(intake)
        for kind in HOSTILE:
            path = tmp_path / "a.geojson"
            path.write_bytes(hostile(kind, tmp_path, address))
            for driver in ("GeoJSON:", ""):
                try:
                    found = process.ask("describe", path, driver)
                except ReadingFailedError:
                    continue
                assert all(layer["name"] == "a" for layer in found), kind
        names = (
            f"/vsicurl/{address}/x",
            f"GeoJSON:{address}/x",
            f"GeoJSON:/vsicurl/{address}/x",
            f"{address}/x",
        )
        for name in names:
            with pytest.raises(ReadingFailedError):
                process.ask("describe", tmp_path / "a.geojson", f"{name}?")
    assert seen == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.geojson", "dehors.geojson"]


def test_the_drivers_of_gdal_that_are_on_are_three(monkeypatch):
    from avs_coverage.loaders import geo_process as module

    assert sorted(DRIVERS) == ["ESRI Shapefile", "GPKG", "GeoJSON"]
    monkeypatch.setattr(module, "_OTHER_DRIVERS", ("CSV",))  # a GDAL of which this version knows nothing
    with receiving() as intake:
        process = geo_process(intake)
        with pytest.raises(ReadingFailedError):
            process.ask("describe", Path(__file__))
        assert "OGR_VRT" in process._skipped


def test_only_the_process_gives_gdal_what_is_received():
    """Neither geopandas nor pyogrio opens a file anywhere else: what is written is the tool's own."""
    wrong = []
    for path in (ROOT / "avs_coverage").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        opens = any(word in text for word in ("read_dataframe(", ".read_file(", "list_layers(", "read_info("))
        wrong += [path.name] if opens and path.name != "geo_worker.py" else []
    assert wrong == []


# GeoPackage


def geopackage(path: Path, script: str = "") -> Path:
    STRUCTURES.to_file(path, layer="structures", driver="GPKG")
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
        database.commit()
    return path


def registered(view: str) -> str:
    return (
        "insert into gpkg_contents (table_name, data_type, identifier, srs_id) "
        f"values ('{view}', 'features', '{view}', 4326); "
        f"insert into gpkg_geometry_columns values ('{view}', 'geom', 'POINT', 4326, 0, 0);"
    )


NO_ROW = f"create view v as {NEVER} n as fid, cast(null as blob) as geom, 'x' as nom from r where n < 0;"


@pytest.mark.parametrize("more", ["", registered("v")], ids=["not registered", "registered"])
def test_a_view_without_rows_nor_end_is_left_aside(run, tmp_path, more):
    geopackage(tmp_path / "liste.gpkg", NO_ROW + more)
    done = run("structures", "allier", "--structures", "liste.gpkg", "--csv", "out.csv")
    assert done.returncode == 0, done.stderr.decode()
    assert "Centre A" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_a_view_alone_is_refused_by_its_name(run, tmp_path):
    script = NO_ROW + registered("v") + "delete from gpkg_contents where table_name = 'structures';"
    geopackage(tmp_path / "liste.gpkg", script)
    done = run("check", "liste.gpkg")
    assert done.returncode == 3
    assert "« v »" in done.stdout.decode()


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (
            "create table g (a integer, b text generated always as (hex(zeroblob(450000000))) virtual)",
            "« b »",
        ),
        ("create table g (a integer, b text as (hex(zeroblob(450000000))) stored)", "« b »"),
        (
            "create trigger mouchard after update on structures begin delete from structures; end",
            "« mouchard »",
        ),
        (
            'create trigger "rtree_structures_geom_update9" after delete on structures begin select 1; end',
            "_update9 »",
        ),
        (
            'create trigger "trigger_insert_feature_count_x" after insert on structures begin '
            "update gpkg_ogr_contents set feature_count = feature_count + 2 "
            "where lower(table_name) = lower('structures'); end",
            "_count_x »",
        ),
        ("create virtual table f using fts5(a)", "« f »"),
        ("create virtual table rtree_x using rtree(id, a, b, +c)", "« rtree_x »"),
        ("create index i on structures (upper(nom))", "« i »"),
        ("create index i on structures (nom) where length(nom) > 1", "« i »"),
        ("create view gpkg_ogr as select 1", "vue"),
    ],
)
def test_code_in_a_geopackage_is_refused_and_named(run, tmp_path, script, named):
    geopackage(tmp_path / "liste.gpkg", script)
    with zipfile.ZipFile(tmp_path / "liste.zip", "w") as archive:
        archive.write(tmp_path / "liste.gpkg", "liste.gpkg")
    for words in (("check", "liste.gpkg"), ("structures", "allier", "--structures", "liste.zip")):
        done = run(*words)
        told = (done.stdout + done.stderr).decode()
        assert done.returncode == 3, told
        assert "AVS-371" in told
        assert named in told


def test_a_schema_that_says_a_view_to_be_a_table_is_refused(run, tmp_path):
    path = geopackage(tmp_path / "liste.gpkg", "create view v as select 1 as a")
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "pragma writable_schema = on; update sqlite_master set type = 'table' where name = 'v'"
        )
        database.commit()
    done = run("check", "liste.gpkg")
    assert done.returncode == 3
    assert "AVS-371" in done.stdout.decode()


@pytest.mark.parametrize("path", sorted(MADE.glob("*.gz")), ids=lambda path: path.name)
def test_the_files_of_several_versions_of_gdal_are_read(run, tmp_path, path):
    (tmp_path / "liste.gpkg").write_bytes(gzip.decompress(path.read_bytes()))
    done = run("structures", "allier", "--structures", "liste.gpkg", "--csv", "out.csv")
    assert done.returncode == 0, done.stderr.decode()
    assert "Espace B" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_the_list_of_a_geopackage_that_another_program_has_open_is_the_one_it_sees(run, tmp_path):
    path = geopackage(tmp_path / "liste.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma wal_autocheckpoint = 0")
        triggers = [
            name for (name,) in database.execute("select name from sqlite_master where type = 'trigger'")
        ]
        for name in triggers:
            database.execute(f'drop trigger "{name}"')
        database.execute("update structures set nom = 'Centre Z' where nom = 'Centre A'")
        database.commit()
        before = path.read_bytes()
        done = run("structures", "allier", "--structures", "liste.gpkg", "--csv", "out.csv")
        assert path.read_bytes() == before
    assert done.returncode == 0, done.stderr.decode()
    assert "Centre Z" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("never_closed", ["[" * 300_000, "/* " * 100_000, "'' " * 100_000, '"' * 300_001])
def test_what_is_never_closed_in_a_schema_is_passed_over_once(never_closed):
    from avs_coverage.loaders.geopackage_code import tokens

    assert tokens(f"create table l (a) /* {never_closed}") == ("create", "table", "l", "(", "a", ")")
    assert tokens(f"create {never_closed}")[0] == "create"


def test_triggers_of_many_columns_and_keys_are_looked_at_once_each(run, tmp_path):
    columns, keys = ([f"{letter}{rank}" for rank in range(20)] for letter in "ck")
    triggers = "".join(
        f'create trigger "rtree_t_{c}_delete" after delete on t when old."{c}" notnull begin '
        f'delete from "rtree_t_{c}" where id = old."k19"; end;'
        for c in columns
    )
    table = f"create table t ({','.join([*columns, *keys])}, primary key ({','.join(keys)}));"
    geopackage(tmp_path / "liste.gpkg", table + triggers)
    done = run("check", "liste.gpkg")
    assert done.returncode == 3
    assert "« rtree_t_c0_delete »" in done.stdout.decode()


def test_a_schema_out_of_proportion_is_refused(run, tmp_path):
    script = "".join(f"create table t{rank} (a /* {'x' * 900_000} */);" for rank in range(3))
    geopackage(tmp_path / "liste.gpkg", script)
    done = run("check", "liste.gpkg")
    assert done.returncode == 3
    assert "démesurée" in done.stdout.decode()


def test_more_layers_than_anyone_has_are_refused(tmp_path, monkeypatch):
    from avs_coverage.loaders import geo_worker

    monkeypatch.setattr(geo_worker, "_MOST_LAYERS", 0)
    path = geopackage(tmp_path / "liste.gpkg")
    with pytest.raises(MemoryError):
        geo_worker.describe({"source": str(path), "encoding": ""})


# Projections


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe has a name here")
@pytest.mark.parametrize("kind", ["gpkg", "shp", "parquet", "geojson"])
def test_a_projection_that_names_a_file_has_none_read(run, tmp_path, kind):
    import pyarrow.parquet as pq

    os.mkfifo(tmp_path / "tube")
    grids = f"+proj=longlat +ellps=GRS80 +nadgrids={tmp_path / 'tube'} +type=crs"
    for said in (f"+init={tmp_path / 'tube'}:x", grids):
        name = f"liste.{kind}"
        for path in tmp_path.glob("liste.*"):
            path.unlink()
        if kind == "geojson":
            (tmp_path / name).write_bytes(geojson(crs={"type": "name", "properties": {"name": said}}))
        elif kind == "gpkg":
            geopackage(
                tmp_path / name,
                f"update gpkg_spatial_ref_sys set organization = 'NONE', definition = '{said}'",
            )
        elif kind == "shp":
            STRUCTURES.to_file(tmp_path / name)
            (tmp_path / "liste.prj").write_text(said, encoding="utf-8")
        else:
            STRUCTURES.to_parquet(tmp_path / name)
            table = pq.read_table(tmp_path / name)
            geo = json.loads(table.schema.metadata[b"geo"])
            geo["columns"]["geometry"]["crs"] = said
            pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), tmp_path / name)
        done = run("check", name)
        assert done.returncode == 3
        assert "AVS-371" in done.stdout.decode()


@pytest.mark.parametrize("epsg", every_day([4326, 2154, 3857, 27572, 32631, 2975, 5490], 2))
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "parquet", "geojson"])
def test_the_projections_in_use_are_read(run, tmp_path, epsg, suffix):
    name = f"liste.{suffix}"
    frame = STRUCTURES.to_crs(epsg)
    frame.to_parquet(tmp_path / name) if suffix == "parquet" else frame.to_file(tmp_path / name)
    done = run("structures", "allier", "--structures", name, "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert "Espace B" in done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("EPSG:2154", True), ("RGF93 / Lambert-93", True), ("WGS 84  -  x", False), ("a  b", True),
        ("a  " * 40 + "!", False), ("a - " * 5_000 + "!", False),
    ],
)  # fmt: skip
def test_the_name_of_a_projection_is_read_in_one_way(run, tmp_path, name, is_one):
    from avs_coverage.loaders.geo_layers import _CRS_NAME

    assert bool(_CRS_NAME.fullmatch(name)) == is_one


def test_a_geoparquet_that_swells_is_refused_and_its_dictionaries_are_read(run, tmp_path):
    """One text, named by every row, takes the room of one in the file alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    STRUCTURES.to_parquet(tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    packed = table.set_column(0, "nom", table["nom"].dictionary_encode())
    pq.write_table(packed, tmp_path / "liste.parquet")
    assert pa.types.is_dictionary(pq.read_schema(tmp_path / "liste.parquet").field("nom").type)
    done = run("structures", "allier", "--structures", "liste.parquet", "--json")
    assert "Espace B" in done.stdout.decode()
    many = table.take([0] * 20_000).drop_columns("nom")
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 900_000]))
    pq.write_table(many.append_column("nom", texts), tmp_path / "liste.parquet")
    done = run("check", "liste.parquet")
    assert done.returncode == 3
    assert "temps ou de mémoire" in done.stdout.decode()


def test_a_geoparquet_with_a_text_that_is_none_or_a_moment_of_no_calendar_is_refused(run, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    STRUCTURES.to_parquet(tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    text = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"B"], pa.binary()).buffers())
    moment = pa.array([2**61, 0], pa.timestamp("us", tz="Europe/Paris"))
    for values in (text, moment):
        pq.write_table(table.set_column(0, "nom", values), tmp_path / "liste.parquet")
        done = run("check", "liste.parquet")
        # Some versions of Arrow can say a moment of the year 75039: it is then a text like another.
        is_read = values is moment and b"2 structures" in done.stdout
        assert done.returncode == (0 if is_read else 3)
        assert is_read or "AVS-371" in done.stdout.decode()


# What a shapefile has beside it


def test_a_side_file_that_is_a_link_to_elsewhere_is_refused(run, tmp_path):
    (tmp_path / "recu").mkdir()
    STRUCTURES.to_file(tmp_path / "ailleurs.shp")
    for path in tmp_path.glob("ailleurs.*"):
        path.rename(tmp_path / "recu" / f"liste{path.suffix}")
    (tmp_path / "recu" / "liste.dbf").rename(tmp_path / "autre.dbf")
    (tmp_path / "recu" / "liste.dbf").symlink_to(tmp_path / "autre.dbf")
    done = run("check", "recu/liste.shp")
    assert done.returncode == 3
    assert "« liste.dbf »" in done.stdout.decode()


def test_a_shapefile_is_read_whatever_the_case_of_its_files_and_of_its_archive(run, tmp_path):
    STRUCTURES.to_file(tmp_path / "liste.shp")
    with zipfile.ZipFile(tmp_path / "liste.zip", "w") as archive:
        for path in tmp_path.glob("liste.[a-y]*"):
            archive.write(path, f"Dossier/LISTE{path.suffix.upper()}")
    for name in ("liste.shp", "liste.zip"):
        done = run("structures", "allier", "--structures", name, "--csv", f"{name}.csv")
        assert done.returncode == 0, done.stderr.decode()
        assert "Centre A" in (tmp_path / f"{name}.csv").read_text(encoding="utf-8-sig")


# The process


def test_a_reading_that_takes_too_much_ends_and_the_next_one_goes_on(tmp_path):
    with receiving() as intake:
        process = geo_process(intake)
        path = geopackage(tmp_path / "liste.gpkg", NO_ROW + registered("v"))
        process._check_drivers()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("avs_coverage.loaders.geo_process._CPU_S", 0)
            patch.setattr("avs_coverage.loaders.geo_process._WALL_S_PER_CPU_S", 100)
            patch.setattr("avs_coverage.loaders.geo_process._CPU_S_PER_MB", 10)
            with pytest.raises(ReadingFailedError, match="temps ou de mémoire"):
                process.ask("describe", path)
        (tmp_path / "b.geojson").write_bytes(geojson())
        assert process.ask("describe", tmp_path / "b.geojson", "GeoJSON:")[0]["name"] == "b"


def test_a_process_that_dies_before_it_is_asked_is_no_fault_of_the_disk(tmp_path):
    (tmp_path / "b.geojson").write_bytes(geojson())
    with receiving() as intake:
        process = geo_process(intake)
        process._check_drivers()
        process._process.kill()
        process._process.wait()
        with pytest.raises(ReadingFailedError):
            process.ask("describe", tmp_path / "b.geojson", "GeoJSON:")
        assert process.ask("describe", tmp_path / "b.geojson", "GeoJSON:")[0]["name"] == "b"


def test_a_python_that_cannot_be_started_again_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "liste.geojson").write_bytes(geojson())
    for executable in ("", str(tmp_path / "absent"), "/bin/false"):
        monkeypatch.setattr(sys, "executable", executable)
        done = run("check", "liste.geojson")
        assert done.returncode == 3
        assert "AVS-371" in done.stdout.decode()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_reading_leaves_nothing(tmp_path, number):
    """A worker that does not answer is killed at once, with the copies."""
    (tmp_path / "liste.geojson").write_bytes(geojson())
    code = (
        "import signal, sys, time\n"
        "from avs_coverage.loaders import geo_process\n"
        "from avs_coverage.commands import run\n"
        "def hang(self, *_, **__):\n"
        "    print('lu', self._process.pid, flush=True)\n"
        "    self._process.stdout.readline()\n"
        "    self._process.stdout.readline()\n"
        "geo_process.GeoProcess.ask = hang\n"
        "sys.argv = ['avs-coverage', 'check', 'liste.geojson']\n"
        "run()\n"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {**os.environ, **SPEAKS_UTF8, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline().split()[1])
        assert list(temporary.iterdir())
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 130
    assert list(temporary.iterdir()) == []
    for _ in range(100):
        if not Path(f"/proc/{worker}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


# Fingerprints


@pytest.mark.parametrize("name", ["liste.gpkg", "liste.geojson", "liste.shp", "liste.zip", "liste.parquet"])
def test_a_file_too_large_to_be_copied_is_read_where_it_is(run, tmp_path, monkeypatch, name):
    from avs_coverage import intake

    monkeypatch.setattr(intake, "MOST_COPIED_BYTES", 10)
    if name == "liste.parquet":
        STRUCTURES.to_parquet(tmp_path / name)
    elif name == "liste.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("liste.geojson", geojson())
    else:
        STRUCTURES.to_file(tmp_path / name)
    before = {path.name for path in tmp_path.iterdir()}
    done = run("structures", "allier", "--structures", name, "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert "Espace B" in done.stdout.decode()
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform != "linux", reason="other disks have no holes, or write them")
@pytest.mark.parametrize("name", ["liste.gpkg", "liste.geojson", "liste.shp", "liste.zip", "liste.parquet"])
def test_a_file_of_holes_is_refused_before_it_is_read(run, tmp_path, name):
    if name == "liste.parquet":
        STRUCTURES.to_parquet(tmp_path / name)
    elif name == "liste.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("liste.geojson", geojson())
    else:
        STRUCTURES.to_file(tmp_path / name)
    os.truncate(tmp_path / name, 1 << 40)
    for words in (("check", name), ("report", "allier", "--communes", name)):
        done = run(*words)
        assert done.returncode == 3
        assert "AVS-3" in (done.stdout + done.stderr).decode()


def test_a_file_too_large_for_any_use_is_not_read(run, tmp_path, monkeypatch):
    from avs_coverage import intake

    (tmp_path / "liste.geojson").write_bytes(geojson())
    monkeypatch.setattr(intake, "MOST_COPIED_BYTES", 10)
    monkeypatch.setattr(intake, "MOST_READ_BYTES", 20)
    done = run("report", "allier", "--communes", "liste.geojson")
    assert done.returncode == 3
    assert "AVS-365" in done.stderr.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="names there are bytes")
def test_a_name_that_is_no_utf8_is_no_hindrance(run, tmp_path):
    path = tmp_path / os.fsdecode(b"liste-\xe9.geojson")
    path.write_bytes(geojson())
    done = run("structures", "allier", "--structures", path.name, "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert "Espace B" in done.stdout.decode()


def test_a_list_replaced_during_an_export_is_not_attested(run, tmp_path, monkeypatch):
    import hashlib

    from avs_coverage import export

    path = tmp_path / "liste.csv"
    path.write_text("nom;type;code_insee\nCentre A;CS;03185\n", encoding="utf-8")
    old = path.read_bytes()
    made = dict(export.FORMATS)

    def replacing(content: object, folder: Path) -> None:
        path.write_text("nom;type;code_insee\nCentre B;CS;03190\n", encoding="utf-8")
        made["csv"](content, folder)  # type: ignore[arg-type]

    monkeypatch.setattr(export, "FORMATS", {**made, "csv": replacing})
    done = run("export", "allier", "--structures", "liste.csv", "-o", "out", "--format", "csv,xlsx")
    assert done.returncode == 0, done.stderr.decode()
    record = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert record["entrees"][0]["sha256"] == hashlib.sha256(old).hexdigest()
    assert "Centre A" in (tmp_path / "out" / "structures.csv").read_text(encoding="utf-8-sig")
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "out" / "avs-03.xlsx")
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(hashlib.sha256(old).hexdigest() in cell for cell in cells)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    from avs_coverage import intake
    from avs_coverage.errors import InputError

    path = tmp_path / "grand.csv"
    path.write_bytes(b"a" * 100)
    monkeypatch.setattr(intake, "MOST_COPIED_BYTES", 10)

    def read_and_replace() -> None:
        with receiving([path]) as found:
            assert found.place(path) == path
            path.write_bytes(b"b" * 100)

    with pytest.raises(InputError) as caught:
        read_and_replace()
    assert [fault.code for fault in caught.value.faults] == ["AVS-309"]
    with receiving([path]) as found:
        assert found.place(path) == path
        assert found.files[0].size_bytes == 100


def test_copies_go_away_with_their_scope_and_messages_name_the_file_itself(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    with receiving([path]) as intake:
        place = intake.place(path)
        assert (place.read_bytes(), place.name) == (b"x", "a.csv")
        assert place.parent.parent.stat().st_mode & 0o77 == 0 or os.name == "nt"
        path.unlink()
        assert intake.place(path) == place
    assert not place.parent.parent.exists()


def test_polygons_of_a_geoparquet_whose_description_lies_are_refused(run, tmp_path):
    import pyarrow.parquet as pq

    frame = geopandas.GeoDataFrame(
        {"code": ["03185"]}, geometry=[Polygon([(2, 46), (3, 46), (3, 47)])], crs=4326
    )
    frame.to_parquet(tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    for wrong in (
        {**geo, "primary_column": "code"},
        {**geo, "primary_column": "absente"},
        {**geo, "columns": {"geometry": {**geo["columns"]["geometry"], "crs": "http://127.0.0.1:1/x"}}},
        {**geo, "columns": {"geometry": {"encoding": "polygon", "geometry_types": []}}},
        {},
        [],
    ):
        lying = table.replace_schema_metadata({b"geo": json.dumps(wrong).encode()})
        pq.write_table(lying, tmp_path / "b.parquet")
        done = run("report", "allier", "--communes", "b.parquet")
        assert done.returncode == 3, (wrong, done.stderr.decode())
    (tmp_path / "c.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-20])
    assert run("report", "allier", "--communes", "c.parquet").returncode == 3
