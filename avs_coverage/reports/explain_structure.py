"""The page that explains a structure: whether it counts, what it covers, and what its row lacks."""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.explain import StructureByRule, StructureExplanation, Tie
from avs_coverage.explain.structure import CLOSED, LACKING_COLUMNS, NOT_YET
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.inventory import Structure
from avs_coverage.messages import counted, enumeration, french_date, number
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Paragraph, Section, table
from avs_coverage.reports.explain_words import (
    ABBREVIATIONS,
    AREAS,
    NO_SOURCE,
    agreement,
    at,
    by_what,
    inhabitants,
    named,
    names_of,
    rule_title,
    why_held,
    why_possible,
)

_COMMUNES = 12
_GAINS = {
    "siege": "la placer : sans siège, elle ne couvre rien sous les règles de distance et d'implantation",
    "siege_deduit": "s'assurer du siège, que la liste ne fait que déduire (siege : certain)",
    "zone": "dire quelles communes elle couvre et lesquelles elle ne couvre pas (zone : complete)",
    "point": "mesurer les distances depuis sa porte et non depuis le centre de la commune ; dire si elle "
    "est dans un quartier prioritaire",
    "confirmation": "la compter, une fois son agrément établi (statut : confirme)",
    "qpv": "dire quels quartiers prioritaires de sa commune elle dessert",
    "debut": "savoir si elle était ouverte à une date passée : sans elle, on la tient pour déjà ouverte",
    "nom": "la nommer (nom_connu : oui)",
    "capacite": "la compter dans l'offre de places (avs-coverage supply)",
    "source": "dire sur la foi de qui elle est dans la liste",
}
"""What each thing that a row lacks would allow."""


def structure_sections(report: Report, found: StructureExplanation) -> list[Section]:
    """Return the sections of the page."""
    rules = [_rule_section(report, found, rule) for rule in found.rules] if found.is_counted else []
    return [
        Section("", tuple(Paragraph(text) for text in _answer(report, found))),
        *rules,
        _row(report, found),
        _lacking(found),
    ]


def _answer(report: Report, found: StructureExplanation) -> list[str]:
    day = french_date(found.on)
    texts = [_first_sentence(report, found)]
    if found.is_counted:
        title = rule_title(found.main.rule)
        texts.append(f"Cette réponse suit la règle « {title} », au {day}.")
        if found.main.possible and found.main.rule.name == "declared" and found.declared_beyond is not None:
            texts.insert(1, _declared(found))
        if found.structure.opening is None:
            texts.append("La liste ne dit pas depuis quand elle est agréée : on la tient pour déjà ouverte.")
    if not found.is_own:
        what = "Son siège est" if found.structure.seat else "Les communes que la liste en nomme sont"
        texts.append(f"{what} hors du territoire : elle n'y compte que pour ce qu'elle en couvre.")
    texts.append(ABBREVIATIONS)
    return texts


def _first_sentence(report: Report, found: StructureExplanation) -> str:
    structure, day = found.structure, french_date(found.on)
    subject = f"La structure {named(structure)}, {_seated(structure)},"
    if not found.is_counted:
        return f"{subject} n'est pas comptée au {day} : {_reason(found)}."
    main = found.main
    if not report.has_inventory:
        return f"{subject} est dans une liste qui ne vaut pour aucune commune de ce territoire."
    if not main.is_located:
        return (
            f"{subject} est comptée parmi les structures, mais on ne peut dire ce qu'elle couvre, faute d'en "
            f"connaître {main.rule.unlocated_reason}."
        )
    if not main.certain and not main.possible:
        return f"{subject} ne couvre aucune commune de ce territoire."
    parts = []
    if main.established:
        parts.append(f"couvre avec certitude {_size(main.established)}")
    if main.held:
        verb = "" if parts else "couvre "
        parts.append(f"{verb}{_size(main.held, bool(parts))} {by_what(main.held)}")
    if main.possible:
        verb = "peut-être" if parts else "couvre peut-être"
        parts.append(f"{verb} {_size(main.possible, bool(parts))}")
    return f"{subject} {' ; '.join(parts)}."


