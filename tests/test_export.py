"""What an analyst hands over: files that other programs read as they were meant, and their record."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from avs_coverage import Report, find_territory_name
from avs_coverage.dictionary import describe_column
from avs_coverage.export import FORMATS, Export
from avs_coverage.figure import MEASURES, STATUSES
from avs_coverage.messages import joined
from avs_coverage.reports.xlsx_file import _print_header
from avs_coverage.study import Request
from avs_coverage.tables import tables_of

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def views(allier):
    return {view.name: view for view in tables_of(allier)}


@pytest.fixture
def exported(run, tmp_path):
    result = run("export", "allier", "-o", "remis", "--format", "xlsx,csv,json")
    assert result.returncode == 0, result.stderr.decode()
    return tmp_path / "remis"


# --- the tables ---------------------------------------------------------------------------------


def test_the_figures_of_the_summary_are_those_of_the_report(views, allier):
    rows = [r for r in views["synthese"].records if r["statut"] in STATUSES and r["mesure"] in MEASURES]
    assert [{k: r[k] for k in f.to_record()} for r, f in zip(rows, allier.figures, strict=True)] == [
        f.to_record() for f in allier.figures
    ]
    assert len(views["communes"].records) == 317
    assert len(views["communes_non_couvertes"].records) == 302


# --- the workbook -------------------------------------------------------------------------------


def test_the_workbook_read_by_another_program_holds_the_same_values(exported, views):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(exported / "avs-03.xlsx")
    assert book.sheetnames == [*(view.title for view in views.values()), "Dictionnaire", "Paramètres"]
    for view in views.values():
        sheet = book[view.title]
        rows = list(sheet.iter_rows(min_row=2, values_only=True))
        assert len(rows) == len(view.records)
        for row, record in zip(rows, view.records, strict=True):
            for got, name in zip(row, view.columns, strict=True):
                value = record[name]
                if isinstance(got, datetime):
                    assert got.date().isoformat() == value
                elif isinstance(value, (int, float)) and not isinstance(value, bool):
                    assert got == pytest.approx(value)
                else:
                    assert (got or "") == ("" if value is None else joined(value))
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        assert sheet.page_setup.paperSize == 9
        assert sheet.print_title_rows == "$1:$1"


@pytest.mark.full
def test_codes_are_text_and_numbers_are_numbers_in_the_workbook(exported):
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(exported / "avs-03.xlsx")["Communes"]
    labels = [cell.value for cell in sheet[1]]
    first = dict(zip(labels, sheet[2], strict=True))
    assert (first["Code commune"].value, first["Code commune"].data_type) == ("03001", "s")
    assert (first["EPCI"].value, first["EPCI"].data_type) == ("200071363", "s")
    assert (first["Habitants"].value, first["Habitants"].data_type) == (2915, "n")
    share = openpyxl.load_workbook(exported / "avs-03.xlsx")["Synthèse"]["G2"]
    assert (share.value, share.number_format) == (pytest.approx(8 / 317), "0.0%")
    dictionary_sheet = openpyxl.load_workbook(exported / "avs-03.xlsx")["Dictionnaire"]
    rows = list(dictionary_sheet.iter_rows(min_row=2, values_only=True))
    assert all(row[3] and row[5] for row in rows)
    # A height of its own for each row whose text wraps: LibreOffice would write lines over one another.
    for line, row in enumerate(rows, 2):
        needed = max(-(-len(text or "") // width) for text, width in zip(row[3:], (60, 18, 50), strict=True))
        assert (dictionary_sheet.row_dimensions[line].height or 15) >= 15 * needed
    said = {(row[0], row[2]): row[5] for row in rows}
    assert "populations municipales 2023" in said["Communes", "population"]
    assert "populations municipales 2023" not in said["Quartiers prioritaires", "population"]
    assert said["Structures", "nom"] == "liste de structures, ou demande de l'utilisateur"
    assert "COG au 1er janvier 2026" in said["Communes", "nom"]


@pytest.mark.full
def test_no_text_becomes_a_formula_or_a_link(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    (tmp_path / "liste.csv").write_text(
        "nom;type;code_insee;source\n'=1+1;CS;03185;http://exemple.invalid\n", encoding="utf-8"
    )
    assert run("export", "allier", "--structures", "liste.csv", "-o", "x", "--format", "xlsx").returncode == 0
    sheet = openpyxl.load_workbook(tmp_path / "x" / "avs-03.xlsx")["Structures"]
    cells = {cell.value: cell for cell in sheet[2] if cell.value}
    assert cells["=1+1"].data_type == "s" or cells["=1+1"].quotePrefix
    assert cells["http://exemple.invalid"].hyperlink is None


@pytest.mark.full
def test_every_sheet_is_legible_on_a4_and_says_what_it_is_of(exported):
    openpyxl = pytest.importorskip("openpyxl")
    for sheet in openpyxl.load_workbook(exported / "avs-03.xlsx"):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.oddHeader.left.text == (
            "Allier (03) — Structures AVS de l'Allier nommées par des sources publiques — "
            "zone d'intervention déclarée (declared), état au 31/12/2022"
        )
        assert "&A" in sheet.oddFooter.left.text
        # Three lines of 10 points of the page header are above the first row, with a space under them.
        assert sheet.page_margins.top - sheet.page_margins.header >= 3 * 12 / 72 + 0.1
        assert {cell.border.bottom.style for cell in sheet[1]} == {None}  # it would cut the first row
        shown = [one for one in sheet.column_dimensions.values() if not one.hidden]
        width = sum(one.width * (one.max - one.min + 1) for one in shown)
        # A landscape A4 holds 141 characters of Excel's own size: none is printed under 45 % of it.
        assert width / int(sheet.page_setup.fitToWidth or 1) <= 141 / 0.45, sheet.title
        assert int(sheet.page_setup.fitToWidth or 1) == 1 or sheet.print_title_cols == "$A:$A"


def test_the_date_stays_in_the_header_of_a_page_whatever_the_names():
    names = {"Territoire": "Alizé & Cie", "Inventaire": "R&D " * 90, "Règle": "x"}
    found = _print_header({**names, "Date de l'état": "31/12/2022"})
    assert found.startswith("Alizé && Cie — R&&D ")
    assert found.endswith("…, état au 31/12/2022")
    assert len(found) <= 255


@pytest.mark.full
def test_the_workbook_says_the_fingerprint_of_every_file_that_it_rests_on(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    (tmp_path / "s.csv").write_text("nom;type;code_insee\nParc;CS;03185\n", encoding="utf-8")
    for rank, options in enumerate(([], ["--structures", str(tmp_path / "s.csv")])):
        folder = tmp_path / str(rank)
        run("export", "allier", *options, "-o", folder, "--format", "xlsx")
        made = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        sheet = openpyxl.load_workbook(folder / "avs-03.xlsx")["Paramètres"]
        values = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)}
        files = {name: value for name, value in values.items() if value.startswith("sha256 ")}
        expected = {
            f"Donnée de l'outil : {one['fichier']}": f"sha256 {one['sha256']}"
            for one in made["donnees_de_l_outil"]
        }
        if options:
            (own,) = made["entrees"]
            expected["Fichier lu : s.csv"] = f"sha256 {own['sha256']}"
        assert files == expected
        assert len(expected) > 15


def test_long_texts_are_whole_in_the_workbook(exported):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(exported / "avs-03.xlsx")
    for title, label in (("Structures", "Source"), ("Dictionnaire", "Sens"), ("Paramètres", "Valeur")):
        sheet = book[title]
        column = [cell.value for cell in sheet[1]].index(label)
        grouped = sheet.column_dimensions.values()  # neighbours of one width are one entry
        (width,) = [one.width for one in grouped if one.min <= column + 1 <= one.max]
        longest = max(list(sheet.iter_rows(min_row=2)), key=lambda row: len(row[column].value or ""))
        assert longest[column].alignment.wrap_text
        lines = sheet.row_dimensions[longest[column].row].height / 15
        assert 1.5 < len(longest[column].value) / width <= lines * 1.1, title


def soffice(folder: Path, *arguments: str | Path) -> None:
    """Run LibreOffice with a profile of its own."""
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profil", "--headless", *arguments]
    env = {**os.environ, "LC_ALL": "C.UTF-8"}  # names of files with accents, whatever the locale of the tests
    command += ["--outdir", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=180, env=env)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def read_by_libreoffice(tmp_path_factory):
    """Give what LibreOffice makes of an export: its sheets as rows, its CSV as workbooks."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice (soffice) is not installed")
    openpyxl = pytest.importorskip("openpyxl")
    folder = tmp_path_factory.mktemp("libreoffice")
    command = [sys.executable, "-m", "avs_coverage", "export", "allier", "-o", str(folder)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    # Every sheet (-1), its cells as they are shown.
    every = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1036,false,true,false,false,false,-1"
    soffice(folder / "lu", "--convert-to", every, folder / "avs-03.xlsx")
    rows = {}
    for path in (folder / "lu").glob("avs-03-*.csv"):
        text = path.read_text(encoding="utf-8")
        rows[path.stem.removeprefix("avs-03-")] = list(csv.reader(io.StringIO(text), delimiter=";"))
    sheets = {}
    for name in ("communes", "qpv"):
        header = (folder / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(";")
        columns = [
            i for i, one in enumerate(header, 1) if describe_column(one, name).kind in ("code", "liste")
        ]
        as_text = "/".join(f"{i}/2" for i in columns)
        given = (f"--infilter=CSV:59,34,76,1,{as_text},1036", "--convert-to", "xlsx")
        soffice(folder / "lu", *given, folder / f"{name}.csv")
        sheets[name] = openpyxl.load_workbook(folder / "lu" / f"{name}.xlsx").active
    return rows, sheets


@pytest.mark.outside
def test_libreoffice_converts_every_sheet_with_its_codes_accents_and_numbers(read_by_libreoffice, views):
    rows, _ = read_by_libreoffice
    assert set(rows) == {*(view.title for view in views.values()), "Dictionnaire", "Paramètres"}
    for view in views.values():
        assert len(rows[view.title]) == len(view.records) + 1
        for name in view.columns:
            kind = describe_column(name, view.name).kind
            if kind not in ("code", "texte", "liste", "part"):
                continue
            at = view.columns.index(name)
            for row, record in zip(rows[view.title][1:], view.records, strict=True):
                value = record[name]
                if kind == "part":
                    share = "" if value is None else float(row[at].rstrip("%").replace(",", ".")) / 100
                    assert share == ("" if value is None else pytest.approx(value, abs=0.0005)), (view, name)
                    assert value is None or row[at].endswith("%")
                else:
                    assert row[at] == ("" if value is None else joined(value)), (view.name, name)
    assert ["03103", "Le Donjon"] in [row[:2] for row in rows["Communes"]]
    assert ["Date de l'état", "31/12/2022"] in rows["Paramètres"]


@pytest.mark.outside
def test_libreoffice_reads_the_csv_with_the_filter_of_the_documentation(read_by_libreoffice):
    _, sheets = read_by_libreoffice
    communes = {row[0].value: row for row in sheets["communes"].iter_rows(min_row=2)}
    assert len(communes) == 317
    labels = [cell.value for cell in sheets["communes"][1]]
    vichy = dict(zip(labels, communes["03310"], strict=True))
    assert (vichy["departement"].value, vichy["epci"].value) == ("03", "200071363")
    assert vichy["superficie_km2"].data_type == vichy["population"].data_type == "n"
    donjon = dict(zip(labels, communes["03103"], strict=True))
    assert (donjon["nom"].value, donjon["nom_epci"].value) == ("Le Donjon", "CC Entr'Allier Besbre et Loire")
    abrest = dict(zip(labels, communes["03001"], strict=True))
    assert abrest["superficie_km2"].value == pytest.approx(10.322)
    quarters = [row[0] for row in sheets["qpv"].iter_rows(min_row=2, min_col=4, max_col=4, values_only=True)]
    assert "03310" in quarters  # a list of one code
    given = "CSV:59,34,76,1,1/2/3/2/4/2/11/2/17/2,1036"
    assert given in (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def test_names_of_files_are_those_that_windows_takes(allier):
    kinds = ["03", "2a", "974", "200071082", "bretagne", "region:84", "france", "CA Vichy Communauté"]
    reserved = {"con", "prn", "aux", "nul", *(f"{one}{i}" for one in ("com", "lpt") for i in range(10))}
    stems = []
    for name in kinds:
        coverage = replace(
            allier.coverage, territory=replace(allier.coverage.territory, name=find_territory_name(name))
        )
        stems.append(Export(Request(coverage.territory.name, ("declared",), None), Report(coverage)).stem)
    stems += [view.name for view in tables_of(allier)]
    for stem in stems:
        assert re.fullmatch(r"[A-Za-z0-9_-]+", stem), stem
        assert stem.lower() not in reserved


# --- CSV, data package, JSON --------------------------------------------------------------------


def test_the_csv_files_are_those_of_the_commands(exported, run, tmp_path):
    for name in ("communes", "zones", "structures", "qpv"):
        run(name, "allier", "--csv", f"{name}.csv")
        assert (exported / f"{name}.csv").read_bytes() == (tmp_path / f"{name}.csv").read_bytes(), name


def test_the_data_package_describes_every_csv_and_is_valid(exported):
    package = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    assert {one["path"] for one in package["resources"]} == {p.name for p in exported.glob("*.csv")}
    for one in package["resources"]:
        content = (exported / one["path"]).read_bytes()
        assert one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        header = content.decode("utf-8-sig").splitlines()[0].split(";")
        assert [field["name"] for field in one["schema"]["fields"]] == header
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(exported / "datapackage.json"))
    assert report.valid, report.flatten(["fieldName", "type", "message"])[:5]


def test_the_json_is_that_of_the_report(exported, run):
    made = json.loads((exported / "avs-03.json").read_text(encoding="utf-8"))
    assert made == json.loads(run("report", "allier", "--json").stdout)


# --- what is refused, and what stays ------------------------------------------------------------


@pytest.mark.full
def test_nothing_is_replaced_without_force_and_nothing_is_left_behind(exported, run):
    before = {path.name: path.read_bytes() for path in exported.iterdir()}
    refused = run("export", "allier", "-o", "remis", "--format", "csv", "--rule", "implantation")
    assert refused.returncode == 5
    assert b"--force" in refused.stderr
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before
    assert run("export", "allier", "-o", "remis", "--format", "xlsx,csv,json", "--force").returncode == 0
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["allier", "-o", "x", "--format", "xls"], 2, "xlsx"),
        (["allier", "-o", "x", "--format", ","], 2, "xlsx"),
        (["allier"], 2, "AVS-207"),
        (["alier", "-o", "x"], 4, "Allier (03)"),
        (["allier", "-o", "liste.csv"], 5, "ce n'est pas un dossier"),
        (["allier", "--structures", "liste.csv", "-o", "."], 5, "AVS-506"),
    ],
)
def test_what_is_refused(run, tmp_path, arguments, code, said):
    (tmp_path / "liste.csv").write_text("nom;type;code_insee\nA;CS;03185\n", encoding="utf-8")
    result = run("export", *arguments)
    assert result.returncode == code, result.stderr.decode()
    assert said in result.stderr.decode()
    assert result.stdout == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["liste.csv"]


