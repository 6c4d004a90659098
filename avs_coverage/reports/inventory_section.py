"""What is known of the structures: the list, its completeness, and what no bracket holds."""

from __future__ import annotations

from avs_coverage.embedded import read_csv
from avs_coverage.inventory import Structure
from avs_coverage.messages import (
    counted,
    enumeration,
    french_date,
    number,
    plural,
)
from avs_coverage.published import Completeness
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table

_ZONE_COMMUNES = 8


def inventory_or_help(report: Report) -> Section:
    """Say what is known of the structures, or how to supply a list where nothing is."""
    inventory = report.coverage.inventory
    if not report.has_inventory:
        name = report.coverage.territory.name.typed
        return Section(
            "Inventaire des structures",
            (
                Paragraph(
                    f"Aucune structure n'est connue de l'outil pour {report.coverage.territory.label}."
                ),
                Paragraph(
                    "Cela ne veut pas dire qu'il n'y en a pas : la couverture est inconnue, et aucun "
                    "pourcentage n'est calculé.",
                    True,
                ),
                Paragraph(
                    "Pour fournir votre liste (CSV ou XLSX ; colonnes nom, type, code_insee) : "
                    f"avs-coverage report {name} --structures structures.csv"
                ),
            ),
        )
    blocks: list[Block] = [Paragraph(_inventory_sentence(report))]
    blocks += [Paragraph(_completeness_sentence(report, row)) for row in report.completeness]
    if unlocated := [structure.name for row in report.completeness for structure in row.unlocated]:
        names = enumeration(unlocated)
        blocks.append(
            Paragraph(f"Trop mal localisées pour cette règle, hors de tout calcul de couverture : {names}.")
        )
    blocks += hypothesis(report)
    aside = enumeration([f"{fault.where} ({fault.values['value']})" for fault in inventory.set_aside], 10)
    if aside:
        blocks.append(Paragraph(f"Lignes mises de côté : {aside}."))
    return Section("Inventaire : ce qui est connu", tuple(blocks))


def _inventory_sentence(report: Report) -> str:
    inventory = report.coverage.inventory
    state = f" (état au {french_date(inventory.date)})" if inventory.date else ""
    names = {row["code"]: row["nom"] for row in read_csv("departements.csv")}
    departements = enumeration([f"{names[code]} ({code})" for code in sorted(inventory.departements)], 10)
    rows = (
        f"{counted(inventory.rows_read, 'ligne lue', 'lignes lues')} : "
        f"{counted(len(inventory), 'structure', 'structures')}, "
        f"{counted(inventory.rows_set_aside, 'ligne mise', 'lignes mises')} de côté."
    )
    return f"{inventory.title}{state}. Vaut pour : {departements}. {rows}"


def _completeness_sentence(report: Report, row: Completeness) -> str:
    noun = "CS" if row.type == "CS" else "EVS"
    year = report.coverage.on.year
    if row.published is not None:
        known = f"{noun} : {number(row.identified)} sur {number(row.published)} publiés en {year}"
    else:
        known = f"{noun} : {number(row.identified)} (aucun nombre publié en {year} auquel les comparer)"
    detail = f"{counted(row.named, 'nommé', 'nommés')}, {number(row.with_seat)} au siège connu"
    if row.unconfirmed:
        counts = "" if report.coverage.inventory.include_unconfirmed else "non "
        word = plural(row.unconfirmed, "compté", "comptés")
        detail += f" ; {number(row.unconfirmed)} à confirmer, {counts}{word}"
    if row.undated:
        words = plural(row.undated, "tenu pour déjà ouvert", "tenus pour déjà ouverts")
        detail += f" ; {number(row.undated)} sans date d'agrément, {words}"
    return f"{known} — {detail}."


def hypothesis(report: Report) -> list[Block]:
    """Return what the majorant supposes: it stands beside every table that shows a bracket."""
    if report.is_closed:
        return []
    text = "Fourchette : minorant à majorant, sur les seuls liens certains"
    if supposed := report.coverage.rule.hypothesis:
        text = f"Fourchette : minorant (liens certains) à majorant (hypothèse : {supposed})"
    outside = f" ; hors fourchette : {report.outside_bracket}" if report.outside_bracket else ""
    return [Paragraph(f"{text}{outside}.", True)]


def structures_section(report: Report) -> Section:
    """Return the structures of the inventory, counted or not, with their sources."""
    names = dict(report.coverage.territory.communes["nom"])
    headers = ["Id", "Nom", "Type", "Statut", "Siège", "Zone", "Ouverture"]
    structures = report.coverage.inventory.structures
    rows = [structure_row(structure, names) for structure in structures]
    sources = dict.fromkeys(f"{s.id} : {s.source}" for s in structures if s.source)
    blocks: list[Block] = [table("", headers, rows), *(Paragraph(text) for text in sources)]
    return Section("Structures et sources", tuple(blocks))


def structure_row(structure: Structure, commune_names: dict[str, str]) -> list[Cell]:
    """Return one structure as cells."""
    areas = {"complete": "complète", "partielle": "partielle", "estimee": "estimée", "inconnue": "inconnue"}
    area = areas[structure.area]
    if structure.communes:
        names = [commune_names.get(code, code) for code in structure.communes]
        area += f" : {enumeration(names, _ZONE_COMMUNES)}"
    seat = f"{structure.seat_name} ({structure.seat})" if structure.seat else "inconnu"
    if structure.seat_quality == "deduit":
        seat += ", déduit"
    opened = french_date(structure.start) if structure.start else "inconnue"
    if structure.end:
        opened += f" au {french_date(structure.end)}"
    status = "confirmée" if structure.status == "confirme" else "à confirmer"
    return [structure.id, structure.name, structure.type, status, seat, area, opened]
