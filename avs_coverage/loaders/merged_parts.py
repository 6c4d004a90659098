"""Put the values of merged communes together: what a commune of today makes of those of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avs_coverage.indicators import APPROXIMATE, KNOWN, NOT_COMPUTABLE
from avs_coverage.loaders.indicator_formats import CLASS, COUNT, NOT_AVAILABLE, SECRET, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd


def join_parts(
    parts: pd.DataFrame, nature: str, weights: list[float | None]
) -> tuple[dict[str, object], dict[str, str]]:
    """Put together the parts of each commune of today: value and state by code.

    *parts*: columns ``today`` (code), ``value``, ``state``. Counts are added, medians and rates
    averaged by *weights* (inhabitants, None where the file gives none), classes kept where
    equal. One unknown part makes the whole unknown.
    """
    values: dict[str, object] = {}
    states: dict[str, str] = {}
    gathered: dict[str, list[tuple[object, str, float | None]]] = {}
    for today, value, state, weight in zip(
        parts["today"], parts["value"], parts["state"], weights, strict=True
    ):
        gathered.setdefault(str(today), []).append((value, state, weight))
    for code, found in gathered.items():
        if len(found) == 1:
            values[code], states[code] = found[0][:2]
        else:
            values[code], states[code] = _join(found, nature)
    return values, states


def _join(found: list[tuple[object, str, float | None]], nature: str) -> tuple[object, str]:
    unknown = {state for _, state, _ in found} - {KNOWN}
    if unknown:
        return None, SECRET if SECRET in unknown else NOT_AVAILABLE
    parts = [value for value, _, _ in found]
    if nature == CLASS:
        return (parts[0], KNOWN) if len(set(parts)) == 1 else (None, NOT_COMPUTABLE)
    if nature == COUNT:
        return sum(parts), KNOWN  # type: ignore[arg-type]
    weights = [weight for _, _, weight in found if weight is not None]
    if nature == UNKNOWN or len(weights) < len(found) or not sum(weights):
        return None, NOT_COMPUTABLE
    products = [float(str(value)) * weight for value, weight in zip(parts, weights, strict=True)]
    return sum(products) / sum(weights), APPROXIMATE