def test_a_folder_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / "fichier").write_text("x", encoding="utf-8")
    result = run("export", "allier", "-o", "fichier/dessous")
    assert result.returncode == 5
    assert "AVS-502" in result.stderr.decode()


# --- manifest and replay ------------------------------------------------------------------------


def test_the_manifest_tells_inputs_parameters_and_outputs(run, tmp_path):
    (tmp_path / "liste.csv").write_text("nom;type;code_insee\nA;CS;03185\n", encoding="utf-8")
    given = ("export", "allier", "--structures", "liste.csv", "--rule", "declared,radius:5km", "-o", "x")
    assert run(*given).returncode == 0
    made = json.loads((tmp_path / "x" / "manifest.json").read_text(encoding="utf-8"))
    assert made["regles"] == ["declared", "radius:5km"]
    (one,) = made["entrees"]
    assert (one["role"], one["fichier"]) == ("structures", "liste.csv")
    assert one["sha256"] == hashlib.sha256((tmp_path / "liste.csv").read_bytes()).hexdigest()
    names = {path.name for path in (tmp_path / "x").iterdir()}
    assert {out["fichier"] for out in made["sorties"]} == names - {"manifest.json"}
    text = json.dumps(made)
    assert str(tmp_path) not in text
    assert {one["fichier"] for one in made["donnees_de_l_outil"]} >= {"communes.parquet", "structures_03.csv"}


