"""The HTML report in a real browser: hover, keyboard, search, sort, layers, paper, and no request."""

from __future__ import annotations

import base64
import csv
import json
import shutil
import subprocess
import time

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.html_report import write_html
from avs_coverage.study import Files

pytestmark = pytest.mark.outside

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--force-prefers-reduced-motion", "--window-size=1280,900",
)  # fmt: skip


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium n'est pas installé")
    if not (CHROMIUM and DRIVER):
        pytest.skip("ni chromium ni chromedriver sur cette machine")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(service=webdriver.ChromeService(DRIVER), options=options)
    yield made
    made.quit()


@pytest.fixture(scope="module")
def allier_page(tmp_path_factory, allier):
    path = tmp_path_factory.mktemp("html") / "allier.html"
    write_html(allier, path)
    return path


@pytest.fixture
def page(driver, allier_page):
    """Open the page of Allier anew; whatever a test does, the browser must have nothing to say."""
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(allier_page.as_uri())
    yield driver
    assert driver.get_log("browser") == []


def css(driver, selector):
    return driver.find_element("css selector", selector)


def js(driver, script, *arguments):
    return driver.execute_script(f"return {script}", *arguments)


def keys(driver, *pressed):
    from selenium.webdriver.common.action_chains import ActionChains

    actions = ActionChains(driver, duration=0)
    for key in pressed:
        actions.send_keys(key)
    actions.perform()


def focus_map(driver):
    """Reach the map by the keyboard alone, from the last control before it."""
    js(driver, "document.querySelector('input[value=qpv]').focus()")
    tab(driver, until="frame")


def tab(driver, until):
    from selenium.webdriver.common.keys import Keys

    for _ in range(12):
        keys(driver, Keys.TAB)
        if js(driver, "document.activeElement.id") == until:
            return
    raise AssertionError(f"{until} is not reached by the Tab key")


def panel(driver):
    return css(driver, "#panel").text


def point_at(driver, code):
    """Put the mouse in a commune, where the browser says that the commune is on top."""
    from selenium.webdriver.common.action_chains import ActionChains

    js(driver, "document.getElementById('figure').scrollIntoView()")
    x, y = js(
        driver,
        """(() => {
          const b = document.querySelector(`path[data-code="${arguments[0]}"]`).getBoundingClientRect();
          for (let i = 1; i < 20; i += 1) for (let k = 1; k < 20; k += 1) {
            const [x, y] = [b.left + b.width * i / 20, b.top + b.height * k / 20];
            const found = document.elementFromPoint(x, y);
            if (found && found.dataset.code === arguments[0]) return [x, y];
          }
          return null;
        })()""",
        code,
    )
    actions = ActionChains(driver, duration=0)
    actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    actions.perform()
    return actions


def view(driver):
    return [float(v) for v in js(driver, "document.getElementById('map').getAttribute('viewBox')").split()]


def first_names(driver, count=3):
    rows = "#communes-table tbody tr:not([hidden])"
    return js(driver, f"Array.from(document.querySelectorAll('{rows}')).slice(0, {count})"
                      ".map((row) => row.cells[0].textContent)")  # fmt: skip


def test_nothing_is_asked_of_the_network_and_the_policy_holds(page, allier_page):
    assert js(page, "performance.getEntriesByType('resource').length") == 0
    events = [json.loads(one["message"])["message"] for one in page.get_log("performance")]
    sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert sent[0] == allier_page.as_uri()
    assert set(sent[1:]) <= {"data:,"}
    # Even a script that would ask is refused by the page's own policy.
    blocked = page.execute_async_script(
        "const done = arguments[0]; document.addEventListener('securitypolicyviolation',"
        "(e) => done(e.violatedDirective), { once: true }); fetch('http://127.0.0.1:9/').catch(() => {});"
    )
    assert blocked == "connect-src"
    page.get_log("browser")  # the refusal that was asked for


def test_a_commune_is_read_under_the_mouse(page):
    point_at(page, "03190")
    assert panel(page).startswith("Moulins (03190)")
    assert "CA Moulins Communauté" in panel(page)
    assert "Couverture possible\nCS et EVS" in panel(page)
    point_at(page, "03118")
    assert panel(page).startswith("Gannat (03118)")
    assert "zone blanche" in panel(page)
    assert js(page, "document.getElementById('cursor').getAttribute('d').length") > 20


