"""The colours of the HTML report, computed from its style sheet: read by everyone, and in grey."""

from __future__ import annotations

import itertools
import re
from datetime import date

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.html_map import STATUS_CLASSES
from avs_coverage.reports.html_report import html_page
from avs_coverage.reports.palette import INK, QPV_COLOUR, STATUS_COLOURS
from tests.html_page import read_page


@pytest.fixture(scope="module")
def page(allier):
    return read_page(html_page(allier))


@pytest.fixture(scope="module")
def colours(page):
    style = page.all("style")[0].text
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", style))


def luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("text", "back"), ("text", "soft"), ("text", "warn-back"), ("text", "chosen"), ("quiet", "back"),
        ("quiet", "soft"), ("link", "back"), ("link", "chosen"), ("banner-text", "banner-back"),
        ("banner-back", "back"), ("quiet", "chosen"),
    ],
)  # fmt: skip
def test_text_is_read_by_everyone(colours, text, back):
    assert contrast(colours[text], colours[back]) >= 4.5


@pytest.mark.parametrize(
    ("mark", "back"),
    [("focus", "back"), ("focus", "soft"), ("strong-line", "back"), ("zone", "casing"), ("mark", "casing"),
     ("qpv", "casing"), ("border", "none"), ("focus", "evs"), ("focus", "none")],
)  # fmt: skip
def test_lines_and_signs_are_seen(colours, mark, back):
    assert contrast(colours[mark], colours[back]) >= (1.9 if back == "evs" else 3)


@pytest.mark.parametrize("scale", [("none", "evs", "cs", "both"), ("none", "one", "many")])
def test_fills_differ_in_lightness_so_that_grey_tells_them_apart(colours, scale):
    for light, dark in itertools.pairwise(scale):
        assert luminance(colours[light]) > luminance(colours[dark])
        assert contrast(colours[light], colours[dark]) >= 2.3, (light, dark)


def test_the_page_has_the_colours_of_the_printed_map(colours):
    drawn = {status: colours[name] for status, name in STATUS_CLASSES.items() if status}
    assert drawn == {status: colour for status, colour in STATUS_COLOURS.items() if status}
    assert colours["qpv"] == QPV_COLOUR
    assert colours["zone"] == colours["mark"] == INK


def test_what_is_drawn_over_any_fill_is_within_a_white_casing(page):
    """Over a commune of its own lightness, a line is seen against its casing."""
    today = read_page(html_page(build_report(find_territory_name("allier"), on=date(2024, 6, 1))))
    style = page.all("style")[0].text

    def width(name):
        return float(re.search(rf"^\.{name} {{[^}}]*stroke-width: ([\d.]+)", style, re.MULTILINE)[1])

    for line, casing in (("zone", "casing"), ("perimeter", "halo")):
        assert re.search(rf"^\.{casing} {{ stroke: var\(--casing\)", style, re.MULTILINE)
        assert width(casing) >= width(line) + 3
    cased = [
        [under.attributes["d"] for under, over in itertools.pairwise(layer.children)
         if kinds == (under.attributes["class"], over.attributes["class"])
         and under.attributes["d"] == over.attributes["d"]]
        for layer, kinds in ((today.one("layer-qpv"), ("halo", "perimeter")),
                             (today.one("layer-zones"), ("casing", "zone")))
    ]  # fmt: skip
    outlines = [today.one(f"layer-{name}").all("path") for name in ("qpv", "zones")]
    for found, paths_, name in zip(cased, outlines, ("perimeter", "zone"), strict=True):
        assert len(found) == len([one for one in paths_ if name in one.classes]) > 0
    marks = [*today.one("layer-qpv").children, *today.one("layer-structures").children]
    for mark in (one for one in marks if one.tag == "g"):
        assert mark.all("path")[0].classes == {"rim"}
