"""What a file of unknown origin can do, in each output and to the machine: docs/securite.md."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from html.parser import HTMLParser
from xml.etree import ElementTree

import geopandas
import openpyxl
import pyogrio
import pytest
from shapely import Point

from avs_coverage.export import FORMATS
from avs_coverage.loaders.structures import load_structures
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.reports.csv_file import csv_bytes
from avs_coverage.reports.text import FORMULA_SIGNS
from avs_coverage.territory_names import find_territory_name

ESCAPE = "\x1b]0;titre\x07\x1b[31mrouge\x1b[2J"
REVERSED = ("\u202egnp.exe", "\u202afdp\u202b \u2067exe\u2069.\u2066txt\u202c\u202d")
HOSTILE = (
    "<script>alert(1)</script>",
    "</script></title></style><img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "=HYPERLINK(\"http://127.0.0.1:9/\";\"Cliquez\")",
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    ESCAPE,
    *REVERSED,
    "&lt;b&gt; &amp; ]]> <!-- -->",
    "$\\frac{1}{2}$ %s {0} {x!r}",
    "'; DROP TABLE communes; --",
    "[lien](javascript:alert(4)) `code` **gras**",
)  # fmt: skip
ESCAPES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def listed(tmp_path):
    """A list of structures whose every text is hostile."""
    rows = [
        {"nom": name, "type": "CS" if rank % 2 else "EVS", "code_insee": "03190", "capacite": "10"}
        | dict.fromkeys(("note", "source", "gestionnaire"), name)
        for rank, name in enumerate(HOSTILE)
    ]
    (tmp_path / "liste.json").write_text(json.dumps(rows), encoding="utf-8")
    return "liste.json"


@pytest.fixture
def others(tmp_path, listed):
    """Options that give that list, and files whose every other text is hostile."""
    name = "".join(REVERSED) + ESCAPE.replace(";", "")
    zones = f"structure;commune\n{REVERSED[1]};Vichy\n"
    (tmp_path / "zones.csv").write_text(zones, encoding="utf-8")
    (tmp_path / "qpv.csv").write_text(
        f"code_qpv;nom_qpv;code_insee;population\nQN00301M;{name};03185;100\n", encoding="utf-8"
    )
    (tmp_path / "indicateurs.csv").write_text(
        f"code_insee;pauvres {name};classe\n03185;12;{name}\n03190;10;B\n", encoding="utf-8"
    )
    return ("--structures", listed, "--service-areas", "zones.csv", "--qpv", "qpv.csv",
            "--indicators", "indicateurs.csv")  # fmt: skip


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.scripts = [], [], 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        self.scripts += tag == "script"


def check_html(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.scripts == 2  # the data, and the tool's own
    assert page.tags.count("link") == 1  # an empty icon, so that none is asked for
    assert not {"img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]


def check_xlsx(path):
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None
    with zipfile.ZipFile(path) as archive:
        assert not [
            name for name in archive.namelist() if "vba" in name.lower() or "external" in name.lower()
        ]


def check_csv(path):
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        for cell in line.split(";"):
            assert cell.strip('"')[:1] not in FORMULA_SIGNS or re.fullmatch(r"[+-]?[\d,]+", cell), cell


def check_json(path):
    json.loads(path.read_text(encoding="utf-8"))


def check_markdown(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(?!!--)", text.replace("> **Attention", ""))
    assert not re.search(r"(?<!\\)\]\(", text)


def check_gpkg(path):
    for name, _ in pyogrio.list_layers(path):
        pyogrio.read_dataframe(path, layer=name)
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from communes").fetchone() == (317,)
        styles = database.execute("select styleQML from layer_styles").fetchall()
    for (style,) in styles:
        ElementTree.fromstring(style)


def check_svg(path):
    tree = ElementTree.fromstring(path.read_bytes())
    tags = {one.tag.rpartition("}")[2] for one in tree.iter()}
    assert not {"script", "foreignObject", "image", "a", "iframe"} & tags
    assert not [name for one in tree.iter() for name in one.attrib if name.lower().startswith("on")]


def check_pdf(path):
    from pypdf import PdfReader

    for page in PdfReader(path).pages:
        assert "/AA" not in page
        for note in page.get("/Annots", ()):  # links are within the document
            assert note.get_object().get("/A", {}).get("/S") in (None, "/GoTo")
    root = PdfReader(path).trailer["/Root"]
    assert not {"/AA", "/JavaScript"} & set(root)
    assert root.get("/OpenAction", {}) == {} or "/JS" not in str(root["/OpenAction"])


def check_docx(path):
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if re.search("vba|embed|external", name, re.I)]
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                body = archive.read(name).decode()
                ElementTree.fromstring(body)
                assert 'TargetMode="External"' not in body
                fields = re.findall(r"<w:instrText[^>]*>([^<]*)<", body)
                assert {field.split()[0] for field in fields} <= {"PAGE", "NUMPAGES"}


def check_layer(path):
    pyogrio.read_dataframe(path)


def texts_of(path):
    """Yield the texts that a file holds, as whoever opens it gets them."""
    if path.suffix in (".html", ".md", ".csv", ".json", ".geojson", ".svg"):
        yield path.read_text(encoding="utf-8-sig").replace("\n", "")
    elif path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path):
            yield from (str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    elif path.suffix in (".gpkg", ".parquet"):
        read = pyogrio.list_layers(path)[:, 0] if path.suffix == ".gpkg" else [None]
        for layer in read:
            made = pyogrio.read_dataframe(path, layer=layer) if layer else geopandas.read_parquet(path)
            yield from map(str, made.columns)
            texts = made.drop(columns="geometry", errors="ignore").select_dtypes(exclude="number")
            yield from (str(cell) for column in texts for cell in texts[column])
    elif path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(n).decode() for n in archive.namelist() if n.endswith(".xml"))
    elif path.suffix == ".pdf":
        from pypdf import PdfReader

        yield from (page.extract_text().replace("\n", "") for page in PdfReader(path).pages)


CHECKS = {
    ".html": check_html, ".xlsx": check_xlsx, ".csv": check_csv, ".json": check_json, ".md": check_markdown,
    ".gpkg": check_gpkg, ".geojson": check_layer, ".parquet": lambda path: None, ".svg": check_svg,
    ".pdf": check_pdf, ".docx": check_docx, ".png": lambda path: None,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_no_export_lets_a_hostile_name_act(run, tmp_path, others, name):
    done = run("export", "allier", *others, "-o", "out", "--format", name)
    assert done.returncode == 0, done.stderr.decode()
    found = list((tmp_path / "out").iterdir())
    assert len(found) >= 2
    for path in found:
        CHECKS[path.suffix](path)
        for text in texts_of(path):
            assert not ESCAPES.search(text), (path.name, text)


COMMANDS = [
    (name, "allier")
    for name in (
        "report", "structures", "contributions", "access", "zones", "qpv", "communes", "history", "audit",
        "supply", "groups",
    )
] + [("explain", "allier", "moulins")]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_screen_and_no_message_lets_a_hostile_name_act(run, others, command):
    done = run(*command, *others)
    assert done.returncode == 0, done.stderr.decode()
    for stream in (done.stdout, done.stderr):
        assert not ESCAPES.search(stream.decode().replace("\n", ""))
    made = run(*command, *others, "--json")
    assert not ESCAPES.search(made.stdout.decode().replace("\n", ""))


def test_the_texts_of_a_csv_come_back_without_the_apostrophe(run, tmp_path, listed):
    assert run("export", "allier", "--structures", listed, "-o", "out", "--format", "csv").returncode == 0
    allier = find_territory_name("allier")
    before, after = (load_structures(tmp_path / name, allier) for name in (listed, "out/structures.csv"))
    assert sorted(one.name for one in before.structures) == sorted(one.name for one in after.structures)


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_no_cell_and_no_header_is_a_formula_and_numbers_stay_numbers(tmp_path, sign):
    header, path = f"{sign}1+1", tmp_path / "a.csv"
    path.write_bytes(csv_bytes((header,), [{header: f"{sign}cmd"}, {header: -2}, {header: -2.5}], "standard"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [[f"'{header}"], [f"'{sign}cmd"], ["-2"], ["-2.5"]]
    if sign.strip():  # a blank at an edge is no part of a text
        read = read_frame(path, lambda found: found)
        assert {**read.to_dict("list")} == {header: [f"{sign}cmd", "-2", "-2.5"]}


def test_an_indicator_named_as_a_formula_is_an_inert_header(run, tmp_path):
    (tmp_path / "i.csv").write_text("code_insee;=1+1\n03185;12\n03190;10\n", encoding="utf-8")
    done = run("export", "allier", "--indicators", "i.csv", "-o", "out", "--format", "csv")
    assert done.returncode == 0, done.stderr.decode()
    header = (tmp_path / "out" / "communes.csv").read_text(encoding="utf-8-sig").split("\n")[0].split(";")
    assert "'=1+1" in header
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    (communes,) = [one for one in package["resources"] if one["name"] == "communes"]
    assert [field["name"] for field in communes["schema"]["fields"]] == [name.strip() for name in header]


def test_the_name_of_a_group_does_not_act(run, others):
    for more in ((), ("--json",)):
        done = run("groups", "allier", *others, "--by", "indicateurs.csv=classe", *more)
        assert done.returncode == 0, done.stderr.decode()
        assert not ESCAPES.search(done.stdout.decode().replace("\n", ""))


def test_what_is_said_of_a_hostile_text_does_not_act(run, tmp_path):
    name = "".join(REVERSED) + ESCAPE.replace(";", "")
    (tmp_path / "qpv.csv").write_text(f"code_qpv;population\n{name};{name}\n", encoding="utf-8")
    (tmp_path / "population.csv").write_text(f"code_insee;PMUN\n{name};{name}\n", encoding="utf-8")
    (tmp_path / "liste.csv").write_text(f"nom;type;commune;{name}\nA;CS;{name};1\n", encoding="utf-8")
    for file in ("qpv.csv", "population.csv", "liste.csv"):
        told = run("check", file, "--territory", "allier", "--json").stdout.decode()
        assert json.loads(told)["accepte"] is False
        assert not ESCAPES.search(told.replace("\n", ""))


def test_a_hostile_word_of_the_command_line_is_shown_without_acting(run):
    for words in (("report", ESCAPE), ("error", ESCAPE), ("check", ESCAPE), (ESCAPE,)):
        done = run(*words)
        assert done.returncode in (2, 3, 4)
        assert not ESCAPES.search((done.stdout + done.stderr).decode().replace("\n", ""))


# What is read.


ENTITIES = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY a "{}">]>'


def with_entities(content: bytes, member: str, old: str) -> bytes:
    """Return a workbook whose text is an entity: that of a file of the machine, and one that grows."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            body = source.read(info)
            if info.filename == member:
                text = body.decode().replace(old, "&file;&a;")
                start = text.index("?>") + 2 if text.startswith("<?xml") else 0
                text = text[:start] + ENTITIES.format("lol" * 100) + text[start:]
                body = text.encode()
            target.writestr(info, body)
    return made.getvalue()


