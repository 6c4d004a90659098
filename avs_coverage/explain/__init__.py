"""Why a commune, a QPV or a structure is covered, covers, or not: only what the tables already say.

Everything comes from the coverages and views of one report, so that an explanation cannot say
otherwise than they do; the sentences are made in ``reports/explain_page.py``.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from avs_coverage.explain.commune import CommuneByRule, CommuneExplainer, CommuneExplanation
from avs_coverage.explain.context import RuleContext, Tie, neighbours_of
from avs_coverage.explain.quarter import QpvExplanation, explain_quarter
from avs_coverage.explain.structure import StructureByRule, StructureExplanation, explain_structure
from avs_coverage.subject import COMMUNE, QPV, Subject

if TYPE_CHECKING:
    from avs_coverage.report import Report

DEFAULT_RULES = ("declared", "implantation", "radius:5km", "travel-time:15min")
SCHEMA_NAME, SCHEMA_VERSION = "avs-coverage/explain", 3
Explanation = CommuneExplanation | QpvExplanation | StructureExplanation

__all__ = [
    "DEFAULT_RULES",
    "CommuneByRule",
    "CommuneExplanation",
    "Explainer",
    "Explanation",
    "QpvExplanation",
    "StructureByRule",
    "StructureExplanation",
    "Tie",
]


class Explainer:
    """Explains any commune, QPV or structure of a report, under each of its rules.

    What explanations share is computed once: to explain all the communes of a département takes
    about as long as to explain one.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        neighbours = neighbours_of(report.coverage.territory)
        self.contexts = tuple(RuleContext(one, neighbours) for one in (report, *report.beside))

    @cached_property
    def _communes(self) -> CommuneExplainer:
        return CommuneExplainer(self.report, self.contexts)

    def commune(self, code: str, former: str = "") -> CommuneExplanation:
        """Return why a commune of the territory is covered or not; raises KeyError for another code."""
        return self._communes.explain(code, former)

    def quarter(self, code: str) -> QpvExplanation:
        """Return whether a structure serves a quarter of the territory."""
        return explain_quarter(self.report, self._communes, code)

    def structure(self, id: str) -> StructureExplanation:
        """Return what a structure of the list covers, and whether it counts."""
        return explain_structure(self.report, self.contexts, id)

    def explain(self, subject: Subject) -> Explanation:
        """Return the explanation of what ``find_subject`` found."""
        if subject.kind == COMMUNE:
            return self.commune(subject.code, subject.former)
        return self.quarter(subject.code) if subject.kind == QPV else self.structure(subject.code)
