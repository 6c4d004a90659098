"""Zones blanches and areas to be clarified, as tables."""

from __future__ import annotations

from avs_coverage.gaps import GAP, UNCLEAR, Zone
from avs_coverage.messages import (
    enumeration,
    number,
    plain,
)
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table
from avs_coverage.reports.inventory_section import hypothesis, unlocated_sentences
from avs_coverage.reports.told_commands import told_command

_ZONE_COMMUNES = 8


def zones_section(report: Report, complete: bool = False, weight: str = "") -> Section:
    """Return the zones blanches and the areas to be clarified; every commune named where *complete*.

    *weight* names the count by which the zones of the report are ranked, empty for inhabitants.
    """
    blocks: list[Block] = []
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}
    high = ", même dans l'hypothèse haute" if report.coverage.rule.hypothesis else ""
    nothing = f"communes que rien de connu ne couvre{high}"
    in_part = report.coverage.found.reached is not None
    if in_part:
        share = plain(report.coverage.found.commune_share * 100).replace(".", ",")
        nothing = f"communes sans siège dont moins de {share} % des habitants sont à portée"
    for kind, name, meaning in (
        (GAP, "Zones blanches", nothing),
        (UNCLEAR, "Couverture à préciser", "communes que seule l'hypothèse haute couvre"),
    ):
        found = [zone for zone in report.zones if zone.kind == kind]
        if not found:
            blocks.append(Paragraph(f"{name} ({meaning}) : aucune."))
            continue
        headers = [
            "N°",
            "Communes",
            "#Nombre de communes",
            "#Habitants",
            "EPCI",
            "Structure localisée la plus proche",
        ]
        if in_part:
            headers.insert(4, "#Hors de portée")
        if weight:
            headers.insert(3, f"#{weight}")
        if kind == UNCLEAR:
            headers.append("Structures à interroger sur leur zone")
        elif complete:
            headers += ["Structures des communes voisines", "QPV"]
        rows = [_zone_row(zone, names, complete, in_part) for zone in found]
        if weight:
            for row, zone in zip(rows, found, strict=True):
                row.insert(3, _weight(zone))
        blocks.append(table(f"{name} : {meaning}", headers, rows))
    blocks += [Paragraph(text) for text in (*_unconfirmed(report, names), *unlocated_sentences(report))]
    blocks += hypothesis(report)
    order = f"classées par {weight}" if weight else "de la plus peuplée à la moins peuplée"
    blocks.append(
        Paragraph(
            f"Communes voisines regroupées, {order} ; distance à vol d'oiseau "
            "du chef-lieu de la première à la structure dont le siège est connu. "
            f"La liste complète : {told_command(report, 'zones', '--csv zones.csv')}"
        )
    )
    return Section("Zones blanches et couverture à préciser", tuple(blocks))


def _weight(zone: Zone) -> str:
    """Write the count of a zone, and of how many communes it is not known."""
    if zone.weight is None:
        return "inconnu"
    unknown = f" (inconnu dans {number(zone.weight_unknown)})" if zone.weight_unknown else ""
    return f"{number(zone.weight, 0 if float(zone.weight).is_integer() else 1)}{unknown}"


def _unconfirmed(report: Report, names: dict[str, str]) -> list[str]:
    """Name the structures to be confirmed that sit in a zone: they might cover some of it."""
    texts = {GAP: "zone blanche", UNCLEAR: "couverture à préciser"}
    found = [
        f"{names[code]} ({texts[zone.kind]} n° {zone.rank})"
        for zone in report.zones
        for code in zone.unconfirmed
    ]
    counts = "comptées" if report.coverage.inventory.include_unconfirmed else "non comptées"
    return (
        [f"Structures à confirmer, {counts}, dont le siège est dans ces zones : {' ; '.join(found)}."]
        if found
        else []
    )


def _zone_row(zone: Zone, names: dict[str, str], complete: bool, in_part: bool) -> list[Cell]:
    communes = enumeration([name for _, name in zone.communes], None if complete else _ZONE_COMMUNES)
    nearest = "aucune localisée"
    if zone.nearest and zone.distance_km is not None:
        nearest = f"{zone.nearest.name}, à {number(zone.distance_km, 1)} km"
    row: list[Cell] = [
        str(zone.rank),
        communes,
        number(len(zone.communes)),
        number(zone.population),
        ", ".join(zone.epci),
        nearest,
    ]
    if in_part:
        row.insert(4, number(zone.uncovered))
    if zone.kind != GAP:
        row.append(" ; ".join(names[code] for code in zone.possible))
    elif complete:
        row.append(" ; ".join(names[code] for code in zone.around) or "aucune")
        row.append(", ".join(zone.qpv) or "—")
    return row
