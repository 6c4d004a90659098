"""The page that explains a commune: the answer, rule by rule, on whose word, what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from avs_coverage.explain import CommuneByRule, CommuneExplanation, Tie
from avs_coverage.gaps import GAP
from avs_coverage.messages import counted, enumeration, french_date, number, percent
from avs_coverage.qpv import NOT_INFORMED, WITH_STRUCTURE
from avs_coverage.report import Report
from avs_coverage.reports.document import Paragraph, Section
from avs_coverage.reports.explain_changes import changes_section
from avs_coverage.reports.explain_words import (
    ABBREVIATIONS,
    COVERED_BY,
    about_minutes,
    bullets,
    by_what,
    inhabitants,
    named,
    names_of,
    other_date_sentences,
    rule_meaning,
    rule_title,
    source_sentence,
    tie_sentences,
)
from avs_coverage.reports.told_commands import told_command
from avs_coverage.territory_names import find_territory_name

_SOURCES = 8


def verdict(rule: CommuneByRule) -> str:
    """Say in a few words what a rule answers: the words that the titles bear."""
    if rule.is_covered:
        parts = [f"couverte ({COVERED_BY[rule.status]})", _doubt(rule), _also(rule)]
        return ", ".join(part for part in parts if part)
    if not rule.status:
        return "on ne sait pas"
    return "peut-être couverte" if rule.may_be_covered else "non couverte"


def _doubt(rule: CommuneByRule) -> str:
    """Say what of the answer is not established: all of it, or one of the two kinds of structure."""
    if rule.is_unsure:
        return by_what(rule.held or rule.certain)
    if rule.status == "cs_et_evs":
        one = {"cs_seul": "l'espace de vie sociale", "evs_seul": "le centre social"}
        left = one.get(rule.status_established, "")
        return f"{left} sans que ce soit établi" if left else ""
    return ""


def _also(rule: CommuneByRule) -> str:
    """Say which kind of structure only a possible link would add."""
    added = {("evs_seul", "cs_et_evs"): "centre social", ("cs_seul", "cs_et_evs"): "espace de vie sociale"}
    kind = added.get((rule.status, rule.status_upper), "")
    return f"peut-être aussi {kind}" if kind else ""


def commune_sections(report: Report, found: CommuneExplanation) -> list[Section]:
    """Return the sections of the page."""
    # Without a list there is nothing to say rule by rule.
    on = report.coverage.on
    rules = [_rule_section(found, rule, on) for rule in found.rules] if found.is_known else []
    return [_answer(report, found), *rules, _sources(report, found), changes_section(report, found)]


def _answer(report: Report, found: CommuneExplanation) -> Section:
    day = french_date(report.coverage.on)
    texts = [_first_sentence(found)]
    if found.is_known:
        main = found.main
        texts += other_date_sentences(main.other_dates, main.is_in_part, report.coverage.on)
    if found.former:
        texts.insert(
            0, f"{found.former} est le code d'une commune d'avant : c'est aujourd'hui {_place(found)}."
        )
    if not found.is_known:
        texts += [
            "Cela ne veut pas dire qu'il n'y a pas de structure : la couverture est inconnue, non nulle.",
            "Pour le savoir, donnez votre liste (colonnes nom, type, code_insee, communes_desservies) : "
            f"{told_command(report, 'explain', f'{found.code} --structures structures.csv')}",
        ]
    else:
        title = rule_title(found.main.rule)
        texts.append(f"Cette réponse suit la règle « {title} », au {day}.")
        if len(found.rules) > 1:
            word = "Une autre règle répond" if len(found.rules) == 2 else "Les autres règles répondent"  # noqa: PLR2004
            texts.append(f"{word} : {verdicts(found.rules[1:])}.")
        texts += _published(found)
    texts.append(ABBREVIATIONS)
    texts += _quarters(report, found)
    return Section("", tuple(Paragraph(text) for text in texts))


def _place(found: CommuneExplanation) -> str:
    return f"{found.name} ({found.code})"


def _first_sentence(found: CommuneExplanation) -> str:
    main = found.main
    subject = f"{_place(found)}, commune de {inhabitants(found.population)},"
    if not found.is_known:
        where = find_territory_name(found.departement).label
        text = f"On ne sait pas si {subject} est couverte : aucune liste de structures n'est connue pour "
        text += f"le département {where}."
        if main.certain:
            text += f" La liste donnée dit pourtant qu'elle l'est par {_names(main.certain)}."
        return text
    if main.is_in_part and main.is_covered:
        return _in_part(subject, main)
    if main.is_covered:
        text = f"{subject} est couverte par {_names(main.established or main.held)}"
        text += "." if main.established else f", {by_what(main.held)}."
        if main.established and main.held:
            text += f" Le calcul retient aussi {_names(main.held)}, {by_what(main.held)}."
        if main.possible:
            text += f" Elle l'est peut-être aussi par {_names(main.possible)}."
        return text
    if main.may_be_covered:
        return (
            f"{subject} n'est pas comptée comme couverte ; elle l'est peut-être par "
            f"{_names(main.possible or main.ties)}."
        )
    if main.certain:  # too few inhabitants are within reach
        return (
            f"{subject} n'est pas couverte : trop peu de ses habitants sont à portée d'une structure connue."
        )
    return f"{subject} n'est couverte par aucune structure connue."


def _in_part(subject: str, main: CommuneByRule) -> str:
    """Say that enough inhabitants are within reach, or that a structure sits there, or both."""
    seats = [tie.structure for tie in main.certain if tie.basis.startswith("siege")]
    reaching = [tie.structure for tie in main.certain if tie.share > 0]
    parts = []
    if main.reached and reaching:
        parts.append(f"{percent(main.reached[2])} de ses habitants sont à portée de {names_of(reaching)}")
    if seats:
        parts.append(f"{names_of(seats)} {'y a son' if len(seats) == 1 else 'y ont leur'} siège")
    doubt = f", {by_what(main.held or main.certain)}" if main.is_unsure else ""
    return f"{subject} est couverte{doubt} : {', et '.join(parts)}."


def _names(ties: Sequence[Tie]) -> str:
    return names_of([tie.structure for tie in ties])


def verdicts(rules: Sequence[CommuneByRule]) -> str:
    """Say what several rules answer, those that answer alike together."""
    titles: dict[str, list[str]] = {}
    for rule in rules:
        titles.setdefault(verdict(rule), []).append(f"« {rule_title(rule.rule)} »")
    return " ; ".join(f"selon {enumeration(named)}, {text}" for text, named in titles.items())


def _published(found: CommuneExplanation) -> list[str]:
    if found.published is None:
        return []
    said = COVERED_BY.get(found.published.printed, "aucune structure")
    return [
        f"Le schéma publie de cette commune, pour {found.published.year} : {said} (montré, non utilisé dans "
        f"le calcul ; source : {found.published.source})."
    ]


def _quarters(report: Report, found: CommuneExplanation) -> list[str]:
    if not found.quarters:
        return []
    words = {WITH_STRUCTURE: "une structure le dessert", NOT_INFORMED: "non renseigné"}
    told = [
        f"{name} ({code}) : {words.get(status, 'pas de structure')}" for code, name, status in found.quarters
    ]
    one = ("Un quartier prioritaire est", "Des quartiers prioritaires sont")[len(told) > 1]
    return [f"{one} en tout ou partie sur la commune — {' ; '.join(told)}."]


def _rule_section(found: CommuneExplanation, rule: CommuneByRule, on: date) -> Section:
    texts = [rule_meaning(rule.rule)]
    texts += _reached(found, rule) if rule.is_in_part else []
    most_min = float(rule.rule.parameters.get("duree_min", 0))
    texts += tie_sentences(rule.ties, found.epci_name, rule.is_in_part, most_min)
    texts += [*_not_firm(rule), *_uncovered(found, rule), *_zone(rule)]
    if rule is not found.main:  # what the main rule says of other dates comes with the answer
        texts += other_date_sentences(rule.other_dates, rule.is_in_part, on)
    return Section(f"{rule_title(rule.rule)} : {verdict(rule)}", tuple(Paragraph(text) for text in texts))


def _reached(found: CommuneExplanation, rule: CommuneByRule) -> list[str]:
    """Say how many inhabitants are within reach, where the rule counts them."""
    if rule.reached is None or rule.inhabitants is None:
        return []
    return [
        f"{percent(rule.reached[2])} de ses habitants ({number(rule.inhabitants)} sur "
        f"{number(found.population)}) sont à portée ; la commune compte comme couverte à partir de "
        f"{percent(rule.commune_share)}."
    ]


def _not_firm(rule: CommuneByRule) -> list[str]:
    """Say what of the answer is established, where that is less: a place or a date is not sure."""
    if rule.status_established == rule.status:
        return []
    left = _ESTABLISHED.get(rule.status_established, "que la commune soit couverte n'est pas établi")
    known = "sièges, places, dates et durées connus" if rule.is_estimate else "sièges, places et dates connus"
    return [f"D'après ce qui est établi seulement ({known}), {left}."]


_ESTABLISHED = {
    "cs_seul": "seul un centre social la couvre",
    "evs_seul": "seul un espace de vie sociale la couvre",
}


def _uncovered(found: CommuneExplanation, rule: CommuneByRule) -> list[str]:
    """Say why nothing covers the commune, and how much is missing."""
    if rule.is_covered:
        return []
    name = rule.rule.name
    if name == "implantation":
        return ["Aucune structure connue n'y a son siège."]
    if name == "declared" and rule.may_be_covered:
        return ["Rien de plus sûr n'est connu : aucune ne la nomme dans une zone établie."]
    if name == "declared":
        where = f"la même intercommunalité ({found.epci_name})" if found.epci_name else "la commune"
        return [
            "Aucune structure connue ne la compte dans sa zone d'intervention, et aucune de celles dont la "
            f"zone n'est pas toute connue n'est dans {where}."
        ]
    return [_missing_distance(found, rule)]


def _missing_distance(found: CommuneExplanation, rule: CommuneByRule) -> str:
    """Say how far the nearest structure is by the rule's measure, and what would be enough."""
    nearest = rule.nearest
    if nearest is None and {"temps", "osrm"} & rule.rule.parameters.keys():
        return "Aucune durée n'est donnée entre le chef-lieu et une structure connue."
    if nearest is None:
        return "Aucune structure n'a de siège connu d'où mesurer une distance."
    if rule.minutes is not None:
        if rule.is_estimate:  # what would be enough is known no better than the estimate
            about = about_minutes(rule.minutes, float(rule.rule.parameters["duree_min"]))
            return f"La structure la plus proche est {named(nearest)} : {about} par la route, durée estimée."
        far, enough = f"à {number(rule.minutes, 1)} min", f"{number(rule.enough or 0)} min"
    else:
        metres = found.access.avs_far if found.access else None
        if metres is None:
            return f"La structure la plus proche est {named(nearest)}."
        far = f"à {number(metres / 1000, 1)} km du chef-lieu"
        enough = f"{number(rule.enough, 1)} km" if rule.enough else ""
    more = f" ; il faudrait {enough}" if enough else ""
    return f"La structure la plus proche, {named(nearest)}, est {far}{more}."


