"""The page of an explanation: sentences in plain French, made to be read aloud."""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.coverage import Coverage
from avs_coverage.explain import CommuneExplanation, Explanation, QpvExplanation
from avs_coverage.messages import CAVEAT, enumeration
from avs_coverage.report import Report
from avs_coverage.reports.document import Document, Paragraph, Section
from avs_coverage.reports.explain_commune import commune_sections
from avs_coverage.reports.explain_words import named
from avs_coverage.rules.caveats import coarse_points

_ABOUT_AREAS, _ABOUT_SEATS = "Superficie non connue", "Siège déduit"
"""How the report's warnings begin that say nothing of a page, or that the page says for itself."""


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
    shown = [section for section in (*sections, _cautions(report, found, sections)) if section.blocks]
    return Document(f"{name} — {report.label}", tuple(shown))


def _cautions(report: Report, found: Explanation, sections: Sequence[Section]) -> Section:
    """Return what must be known before this answer is repeated: what concerns other pages is left out."""
    coverages = [one.coverage for one in (report, *report.beside)]
    of_rules = {text for one in coverages for text in one.rule.caveats(one)}
    kept = {text for rank, one in enumerate(coverages) for text in _caveats(found, rank, one)}
    elsewhere = (_ABOUT_AREAS, _ABOUT_SEATS)
    texts = [
        text
        for text in report.warnings
        if (text in kept or text not in of_rules) and not text.startswith(elsewhere)
    ]
    texts += _deduced(report, sections)
    if report.coverage.inventory.include_unconfirmed:
        texts.append("Les structures « à confirmer » sont comptées (--include-unconfirmed).")
    return Section("Précautions", tuple(Paragraph(text, True) for text in (*texts, CAVEAT)))


def _caveats(found: Explanation, rank: int, coverage: Coverage) -> list[str]:
    """Return the caveats of a rule that concern the distances and durations of the page."""
    # What bounds a majorant of inhabitants says nothing of one commune.
    if coverage.rule.name == "declared":
        return []
    caveats = coverage.rule.caveats(coverage)
    if {"temps", "osrm"} & coverage.rule.parameters.keys():
        return caveats
    if isinstance(found, QpvExplanation):  # it shows verdicts, which say themselves what is estimated
        return []
    if isinstance(found, CommuneExplanation):
        one = found.rules[rank]
        nearest, is_timed = one.nearest if found.is_known else None, one.minutes is not None
        ties = one.ties if found.is_known else ()
    else:
        nearest, is_timed = None, False
        ties = found.rules[rank].ties if found.is_counted else ()
    measured = [tie for tie in ties if tie.basis.startswith(("distance", "duree"))]
    placed = [tie.structure for tie in measured] + ([nearest] if nearest else [])
    kept = coarse_points(coverage) if any(not s.has_point for s in placed) else []
    if measured or is_timed:
        kept += [text for text in caveats if text not in coarse_points(coverage)]
    return kept


def _deduced(report: Report, sections: Sequence[Section]) -> list[str]:
    """Say which of the structures that the page names have a seat that is only deduced."""
    said = "\n".join(block.text for s in sections for block in s.blocks if isinstance(block, Paragraph))
    structures = report.coverage.inventory.structures
    names = [named(s) for s in structures if s.is_seat_deduced and named(s) in said]
    return [f"Siège déduit et non établi pour {enumeration(names)}."] if names else []
