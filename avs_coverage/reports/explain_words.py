"""The words of explanations: rules, links, sources, each as a sentence to be read aloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from math import ceil

from avs_coverage.explain import Tie
from avs_coverage.explain.context import HELD, LEVELS, POSSIBLE
from avs_coverage.inventory import LAPSED, Structure
from avs_coverage.messages import counted, distance, enumeration, french_date, number, percent, plain
from avs_coverage.rules import Rule
from avs_coverage.rules.demand import CHEF_LIEU

LISTED = 6
"""How many names a sentence gives before it counts the rest."""

TYPES = {"CS": "centre social", "EVS": "espace de vie sociale"}
ABBREVIATIONS = (
    "CS veut dire centre social, EVS espace de vie sociale ; « structure » désigne ici l'un ou l'autre."
)
COVERED_BY = {
    "cs_seul": "centre social",
    "cs_et_evs": "centre social et espace de vie sociale",
    "evs_seul": "espace de vie sociale seul",
}
NO_SOURCE = "la liste ne dit pas d'où vient cette ligne"
AREAS = {
    "complete": "connue en entier",
    "partielle": "connue en partie",
    "estimee": "estimée, non déclarée",
    "inconnue": "inconnue",
}

_Sentence = tuple[str, str]
SENTENCES: dict[str, _Sentence] = {
    "siege": ("{names} y a son siège.", "{names} y ont leur siège."),
    "siege_deduit": (
        "{names} y aurait son siège : la liste le déduit, rien ne l'établit.",
        "{names} y auraient leur siège : la liste le déduit, rien ne l'établit.",
    ),
    "zone_complete": (
        "{names} la compte dans sa zone d'intervention.",
        "{names} la comptent dans leur zone d'intervention.",
    ),
    "zone_partielle": (
        "{names} la compte parmi les communes connues de sa zone d'intervention.",
        "{names} la comptent parmi les communes connues de leur zone d'intervention.",
    ),
    "zone_estimee": (
        "{names} la desservirait, d'après une zone d'intervention estimée, que rien n'établit.",
        "{names} la desserviraient, d'après des zones d'intervention estimées, que rien n'établit.",
    ),
    "zone_inconnue": (
        "{names} la desservirait peut-être : la liste la nomme, mais dit la zone inconnue.",
        "{names} la desserviraient peut-être : la liste la nomme, mais dit les zones inconnues.",
    ),
    "epci": (
        "On ne connaît pas toute la zone d'intervention de {names}, qui part d'une commune de la même "
        "intercommunalité{epci} : si elle s'étendait jusqu'ici, elle couvrirait cette commune.",
        "On ne connaît pas toute la zone d'intervention de {names}, qui partent de communes de la même "
        "intercommunalité{epci} : si l'une s'étendait jusqu'ici, elle couvrirait cette commune.",
    ),
    "commune_voisine": (
        "On ne connaît pas toute la zone d'intervention de {names}, qui part d'une commune voisine : si "
        "elle s'étendait jusqu'ici, elle couvrirait cette commune.",
        "On ne connaît pas toute la zone d'intervention de {names}, qui partent de communes voisines : si "
        "l'une s'étendait jusqu'ici, elle couvrirait cette commune.",
    ),
    "distance": ("À portée : {names}.", "À portée : {names}."),
    "distance_approchee": (
        "À portée, si on place cette structure au chef-lieu de son siège, faute de coordonnées : {names}.",
        "À portée, si on place ces structures au chef-lieu de leur siège, faute de coordonnées : {names}.",
    ),
    "distance_possible": (
        "Peut-être à portée, selon sa place dans la commune de son siège, faute de coordonnées : {names}.",
        "Peut-être à portée, selon leur place dans la commune de leur siège, faute de coordonnées : {names}.",
    ),
    "duree_approchee": (
        "À portée d'après une durée estimée, si on place cette structure au chef-lieu de son siège, faute de "
        "coordonnées : {names}.",
        "À portée d'après une durée estimée, si on place ces structures au chef-lieu de leur siège, faute de "
        "coordonnées : {names}.",
    ),
    "duree_possible": (
        "Peut-être à portée d'après une durée estimée, selon sa place dans la commune de son siège, faute de "
        "coordonnées : {names}.",
        "Peut-être à portée d'après une durée estimée, selon leur place dans la commune de leur siège, faute "
        "de coordonnées : {names}.",
    ),
    "duree_estimee": ("À portée, d'après une durée estimée : {names}.",) * 2,
    "duree": ("À portée, par la route : {names}.",) * 2,
    "duree_inconnue": (
        "Peut-être à portée : {names}. Le fichier ne donne pas ce trajet, qui tiendrait dans la durée en "
        "ligne droite à 130 km/h.",
        "Peut-être à portée : {names}. Le fichier ne donne pas ces trajets, qui tiendraient dans la durée "
        "en ligne droite à 130 km/h.",
    ),
}
"""How each ``basis`` of a link is said, of one structure and of several."""
POSSIBLE_REASONS = {
    "siege_deduit": "son siège y est déduit, non établi",
    "zone_estimee": "sa zone d'intervention est estimée, non déclarée",
    "zone_inconnue": "la liste les nomme, mais dit sa zone inconnue",
    "epci": "sa zone n'est pas toute connue, et l'on suppose qu'elle ne dépasse pas l'intercommunalité",
    "commune_voisine": "sa zone n'est pas toute connue, et l'on suppose qu'elle ne dépasse pas les "
    "communes voisines",
    "distance_possible": "sa place dans la commune de son siège n'est pas connue",
    "duree_possible": "sa place dans la commune de son siège n'est pas connue",
    "duree_inconnue": "le fichier de durées ne donne pas le trajet, qui tiendrait en ligne droite à 130 km/h",
}
"""Why a link is no more than possible, by its ``basis``."""
HELD_REASONS = {
    "siege_deduit": "son siège est déduit, non établi",
    "distance_approchee": "on la place au chef-lieu de son siège, faute de coordonnées",
    "duree_approchee": "la durée est estimée, depuis le chef-lieu de son siège, faute de coordonnées",
    "duree_estimee": "la durée est estimée",
}
"""Why a link on which the figure rests is not established, by its ``basis``."""
NOT_YET_SURE = "on ne sait pas si elle était déjà en activité à cette date"
LAPSED_SAID = "son agrément a pris fin, et son renouvellement n'est pas connu"
_HEDGED = frozenset(POSSIBLE_REASONS)  # sentences that say themselves that nothing is certain
_BASES = list(SENTENCES)  # a basis without a sentence is an error, never passed over in silence
_ESTIMATED = ("duree_estimee", "duree_approchee", "duree_possible")
_MEASURED = tuple(basis for basis in SENTENCES if basis.startswith(("distance", "duree")))


def named(structure: Structure) -> str:
    """Write a structure with its type, the name in quotes."""
    return f"« {structure.name} » ({structure.type})"


def names_of(structures: Sequence[Structure], limit: int | None = LISTED) -> str:
    """Join the names of structures; beyond the limit, say how many more."""
    return enumeration([named(structure) for structure in structures], limit)


def rule_title(rule: Rule) -> str:
    """Return the rule in words, without what a user types, with a capital."""
    text = rule.label.replace(f" ({rule.typed})", "")
    if rule.name == "radius":
        text = f"{text} d'une structure, à vol d'oiseau"
    return text[:1].upper() + text[1:]


def rule_meaning(rule: Rule) -> str:
    """Say in one sentence when a commune is covered under a rule."""
    if rule.name == "declared":
        return (
            "Une commune est couverte quand elle est dans la zone d'intervention d'une structure, "
            "c'est-à-dire parmi les communes qu'elle dit desservir."
        )
    if rule.name == "implantation":
        return "Une commune est couverte quand une structure y a son siège."
    if rule.name == "radius":
        return _radius_meaning(rule)
    if rule.name == "travel-time":
        return _travel_meaning(rule)
    return f"{rule.definition[:1].upper()}{rule.definition[1:]}."


def _radius_meaning(rule: Rule) -> str:
    far = distance(float(rule.parameters["rayon_m"]))
    seat = "Une commune est couverte quand une structure y a son siège ou "
    if rule.parameters["population_par"] == CHEF_LIEU:
        where = f"se trouve à {far} au plus de son chef-lieu (son centre)"
        return f"{seat}{where}, où l'on tient tous ses habitants pour réunis."
    share = plain(float(rule.parameters["part_commune"]) * 100).replace(".", ",")
    return f"{seat}quand {share} % au moins de ses habitants sont à {far} au plus d'une structure."


def _travel_meaning(rule: Rule) -> str:
    minutes = plain(float(rule.parameters["duree_min"])).replace(".", ",")
    text = (
        f"Une commune est couverte quand une structure y a son siège ou se trouve à {minutes} min au plus de "
        "son chef-lieu (son centre) par la route"
    )
    if "detour" in rule.parameters:
        return f"{text} ; faute de durées mesurées, elles sont estimées d'après la ligne droite."
    if "temps" in rule.parameters:
        return f"{text}, d'après le fichier {rule.parameters['temps']}."
    return f"{text}, d'après le serveur OSRM {rule.parameters.get('osrm', '')}."


def tie_sentences(ties: Sequence[Tie], epci: str, in_part: bool, most_min: float = 0.0) -> list[str]:
    """Say what ties structures to a commune: one sentence for each level and basis.

    *epci* names the EPCI of the commune; *in_part* tells a rule that reaches a part of the inhabitants;
    *most_min* is the duration of a rule that has one.
    """
    found = []
    ordered = sorted(ties, key=lambda tie: (LEVELS.index(tie.level), _BASES.index(tie.basis)))
    for (level, basis), group in groupby(ordered, key=lambda tie: (tie.level, tie.basis)):
        here = list(group)
        write = _far(in_part, most_min) if basis in _MEASURED else lambda tie: named(tie.structure)
        names = enumeration([write(tie) for tie in here], None if level == POSSIBLE else LISTED)
        sentence = SENTENCES[basis][len(here) > 1]
        if level == POSSIBLE and basis not in _HEDGED:
            sentence = f"Peut-être : {sentence}"
        sentence = sentence.format(names=names, epci=f", {epci}" if epci else "")
        if level == HELD:
            sentence += "".join(f" Mais {text}" for text in unsure_sentences([tie.structure for tie in here]))
        found.append(sentence)
    return found


def unsure_sentences(structures: Sequence[Structure]) -> list[str]:
    """Say of which structures, held as open, it is not established, and why; none where it is of all."""
    lapsed = [s for s in structures if s.unsure == LAPSED]
    late = [s for s in structures if s.unsure and s.unsure != LAPSED]
    found = []
    if late:
        verb = "était" if len(late) == 1 else "étaient"
        found.append(f"on ne sait pas si {names_of(late)} {verb} déjà en activité à cette date.")
    if lapsed:
        found.append(f"l'agrément de {names_of(lapsed)} a pris fin, et son renouvellement n'est pas connu.")
    return found


def by_what(ties: Sequence[Tie]) -> str:
    """Say on what links rest that are not established."""
    estimated = any(tie.basis.startswith("duree_") for tie in ties)
    placed = any(tie.basis != "duree_estimee" or tie.structure.unsure for tie in ties)
    if estimated:
        return "d'après une durée estimée" + (", et un lieu ou une date que rien n'établit" if placed else "")
    return "d'après un lieu ou une date que rien n'établit"


def other_date_sentences(ties: Sequence[Tie], in_part: bool, on: date) -> list[str]:
    """Say which structures covered the commune before, or will later: they are closed, or not open yet."""
    found = [_other_date(tie, in_part, on) for tie in ties[:LISTED]]
    if (more := len(ties) - LISTED) > 0:
        words = ("autre structure, fermée", "autres structures, fermées")
        found.append(f"Et {counted(more, *words)} ou à venir : --json les donne toutes.")
    return found


def _other_date(tie: Tie, in_part: bool, on: date) -> str:
    structure = tie.structure
    last, opening = structure.last_day, structure.opening or structure.start
    is_closed = last is not None and last < on
    perhaps = "peut-être " if tie.level == POSSIBLE else ""
    seats = ("qui y avait son siège", "qui y aura son siège")
    if structure.is_seat_deduced:
        seats = ("dont le siège y aurait été", "dont le siège y serait")
    seat = f", {seats[not is_closed]}," if structure.seat == tie.commune else ""
    doubt = f", {by_what([tie])}" if tie.level == HELD else ""
    if is_closed and last:
        verb = f"l'a {perhaps}couverte"
        if in_part and not seat:
            verb = f"avait {perhaps}une part de ses habitants à portée"
        return f"{named(structure)}{seat} {verb} jusqu'au {french_date(last)}{doubt}."
    verb = f"la couvrira {perhaps}".strip()
    if in_part and not seat:
        verb = f"aura {perhaps}une part de ses habitants à portée"
    if structure.is_closed and last is None:
        return f"{named(structure)}{seat} l'a {perhaps}couverte, et a fermé, on ne sait quand{doubt}."
    start = f" à partir du {french_date(opening)}" if opening else ""
    return f"{named(structure)}{seat} {verb}{start}{doubt}."


def why_held(ties: Sequence[Tie]) -> str:
    """Say why links of one structure on which the figure rests are not established, each reason once."""
    found = {tie.basis for tie in ties} & HELD_REASONS.keys()
    if "duree_approchee" in found:
        found.discard("duree_estimee")  # said with it
    reasons = [HELD_REASONS[basis] for basis in sorted(found, key=_BASES.index)]
    unsure = {tie.structure.unsure for tie in ties} - {""}
    reasons += [NOT_YET_SURE] if unsure - {LAPSED} else []
    reasons += [LAPSED_SAID] if LAPSED in unsure else []
    return " ; ".join(reasons) or "rien ne l'établit"


def about_minutes(minutes: float, most_min: float) -> str:
    """Write an estimated duration to 5 min, and never on the other side of what the rule allows.

    >>> about_minutes(95.5, 15), about_minutes(15.2, 15), about_minutes(13.1, 15), about_minutes(1.2, 15)
    ('environ 1 h 35', 'environ 16 min', 'environ 15 min', 'moins de 5 min')
    """
    about = int((minutes + 2.5) // 5) * 5
    if (about > most_min) != (minutes > most_min):
        about = ceil(minutes) if minutes > most_min else int(minutes)
    if not about:
        return "moins de 5 min"
    hours, rest = divmod(about, 60)
    if not hours:
        return f"environ {rest} min"
    return f"environ {number(hours)} h {rest:02d}" if rest else f"environ {number(hours)} h"


def why_possible(ties: Sequence[Tie]) -> str:
    """Say why links are no more than possible, each reason once."""
    bases = sorted({tie.basis for tie in ties}, key=_BASES.index)
    return enumeration([POSSIBLE_REASONS.get(basis, "rien ne l'établit") for basis in bases])


def _far(in_part: bool, most_min: float) -> Callable[[Tie], str]:
    def write(tie: Tie) -> str:
        parts = [tie.structure.type]
        if tie.duration_min is not None:
            is_estimate = tie.basis in _ESTIMATED
            far = (
                about_minutes(tie.duration_min, most_min)
                if is_estimate
                else f"{number(tie.duration_min)} min"
            )
            parts.append(far if far.startswith("moins") else f"à {far}")
        elif in_part:
            parts.append(f"{percent(tie.share)} des habitants")
        elif tie.km is not None:
            parts.append(f"à {number(tie.km, 1)} km")
        return f"« {tie.structure.name} » ({', '.join(parts)})"

    return write


def source_sentence(structure: Structure) -> str:
    """Say on whose word a structure is in the list, and what the list knows of it."""
    told = f"{named(structure)} : {structure.source or NO_SOURCE}."
    if structure.seat:
        quality = ", déduit et non établi" if structure.is_seat_deduced else ""
        seat = f"siège : {structure.seat_name} ({structure.seat}){quality}"
    else:
        seat = "siège inconnu"
    told += f" {seat[:1].upper()}{seat[1:]} ; zone d'intervention {AREAS[structure.area]}."
    if structure.doubt:
        told += f" Doute : {structure.doubt.rstrip('.')}."
    if structure.note:
        told += f" Remarque de la liste : {structure.note.rstrip('.')}."
    return told


def at(name: str) -> str:
    """Write « à » before the name of a commune, as it is said.

    >>> at("Le Donjon"), at("Les Abymes"), at("La Rochelle"), at("Moulins")
    ('au Donjon', 'aux Abymes', 'à La Rochelle', 'à Moulins')
    """
    for article, said in (("Le ", "au "), ("Les ", "aux ")):
        if name.startswith(article):
            return said + name.removeprefix(article)
    return f"à {name}"


def agreement(structure: Structure) -> str:
    """Say from when and until when a structure is agreed, a first of January as its year."""
    opening, start, end = structure.opening, structure.start, structure.end
    parts = [f"agréée depuis {_since(opening)}"] if opening else []
    if start and start != opening:
        parts.append(f"agrément en cours depuis {_since(start)}")
        parts += [] if opening else ["premier agrément inconnu"]
    if end is not None:
        parts += [] if parts else ["début d'agrément inconnu"]
        parts.append(f"jusqu'au {french_date(end)} compris")
    if structure.closed_on:
        parts.append(f"fermée après le {french_date(structure.closed_on)}")
    elif structure.is_closed:
        parts.append("dite fermée")
    return ", ".join(parts) or "dates d'agrément inconnues"


def _since(day: date) -> str:
    return str(day.year) if (day.month, day.day) == (1, 1) else f"le {french_date(day)}"


def inhabitants(people: int) -> str:
    """Write a number of inhabitants with its noun."""
    return counted(people, "habitant", "habitants")


def bullets(texts: Sequence[str]) -> list[str]:
    """Write each text as an item of a list."""
    return [f"– {text}" for text in texts]
