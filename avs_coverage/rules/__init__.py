"""Rules of coverage: each says which structure covers which commune, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.territory import Territory

RULE_NAMES = ("declared", "implantation")

Link = tuple[str, str, float, bool, str]


class Rule(Protocol):
    """A rule of coverage.

    *name* is what a user types; *label* and *definition* say it in French. *hypothesis* is what
    its possible links suppose, empty where all its links are certain.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> dict[str, float | str]: ...  # noqa: D102
    @property
    def definition(self) -> str: ...  # noqa: D102
    @property
    def hypothesis(self) -> str: ...  # noqa: D102

    def links(self, territory: Territory, inventory: Inventory, on: date) -> pd.DataFrame:
        """Return the link table, see ``link_table``."""
        ...

    def locates(self, structure: Structure) -> bool:
        """Tell whether enough is known of a structure for the rule to say what it covers."""
        ...


def link_table(links: Iterable[Link]) -> pd.DataFrame:
    """Return links as a table, one row for each pair of structure and commune.

    Columns: ``structure`` (id) and ``commune`` (code), str; ``share`` of the commune's
    inhabitants covered, 0–1; ``certain`` (bool), or merely possible; ``basis`` (str).
    """
    columns = ["structure", "commune", "share", "certain", "basis"]
    # Without rows pandas would make every column one of objects, and no mask of `certain`.
    return pd.DataFrame(list(links), columns=columns).astype({"share": float, "certain": bool})


def get_rule(name: str) -> Rule:
    """Return a rule by its name; raises UsageError (AVS-202)."""
    from avs_coverage.rules.declared import Declared
    from avs_coverage.rules.implantation import Implantation

    rules: tuple[Rule, ...] = (Declared(), Implantation())
    for rule in rules:
        if rule.name == name.strip().lower():
            return rule
    raise UsageError(Fault("AVS-202", {"value": name, "choices": ", ".join(RULE_NAMES)}))
