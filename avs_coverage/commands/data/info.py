"""Command ``data info``: what has been fetched, from where and when, and whether it is still whole."""

from __future__ import annotations

from datetime import date

from avs_coverage.commands.options import JsonOption

SCHEMA_NAME, SCHEMA_VERSION = "avs-coverage/data", 1


def info(json: JsonOption = False) -> None:
    """Ce qui a été téléchargé : date, adresse, empreinte, dossier ; chaque fichier est vérifié."""
    from avs_coverage.cache import cache_dir, damaged, records, typed
    from avs_coverage.errors import InputError

    states, lost = {}, damaged()
    for record in records():
        try:
            record.check()
            states[record.key] = "entier"
        except InputError as error:
            states[record.key] = error.faults[0].values["reason"]
    if json:
        from avs_coverage.commands.streams import print_json

        found = [{**record.to_record(), "etat": states[record.key]} for record in records()]
        broken = [path.name for path in lost.values()]
        head = {"schema": SCHEMA_NAME, "version": SCHEMA_VERSION, "dossier": str(cache_dir())}
        print_json({**head, "fichiers": found, "releves_illisibles": broken})
        return

    from avs_coverage.messages import french_date, number
    from avs_coverage.reports.document import Block, Document, Paragraph, Section, table
    from avs_coverage.reports.terminal import make_console, print_document

    rows = [
        [
            record.source,
            record.scope,
            french_date(date.fromisoformat(record.fetched)),
            record.vintage,
            record.host,
            number(record.size_bytes),
            states[record.key],
            record.file,
        ]
        for record in records()
    ]
    blocks: list[Block] = [Paragraph(f"Dossier : {cache_dir()}")]
    if rows:
        headers = ["Nom", "Territoire", "Téléchargé le", "Millésime", "De", "#Octets", "État", "Fichier"]
        blocks.append(table("", headers, rows))
    elif not lost:
        blocks.append(Paragraph("Rien n'a été téléchargé : toutes les données sont celles de l'outil."))
    for said, path in lost.items():
        again = typed(*said)
        text = f"Relevé illisible : {path.name} ; avs-coverage data fetch {again}, ou data clear {again}."
        blocks.append(Paragraph(text))
    print_document(Document("Données téléchargées", (Section("", tuple(blocks)),)), make_console())
