"""The printed map: what is drawn and said, that nothing covers or overflows, and the same bytes always."""

from __future__ import annotations

import dataclasses
import io
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.errors import OutputError
from avs_coverage.messages import COMMUNE_STATUS_LABELS
from avs_coverage.reports import map_content, map_picture
from avs_coverage.reports.map_content import MapContent, statuses
from avs_coverage.reports.map_inset import SMALL_MM, find_insets
from avs_coverage.reports.map_labels import Name, place_names, spread
from avs_coverage.reports.map_legend import legend_groups
from avs_coverage.reports.map_picture import best_page, column_height, even_columns, map_bytes
from avs_coverage.reports.map_sheet import KINDS, Box, drawing, line_height, printable, text_width, wrapped
from avs_coverage.reports.map_view import _HATCHES, Layers, hatch_style
from avs_coverage.reports.map_words import key_figures
from avs_coverage.reports.palette import STATUS_COLOURS, rgb
from avs_coverage.study import Files

pytest.importorskip("matplotlib")

ROOT = Path(__file__).parent.parent
NOW = date(2026, 1, 1)
SVG = "{http://www.w3.org/2000/svg}"


def report_of(territory: str, **more: object) -> Report:
    return build_report(find_territory_name(territory), **more)


def read_svg(content: bytes) -> tuple[list[str], set[str]]:
    """Return the texts of an SVG, and the ids of what it draws."""
    root = ElementTree.fromstring(content)
    texts = ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
    return texts, {one.attrib["id"] for one in root.iter() if "id" in one.attrib}


def page_text(texts: list[str]) -> str:
    return " ".join(texts).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def with_names(report: Report, names: list[str]) -> Report:
    """Return a report whose first structures without a seat bear *names*: the map writes these."""
    left = iter(names)
    structures = tuple(
        dataclasses.replace(one, name=next(left, one.name)) if not one.seat else one
        for one in report.coverage.inventory.structures
    )
    inventory = dataclasses.replace(report.coverage.inventory, structures=structures)
    return Report(dataclasses.replace(report.coverage, inventory=inventory))


@pytest.fixture(scope="module")
def today() -> Report:
    """Allier in 2026: the perimeters of its quarters are known."""
    return report_of("allier", on=NOW)


@pytest.fixture(scope="module")
def past(allier):
    """The map of Allier in 2022: its file, texts and ids."""
    content = map_bytes(allier, "svg")
    return content, *read_svg(content)


@pytest.fixture(scope="module")
def svg(today):
    return map_bytes(today, "svg")


@pytest.fixture(scope="module")
def texts(svg):
    return read_svg(svg)[0]


@pytest.fixture(scope="module")
def ids(svg):
    return read_svg(svg)[1]


# --- The files.


@pytest.mark.full
def test_the_png_is_an_a4_page_of_200_dots_an_inch(allier):
    image = pytest.importorskip("PIL.Image")
    read = image.open(io.BytesIO(map_bytes(allier, "png")))
    assert read.size == (1653, 2338)
    assert [round(value) for value in read.info["dpi"]] == [200, 200]
    report = report_of("244301099")
    with drawing("un essai"):
        assert best_page(Layers(report, MapContent(report))).size == (297, 210)


@pytest.mark.full
def test_same_bytes_whatever_hash_seed_time_zone_and_locale(tmp_path):
    script = tmp_path / "draw.py"
    script.write_text(
        "import hashlib\nfrom datetime import date\n"
        "from avs_coverage import build_report, find_territory_name\n"
        "from avs_coverage.reports.map_picture import map_bytes\n"
        "report = build_report(find_territory_name('200071363'), on=date(2026, 1, 1))\n"
        f"for kind in {KINDS!r}:\n    print(kind, hashlib.sha256(map_bytes(report, kind)).hexdigest())\n",
        encoding="utf-8",
    )
    running = []
    for seed, zone, locale in (("1", "UTC", "C"), ("2", "Pacific/Kiritimati", "fr_FR.UTF-8")):
        more = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        command = [sys.executable, str(script)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **more}))
    one, other = (process.communicate(timeout=120)[0] for process in running)
    assert one == other
    assert len(one.split()) == 2 * len(KINDS)


def test_the_same_report_twice_in_a_process_gives_the_same_bytes(today, svg):
    assert map_bytes(today, "svg") == svg
    assert b"<dc:date>" not in svg


