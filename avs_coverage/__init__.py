"""Coverage of a territory by centres sociaux (CS) and espaces de vie sociale (EVS).

>>> from avs_coverage import Territory
>>> allier = Territory.find("allier")
>>> len(allier.communes), int(allier.communes["population"].sum())
(317, 333298)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Names are fetched when first used: `avs-coverage --help` must import neither pandas nor geopandas.
_EXPORTS = {
    "AccessSummary": "access",
    "Audit": "audit",
    "AuditError": "errors",
    "AvsError": "errors",
    "Change": "changes",
    "CommuneAccess": "access",
    "Contribution": "contributions",
    "Coverage": "coverage",
    "EpciCoverage": "epci",
    "Explainer": "explain",
    "Fault": "faults",
    "Figure": "figure",
    "Files": "study",
    "Group": "groups",
    "InputError": "errors",
    "Inventory": "inventory",
    "OutputError": "errors",
    "PublishedFigure": "published_figures",
    "Qpv": "qpv",
    "Report": "report",
    "RuleOptions": "study",
    "RuleSettings": "rules",
    "Side": "compare",
    "SideBySide": "compare",
    "Structure": "inventory",
    "Subject": "subject",
    "Supply": "supply",
    "Territory": "territory",
    "TerritoryError": "errors",
    "UsageError": "errors",
    "Year": "history",
    "Zone": "gaps",
    "audit_figures": "audit",
    "build_report": "build",
    "by_epci": "epci",
    "by_group": "groups",
    "by_multiplicity": "multiplicity",
    "communes_access": "access",
    "communes_access_by_time": "access",
    "communes_supply": "supply",
    "compare_reports": "compare",
    "coverage_changes": "changes",
    "coverage_history": "history",
    "declared_populations": "zone_populations",
    "embedded_inventory": "build",
    "find_subject": "subject",
    "find_territory_name": "territory_names",
    "get_rule": "rules",
    "grouping": "groups",
    "load_structures": "loaders.structures",
    "locate": "qpv_location",
    "official_qpv": "qpv",
    "ranked_by": "gaps",
    "read_boundaries_file": "loaders.boundaries",
    "read_figures": "loaders.figures",
    "read_grid": "loaders.grid",
    "read_indicators": "loaders.indicators",
    "read_populations": "loaders.populations",
    "read_quarters": "loaders.quarters",
    "read_travel_times": "loaders.travel_times",
    "split_rules": "rules",
    "structure_contributions": "contributions",
    "summarise_access": "access",
    "two_step": "supply",
    "zones": "gaps",
}
__all__ = [
    "AccessSummary",
    "Audit",
    "AuditError",
    "AvsError",
    "Change",
    "CommuneAccess",
    "Contribution",
    "Coverage",
    "EpciCoverage",
    "Explainer",
    "Fault",
    "Figure",
    "Files",
    "Group",
    "InputError",
    "Inventory",
    "OutputError",
    "PublishedFigure",
    "Qpv",
    "Report",
    "RuleOptions",
    "RuleSettings",
    "Side",
    "SideBySide",
    "Structure",
    "Subject",
    "Supply",
    "Territory",
    "TerritoryError",
    "UsageError",
    "Year",
    "Zone",
    "__version__",
    "audit_figures",
    "build_report",
    "by_epci",
    "by_group",
    "by_multiplicity",
    "communes_access",
    "communes_access_by_time",
    "communes_supply",
    "compare_reports",
    "coverage_changes",
    "coverage_history",
    "declared_populations",
    "embedded_inventory",
    "find_subject",
    "find_territory_name",
    "get_rule",
    "grouping",
    "load_structures",
    "locate",
    "official_qpv",
    "ranked_by",
    "read_boundaries_file",
    "read_figures",
    "read_grid",
    "read_indicators",
    "read_populations",
    "read_quarters",
    "read_travel_times",
    "split_rules",
    "structure_contributions",
    "summarise_access",
    "two_step",
    "zones",
]

if TYPE_CHECKING:
    from avs_coverage.access import (
        AccessSummary,
        CommuneAccess,
        communes_access,
        communes_access_by_time,
        summarise_access,
    )
    from avs_coverage.audit import Audit, audit_figures
    from avs_coverage.build import build_report, embedded_inventory
    from avs_coverage.changes import Change, coverage_changes
    from avs_coverage.compare import Side, SideBySide, compare_reports
    from avs_coverage.contributions import Contribution, structure_contributions
    from avs_coverage.coverage import Coverage
    from avs_coverage.epci import EpciCoverage, by_epci
    from avs_coverage.errors import (
        AuditError,
        AvsError,
        InputError,
        OutputError,
        TerritoryError,
        UsageError,
    )
    from avs_coverage.explain import Explainer
    from avs_coverage.faults import Fault
    from avs_coverage.figure import Figure
    from avs_coverage.gaps import Zone, ranked_by, zones
    from avs_coverage.groups import Group, by_group, grouping
    from avs_coverage.history import Year, coverage_history
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.loaders.boundaries import read_boundaries_file
    from avs_coverage.loaders.figures import read_figures
    from avs_coverage.loaders.grid import read_grid
    from avs_coverage.loaders.indicators import read_indicators
    from avs_coverage.loaders.populations import read_populations
    from avs_coverage.loaders.quarters import read_quarters
    from avs_coverage.loaders.structures import load_structures
    from avs_coverage.loaders.travel_times import read_travel_times
    from avs_coverage.multiplicity import by_multiplicity
    from avs_coverage.published_figures import PublishedFigure
    from avs_coverage.qpv import Qpv, official_qpv
    from avs_coverage.qpv_location import locate
    from avs_coverage.report import Report
    from avs_coverage.rules import RuleSettings, get_rule, split_rules
    from avs_coverage.study import Files, RuleOptions
    from avs_coverage.subject import Subject, find_subject
    from avs_coverage.supply import Supply, communes_supply, two_step
    from avs_coverage.territory import Territory
    from avs_coverage.territory_names import find_territory_name
    from avs_coverage.zone_populations import declared_populations


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
