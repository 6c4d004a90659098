"""The report as one prints it: a PDF and a Word file that say what the report says, and nothing else."""

from __future__ import annotations

import csv
import html
import io
import os
import re
import resource
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.messages import CAVEAT
from avs_coverage.reports import handout as handout_module
from avs_coverage.reports.column_widths import widths_of
from avs_coverage.reports.document import FigureCell, Paragraph, Table, table
from avs_coverage.reports.docx_file import docx_bytes
from avs_coverage.reports.handout import Cards, Part, Picture, handout
from avs_coverage.reports.pdf_file import pdf_bytes
from avs_coverage.reports.text import typeset
from avs_coverage.study import Files
from tests import handout_stand_ins

docx = pytest.importorskip("docx")
pypdf = pytest.importorskip("pypdf")

ROOT = Path(__file__).parent.parent
HOSTILE = {
    "markup": "<b>gras</b> & <script>alert(1)</script> &lt;i&gt; <para>",
    "control": "MJC\x1b[31m rouge\x07",
    "emoji": "Le Café 🎉 \u4e2d\u5fc3",
    "long": "Très long nom de structure " * 185,
    "unbroken": "x" * 5000,
}
PLACES = ["03185", "03310", "03190", "03101", "03264"]


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch):
    handout_stand_ins.install(monkeypatch)


@pytest.fixture(scope="module")
def made(allier):
    with pytest.MonkeyPatch.context() as patch:
        handout_stand_ins.install(patch)
        return files_of(allier)


