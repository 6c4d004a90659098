"""Messages 3xx: the user's data."""

from __future__ import annotations

from avs_coverage.catalogue.kind import FaultKind

DATA: dict[str, FaultKind] = {
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
        "mettez ces noms sur la première ligne, ou dites les vôtres : --map nom=EN-TÊTE,type=EN-TÊTE",
    ),
    "AVS-304": FaultKind(
        "la colonne « {column} » manque",
        "colonnes lues : {found}",
        "ajoutez une colonne {accepted}, ou dites le nom de la vôtre : --map COLONNE=EN-TÊTE",
    ),
    "AVS-305": FaultKind(
        "deux colonnes disent la même chose : {value}",
        "on ne peut pas deviner laquelle fait foi",
        "n'en gardez qu'une, ou renommez l'autre",
    ),
    "AVS-306": FaultKind(
        "la ligne a plus de cellules que d'en-têtes (en trop : « {value} »)",
        "rien ne dit ce qu'elle veut dire, ou un séparateur se trouve dans un texte sans guillemets",
        "donnez un en-tête à la colonne, retirez la cellule, ou mettez le texte entre guillemets",
    ),
    "AVS-307": FaultKind("le fichier ne contient aucune structure", "", "ajoutez au moins une ligne"),
    "AVS-308": FaultKind(
        "le fichier est démesuré : {value}",
        "la France entière comptait 2 380 centres sociaux et 1 690 EVS en 2024 (Senacs)",
        "vérifiez que c'est le bon fichier ; ne gardez que les lignes de votre territoire",
    ),
    "AVS-309": FaultKind(
        "le fichier a changé pendant sa lecture",
        "les chiffres ne seraient ceux ni de l'ancien ni du nouveau",
        "attendez la fin de son enregistrement, ou donnez-en une copie, puis relancez",
    ),
    "AVS-310": FaultKind(
        "l'archive, ou le classeur, est refusée : elle gonflerait démesurément ({reason})",
        "une donnée réelle ne se compresse pas autant : le fichier est piégé, ou abîmé",
        "demandez-le de nouveau à qui l'a fait, ou décompressez-le et donnez le fichier qu'il contient",
    ),
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
    "AVS-315": FaultKind("la commune « {value} » est introuvable {scope}", "", "{suggestions}"),
    "AVS-316": FaultKind(
        "la commune « {value} » désigne plusieurs communes : {choices}",
        "",
        "indiquez le code INSEE, ou dites le territoire",
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
    "AVS-340": FaultKind(
        "« {value} » n'est pas un dossier d'étude : {file} y manque ou n'est pas lisible",
        "",
        "créez-en un : avs-coverage init TERRITOIRE DOSSIER ; pour un territoire, écrivez son nom seul",
    ),
    "AVS-342": FaultKind(
        "le fichier est en UTF-8, sauf par endroits (« {value} »)",
        "lu autrement, tous ses accents seraient faux",
        "corrigez ce texte, ou enregistrez le fichier entier en UTF-8",
    ),
    "AVS-343": FaultKind(
        "--map : l'en-tête « {value} » n'est pas dans le fichier",
        "en-têtes lus : {found}",
        "{hint}",
    ),
    "AVS-344": FaultKind(
        "une partie de {value} manque dans ce fichier : {missing}",
        "une partie n'est pas le tout",
        "ajoutez les lignes qui manquent, ou donnez la commune entière sous son code actuel",
    ),
    "AVS-345": FaultKind(
        "{value} figure dans deux fichiers de population",
        "on ne peut pas deviner lequel fait foi",
        "retirez la commune de l'un des deux",
    ),
    "AVS-346": FaultKind(
        "« {value} » est une date d'Excel mise en nombre ({day})",
        "",
        "mettez la colonne au format Date, ou écrivez {day}",
    ),
    "AVS-347": FaultKind(
        "{value} de ce fichier sont déjà dans « {other} »",
        "leurs habitants seraient comptés deux fois",
        "donnez un seul fichier de carreaux par territoire",
    ),
    "AVS-348": FaultKind(
        "les carreaux sont en EPSG:{value}, projection étrangère à leur département ({departements})",
        "aucune distance n'y serait juste : ils ne seraient à portée de rien",
        "donnez le fichier de l'INSEE pour ce territoire : _met (3035), _mart (5490), _reun (2975)",
    ),
    "AVS-349": FaultKind(
        "le texte « {value} » contient une moitié de caractère",
        "aucun fichier ne peut l'écrire, et personne ne sait quel caractère c'était",
        "corrigez ce texte dans le fichier, ou faites-le refaire",
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
    "AVS-356": FaultKind(
        "la colonne « {value} » n'est pas dans ce fichier",
        "colonnes lues : {found}",
        "écrivez --indicators FICHIER=COLONNE, avec l'en-tête exact du fichier",
    ),
    "AVS-357": FaultKind(
        "aucune colonne de nombres ou de classes dans ce fichier",
        "",
        "nommez la colonne à lire : --indicators FICHIER=COLONNE",
    ),
    "AVS-360": FaultKind(
        "« {value} » n'est pas l'identifiant d'un carreau de 200 m",
        "sa place s'y lit",
        "écrivez un identifiant comme CRS3035RES200mN2594600E3811200",
    ),
    "AVS-361": FaultKind(
        "le carreau « {value} » figure deux fois",
        "ses habitants seraient comptés deux fois",
        "gardez une seule ligne par carreau",
    ),
    "AVS-362": FaultKind(
        "les carreaux sont dans plusieurs projections ({value})",
        "les distances ne se mesurent que dans une seule",
        "donnez le fichier d'un seul territoire : métropole, Martinique ou La Réunion",
    ),
    "AVS-363": FaultKind(
        "la colonne « {value} » est en secondes",
        "lue comme des minutes, elle éloignerait tout soixante fois",
        "divisez-la par 60 et nommez-la « minutes »",
    ),
    "AVS-364": FaultKind(
        "deux durées différentes pour {value}",
        "on ne peut pas deviner laquelle fait foi",
        "gardez une seule ligne par origine et destination",
    ),
    "AVS-365": FaultKind(
        "le fichier est démesuré : {value} octets",
        "rien de ce dont l'outil se sert n'en approche",
        "vérifiez que c'est le bon fichier ; n'en gardez que votre territoire",
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
    "AVS-375": FaultKind(
        "aucune structure comptée, de siège connu, n'a de capacité",
        "sans nombre de places, l'offre est inconnue, et non nulle",
        "remplissez la colonne « capacite » de votre liste (--structures)",
    ),
    "AVS-376": FaultKind(
        "un texte de ce fichier contient le caractère nul : « {value} »",
        "il y serait coupé, sans un mot",
        "ôtez ce caractère, que le GeoJSON écrit \\u0000",
    ),
    "AVS-380": FaultKind(
        "le serveur OSRM ne répond pas ({reason})",
        "sans lui les durées ne sont pas connues, et aucune n'est inventée",
        "vérifiez l'adresse et que le serveur tourne, ou donnez une matrice avec --travel-times",
    ),
    "AVS-381": FaultKind(
        "le serveur OSRM répond par une erreur HTTP ({value})",
        "une partie des durées manquerait ; aucune redirection n'est suivie",
        "vérifiez l'adresse, l'accès et le journal du serveur, puis relancez",
    ),
    "AVS-382": FaultKind(
        "la réponse du serveur OSRM n'est pas un objet JSON (elle commence par « {value} »)",
        "l'adresse est peut-être celle d'une page, non du service",
        "donnez l'adresse de base du serveur : http://127.0.0.1:5000",
    ),
    "AVS-383": FaultKind("le serveur OSRM refuse la demande ({value})", "", "{hint}"),
    "AVS-384": FaultKind(
        "le serveur OSRM rend une table de {value} au lieu de {expected}",
        "on ne sait plus quelle durée est celle de quel couple",
        "vérifiez que l'adresse est celle d'un serveur OSRM, version 5 ou plus récente",
    ),
    "AVS-385": FaultKind(
        "le serveur OSRM donne une durée qui n'en est pas une : {value}",
        "une durée est un nombre de secondes, ou null quand aucune route ne joint les deux points",
        "vérifiez le profil et les données chargées dans le serveur",
    ),
    "AVS-386": FaultKind(
        "plusieurs listes de structures dans ce fichier : {value}",
        "n'en lire qu'une perdrait les autres sans un mot",
        "mettez-les dans une seule feuille ou couche, ou faites un fichier de chacune",
    ),
    "AVS-387": FaultKind(
        "« {other} » est à non, mais « {column} » lui donne une date ({value})",
        "l'un des deux est faux, et l'évolution compterait un agrément qui n'existe pas",
        "écrivez oui dans « {other} » ou laissez-le vide, ou ôtez la date",
    ),
    "AVS-390": FaultKind(
        "l'indicateur « {value} » n'est pas connu",
        "un chiffre ne se vérifie que si l'on sait ce qu'il compte",
        "{choices}",
    ),
    "AVS-391": FaultKind(
        "la cellule est vide",
        "un chiffre ne se vérifie qu'avec son indicateur, sa valeur et son année",
        "remplissez « {column} », ou retirez la ligne",
    ),
    "AVS-392": FaultKind("« {value} » est au-dessus de 100 %", "", "écrivez une part de 0 à 100"),
    "AVS-393": FaultKind(
        "« {value} » n'est pas une année", "", "écrivez l'année que le chiffre décrit : 2022"
    ),
    "AVS-394": FaultKind(
        "aucun chiffre dans ce fichier pour : {value}",
        "",
        "ajoutez des lignes, ou corrigez la colonne « territoire »",
    ),
    "AVS-395": FaultKind(
        "ce n'est pas un manifeste d'export qui se rejoue ({value})",
        "",
        "donnez le fichier manifest.json qu'écrit « avs-coverage export »",
    ),
    "AVS-396": FaultKind(
        "le fichier « {value} », que le manifeste nomme, est introuvable",
        "l'export ne peut être refait sans lui",
        "dites dans quel dossier il est : avs-coverage replay MANIFESTE --in DOSSIER ; une donnée "
        "téléchargée depuis effacée ou remplacée (avs-coverage data info) ne se retrouve pas : refaites "
        "l'export",
    ),
    "AVS-397": FaultKind(
        "le fichier a {value} lignes de chiffres, {most} au plus",
        "chaque chiffre est comparé à tous ceux de la même année",
        "gardez les chiffres du territoire, dans plusieurs fichiers au besoin",
    ),
    "AVS-398": FaultKind(
        "la mairie de {value} est à {distance} km de son chef-lieu",
        "les coordonnées sont fausses, ou longitude et latitude sont inversées",
        "corrigez-les, ou avs-coverage data clear mairies",
    ),
    "AVS-399": FaultKind(
        "{count} fichiers se nomment « {value} », et aucun n'a l'empreinte que dit le manifeste",
        "on ne peut pas deviner lequel a été lu",
        "donnez par --in le seul dossier du bon fichier",
    ),
}
