"""What is known of the structures: the list, its completeness, and what no bracket holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from avs_coverage.completeness import Completeness
from avs_coverage.embedded import read_csv
from avs_coverage.gazetteer import Gazetteer, departement_of
from avs_coverage.inventory import Structure
from avs_coverage.messages import (
    UNSURE_WORDS,
    counted,
    enumeration,
    french_date,
    number,
    plural,
)
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table
from avs_coverage.reports.told_commands import told_command

_ZONE_COMMUNES = 8
_NAMES = 10


def inventory_or_help(report: Report) -> Section:
    """Say what is known of the structures, or how to supply a list where nothing is."""
    inventory = report.coverage.inventory
    if not report.has_inventory:
        return Section(
            "Inventaire des structures",
            (
                Paragraph(
                    "Aucune structure n'est connue de l'outil pour ce territoire : "
                    f"{report.coverage.territory.label}."
                ),
                Paragraph(
                    "Cela ne veut pas dire qu'il n'y en a pas : la couverture est inconnue, et aucun "
                    "pourcentage n'est calculé.",
                    True,
                ),
                Paragraph(
                    "Pour fournir votre liste (CSV ou XLSX ; colonnes nom, type, code_insee) : "
                    f"{told_command(report, 'report', '--structures structures.csv')}"
                ),
            ),
        )
    blocks: list[Block] = [Paragraph(_inventory_sentence(report))]
    blocks += [Paragraph(_completeness_sentence(report, row)) for row in report.completeness]
    sentences = (_positions_sentence(report), *unlocated_sentences(report), *_uncounted_sentences(report))
    blocks += [Paragraph(text) for text in sentences if text]
    blocks += hypothesis(report)
    aside = enumeration([f"{fault.where} ({fault.values['value']})" for fault in inventory.set_aside], 10)
    if aside:
        blocks.append(Paragraph(f"Lignes mises de côté : {aside}."))
    return Section("Inventaire : ce qui est connu", tuple(blocks))


def _inventory_sentence(report: Report) -> str:
    inventory = report.coverage.inventory
    state = f" (état au {french_date(inventory.date)})" if inventory.date else ""
    names = {row["code"]: row["nom"] for row in read_csv("departements.csv")}
    seats = Counter(departement_of(s.seat) for s in inventory.structures if s.seat)
    stands = [
        f"{names[code]} ({code}, {counted(seats[code], 'siège', 'sièges')})"
        for code in sorted(inventory.departements)
    ]
    departements = enumeration(stands, 10)
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
        known = f"{noun} : {number(row.identified)} (aucun nombre publié en {year} pour ce territoire)"
    detail = f"{counted(row.named, 'nommé', 'nommés')}, {number(row.with_seat)} au siège connu"
    if row.unconfirmed:
        counts = "" if report.coverage.inventory.include_unconfirmed else "non "
        word = plural(row.unconfirmed, "compté", "comptés")
        detail += f" ; {number(row.unconfirmed)} à confirmer, {counts}{word}"
    if row.undated:
        words = plural(row.undated, "tenu pour déjà ouvert", "tenus pour déjà ouverts")
        detail += f" ; {number(row.undated)} sans date de premier agrément, {words}"
    return f"{known} — {detail}."


def unlocated_sentences(report: Report) -> list[str]:
    """Name the structures of which too little is known for the rule to say what they cover."""
    names = [structure.name for row in report.completeness for structure in row.unlocated]
    if not names:
        return []
    what = report.coverage.rule.unlocated_reason
    return [f"Hors de tout calcul de couverture, faute d'en connaître {what} : {' ; '.join(names)}."]


def _uncounted_sentences(report: Report) -> list[str]:
    """Name the structures of the list that the territory does not count, and why."""
    on = french_date(report.coverage.on)
    reasons = {
        "fermees": f"Non comptées, agrément pas encore ouvert ou terminé au {on}",
        "ailleurs": "Non comptées, siège hors du territoire",
        "voisines": "Siège hors du territoire, mais communes d'ici desservies ou peut-être",
    }
    found = report.uncounted
    return [
        f"{text} ({number(len(found[reason]))}) : {_names(found[reason])}."
        for reason, text in reasons.items()
        if found[reason]
    ]


def _names(structures: Sequence[Structure]) -> str:
    shown = [structure.name for structure in structures[:_NAMES]]
    more = len(structures) - len(shown)
    return " ; ".join([*shown, *([f"et {number(more)} de plus"] if more else [])])


def basis(report: Report, by_rule: bool = True) -> list[Block]:
    """Return the rule, the date and what must be known before a listing is quoted.

    Not *by_rule*: the figures of the listing do not depend on the rule.
    """
    coverage = report.coverage
    text = f"État au {french_date(coverage.on)}."
    if by_rule:
        text = f"Règle : {coverage.rule.label} ; état au {french_date(coverage.on)}."
    if report.has_inventory:
        text += f" Inventaire : {known_structures(report)}."
    if coverage.inventory.include_unconfirmed and not _unconfirmed(report):
        text += " Structures à confirmer comptées."
    return [Paragraph(text), *(Paragraph(warning, True) for warning in report.warnings)]


def known_structures(report: Report) -> str:
    """Write how many structures are known of those published: « 10 CS sur 20 publiés et 8 EVS ».

    Those to be confirmed, of which no published number counts any, are said apart where they are counted.
    """
    parts = []
    for row in report.completeness:
        of = "" if row.published is None else f" sur {number(row.published)} publiés"
        parts.append(f"{number(row.identified)} {row.type}{of}")
    if more := _unconfirmed(report):
        parts.append(counted(more, "structure à confirmer, comptée", "structures à confirmer, comptées"))
    return enumeration(parts)


def _unconfirmed(report: Report) -> int:
    """Return how many structures to be confirmed are counted all the same."""
    if not report.coverage.inventory.include_unconfirmed:
        return 0
    return sum(row.unconfirmed for row in report.completeness)


def inventoried(report: Report) -> str:
    """Name the départements that shares are of, where others of the territory have no inventory."""
    coverage = report.coverage
    if not report.has_inventory or coverage.known.all():
        return ""
    codes = sorted(set(coverage.territory.communes["departement"][coverage.known]))
    words = ("département inventorié", "départements inventoriés")
    return f"{plural(len(codes), *words)} : {enumeration(codes, _NAMES)}"


def _positions_sentence(report: Report) -> str:
    """Say how well the structures are placed."""
    labels = {
        "point": "par ses coordonnées",
        "chef_lieu": "au chef-lieu de la commune du siège, faute de coordonnées",
        "deduit": "dans une commune déduite",
        "inconnue": "nulle part, siège inconnu",
    }
    found = report.uncertainty["positions"]
    placed = [f"{number(found[name])} {label}" for name, label in labels.items() if found[name]]
    return f"Positions : {', '.join(placed)}." if placed else ""


def user_layers(report: Report) -> list[Block]:
    """Return what stands in place of the embedded data."""
    return [Paragraph(text, True) for text in report.layer_warnings]


def hypothesis(report: Report) -> list[Block]:
    """Return what the majorant supposes: it stands beside every table that shows a bracket."""
    if report.is_closed and not report.outside_bracket:
        return []
    outside = f" ; hors fourchette : {report.outside_bracket}" if report.outside_bracket else ""
    return [Paragraph(f"{bracket_meaning(report)}{outside}.", True)]


def outside(report: Report) -> list[Block]:
    """Return what no bracket of a listing holds: published structures that nobody identified."""
    text = report.outside_bracket
    return [Paragraph(f"Hors de tout chiffre : {text}.", True)] if text else []


def bracket_meaning(report: Report) -> str:
    """Say what the ends of a bracket are, without what lies outside."""
    if report.is_closed:
        return (
            "Rien d'inconnu dans les structures localisées ne déplace ces chiffres : la fourchette est fermée"
        )
    counted_now = list(report.coverage.inventory.counted(report.coverage.on))
    apart = ["sièges déduits"] if any(s.is_seat_deduced for s in counted_now) else []
    reasons = {s.unsure for s in counted_now}
    apart += [several for why, (_, several) in UNSURE_WORDS.items() if why in reasons]
    firm = "liens certains" + (f", hors {enumeration(apart)}" if apart else "")
    return f"Fourchette : minorant ({firm}) à majorant (hypothèse : {report.coverage.rule.hypothesis})"


def structures_section(report: Report) -> Section:
    """Return the structures of the inventory, counted or not, with what is doubtful and their sources."""
    names = dict(report.coverage.territory.communes["nom"])
    headers = ["Id", "Nom", "Type", "Statut", "Comptée", "Siège", "Zone", "Agrément"]
    structures = report.coverage.inventory.structures
    counted_ids = {structure.id for structure in report.coverage.inventory.counted(report.coverage.on)}
    rows = [structure_row(structure, names, structure.id in counted_ids) for structure in structures]
    doubts = (f"{s.id}, doute : {s.doubt.rstrip('.')}." for s in structures if s.doubt)
    sources = dict.fromkeys(f"{s.id} : {s.source}" for s in structures if s.source)
    blocks: list[Block] = [table("", headers, rows), *(Paragraph(text) for text in (*doubts, *sources))]
    return Section("Structures et sources", tuple(blocks))


def structure_row(structure: Structure, commune_names: dict[str, str], is_counted: bool) -> list[Cell]:
    """Return one structure as cells."""
    areas = {"complete": "complète", "partielle": "partielle", "estimee": "estimée", "inconnue": "inconnue"}
    area = areas[structure.area]
    if structure.communes:
        gazetteer = Gazetteer()
        names = [commune_names.get(code) or _name(code, gazetteer) for code in structure.communes]
        area += f" : {enumeration(names, _ZONE_COMMUNES)}"
    seat = f"{structure.seat_name} ({structure.seat})" if structure.seat else "inconnu"
    if structure.seat_quality == "deduit":
        seat += ", déduit"
    status = (
        "à confirmer" if structure.status != "confirme" else "fermée" if structure.is_closed else "confirmée"
    )
    counts = "oui" if is_counted else "non"
    return [structure.id, structure.name, structure.type, status, counts, seat, area, _agreement(structure)]


def _agreement(structure: Structure) -> str:
    """Write since when it is open, the current agreement where that is all that is known, and its end."""
    opening, start = structure.opening, structure.start
    text = _day(opening) if opening else f"en cours depuis {_day(start)}" if start else "inconnu"
    if structure.end:
        text += f", {'' if opening or start else 'en cours '}jusqu'au {french_date(structure.end)}"
    return f"{text}, fermée après le {french_date(structure.closed_on)}" if structure.closed_on else text


def _day(day: date) -> str:
    """Write a day; a first of January as its year, which is all a list often says."""
    return str(day.year) if (day.month, day.day) == (1, 1) else french_date(day)


def _name(code: str, gazetteer: Gazetteer) -> str:
    commune = gazetteer.get(code)
    return f"{commune.name} ({code})" if commune else code
