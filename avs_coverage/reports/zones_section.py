"""Zones blanches and areas to be clarified, as tables."""

from __future__ import annotations

from avs_coverage.gaps import GAP, UNCLEAR, Zone
from avs_coverage.messages import (
    enumeration,
    number,
)
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table
from avs_coverage.reports.inventory_section import hypothesis

_ZONE_COMMUNES = 8


def zones_section(report: Report, complete: bool = False) -> Section:
    """Return the zones blanches and the areas to be clarified; every commune named where *complete*."""
    blocks: list[Block] = []
    for kind, caption in (
        (GAP, "Zones blanches : rien ne les couvre, même dans l'hypothèse haute"),
        ("", ""),
    ):
        found = [zone for zone in report.zones if (zone.kind == GAP) == (kind == GAP)]
        caption = caption or "Couverture à préciser : couvertes dans la seule hypothèse haute"  # noqa: PLW2901
        if found:
            headers = ["N°", "Communes", "#Nombre", "#Habitants", "EPCI", "Structure la plus proche"]
            if kind != GAP:
                headers.append("Zone à demander à")
            rows = [_zone_row(report, zone, complete) for zone in found]
            blocks.append(table(caption, headers, rows))
        else:
            blocks.append(Paragraph(f"{caption.split(' :')[0]} : aucune."))
    blocks += [Paragraph(text) for text in _unconfirmed(report)]
    blocks += hypothesis(report)
    blocks.append(
        Paragraph(
            "Communes voisines regroupées, de la plus peuplée à la moins peuplée ; distance à vol d'oiseau "
            "depuis le chef-lieu de la première. La liste complète : avs-coverage zones "
            f"{report.coverage.territory.name.typed} --csv zones.csv"
        )
    )
    return Section("Zones blanches et couverture à préciser", tuple(blocks))


def _unconfirmed(report: Report) -> list[str]:
    """Name the structures to be confirmed that sit in a zone: they might cover some of it."""
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}
    texts = {GAP: "zone blanche", UNCLEAR: "couverture à préciser"}
    found = [
        f"{names[code]} ({texts[zone.kind]} n° {zone.rank})"
        for zone in report.zones
        for code in zone.unconfirmed
    ]
    counts = "comptées" if report.coverage.inventory.include_unconfirmed else "non comptées"
    return (
        [f"Structures à confirmer, {counts}, dont le siège est dans ces zones : {enumeration(found)}."]
        if found
        else []
    )


def _zone_row(report: Report, zone: Zone, complete: bool) -> list[Cell]:
    names = enumeration([name for _, name in zone.communes], None if complete else _ZONE_COMMUNES)
    nearest = "aucune localisée"
    if zone.nearest and zone.distance_km is not None:
        nearest = f"{zone.nearest.name}, à {number(zone.distance_km, 1)} km"
    row: list[Cell] = [
        str(zone.rank),
        names,
        number(len(zone.communes)),
        number(zone.population),
        ", ".join(zone.epci),
        nearest,
    ]
    if zone.kind != GAP:
        by_id = {structure.id: structure.name for structure in report.coverage.inventory.structures}
        row.append(" ; ".join(by_id[code] for code in zone.possible))
    return row
