"""Faults of what is fetched from the official services, and of the cache that keeps it."""

from __future__ import annotations

from avs_coverage.catalogue.kind import FaultKind

NETWORK = {
    "AVS-710": FaultKind(
        "{value} ne répond pas ({reason})",
        "rien n'est téléchargé ; la donnée déjà en place n'est pas touchée",
        "vérifiez le réseau ; derrière un proxy, HTTPS_PROXY=http://proxy:port ; pour un certificat de votre "
        "organisation, SSL_CERT_FILE=fichier.pem",
    ),
    "AVS-711": FaultKind(
        "{value} refuse la demande (code HTTP {status})",
        "rien n'est téléchargé ; la donnée déjà en place n'est pas touchée",
        "{hint}",
    ),
    "AVS-712": FaultKind(
        "{value} ne peut répondre maintenant (code HTTP {status}{wait})",
        "le service est en panne ou surchargé, ou limite le nombre de demandes",
        "relancez la même commande plus tard ; un téléchargement coupé est repris si le service le permet",
    ),
    "AVS-713": FaultKind(
        "la réponse de {value} dépasse {limit}",
        "elle est plus grande que la donnée attendue ne peut l'être",
        "signalez-le : l'adresse a peut-être changé ; la donnée déjà en place n'est pas touchée",
    ),
    "AVS-714": FaultKind(
        "la réponse de {value} n'est pas finie après {limit}",
        "un fichier incomplet n'est jamais utilisé",
        "relancez la même commande ; un téléchargement coupé est repris si le service le permet",
    ),
    "AVS-715": FaultKind(
        "{value} a coupé la réponse ({reason})",
        "un fichier incomplet n'est jamais utilisé",
        "relancez la même commande ; un téléchargement coupé est repris si le service le permet",
    ),
    "AVS-716": FaultKind(
        "{value} renvoie vers une adresse refusée ({reason})",
        "une donnée officielle vient d'une adresse chiffrée, en peu de renvois",
        "signalez-le : l'adresse a peut-être changé ; la donnée déjà en place n'est pas touchée",
    ),
    "AVS-717": FaultKind(
        "{value} n'a pas rendu la donnée attendue ({reason})",
        "ce qui est reçu n'est pas utilisé ; la donnée déjà en place n'est pas touchée",
        "si une page de connexion du réseau répond à sa place, ouvrez un navigateur ; sinon signalez-le",
    ),
    "AVS-718": FaultKind(
        "l'archive reçue de {value} est refusée ({reason})",
        "une archive ne doit contenir que la donnée, de taille raisonnable",
        "signalez-le ; la donnée déjà en place n'est pas touchée",
    ),
    "AVS-719": FaultKind(
        "une autre commande télécharge déjà « {value} »",
        "deux téléchargements à la fois se gêneraient",
        "attendez qu'elle finisse, puis relancez",
    ),
    "AVS-720": FaultKind(
        "le fichier « {value} » du cache est abîmé ({reason})",
        "il n'est plus celui qui a été téléchargé",
        "avs-coverage data fetch {source} pour le reprendre, ou avs-coverage data clear {source}",
    ),
    "AVS-721": FaultKind(
        "le fichier téléchargé « {value} » ne convient pas à ce territoire",
        "il est lu à la place de la donnée embarquée parce qu'il a été téléchargé",
        "avs-coverage data fetch {source} pour le reprendre, ou avs-coverage data clear {source}",
    ),
    "AVS-722": FaultKind(
        "{value} renvoie les adresses vers {to} : elles n'y sont pas envoyées",
        "elles ne vont qu'à la machine qui a été dite",
        "signalez-le ; ou donnez cette machine par --mirror, si vous la connaissez",
    ),
    "AVS-723": FaultKind(
        "la réponse de {value} n'est pas celle des adresses envoyées ({reason})",
        "on ne sait plus quel point est celui de quelle adresse ; rien n'est écrit",
        "relancez la même commande ; si cela dure, signalez-le",
    ),
    "AVS-724": FaultKind(
        "le dossier des données téléchargées ne peut être lu : {value} ({reason})",
        "on ne sait pas si une donnée téléchargée doit remplacer la donnée embarquée",
        "rendez-le lisible ; ou donnez-en un autre : AVS_COVERAGE_CACHE=dossier",
    ),
}
