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
    "AvsError": "errors",
    "Coverage": "coverage",
    "Fault": "faults",
    "Files": "study",
    "Figure": "coverage",
    "InputError": "errors",
    "Inventory": "inventory",
    "OutputError": "errors",
    "Report": "report",
    "Structure": "inventory",
    "Territory": "territory",
    "TerritoryError": "errors",
    "UsageError": "errors",
    "build_report": "build",
    "embedded_inventory": "build",
    "find_territory_name": "territory_names",
    "get_rule": "rules",
    "load_structures": "loaders.structures",
}
__all__ = [
    "AvsError",
    "Coverage",
    "Fault",
    "Figure",
    "Files",
    "InputError",
    "Inventory",
    "OutputError",
    "Report",
    "Structure",
    "Territory",
    "TerritoryError",
    "UsageError",
    "__version__",
    "build_report",
    "embedded_inventory",
    "find_territory_name",
    "get_rule",
    "load_structures",
]

if TYPE_CHECKING:
    from avs_coverage.build import build_report, embedded_inventory
    from avs_coverage.coverage import Coverage, Figure
    from avs_coverage.errors import AvsError, InputError, OutputError, TerritoryError, UsageError
    from avs_coverage.faults import Fault
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.loaders.structures import load_structures
    from avs_coverage.report import Report
    from avs_coverage.rules import get_rule
    from avs_coverage.study import Files
    from avs_coverage.territory import Territory
    from avs_coverage.territory_names import find_territory_name


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