def test_a_click_keeps_the_commune_and_shows_it_in_the_table(page):
    actions = point_at(page, "03118")
    actions.click().perform()
    chosen = css(page, "tr.chosen")
    assert chosen.get_attribute("data-code") == "03118"
    point_at(page, "03190")
    js(page, "document.getElementById('map').dispatchEvent(new PointerEvent('pointerleave'))")
    assert panel(page).startswith("Gannat")  # what was kept comes back
    box = css(page, "#communes-table .scroll").rect
    assert box["y"] <= chosen.rect["y"] <= box["y"] + box["height"]


def test_a_row_of_the_table_is_shown_on_the_map(page):
    css(page, "tr[data-code='03310'] button").click()
    assert panel(page).startswith("Vichy (03310)")
    outline = js(page, "document.getElementById('cursor').getAttribute('d')")
    assert outline == css(page, "path[data-code='03310']").get_dom_attribute("d")
    assert js(page, "document.getElementById('map').getBoundingClientRect().top") < 900
    assert css(page, "tr.chosen button").get_attribute("aria-current") == "true"


@pytest.mark.parametrize("typed", ["ébreuil", "EBREUIL", "03107", "Ébreuil (03107)"])
def test_a_search_finds_zooms_and_reads(page, typed):
    css(page, "#search").send_keys(typed + "\n")
    assert panel(page).startswith("Ébreuil (03107)")
    x, y, w, h = view(page)
    cx, cy = js(page, "JSON.parse(document.getElementById('data').textContent).communes"
                      ".find((c) => c.code === '03107').place")  # fmt: skip
    assert w < 600
    assert x < cx < x + w
    assert y < cy < y + h


def test_a_search_says_what_it_does_not_find_and_what_it_finds_twice(page):
    css(page, "#search").send_keys("zzz\n")
    assert css(page, "#search-status").text == "Aucune commune de ce nom ou de ce code."
    css(page, "#search").clear()
    css(page, "#search").send_keys("saint\n")
    assert "communes portent ce nom : " in css(page, "#search-status").text