def _seated(structure: Structure) -> str:
    if not structure.seat:
        return "dont le siège n'est pas connu"
    verb = "serait" if structure.is_seat_deduced else "est"
    return f"dont le siège {verb} {at(structure.seat_name)} ({structure.seat})"


def _size(ties: Sequence[Tie], others: bool = False) -> str:
    words = ("autre commune", "autres communes") if others else ("commune", "communes")
    return f"{counted(len(ties), *words)} ({inhabitants(sum(tie.inhabitants for tie in ties))})"


def _reason(found: StructureExplanation) -> str:
    structure = found.structure
    opening = structure.opening or structure.start
    if found.reason == NOT_YET and opening:
        return f"son agrément ne commence que le {french_date(opening)}"
    if found.reason == CLOSED and structure.last_day:
        what = "elle a fermé" if structure.says_closure else "son agrément s'est terminé"
        return f"{what} le {french_date(structure.last_day)}"
    if found.reason == CLOSED:
        return "la liste la dit fermée, sans dire depuis quand"
    return "la liste la dit « à confirmer » (--include-unconfirmed la compterait)"


def _rule_section(report: Report, found: StructureExplanation, rule: StructureByRule) -> Section:
    texts = []
    if not rule.is_located:
        texts.append(f"Elle n'y couvre rien, faute d'en connaître {rule.rule.unlocated_reason}.")
    elif not (rule.certain or rule.possible):
        texts.append("Elle ne couvre aucune commune de ce territoire.")
    if rule.established:
        texts.append(f"Avec certitude (habitants) : {_places(rule.established)}.")
    if rule.held:
        texts.append(
            f"Retenu dans le chiffre, non établi (habitants) : {_places(rule.held)}. Ce n'est pas établi : "
            f"{why_held(rule.held)}."
        )
    if rule.contribution is not None and rule.certain:
        texts.append(_alone(report, rule))
    if rule.possible:
        why = why_possible(rule.possible)
        texts.append(f"Peut-être (habitants) : {_places(rule.possible)}. Ce n'est que possible : {why}.")
        if rule.rule.name == "declared" and found.declared_beyond is not None and rule is not found.main:
            texts.append(_declared(found))
    heading = _heading(rule) if rule.is_located else "ne peut être placée"
    return Section(f"{rule_title(rule.rule)} : {heading}", tuple(Paragraph(text) for text in texts))


def _places(ties: Sequence[Tie]) -> str:
    return enumeration([f"{tie.name} ({number(tie.inhabitants)})" for tie in ties], _COMMUNES)


def _heading(rule: StructureByRule) -> str:
    """Count the communes of each level."""
    established = counted(len(rule.established), "commune établie", "communes établies")
    parts = [established if rule.established else "aucune commune établie"]
    if rule.held:
        parts.append(counted(len(rule.held), "retenue sans être établie", "retenues sans être établies"))
    if rule.possible:
        parts.append(counted(len(rule.possible), "possible", "possibles"))
    return ", ".join(parts)


def _declared(found: StructureExplanation) -> str:
    """Say what a declared population leaves for the communes that are no more than possible."""
    declared, left = found.structure.area_population or 0, found.declared_beyond or 0
    return (
        f"Elle déclare {inhabitants(declared)} dans sa zone : hors des communes retenues, elle n'en "
        f"dessert pas plus de {number(left)}, sans qu'on sache lesquels."
    )


def _alone(report: Report, rule: StructureByRule) -> str:
    """Say how many inhabitants no other known structure covers, and whom it shares the others with."""
    found = rule.contribution
    if found is None:
        return ""
    total = f"En tout {inhabitants(found.served)}"
    if found.alone == found.served:
        return f"{total} : aucune autre structure n'est retenue pour les couvrir."
    structures = {s.id: s for s in report.coverage.inventory.structures}
    shared = names_of([structures[id] for id, _ in found.overlaps])
    if not found.alone:
        return f"{total}, tous couverts aussi par d'autres : {shared}."
    return (
        f"{total}, dont {number(found.alone)} par elle seule ; les autres sont couverts aussi par {shared}."
    )


