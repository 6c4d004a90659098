"""Command ``data list``: the catalogue of what can be fetched."""

from __future__ import annotations

_SCOPES = {"france": "France", "territoire": "un territoire", "liste": "une liste"}


def list_() -> None:
    """Catalogue des données officielles : ce qu'elles remplacent, licence, millésime, adresse."""
    from avs_coverage.official_sources import sources
    from avs_coverage.reports.document import Document, Paragraph, Section, table
    from avs_coverage.reports.terminal import make_console, print_document

    rows = [
        [
            one.id,
            f"{one.title} — {one.producer}",
            _SCOPES[one.scope],
            one.vintage,
            one.use,
            one.licence,
            one.address,
        ]
        for one in sources().values()
    ]
    headers = ["Nom", "Donnée", "Portée", "Millésime", "Sert", "Licence", "Adresse"]
    blocks = (
        table("", headers, rows),
        Paragraph(
            "Rien n'est téléchargé sans être demandé : avs-coverage data fetch NOM [TERRITOIRE]. "
            "Ce qui l'est remplace la donnée embarquée, et chaque sortie le dit. "
            "Aucune adresse ne quitte l'ordinateur sans avs-coverage data geocode LISTE -o SORTIE.csv."
        ),
    )
    document = Document("Données officielles", (Section("", blocks),))
    print_document(document, make_console())
