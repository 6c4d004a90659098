"""The columns of the layers: their names and values are those of the CSV, with what a map shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "number", "yes_no", "list"]


@dataclass(frozen=True)
class Column:
    """A column of a layer: its stable name, its kind, its French alias, and what it means.

    A *list* (values, or ``name=value`` pairs) is a text joined by ``|`` where the format has no lists.
    """

    name: str
    kind: Kind
    alias: str
    comment: str


STAMP = (
    Column("territoire", "text", "Territoire", "Code du territoire du rapport"),
    Column("date", "text", "Date", "Date de l'état, AAAA-MM-JJ"),
    Column("regle", "text", "Règle", "Règle de couverture"),
    Column("parametres", "list", "Paramètres de la règle", "nom=valeur"),
    Column("fictif", "yes_no", "Données fictives", "Vrai si l'inventaire est fictif"),
    Column("couches_utilisateur", "list", "Couches de l'utilisateur", "Ce qui remplace la donnée embarquée"),
    Column("completude", "list", "Complétude", "Structures connues sur publiées ; ? : nombre non publié"),
    Column("positions", "list", "Positions", "Structures selon la façon dont elles sont placées"),
    Column("hors_fourchette", "text", "Hors fourchette", "Ce qu'aucune fourchette ne contient"),
)
"""What each row rests on, see ``Report.stamp``."""

COMMUNES = (
    Column("code_insee", "text", "Code INSEE", "Code de la commune, COG 2026"),
    Column("nom", "text", "Commune", "Nom officiel"),
    Column("departement", "text", "Département", "Code du département"),
    Column("epci", "text", "SIREN de l'EPCI", "Vide sans EPCI"),
    Column("nom_epci", "text", "EPCI", "Nom de l'EPCI ; vide sans EPCI"),
    Column("population", "whole", "Habitants", "Population municipale"),
    Column("superficie_km2", "number", "Superficie (km²)", "Superficie géodésique ; vide : inconnue"),
    Column(
        "statut",
        "text",
        "Statut",
        "cs_seul, cs_et_evs, evs_seul ou aucune, liens certains ; vide sans inventaire",
    ),
    Column("nb_cs", "whole", "Centres sociaux", "CS de liens certains ; vide sans inventaire"),
    Column("nb_evs", "whole", "Espaces de vie sociale", "EVS de liens certains ; vide sans inventaire"),
    Column("structures", "text", "Structures", "Identifiants des structures de liens certains"),
    Column("statut_minorant", "text", "Statut, minorant", "D'après les seuls liens établis"),
    Column("statut_majorant", "text", "Statut, majorant", "Avec les liens possibles"),
    Column("habitants_couverts", "whole", "Habitants couverts", "Par un CS ou un EVS, liens certains"),
    Column("habitants_couverts_minorant", "whole", "Habitants couverts, minorant", "Bas de la fourchette"),
    Column("habitants_couverts_majorant", "whole", "Habitants couverts, majorant", "Haut de la fourchette"),
)

ZONES = (
    Column("liste", "text", "Liste", "zone_blanche ou couverture_a_preciser"),
    Column("rang", "whole", "Rang", "Rang dans sa liste, par habitants"),
    Column("nb_communes", "whole", "Nombre de communes", "Communes de la zone"),
    Column("population", "whole", "Habitants", "Population municipale de la zone"),
    Column("habitants_non_couverts", "whole", "Habitants non couverts", "Qu'aucun lien certain ne couvre"),
    Column("superficie_km2", "number", "Superficie (km²)", "Superficie géodésique"),
    Column("commune_principale", "text", "Code de la commune principale", "La plus peuplée"),
    Column("nom_commune_principale", "text", "Commune principale", "La plus peuplée"),
    Column("epci", "list", "EPCI", "Noms des EPCI"),
    Column("communes", "list", "Communes", "Codes, de la plus peuplée à la moins peuplée"),
    Column("structures_possibles", "list", "Structures possibles", "Dont la zone est à demander"),
    Column("structures_a_confirmer", "list", "Structures à confirmer", "Dont le siège est dans la zone"),
    Column("structure_proche", "text", "Structure la plus proche", "Du chef-lieu de la commune principale"),
    Column("distance_km", "number", "Distance (km)", "De la structure la plus proche, à vol d'oiseau"),
    Column(
        "position_structure_proche",
        "text",
        "Position de la structure la plus proche",
        "point, chef_lieu ou deduit",
    ),
    Column("structures_voisines", "list", "Structures voisines", "Elles couvrent une commune voisine"),
    Column("qpv", "list", "QPV", "Quartiers en vigueur dont une partie est dans une commune de la zone"),
    Column(
        "communes_sans_contour",
        "list",
        "Communes sans contour",
        "Comptées dans la zone, et absentes de son dessin",
    ),
)

QPV = (
    Column("code_qpv", "text", "Code du QPV", "Code officiel"),
    Column("nom_qpv", "text", "QPV", "Nom du quartier"),
    Column("generation", "whole", "Génération", "2015 ou 2024"),
    Column("communes", "list", "Codes des communes", "Ses communes"),
    Column("noms_communes", "list", "Communes", "Ses communes"),
    Column("population", "whole", "Habitants", "Vide : inconnue"),
    Column("statut", "text", "Statut", "avec_structure, sans_structure ou non_renseigne"),
    Column("nb_structures", "whole", "Nombre de structures", "Vide : non renseigné"),
    Column("structures", "list", "Structures", "Celles qui déclarent le desservir"),
    Column("publie", "list", "Publié", "Ce que le schéma imprime pour ce quartier"),
    Column(
        "position",
        "text",
        "Position des structures",
        "dedans, a_proximite, aucune, indecidable ou perimetre_inconnu",
    ),
    Column("distance_m", "number", "Distance retenue (m)", "En deçà, une structure est à proximité"),
    Column("structures_dedans", "list", "Structures dans le périmètre", "Par leurs coordonnées"),
    Column("structures_proches", "list", "Structures à proximité", "Par leurs coordonnées"),
    Column("structures_indecidables", "list", "Structures indécidables", "Sans coordonnées"),
)

STRUCTURES = (
    Column("id", "text", "Identifiant", "Identifiant de la structure"),
    Column("nom", "text", "Structure", "Nom de la structure"),
    Column("nom_connu", "yes_no", "Nom connu", "Faux si le nom n'est pas celui de la structure"),
    Column("type", "text", "Type", "CS ou EVS"),
    Column("statut", "text", "Statut", "confirme ou a_confirmer"),
    Column("comptee", "yes_no", "Comptée", "Vrai si la structure compte à la date du rapport"),
    Column("position", "text", "Position", "Comment elle est placée : point, chef_lieu, deduit ou inconnue"),
    Column("code_insee", "text", "Code INSEE du siège", "Vide : inconnu"),
    Column("commune", "text", "Commune du siège", "Vide : inconnue"),
    Column("siege", "text", "Qualité du siège", "certain ou deduit"),
    Column("zone", "text", "Zone d'intervention", "complete, partielle, estimee ou inconnue"),
    Column("longitude", "number", "Longitude", "WGS84, de la structure elle-même ; vide : inconnue"),
    Column("latitude", "number", "Latitude", "WGS84, de la structure elle-même ; vide : inconnue"),
    Column("communes_desservies", "list", "Communes desservies", "Codes donnés par la liste"),
    Column("qpv_desservis", "list", "QPV desservis", "Codes donnés par la liste"),
    Column("agrement_debut", "text", "Début de l'agrément", "AAAA-MM-JJ ; vide : inconnu"),
    Column("agrement_fin", "text", "Fin de l'agrément", "AAAA-MM-JJ ; vide : inconnue ou en cours"),
    Column("acf", "yes_no", "ACF", "Agrément animation collective familles ; vide : inconnu"),
    Column("acf_debut", "text", "Début de l'ACF", "AAAA-MM-JJ ; vide : inconnu"),
    Column("ps_jeunes", "yes_no", "PS jeunes", "Vide : inconnu"),
    Column("ps_jeunes_debut", "text", "Début de la PS jeunes", "AAAA-MM-JJ ; vide : inconnu"),
    Column("itinerant", "yes_no", "Itinérante", "Vide : inconnu"),
    Column("gestionnaire", "text", "Gestionnaire", "Vide : inconnu"),
    Column("population_zone", "whole", "Population de zone déclarée", "Vide : non déclarée"),
    Column("capacite", "whole", "Capacité", "Places ; vide : inconnue"),
    Column("note", "text", "Note", "Note de la liste"),
    Column("source", "text", "Source", "Source de la ligne"),
)

LINKS = (
    Column("structure", "text", "Identifiant de la structure", "Celle qui couvre la commune, ou peut-être"),
    Column("nom_structure", "text", "Structure", "Nom de la structure"),
    Column("type", "text", "Type", "CS ou EVS"),
    Column("code_insee", "text", "Code INSEE", "La commune"),
    Column("nom_commune", "text", "Commune", "La commune"),
    Column("certain", "yes_no", "Lien certain", "Vrai si le chiffre repose sur ce lien"),
    Column(
        "niveau",
        "text",
        "Niveau",
        "etabli (compte dans le minorant), certain (dans le chiffre) ou possible (dans le majorant)",
    ),
    Column("fondement", "text", "Fondement", "Pourquoi la structure couvre la commune, ou peut-être"),
    Column("part", "number", "Part des habitants", "De 0 à 1, habitants de la commune qui sont couverts"),
    Column("position", "text", "Position de la structure", "point, chef_lieu, deduit ou inconnue"),
)


def distinct(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return columns whose names and aliases differ, whatever the case, from all those before them.

    A user's header may be any text, and SQLite holds ``Statut`` and ``statut`` for one name. A name
    already taken gets a number.

    >>> [c.name for c in distinct((Column("a", "text", "A", ""), Column("A", "text", "A", "")))]
    ['a', 'A_2']
    """
    names, aliases = {"fid", "geom", "geometry"}, set[str]()
    found = []
    for column in columns:
        name, alias = _free(column.name, names, "{}_{}"), _free(column.alias, aliases, "{} ({})")
        found.append(Column(name, column.kind, alias, column.comment))
    return tuple(found)


def _free(text: str, taken: set[str], pattern: str) -> str:
    """Return *text*, with a number where it is taken, and take it."""
    free, number = text, 1
    while free.casefold() in taken:
        number += 1
        free = pattern.format(text, number)
    taken.add(free.casefold())
    return free
