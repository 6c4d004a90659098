"""Quarters in force with their structures, and the printed lines without an official quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avs_coverage.messages import (
    counted,
    distance,
    number,
    percent,
)
from avs_coverage.qpv import NOT_INFORMED, WITH_STRUCTURE, WITHOUT_STRUCTURE, QpvCoverage, population_source
from avs_coverage.qpv_location import QpvLocation
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table

QPV_LABELS = {
    WITH_STRUCTURE: "",
    WITHOUT_STRUCTURE: "Pas de structure",
    NOT_INFORMED: "non renseigné",
}


def qpv_section(report: Report, views: tuple[QpvCoverage, ...] | None = None) -> Section:
    """Return quarters in force with their structures (all, or *views*), and printed lines without one."""
    shown = report.qpv if views is None else views
    if not report.qpv:
        return Section(
            "QPV", (Paragraph("Aucun QPV officiel en vigueur à cette date dans la source utilisée."),)
        )
    generations = sorted({view.qpv.generation for view in report.qpv})
    rows = [qpv_row(view) for view in shown]
    headers = ["Code", "Quartier", "Communes", "#Habitants", "Structures", "Publié par le schéma"]
    lines = report.qpv_lines
    if not any(view.published for view in report.qpv):
        rows, headers = [row[:-1] for row in rows], headers[:-1]
    if not shown:
        unknown = report.qpv_summary.not_informed
        text = f"Aucun quartier connu sans structure ; {counted(unknown, 'non renseigné', 'non renseignés')}."
        return Section("Quartiers prioritaires (QPV)", (Paragraph(text),))
    caption = f"Quartiers officiels, génération {' et '.join(str(year) for year in generations)}"
    blocks: list[Block] = [table(caption, headers, rows), Paragraph(_qpv_sentence(report))]
    outside = [line for line in lines if not line.code]
    if outside:
        blocks.append(
            table(
                "Lignes publiées sans quartier officiel (comptées à part)",
                ["Ligne publiée", "Structures", "Remarque"],
                [[line.name, " ; ".join(line.structures), line.note] for line in outside],
            )
        )
    if lines:
        without = sum(line.without_structure for line in lines)
        blocks.append(
            Paragraph(
                f"Le schéma publie {number(len(lines))} lignes, dont {number(without)} « Pas de structure » "
                f"et {number(len(lines) - len(outside))} pour un quartier officiel. "
                f"Source : {lines[0].source}."
            )
        )
    return Section("Quartiers prioritaires (QPV)", tuple(blocks))


def location_section(
    report: Report, views: Sequence[QpvCoverage], located: Mapping[str, QpvLocation]
) -> Section:
    """Return where structures are with regard to the perimeters; nothing where none is known."""
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}
    known = [view for view in views if located[view.qpv.code].has_perimeter]
    if not known or not report.has_inventory:
        return Section("", ())
    rows: list[list[Cell]] = []
    for view in known:
        place = located[view.qpv.code]
        columns = (place.inside, place.near, place.undecidable)
        rows.append(
            [
                f"{view.qpv.name} ({view.qpv.code})",
                *(" ; ".join(names[code] for code in codes) or "aucune" for codes in columns),
            ]
        )
    near = f"À moins de {distance(located[known[0].qpv.code].distance_m)}"
    headers = ["Quartier", "Dans le périmètre", near, "Non décidable (point trop imprécis)"]
    unknown = len(views) - len(known)
    note = (
        "Distances du point de la structure au périmètre ; sans coordonnées, elle n'est ni dedans ni dehors."
    )
    if unknown:
        note += f" Périmètre inconnu pour {counted(unknown, 'quartier', 'quartiers')}."
    return Section("Structures et périmètres", (table("", headers, rows), Paragraph(note)))


def qpv_row(view: QpvCoverage) -> list[Cell]:
    """Return one quarter as cells."""
    structures = " ; ".join(f"{s.name} ({s.type})" for s in view.structures)
    return [
        view.qpv.code,
        view.qpv.name,
        ", ".join(view.qpv.commune_names),
        "non connu" if view.qpv.population is None else number(view.qpv.population),
        structures or QPV_LABELS[view.status],
        " ; ".join(view.published.structures) if view.published else "",
    ]


def _qpv_sentence(report: Report) -> str:
    summary = report.qpv_summary
    source = population_source(report.coverage.territory, report.coverage.on)
    text = (
        f"{counted(summary.quarters, 'quartier', 'quartiers')} : {number(summary.with_structure)} avec "
        f"structure, {number(summary.without_structure)} sans, "
        f"{counted(summary.not_informed, 'non renseigné', 'non renseignés')}. "
    )
    if summary.total is None:
        return text + "Habitants des quartiers avec structure : non connus."
    if summary.covered is None:
        return text + f"{number(summary.total)} habitants ({source})."
    share = percent(summary.covered / summary.total if summary.total else None)
    bracket = "" if summary.covered == summary.possible else f", au plus {number(summary.possible or 0)}"
    return text + (
        f"Habitants des quartiers avec structure : {share} ({number(summary.covered)} habitants sur "
        f"{number(summary.total)}{bracket} ; {source})."
    )
