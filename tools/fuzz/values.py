"""What the numbers of an output must obey, whatever the input: bounds, sums, order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

_SHARES = ("part", "part_population", "part_communes")
_SUMS = (
    (("cs", "evs_seul"), "avs"), (("avs", "aucune"), "total"), (("blanche", "simple", "multiple"), "total"),
)  # fmt: skip
_ROUNDED = 0.01
"""What sums of areas, rounded to 0.001 km², may differ by."""


def faults_of_values(said: Any, place: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Yield the faults of every record of a JSON: signature, and the record."""
    if isinstance(said, list):
        for item in said:
            yield from faults_of_values(item, place)
    elif isinstance(said, dict):
        yield from _faults_of_record(said, place)
        for name, inner in said.items():
            yield from faults_of_values(inner, f"{place}.{name}")


def _faults_of_record(record: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    def fault(what: str) -> tuple[str, str]:
        return f"{what} : {place}", str(record)[:2000]

    for name in _SHARES:
        if _is_number(share := record.get(name)) and not 0 <= share <= 1:
            yield fault(f"{name} hors de 0 à 1")
    low, high, total = (record.get(name) for name in ("minorant", "majorant", "denominateur"))
    value = record.get("numerateur", record.get("valeur_calculee"))
    if _is_number(low) and _is_number(value) and low > value:
        yield fault("minorant au-dessus de la valeur")
    if _is_number(high) and _is_number(value) and value > high:
        yield fault("valeur au-dessus du majorant")
    if _is_number(total) and any(_is_number(one) and not 0 <= one <= total for one in (value, low, high)):
        yield fault("plus que le total")
    names = ("nb_avec_structure", "nb_sans_structure", "nb_non_renseigne", "nb_qpv")
    *states, quarters = [one if _is_number(one := record.get(name)) else None for name in names]
    if None not in (*states, quarters) and sum(filter(None, states)) != quarters:
        yield fault("somme des QPV")
    yield from _faults_of_parts(record, place)


def _faults_of_parts(record: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Yield the measures of a synthesis whose statuses do not add up to the total."""
    for table in ("synthese", "multiplicite"):
        rows = record.get(table)
        if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            continue
        found: dict[tuple[Any, Any], dict[Any, Any]] = {}
        for row in rows:
            measures = found.setdefault((row.get("regle"), row.get("mesure")), {})
            measures[row.get("statut")] = row.get("numerateur")
            measures["total"] = row.get("denominateur")
        for (rule, measure), values in found.items():
            for parts, whole in _SUMS:
                numbers = [one for part in (*parts, whole) if _is_number(one := values.get(part))]
                if len(numbers) <= len(parts):
                    continue
                apart = abs(sum(numbers[:-1]) - numbers[-1])
                if apart > (_ROUNDED if measure == "km2" else 0):
                    yield f"somme fausse de {whole} : {place}.{table}", f"{rule} {measure} {values}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