def _zone(rule: CommuneByRule) -> list[str]:
    zone = rule.zone
    if zone is None or rule.rule.name == "implantation":
        return []
    size = counted(len(zone.communes), "commune", "communes")
    if zone.kind == GAP:
        if len(zone.communes) == 1:
            return [
                f"Elle est à elle seule une « zone blanche » (n° {zone.rank}) : rien de connu ne la couvre."
            ]
        return [
            f"Elle est dans un groupe de {size} voisines que rien de connu ne couvre : la « zone blanche » "
            f"n° {zone.rank}."
        ]
    if len(zone.communes) == 1:
        return [f"Elle est seule dans ce cas (« couverture à préciser » n° {zone.rank})."]
    return [
        f"Elle est dans un groupe de {size} voisines dans le même cas : « couverture à préciser » n° "
        f"{zone.rank}."
    ]


def _sources(report: Report, found: CommuneExplanation) -> Section:
    """Say on whose word each structure named is there."""
    inventory = report.coverage.inventory
    texts = [source_sentence(structure) for structure in found.structures[:_SOURCES]]
    if (more := len(found.structures) - _SOURCES) > 0:
        texts.append(f"Et {counted(more, 'structure', 'structures')} de plus : --json les donne toutes.")
    if not texts:
        return Section("", ())
    state = f", état au {french_date(inventory.date)}" if inventory.date else ""
    return Section(
        "Sur la foi de qui",
        (Paragraph(f"Liste : {inventory.title}{state}."), *(Paragraph(t) for t in bullets(texts))),
    )
