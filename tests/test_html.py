"""The HTML report: what is in the file, what is text in it, and what it can never ask for."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import itertools
import re
from datetime import date

import numpy as np
import pytest
import shapely

from avs_coverage import build_report, find_territory_name
from avs_coverage.multiplicity import KINDS, by_multiplicity, kinds_of_communes
from avs_coverage.projection import epsg_of
from avs_coverage.reports import map_content
from avs_coverage.reports.html_communes import commune_rows, possible_note
from avs_coverage.reports.html_frame import Frame
from avs_coverage.reports.html_report import html_page, write_html
from avs_coverage.study import Files
from tests.html_page import page_data, read_page
from tests.worlds import cover, structure, territory

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</script></title></style><b onclick='alert(3)'>gras</b>",
    "<!--",
    "R&D & Cie &lt;b&gt; ${x} $title",
    "]]>\u2028alert(4)",
]


@pytest.fixture(scope="module")
def content(allier):
    return html_page(allier)


@pytest.fixture(scope="module")
def page(content):
    return read_page(content)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "structures.csv"
    head = ["id", "nom", "type", "code_insee", "communes_desservies", "qpv_desservis", "source"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(head)
        for rank, name in enumerate(HOSTILE):
            writer.writerow([f"S{rank}", name, "CS", "03185", "03185,03101", "QP003001", f'"><i>{name}'])
    files = Files(structures=path)
    return read_page(
        html_page(build_report(find_territory_name("allier"), on=date(2022, 12, 31), files=files))
    )


def sections(page):
    return {one.text: one for one in page.all("h2")}


def test_the_page_is_french_and_has_one_title_one_main_and_headings_in_order(page):
    assert page.all("html")[0].attributes["lang"] == "fr"
    assert page.all("title")[0].text == page.all("h1")[0].text
    assert "Allier (03)" in page.all("title")[0].text
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("nav")) == 1
    levels = [int(one.tag[1]) for one in page.everything if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_every_reference_leads_somewhere(page):
    ids = [one.attributes["id"] for one in page.everything if "id" in one.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.everything:
        for name in ("aria-labelledby", "aria-describedby", "for", "list"):
            for target in element.attributes.get(name, "").split():
                assert target in ids, (element.tag, target)
        link = element.attributes.get("href", "")
        assert link in ("", "data:,") or link[1:] in ids, link
    assert [link.text for link in page.all("nav")[0].all("a")] == list(sections(page))


def test_every_control_has_a_name(page):
    labelled = {one.attributes.get("for") for one in page.all("label")}
    inside = [id(control) for label in page.all("label") for control in label.everything]
    for control in (*page.all("input"), *page.all("select")):
        assert control.attributes.get("id") in labelled or id(control) in inside, control
    for button in page.all("button"):
        assert button.attributes.get("aria-label") or button.text.strip()
    for table in page.all("table"):
        assert all(one.attributes["scope"] in ("row", "col") for one in table.all("th"))


def test_the_sections_asked_for_are_there_in_order(page):
    wanted = [
        "Chiffres clés", "Carte", "Communes", "Inventaire : ce qui est connu", "Couverture du territoire",
        "Par EPCI", "Zones blanches et couverture à préciser", "Populations de zone déclarées",
        "Quartiers prioritaires (QPV)", "Évolution et agréments", "Chiffres publiés", "Structures et sources",
        "Méthode, sources et précautions",
    ]  # fmt: skip
    assert list(sections(page)) == wanted


def test_nothing_in_the_file_can_be_asked_of_the_network(page, content):
    for element in page.everything:
        assert not {"src", "srcset", "action", "data", "poster", "style"} & element.attributes.keys(), (
            element.tag
        )
        assert not [name for name in element.attributes if name.startswith("on")]
    assert {"img", "iframe", "object", "embed", "audio", "video", "base"} & {
        e.tag for e in page.everything
    } == set()
    style, code = page.all("style")[0].text, page.all("script")[1].text
    assert "@import" not in style
    assert all(target.startswith("#") for target in re.findall(r"url\((.*?)\)", style))
    assert not re.search(
        r"fetch|XMLHttp|import\(|WebSocket|sendBeacon|innerHTML|outerHTML|insertAdjacent|eval", code
    )
    assert not re.search(r"https?:", style + code)


def test_the_policy_lets_in_this_style_and_this_script_alone(page):
    (policy,) = [
        one.attributes["content"]
        for one in page.all("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"

    def digest(text):
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert rules["style-src"] == digest(page.all("style")[0].text)
    data, code = page.all("script")
    assert rules["script-src"] == digest(code.text)
    assert data.attributes["type"] == "application/json"


def test_what_a_user_wrote_is_text_wherever_it_is_shown(hostile):
    assert len(hostile.all("script")) == 2
    assert {"img", "b", "i"} & {element.tag for element in hostile.everything} == set()
    assert not [n for element in hostile.everything for n in element.attributes if n.startswith("on")]
    communes = hostile.one("communes-table").text
    map_titles = [one.text for one in hostile.one("layer-structures").all("title")]
    in_panel = dict(next(c for c in page_data(hostile)["communes"] if c["code"] == "03185")["details"])
    for name in (text.replace("\u2028", " ") for text in HOSTILE):
        assert name in communes
        assert any(text.startswith(name) for text in map_titles), name
        assert f"{name} (CS)" in in_panel["Structures qui couvrent"]
    quarters = next(s for s in hostile.all("section") if s.all("h2")[0].text.startswith("Quartiers"))
    assert "<script>alert(1)</script> (CS)" in quarters.text
    assert re.search(r"[<>&\u2028]", hostile.one("data").text) is None


def test_a_page_of_a_departement_is_light_and_always_the_same(content, allier, tmp_path):
    assert len(content) < 2_000_000
    write_html(build_report(find_territory_name("allier")), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_bytes() == content


def test_the_key_figures_are_those_of_the_report_with_what_they_are_made_of(page):
    cards = [one for one in page.all("div") if "card" in one.classes]
    texts = [" ".join(card.text.replace("\N{NARROW NO-BREAK SPACE}", " ").split()) for card in cards]
    assert texts[1].startswith("Par un CS")
    assert "2,5 % (8 communes sur 317) fourchette [7 à 171]" in texts[1]
    assert "24,2 % (80 683 habitants sur 333 298) fourchette [67 367 à 224 840]" in texts[1]
    assert "95,3 % (302 communes sur 317) fourchette [84 à 302]" in texts[3]
    assert "État au 31/12/2022" in page.all("header")[0].text
    assert "10 CS sur 20 publiés" in page.all("main")[0].text


def paths(page):
    return {one.attributes["data-code"]: one for one in page.one("layer-communes").all("path")}


def test_the_fills_of_the_map_are_what_covers_each_commune(allier, page):
    coverage, found = allier.coverage, paths(page)
    hatched: dict[str, set[str]] = {}
    levels = {level: {k: coverage.covered(k, level) for k in ("CS", "EVS")} for level in ("certain", "any")}
    assert len(found) == 317
    for rank, code in enumerate(coverage.territory.communes.index):
        names = []
        for level in ("certain", "any"):
            cs, evs = (bool(levels[level][kind][rank]) for kind in ("CS", "EVS"))
            names.append({(1, 1): "both", (1, 0): "cs", (0, 1): "evs", (0, 0): "none"}[cs, evs])
        assert f"s-{names[0]}" in found[code].classes, code
        if names[0] != names[1]:
            hatched.setdefault(f"h-{names[1]}", set()).add(code)
    many = sum("m-many" in one.attributes["class"] for one in found.values())
    (figure,) = [f for f in by_multiplicity(coverage) if (f.measure, f.status) == ("communes", "multiple")]
    assert many == figure.numerator
    centres = {code: polygon_of(one.attributes["d"]).representative_point() for code, one in found.items()}
    drawn = {
        one.attributes["class"]: polygon_of(one.attributes["d"])
        for one in page.one("hatch-status").all("path")
    }
    for name, shape in drawn.items():
        assert {code for code, centre in centres.items() if shape.contains(centre)} == hatched[name]
        assert f".{name} {{ fill: url(#p-{name[2:]}); }}" in page.all("style")[0].text
        assert page.one(f"p-{name[2:]}").tag == "pattern"
    assert drawn.keys() == hatched.keys() == {"h-cs", "h-evs", "h-both"}


@pytest.mark.parametrize("level", ["firm", "certain", "any"])
def test_the_kinds_of_communes_add_up_to_the_figures_of_multiplicity(level):
    world = territory({"03001": "A", "03002": "A", "03003": "A", "03004": ""})
    coverage = cover(
        world,
        structure("S1", "CS", "03001", world=world),
        structure("S2", "EVS", "03001", "complete", "03001 03004", world=world),
        structure("S3", "EVS", "03002", world=world, seat_quality="deduit"),
    )
    expected = {
        "firm": ["multiple", "blanche", "blanche", "simple"],
        "certain": ["multiple", "simple", "blanche", "simple"],
        "any": ["multiple", "multiple", "multiple", "simple"],
    }
    assert list(kinds_of_communes(coverage, level)) == expected[level]
    if level == "certain":
        figures = {f.status: f.numerator for f in by_multiplicity(coverage) if f.measure == "communes"}
        assert figures == {kind: expected[level].count(kind) for kind in KINDS}


def polygon_of(path):
    """Draw the path again: absolute start, relative steps."""
    rings = []
    for ring in path.split("z")[:-1]:
        start, _, steps = ring.removeprefix("M").partition("l")
        x, y = (int(v) for v in re.findall(r"-?\d+", start))
        values = [int(v) for v in re.findall(r"-?\d+", steps)]
        moves = np.cumsum([(0, 0), *zip(values[::2], values[1::2], strict=True)], axis=0)
        rings.append(shapely.Polygon(moves + np.array([x, y])))
    whole = rings[0]
    for ring in rings[1:]:
        whole = whole.symmetric_difference(ring)
    return whole


def test_communes_are_drawn_where_they_are_and_as_large_as_they_are(allier, page):
    frame = allier.coverage.territory.boundaries()
    box = Frame.around(frame.total_bounds)
    assert (box.width, box.height)[0] == 2000 or box.height == 2000
    places = {c["code"]: c["place"] for c in page_data(page)["communes"]}
    drawn = {code: polygon_of(one.attributes["d"]) for code, one in paths(page).items()}
    for code, shape in frame.geometry.items():
        # each vertex moves by half a unit at most
        tolerance = 0.75 * shape.length / box.scale
        assert drawn[code].area == pytest.approx(shape.area / box.scale**2, abs=tolerance), code
        centre = box.place(shape.centroid.x, shape.centroid.y)
        assert shapely.distance(drawn[code].centroid, shapely.Point(centre)) < 2, code
    inside = [drawn[code].buffer(2).contains(shapely.Point(place)) for code, place in places.items()]
    assert sum(inside) >= 310  # contours are generalised, chefs-lieux are not
    assert places["03310"][1] > places["03190"][1]  # Vichy is south of Moulins


def test_a_shape_smaller_than_a_unit_is_still_drawn():
    box = Frame.around((0, 0, 2_000_000, 1_000_000))
    assert re.fullmatch(r"M\d+ \d+h1v1h-1z", box.path(shapely.box(10, 10, 20, 20)))


def test_the_table_of_communes_holds_each_once_with_what_sorts_it(allier, page):
    rows = page.one("communes-table").all("tbody")[0].children
    people = {row.attributes["data-code"]: int(row.children[3].attributes["data-value"]) for row in rows}
    assert people == dict(allier.coverage.territory.communes["population"])
    vichy = next(row for row in rows if row.attributes["data-code"] == "03310")
    assert [cell.text for cell in vichy.children[:3]] == ["Vichy", "03310", "CA Vichy Communauté"]
    assert vichy.attributes["data-status"] == allier.coverage.communes.loc["03310", "statut"]


def test_a_column_that_holds_nothing_is_left_out(page):
    def headers(made):
        return [cell.text for cell in made.one("communes-table").all("thead")[0].all("th")]

    every = ["Commune", "Code", "EPCI", "Habitants", "km²", "Couverture", "Possible", "Structures", "Zone"]
    assert headers(page) == every
    implanted = build_report(find_territory_name("allier"), rule="implantation")
    assert not possible_note(commune_rows(implanted))
    assert headers(read_page(html_page(implanted))) == [one for one in every if one != "Possible"]
    unknown = read_page(html_page(build_report(find_territory_name("lozere"))))
    assert headers(unknown) == every[:6]


def test_shares_are_sorted_by_their_value_not_by_what_is_written(page):
    (table,) = [
        one
        for one in page.all("table")
        if one.all("caption") and one.all("caption")[0].text.startswith("Habitants : part")
    ][:1]
    cells = {row.children[0].text: row.children[2] for row in table.all("tbody")[0].children}
    cell = cells["CA Montluçon Communauté"]
    assert float(cell.attributes["data-value"]) == 34047 / 59142
    assert cell.text.startswith("57,6")


def test_structures_without_coordinates_are_hollow_and_those_not_drawn_are_named(allier, page):
    marks = page.one("layer-structures").children
    assert len(marks) == 13
    assert all("hollow" in mark.classes for mark in marks)
    seats = {s.seat for s in allier.coverage.inventory.counted(allier.coverage.on) if s.seat}
    assert {mark.attributes["data-code"] for mark in marks} == seats
    text = " ".join(page.all("main")[0].text.split())
    assert "5 structures comptées ne sont pas dessinées, siège inconnu : " in text


def test_zones_blanches_are_outlined_each_once(allier, page):
    outlines = [one for one in page.one("layer-zones").all("path") if "zone" in one.classes]
    assert len(outlines) == sum(zone.kind == "zone_blanche" for zone in allier.zones) == 3


def test_quarters_with_a_known_perimeter_are_drawn_and_the_others_marked():
    report = build_report(find_territory_name("allier"), on=date(2024, 6, 1))
    layer = read_page(html_page(report)).one("layer-qpv")
    assert len([one for one in layer.all("path") if "perimeter" in one.classes]) == len(report.qpv) > 0
    assert all("full" in one.classes for one in layer.children if one.tag == "g")


def test_without_an_inventory_nothing_is_said_of_coverage():
    page = read_page(html_page(build_report(find_territory_name("lozere"))))
    assert {one.attributes["class"] for one in paths(page).values()} == {"s-unknown m-unknown"}
    assert "Couverture inconnue." in page.all("main")[0].text
    assert list(sections(page))[:3] == ["Chiffres clés", "Inventaire des structures", "Carte"]
    assert not [one for one in page.all("div") if "card" in one.classes]
    assert "%" not in sections(page)["Chiffres clés"].text
    legend = [one.text for one in page.all("figcaption")[0].all("li")]
    assert any("inventaire inconnu" in text for text in legend)
    assert not any("CS" in text or "zone blanche" in text for text in legend)


def test_communes_without_a_contour_are_named_and_stay_in_the_table():
    page = read_page(html_page(build_report(find_territory_name("vendee"))))
    text = " ".join(page.all("main")[0].text.split())
    assert "Sans contour, donc hors de la carte : " in text
    for code in ("85165", "85212"):
        assert code not in paths(page)
        assert f"({code})" in text
        assert any(row.attributes.get("data-code") == code for row in page.one("communes-table").all("tr"))


def test_a_territory_too_large_has_its_tables_and_no_map(allier, monkeypatch):
    monkeypatch.setattr(map_content, "MAX_COMMUNES", 316)
    page = read_page(html_page(allier))
    assert not page.all("svg")
    assert "Pas de carte : 317 communes" in page.all("main")[0].text
    assert len(page.one("communes-table").all("tbody")[0].children) == 317
    assert page_data(page) == {"view": None, "communes": []}


@pytest.mark.full
def test_the_key_figures_say_where_those_of_the_other_rules_are_and_what_they_are_of():
    def said(report):
        made = read_page(html_page(report))
        (section,) = [one for one in made.all("section") if one.all("h2")[0].text == "Chiffres clés"]
        return [one.text for one in section.all("p")]

    name = find_territory_name("allier")
    texts = said(build_report(name, rule=("implantation", "declared")))
    declared = "zone d'intervention déclarée (declared)"
    assert texts[0].startswith("Règle : commune du siège (implantation) ; ")
    assert (
        f"Les chiffres des autres règles demandées ({declared}) : « Règles côte à côte », plus loin." in texts
    )
    assert not any("autres règles" in text or "inventoriées" in text for text in said(build_report(name)))
    region = build_report(find_territory_name("region:84"))
    only = "Parts calculées sur les seules communes inventoriées (département inventorié : 03)."
    assert only in said(region)


def test_made_data_are_said_before_anything_else(allier):
    structures = tuple(
        dataclasses.replace(one, source="données fictives") for one in allier.coverage.inventory.structures
    )
    inventory = dataclasses.replace(allier.coverage.inventory, structures=structures)
    coverage = dataclasses.replace(allier.coverage, inventory=inventory)
    page = read_page(html_page(dataclasses.replace(allier, coverage=coverage)))
    assert page.all("body")[0].children[1].classes == {"banner"}
    assert "DONNÉES FICTIVES" in page.all("title")[0].text


def test_a_rule_by_distance_says_how_many_inhabitants_are_reached():
    report = build_report(find_territory_name("allier"), rule=("radius:5km", "declared"))
    page = read_page(html_page(report))
    details = {c["code"]: dict(c["details"]) for c in page_data(page)["communes"]}
    row = report.coverage.communes.loc["03310"]
    written = details["03310"]["Habitants à portée"].replace("\N{NARROW NO-BREAK SPACE}", "")
    assert written.startswith(f"{row.habitants_couverts} sur {row.population} [")
    assert "Règles côte à côte" in sections(page)


def test_overseas_the_map_is_in_the_legal_projection():
    report = build_report(find_territory_name("974"))
    frame = report.coverage.territory.boundaries()
    assert frame.crs.to_epsg() == epsg_of("974")
    assert len(paths(read_page(html_page(report)))) == 24


@pytest.mark.full
def test_contours_of_the_user_are_drawn_as_light_as_the_embedded_ones(tmp_path, page):
    name = find_territory_name("allier")
    frame = build_report(name).coverage.territory.boundaries().to_crs(4326)
    detailed = frame.geometry.segmentize(0.0005)  # fifty metres: forty times as many vertices
    layer = frame.assign(geometry=detailed).reset_index().rename(columns={"code": "code_insee"})
    layer.to_file(tmp_path / "communes.geojson", driver="GeoJSON")
    own = paths(read_page(html_page(build_report(name, files=Files(communes=tmp_path / "communes.geojson")))))
    embedded = paths(page)
    assert own.keys() == embedded.keys()
    sizes = [sum(len(one.attributes["d"]) for one in found.values()) for found in (own, embedded)]
    assert sizes[0] < 1.5 * sizes[1]
    for code in ("03185", "03310"):
        shapes = [polygon_of(found[code].attributes["d"]) for found in (own, embedded)]
        assert shapes[0].intersection(shapes[1]).area > 0.9 * shapes[1].area
