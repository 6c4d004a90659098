"""What would change the answer for a commune: whom to ask, what to know, what is nearest."""

from __future__ import annotations

from avs_coverage.explain import CommuneExplanation
from avs_coverage.messages import counted, enumeration, number, percent
from avs_coverage.report import Report
from avs_coverage.reports.document import Paragraph, Section
from avs_coverage.reports.explain_words import LISTED, bullets, by_what, named, names_of
from avs_coverage.territory_names import find_territory_name


def changes_section(report: Report, found: CommuneExplanation) -> Section:
    """Return what would change the answer of the first rule."""
    if not found.is_known:
        return Section("", ())
    texts = _if_covered(found) if found.main.is_covered else _if_not(found)
    if found.main.status_established != "cs_et_evs":
        texts += _not_known(found)
    if found.main.status not in ("cs_seul", "cs_et_evs"):
        texts += _nearest(report, found)
    return Section("Ce qui changerait la réponse", tuple(Paragraph(text) for text in bullets(texts)))


def _if_covered(found: CommuneExplanation) -> list[str]:
    main, texts = found.main, []
    if len(main.certain) == 1:
        left = "cessait de la desservir" if main.rule.name == "declared" else "déménageait"
        how = f"retenue, {by_what(main.held)}" if main.held else "à couvrir la commune avec certitude"
        texts.append(
            f"La structure {named(main.certain[0].structure)} est seule {how} : la commune ne serait plus "
            f"couverte si cette structure fermait ou {left}."
        )
    elif main.is_in_part:
        count = counted(len(main.certain), "structure y siège ou a", "structures y siègent ou ont")
        texts.append(
            f"{count} des habitants à portée : la commune ne serait plus couverte si aucune n'y siégeait et "
            f"si moins de {percent(main.commune_share)} des habitants restaient à portée."
        )
    else:
        how = " avec certitude"
        if main.held:
            how = f", dont {number(len(main.established))} avec certitude"
        if not main.established:
            how = f", {by_what(main.held)}"
        count = counted(len(main.certain), "structure la couvre", "structures la couvrent")
        texts.append(f"{count}{how} : elle ne serait plus couverte si plus aucune ne la couvrait.")
    deduced = [tie.structure for tie in main.certain if tie.basis == "siege_deduit"]
    if deduced:
        texts.append(
            f"Le siège est déduit et non établi pour {names_of(deduced)} : il pourrait être ailleurs."
        )
    if main.possible:
        who = "elle" if len(main.possible) == 1 else "l'une d'elles"
        texts.append(_ask(found, f"{who} la couvre peut-être aussi"))
    return texts


def _if_not(found: CommuneExplanation) -> list[str]:
    main, texts = found.main, []
    if main.possible:
        who = "elle" if len(main.possible) == 1 else "l'une d'elles"
        texts.append(_ask(found, f"si {who} la dessert, la commune sera couverte"))
    if main.around and main.rule.name == "declared":
        told = [f"{named(s)}, qui couvre déjà {enumeration(names, 3)}" for s, names in main.around]
        shown = told[:LISTED] + ([f"et {len(told) - LISTED} de plus"] if len(told) > LISTED else [])
        texts.append(
            f"Étendre jusqu'ici la zone d'une structure des communes voisines : {' ; '.join(shown)}."
        )
    for structures, where in (
        (found.unconfirmed_here, "ici"),
        (found.unconfirmed_around, f"dans la même intercommunalité, {found.epci_name}"),
    ):
        if len(structures) == 1:
            texts.append(
                f"Confirmer la structure {names_of(structures)}, dont le siège serait {where} : la liste la "
                "dit « à confirmer », et ne la compte pas."
            )
        elif structures:
            texts.append(
                f"Confirmer les structures {names_of(structures)}, dont les sièges seraient {where} : la "
                "liste les dit « à confirmer », et ne les compte pas."
            )
    return texts


def _ask(found: CommuneExplanation, then: str) -> str:
    """Say whom to ask, and what for: an area, or a duration that a file lacks."""
    structures = [tie.structure for tie in found.main.possible]
    if found.main.rule.name != "declared":
        return f"Ajouter au fichier des durées le trajet jusqu'à {names_of(structures)} : {then}."
    verb = "dessert" if len(structures) == 1 else "desservent"
    return (
        f"Demander quelles communes {verb} {names_of(structures)}, et l'écrire dans la liste (colonne "
        f"communes_desservies) : {then}."
    )


def _not_known(found: CommuneExplanation) -> list[str]:
    """Say what the list does not know, that might cover the commune."""
    texts, also = [], " aussi" if found.main.is_covered else ""
    if unlocated := found.main.unlocated:
        where, which = ("la", "elle") if len(unlocated) == 1 else ("les", "l'une d'elles")
        texts.append(
            f"Connaître {found.main.rule.unlocated_reason} de {names_of(unlocated)} : on ne sait où {where} "
            f"placer, et {which} couvre peut-être{also} la commune."
        )
    counts = [f"{number(row.count)} {row.type}" for row in found.missing if row.count]
    if counts:
        texts.append(
            f"Identifier les structures publiées que la liste ne nomme pas ({enumeration(counts)}) : l'une "
            f"d'elles couvre peut-être{also} la commune."
        )
    elif found.missing:
        texts.append("Identifier les structures que la liste ne nomme pas, en nombre inconnu à cette date.")
    if found.blind:
        names = [find_territory_name(code).label for code in found.blind]
        words = ("un autre département", "d'autres départements")[len(names) > 1]
        texts.append(
            f"Connaître les structures d'à côté : la commune, ou son intercommunalité, touche {words} sans "
            f"liste de structures ({enumeration(names)})."
        )
    return texts


def _nearest(report: Report, found: CommuneExplanation) -> list[str]:
    """Name the nearest CS and EVS, as ``avs-coverage access`` gives them."""
    names = {s.id: s for s in report.coverage.inventory.structures}
    access = found.access
    if access is None:
        return []
    told = [
        f"{named(names[id])}, à {number(far / 1000, 1)} km"
        for id, far in ((access.cs, access.cs_far), (access.evs, access.evs_far))
        if id and far is not None
    ]
    if not told:
        return ["Aucune structure n'a de siège connu : on ne peut dire laquelle est la plus proche."]
    words = "La plus proche dont on connaît le siège" if len(told) == 1 else "Les plus proches de chaque type"
    return [f"{words}, du chef-lieu et à vol d'oiseau : {' ; '.join(told)}."]
