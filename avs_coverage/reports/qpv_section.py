"""Quarters in force with their structures, and the printed lines without an official quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avs_coverage.messages import (
    counted,
    distance,
    enumeration,
    number,
    percent,
)
from avs_coverage.qpv import (
    NOT_INFORMED,
    WITH_STRUCTURE,
    WITHOUT_STRUCTURE,
    QpvCoverage,
    is_whole_commune,
    population_source,
)
from avs_coverage.qpv_location import (
    INSIDE,
    NEAR,
    NONE,
    NONE_KNOWN,
    UNDECIDABLE,
    UNKNOWN,
    QpvLocation,
)
from avs_coverage.qpv_location import NOT_INFORMED as NOT_LISTED
from avs_coverage.qpv_proximity import Proximity
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table

PROXIMITY_LABELS = {
    INSIDE: "dans le périmètre",
    NEAR: "à proximité",
    NONE: "aucune",
    NONE_KNOWN: "aucune connue",
    UNDECIDABLE: "indécidable",
    UNKNOWN: "périmètre inconnu",
    NOT_LISTED: "non renseigné",
}
"""What ``structure_a_proximite`` is called."""
QPV_LABELS = {
    WITH_STRUCTURE: "",
    WITHOUT_STRUCTURE: "Pas de structure",
    NOT_INFORMED: "non renseigné",
}


def qpv_section(
    report: Report,
    views: tuple[QpvCoverage, ...] | None = None,
    located: Mapping[str, QpvLocation] | None = None,
    proximity: Proximity | None = None,
) -> Section:
    """Return quarters in force with their structures (all, or *views*), and printed lines without one.

    *located* adds where structures are to each row, *proximity* to the summary.
    """
    shown = report.qpv if views is None else views
    if not report.qpv:
        text = "Aucun QPV officiel en vigueur à cette date dans la source utilisée."
        if report.unlisted_quarters:
            text = "QPV non renseignés à cette date : la source utilisée ne les a pas."
        return Section("QPV", (Paragraph(text),))
    generations = sorted({view.qpv.generation for view in report.qpv})
    headers = ["Code", "Quartier", "Communes", "#Habitants", "Desservi par"]
    rows = [qpv_row(view) for view in shown]
    if report.has_inventory and located is not None:
        names = structure_names(report)
        headers.append("Structure à proximité")
        rows = [
            [*row, proximity_text(located[view.qpv.code], names)]
            for row, view in zip(rows, shown, strict=True)
        ]
    headers.append("Publié par le schéma")
    rows = [
        [*row, " ; ".join(view.published.structures) if view.published else ""]
        for row, view in zip(rows, shown, strict=True)
    ]
    lines = report.qpv_lines
    if not any(view.published for view in report.qpv):
        rows, headers = [row[:-1] for row in rows], headers[:-1]
    if not shown:
        unknown = report.qpv_summary.not_informed
        text = f"Aucun quartier connu sans structure ; {counted(unknown, 'non renseigné', 'non renseignés')}."
        return Section("Quartiers prioritaires (QPV)", (Paragraph(text),))
    caption = f"Quartiers officiels, génération {' et '.join(str(year) for year in generations)}"
    blocks: list[Block] = [table(caption, headers, rows), Paragraph(_qpv_sentence(report))]
    if report.has_inventory and proximity is not None and proximity.quarters:
        blocks.append(Paragraph(_proximity_sentence(proximity)))
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
    names = structure_names(report)
    known = [view for view in views if located[view.qpv.code].has_perimeter]
    if not known or not report.has_inventory:
        return Section("", ())
    rows: list[list[Cell]] = []
    nowhere = {one.id for one in report.coverage.inventory.structures if not one.seat}
    lost = {code for view in known for code in located[view.qpv.code].undecidable if code in nowhere}
    for view in known:
        place = located[view.qpv.code]
        columns = (place.inside, place.near, [code for code in place.undecidable if code not in nowhere])
        rows.append(
            [
                f"{view.qpv.name} ({view.qpv.code})",
                proximity_text(place, names),
                *(" ; ".join(names[code] for code in codes) or "aucune" for codes in columns),
            ]
        )
    near = f"Hors du périmètre, {within(located[known[0].qpv.code].distance_m)}"
    headers = ["Quartier", "Structure à proximité", "Dans le périmètre", near, "Non décidable"]
    notes = [
        "Distance à vol d'oiseau du point de la structure au périmètre, avec l'incertitude du périmètre : "
        "ce qu'elle laisse en doute, au seuil ou à la limite, n'est pas tranché. Une structure sans "
        "coordonnées n'est ni dedans ni dehors : elle est non décidable pour tout quartier dont elle peut "
        "être proche."
    ]
    if any(is_whole_commune(view.qpv.code) for view in known):
        notes.append("Un quartier qui est une commune entière contient toute structure dont le siège y est.")
    if lost:
        told = enumeration(sorted(names[code] for code in lost))
        notes.append(f"Siège inconnu, donc non décidable pour tous ces quartiers : {told}.")
    if unknown := len(views) - len(known):
        notes.append(f"Périmètre inconnu pour {counted(unknown, 'quartier', 'quartiers')}.")
    blocks: tuple[Block, ...] = (table("", headers, rows), *(Paragraph(note) for note in notes))
    return Section("Structures et périmètres", blocks)


def within(distance_m: float) -> str:
    """Write a threshold, which is itself near enough.

    >>> within(300.0).replace(chr(160), " ").replace(chr(8239), " ")
    'à 300 m au plus'
    """
    return f"à {distance(distance_m)} au plus"


def structure_names(report: Report) -> dict[str, str]:
    """Return the names of the structures by id."""
    return {structure.id: structure.name for structure in report.coverage.inventory.structures}


def proximity_text(place: QpvLocation, names: Mapping[str, str]) -> str:
    """Say in a few words what is in a quarter or near it, with the nearest structure that has a place."""
    if place.status == INSIDE:
        return f"dans le périmètre : {' ; '.join(names[code] for code in place.inside)}"
    away = "" if place.nearest_m is None else f"{proximity_away(place)} ({names[place.nearest]})"
    if place.status == NEAR:
        return f"{away}, dedans ou dehors : indécidable" if place.nearest in place.limit else away
    label = PROXIMITY_LABELS[place.status]
    return f"{label} ; la plus proche {away}" if away else label


def proximity_away(place: QpvLocation) -> str:
    """Write how far the nearest structure is, with the error of the perimeter."""
    error = f" ± {distance(place.error_m)}" if place.error_m else ""
    return f"à {distance(round(place.nearest_m or 0))}{error}"


def qpv_row(view: QpvCoverage) -> list[Cell]:
    """Return one quarter as cells."""
    structures = " ; ".join(f"{s.name} ({s.type})" for s in view.structures)
    return [
        view.qpv.code,
        view.qpv.name,
        ", ".join(view.qpv.commune_names),
        "non connu" if view.qpv.population is None else number(view.qpv.population),
        structures or QPV_LABELS[view.status],
    ]


def _qpv_sentence(report: Report) -> str:
    summary = report.qpv_summary
    source = population_source(report.coverage.territory, report.coverage.on)
    text = (
        f"{counted(summary.quarters, 'quartier', 'quartiers')}. D'après ce que les structures déclarent "
        f"desservir : {number(summary.with_structure)} avec structure, "
        f"{number(summary.without_structure)} sans, "
        f"{counted(summary.not_informed, 'non renseigné', 'non renseignés')}. "
    )
    if summary.total is None:
        return text + "Habitants des quartiers avec structure : non connus."
    if summary.covered is None:
        return text + f"{number(summary.total)} habitants ({source})."
    share = percent(summary.covered / summary.total if summary.total else None)
    covered = number(summary.covered)
    is_open = summary.covered != summary.possible
    bracket = f", au plus {number(summary.possible or 0)}" if is_open else ""
    return text + (
        f"Habitants des quartiers avec structure : {'au moins ' if is_open else ''}{share} ({covered} "
        f"habitants sur {number(summary.total)}{bracket} ; {source})."
    )


def _proximity_sentence(one: Proximity) -> str:
    """Say how many quarters have a structure inside or near, by coordinates, and how many live there."""
    counts = [
        f"{number(one.counts[status])} {label}"
        for status, label in (
            (NONE, "sans aucune à proximité"),
            (NONE_KNOWN, "sans aucune connue à proximité"),
            (UNDECIDABLE, "indécidables" if one.counts[UNDECIDABLE] > 1 else "indécidable"),
            (UNKNOWN, "de périmètre inconnu"),
        )
        if one.counts.get(status)
    ]
    if not one.near[0] and one.near[2] == one.quarters:
        return (
            "D'après les coordonnées des structures : aucune connue dans un périmètre, ni "
            f"{within(one.distance_m)}, et rien ne l'exclut d'aucun quartier ({', '.join(counts)})."
        )
    text = (
        f"D'après les coordonnées des structures : {_bracketed(one.inside)} sur {number(one.quarters)} avec "
        f"une structure dans le périmètre, {_bracketed(one.near)} dans le périmètre ou "
        f"{within(one.distance_m)}"
    )
    text += f" ; {', '.join(counts)}. " if counts else ". "
    if one.people_near is None or one.people_inside is None:
        return text + "Habitants de ces quartiers : non connus."
    return text + (
        f"Habitants de ces quartiers : {_bracketed(one.people_inside)} et {_bracketed(one.people_near)} sur "
        f"{number(one.total or 0)}."
    )


def _bracketed(amounts: tuple[int, int, int]) -> str:
    """Write a number, or, where it may move, the established one first, then what it may be."""
    value, low, high = amounts
    if low == high:
        return number(value)
    listed = "" if value == low else f"{number(value)} d'après la liste, "
    return f"au moins {number(low)} ({listed}au plus {number(high)})"
