"""Command ``data info``: what has been fetched, from where and when, and whether it is still whole."""

from __future__ import annotations

from avs_coverage.commands.options import JsonOption


def info(json: JsonOption = False) -> None:
    """Ce qui a été téléchargé : date, adresse, empreinte, dossier ; chaque fichier est vérifié."""
    from dataclasses import asdict

    from avs_coverage.cache import cache_dir, records
    from avs_coverage.errors import InputError

    states = {}
    for record in records():
        try:
            record.check()
            states[record.key] = "entier"
        except InputError as error:
            states[record.key] = error.faults[0].values["reason"]
    if json:
        from avs_coverage.commands.streams import print_json

        found = [{**asdict(record), "state": states[record.key]} for record in records()]
        print_json({"schema": "avs-coverage/data", "version": 1, "folder": str(cache_dir()), "files": found})
        return

    from avs_coverage.messages import number
    from avs_coverage.reports.document import Block, Document, Paragraph, Section, table
    from avs_coverage.reports.terminal import make_console, print_document

    rows = [
        [
            record.source,
            record.scope,
            record.fetched,
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
    else:
        blocks.append(Paragraph("Rien n'a été téléchargé : toutes les données sont celles de l'outil."))
    print_document(Document("Données téléchargées", (Section("", tuple(blocks)),)), make_console())
