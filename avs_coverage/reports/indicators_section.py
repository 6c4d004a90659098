"""The user's indicators: what each is, where it comes from, and of how many communes it is not known."""

from __future__ import annotations

from avs_coverage.figure import STATUSES
from avs_coverage.indicators import KNOWN, NATURE_LABELS, Indicator
from avs_coverage.messages import counted, number
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, FigureCell, Paragraph, Section, table
from avs_coverage.reports.inventory_section import hypothesis

STATE_LABELS = {
    "secret": ("secrète", "secrètes"),
    "non_disponible": ("non disponible", "non disponibles"),
    "absent": ("absente du fichier", "absentes du fichier"),
    "approche": ("moyenne approchée", "moyennes approchées"),
    "incomplet": ("incomplète (une part absente)", "incomplètes (une part absente)"),
    "non_calculable": ("non calculable après fusion", "non calculables après fusion"),
}


def indicators_section(report: Report) -> Section:
    """Return one row an indicator, then the counts that structures cover; no blocks where there are none."""
    indicators = report.coverage.territory.indicators
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
    return Section("Indicateurs", (*blocks, *_covered(report)))


def _covered(report: Report) -> list[Block]:
    """Return the part of each count that structures cover, in place of inhabitants."""
    counts = [one for one in report.coverage.territory.indicators if one.is_count]
    if not counts or not report.has_inventory:
        return []
    rows: list[list[Cell]] = []
    for one in counts:
        figures = {figure.status: figure for figure in report.weighted[one.name]}
        cells = [FigureCell(figures[status], with_total=False) for status in STATUSES]
        rows.append([f"{one.label} ({one.name})" if one.label != one.name else one.name, *cells])
    headers = ["Effectif", "#CS", "#EVS seul", "#CS ou EVS", "#Aucune"]
    caption = "Effectifs couverts : part (nombre) [fourchette], sur les communes dont la valeur est connue"
    return [table(caption, headers, rows), *hypothesis(report)]


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
