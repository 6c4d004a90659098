"""Messages 1xx, 2xx, 4xx, 5xx, 6xx: a bug, the command as typed, the territory, the output, an audit."""

from __future__ import annotations

from avs_coverage.catalogue.kind import FaultKind

USAGE: dict[str, FaultKind] = {
    "AVS-100": FaultKind(
        "erreur interne : {value}",
        "",
        "relancez avec --debug et signalez la trace ({command})",
    ),
    "AVS-201": FaultKind(
        "la date « {value} » n'est pas reconnue",
        "",
        "écrivez 2022-12-31, 31/12/2022, ou une année seule (2022 : état au 31 décembre), de 1900 à 2099",
    ),
    "AVS-202": FaultKind("la règle « {value} » n'existe pas", "", "règles disponibles : {choices}"),
    "AVS-203": FaultKind(
        "la valeur « {value} » n'est pas admise pour {option}", "", "valeurs possibles : {choices}"
    ),
    "AVS-204": FaultKind("l'option {option} demande aussi {other}", "", "ajoutez {other}"),
    "AVS-205": FaultKind("la commande « {value} » n'existe pas", "", "{suggestions}"),
    "AVS-206": FaultKind("l'option « {value} » n'existe pas ici", "", "{suggestions}"),
    "AVS-207": FaultKind("il manque l'argument {value}", "", "voyez l'aide : {help}"),
    "AVS-208": FaultKind(
        "l'option « {value} » est mal employée", "valeur manquante, ou de trop", "voyez l'aide : {help}"
    ),
    "AVS-209": FaultKind(
        "la commande est mal écrite : argument en trop ou inattendu", "", "voyez l'aide : {help}"
    ),
    "AVS-210": FaultKind("{option} et {other} ne vont pas ensemble", "", "n'en gardez qu'une"),
    "AVS-211": FaultKind(
        "la correspondance « {value} » n'est pas comprise",
        "",
        "écrivez --map nom=lib_structure,type=categorie (ou un fichier TOML) ; colonnes : {choices}",
    ),
    "AVS-212": FaultKind("le code « {value} » n'existe pas", "", "codes : {choices}"),
    "AVS-213": FaultKind(
        "--population-by {value} demande une donnée qui manque",
        "",
        "ajoutez {other}",
    ),
    "AVS-214": FaultKind(
        "le seuil de la règle « {value} » n'est pas compris",
        "",
        "écrivez {choices}",
    ),
    "AVS-215": FaultKind(
        "une seule règle ici, « {value} » en donne plusieurs",
        "une liste ne peut suivre qu'une définition",
        "gardez-en une ; « avs-coverage report » les met côte à côte",
    ),
    "AVS-216": FaultKind(
        "{option} ne sert à aucune des règles demandées",
        "l'option serait sans effet",
        "ajoutez --rule {rule}, ou retirez l'option",
    ),
    "AVS-217": FaultKind(
        "« {value} » n'est pas un effectif des fichiers donnés par --indicators",
        "{reason}",
        "{hint}",
    ),
    "AVS-218": FaultKind(
        "un seul territoire, « {value} » : il n'y a rien à comparer",
        "",
        "nommez-en un autre (avs-coverage compare allier creuse), ou donnez une autre liste par --against",
    ),
    "AVS-230": FaultKind(
        "le réseau est interdit (--offline, ou AVS_COVERAGE_OFFLINE)",
        "",
        "ôtez --offline, ou AVS_COVERAGE_OFFLINE ; avs-coverage data info dit ce qui est déjà là",
    ),
    "AVS-231": FaultKind(
        "« {value} » se télécharge pour un territoire",
        "le service rend les communes d'un département",
        "avs-coverage data fetch {value} allier{whole}",
    ),
    "AVS-232": FaultKind(
        "plus de {value} couples de structures se recouvrent",
        "chaque recouvrement serait une valeur de la réponse",
        "demandez un territoire plus petit, ou une liste sans doublons",
    ),
    "AVS-233": FaultKind(
        "{file} nomme un serveur OSRM, {value}",
        "rien ne part vers une autre machine sans que vous le demandiez",
        "si vous le connaissez, relancez la commande avec --osrm {value}",
    ),
    "AVS-401": FaultKind("le territoire « {value} » est inconnu", "", "{suggestions}"),
    "AVS-402": FaultKind("« {value} » désigne plusieurs territoires", "", "précisez : {choices}"),
    "AVS-403": FaultKind(
        "« {value} » est un chemin, non le nom d'un territoire",
        "",
        "écrivez un territoire : allier, 03, un EPCI, une région, france",
    ),
    "AVS-404": FaultKind(
        "« {value} » n'est ni une commune, ni un QPV, ni une structure du territoire {territory}",
        "",
        "{suggestions}",
    ),
    "AVS-405": FaultKind(
        "« {value} » désigne plusieurs choses du territoire {territory}", "", "écrivez {choices}"
    ),
    "AVS-501": FaultKind(
        "le fichier « {value} » existe déjà",
        "il n'est jamais remplacé sans votre accord",
        "choisissez un autre nom, ou ajoutez --force",
    ),
    "AVS-502": FaultKind(
        "impossible d'écrire « {value} » ({reason})",
        "",
        "vérifiez que le dossier existe, qu'il n'est pas protégé et qu'il y reste de la place",
    ),
    "AVS-503": FaultKind(
        "le dossier « {value} » contient déjà {files}",
        "un dossier d'étude n'est jamais remplacé",
        "choisissez un autre dossier",
    ),
    "AVS-504": FaultKind(
        "le fichier « {value} » est aussi lu par la commande",
        "un fichier lu n'est jamais modifié",
        "choisissez un autre nom",
    ),
    "AVS-505": FaultKind(
        "impossible d'écrire sur la sortie standard ({reason})",
        "",
        "libérez de la place sur le disque, ou redirigez la sortie ailleurs",
    ),
    "AVS-506": FaultKind(
        "« {value} » contient aussi « {file} », que la commande lit",
        "un export ne se mêle pas aux fichiers lus",
        "choisissez un autre dossier",
    ),
    "AVS-507": FaultKind(
        "{value} demande {package}, qui n'est pas installé",
        "cette bibliothèque n'est pas de l'installation de base",
        "pip install 'avs-coverage[{extra}]' (dans le dossier du projet : pip install '.[{extra}]')",
    ),
    "AVS-508": FaultKind(
        "pas de carte : {value}",
        "{reason}",
        "demandez-la par région, par département ou par EPCI ; ou donnez les contours par --communes",
    ),
    "AVS-509": FaultKind(
        "« {value} » ne peut pas être remplacé ({reason})",
        "un autre programme l'a sans doute ouvert",
        "fermez-le dans Excel, QGIS ou le programme qui l'affiche, puis relancez",
    ),
    "AVS-510": FaultKind(
        "« {value} » ne peut être le nom d'un fichier sous Windows ({reason})",
        "un fichier remis doit pouvoir s'ouvrir chez tous",
        "choisissez un autre nom",
    ),
    "AVS-601": FaultKind(
        "{value} : {names}",
        "demandé par --strict",
        "lisez la page de l'audit : elle dit avec quoi chaque chiffre ne tient pas",
    ),
    "AVS-602": FaultKind(
        "l'export refait n'est pas identique : {value}",
        "",
        "ce qui diffère est dit plus haut",
    ),
}
