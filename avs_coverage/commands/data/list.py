"""Command ``data list``: the catalogue of what can be fetched."""

from __future__ import annotations


def list_() -> None:
    """Catalogue des données officielles : ce qu'elles remplacent, licence, millésime, adresse."""
    from avs_coverage.official_sources import FRANCE, sources
    from avs_coverage.reports.document import Document, Paragraph, Section, table
    from avs_coverage.reports.terminal import make_console, print_document

    rows = [
        [
            one.id,
            f"{one.title} — {one.producer}",
            "France" if one.scope == FRANCE else "un territoire",
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
            "Ce qui l'est remplace la donnée embarquée, et chaque sortie le dit."
        ),
    )
    document = Document("Données officielles", (Section("", blocks),))
    print_document(document, make_console())