@pytest.fixture(scope="module")
def lozere():
    return build_report(find_territory_name("lozere"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "structures.csv"
    everywhere = ",".join(build_report(find_territory_name("allier")).coverage.territory.communes.index)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["id", "nom", "type", "code_insee", "communes_desservies", "source"])
        for rank, ((key, name), place) in enumerate(zip(HOSTILE.items(), PLACES, strict=True)):
            served = everywhere if key == "emoji" else place
            writer.writerow([f"S{rank}", name, "CS" if rank else "EVS", place, served, f"d'après {name}"])
    return build_report(find_territory_name("allier"), on=date(2022, 12, 31), files=Files(structures=path))


def files_of(report):
    passages = handout_stand_ins.statement(report)
    return pdf_bytes(report, passages), docx_bytes(report, passages), handout(report, passages)


def read(content):
    return pypdf.PdfReader(io.BytesIO(content))


def flat(text):
    """Return *text* without spaces nor ends of lines, which depend on the layout."""
    return re.sub(r"[\s\u00a0\u202f]+", "", unicodedata.normalize("NFC", text))


def pdf_text(content, tmp_path, order="-raw"):
    """Return the text in the order in which it is written; ``-layout``: line by line of the page."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(content)
    done = subprocess.run(["pdftotext", order, str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def outline(entries, level=0):
    for entry in entries:
        if isinstance(entry, list):
            yield from outline(entry, level + 1)
        else:
            yield level, entry


# --- what it holds ------------------------------------------------------------------------------


def test_the_handout_holds_the_report_in_the_order_in_which_it_is_read(made):
    titles = [part.title for part in made[2].parts]
    assert titles == [
        "À savoir avant de citer un chiffre", "État des lieux", "Chiffres clés",
        "Inventaire : ce qui est connu", "Carte", "Couverture du territoire", "Par EPCI",
        "Zones blanches et couverture à préciser", "Populations de zone déclarées",
        "Quartiers prioritaires (QPV)", "Évolution et agréments", "Chiffres publiés", "Annexe : communes",
        "Annexe : structures et sources", "Méthode, sources et précautions",
    ]  # fmt: skip
    assert made[2].parts[-1].blocks[-1] == Paragraph(CAVEAT, warning=True)
    assert made[2].parts[0].blocks


def test_every_commune_is_in_the_annex_under_its_epci(made, allier):
    (annex,) = [part for part in made[2].parts if part.title == "Annexe : communes"]
    tables = [block for block in annex.blocks if isinstance(block, Table)]
    communes = allier.coverage.communes
    assert len(tables) == communes["nom_epci"].nunique() == 12
    for one in tables:
        epci, count = one.caption.split(" : ")
        codes = [row[1] for row in one.rows]
        assert set(codes) == set(communes.index[communes["nom_epci"] == epci])
        assert count == f"{len(codes)} communes"


def test_without_an_inventory_no_share_is_printed_and_it_is_said_first(lozere, tmp_path):
    pdf, word, made = files_of(lozere)
    titles = [part.title for part in made.parts]
    assert titles.index("Inventaire des structures") < titles.index("Carte")
    assert not [block for part in made.parts for block in part.blocks if isinstance(block, Cards)]
    text = pdf_text(pdf, tmp_path)
    assert "Couverture inconnue." in text
    assert not re.search(r"\d\s?%", text)
    assert "Couverture inconnue. Aucun inventaire" in "\n".join(p.text for p in document(word).paragraphs)


def test_every_rule_is_on_the_cover_and_the_key_figures_say_which_they_are_of(tmp_path):
    report = build_report(find_territory_name("allier"), rule=("implantation", "declared"))
    pdf, docx, made = files_of(report)
    implantation, declared = (one.rule.label for one in (report.coverage, *report.others))
    written = f"{implantation}, celle des chiffres clés, des tableaux et de la carte ; {declared}"
    assert dict(made.facts)["Règles"] == written
    (figures,) = [part for part in made.parts if part.title == "Chiffres clés"]
    said = [block.text for block in figures.blocks if isinstance(block, Paragraph)]
    assert said[0] == f"Règle de ces chiffres : {implantation}."
    assert (
        said[1]
        == f"Les chiffres des autres règles demandées ({declared}) : « Règles côte à côte », plus loin."
    )
    word = zipfile.ZipFile(io.BytesIO(docx)).read("word/document.xml").decode("utf-8")
    in_word = html.unescape(re.sub("<[^>]+>", "", word))
    for text in (pdf_text(pdf, tmp_path), in_word):
        assert flat(written) in flat(text)
        assert all(flat(one) in flat(text) for one in said[:2])


@pytest.mark.full
def test_of_a_region_the_key_figures_say_which_departements_they_are_of():
    _, _, made = files_of(build_report(find_territory_name("03"), rule="implantation"))
    assert not any("inventorié" in text for text in _key_texts(made))
    made = handout(build_report(find_territory_name("region:84")), [])
    wanted = "Parts calculées sur les seules communes inventoriées (département inventorié : 03)."
    assert wanted in _key_texts(made)


def _key_texts(made):
    (figures,) = [part for part in made.parts if part.title == "Chiffres clés"]
    return [block.text for block in figures.blocks if isinstance(block, Paragraph)]


def test_structures_to_be_confirmed_are_said_apart_where_they_are_counted(made):
    assert dict(made[2].facts)["Structures connues"] == "10 CS sur 20 publiés et 8 EVS sur 12 publiés"
    report = build_report(find_territory_name("allier"), include_unconfirmed=True)
    more = sum(one.status == "a_confirmer" for one in report.coverage.inventory.structures)
    known = f"10 CS sur 20 publiés, 8 EVS sur 12 publiés et {more} structures à confirmer, comptées"
    assert dict(handout(report, []).facts)["Structures connues"] == known


def test_what_is_too_long_for_paper_is_named_with_where_it_is(allier, monkeypatch):
    monkeypatch.setattr(handout_module, "MAX_ROWS", 11)
    parts = {part.title: part.blocks for part in handout(allier, ()).parts}
    (said,) = parts["Annexe : communes"]
    assert said.text.startswith("317 communes : trop pour être imprimé.")
    assert "feuille « Communes » du classeur : avs-coverage export 03 -o DOSSIER --format xlsx" in said.text
    assert "22 structures : trop" in parts["Annexe : structures et sources"][0].text
    named = [block.text for block in parts["Par EPCI"] if isinstance(block, Paragraph) and block.warning]
    assert [text for text in named if "« Habitants : part (nombre) [fourchette] », 12 lignes : trop" in text]
    assert not [block for block in parts["Par EPCI"] if isinstance(block, Table)]


def test_why_there_is_no_map_is_said(allier, monkeypatch):
    from avs_coverage.errors import OutputError
    from avs_coverage.faults import Fault

    def refuse(code, reason):
        def _map_bytes(report, kind):
            raise OutputError(Fault(code, {"value": "le format pdf", "package": "x", "reason": reason}))

        monkeypatch.setattr(sys.modules["avs_coverage.reports.map_picture"], "map_bytes", _map_bytes)

    refuse("AVS-508", "9 999 communes, c'est trop pour une carte lisible")
    (carte,) = [part for part in handout(allier, ()).parts if part.title == "Carte"]
    assert carte.blocks == (Paragraph("Pas de carte : 9 999 communes, c'est trop pour une carte lisible."),)
    refuse("AVS-507", "")
    with pytest.raises(OutputError):
        handout(allier, ())


# --- the PDF ------------------------------------------------------------------------------------


def test_the_pdf_holds_every_text_of_the_handout(made, tmp_path):
    pages = flat(pdf_text(made[0], tmp_path))
    for part in made[2].parts:
        assert flat(part.title) in pages
        for block in part.blocks:
            if isinstance(block, Table):
                assert flat(block.caption) in pages
                cells = {cell for row in block.rows for cell in row if isinstance(cell, str)}
                short = [cell for cell in cells if " " not in cell]
                assert [cell for cell in short if flat(cell) not in pages] == []


def test_the_figures_of_the_pdf_are_those_of_the_report(made, allier, tmp_path):
    pages = flat(pdf_text(made[0], tmp_path))
    for figure in allier.figures:
        share, made_of, _ = FigureCell(figure).lines()
        assert flat(share) in pages
        if figure.measure != "habitants":  # in a card, these go over two lines
            assert flat(made_of) in pages
    for row in allier.epci:
        share, count, bracket = FigureCell(row.figure("habitants", "avs"), with_total=False).lines()
        assert flat(f"{share} {count}") in pages
        assert flat(bracket) in pages
    assert "333\u202f298 habitants" in read(made[0]).pages[0].extract_text()


def test_each_page_is_a4_and_says_which_it_is_and_of_what(made, tmp_path):
    reader, total = read(made[0]), len(read(made[0]).pages)
    assert total > 5
    texts = pdf_text(made[0], tmp_path, "-layout").split("\f")
    for rank, page in enumerate(reader.pages, 1):
        assert sorted(map(float, page.mediabox[2:])) == pytest.approx([595.27, 841.89], abs=0.1)
        foot = texts[rank - 1].strip().splitlines()[-1]
        assert re.search(
            rf"Allier \(03\) — état au 31/12/2022 — avs-coverage \S+ +page {rank} / {total}$", foot
        )


def test_the_outline_leads_to_the_page_of_each_part(made, tmp_path):
    reader = read(made[0])
    texts = pdf_text(made[0], tmp_path).split("\f")
    entries = list(outline(reader.outline))
    assert [entry.title for level, entry in entries if not level] == [
        typeset(part.title) for part in made[2].parts
    ]
    assert [entry.title for level, entry in entries if level] == ["Le territoire", "La couverture"]
    for _, entry in entries:
        assert flat(entry.title) in flat(texts[reader.get_destination_page_number(entry)])


def test_the_pdf_names_itself_and_its_language_and_embeds_its_fonts(made):
    reader = read(made[0])
    assert reader.metadata.title == "Couverture par l'animation de la vie sociale — Allier (03)"
    assert reader.metadata.author == "avs-coverage"
    assert "31/12/2022" in reader.metadata.subject
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"
    fonts = {
        font.get_object()["/BaseFont"]: font.get_object().get("/FontDescriptor")
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all("DejaVu" in name for name in fonts)
    assert all(one is not None and "/FontFile2" in one.get_object() for one in fonts.values())


def test_a_map_is_alone_on_a_page_of_its_own_orientation(allier, monkeypatch):
    flat_map = handout_stand_ins.picture(allier, (11.69, 8.27))
    monkeypatch.setattr(
        sys.modules["avs_coverage.reports.map_picture"], "map_bytes", lambda report, kind: flat_map
    )
    pdf, word, _ = files_of(allier)
    wide = [page for page in read(pdf).pages if page.mediabox[2] > page.mediabox[3]]
    assert len(wide) == 1
    assert "Carte" in wide[0].extract_text()
    sections = document(word).sections
    assert [one.page_width > one.page_height for one in sections] == [False, True, False]


def test_the_header_of_a_table_is_on_each_of_its_pages(made, tmp_path):
    for page in pdf_text(made[0], tmp_path, "-layout").split("\f"):
        lines = page.strip().splitlines()
        rows = [rank for rank, line in enumerate(lines) if re.search(r" 03\d{3} ", line)]
        if rows and "Annexe" not in page:
            heads = [rank for rank, line in enumerate(lines) if re.match(r" *Commune +Code", line)]
            assert heads
            assert heads[0] < rows[0]


# --- the Word file ------------------------------------------------------------------------------


def document(content):
    return docx.Document(io.BytesIO(content))


def test_word_reads_back_the_tables_row_for_row(made):
    tables = [t for part in made[2].parts for t in part.blocks if isinstance(t, Table)]
    read_back = [one for one in document(made[1]).tables if one._tbl.findall(f".//{W}tblHeader")]
    cards, *found = read_back
    assert len(cards.rows) == 3
    assert len(found) == len(tables)
    for one, wanted in zip(found, tables, strict=True):
        assert len(one._tbl.tr_lst) == len(wanted.rows) + 1
        header = [cell.text for cell in one.rows[0].cells]
        assert header == [column.header for column in wanted.columns]
        assert one._tbl.tr_lst[0].find(f".//{W}tblHeader") is not None
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in one._tbl.tr_lst)
        last = [flat(cell.text) for cell in one.rows[-1].cells]
        texts = [cell if isinstance(cell, str) else cell.line() for cell in wanted.rows[-1]]
        assert last == [flat(text) for text in texts]


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def test_word_has_its_own_styles_french_and_fields(made):
    word = document(made[1])
    used = {paragraph.style.name for paragraph in word.paragraphs}
    assert {"Title", "Subtitle", "Heading 1", "Heading 2", "Caption", "Attention"} <= used
    cells = {p.style.name for one in word.tables[:3] for c in one._cells for p in c.paragraphs}
    assert cells == {"Tableau", "Tableau en-tête", "Chiffre clé"}
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings == [typeset(part.title) for part in made[2].parts]
    assert 'w:lang w:val="fr-FR"' in zipfile.ZipFile(io.BytesIO(made[1])).read("word/styles.xml").decode()
    footer = word.sections[0].footer._element.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer
    assert [(round(s.page_width.cm, 1), round(s.page_height.cm, 1)) for s in word.sections] == [
        (21, 29.7)
    ] * 3
    (shape,) = word.inline_shapes
    assert "Carte des communes, Allier (03)" in shape._inline.docPr.get("descr")
    assert word.core_properties.created.date() == date(2022, 12, 31)
    assert word.core_properties.title == "Couverture par l'animation de la vie sociale — Allier (03)"


@pytest.mark.outside
def test_libreoffice_opens_the_word_file_and_prints_it_whole(made, tmp_path):
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "avs.docx").write_bytes(made[1])
    done = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profil", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path / "lu"), str(tmp_path / "avs.docx")],
        capture_output=True, check=False, timeout=180,
    )  # fmt: skip
    assert (tmp_path / "lu" / "avs.pdf").exists(), done.stderr.decode()
    text = pdf_text((tmp_path / "lu" / "avs.pdf").read_bytes(), tmp_path)
    total = len(text.split("\f")) - 1
    assert [rank for rank in range(1, total + 1) if f"page {rank} / {total}" not in text] == []
    assert all(flat(part.title) in flat(text) for part in made[2].parts)


# --- what a user wrote --------------------------------------------------------------------------


def test_names_are_shown_as_text_in_both_files(hostile, tmp_path):
    pdf, word, _ = files_of(hostile)
    pages = flat(pdf_text(pdf, tmp_path))
    assert flat("<script>") in pages
    assert "&lt;i&gt;" in pages
    assert "MJC[31mrouge" in pages
    assert flat("Le Café \ufffd \ufffd\ufffd") in pages
    assert flat("« \ufffd » : caractère que les polices de ce fichier n'ont pas.") in pages
    reader = read(pdf)
    assert not [page for page in reader.pages if "/Annots" in page or "/AA" in page]
    names = [row.cells[1].text for row in structures_of(document(word)).rows[1:]]
    assert names[0] == HOSTILE["markup"]
    assert names[1] == "MJC[31m rouge"
    assert names[2] == HOSTILE["emoji"]
    assert names[3].strip() == HOSTILE["long"].strip()
    assert names[4] == HOSTILE["unbroken"]


def structures_of(word):
    (found,) = [t for t in word.tables if t.rows[0].cells[0].text == "Id"]
    return found


def test_nothing_is_over_a_margin_whatever_the_names(hostile, made, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    for content in (files_of(hostile)[0], made[0]):
        (tmp_path / "x.pdf").write_bytes(content)
        done = subprocess.run(
            ["pdftotext", "-bbox", str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True
        )
        words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"',
                           done.stdout.decode())  # fmt: skip
        assert len(words) > 1000
        assert min(float(one[0]) for one in words) >= 25
        assert max(float(one[2]) for one in words) <= 595.3 - 56
        assert max(float(one[3]) for one in words) <= 841.9 - 30


def test_a_cell_longer_than_a_page_goes_on_over_the_next_ones(allier, monkeypatch):
    names = " ; ".join(f"Commune numéro {rank}" for rank in range(900))
    rows = [["avant", "1", names], ["après", "2", "x"]]
    part = Part("Tout", (table("Longue", ["Nom", "#N", "Communes"], rows), Paragraph(names, warning=True)))
    base = handout(allier, ())._replace(parts=(part,))
    for module in ("pdf_file", "docx_file"):
        monkeypatch.setattr(f"avs_coverage.reports.{module}.handout", lambda report, passages: base)
    reader = read(pdf_bytes(allier, ()))
    text = flat("".join(page.extract_text() for page in reader.pages))
    assert len(reader.pages) > 3
    assert [rank for rank in range(900) if text.count(f"numéro{rank};") < 1 and rank < 899] == []
    found = document(docx_bytes(allier, ())).tables[-1]
    cut = [row.find(f"{W}trPr/{W}cantSplit") is None for row in found._tbl.tr_lst]
    assert cut == [False, True, False]


def test_no_line_begins_with_a_punctuation_mark(made, tmp_path):
    lines = pdf_text(made[0], tmp_path).splitlines()
    assert len(lines) > 1000
    assert [line for line in lines if re.match(r"[;:!?»%]", line)] == []


def test_columns_keep_their_words_and_their_sum():
    many = table("", ["Nom", "#N", "Texte"], [["Saint-Germain", "12", "mot " * 90], ["y" * 4000, "3", "z"]])
    (widths,) = widths_of([many], 480, lambda text: 4.0 * len(text), lambda text: 4.5 * len(text), 6).values()
    assert sum(widths) == pytest.approx(480)
    assert widths[1] >= 4 * 2 + 6
    assert min(widths) > 0
    (widths,) = widths_of(
        [table("", ["A", "#B"], [["oui", "1"]])],
        480,
        lambda text: 4.0 * len(text),
        lambda text: 5.0 * len(text),
        6,
    ).values()
    assert sum(widths) < 60


# --- same bytes, and what is refused ------------------------------------------------------------

_PROGRAM = """
import sys
from tests import handout_stand_ins
handout_stand_ins.install()
from avs_coverage.commands import main_program
sys.exit(main_program(sys.argv[1:]))
"""


def program(arguments, before="", **environment):
    return subprocess.run(
        [sys.executable, "-c", before + _PROGRAM, *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
    )


@pytest.mark.full
def test_same_bytes_whatever_the_hash_seed_the_locale_and_the_clock(tmp_path):
    found = []
    for seed, zone, language in (("1", "UTC", "C"), ("2", "Pacific/Kiritimati", "fr_FR.UTF-8")):
        folder = tmp_path / seed
        done = program(
            ["export", "allier", "-o", str(folder), "--format", "pdf,docx"],
            PYTHONHASHSEED=seed, TZ=zone, LC_ALL=language,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert set(found[0]) == {"avs-03.pdf", "avs-03.docx", "manifest.json"}
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []
    members = zipfile.ZipFile(io.BytesIO(found[0]["avs-03.docx"])).infolist()
    assert {one.date_time for one in members} == {(1980, 1, 1, 0, 0, 0)}
    assert str(date.today().year).encode() not in b"".join(
        re.findall(rb"/(?:Creation|Mod)Date.*", found[0]["avs-03.pdf"])
    )


@pytest.mark.full
@pytest.mark.parametrize(("module", "kind", "package"), [
    ("reportlab", "pdf", "reportlab"), ("docx", "docx", "python-docx"), ("matplotlib", "pdf", "matplotlib"),
])  # fmt: skip
def test_without_the_extra_nothing_is_written_and_the_remedy_is_told(tmp_path, module, kind, package):
    hide = (
        "import sys, importlib.abc\n"
        "class Hidden(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {module!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
    )
    done = program(["export", "allier", "-o", str(tmp_path / "x"), "--format", f"csv,{kind}"], hide)
    assert done.returncode == 5
    said = done.stderr.decode()
    assert "AVS-507" in said
    assert package in said
    assert f"le format {kind}" in said
    assert "pip install" in said
    assert not (tmp_path / "x").exists()


@pytest.mark.full
def test_a_region_of_thousands_of_communes_stays_a_document(tmp_path):
    report = build_report(find_territory_name("grand est"))
    pdf, word, made = files_of(report)
    assert len(report.coverage.territory.communes) > 5000
    assert len(read(pdf).pages) < 60
    (annex,) = [part for part in made.parts if part.title == "Annexe : communes"]
    assert "trop pour être imprimé" in annex.blocks[0].text
    assert len(document(word).tables) > 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000  # kB
    assert [block for part in made.parts for block in part.blocks if isinstance(block, Picture)]
