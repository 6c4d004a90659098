"""How many structures cover each commune and inhabitant: none, one, or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from avs_coverage.coverage import Amounts, Level
from avs_coverage.figure import MEASURES, Figure, Number

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage

KINDS = ("blanche", "simple", "multiple")
"""Covered by no structure, by one, by two or more. After Arcep's zones blanches, grises and noires."""

_LEVELS: tuple[Level, ...] = ("certain", "firm", "any")
_Bounds = tuple[Amounts, Amounts, Amounts]


def by_multiplicity(coverage: Coverage) -> tuple[Figure, ...]:
    """Return communes, inhabitants and km² that no structure, one, or several cover, with brackets.

    One figure a measure and kind, over the communes for which an inventory stands: the three kinds
    add up to the territory. Empty where no inventory stands.
    """
    if not coverage.known.any():
        return ()
    found, people = [], _declared_bounds(coverage)
    for measure in MEASURES:
        total = coverage.total(measure, coverage.known)
        for kind, bounds in zip(KINDS, _parts(coverage, measure), strict=True):
            figure, lower, upper = (coverage.sum_known(values) for values in bounds)
            if measure == "habitants" and (ends := people.get(kind)):
                lower, upper = max(lower, ends[0]), min(upper, ends[1])
            rule = coverage.rule
            found.append(Figure(rule.name, rule.parameters, measure, kind, figure, total, lower, upper))
    return tuple(found)


def kinds_of_communes(coverage: Coverage, level: Level = "certain") -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return each commune's kind, by the links of a level; empty where no inventory stands."""
    covered, several = coverage.covered("AVS", level), coverage.several(level)
    kinds = np.array(KINDS, dtype=object)
    return np.where(coverage.known, kinds[covered.astype(int) + (covered & several)], "")


def _declared_bounds(coverage: Coverage) -> dict[str, tuple[Number, Number]]:
    """Return what declared populations bound of inhabitants by kind; nothing where they bound nothing."""
    if coverage.limits is None:
        return {}
    ends = {f.status: (f.lower or 0, f.upper or 0) for f in coverage.figures() if f.measure == "habitants"}
    return {"blanche": ends["aucune"], "simple": (0, ends["avs"][1]), "multiple": (0, ends["avs"][1])}


def _parts(coverage: Coverage, measure: str) -> tuple[_Bounds, ...]:
    """Return what each commune adds to the three kinds: figure, minorant, majorant."""
    weights = coverage.weights[measure]
    if measure == "habitants":
        one, low, high = (coverage.inhabitants("AVS", level) for level in _LEVELS)
        more, more_low, more_high = (coverage.inhabitants("multiple", level) for level in _LEVELS)
        simple = (one - more, np.maximum(low - more_high, 0), high - more_low)
        return (weights - one, weights - high, weights - low), simple, (more, more_low, more_high)
    any_of, firm, possible = (coverage.covered("AVS", level) for level in _LEVELS)
    both, both_firm, both_possible = (
        coverage.several(level) & mask for level, mask in zip(_LEVELS, (any_of, firm, possible), strict=True)
    )
    masks = (
        (~any_of, ~possible, ~firm),
        (any_of & ~both, firm & ~both_possible, possible & ~both_firm),
        (both, both_firm, both_possible),
    )
    return tuple((weights * a, weights * b, weights * c) for a, b, c in masks)
