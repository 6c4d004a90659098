"""The page that explains a QPV: who serves it, on whose word, where structures are, what would change."""

from __future__ import annotations

from avs_coverage.explain import QpvExplanation
from avs_coverage.inventory import Structure
from avs_coverage.messages import counted, distance, enumeration, french_date
from avs_coverage.qpv import NOT_INFORMED, WITH_STRUCTURE
from avs_coverage.qpv_location import NONE_KNOWN
from avs_coverage.report import Report
from avs_coverage.reports.document import Paragraph, Section
from avs_coverage.reports.explain_commune import verdicts
from avs_coverage.reports.explain_words import (
    ABBREVIATIONS,
    bullets,
    inhabitants,
    names_of,
    source_sentence,
    unsure_sentences,
)
from avs_coverage.reports.qpv_section import proximity_away, within
from avs_coverage.reports.told_commands import told_command

_UNSURE = "d'après une date que rien n'établit"


def quarter_sections(report: Report, found: QpvExplanation) -> list[Section]:
    """Return the sections of the page."""
    return [
        Section("", tuple(Paragraph(text) for text in _answer(report, found))),
        _served(report, found),
        _places(report, found),
        _communes(found),
        Section(
            "Ce qui changerait la réponse", tuple(Paragraph(t) for t in bullets(_changes(report, found)))
        ),
    ]


def _subject(found: QpvExplanation) -> str:
    names = [*found.qpv.commune_names] or ["commune inconnue"]
    people = "population inconnue" if found.qpv.population is None else inhabitants(found.qpv.population)
    return f"{found.qpv.name} ({found.qpv.code}), quartier prioritaire ({enumeration(names)} ; {people})"


def _answer(report: Report, found: QpvExplanation) -> list[str]:
    day = french_date(report.coverage.on)
    texts = [f"{_subject(found)}, {_status(found, day)}"]
    if found.view is None:
        texts += _not_in_force(report, found, day)
    elif found.qpv.population is not None:
        texts.append(f"État au {day}. Habitants du quartier : {found.population_source}.")
    else:
        texts.append(f"État au {day}. Aucune source lue ne donne les habitants de ce quartier.")
    texts.append(
        "Un quartier prioritaire de la politique de la ville (QPV) est un périmètre fixé par décret. "
        + ABBREVIATIONS
    )
    return texts


def _status(found: QpvExplanation, day: str) -> str:
    if found.view is None:
        return f"n'est pas en vigueur au {day}."
    if found.view.status == WITH_STRUCTURE:
        text = f"est desservi par {names_of(found.serving)}"
        return f"{text}." if any(not s.unsure for s in found.serving) else f"{text}, {_UNSURE}."
    if found.view.status == NOT_INFORMED:
        return "n'est pas renseigné : on ne sait pas si une structure le dessert."
    return "n'est desservi par aucune structure connue."


def _not_in_force(report: Report, found: QpvExplanation, day: str) -> list[str]:
    texts = [f"Ses limites sont celles de la génération {found.qpv.generation}."]
    if found.in_force is None:
        texts[0] += f" Au {day}, aucune génération de QPV n'était encore en vigueur."
    else:
        texts[0] += (
            f" Au {day}, celle de {found.in_force} est en vigueur ; rien n'est repris de l'une à l'autre."
        )
    if found.namesakes:
        codes = [f"{qpv.name} ({qpv.code})" for qpv in found.namesakes]
        texts.append(
            f"Un quartier du même nom est en vigueur, dans d'autres limites peut-être : {enumeration(codes)} "
            f"({told_command(report, 'explain', found.namesakes[0].code)})."
        )
    else:
        year = 2024 if found.qpv.generation == 2024 else 2023  # noqa: PLR2004
        texts.append(f"Pour l'état d'une date où il l'est : --date {year}-12-31.")
    return texts


def _served(report: Report, found: QpvExplanation) -> Section:
    """Say who declares to serve the quarter, and what the schéma prints."""
    texts = []
    if found.serving:
        verb = "dit le desservir" if len(found.serving) == 1 else "disent le desservir"
        texts.append(f"{names_of(found.serving)} {verb}, d'après la liste des structures.")
    elif not found.has_inventory:
        texts.append("Aucune liste de structures n'est connue pour ce département.")
    elif found.view is None:
        texts.append("La liste ne nomme aucune structure pour ce quartier.")
    elif found.view.status != NOT_INFORMED:
        words = ("autre quartier", "autres quartiers")
        texts.append(
            f"La liste dit quelles structures desservent {counted(found.informed, *words)}, et n'en nomme "
            f"aucune pour celui-ci ; {_why_none(found)} : on le tient pour sans structure."
        )
    else:
        texts.append(
            "La liste ne dit d'aucun quartier de cette génération qui le dessert : elle est muette."
            if not found.informed
            else "La liste n'en nomme aucune pour ce quartier ; elle n'est pas connue comme complète, et "
            "aucun tableau publié n'imprime qu'il n'y en a pas."
        )
    if found.uncounted:
        is_one = len(found.uncounted) == 1
        who = f"{'La structure' if is_one else 'Les structures'} {names_of(found.uncounted)}"
        verb = "dit aussi le desservir, mais n'est pas comptée à cette date (fermée, à venir ou à confirmer)"
        if not is_one:
            verb = (
                "disent aussi le desservir, mais ne sont pas comptées à cette date (fermées, à venir ou à "
                "confirmer)"
            )
        texts.append(f"{who} {verb}.")
    texts += [f"{text[0].upper()}{text[1:]}" for text in unsure_sentences(found.serving)]
    published = found.view.published if found.view else None
    if published is not None:
        said = enumeration([f"« {text} »" for text in published.structures])
        note = f" Remarque : {published.note}." if published.note else ""
        texts.append(
            f"Le schéma imprime {said} à la ligne « {published.name} » (source : {published.source}).{note}"
        )
    texts += bullets([source_sentence(structure) for structure in found.structures])
    return Section("Qui le dessert, et sur la foi de qui", tuple(Paragraph(text) for text in texts))


