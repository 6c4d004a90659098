"""Rules of coverage: each says which structure covers which commune, and how surely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure
    from avs_coverage.loaders.travel_times import TravelTimes
    from avs_coverage.territory import Territory

RULE_NAMES = ("declared", "implantation", "radius:5km", "travel-time:15min")
"""The rules as a user types them; the last two take any distance and any duration."""

Link = tuple[str, str, float, bool, str]
"""Structure, commune, share of its inhabitants, certain or possible, basis."""

SEAT, DEDUCED_SEAT = "siege", "siege_deduit"
BASES = (
    SEAT, DEDUCED_SEAT, "zone_complete", "zone_partielle", "zone_estimee", "zone_inconnue", "epci",
    "commune_voisine", "distance", "distance_approchee", "distance_possible", "duree", "duree_estimee",
    "duree_approchee", "duree_possible", "duree_inconnue",
)  # fmt: skip
"""Why a structure covers a commune, or may: each has its words in the explanations and the documents."""

NOT_FIRM = (DEDUCED_SEAT, "distance_approchee", "duree_approchee")
"""The bases of certain links on which the figure rests and its minorant does not."""


def seat_basis(structure: Structure) -> str:
    """Return the basis of a structure's link to the commune of its seat."""
    return DEDUCED_SEAT if structure.is_seat_deduced else SEAT


@dataclass(frozen=True)
class Links:
    """What a rule gives: links, and the shares of inhabitants where a commune may be covered in part.

    *table*: see ``link_table``. *reached*, None where a link covers the whole commune: index
    commune code; ``cs, evs, avs, multiple`` (float, 0–1), the exact share of inhabitants reached by
    a CS, an EVS, either, two structures or more; ``siege_cs, siege_evs`` (bool), a structure sits in
    it. *at_least* and *at_most* are the same table wherever in their communes the structures without
    coordinates are; the same object as *reached* where every structure has its point.
    A commune is covered from *commune_share* on.
    """

    table: pd.DataFrame
    reached: pd.DataFrame | None = None
    commune_share: float = 1.0
    at_least: pd.DataFrame | None = None
    at_most: pd.DataFrame | None = None


class Rule(Protocol):
    """A rule of coverage.

    *name* is that of its family; *label* and *definition* say it in French. *hypothesis* is what
    its possible links suppose, empty where all its links are certain. *typed* is how a user writes
    it; *unlocated_reason* says what is not known of a structure that it does not locate.
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
    @property
    def typed(self) -> str: ...  # noqa: D102
    @property
    def unlocated_reason(self) -> str: ...  # noqa: D102

    def links(self, territory: Territory, inventory: Inventory, on: date) -> Links:
        """Return what the rule gives for the structures that count at a date."""
        ...

    def locates(self, structure: Structure) -> bool:
        """Tell whether enough is known of a structure for the rule to say what it covers."""
        ...

    def caveats(self, coverage: Coverage) -> list[str]:
        """Return what must be known before its figures are quoted, in French sentences."""
        ...


def link_table(links: Iterable[Link]) -> pd.DataFrame:
    """Return links as a table, one row for each pair of structure and commune.

    Columns: ``structure`` (id) and ``commune`` (code), str; ``share`` of the commune's
    inhabitants covered, 0–1; ``certain`` (bool), or merely possible; ``basis`` (str), one of
    ``BASES``; ``firm`` (bool): certain, and resting on no place that is deduced or not known to the
    metre. Raises ValueError for a basis that has no words.
    """
    columns = ("structure", "commune", "share", "certain", "basis")
    return checked_table(dict(zip(columns, map(list, zip(*links, strict=True)), strict=False)))


def checked_table(values: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table of ``link_table`` from its columns, none of them where there is no link."""
    columns = ["structure", "commune", "share", "certain", "basis"]
    # Without rows pandas would guess: no mask of `certain`, and for its version 2 codes that are numbers.
    kinds = {"structure": str, "commune": str, "share": float, "certain": bool, "basis": str}
    table = pd.DataFrame(values, columns=columns).astype(kinds)
    if foreign := set(table["basis"]) - set(BASES):
        raise ValueError(f"links of an unknown basis: {sorted(foreign)}")
    table["firm"] = table["certain"] & ~table["basis"].isin(NOT_FIRM)
    return table


@dataclass(frozen=True)
class RuleSettings:
    """What the rules with a distance or a duration need besides.

    *population_by* is ``chef-lieu``, ``grid`` or ``area``; *commune_share* the share of inhabitants
    from which a commune is covered; *travel_times* a matrix, None to estimate durations.
    """

    population_by: str = "chef-lieu"
    commune_share: float = 0.5
    travel_times: TravelTimes | None = None


DEFAULT_SETTINGS = RuleSettings()


def get_rule(text: str, settings: RuleSettings = DEFAULT_SETTINGS) -> Rule:
    """Return a rule by what a user types; raises UsageError: AVS-202 unknown, AVS-214 its threshold."""
    name, _, threshold = text.strip().lower().partition(":")
    if name == "radius":
        radius_m = _measured(threshold, r"([0-9]+(?:[.,][0-9]+)?)\s*(km|m)", {"km": 1000.0, "m": 1.0})
        _require(text, radius_m, "radius:5km ou radius:500m")
        from avs_coverage.rules.radius import Radius

        return Radius(radius_m, settings.population_by, settings.commune_share)
    if name == "travel-time":
        minutes = _measured(threshold, r"([0-9]+(?:[.,][0-9]+)?)\s*(min|h)", {"min": 1.0, "h": 60.0})
        _require(text, minutes, "travel-time:15min ou travel-time:1h")
        from avs_coverage.rules.travel_time import TravelTime

        return TravelTime(minutes, settings.travel_times)
    from avs_coverage.rules.declared import Declared
    from avs_coverage.rules.implantation import Implantation

    rules: tuple[Rule, ...] = (Declared(), Implantation())
    for rule in rules:
        if rule.name == name and not threshold:
            return rule
    raise UsageError(Fault("AVS-202", {"value": text, "choices": ", ".join(RULE_NAMES)}))


def _measured(text: str, pattern: str, units: dict[str, float]) -> float:
    match = re.fullmatch(pattern, text.strip())
    # By decimals: as floats, 1.001 km are less than 1001 m.
    return float(Decimal(match[1].replace(",", ".")) * Decimal(units[match[2]])) if match else 0.0


def _require(text: str, threshold: float, choices: str) -> None:
    if threshold <= 0:
        raise UsageError(Fault("AVS-214", {"value": text, "choices": choices}))


def split_rules(text: str, radius: str = "") -> tuple[str, ...]:
    """Return the rules of a list typed, and those of ``--radius 2km,5km``.

    A comma between two figures is a decimal one. Raises UsageError (AVS-202) for a list of nothing.

    >>> split_rules("declared, radius:5km", "2,5km,10km")
    ('declared', 'radius:5km', 'radius:2.5km', 'radius:10km')
    """
    rules = _parts(text) + [f"radius:{part}" for part in _parts(radius)]
    if (text or radius) and not rules:
        raise UsageError(Fault("AVS-202", {"value": text or radius, "choices": ", ".join(RULE_NAMES)}))
    return tuple(dict.fromkeys(rules))


def _parts(text: str) -> list[str]:
    # « 2,5km » is a number with its unit; « 2km,5km » are two.
    return [part.strip() for part in re.sub(r"\b([0-9]+),([0-9])", r"\1.\2", text).split(",") if part.strip()]