def _row(report: Report, found: StructureExplanation) -> Section:
    """Say what the list tells of the structure, and on whose word."""
    structure = found.structure
    texts = [
        f"Source : {structure.source or NO_SOURCE}.",
        f"Liste : {report.coverage.inventory.title}{_line(structure)}.",
    ]
    texts.append(_seat(structure))
    area = f"Zone d'intervention : {AREAS[structure.area]}"
    if structure.communes:
        gazetteer = Gazetteer()
        communes = [commune for commune in map(gazetteer.get, structure.communes) if commune]
        area += f" ; communes nommées : {enumeration([c.name for c in communes], _COMMUNES)}"
    texts.append(f"{area}.")
    if found.beyond:
        outside = counted(len(found.beyond), "commune nommée est", "communes nommées sont")
        texts.append(f"{outside} hors du territoire ({enumeration(found.beyond, _COMMUNES)}).")
    agreed = agreement(structure)
    texts.append(f"{agreed[:1].upper()}{agreed[1:]}. Statut : {_confirmed(structure)}.")
    texts += _extras(found)
    if structure.doubt:
        texts.append(f"Doute : {structure.doubt.rstrip('.')}.")
    if structure.note:
        texts.append(f"Remarque de la liste : {structure.note.rstrip('.')}.")
    return Section("Ce que la liste en dit, et sur la foi de qui", tuple(Paragraph(t) for t in texts))


def _line(structure: Structure) -> str:
    return (
        f", ligne {structure.line}, identifiant {structure.id}"
        if structure.line
        else f", identifiant {structure.id}"
    )


def _confirmed(structure: Structure) -> str:
    if structure.is_closed:
        return "fermée"
    return "confirmée" if structure.status == "confirme" else "à confirmer"


def _seat(structure: Structure) -> str:
    if not structure.seat:
        return "Siège inconnu."
    quality = ", déduit et non établi" if structure.is_seat_deduced else ""
    point = (
        "ses coordonnées sont connues"
        if structure.has_point
        else "sans coordonnées : on la place au chef-lieu"
    )
    return f"Siège : {structure.seat_name} ({structure.seat}){quality} ; {point}."


def _extras(found: StructureExplanation) -> list[str]:
    structure, texts = found.structure, []
    if found.quarters:
        told = [
            f"{qpv.name if qpv else 'quartier inconnu ici'} ({code}{'' if in_force else ', pas en vigueur'})"
            for code, qpv, in_force in found.quarters
        ]
        texts.append(f"Quartiers prioritaires qu'elle dit desservir : {enumeration(told, _COMMUNES)}.")
    yes = {True: "oui", False: "non"}
    said = [
        f"{label} : {yes[value]}"
        for label, value in (
            ("agrément animation collective famille (ACF)", structure.acf),
            ("prestation de service jeunes", structure.ps_jeunes),
            ("itinérante", structure.itinerant),
        )
        if value is not None
    ]
    said += [f"gestionnaire : {structure.manager}"] if structure.manager else []
    if structure.area_population is not None:
        said.append(f"population de zone déclarée : {inhabitants(structure.area_population)}")
    said += (
        [] if structure.capacity is None else [f"capacité : {counted(structure.capacity, 'place', 'places')}"]
    )
    if said:
        text = " ; ".join(said)
        texts.append(f"{text[:1].upper()}{text[1:]}.")
    return texts


def _lacking(found: StructureExplanation) -> Section:
    """Say what its row lacks, the columns to fill in, and what that would allow."""
    if not found.lacking:
        return Section("Ce qui manque à sa ligne", (Paragraph("Rien de ce que l'outil utilise."),))
    rows = [[" et ".join(LACKING_COLUMNS[key]), _GAINS[key]] for key in found.lacking]
    blocks: tuple[Block, ...] = (table("", ["Colonnes à remplir", "Ce que cela permettrait"], rows),)
    return Section("Ce qui manque à sa ligne, et ce que cela permettrait", blocks)