def _why_none(found: QpvExplanation) -> str:
    published = found.view.published if found.view else None
    if published is not None and published.without_structure:
        return "le schéma imprime qu'il n'y en a pas"
    return "elle a toutes les structures publiées"


def _places(report: Report, found: QpvExplanation) -> Section:
    """Say where structures are with regard to the perimeter."""
    place, names = found.location, {s.id: s for s in report.coverage.inventory.structures}

    def of(ids: tuple[str, ...]) -> str:
        return names_of([names[id] for id in ids])

    if not place.has_perimeter:
        texts = [
            "Le périmètre de ce quartier n'est pas dans l'outil : on ne peut dire si une structure est "
            "dedans ou à côté. Un fichier de périmètres (--qpv FICHIER) le permettrait."
        ]
        return Section("Où sont les structures", tuple(Paragraph(text) for text in texts))
    near = within(place.distance_m)
    texts = []
    if place.inside:
        texts.append(f"Dans le périmètre : {of(place.inside)}.")
    if place.near:
        texts.append(f"Hors du périmètre, mais {near} : {of(place.near)}.")
    if place.limit:
        texts.append(
            f"Si près de la limite qu'on ne peut dire si c'est dedans ou dehors : {of(place.limit)} "
            f"(le périmètre est connu à {distance(place.error_m or 0)} près)."
        )
    if not (place.inside or place.near):
        texts.append(f"Aucune structure dont on a les coordonnées n'est dans le périmètre, ni {near}.")
    if place.nearest_m and place.nearest in names and not place.inside:
        texts.append(
            f"La plus proche de celles dont on a les coordonnées : {of((place.nearest,))}, "
            f"{proximity_away(place)}."
        )
    if place.undecidable:
        texts.append(
            f"On ne peut le dire de {of(place.undecidable)} : la liste n'en donne pas les coordonnées, ou "
            "elles sont au seuil, à l'incertitude du périmètre près."
        )
    elif place.status == NONE_KNOWN:
        texts.append("La liste n'est pas connue comme complète : une structure qu'elle n'a pas peut y être.")
    texts.append(
        "Être à côté n'est pas desservir : seul ce que les structures déclarent dit qui dessert le quartier."
    )
    return Section("Où sont les structures", tuple(Paragraph(text) for text in texts))


def _communes(found: QpvExplanation) -> Section:
    """Say the status of the communes of the quarter, under every rule."""
    texts = []
    for commune in found.communes:
        texts.append(f"{commune.name} ({commune.code}) : {verdicts(commune.rules)}.")
    if found.beyond:
        texts.append(f"Hors du territoire, dont on ne dit rien ici : {enumeration(found.beyond)}.")
    if texts:
        texts.append(
            "Une commune couverte ne veut pas dire que le quartier l'est : c'est une autre question."
        )
    title = "Sa commune" if len(found.communes) + len(found.beyond) == 1 else "Ses communes"
    return Section(title, tuple(Paragraph(text) for text in texts))


def _changes(report: Report, found: QpvExplanation) -> list[str]:
    if found.view is None:
        return []
    texts = []
    if found.serving:
        verb = "cessait de le desservir" if len(found.serving) == 1 else "cessaient de le desservir"
        texts.append(f"Il n'aurait plus de structure si {names_of(found.serving)} {verb}.")
    else:
        texts.append(
            f"Écrire son code, {found.qpv.code}, à la ligne d'une structure qui le dessert (colonne "
            "qpv_desservis)."
        )
        if around := _candidates(found):
            texts.append(
                "Demander aux structures qui couvrent sa commune, ou la couvrent peut-être, si elles "
                f"desservent aussi le quartier : {names_of(around)}."
            )
    if not found.location.has_perimeter:
        texts.append("Donner son périmètre (--qpv FICHIER) dirait quelles structures y sont ou sont à côté.")
    names = {s.id: s for s in report.coverage.inventory.structures}
    structures = [names[id] for id in found.location.undecidable if not names[id].has_point]
    if structures:
        texts.append(
            f"Donner les coordonnées (colonnes longitude et latitude) de {names_of(structures)} : on saurait "
            "si elles sont dans le périmètre."
        )
    return texts


def _candidates(found: QpvExplanation) -> list[Structure]:
    """Return the structures that cover a commune of the quarter, or may, by the first rule."""
    ties = [tie for commune in found.communes for tie in commune.main.ties]
    return list({tie.structure.id: tie.structure for tie in ties}.values())