def test_settings_of_matplotlib_are_left_as_they_were(allier):
    import matplotlib as mpl

    with mpl.rc_context({"font.family": ["serif"], "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        map_bytes(allier, "svg")
        assert dict(mpl.rcParams) == before


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed")
def test_the_pdf_read_by_another_program_has_title_legend_notes_and_sources(allier, tmp_path):
    path = tmp_path / "carte.pdf"
    path.write_bytes(map_bytes(allier, "pdf"))
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    text = re.sub(r"\s+", " ", done.stdout.decode())
    for words in (
        "Couverture par les centres sociaux et les espaces de vie sociale",
        "Allier (03), au 31/12/2022",
        "Structures qui couvrent la commune",
        "zone blanche",
        "siège inconnu",
        "SDAVS de l'Allier 2023-2027",
        "Montluçon",
    ):
        assert words in text
    assert b"/CreationDate" not in path.read_bytes()


# --- What is said.


def test_title_rule_figures_sources_and_caveat_are_on_the_page(past):
    text = page_text(past[1])
    for words in (
        "Allier (03), au 31/12/2022",
        "Règle : zone d'intervention déclarée (declared)",
        "10 CS sur 20 publiés et 8 EVS sur 12 publiés",
        "4,7 % (15 communes sur 317) [15 à 233]",
        "hors fourchette : 10 CS et 4 EVS publiés mais non identifiés",
        "QPV de la génération 2015",
        "Projection Lambert-93 (EPSG 2154)",
        "avs-coverage ",
        "Une commune non couverte n'est pas une commune où personne n'agit",
    ):
        assert words in text
    assert "QPV de la génération 2024" not in text


def test_the_legend_counts_the_communes_of_the_report(allier, past):
    texts = past[1]
    counts: Counter[str] = Counter()
    labels = {label: status for status, label in COMMUNE_STATUS_LABELS.items()}
    for text in texts:
        found = re.fullmatch(r"([^;(]+?)(?: ; possible : [^(]+)? \((\d+)\)", page_text([text]))
        if found and found[1] in labels:
            counts[labels[found[1]]] += int(found[2])
    assert counts == Counter(allier.coverage.communes["statut"])
    possible = Counter(allier.coverage.communes["statut_majorant"])
    assert (
        sum(len(codes) for (_, one), codes in statuses(allier).items() if one == "evs_seul")
        == possible["evs_seul"]
    )


def test_every_counted_structure_is_drawn_or_said_not_to_be(allier, past):
    _, texts, ids = past
    drawn = {one.removeprefix("structure-") for one in ids if one.startswith("structure-")}
    counted = {one.id: one for one in allier.coverage.inventory.counted(allier.coverage.on)}
    assert drawn == {one.id for one in counted.values() if one.seat}
    text = page_text(texts)
    absent = [one for one in counted.values() if one.id not in drawn]
    assert f"{len(absent)} structures comptées ne sont pas dessinées, siège inconnu" in text
    assert all(one.name in text for one in absent)
    assert f"{len(drawn)} structures sont placées au chef-lieu" in text


def test_on_the_map_of_an_epci_structures_that_have_nothing_to_do_with_it_are_counted_not_named():
    report = report_of("CC Commentry Montmarault Néris Communauté")
    content = MapContent(report)
    drawn = {one.structure.id for one in content.structures}
    serving = set(report.coverage.links["structure"])
    absent = [one for one in report.coverage.inventory.counted(report.coverage.on) if one.id not in drawn]
    near = [one.name for one in absent if one.id in serving]
    text = " ".join(content.notes())
    assert near == ["EVS couvrant Commentry (nom inconnu)"]
    assert [one.name for one in absent if one.name in text] == near
    unknown = sum(not one.seat for one in absent)
    aside = "sans lien connu avec une commune de ce territoire"
    assert f"{unknown} structures comptées ne sont pas dessinées, siège inconnu : {near[0]} ; " in text
    assert f"{unknown - 1} autres, {aside}." in text
    elsewhere = len(absent) - unknown
    assert f"{elsewhere} structures comptées ne sont pas dessinées, siège hors de la carte, {aside}." in text


def test_only_what_is_drawn_is_in_the_legend(past, texts):
    before = page_text(past[1])
    now = page_text(texts)
    for words, is_before, is_now in (
        ("QPV de périmètre inconnu, au", False, False),
        ("périmètre d'un quartier prioritaire", True, True),
        ("cadre d'un encart", True, True),
        ("centre social (CS) (", False, False),
        ("CS placé au chef-lieu", True, True),
        ("inventaire inconnu", False, False),
    ):
        assert (words in before) is is_before, words
        assert (words in now) is is_now, words


def test_the_legend_says_that_a_zone_blanche_is_of_what_is_known(today):
    zone = "zone blanche : communes voisines que rien de connu ne couvre, même dans l'hypothèse haute"
    layers = Layers(today, MapContent(today))
    assert zone in [item.text for group in legend_groups(layers, (), False) for item in group.items]


def test_every_commune_zone_and_epci_has_its_shape(today, ids):
    codes = today.coverage.territory.codes
    assert {one.removeprefix("commune-") for one in ids if one.startswith("commune-")} == codes
    assert {one for one in ids if one.startswith("zone-blanche-")} == {f"zone-blanche-{n}" for n in (1, 2, 3)}
    epci = set(today.coverage.territory.communes["epci"]) - {""}
    assert {one.removeprefix("epci-") for one in ids if one.startswith("epci-")} == epci


def test_the_largest_towns_are_named_and_names_are_neither_few_nor_too_many(today, texts):
    communes = today.coverage.territory.communes
    named = [text for text in texts if text in set(communes["nom"])]
    assert set(communes.nlargest(5, "population")["nom"]) <= set(named)
    assert 25 <= len(set(named)) <= 62


HOSTILE = ["<script>alert(1)</script>", "$x^2$ et a_b", "R&D \\frac{1}{2} 漢字", "A\x1b[31m\u202eB\nC"]


@pytest.mark.full
def test_texts_of_the_data_are_drawn_as_they_are(allier):
    report = with_names(allier, HOSTILE)
    content = map_bytes(report, "svg")
    text = page_text(read_svg(content)[0])
    assert "<script>alert(1)</script>" in text
    assert "$x^2$ et a_b" in text
    assert "R&D \\frac{1}{2} \N{REPLACEMENT CHARACTER}" in text
    assert "A[31mB C" in text
    assert b"<script" not in content
    for kind in ("png", "pdf"):  # a warning, as of a missing glyph, would be an error here
        assert map_bytes(report, kind)


def test_made_data_are_said_above_everything(allier, past):
    assert "DONNÉES FICTIVES" not in page_text(past[1])
    made = tuple(
        dataclasses.replace(one, source="données fictives") for one in allier.coverage.inventory.structures
    )
    inventory = dataclasses.replace(allier.coverage.inventory, structures=made)
    report = Report(dataclasses.replace(allier.coverage, inventory=inventory))
    texts = read_svg(map_bytes(report, "svg"))[0]
    assert texts[0] == map_picture.FICTITIOUS_BANNER


def test_without_an_inventory_the_map_says_that_nothing_is_known():
    texts, ids = read_svg(map_bytes(report_of("94"), "svg"))
    text = page_text(texts)
    assert "inventaire inconnu (47)" in text
    assert "Couverture inconnue : aucun inventaire de structures." in text
    assert "possible-inconnu-inconnu" in ids
    assert " % " not in text
    assert "périmètre d'un quartier prioritaire" in text
    assert "QPV de périmètre inconnu" not in text


def test_contours_of_the_user_that_miss_communes_are_said(tmp_path):
    name = find_territory_name("allier")
    frame = build_report(name).coverage.territory.boundaries().to_crs(4326).reset_index()
    frame = frame[~frame["code"].isin(["03185", "03310"])].rename(columns={"code": "code_insee"})
    frame.to_file(tmp_path / "communes.geojson", driver="GeoJSON")
    report = build_report(name, files=Files(communes=tmp_path / "communes.geojson"))
    texts, ids = read_svg(map_bytes(report, "svg"))
    assert "Sans contour, donc hors de la carte : Montluçon (03185) et Vichy (03310)." in page_text(texts)
    assert "commune-03185" not in ids
    assert "Montluçon" not in texts
    assert "communes.geojson" in page_text(texts)


def test_several_rules_the_map_is_of_the_first_and_says_so():
    report = report_of("allier", rule=("implantation", "radius:5km"))
    text = page_text(read_svg(map_bytes(report, "svg"))[0])
    assert f"Règle : {report.coverage.rule.label}" in text
    assert f"sans carte : {report.others[0].rule.label}" in text


# --- Insets.


def test_a_map_of_a_region_says_which_departements_its_figures_are_of(allier):
    assert "inventorié" not in " ".join(key_figures(allier))
    line = key_figures(build_report(find_territory_name("region:84")))[1]
    assert line.endswith(" (département inventorié : 03).")


def test_a_map_says_what_is_counted_without_being_confirmed():
    report = build_report(find_territory_name("allier"), include_unconfirmed=True)
    drawn = MapContent(report).structures
    assert any(one.structure.status == "a_confirmer" for one in drawn)
    line = key_figures(report)[0]
    assert line.endswith("8 EVS sur 12 publiés et 4 structures à confirmer, comptées.")


def test_quarters_too_small_are_drawn_again_in_insets_with_their_names(today, texts, ids):
    page = best_page(Layers(today, MapContent(today)))
    assert [one.letter for one in page.insets] == ["A", "B", "C"]
    assert {q.qpv.code for one in page.insets for q in one.quarters} == {view.qpv.code for view in today.qpv}
    for one in page.insets:
        assert texts.count(one.letter) == 2  # on the map, and on the inset
        for quarter in one.quarters:
            assert quarter.side_m * page.scale < SMALL_MM
            assert f"encart-{one.letter}-qpv-{quarter.qpv.code}" in ids
            assert printable(quarter.qpv.name) in texts
    text = page_text(texts)
    assert "1 km" in text
    assert "2 km" in text


def test_quarters_large_enough_need_no_inset(today):
    quarters = MapContent(today).quarters
    assert find_insets(quarters, 0.0015, 60, 41)
    assert find_insets(quarters, 0.05, 60, 41) == []
    assert len(find_insets(quarters, 0.0015, 60, 41, most=2)) == 2


def test_quarters_without_inset_nor_name_are_named_under_the_map(today, monkeypatch):
    monkeypatch.setattr(map_picture, "MOST", 0)
    page = best_page(Layers(today, MapContent(today)))
    assert page.insets == ()
    text = page_text(page.foot)
    named = [one for one in today.qpv if one.qpv.name.replace("œ", "oe") in text.replace("œ", "oe")]
    assert len(named) == len(today.qpv) == 6


# --- The page: nothing covers, nothing overflows.


def boxes_overlap(boxes: list[Box]) -> list[tuple[Box, Box]]:
    return [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]


def test_names_never_meet_nor_leave_the_frame():
    draw = random.Random(1)
    names = [
        Name(
            "Saint-Bonnet-de-Rochefort"[: draw.randint(3, 25)],
            draw.uniform(0, 100),
            draw.uniform(0, 80),
            7,
            n < 3,
        )
        for n in range(300)
    ]
    taken = [Box(40, 40, 50, 50)]
    with drawing("un essai"):
        found = place_names(names, taken, Box(0, 0, 100, 80), 60)
    assert 30 <= len(found) <= 60
    assert boxes_overlap([*taken, *(one.box for one in found)]) == []
    assert all(one.box.within(Box(0, 0, 100, 80)) for one in found)
    assert found[0].name == names[0]


@pytest.mark.full
def test_signs_of_a_place_are_set_aside_and_none_covers_another():
    places = [(10.0, 10.0)] * 9 + [(11.0, 10.5), (40.0, 40.0)]
    area = Box(0, 0, 100, 100)
    found = spread(places, 2.6, area)
    assert found[0] == (10.0, 10.0)
    assert found[-1] == (40.0, 40.0)
    half = 1.3
    boxes = [Box(x - half, y - half, x + half, y + half) for x, y in found]
    assert boxes_overlap(boxes) == []
    assert all(abs(x - 10) < 9 and abs(y - 10) < 9 for x, y in found[:-1])
    assert spread([(10.0, 10.0)], 2.6, area, [Box(9, 9, 11, 11)])[0] != (10.0, 10.0)
    many = spread([(2.0, 50.0)] * 150, 2.6, area)
    boxes = [Box(x - half, y - half, x + half, y + half) for x, y in many]
    assert boxes_overlap(boxes) == []
    assert all(box.within(area) for box in boxes)


TERRITORIES = ["allier", "94", "77", "48", "75", "971", "200071363", "244301099", "200070720", "region:94"]


@pytest.mark.parametrize("territory", TERRITORIES)
def test_every_line_and_block_is_on_the_page_and_apart(territory):
    report = report_of(territory)
    with drawing("un essai"):
        page = best_page(Layers(report, MapContent(report)))
        above, under = page.head
        for lines, size, bold in (
            (above, page.letters * 1.75, True), (under, page.letters, False), (page.foot, page.small, False)
        ):  # fmt: skip
            assert all(text_width(line, size, bold) <= page.room for line in lines)
    frame, middle = page.frame, page.middle
    assert middle.bottom >= 10 + len(page.foot) * line_height(page.small)
    high = len(above) * line_height(page.letters * 1.75) + len(under) * line_height(page.letters)
    assert middle.top <= page.size[1] - 10 - high
    assert frame.within(middle)
    assert frame.height > 60
    lowest = frame.top if page.beside else frame.bottom - 4
    assert all(lowest - column_height(column) >= middle.bottom - 0.01 for column in page.columns)
    left, bottom, right, top = page.layers.content.bounds
    assert (right - left) * page.scale <= frame.width
    assert (top - bottom) * page.scale <= frame.height - 9


@pytest.mark.parametrize("territory", ["48", "971", "200071363", "75"])
def test_other_territories_are_drawn_whole(territory):
    report = report_of(territory)
    texts, ids = read_svg(map_bytes(report, "svg"))
    drawn = {one.removeprefix("commune-") for one in ids if one.startswith("commune-")}
    assert drawn == set(MapContent(report).shapes)
    assert any(report.coverage.territory.name.name in text for text in texts)


@pytest.mark.full
def test_very_long_notes_leave_room_for_the_map_and_are_not_cut_unsaid(allier):
    report = with_names(allier, ["Un nom de structure qui n'en finit pas " * 60] * 9)
    with drawing("un essai"):
        page = best_page(Layers(report, MapContent(report)))
        assert page.frame.height > 60
        assert any(line.startswith("[…] La suite de ces notes") for line in page.foot)
        assert page.foot[-1].endswith("sont satisfaits.")


def test_lines_are_wrapped_at_spaces_and_long_words_are_cut():
    with drawing("un essai"):
        lines = wrapped("Règle : zone d'intervention " + "x" * 300 + " fin", 50, 8)
        assert all(text_width(line, 8) <= 50 for line in lines)
        assert "".join(lines).count("x") == 300
        assert lines[0].startswith("Règle\N{NO-BREAK SPACE}: zone")


def test_columns_are_as_even_as_they_can_be():
    blocks = [map_picture.Block(height) for height in (40.0, 10.0, 30.0, 20.0)]
    columns = even_columns(blocks, 3)
    assert [block.height for column in columns for block in column] == [40.0, 10.0, 30.0, 20.0]
    assert max(map(column_height, columns)) == 10.0 + 4.0 + 30.0


# --- Colours.


def lightness(colour: str) -> float:
    """Return L* (CIE 1976) of a colour: what a grey print keeps of it."""
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in rgb(colour)]
    luminance = sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16


def test_statuses_are_told_apart_in_grey():
    known = {status: lightness(colour) for status, colour in STATUS_COLOURS.items() if status}
    for one, other in itertools.combinations(known, 2):
        assert abs(known[one] - known[other]) >= 18, (one, other)
    # What is not known, or only possible, is told by a pattern, one of each.
    assert len(set(_HATCHES.values())) == len(STATUS_COLOURS)
    assert hatch_style("", "") is not None
    assert hatch_style("cs_seul", "cs_seul") is None


def test_the_grey_print_keeps_the_statuses_of_the_legend(tmp_path):
    image = pytest.importorskip("PIL.Image")
    from avs_coverage.reports.map_legend import _fill
    from avs_coverage.reports.map_sheet import Sheet

    with drawing("un essai"):
        sheet = Sheet(100, 10)
        for rank, status in enumerate(STATUS_COLOURS):
            _fill(status, status)(sheet, Box(rank * 20, 0, rank * 20 + 18, 10))
        grey = image.open(io.BytesIO(sheet.content("png", "essai"))).convert("L")
    means = []
    for rank in range(len(STATUS_COLOURS)):
        part = grey.crop((rank * 157 + 20, 20, rank * 157 + 120, 60))
        means.append(sum(part.tobytes()) / (100 * 40))
    both, cs, evs, none, unknown = means
    assert both + 35 < cs
    assert cs + 35 < evs
    assert evs + 35 < none
    assert 2 < none - unknown < 60  # white too, with dots


# --- The command and the export.


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "start"), [("carte.PNG", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")]
)
def test_the_command_writes_the_file_of_the_kind_of_its_name(run, tmp_path, past, name, start):
    result = run("map", "allier", "-o", name)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout == b""
    (path,) = tmp_path.iterdir()
    assert path.name == name
    assert path.read_bytes().startswith(start)
    if name.endswith("svg"):
        assert path.read_bytes() == past[0]
    assert f"écrit : {name}" in result.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["allier", "-o", "carte.jpg"], 2, ".png, .svg, .pdf"),
        (["allier", "-o", "carte"], 2, ".png, .svg, .pdf"),
        (["allier"], 2, "AVS-207"),
        (["allier", "-o", "là.png"], 5, "AVS-501"),
        (["allier", "-o", "absent/carte.png"], 5, "AVS-502"),
        (["france", "-o", "carte.png"], 5, "AVS-508"),
        (["alier", "-o", "carte.png"], 4, "Allier (03)"),
        (["allier", "-o", "carte.png", "--rule", "declared,implantation"], 2, "AVS-215"),
        (["allier", "-o", "liste.svg", "--structures", "liste.svg", "--force"], 5, "AVS-504"),
    ],
)
def test_what_is_refused(run, tmp_path, arguments, code, said):
    for name in ("là.png", "liste.svg"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    result = run("map", *arguments)
    assert result.returncode == code, result.stderr.decode()
    assert said in result.stderr.decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["liste.svg", "là.png"]
    assert (tmp_path / "là.png").read_text(encoding="utf-8") == "x"


def test_force_replaces(run, tmp_path):
    (tmp_path / "carte.svg").write_text("x", encoding="utf-8")
    assert run("map", "48", "-o", "carte.svg", "--force").returncode == 0
    assert (tmp_path / "carte.svg").read_bytes().startswith(b"<?xml")


def test_without_matplotlib_it_is_said_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("map", "allier", "-o", "carte.png")
    assert result.returncode == 5
    assert "AVS-507" in result.stderr.decode()
    assert "matplotlib" in result.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_a_territory_without_contour_or_too_large_has_no_map(allier, monkeypatch):
    monkeypatch.setattr(map_content, "MAX_COMMUNES", 316)
    with pytest.raises(OutputError) as raised:
        map_bytes(allier, "png")
    assert raised.value.faults[0].code == "AVS-508"
    assert "317 communes" in raised.value.faults[0].why
    monkeypatch.undo()
    empty = allier.coverage.territory.boundaries().iloc[:0]
    monkeypatch.setattr(type(allier.coverage.territory), "boundaries", lambda _: empty)
    with pytest.raises(OutputError) as raised:
        map_bytes(allier, "png")
    assert "aucune commune n'a de contour" in raised.value.faults[0].why


def test_an_export_holds_the_map_and_is_replayed(run, tmp_path):
    assert run("export", "244301099", "-o", "remis", "--format", "png,svg").returncode == 0
    names = {path.name for path in (tmp_path / "remis").iterdir()}
    assert names == {"avs-244301099.png", "avs-244301099.svg", "manifest.json"}
    content = (tmp_path / "remis" / "avs-244301099.svg").read_bytes()
    assert content == map_bytes(report_of("244301099"), "svg")
    assert b"Identique" in run("replay", "remis/manifest.json").stdout


@pytest.mark.full
@pytest.mark.parametrize("territory", ["region:84", "59", "93", "region:53"])
def test_large_territories_are_drawn(territory):
    report = report_of(territory)
    _, ids = read_svg(map_bytes(report, "svg"))
    drawn = {one.removeprefix("commune-") for one in ids if one.startswith("commune-")}
    assert drawn == set(MapContent(report).shapes)


@pytest.mark.full
@pytest.mark.parametrize(
    "command",
    [("map", "allier", "-o", "a.svg"), ("export", "allier", "-o", "x", "--format", "png")],
    ids=" ".join,
)
def test_a_home_that_cannot_be_written_is_no_matter(process, tmp_path, monkeypatch, command):
    (tmp_path / "fichier").write_text("", encoding="utf-8")
    nowhere = str(tmp_path / "fichier" / "a")  # no folder can be made in a file, whoever asks
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    done = process(*command, HOME=nowhere, XDG_CONFIG_HOME=nowhere, XDG_CACHE_HOME=nowhere)
    told = done.stderr.decode()
    assert done.returncode == 0, told
    assert "atplotlib" not in told
    assert "mkdir" not in told
