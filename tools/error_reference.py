"""Write docs/erreurs.md, the reference of all codes, from the catalogue of faults.

python -m tools.error_reference
"""

from __future__ import annotations

from pathlib import Path

from avs_coverage.catalogue import CATALOGUE
from avs_coverage.faults import describe

PATH = Path(__file__).parent.parent / "docs" / "erreurs.md"


def page() -> str:
    """Return the page."""
    head = (
        "# Codes des erreurs et des avertissements\n\n"
        "Page faite par `python -m tools.error_reference` à partir du catalogue du programme ; "
        "`avs-coverage error CODE` en donne une entrée.\n"
    )
    entries = []
    for code in CATALOGUE:
        title, *lines = describe(code).split("\n")
        entries.append(f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) + "\n")
    return "\n".join([head, *entries])


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
