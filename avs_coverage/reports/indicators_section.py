"""The user's indicators: what each is, where it comes from, and of how many communes it is not known."""

from __future__ import annotations

from avs_coverage.indicators import KNOWN, NATURE_LABELS, Indicator
from avs_coverage.messages import counted, number
from avs_coverage.reports.document import Block, Cell, Paragraph, Section, table

STATE_LABELS = {
    "secret": ("secrète", "secrètes"),
    "non_disponible": ("non disponible", "non disponibles"),
    "absent": ("absente du fichier", "absentes du fichier"),
    "approche": ("moyenne approchée", "moyennes approchées"),
    "incomplet": ("incomplète (une part absente)", "incomplètes (une part absente)"),
    "non_calculable": ("non calculable après fusion", "non calculables après fusion"),
}


def indicators_section(indicators: tuple[Indicator, ...]) -> Section:
    """Return one row an indicator; no blocks where there are none."""
    if not indicators:
        return Section("Indicateurs", ())
    rows: list[list[Cell]] = [_row(indicator) for indicator in indicators]
    headers = [
        "Colonne",
        "Indicateur",
        "Nature",
        "#Total connu",
        "#Valeurs connues",
        "Autres communes",
        "Source",
    ]
    note = "Une valeur secrète ou absente n'est pas nulle : elle n'entre dans aucun total."
    blocks: tuple[Block, ...] = (table("", headers, rows), Paragraph(note))
    return Section("Indicateurs", blocks)


def _row(indicator: Indicator) -> list[Cell]:
    states = indicator.states
    unknown = [counted(states[s], *words) for s, words in STATE_LABELS.items() if states.get(s)]
    total = "—" if indicator.total is None else f"{number(indicator.total)} {indicator.unit}".strip()
    source = ", ".join(text for text in (indicator.source, indicator.vintage) if text)
    if indicator.file not in source:
        source += f" ({indicator.file})"
    return [
        indicator.name,
        indicator.label,
        NATURE_LABELS[indicator.nature],
        total,
        number(states.get(KNOWN, 0)),
        " ; ".join(unknown) or "—",
        source,
    ]
