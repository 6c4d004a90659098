"""Screens kept as files: what a user sees, at 80 and 160 columns.

After a wanted change: AVS_UPDATE_GOLDEN=1 pytest tests/test_screens.py, then read the difference.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.report_page import report_document
from avs_coverage.reports.terminal import print_document

GOLDEN = Path(__file__).parent / "golden"


def screen(territory: str, width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    print_document(report_document(build_report(find_territory_name(territory))), console)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("territory", ["allier", "lozere"])
def test_the_screen_is_the_one_that_was_read_and_approved(territory, width):
    shown = screen(territory, width)
    path = GOLDEN / f"report_{territory}_{width}.txt"
    if os.environ.get("AVS_UPDATE_GOLDEN"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
def test_no_line_is_wider_than_the_screen_and_no_number_is_cut(width, allier):
    lines = screen("allier", width).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    spaces = "\N{NARROW NO-BREAK SPACE}"
    for number in ("333 298", "224 840", "7 379,4", "5 810,3", "33 641"):
        assert number.replace(" ", spaces) in text, number
