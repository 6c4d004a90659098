"""Declared zone populations beside the inhabitants of the same communes, as a table."""

from __future__ import annotations

from avs_coverage.messages import counted, number
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table


def populations_section(report: Report) -> Section:
    """Return each structure that declares a population, and the sum of the areas wholly known."""
    found, total = report.declared_populations
    if not found:
        return Section("Populations de zone déclarées", ())
    rows: list[list[Cell]] = [
        [
            row.structure.name,
            number(row.declared),
            number(row.communes),
            "—" if row.inhabitants is None else number(row.inhabitants),
            "oui" if row.is_whole else "non",
        ]
        for row in found
    ]
    headers = ["Structure", "#Population déclarée", "#Communes connues", "#Leurs habitants", "Zone entière"]
    blocks: list[Block] = [table("", headers, rows)]
    if total.structures:
        zones = counted(total.structures, "zone entière", "zones entières")
        overlap = total.repeated - total.inhabitants
        shared = f" ; {number(overlap)} sont dans plusieurs zones, et comptés autant de fois dans la somme"
        blocks.append(
            Paragraph(
                f"{zones} : {number(total.declared)} habitants déclarés en tout ; leurs communes en ont "
                f"{number(total.inhabitants)}, comptés une fois{shared if overlap else ''}."
            )
        )
    blocks.append(
        Paragraph(
            "Zone entière : toutes ses communes sont connues et sont du territoire ; alors seulement les "
            "deux nombres parlent du même lieu. La population déclarée ne remplace pas celle des communes."
        )
    )
    return Section("Populations de zone déclarées", tuple(blocks))
