"""Faults as data: every message of the tool, with its stable code, in one catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FaultKind:
    """What a fault says, as templates filled from the fault's values.

    *what* states it, *why* says why it matters (may be empty), *hint* is the exact thing to do.
    """

    what: str
    why: str
    hint: str


CATALOGUE: dict[str, FaultKind] = {
    # 2xx: the command as typed
    "AVS-201": FaultKind(
        "la date « {value} » n'est pas reconnue",
        "",
        "écrivez 2022-12-31, 31/12/2022, ou une année seule (2022 : état au 31 décembre)",
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
    # 3xx: the user's data
    "AVS-301": FaultKind(
        "le fichier « {value} » est introuvable ou illisible ({reason})",
        "",
        "vérifiez le chemin et les droits ; un fichier ouvert dans Excel doit parfois être fermé",
    ),
    "AVS-302": FaultKind(
        "le fichier n'est pas un tableau lisible ({reason})",
        "",
        "fournissez un CSV (« ; », « , » ou tabulation ; UTF-8 ou Windows-1252) ou un classeur XLSX",
    ),
    "AVS-303": FaultKind(
        "aucune ligne d'en-têtes reconnue dans les {rows} premières lignes",
        "la ligne d'en-têtes doit porter au moins : {required}",
        "mettez ces noms de colonnes sur la première ligne du tableau",
    ),
    "AVS-304": FaultKind(
        "la colonne « {column} » manque",
        "colonnes lues : {found}",
        "ajoutez une colonne {accepted}",
    ),
    "AVS-305": FaultKind(
        "deux colonnes disent la même chose : {value}",
        "on ne peut pas deviner laquelle fait foi",
        "n'en gardez qu'une, ou renommez l'autre",
    ),
    "AVS-306": FaultKind(
        "la ligne a plus de cellules que d'en-têtes",
        "un séparateur se trouve sans doute dans un texte sans guillemets",
        "mettez le texte entre guillemets, ou retirez les cellules en trop",
    ),
    "AVS-307": FaultKind("le fichier ne contient aucune structure", "", "ajoutez au moins une ligne"),
    "AVS-311": FaultKind("le nom de la structure est vide", "", "indiquez un nom"),
    "AVS-312": FaultKind(
        "le type « {value} » n'est pas reconnu",
        "",
        "écrivez CS (centre social) ou EVS (espace de vie sociale)",
    ),
    "AVS-313": FaultKind("la valeur « {value} » n'est pas reconnue", "", "valeurs possibles : {choices}"),
    "AVS-314": FaultKind(
        "le code commune « {value} » n'existe pas au COG 2026, ni depuis 2003",
        "une commune inconnue ne peut être ni couverte ni comptée",
        "vérifiez le code : 5 caractères, zéro initial compris",
    ),
    "AVS-315": FaultKind(
        "la commune « {value} » est introuvable {scope}",
        "",
        "{suggestions}",
    ),
    "AVS-316": FaultKind(
        "la commune « {value} » désigne plusieurs communes : {choices}",
        "",
        "indiquez le code INSEE",
    ),
    "AVS-317": FaultKind(
        "la date « {value} » n'est pas reconnue",
        "",
        "écrivez 2022-09-01, 01/09/2022, ou une année seule (2022)",
    ),
    "AVS-318": FaultKind(
        "l'agrément finit ({value}) avant d'avoir commencé ({start})",
        "",
        "corrigez l'une des deux dates",
    ),
    "AVS-319": FaultKind("« {value} » n'est pas un nombre {expected}", "", "{hint}"),
    "AVS-320": FaultKind(
        "la zone est dite {value} mais aucune commune desservie n'est donnée",
        "une zone {value} est prise telle quelle : elle ne couvrirait rien",
        "remplissez « communes_desservies », ou écrivez « inconnue » dans « zone »",
    ),
    "AVS-321": FaultKind(
        "l'identifiant « {value} » est déjà celui de la ligne {other}",
        "chaque structure doit pouvoir être citée sans confusion",
        "donnez un identifiant différent à chaque structure",
    ),
    "AVS-322": FaultKind(
        "« epci » dans les communes desservies demande un siège dont l'EPCI est connu",
        "",
        "indiquez le code INSEE du siège, ou la liste des communes",
    ),
    "AVS-323": FaultKind(
        "les coordonnées ({value}) sont à {distance} km du chef-lieu de la commune du siège",
        "longitude et latitude sont peut-être inversées, ou en Lambert 93",
        "donnez la longitude (de -5 à 10 en métropole) et la latitude (de 41 à 51) en degrés, ou videz-les",
    ),
    "AVS-324": FaultKind(
        "la structure « {value} » n'est pas dans l'inventaire",
        "sa zone serait perdue",
        "écrivez son identifiant ou son nom exact{suggestions}",
    ),
    "AVS-325": FaultKind(
        "le nom « {value} » est celui de plusieurs structures",
        "",
        "écrivez l'identifiant de la structure",
    ),
    "AVS-326": FaultKind(
        "le code de QPV « {value} » n'existe dans aucune génération connue",
        "",
        "écrivez un code comme QP003004 (2015) ou QN00304M (2024) ; « avs-coverage qpv » les liste",
    ),
    "AVS-327": FaultKind(
        "une seule des deux coordonnées est donnée",
        "",
        "donnez la longitude et la latitude, ou aucune des deux",
    ),
    "AVS-328": FaultKind(
        "l'identifiant « {value} » contient une barre « | »",
        "elle sépare les identifiants dans les exports",
        "remplacez-la par un tiret",
    ),
    "AVS-329": FaultKind(
        "la commune de code « {value} » a été scindée (le {changed}) : {choices}",
        "rien ne dit laquelle est visée",
        "indiquez le code de la commune actuelle",
    ),
    "AVS-330": FaultKind(
        "la couche n'est pas faite de points ({value})",
        "une structure est un lieu",
        "fournissez une couche de points, ou un tableau",
    ),
    "AVS-331": FaultKind(
        "le fichier de réglages n'est pas du TOML ({reason})",
        "",
        'vérifiez les guillemets : territoire = "allier"',
    ),
    "AVS-332": FaultKind("le réglage « {value} » n'est pas connu ou mal écrit", "", "réglages : {choices}"),
    "AVS-333": FaultKind(
        "le fichier « {value} » est hors du dossier d'étude",
        "un dossier d'étude se déplace et se transmet entier",
        "copiez le fichier dans le dossier",
    ),
    "AVS-335": FaultKind(
        "le dossier d'étude ne nomme aucune liste de structures",
        "",
        'écrivez structures = "structures.xlsx" dans avs.toml',
    ),
    "AVS-334": FaultKind("le territoire manque", "", 'écrivez territoire = "allier"'),
    "AVS-336": FaultKind(
        "la cellule contient une erreur de calcul (#N/A, #REF!…)",
        "sa valeur n'est pas connue, et n'est pas vide pour autant",
        "corrigez la formule, ou collez des valeurs",
    ),
    "AVS-337": FaultKind("la commune est vide", "", "indiquez un code ou un nom de commune"),
    "AVS-338": FaultKind(
        "la commune « {value} » figure deux fois (déjà à la ligne {other})",
        "on ne peut pas deviner laquelle fait foi",
        "gardez une seule ligne par commune",
    ),
    "AVS-339": FaultKind(
        "{value} du territoire sans population dans ce fichier : {names}",
        "une population inconnue n'est pas une population nulle",
        "complétez le fichier, ou retirez --population",
    ),
    "AVS-350": FaultKind(
        "aucune table reconnue : pas d'en-têtes attendus dans les {rows} premières lignes",
        "un fichier est reconnu à ses colonnes, non à son nom",
        "colonnes attendues : {expected}",
    ),
    "AVS-351": FaultKind(
        "« {value} » est une archive 7z",
        "l'outil ne la décompresse pas",
        "décompressez-la (7-Zip), puis donnez le fichier {expected}",
    ),
    "AVS-352": FaultKind(
        "le fichier donne un point par commune, pas un contour ({value})",
        "geo.api.gouv.fr renvoie le centre quand « geometry=contour » n'est pas demandé",
        "téléchargez {call}",
    ),
    "AVS-353": FaultKind(
        "aucune couche de communes (polygones et code de commune) dans ce fichier",
        "couches lues : {found}",
        "donnez les contours des communes : une colonne « code », « code_insee » ou « INSEE_COM »",
    ),
    "AVS-354": FaultKind(
        "la projection du fichier n'est pas dite et ne se devine pas (coordonnées {value})",
        "une surface ou une distance serait fausse",
        "joignez le .prj, ou enregistrez la couche en WGS 84 (EPSG:4326)",
    ),
    "AVS-355": FaultKind(
        "aucune commune du territoire dans ce fichier",
        "",
        "donnez le fichier du bon département",
    ),
    "AVS-370": FaultKind(
        "le contour de {value} est à {distance} km de son chef-lieu",
        "la projection annoncée est fausse, ou longitude et latitude sont inversées",
        "enregistrez la couche en WGS 84 (EPSG:4326), ou joignez le bon .prj",
    ),
    "AVS-371": FaultKind(
        "le fichier géographique n'est pas lisible ({reason})",
        "",
        "fournissez un GeoJSON, un GeoPackage, un GeoParquet, ou un shapefile avec ses .dbf, .shx et .prj",
    ),
    "AVS-372": FaultKind(
        "aucun QPV du territoire dans ce fichier",
        "il prendrait la place de la liste embarquée, et la viderait",
        "donnez le fichier du bon département, ou retirez --qpv",
    ),
    "AVS-373": FaultKind(
        "le QPV {value} figure deux fois, avec des valeurs différentes ou dans une même table",
        "on ne peut pas deviner laquelle fait foi",
        "gardez une seule ligne par QPV",
    ),
    "AVS-374": FaultKind(
        "aucune couche de périmètres de QPV dans ce fichier",
        "couches lues : {found}",
        "donnez des polygones avec une colonne code_qp (2024) ou CODE_QP (2015)",
    ),
    # 4xx: the territory
    "AVS-401": FaultKind("le territoire « {value} » est inconnu", "", "{suggestions}"),
    "AVS-402": FaultKind("« {value} » désigne plusieurs territoires", "", "précisez : {choices}"),
    "AVS-403": FaultKind(
        "« {value} » est un chemin, non le nom d'un territoire",
        "",
        "écrivez un territoire : allier, 03, un EPCI, une région, france",
    ),
    # 5xx: the output
    "AVS-501": FaultKind(
        "le fichier « {value} » existe déjà",
        "il n'est jamais remplacé sans votre accord",
        "choisissez un autre nom, ou ajoutez --force",
    ),
    "AVS-502": FaultKind(
        "impossible d'écrire « {value} » ({reason})",
        "",
        "vérifiez que le dossier existe, qu'il n'est pas protégé et que le fichier n'est pas ouvert",
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
    # 9xx: warnings, which refuse nothing
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
    "AVS-907": FaultKind("ligne mise de côté : {value}", "", "aucune action requise"),
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
        "{value} structures sont placées au hasard dans leur commune (QUALITE_GEOLOC 33)",
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
        "complétez le fichier, ou retirez --communes",
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
    "AVS-908": FaultKind(
        "« {value} » figure deux fois (même nom, même type, même siège : ligne {other})",
        "elle compte pour deux structures",
        "retirez l'une des lignes si c'est la même",
    ),
}


@dataclass(frozen=True)
class Fault:
    """One fault or warning: its code, the values that fill its templates, and where it is.

    *line* is the line of the file as a spreadsheet numbers it, 0 where there is none; *rows* is
    the number of rows that a set-aside stands for.
    """

    code: str
    values: dict[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    column: str = ""
    rows: int = 1

    @property
    def what(self) -> str:
        """Say what is wrong, in French."""
        return CATALOGUE[self.code].what.format(**self._values())

    @property
    def why(self) -> str:
        """Say why it matters; empty where that is plain."""
        return CATALOGUE[self.code].why.format(**self._values())

    @property
    def hint(self) -> str:
        """Say what to do."""
        return CATALOGUE[self.code].hint.format(**self._values())

    @property
    def where(self) -> str:
        """Name the file, line and column; empty where there is none.

        >>> Fault("AVS-311", file="a.csv", line=4, column="nom").where
        'a.csv, ligne 4, colonne « nom »'
        """
        parts = [self.file] if self.file else []
        parts += [f"ligne {self.line}"] if self.line else []
        parts += [f"colonne « {self.column} »"] if self.column else []
        return ", ".join(parts)

    def _values(self) -> dict[str, str]:
        return {"column": self.column, **self.values}

    def to_record(self) -> dict[str, str | int]:
        """Return the fault as plain values for JSON."""
        return {
            "code": self.code,
            "message": self.what,
            "fichier": self.file,
            "ligne": self.line,
            "colonne": self.column,
            "valeur": self.values.get("value", ""),
            "pourquoi": self.why,
            "aide": self.hint,
        }


_SERIES = {
    "2": "la commande telle qu'elle est écrite (code de sortie 2)",
    "3": "les données d'un fichier (code de sortie 3)",
    "4": "le territoire (code de sortie 4)",
    "5": "la sortie (code de sortie 5)",
    "9": "avertissement : rien n'est refusé",
}


def describe(code: str) -> str:
    """Return what a code means, as text: its templates with « … » where a value comes."""
    kind = CATALOGUE[code]
    lines = [code, f"concerne : {_SERIES[code[4]]}", f"constat : {kind.what}"]
    lines += [f"pourquoi : {kind.why}"] if kind.why else []
    lines += [f"aide : {kind.hint}"]
    return re.sub(r"\{\w+\}", "…", "\n".join(lines))