def check_unexpanded(done):
    told = (done.stdout + done.stderr).decode()
    assert done.returncode in (0, 3)
    assert "root:" not in told
    assert "lollol" not in told


def workbook() -> bytes:
    made, book = io.BytesIO(), openpyxl.Workbook()
    for row in (("nom", "type", "code_insee"), ("Centre ENTITE", "CS", "03190")):
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def test_the_entities_of_a_workbook_are_never_expanded(run, tmp_path):
    content = with_entities(workbook(), "xl/sharedStrings.xml", "Centre ENTITE")
    (tmp_path / "liste.xlsx").write_bytes(content)
    done = run("structures", "allier", "--structures", "liste.xlsx")
    check_unexpanded(done)


def test_the_entities_of_an_ods_are_never_expanded(run, tmp_path):
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book, sheet = OpenDocumentSpreadsheet(), Table(name="liste")
    for values in (("nom", "type", "code_insee"), ("Centre ENTITE", "CS", "03190")):
        row = TableRow()
        for value in values:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=value))
            row.addElement(cell)
        sheet.addElement(row)
    book.spreadsheet.addElement(sheet)
    made = io.BytesIO()
    book.write(made)
    (tmp_path / "liste.ods").write_bytes(with_entities(made.getvalue(), "content.xml", "Centre ENTITE"))
    done = run("structures", "allier", "--structures", "liste.ods")
    check_unexpanded(done)


