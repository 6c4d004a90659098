"""Figures of one's own, and what an audit says of them."""

from __future__ import annotations

import io
import re

from rich.console import Console

from avs_coverage import audit_figures, build_report, find_territory_name
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.reports.audit_page import audit_document
from avs_coverage.reports.terminal import print_document


def own(code, text, year=2022, qualifier="egal", definition="", source="essai"):
    kind = INDICATORS[code]
    given = f"essai, {code} {text} {year}"
    return PublishedFigure(
        code, kind.label, year, "", qualifier, text, kind.unit, definition, source, "", given
    )


def audited(territory, *figures, **more):
    return audit_figures(build_report(find_territory_name(territory), **more), figures)


def rows(audit):
    return {(row.figure.code, row.figure.year): row for row in audit.rows}


def codes(conflict):
    return [sorted(f"{figure.code} {figure.text}" for figure in one) for one in conflict.sets]


def screen(audit, territory, width=400):
    stream = io.StringIO()
    report = build_report(find_territory_name(territory))
    print_document(audit_document(report, audit), Console(file=stream, width=width))
    return re.sub("[\u202f\xa0]", " ", stream.getvalue())


def conflicts(*figures, territory="creuse"):
    return [(found.theme, codes(found)) for found in audited(territory, *figures).conflicts]
