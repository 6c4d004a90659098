"""The sentences of a printed map: what it is of, its key figures, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from avs_coverage import __version__
from avs_coverage.messages import CAVEAT, enumeration, french_date, number
from avs_coverage.projection import epsg_of
from avs_coverage.reports.document import FigureCell
from avs_coverage.reports.inventory_section import basis, hypothesis, inventoried

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.reports.map_content import PlacedQuarter

_QUARTERS = 40
"""Beyond, the names of quarters would take the place of the map."""
_PROJECTIONS = {
    2154: "Lambert-93",
    5490: "RGAF09 / UTM 20 N",
    2972: "RGFG95 / UTM 22 N",
    2975: "RGR92 / UTM 40 S",
    4471: "RGM04 / UTM 38 S",
}


def caption(report: Report) -> tuple[str, str]:
    """Return what the map shows, and of where and when."""
    coverage = report.coverage
    return (
        "Couverture par les centres sociaux et les espaces de vie sociale",
        f"{coverage.territory.label}, au {french_date(coverage.on)}",
    )


def key_figures(report: Report) -> list[str]:
    """Return the rule and the inventory, and the shares of communes and of inhabitants covered."""
    rule = basis(report)[0].text  # type: ignore[union-attr]
    if not report.has_inventory:
        return [rule, "Couverture inconnue : aucun inventaire de structures."]
    found = {figure.measure: FigureCell(figure).line() for figure in report.figures if figure.status == "avs"}
    only = f" ({inventoried(report)})" if inventoried(report) else ""
    return [rule, f"Couvert par un CS ou un EVS : {found['communes']} ; {found['habitants']}{only}."]


def what_to_know(report: Report) -> list[str]:
    """Return what must be known before the figures are quoted: brackets, warnings, other rules."""
    blocks = [block.text for block in hypothesis(report)] if report.has_inventory else []  # type: ignore[union-attr]
    # The banner says that data are made, and the sources, which files stand in place of the tool's own.
    said = report.coverage.territory.layers(report.coverage.on)
    warnings = report.warnings[1 if report.is_fictitious else 0 :]
    found = [*blocks, *(text for text in warnings if not any(layer in text for layer in said))]
    if report.others:
        others = enumeration([one.rule.label for one in report.others])
        found.append(f"La carte suit la première des règles demandées ; sans carte : {others}.")
    return found


def quarters_note(what: str, quarters: Sequence[PlacedQuarter]) -> list[str]:
    """Name quarters that the map shows without their names; beyond forty, say where their names are."""
    if not quarters:
        return []
    if len(quarters) > _QUARTERS:
        return [f"{what} : {number(len(quarters))}, dont les noms sont dans la liste (avs-coverage qpv)."]
    names = {
        code: name
        for one in quarters
        for code, name in zip(one.qpv.communes, one.qpv.commune_names, strict=False)
    }
    by_commune: dict[str, list[str]] = {}
    for one in quarters:
        by_commune.setdefault(names.get(one.commune, one.commune), []).append(one.qpv.name)
    texts = [f"{commune} ({enumeration(found)})" for commune, found in sorted(by_commune.items())]
    return [f"{what} : {', '.join(texts)}."]


def sources(report: Report) -> list[str]:
    """Return where the map comes from, by what tool, and what it does not say."""
    coverage = report.coverage
    epsg = epsg_of(coverage.territory.name.departements[0])
    inventory = coverage.inventory
    listed = " — ".join(dict.fromkeys(filter(None, (inventory.title, inventory.source)))) or "aucun"
    generation = {f"qpv_{view.qpv.generation}" for view in report.qpv}
    layers = [
        text
        for name, text in coverage.territory.vintages.items()
        if not name.startswith("qpv_") or name in generation
    ]
    return [
        f"Sources — inventaire : {listed} ; {' ; '.join(layers)}. Projection {_PROJECTIONS[epsg]} "
        f"(EPSG {epsg}). avs-coverage\N{NO-BREAK SPACE}{__version__}.",
        CAVEAT,
    ]