def test_a_geopackage_with_a_view_is_read_and_left_as_it_was_and_one_with_a_trigger_is_refused(run, tmp_path):
    assert run("export", "allier", "-o", "out", "--format", "gpkg").returncode == 0
    path = tmp_path / "out" / "avs-03.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            """
            create table journal (ligne text);
            create view espion as select * from communes where (select count(*) from journal) = 0;
            """
        )
    before = path.read_bytes()
    done = run("report", "allier", "--communes", "out/avs-03.gpkg")
    assert done.returncode == 0, done.stderr.decode()
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as database:
        script = (
            "create trigger mouchard after update on communes begin insert into journal values ('x'); end;"
        )
        database.executescript(script)
    before = path.read_bytes()
    done = run("report", "allier", "--communes", "out/avs-03.gpkg")
    assert done.returncode == 3
    assert "« mouchard »" in done.stderr.decode()
    assert path.read_bytes() == before
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["avs-03.gpkg", "manifest.json"]


ENDLESS = "with recursive r(n) as (select 1 union all select n + 1 from r) select"


@pytest.mark.parametrize("packed", [False, True], ids=["gpkg", "zip"])
@pytest.mark.parametrize("layer", ["a view alone", "beside a table", "a table of the format"])
def test_a_view_without_end_is_never_read(process, tmp_path, layer, packed):
    rows = {"nom": ["A"], "type": ["CS"], "code_insee": ["03185"]}
    path = tmp_path / "liste.gpkg"
    geopandas.GeoDataFrame(rows, geometry=[Point(2.6, 46.34)], crs=4326).to_file(path, layer="s")
    with closing(sqlite3.connect(path)) as database:
        columns = "n as fid, 'A' || n as nom, 'CS' as type, '03185' as code_insee, cast(null as blob) as geom"
        script = f"create view v as {ENDLESS} {columns} from r;"
        for table, column in (("gpkg_contents", "identifier"), ("gpkg_geometry_columns", "")):
            (kept,) = database.execute(
                f"select group_concat(name) from pragma_table_info('{table}')"
            ).fetchone()
            said = kept.replace("table_name", "'v'")
            said = said.replace(column, "'v'") if column else said
            script += f"insert into {table} ({kept}) select {said} from {table};"
        if layer == "a table of the format":
            script = f"drop table gpkg_ogr_contents; create view gpkg_ogr_contents as {ENDLESS} n from r;"
        triggers = database.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        drop = "".join(f'drop trigger "{name}";' for (name,) in triggers)
        if layer == "a view alone":
            script += "delete from gpkg_contents where table_name = 's'; drop table s;"
            script = script.replace(
                "delete", "delete from gpkg_geometry_columns where table_name = 's'; delete"
            )
        database.executescript(drop + script)
        database.commit()
    if packed:
        with zipfile.ZipFile(tmp_path / "liste.zip", "w") as archive:
            archive.write(path, "liste.gpkg")
        path = tmp_path / "liste.zip"
    for words in (("check", path.name), ("structures", "allier", "--structures", path.name)):
        done = process(*words)  # the fixture gives it two minutes
        told = (done.stdout + done.stderr).decode()
        code = 0 if layer == "beside a table" else 3
        assert (done.returncode, "AVS-371" in told) == (code, code == 3), told


@pytest.mark.parametrize(
    "name", ["../dehors.csv", "/etc/passwd", "sous/../../dehors.csv", "lien.csv", "C:\\Windows\\x.csv"]
)
def test_a_study_reads_nothing_outside_its_folder(run, tmp_path, name):
    folder = tmp_path / "etude"
    folder.mkdir()
    (tmp_path / "dehors.csv").write_text("nom;type;code_insee\nSECRET;CS;03190\n", encoding="utf-8")
    (folder / "lien.csv").symlink_to(tmp_path / "dehors.csv")
    (folder / "avs.toml").write_text(f"territoire = 'allier'\nstructures = '{name}'\n", encoding="utf-8")
    for command in ("report", "check", "structures"):
        done = run(command, "./etude")
        assert done.returncode == 3, command
        assert b"SECRET" not in done.stdout + done.stderr


def test_a_table_with_a_secret_in_its_first_line_is_refused_without_repeating_the_file(run, tmp_path):
    (tmp_path / "s.csv").write_text("root:x:0:0\nmotdepasse:azerty\n", encoding="utf-8")
    done = run("report", "allier", "--structures", "s.csv")
    assert done.returncode == 3
    assert b"azerty" not in done.stdout + done.stderr
