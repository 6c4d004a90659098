"""Messages 9xx: warnings, which refuse nothing."""

from __future__ import annotations

from avs_coverage.catalogue.kind import FaultKind

WARNINGS: dict[str, FaultKind] = {
    "AVS-901": FaultKind(
        "le code « {value} » a perdu son zéro initial : lu « {code} »",
        "Excel retire les zéros en tête des nombres",
        "mettez la colonne au format Texte",
    ),
    "AVS-902": FaultKind(
        "« {value} » est un arrondissement municipal : compté dans {code}", "", "aucune action requise"
    ),
    "AVS-903": FaultKind(
        "le siège de « {value} » n'est pas connu",
        "la structure compte dans la complétude, mais ne couvre que les communes nommées",
        "remplissez « code_insee » quand le siège est établi",
    ),
    "AVS-904": FaultKind(
        "la zone complète de « {value} » ne comprend pas la commune de son siège ({code})",
        "la zone est prise telle quelle",
        "ajoutez le siège à « communes_desservies » s'il est desservi",
    ),
    "AVS-905": FaultKind(
        "le code {code} est celui de {expected}, non de « {value} »",
        "le code fait foi",
        "corrigez le nom ou le code",
    ),
    "AVS-906": FaultKind("colonnes non utilisées : {value}", "", "aucune action requise"),
    "AVS-907": FaultKind("mis de côté : {value}", "", "aucune action requise"),
    "AVS-908": FaultKind(
        "« {value} » figure deux fois (même nom, même type, même siège : ligne {other})",
        "elle compte pour deux structures",
        "retirez l'une des lignes si c'est la même",
    ),
    "AVS-909": FaultKind(
        "le code « {value} » est d'un COG antérieur (changé le {changed}) : lu {today}",
        "la commune a fusionné ou changé de code",
        "remplacez-le par le code actuel",
    ),
    "AVS-910": FaultKind(
        "la BPE dit où est une structure, non ce qu'elle dessert ni depuis quand",
        "seul le siège est certain ; la BPE n'est pas la liste des agréments de la Caf",
        "complétez la zone d'intervention avec --service-areas",
    ),
    "AVS-911": FaultKind(
        "{value} au hasard dans la commune (QUALITE_GEOLOC 33)",
        "aucune distance ne peut s'appuyer sur ces points : le chef-lieu en tient lieu",
        "donnez leurs coordonnées dans votre propre liste",
    ),
    "AVS-912": FaultKind(
        "data.inclusion (schéma v0) : inscription volontaire, doublons fréquents",
        "la liste n'est pas exhaustive : chaque structure est « à confirmer »",
        "ajoutez --include-unconfirmed pour les compter, après vérification",
    ),
    "AVS-913": FaultKind(
        "data.inclusion (schéma v1) ne dit que les centres sociaux fédérés (fcsf) ; un EVS n'y est "
        "reconnu qu'à son nom",
        "la liste n'est pas exhaustive : chaque structure est « à confirmer »",
        "ajoutez --include-unconfirmed pour les compter, après vérification",
    ),
    "AVS-914": FaultKind(
        "les coordonnées de « {value} » ne sont pas utilisées : son siège n'est pas connu",
        "",
        "indiquez le code INSEE de la commune du siège",
    ),
    "AVS-916": FaultKind(
        "« {value} » est après le début de l'agrément en cours ({start})",
        "un premier agrément n'est pas postérieur à celui en cours : la structure est tenue pour ouverte "
        "depuis le début de celui-ci",
        "corrigez l'une des deux dates",
    ),
    "AVS-917": FaultKind(
        "« {value} » est dite fermée, sans date de fermeture",
        "on ne sait pas jusqu'à quand elle était ouverte : elle ne compte à aucune date",
        "remplissez « fermeture », ou « agrement_fin »",
    ),
    "AVS-918": FaultKind(
        "codes qui ont perdu leur zéro initial : {count} (le premier, « {value} », est lu « {code} »)",
        "un tableur retire les zéros en tête des nombres",
        "mettez la colonne au format Texte",
    ),
    "AVS-919": FaultKind(
        "géométrie invalide réparée : {value}",
        "le contour se recoupe lui-même ; sa surface passe de {before} à {after} km²",
        "aucune action requise",
    ),
    "AVS-920": FaultKind(
        "la projection du fichier n'est pas dite : lue comme {value}, d'après les coordonnées",
        "",
        "joignez le .prj au fichier",
    ),
    "AVS-921": FaultKind(
        "{value} du territoire sans contour dans ce fichier : {names}",
        "leur superficie n'est pas connue",
        "complétez le fichier de --communes ; pour un fichier téléchargé, avs-coverage data clear communes",
    ),
    "AVS-930": FaultKind(
        "plusieurs polygones portent le code de {value}",
        "ils sont réunis : une surface commune n'est comptée qu'une fois",
        "aucune action requise",
    ),
    "AVS-931": FaultKind(
        "QPV de la liste officielle absents de ce fichier : {value}",
        "le fichier prend la place de la liste : ces quartiers ne sont plus comptés",
        "complétez le fichier, ou retirez --qpv",
    ),
    "AVS-932": FaultKind(
        "la commune « {value} » du QPV {quarter} n'est pas reconnue",
        "le quartier est gardé, sous ce nom, sans code de commune",
        "donnez le code INSEE dans une colonne insee_com",
    ),
    "AVS-933": FaultKind(
        "une partie de {value} manque dans ce fichier : {missing}",
        "sa valeur n'est pas connue : une partie n'est pas le tout",
        "ajoutez les lignes qui manquent, ou donnez la commune entière sous son code actuel",
    ),
    "AVS-934": FaultKind(
        "le QPV {value} n'a pas de périmètre dans ce fichier",
        "celui qui vient avec l'outil, s'il en a un, sert à sa place",
        "complétez le fichier",
    ),
    "AVS-935": FaultKind(
        "la superficie de {value} n'est pas celle qui est connue : {names} km²",
        "l'écart dépasse un quart : contours d'une autre échelle, incomplets ou généralisés",
        "vérifiez le fichier ; ADMIN EXPRESS COG donne les limites officielles",
    ),
    "AVS-936": FaultKind(
        "la commune de code « {value} » a été scindée (le {changed}) : {choices}",
        "sa valeur ne se partage pas : celle des communes actuelles n'est pas connue",
        "prenez une édition plus récente du fichier, si elle existe",
    ),
    "AVS-940": FaultKind(
        "à plus de {distance} m de la route où le serveur OSRM les place : {value} ({names})",
        "leurs durées partent de cette route ; le serveur n'a peut-être pas les routes de tout le territoire",
        "vérifiez l'étendue des données chargées dans le serveur, et ces coordonnées",
    ),
    "AVS-941": FaultKind(
        "aucun EVS dans ce fichier de la BPE",
        "le type D508 n'existe que depuis l'édition 2025 : avant elle, leur nombre est inconnu, et non nul",
        "prenez une édition plus récente, ou ajoutez les EVS d'une autre source",
    ),
    "AVS-942": FaultKind(
        "« {value} » est lu comme une part de moins de 1 %",
        "un tableur garde 69 % sous la forme 0,69",
        "si c'est le cas, écrivez 69 ; sinon, « {value} % » pour ôter le doute",
    ),
    "AVS-943": FaultKind(
        "la colonne « {value} » est rendue sous le nom « {name} »",
        "une colonne de l'outil, ou d'un autre indicateur, porte déjà ce nom",
        "employez ce nom, pour --weight aussi ; ou changez l'en-tête du fichier",
    ),
    "AVS-944": FaultKind(
        "{value} sans mairie dans ce fichier : {names}",
        "leur chef-lieu reste au point embarqué",
        "aucune action requise",
    ),
    "AVS-945": FaultKind(
        "les populations téléchargées (« {value} ») ne servent pas ici : Mayotte n'y est pas",
        "les populations embarquées restent celles de tout ce territoire",
        "donnez les deux fichiers de l'INSEE : --population FRANCE --population MAYOTTE",
    ),
    "AVS-946": FaultKind(
        "{value} avec ce qui ressemble à un courriel ou à un téléphone ({columns} ; {lines})",
        "ces colonnes sont recopiées dans les fichiers que vous remettez",
        "ôtez ce qui est personnel avant de les remettre",
    ),
    "AVS-955": FaultKind(
        "tous les premiers agréments vont du {first} au {last}, dans les quatre ans avant le {day}",
        "un agrément dure quatre ans au plus : ce sont sans doute les agréments en cours, et l'évolution "
        "serait celle des renouvellements",
        "si c'est le cas, nommez la colonne « agrement_debut » ; sinon, aucune action requise",
    ),
}
