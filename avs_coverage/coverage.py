"""Coverage of a territory by one rule at one date, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from avs_coverage.figure import MEASURES, Figure, Number
from avs_coverage.inventory import Inventory

if TYPE_CHECKING:
    from avs_coverage.indicators import Indicator
    from avs_coverage.rules import Links, Rule
    from avs_coverage.territory import Territory
    from avs_coverage.zone_populations import Limits

BoolArray = np.ndarray[Any, np.dtype[np.bool_]]
Amounts = np.ndarray[Any, Any]
Level = Literal["firm", "certain", "any"]
"""Links on which a minorant rests, a figure, a majorant: each level holds those before it."""
_ROUNDING = 1e-9
"""What a sum of shares may lose: a commune half of whose inhabitants are reached is covered."""


@dataclass(frozen=True)
class Coverage:
    """The links of one rule at one date, over one territory."""

    territory: Territory
    inventory: Inventory
    rule: Rule
    on: date
    found: Links

    @classmethod
    def compute(cls, territory: Territory, inventory: Inventory, rule: Rule, on: date) -> Coverage:
        """Apply a rule; nothing firm rests on a structure that may not be open that day."""
        inventory = inventory.by_id()
        found = rule.links(territory, inventory, on)
        if unsure := [structure.id for structure in inventory.counted(on) if structure.unsure]:
            found.table["firm"] &= ~found.table["structure"].isin(unsure)
        return cls(territory, inventory, rule, on, found)

    @property
    def links(self) -> pd.DataFrame:
        """Return the link table, see ``rules.link_table``."""
        return self.found.table

    @cached_property
    def known(self) -> BoolArray:
        """Tell, for each commune, whether an inventory stands for its département."""
        departements = self.territory.communes["departement"]
        return np.asarray(departements.isin(self.inventory.departements), dtype=bool)

    @cached_property
    def linked(self) -> frozenset[str]:
        """Return the ids of the structures that have a link, certain or possible."""
        return frozenset(self.links["structure"].unique().tolist())

    @cached_property
    def link_ranks(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the rank, among the communes of the territory, of that of each link."""
        return self.territory.ranks(self.links["commune"])

    @cached_property
    def _counts(self) -> dict[tuple[str, Level], np.ndarray[Any, np.dtype[np.int64]]]:
        """Count, for each commune, the structures of a type: (type, level of the links) → counts."""
        types = {structure.id: structure.type for structure in self.inventory.structures}
        position = self.link_ranks
        kind = self.links["structure"].map(types).to_numpy(dtype=object)
        of_level: dict[Level, BoolArray] = {
            "firm": self.links["firm"].to_numpy(dtype=bool),
            "certain": self.links["certain"].to_numpy(dtype=bool),
            "any": np.ones(len(kind), dtype=bool),
        }
        size = len(self.territory.communes)
        return {
            (name, level): np.bincount(position[(kind == name) & chosen], minlength=size)
            for name in ("CS", "EVS")
            for level, chosen in of_level.items()
        }

    def covered(self, kind: str, level: Level = "certain") -> BoolArray:
        """Tell, for each commune, whether a structure covers it, by the links of a level.

        *kind* is ``CS``, ``EVS`` or ``AVS`` (either). Communes without an inventory are False.
        """
        if self.found.reached is not None:
            return self._reached(kind, level) & self.known
        if kind == "AVS":
            return self.covered("CS", level) | self.covered("EVS", level)
        return (self._counts[kind, level] > 0) & self.known

    def _reached(self, kind: str, level: Level) -> BoolArray:
        """Tell the communes with a seat, or of which enough inhabitants are reached."""
        covered = self._enough(kind.lower(), level)
        for name in ("cs", "evs"):
            if kind in ("AVS", name.upper()):
                covered |= self._reach(level)[f"siege_{name}"].to_numpy(bool)
        return covered

    def _enough(self, column: str, level: Level) -> BoolArray:
        """Tell the communes of which enough inhabitants are reached for the rule to cover them."""
        share = self._reach(level)[column].to_numpy(float)
        return np.asarray((share > 0) & (share >= self.found.commune_share - _ROUNDING))

    def _reach(self, level: Level) -> pd.DataFrame:
        """Return the shares of ``rules.Links`` at a level; no row where all or none are covered."""
        found = {"firm": self.found.at_least, "certain": self.found.reached, "any": self.found.at_most}[level]
        return pd.DataFrame() if found is None else found

    def inhabitants(self, kind: str, level: Level = "certain") -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the inhabitants of each commune that structures of a kind cover.

        *kind* is ``CS``, ``EVS``, ``AVS`` (either) or ``multiple`` (two structures or more). All or
        none where a link covers the whole commune; else the exact share, rounded to the nearest
        whole, so that covered and uncovered add up to the commune whatever the territory.
        """
        population = self.weights["habitants"]
        if self.found.reached is None:
            mask = self.several(level) if kind == "multiple" else self.covered(kind, level)
            return np.where(mask, population, 0)
        share = self._reach(level)[kind.lower()].to_numpy(float)
        return np.where(self.known, np.floor(population * share + 0.5), 0).astype(np.int64)

    def several(self, level: Level = "certain") -> BoolArray:
        """Tell, for each commune, whether two structures or more cover it."""
        if self.found.reached is not None:
            return self._enough("multiple", level) & self.known
        return (self._counts["CS", level] + self._counts["EVS", level] > 1) & self.known

    def status(self, level: Level = "certain") -> np.ndarray[Any, np.dtype[np.object_]]:
        """Return each commune's status: cs_seul, cs_et_evs, evs_seul, aucune, or empty if unknown."""
        cs, evs = self.covered("CS", level), self.covered("EVS", level)
        # Enough inhabitants may be reached by a CS or an EVS, and not by either alone: the EVS adds to it.
        evs |= self.covered("AVS", level) & ~cs
        names = np.array(["aucune", "evs_seul", "cs_seul", "cs_et_evs"], dtype=object)
        return np.where(self.known, names[2 * cs + evs], "")

    @cached_property
    def communes(self) -> pd.DataFrame:
        """Return one row a commune, under the column names that stay (see docs/formats.md).

        Index: commune code. ``statut`` is computed on certain links; ``statut_minorant`` on the
        firm ones; ``statut_majorant`` adds the possible ones. Counts and status are empty (NA, ``""``)
        where no inventory stands.
        """
        base = self.territory.communes
        frame = base[["nom", "departement", "epci", "nom_epci", "population", "superficie_km2"]].copy()
        frame["statut"] = self.status()
        for column, kind in (("nb_cs", "CS"), ("nb_evs", "EVS")):
            frame[column] = pd.array(self._counts[kind, "certain"], dtype="Int64")
            frame[column] = frame[column].where(self.known)
        frame["structures"] = self._ids(certain=True)
        frame["statut_minorant"] = self.status("firm")
        frame["statut_majorant"] = self.status("any")
        levels: dict[str, Level] = {"": "certain", "_minorant": "firm", "_majorant": "any"}
        for suffix, level in levels.items():
            column = f"habitants_couverts{suffix}"
            frame[column] = pd.array(self.inhabitants("AVS", level), dtype="Int64")
            frame[column] = frame[column].where(self.known)
        return frame

    def _ids(self, certain: bool) -> list[str]:
        """Return, for each commune, the ids of its structures, sorted and joined by ``|``."""
        ids: dict[str, list[str]] = {}
        links = self.links[self.links["certain"]] if certain else self.links
        columns = (links[name].to_numpy(dtype=object).tolist() for name in ("structure", "commune"))
        for structure, commune in zip(*columns, strict=True):
            ids.setdefault(commune, []).append(structure)
        joined = {commune: "|".join(sorted(found)) for commune, found in ids.items()}
        return [joined.get(code, "") for code in self.territory.communes.index.tolist()]

    @cached_property
    def possible_structures(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the structures, certain or possible, of each commune that has any."""
        found = zip(self.territory.communes.index, self._ids(certain=False), strict=True)
        return {str(code): tuple(ids.split("|")) for code, ids in found if ids}

    def figures(self, where: BoolArray | None = None) -> tuple[Figure, ...]:
        """Return every measure and status over the communes of *where*, known ones only.

        The figure rests on certain links. Minorant and majorant: for ``cs`` and ``avs``,
        firm links alone, then possible ones too; for ``aucune``, the complement of ``avs``;
        for ``evs_seul``, communes firmly served by an EVS and by no CS even possibly, then
        communes possibly served by an EVS and by no CS firmly.
        """
        if where is None:
            return self._figures
        return self.figures_by(np.where(where, 0, -1), 1)[0]

    @cached_property
    def _figures(self) -> tuple[Figure, ...]:
        return self.figures_by(np.zeros(len(self.known), dtype=np.int64), 1)[0]

    def figures_by(self, group: Amounts, count: int) -> list[tuple[Figure, ...]]:
        """Return the figures of each of *count* groups, *group* being the rank of each commune's or -1."""
        scope = self.known & (group >= 0)
        place = group[scope]
        known = np.bincount(place, minlength=count)
        found: list[list[Figure]] = [[] for _ in range(count)]
        for measure in MEASURES:
            weights = self.weights[measure]
            for status, (figure, lower, upper) in self._all_parts[measure].items():
                columns = [_sums(v[scope], place, count) for v in (figure, weights, lower, upper)]
                if measure == "habitants" and self.limits is not None:
                    self._bound(columns, status, np.where(scope, group, -1), count)
                for rank in range(count):
                    values = [column[rank] for column in columns] if known[rank] else [None] * 4
                    found[rank].append(self._figure(measure, status, values))
        return [tuple(figures) for figures in found]

    @cached_property
    def limits(self) -> Limits | None:
        """What declared populations bound of the inhabitants possibly covered; None where they do not."""
        from avs_coverage.zone_populations import limits

        if self.rule.name != "declared" or self.links["certain"].all():
            return None
        return limits(self)

    def _bound(self, columns: list[list[Number]], status: str, group: Amounts, count: int) -> None:
        """Lower the majorant (for ``aucune``, raise the minorant) to what is declared, in place."""
        if self.limits is None:
            return
        shown = "avs" if status == "aucune" else status
        certain, _, upper = self._all_parts["habitants"][shown]
        kind = {"cs": "CS", "evs_seul": "EVS"}.get(shown, "AVS")
        if shown == "evs_seul":
            # An EVS that serves for sure is bounded by nothing where its CS is not firm.
            certain = self.weights["habitants"] * (self.covered("EVS") & ~self.covered("CS", "firm"))
        most = [int(v) for v in self.limits.upper(kind, certain, upper - certain, group, count)]
        if status == "aucune":
            columns[2] = [total - value for total, value in zip(columns[1], most, strict=True)]
        else:
            columns[3] = list(most)

    def amounts(self, measure: str, status: str) -> Amounts:
        """Return what each commune adds to a figure; 0 where no inventory stands for it."""
        return np.where(self.known, self._all_parts[measure][status][0], 0)

    @cached_property
    def _all_parts(self) -> dict[str, dict[str, tuple[Amounts, Amounts, Amounts]]]:
        return {measure: self._parts(measure) for measure in MEASURES}

    def _parts(self, measure: str) -> dict[str, tuple[Amounts, Amounts, Amounts]]:
        """Return, for each status, what each commune adds to the figure, the minorant and the majorant."""
        if measure == "habitants" and self.found.reached is not None:
            return self._people()
        weights = self.weights[measure]
        return {
            s: (weights * one, weights * low, weights * high) for s, (one, low, high) in self._masks.items()
        }

    def _people(self) -> dict[str, tuple[Amounts, Amounts, Amounts]]:
        """Return the same of inhabitants, where a commune may be covered in part."""
        levels: tuple[Level, ...] = ("certain", "firm", "any")
        cs, cs_low, cs_high = (self.inhabitants("CS", level) for level in levels)
        avs, avs_low, avs_high = (self.inhabitants("AVS", level) for level in levels)
        # Those whom an EVS alone reaches are not told apart point by point at the ends: bounds of bounds.
        only = np.maximum(avs_low - cs_high, 0)
        most = np.maximum(np.minimum(self.inhabitants("EVS", "any"), avs_high - cs_low), avs - cs)
        whole = self.weights["habitants"]
        return {
            "cs": (cs, cs_low, cs_high),
            "evs_seul": (avs - cs, only, most),
            "avs": (avs, avs_low, avs_high),
            "aucune": (whole - avs, whole - avs_high, whole - avs_low),
        }

    @cached_property
    def _masks(self) -> dict[str, tuple[BoolArray, BoolArray, BoolArray]]:
        """Return, for each status, the communes of the figure, of the minorant and of the majorant."""
        levels: tuple[Level, ...] = ("certain", "firm", "any")
        cs, cs_firm, cs_any = (self.covered("CS", level) for level in levels)
        avs, avs_firm, avs_any = (self.covered("AVS", level) for level in levels)
        evs_any = self.covered("EVS", "any")
        if (at_most := self.found.at_most) is not None:
            # An EVS that reaches some inhabitants may bring to the threshold what a CS nearly covers.
            evs_any = avs_any & ((at_most["evs"].to_numpy(float) > 0) | evs_any)
        return {
            "cs": (cs, cs_firm, cs_any),
            "evs_seul": (avs & ~cs, avs_firm & ~cs_any, evs_any & ~cs_firm),
            "avs": (avs, avs_firm, avs_any),
            "aucune": (~avs, ~avs_any, ~avs_firm),
        }

    def weighted(self, indicator: Indicator) -> tuple[Figure, ...]:
        """Return the figures of ``weighted_by`` over the territory."""
        return self.weighted_by(indicator, np.zeros(len(self.known), dtype=np.int64), 1)[0]

    def weighted_by(self, indicator: Indicator, group: Amounts, count: int) -> list[tuple[Figure, ...]]:
        """Return the figures of a count by commune in place of inhabitants, over the communes that know it.

        *group* is the rank of each commune's group of *count*, or -1. In a commune covered in part,
        the count is covered in the proportion of inhabitants. The *measure* of the figures is the
        indicator's name; numerators to 0.001, None in a group where no commune knows the count.
        """
        values = indicator.values.reindex(self.territory.communes.index).to_numpy(dtype=float)
        scope = self.known & np.isfinite(values) & (group >= 0)
        place = group[scope]
        known = np.bincount(place, minlength=count)
        population = self.weights["habitants"]
        found: list[list[Figure]] = [[] for _ in range(count)]
        for status, parts in self._all_parts["habitants"].items():
            # A commune without inhabitants is covered or not as a whole.
            shares = (
                np.where(population > 0, part / np.maximum(population, 1), mask)
                for part, mask in zip(parts, self._masks[status], strict=True)
            )
            figure, lower, upper = ((values * share)[scope] for share in shares)
            columns = [_sums(column, place, count) for column in (figure, values[scope], lower, upper)]
            for rank in range(count):
                sums = [column[rank] for column in columns] if known[rank] else [None] * 4
                found[rank].append(self._figure(indicator.name, status, sums))
        return [tuple(figures) for figures in found]

    def _figure(self, measure: str, status: str, values: list[Any]) -> Figure:
        numerator, denominator, lower, upper = values
        parameters = self.rule.parameters
        return Figure(self.rule.name, parameters, measure, status, numerator, denominator, lower, upper)

    def total(self, measure: str, where: BoolArray) -> Number:
        """Sum a measure over communes; km² to 0.001, a commune without an area adding nothing."""
        return _sum(self.weights[measure][where])

    def sum_known(self, values: Amounts) -> Number:
        """Sum values over the communes for which an inventory stands; whole numbers stay whole."""
        return _sum(values[self.known])

    def totals_by(self, measure: str, place: Amounts, count: int) -> list[Number]:
        """Sum a measure over the communes of each group, *place* being the rank of each commune's."""
        return _sums(self.weights[measure], place, count)

    @cached_property
    def weights(self) -> dict[str, Amounts]:
        """Return what each commune counts for, by measure: 1, its inhabitants, its km² (0 if unknown)."""
        communes = self.territory.communes
        return {
            "communes": np.ones(len(communes), dtype=np.int64),
            "habitants": communes["population"].to_numpy(dtype=np.int64),
            "km2": np.nan_to_num(communes["superficie_km2"].to_numpy(dtype=float)),
        }


def _sums(values: Amounts, place: Amounts, count: int) -> list[Number]:
    """Sum values by group, whole where they are, km² to 0.001; each group's own, in the order of communes."""
    sums = np.bincount(place, values, minlength=count)
    return [int(v) for v in sums] if values.dtype.kind == "i" else [round(float(v), 3) for v in sums]


def _sum(values: Amounts) -> Number:
    """Return a sum of whole numbers whole, one of km² to 0.001."""
    total = values.sum()
    return int(total) if values.dtype.kind == "i" else round(float(total), 3)
