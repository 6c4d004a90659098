"""Command ``explain``: why a commune, a QPV or a structure is covered, covers, or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

import typer

from avs_coverage.commands.options import CoverageOptions, JsonOption, make_report, with_options

SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="COMMUNE|QPV|STRUCTURE",
        show_default=False,
        help="Commune (nom ou code INSEE), QPV (nom ou code) ou structure (nom ou identifiant) ; "
        "commune:, qpv: ou structure: devant le nom dit laquelle des trois.",
    ),
]


@dataclass(frozen=True)
class ExplainOptions(CoverageOptions):
    """The options of a coverage, and what is to be explained: the second argument."""

    subject: SubjectArgument = field(kw_only=True)


@with_options
def explain(study: ExplainOptions, json: JsonOption = False) -> None:
    """Pourquoi une commune, un QPV ou une structure est couverte ou non, et ce qui le changerait."""
    from avs_coverage.explain import SCHEMA_NAME, SCHEMA_VERSION, Explainer
    from avs_coverage.subject import find_subject

    if not (study.rule or study.radius):
        study = replace(study, rule=",".join(_rules(study.territory)))
    report = make_report(study, several=True)
    coverage = report.coverage
    named = find_subject(study.subject, coverage.territory, coverage.inventory, coverage.on)
    found = Explainer(report).explain(named)
    if json:
        from avs_coverage.commands.streams import print_json

        print_json(
            {
                "schema": SCHEMA_NAME,
                "version": SCHEMA_VERSION,
                **report.stamp,
                "couches_utilisateur": list(report.stamp["couches_utilisateur"]),
                "nature": found.kind,
                "explication": found.to_record(),
                **report.warnings_record,
            }
        )
        return
    from avs_coverage.reports.explain_page import explain_document
    from avs_coverage.reports.terminal import make_console, print_document

    print_document(explain_document(report, found), make_console())


def _rules(territory: str) -> list[str]:
    """Return the rules where none is typed: that of the study folder first, then the usual four."""
    from avs_coverage.explain import DEFAULT_RULES
    from avs_coverage.rules import split_rules
    from avs_coverage.study import looks_like_folder, read_study

    own = split_rules(read_study(territory).rule) if looks_like_folder(territory) else ()
    return list(dict.fromkeys((*own, *DEFAULT_RULES)))
