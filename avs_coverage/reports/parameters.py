"""What the figures of an export rest on, as pairs of French texts."""

from __future__ import annotations

from avs_coverage import __version__
from avs_coverage.embedded import data_dir
from avs_coverage.intake import fingerprint
from avs_coverage.messages import french_date, joined
from avs_coverage.report import Report


def parameters(report: Report) -> list[tuple[str, str]]:
    """Return rule, date, list, what is not known, warnings, vintages, version, files with their SHA-256.

    The data of the tool are files too: a figure rests on them wherever no file of the user stands in.
    """
    coverage, inventory = report.coverage, report.coverage.inventory
    found = [
        ("Territoire", report.label),
        ("Date de l'état", french_date(coverage.on)),
        ("Inventaire", inventory.title or "aucun inventaire"),
        ("Source de l'inventaire", inventory.source or "—"),
    ]
    for rank, one in enumerate((coverage, *report.others), 1):
        number = f" {rank}" if report.others else ""
        found += [
            (f"Règle{number}", one.rule.label),
            (f"Définition{number}", one.rule.definition),
            (f"Paramètres de la règle{number}", joined(one.rule.parameters) or "—"),
            (f"Hypothèse du majorant{number}", one.rule.hypothesis or "—"),
        ]
    names = {"completude": "Structures connues / publiées", "positions": "Positions des structures",
             "hors_fourchette": "Hors fourchette"}  # fmt: skip
    found += [(names[name], joined(value) or "—") for name, value in report.uncertainty.items()]
    found += [("Avertissement", text) for text in report.warnings]
    found += [("Millésime", text) for text in coverage.territory.vintages.values()]
    found.append(("Outil", f"avs-coverage {__version__}"))
    of_the_tool = [fingerprint(path) for path in sorted(data_dir().iterdir())]
    for label, files in (("Fichier lu", report.received), ("Donnée de l'outil", of_the_tool)):
        found += [
            (f"{label} : {file.path.name}", f"sha256 {file.sha256}")
            for one in files
            for file in (one, *one.beside)
        ]
    return found
