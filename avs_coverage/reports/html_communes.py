"""The communes of a report: one row each, for tables, the map of the page and the panel that reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from avs_coverage.gaps import GAP, UNCLEAR
from avs_coverage.messages import COMMUNE_STATUS_LABELS, number
from avs_coverage.multiplicity import kinds_of_communes
from avs_coverage.reports.document import Column, Table
from avs_coverage.reports.text import plain
from avs_coverage.territory import named_rows

if TYPE_CHECKING:
    from avs_coverage.report import Report

KIND_LABELS = {
    "blanche": "aucune structure",
    "simple": "une structure",
    "multiple": "deux structures ou plus",
    "": "inventaire inconnu",
}
UNKNOWN_AREA = "non connue"


class CommuneRow(NamedTuple):
    """A commune as the page shows it, texts already written; *possible* structures are not certain."""

    code: str
    name: str
    epci: str
    population: str
    area: str
    status: str
    status_firm: str
    status_possible: str
    kind: str
    kind_possible: str
    certain: tuple[str, ...]
    possible: tuple[str, ...]
    seats: tuple[str, ...]
    qpv: tuple[str, ...]
    zone: str
    reached: str


def commune_rows(report: Report) -> list[CommuneRow]:
    """Return every commune of the territory, by code."""
    coverage = report.coverage
    names = {s.id: f"{s.name} ({s.type})" for s in coverage.inventory.structures}
    possible, zones = coverage.possible_structures, _zones(report)
    seats, quarters = _seats(report, names), _quarters(report)
    kinds, kinds_possible = kinds_of_communes(coverage), kinds_of_communes(coverage, "any")
    found = []
    for rank, row in enumerate(named_rows(coverage.communes)):
        code = str(row.Index)
        ids = row.structures.split("|") if row.structures else []
        others = [one for one in possible.get(code, ()) if one not in ids]
        found.append(
            CommuneRow(
                code,
                row.nom,
                row.nom_epci or "sans EPCI",
                number(row.population),
                UNKNOWN_AREA if isnan(row.superficie_km2) else f"{number(row.superficie_km2, 1)} km²",
                row.statut,
                row.statut_minorant,
                row.statut_majorant,
                kinds[rank],
                kinds_possible[rank],
                tuple(names[one] for one in ids),
                tuple(names[one] for one in others),
                tuple(seats.get(code, ())),
                tuple(quarters.get(code, ())),
                zones.get(code, ""),
                _reached(report, row),
            )
        )
    return found


def _zones(report: Report) -> dict[str, str]:
    labels = {GAP: "zone blanche", UNCLEAR: "couverture à préciser"}
    return {
        code: f"{labels[zone.kind]} n°\N{NO-BREAK SPACE}{zone.rank}"
        for zone in report.zones
        for code, _ in zone.communes
    }


def _seats(report: Report, names: dict[str, str]) -> dict[str, list[str]]:
    """Name the counted structures that have their seat in each commune, and how well it is known."""
    found: dict[str, list[str]] = {}
    for structure in report.coverage.inventory.counted(report.coverage.on):
        if structure.seat:
            deduced = ", siège déduit" if structure.seat_quality == "deduit" else ""
            found.setdefault(structure.seat, []).append(names[structure.id] + deduced)
    return found


def _quarters(report: Report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for view in report.qpv:
        for code in view.qpv.communes:
            found.setdefault(code, []).append(f"{view.qpv.name} ({view.qpv.code})")
    return found


def _reached(report: Report, row: Any) -> str:  # noqa: ANN401 - a row of Coverage.communes
    """Write the inhabitants that structures reach, where a rule may cover a commune in part."""
    if report.coverage.found.reached is None or pd.isna(row.habitants_couverts):
        return ""
    low, high = number(row.habitants_couverts_minorant), number(row.habitants_couverts_majorant)
    return f"{number(row.habitants_couverts)} sur {number(row.population)} [{low} à {high}]"


def communes_table(rows: Sequence[CommuneRow], headers: Collection[str] = ()) -> Table:
    """Return the communes as a table: what is certain, and what is only possible.

    The columns of some *headers*, in the order of the table; by default, those that hold anything.
    """
    cells = [tuple(write(row) for write in _COLUMNS.values()) for row in rows]
    shown = [
        rank
        for rank, column in enumerate(_COLUMNS)
        if (column.header in headers if headers else any(row[rank] for row in cells))
    ]
    columns = tuple(_COLUMNS)
    return Table(
        "",
        tuple(columns[rank] for rank in shown),
        tuple(tuple(row[rank] for rank in shown) for row in cells),
    )


_COLUMNS: dict[Column, Callable[[CommuneRow], str]] = {
    Column("Commune"): lambda row: row.name,
    Column("Code"): lambda row: row.code,
    Column("EPCI"): lambda row: row.epci,
    Column("Habitants", numeric=True): lambda row: row.population,
    Column("km²", numeric=True): lambda row: row.area.removesuffix(" km²"),
    Column("Couverture", whole=True): lambda row: COMMUNE_STATUS_LABELS[row.status],
    Column("Possible", whole=True): lambda row: (
        COMMUNE_STATUS_LABELS[row.status_possible] if row.status_possible != row.status else ""
    ),
    Column("Structures"): lambda row: " ; ".join(row.certain),
    Column("Zone", whole=True): lambda row: row.zone.removeprefix("zone ").removeprefix("couverture "),
}


def possible_note(rows: Sequence[CommuneRow]) -> list[str]:
    """Say what « possible » adds to the coverage of a commune, where it adds anything."""
    if all(row.status_possible == row.status for row in rows):
        return []
    return [
        "Couverture : d'après les liens certains. Possible : ce qu'elle serait avec les liens "
        "possibles, quand cela la change."
    ]


def details(row: CommuneRow) -> list[tuple[str, str | list[str]]]:
    """Return what the panel says of a commune: label and text, or a list; nothing that is empty.

    Written here, so that a number has the same form in the panel as in the tables.
    """
    firm = row.status_firm if row.status_firm != row.status else None
    possible = row.status_possible if row.status_possible != row.status else None
    pairs: list[tuple[str, str | list[str]]] = [
        ("EPCI", row.epci),
        ("Habitants", row.population),
        ("Superficie", row.area),
        ("Couverture", COMMUNE_STATUS_LABELS[row.status]),
        ("Couverture établie", "" if firm is None else COMMUNE_STATUS_LABELS[firm]),
        ("Couverture possible", "" if possible is None else COMMUNE_STATUS_LABELS[possible]),
        ("Nombre de structures", KIND_LABELS[row.kind]),
        ("Habitants à portée", row.reached),
        ("Structures qui couvrent", list(row.certain)),
        ("Structures possibles", list(row.possible)),
        ("Sièges dans la commune", list(row.seats)),
        ("QPV", list(row.qpv)),
        ("Zone", row.zone),
    ]
    return [
        (label, plain(value) if isinstance(value, str) else [plain(one) for one in value])
        for label, value in pairs
        if value
    ]