def test_columns_are_sorted_both_ways_and_unknown_comes_last(page):
    assert first_names(page, 2) == ["Abrest", "Agonges"]
    header = css(page, "#communes-table th:nth-child(4)")
    header.find_element("css selector", "button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    people = js(page, "Array.from(document.querySelectorAll('#communes-table tbody td:nth-child(4)'),"
                      "(cell) => Number(cell.dataset.value))")  # fmt: skip
    assert people == sorted(people)
    assert people[0] < people[-1] == 33147
    header.find_element("css selector", "button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert first_names(page) == ["Montluçon", "Vichy", "Moulins"]
    css(page, "#communes-table th:nth-child(8) button").click()  # structures: most communes have none
    texts = js(page, "Array.from(document.querySelectorAll('#communes-table tbody td:nth-child(8)'),"
                     "(cell) => cell.textContent)")  # fmt: skip
    assert texts.index("") == sum(text != "" for text in texts)
    css(page, "#communes-table th:nth-child(1) button").click()
    names = first_names(page, 400)
    assert names.index("Ébreuil") < names.index("Échassières") < names.index("Escurolles")


def test_rows_are_filtered_by_text_and_status(page):
    css(page, "#communes-filter").send_keys("tronçais")
    assert css(page, "#communes-count").text == "15 communes sur 317"
    css(page, "#communes-status option[value=evs_seul]").click()
    assert first_names(page) == ["Cérilly"]
    assert css(page, "#communes-count").text == "1 commune sur 317"


def test_layers_change_what_the_map_shows(page):
    def fill(code):
        return js(page, f"getComputedStyle(document.querySelector('path[data-code=\"{code}\"]')).fill")

    def shown(layer):
        return js(page, f"getComputedStyle(document.getElementById('layer-{layer}')).display") != "none"

    before = fill("03185"), fill("03118"), fill("03190")
    assert before[0] == "rgb(15, 107, 176)"
    assert css(page, "#hatch-status").is_displayed()
    assert js(page, "getComputedStyle(document.querySelector('.h-both')).fill").startswith('url("#p-both")')
    assert before[1] == "rgb(255, 255, 255)"
    css(page, "input[value=multiplicity]").click()
    after = fill("03185"), fill("03118"), fill("03190")
    assert after[0] != before[0]
    assert after[1] == before[1]  # no structure: the same paper
    assert not css(page, "#hatch-status").is_displayed()
    assert not css(page, ".legend.status").is_displayed()
    assert css(page, ".legend.multiplicity").is_displayed()
    for layer, first in (("zones", True), ("structures", True), ("qpv", False)):
        assert shown(layer) is first
        css(page, f"input[value={layer}]").click()
        assert shown(layer) is not first
        legend = page.find_elements("css selector", f".legend [data-layer={layer}]")
        assert {item.is_displayed() for item in legend} == {not first}


def test_the_map_is_used_by_the_keyboard_alone(page):
    from selenium.webdriver.common.keys import Keys

    focus_map(page)
    start = panel(page).splitlines()[0]
    assert start != "Survolez une commune, touchez-la, ou cherchez-la par son nom."
    places = js(page, "Object.fromEntries(JSON.parse(document.getElementById('data').textContent)"
                      ".communes.map((c) => [`${c.name} (${c.code})`, c.place]))")  # fmt: skip
    for key, axis, sign in (
        (Keys.ARROW_RIGHT, 0, 1), (Keys.ARROW_DOWN, 1, 1), (Keys.ARROW_LEFT, 0, -1), (Keys.ARROW_UP, 1, -1),
    ):  # fmt: skip
        before = panel(page).splitlines()[0]
        keys(page, key)
        after = panel(page).splitlines()[0]
        assert (places[after][axis] - places[before][axis]) * sign > 0
    keys(page, "+", "+")
    zoomed = view(page)
    assert zoomed[2] < 1000
    page.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": "ArrowRight", "modifiers": 8})
    assert view(page)[0] > zoomed[0]
    keys(page, "-")
    assert view(page)[2] > zoomed[2]
    keys(page, Keys.ENTER)
    assert css(page, "tr.chosen").get_attribute("data-code") in panel(page)
    keys(page, Keys.ESCAPE)
    assert view(page)[:2] == [0, 0]
    assert css(page, "#panel").get_attribute("aria-live") == "polite"


def test_the_table_is_one_tab_stop_and_its_arrows_go_from_row_to_row(page):
    from selenium.webdriver.common.keys import Keys

    stops = js(
        page, "document.querySelectorAll('#communes-table tbody button:not([tabindex=\"-1\"])').length"
    )
    assert stops == 1
    js(page, "document.querySelector('#communes-table tbody button').focus()")
    keys(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    assert panel(page).startswith("Ainay-le-Château (03003)")


def test_every_control_shows_that_it_has_the_focus(page):
    from selenium.webdriver.common.keys import Keys

    keys(page, Keys.TAB)
    assert css(page, ".skip").rect["x"] >= 0  # the first stop leads past the summary
    seen = set()
    for _ in range(40):
        keys(page, Keys.TAB)
        outline, name = js(page, "[getComputedStyle(document.activeElement).outlineStyle,"
                                 " document.activeElement.id || document.activeElement.tagName]")  # fmt: skip
        assert outline == "solid", name
        seen.add(name)
    assert {"search", "frame", "zoom-in", "communes-filter"} <= seen


def test_the_wheel_zooms_and_a_drag_moves(page):
    actions = point_at(page, "03190")
    page.execute_cdp_cmd(
        "Input.dispatchMouseEvent", {"type": "mouseWheel", "x": 500, "y": 300, "deltaX": 0, "deltaY": -240}
    )
    wait(lambda: view(page)[2] < js(page, "JSON.parse(document.getElementById('data').textContent).view[0]"))
    before = view(page)
    actions.click_and_hold().move_by_offset(-80, -40).release().perform()
    x, y, w, _ = view(page)
    assert x > before[0]
    assert y > before[1]
    assert w == before[2]
    assert page.find_elements("css selector", "tr.chosen") == []  # a drag is not a click
    css(page, "#zoom-all").click()
    assert view(page)[:2] == [0, 0]


def wait(condition, seconds=3.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_on_a_telephone_nothing_is_wider_than_the_screen(page):
    size = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        page.refresh()
        assert js(page, "document.documentElement.scrollWidth") == 360
        js(page, "document.getElementById('figure').scrollIntoView()")
        box = js(page, "document.querySelector('path[data-code=\"03118\"]').getBoundingClientRect()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = {"touchPoints": [{"x": x, "y": y}]}
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", **touch})
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        wait(lambda: panel(page).startswith("Gannat"))
        small = js(page, "Array.from(document.querySelectorAll('.zoom button, #search-form button'),"
                         "(b) => Math.min(b.offsetWidth, b.offsetHeight))")  # fmt: skip
        assert min(small) >= 36
        # two fingers apart: closer
        for distance in (20, 60, 100):
            points = [{"x": 180 - distance, "y": y, "id": 0}, {"x": 180 + distance, "y": y, "id": 1}]
            kind = "touchStart" if distance == 20 else "touchMove"
            page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        wait(lambda: view(page)[2] < 1500)
    finally:
        page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext n'est pas sur cette machine")
def test_on_paper_the_figures_are_there_the_headers_repeated_and_the_controls_gone(page, tmp_path):
    css(page, "#search").send_keys("vichy\n")
    made = page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    path = tmp_path / "page.pdf"
    path.write_bytes(base64.b64decode(made["data"]))
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    pages = text.replace("\N{NARROW NO-BREAK SPACE}", " ").split("\f")
    assert "4,7 %" in pages[0]
    assert "(15 communes sur 317)" in pages[0]
    assert "fourchette [67 367 à 224 840]" in pages[0]
    assert "Chercher une commune" not in text
    assert "Montrer" not in text
    inside = [one for one in pages if "03050" in one or "03200" in one]
    assert len(inside) == 2
    assert all("Habitants" in one and "Couverture" in one for one in inside)
    assert 10 < len(pages) < 40


def test_on_paper_long_names_of_structures_leave_room_for_the_epci(driver, tmp_path):
    codes = ",".join(build_report(find_territory_name("allier")).coverage.territory.communes.index)
    name = "Espace de vie sociale intercommunal itinérant des trois rivières et du bocage"
    rows = [f"{name} {rank};EVS;03048;{codes}" for rank in range(3)]
    (tmp_path / "s.csv").write_text(
        "\n".join(["nom;type;code_insee;communes_desservies", *rows]), encoding="utf-8"
    )
    report = build_report(find_territory_name("allier"), files=Files(structures=tmp_path / "s.csv"))
    write_html(report, tmp_path / "page.html")
    size = {"width": 703, "height": 900, "deviceScaleFactor": 1, "mobile": False}  # A4 less its margins
    try:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get((tmp_path / "page.html").as_uri())
        lines = js(driver, """Array.from(document.querySelectorAll("#communes-table td:nth-child(3)"), c => {
          const range = document.createRange();
          range.selectNodeContents(c);
          return [c.textContent, range.getClientRects().length];
        })""")  # fmt: skip
        headers = js(driver, "document.querySelector('#communes-table thead tr').textContent")
        assert js(driver, "document.documentElement.scrollWidth") <= 703
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert ["CC Commentry Montmarault Néris Communauté", 2] in lines
    assert max(count for _, count in lines) == 2
    assert "Possible" not in headers


def test_a_hostile_name_runs_nothing(driver, tmp_path):
    path = tmp_path / "structures.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["nom", "type", "code_insee", "communes_desservies"])
        writer.writerow(["<script>alert(1)</script>", "CS", "03185", "03185"])
        writer.writerow(["</script><img src=http://127.0.0.1:9/x onerror=alert(2)>", "EVS", "03185", "03185"])
    page = tmp_path / "page.html"
    write_html(build_report(find_territory_name("allier"), files=Files(structures=path)), page)
    driver.get_log("browser")
    driver.get(page.as_uri())
    css(driver, "#search").send_keys("03185\n")  # an alert would stop here
    assert "<script>alert(1)</script> (CS)" in panel(driver)
    assert js(driver, "document.querySelectorAll('img').length") == 0
    assert js(driver, "document.scripts.length") == 2
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("territory", ["lozere", "974"])
def test_a_territory_without_an_inventory_opens_without_an_error(driver, tmp_path, territory):
    path = tmp_path / "page.html"
    write_html(build_report(find_territory_name(territory)), path)
    driver.get_log("browser")
    driver.get(path.as_uri())
    js(driver, "document.querySelector('#communes-table tbody button').click()")
    assert "inventaire inconnu" in panel(driver)
    assert not css(driver, "input[value=structures]").is_displayed()  # nothing to show: no switch
    assert driver.get_log("browser") == []


def test_a_page_without_a_map_sorts_and_filters_all_the_same(driver, tmp_path, allier, monkeypatch):
    from avs_coverage.reports import map_content

    monkeypatch.setattr(map_content, "MAX_COMMUNES", 10)
    path = tmp_path / "page.html"
    write_html(allier, path)
    driver.get_log("browser")
    driver.get(path.as_uri())
    css(driver, "#communes-table th:nth-child(4) button").click()
    css(driver, "#communes-filter").send_keys("vichy")
    assert css(driver, "#communes-count").text.endswith("communes sur 317")
    assert driver.get_log("browser") == []