@pytest.mark.full
def test_a_replay_is_identical_and_says_what_differs_and_why(run, tmp_path):
    source = tmp_path / "liste.csv"
    source.write_text("nom;type;code_insee\nA;CS;03185\n", encoding="utf-8")
    run("export", "allier", "--structures", "liste.csv", "-o", "x", "--date", "2022")
    same = run("replay", "x/manifest.json", "--in", ".")
    assert same.returncode == 0, same.stderr.decode()
    assert "Identique" in same.stdout.decode()
    source.write_text("nom;type;code_insee\nA;CS;03310\n", encoding="utf-8")
    other = run("replay", "x/manifest.json", "--in", ".")
    assert other.returncode == 6
    said = other.stdout.decode()
    assert "Le fichier produit communes.csv est autre." in said
    assert "Le fichier lu liste.csv est autre." in said
    source.unlink()
    gone = run("replay", "x/manifest.json", "--in", ".")
    assert gone.returncode == 3
    assert "AVS-396" in gone.stderr.decode()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "avs-coverage/manifest"}', "\x00"])
def test_what_is_no_manifest_is_refused(run, tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    result = run("replay", "manifest.json")
    assert result.returncode == 3
    assert "AVS-395" in result.stderr.decode()


@pytest.mark.full
def test_same_inputs_same_bytes_whatever_hash_seed_and_time_zone(tmp_path):
    found = []
    for seed, zone in (("1", "UTC"), ("2", "Pacific/Kiritimati")):
        folder = tmp_path / seed
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": "C",
        }
        command = [sys.executable, "-m", "avs_coverage", "export", "allier", "-o", str(folder), "--format",
                   ",".join(FORMATS)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, env=environment)
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert found[0].keys() == found[1].keys()
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []


@pytest.mark.parametrize("territory", ["lozere", "200071082", "bretagne", "974"])
def test_other_territories_have_all_their_tables(run, tmp_path, territory):
    result = run("export", territory, "-o", "x", "--format", "xlsx,csv,json")
    assert result.returncode == 0, result.stderr.decode()
    assert len(list((tmp_path / "x").glob("*.csv"))) == 9


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names of files are Unicode there")
def test_a_file_whose_name_is_not_utf_8_is_refused_before_anything_is_written(run, tmp_path):
    name = os.fsdecode(b"liste\xff.csv")
    (tmp_path / name).write_text("nom;type;code_insee\nA;CS;03185\n", encoding="utf-8")
    done = run("export", "allier", "--structures", name, "-o", "out")
    assert done.returncode == 3
    assert "AVS-301" in done.stderr.decode()
    assert "son nom n'est pas en UTF-8 : renommez-le" in done.stderr.decode()
    assert not (tmp_path / "out").exists()


def test_an_export_knows_its_own_name(allier):
    request = Request(allier.coverage.territory.name, ("declared",), None)
    assert Export(request, allier).stem == "avs-03"
