"""The page of an explanation: sentences in plain French, made to be read aloud."""

from __future__ import annotations

from avs_coverage.explain import CommuneExplanation, Explanation, QpvExplanation
from avs_coverage.messages import CAVEAT
from avs_coverage.report import Report
from avs_coverage.reports.document import Document, Paragraph, Section
from avs_coverage.reports.explain_commune import commune_sections


def explain_document(report: Report, found: Explanation) -> Document:
    """Return the page that explains a commune, a QPV or a structure."""
    if isinstance(found, CommuneExplanation):
        name, sections = f"{found.name} ({found.code})", commune_sections(report, found)
    elif isinstance(found, QpvExplanation):
        from avs_coverage.reports.explain_quarter import quarter_sections

        name, sections = f"{found.qpv.name} ({found.qpv.code})", quarter_sections(report, found)
    else:
        from avs_coverage.reports.explain_structure import structure_sections

        name, sections = found.structure.name, structure_sections(report, found)
    shown = [section for section in (*sections, _cautions(report)) if section.blocks]
    return Document(f"{name} — {report.label}", tuple(shown))


def _cautions(report: Report) -> Section:
    """Return what must be known before the answer is repeated."""
    # What bounds a majorant of inhabitants says nothing of one commune.
    about_figures = {
        text
        for one in (report, *report.beside)
        if one.coverage.rule.name == "declared"
        for text in one.coverage.rule.caveats(one.coverage)
    }
    texts = [text for text in report.warnings if text not in about_figures]
    if report.coverage.inventory.include_unconfirmed:
        texts.append("Les structures « à confirmer » sont comptées (--include-unconfirmed).")
    return Section("Précautions", tuple(Paragraph(text, True) for text in (*texts, CAVEAT)))
