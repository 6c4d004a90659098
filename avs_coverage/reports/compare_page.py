"""The page of a comparison: what each side rests on, its figures, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.changes import CAUSES
from avs_coverage.compare import Gap, Revision, Side, SideBySide, differing_columns
from avs_coverage.figure import MEASURES, STATUSES
from avs_coverage.inventory import Structure
from avs_coverage.messages import (
    CAVEAT,
    MEASURE_LABELS,
    MEASURE_UNITS,
    STATUS_LABELS,
    counted,
    enumeration,
    french_date,
    number,
    plural,
    signed,
)
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Document, FigureCell, Paragraph, Section, table

_NAMED = 12


def compare_document(made: SideBySide) -> Document:
    """Return the whole page."""
    coverage = made.sides[0].report.coverage
    text = (
        f"Même règle : {coverage.rule.label} ; même date : {french_date(coverage.on)} ; mêmes définitions : "
        f"{coverage.rule.definition}."
    )
    reserves = [Paragraph(reserve, True) for reserve in made.reserves]
    sections = [
        Section("", (Paragraph(text), _basis(made.sides))),
        Section("Ce qui n'est pas comparable", tuple(reserves or [Paragraph("Rien de connu.")])),
        Section("Couverture côte à côte", tuple(_tables(made.sides))),
        Section("Écarts", tuple(_gaps(made.gaps))),
    ]
    if made.revision:
        sections.append(_revision(made.sides, made.revision))
    sections.append(Section("Précaution", (Paragraph(CAVEAT, True),)))
    title = f"Comparaison — {' ; '.join(side.name for side in made.sides)}"
    return Document(title, tuple(section for section in sections if section.blocks))


def _basis(sides: Sequence[Side]) -> Block:
    rows: list[list[Cell]] = []
    for side in sides:
        report = side.report
        communes = report.coverage.territory.communes
        cs, evs = report.completeness
        summary = report.qpv_summary
        known = summary.with_structure + summary.without_structure
        rows.append(
            [
                side.name,
                number(len(communes)),
                number(int(communes["population"].sum())),
                cs.brief if report.has_inventory else "inconnu",
                evs.brief if report.has_inventory else "inconnu",
                f"{number(summary.with_structure)} sur {number(known)}" if known else "non renseigné",
                _quarters(report),
            ]
        )
    headers = [
        "Territoire",
        "#Communes",
        "#Habitants",
        "#CS connus/publiés",
        "#EVS connus/publiés",
        "#QPV desservis (déclaré)",
        "#QPV (génération)",
    ]
    return table("", headers, rows)


def _quarters(report: Report) -> str:
    """Return the number of quarters in force with their generation: two are not the same places."""
    years = " et ".join(str(year) for year in sorted({view.qpv.generation for view in report.qpv}))
    if report.unlisted_quarters:
        return "non renseigné"
    return f"{number(report.qpv_summary.quarters)} ({years})" if years else "0"


def _tables(sides: Sequence[Side]) -> list[Block]:
    blocks: list[Block] = []
    for measure in MEASURES:
        rows: list[list[Cell]] = []
        for side in sides:
            figures = {f.status: f for f in side.report.figures if f.measure == measure}
            of = number(_total(side, measure), 1 if measure == "km2" else 0)
            cells = (FigureCell(figures[status], with_total=False) for status in STATUSES)
            rows.append([side.name, of, *cells])
        headers = ["Territoire", "#Total", *(f"#{STATUS_LABELS[status]}" for status in STATUSES)]
        blocks.append(table(f"{MEASURE_LABELS[measure]} : part (nombre) [fourchette]", headers, rows))
    hypothesis = sides[0].report.coverage.rule.hypothesis
    if hypothesis and not all(side.report.is_closed for side in sides):
        blocks.append(Paragraph(f"Majorant : hypothèse ({hypothesis}).", True))
    return blocks


def _total(side: Side, measure: str) -> float:
    """Return the total over which shares are: of the communes with an inventory, of all where none has."""
    coverage = side.report.coverage
    where = coverage.known if coverage.known.any() else ~coverage.known
    return coverage.total(measure, where)


def _gaps(gaps: Sequence[Gap]) -> list[Block]:
    rows: list[list[Cell]] = [
        [
            f"{gap.second} par rapport à {gap.first}",
            f"{MEASURE_LABELS[gap.measure]}, {STATUS_LABELS[gap.status]}",
            _points(gap.points),
            f"{_points(gap.lower)} à {_points(gap.upper)}",
            {True: "oui", False: "non", None: "si les listes sont complètes"}[gap.is_established],
        ]
        for gap in gaps
    ]
    if not rows:
        return [Paragraph("Aucun écart calculable : une couverture au moins est inconnue.", True)]
    note = (
        "En points de pourcentage. Un écart est établi quand les fourchettes ne se touchent pas et que les "
        "deux listes ont toutes les structures publiées ; quand on ne sait combien il y en a, il ne l'est "
        "que si les listes sont complètes."
    )
    headers = ["Écart", "Mesure", "#Points", "#Fourchette", "Établi"]
    return [table("", headers, rows), Paragraph(note)]


def _revision(sides: Sequence[Side], revision: Revision) -> Section:
    """Return the structures that differ, and the changes of coverage that each causes."""
    blocks: list[Block] = []
    first, second = (side.name for side in sides)
    for side, found in ((first, revision.removed), (second, revision.added)):
        listed = enumeration([_name(structure) for structure in found], _NAMED) or "aucune"
        count = counted(len(found), "structure", "structures")
        blocks.append(Paragraph(f"Seulement dans « {side} » ({count}) : {listed}."))
    revised = [
        f"{_name(one)} ({', '.join(differing_columns(one, other))})" for one, other in revision.revised
    ]
    blocks.append(Paragraph(f"Dans les deux, et différentes : {' ; '.join(revised) or 'aucune'}."))
    names = {s.id: _name(s) for side in sides for s in side.report.coverage.inventory.structures}
    names |= {s.id: _name(s) for _, s in revision.revised} | {s.id: _name(s) for s in revision.added}
    communes = sides[0].report.coverage.territory.communes["nom"].to_dict()
    rows: list[list[Cell]] = [
        [
            STATUS_LABELS[change.status],
            " ; ".join(names.get(id, id) for id in change.structures),
            signed(change.communes),
            signed(change.inhabitants),
            enumeration([communes[code] for code in change.gained], _NAMED) or "—",
            enumeration([communes[code] for code in change.lost], _NAMED) or "—",
        ]
        for change in revision.changes
    ]
    if rows:
        caption = "Changements de couverture, attribués aux structures qui les causent"
        headers = ["Couverture", "Structures", "#Communes", "#Habitants", "Gagnées", "Perdues"]
        total = [
            f"{STATUS_LABELS[status]}, {_moved(sum(c.communes for c in of), 'communes')} et "
            f"{_moved(sum(c.inhabitants for c in of), 'habitants')}"
            for status in CAUSES
            if (of := [c for c in revision.changes if c.status == status])
        ]
        blocks += [table(caption, headers, rows), Paragraph(f"Somme : {' ; '.join(total)}.")]
    else:
        blocks.append(Paragraph("La couverture est la même, commune par commune."))
    return Section("D'un inventaire à l'autre", tuple(blocks))


def _name(structure: Structure) -> str:
    where = f", {structure.seat_name}" if structure.seat_name else ""
    return f"{structure.name} ({structure.type}{where})"


def _moved(value: int, measure: str) -> str:
    """Write a signed number with its noun."""
    return f"{signed(value)} {plural(abs(value), *MEASURE_UNITS[measure])}"


def _points(difference: float) -> str:
    """Write a difference of shares of 0–1 as points of percentage: to 0.1, to 0.001 where that is none."""
    is_small = 0 < abs(difference) < 0.001  # noqa: PLR2004 - a tenth of a point
    return signed(difference * 100, 3 if is_small else 1)
