"""The page of a report: which views it shows, in what order and in what words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avs_coverage.epci import EpciCoverage
from avs_coverage.figure import MEASURES, STATUSES
from avs_coverage.messages import (
    CAVEAT,
    COMMUNE_STATUS_LABELS,
    MEASURE_LABELS,
    STATUS_LABELS,
    counted,
    enumeration,
    french_date,
    number,
    plural,
)
from avs_coverage.multiplicity import by_multiplicity
from avs_coverage.published import Comparison
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.report import Report
from avs_coverage.reports.audit_conflicts import between, is_empty
from avs_coverage.reports.document import Block, Cell, Document, FigureCell, Paragraph, Section, table
from avs_coverage.reports.indicators_section import indicators_section
from avs_coverage.reports.inventory_section import hypothesis, inventory_or_help, unlocated_sentences
from avs_coverage.reports.key_figures import SIDE_BY_SIDE
from avs_coverage.reports.populations_section import populations_section
from avs_coverage.reports.qpv_section import qpv_section
from avs_coverage.reports.told_commands import told_command
from avs_coverage.reports.zones_section import zones_section

SUBJECT = "Couverture par l'animation de la vie sociale"
_EPCI_COMMUNES = 50


def report_document(report: Report) -> Document:
    """Return the whole report."""
    sections = [_territory(report), inventory_or_help(report)]
    if report.has_inventory:
        sections += [_summary(report), *_side_by_side(report), _epci(report), zones_section(report)]
    else:
        sections.append(_epci_without_inventory(report))
    sections += [populations_section(report), indicators_section(report)]
    quarters = qpv_section(report, None, report.locations, report.proximity)
    sections += [quarters, _years(report), _published(report), _method(report)]
    return Document(f"{SUBJECT} — {report.label}", tuple(section for section in sections if section.blocks))


def _territory(report: Report) -> Section:
    coverage = report.coverage
    text = f"{territory_size(report)}. État au {french_date(coverage.on)}. Règle : {coverage.rule.label}."
    return Section("Territoire", (Paragraph(text), *(Paragraph(text, True) for text in report.warnings)))


def territory_size(report: Report) -> str:
    """Write how many communes, inhabitants and km² the territory has."""
    territory = report.coverage.territory
    communes = territory.communes
    area = f"{number(float(communes['superficie_km2'].sum()), 1)} km²"
    known = int(communes["superficie_km2"].notna().sum())
    if territory.contours is not None and known < len(communes):
        area += f" (superficie connue de {counted(known, 'commune', 'communes')} seulement)"
    population = number(int(communes["population"].sum()))
    return f"{counted(len(communes), 'commune', 'communes')}, {population} habitants, {area}"


def _summary(report: Report) -> Section:
    tables = []
    for measure in MEASURES:
        rows = []
        for figure in report.figures:
            if figure.measure == measure:
                share, count, bracket = FigureCell(figure).lines()
                rows.append([STATUS_LABELS[figure.status], f"{share} {count}", bracket.strip("[]")])
        tables.append(table(MEASURE_LABELS[measure], ["Couverture", "#Chiffre", "#Fourchette"], rows))
    return Section("Couverture du territoire", (*tables, *hypothesis(report), _multiplicity(report)))


def _multiplicity(report: Report) -> Block:
    labels = {"blanche": "aucune structure", "simple": "une structure", "multiple": "deux structures ou plus"}
    figures = {(figure.status, figure.measure): figure for figure in by_multiplicity(report.coverage)}
    rows: list[list[Cell]] = [
        [label, *(FigureCell(figures[kind, measure], with_total=False) for measure in MEASURES)]
        for kind, label in labels.items()
    ]
    caption = "Nombre de structures qui couvrent : part (nombre) [fourchette]"
    return table(caption, ["Couverture", *(f"#{MEASURE_LABELS[m]}" for m in MEASURES)], rows)


def _side_by_side(report: Report) -> list[Section]:
    """Return the figures of every rule asked for, each named; nothing for one rule alone."""
    if not report.others:
        return []
    coverages = (report.coverage, *report.others)
    blocks: list[Block] = []
    for measure in MEASURES:
        rows: list[list[Cell]] = []
        for coverage in coverages:
            figures = {f.status: f for f in coverage.figures() if f.measure == measure}
            rows.append(
                [coverage.rule.label, *(FigureCell(figures[status], with_total=False) for status in STATUSES)]
            )
        headers = ["Règle", "#CS", "#EVS seul", "#CS ou EVS", "#Aucune"]
        blocks.append(table(f"{MEASURE_LABELS[measure]} : part (nombre) [fourchette]", headers, rows))
    for one in (report, *report.beside):
        rule = one.coverage.rule
        blocks.append(Paragraph(f"{rule.label} : {rule.definition}."))
        blocks += [*hypothesis(one), *(Paragraph(text, True) for text in unlocated_sentences(one))]
    return [Section(SIDE_BY_SIDE, tuple(blocks))]


def _epci(report: Report) -> Section:
    inventoried = [row for row in report.epci if row.known]
    skipped = len(report.epci) - len(inventoried)
    blocks: list[Block] = []
    for measure in MEASURES:
        rows: list[list[Cell]] = []
        for row in inventoried:
            total = row.figure(measure, "avs").denominator or 0
            decimals = 1 if measure == "km2" else 0
            cells = [FigureCell(row.figure(measure, status), with_total=False) for status in STATUSES]
            rows.append([row.name, number(total, decimals), *cells])
        headers = ["EPCI", "#Total", "#CS", "#EVS seul", "#CS ou EVS", "#Aucune"]
        blocks.append(table(f"{MEASURE_LABELS[measure]} : part (nombre) [fourchette]", headers, rows))
    blocks += hypothesis(report)
    blocks += [Paragraph(text) for text in _outside(inventoried)]
    if skipped:
        words = counted(skipped, "EPCI sans inventaire", "EPCI sans inventaire")
        blocks.append(Paragraph(f"Non {plural(skipped, 'listé', 'listés')}, couverture inconnue : {words}."))
    return Section("Par EPCI", tuple(blocks))


def _outside(rows: Sequence[EpciCoverage]) -> list[str]:
    """Name the communes that each EPCI has beyond the territory: they are not counted."""
    return [
        f"{row.name} a {counted(len(row.outside), 'commune', 'communes')} hors du territoire, non "
        f"{plural(len(row.outside), 'comptée', 'comptées')} : {enumeration(row.outside, _EPCI_COMMUNES)}."
        for row in rows
        if row.outside
    ]


def _epci_without_inventory(report: Report) -> Section:
    rows = [
        [row.name, number(row.communes), number(row.population), number(row.area_km2, 1)]
        for row in report.epci
    ]
    blocks = [table("", ["EPCI", "#Communes", "#Habitants", "#km²"], rows)]
    return Section("EPCI du territoire", (*blocks, *(Paragraph(text) for text in _outside(report.epci))))


def _years(report: Report) -> Section:
    rows = [
        [
            str(row.year),
            number(row.cs),
            number(row.evs),
            "—" if row.published_cs is None else number(row.published_cs),
            "—" if row.published_evs is None else number(row.published_evs),
        ]
        for row in report.years
    ]
    blocks: list[Block] = []
    if rows and report.has_inventory:
        headers = ["31 décembre", "#CS connus", "#EVS connus", "#CS publiés", "#EVS publiés"]
        blocks.append(table("", headers, rows))
        if undated := sum(row.undated for row in report.completeness):
            words = plural(
                undated,
                "structure sans date de premier agrément est tenue pour ouverte",
                "structures sans date de premier agrément sont tenues pour ouvertes",
            )
            blocks.append(Paragraph(f"{number(undated)} {words} chaque année."))
    if report.has_inventory:
        blocks.append(Paragraph(_agreements(report)))
    return Section("Évolution et agréments", tuple(blocks))


def _agreements(report: Report) -> str:
    year = report.coverage.on.year
    printed = {row.figure.code: row.figure for row in report.comparisons if row.figure.year == year}
    cs = report.completeness[0]
    parts = []
    for label, (yes, unknown), code in (
        ("ACF", cs.acf, "nb_cs_acf"),
        ("PS jeunes", cs.ps_jeunes, "nb_cs_ps_jeunes"),
    ):
        text = f"{label} : oui pour {number(yes)} CS, non renseigné pour {number(unknown)}"
        if code in printed:
            text += f" ({number(printed[code].value)} publiés en {year})"
        parts.append(text)
    return " ; ".join(parts) + "."


def _published(report: Report) -> Section:
    blocks: list[Block] = []
    if report.comparisons:
        headers = ["Indicateur", "Année", "#Publié", "#Calculé", "#Fourchette", "Remarque"]
        # By several rules each figure says which is its own.
        labels = {one.coverage.rule.name: one.coverage.rule.label for one in (report, *report.beside)}
        labels = labels if report.others else {}
        rows = [_comparison_row(row, labels) for row in report.comparisons]
        blocks.append(table("Chiffres publiés et chiffres calculés, sans verdict", headers, rows))
        sources = dict.fromkeys(row.figure.source for row in report.comparisons)
        if any(row.lower is not None and row.upper is None for row in report.comparisons):
            text = "« ? » : pas de majorant tant que des structures publiées ne sont pas identifiées."
            blocks.append(Paragraph(text))
        compared = {INDICATORS[row.figure.code].rule for row in report.comparisons if row.lower is not None}
        for one in (report, *report.beside):
            if one.coverage.rule.name in compared and (supposed := hypothesis(one)):
                label = f"Règle « {one.coverage.rule.label} » :"
                blocks += [Paragraph(label), *supposed] if report.others else supposed
        blocks.append(Paragraph("Sources des chiffres publiés : " + " ; ".join(sources) + "."))
        command = told_command(report, "audit")
        blocks.append(Paragraph(f"Ce qui tient ensemble, et ce qui se vérifie : {command}"))
    if report.published_statuses:
        names = {s.id: s.name for s in report.coverage.inventory.structures}
        headers = ["Commune", "Publié", "Inventaire", "Hypothèse haute", "Structures"]
        rows = [
            [
                f"{row.name} ({row.code})",
                COMMUNE_STATUS_LABELS[row.printed],
                "—" if row.reason else COMMUNE_STATUS_LABELS[row.status],
                "—" if row.reason else COMMUNE_STATUS_LABELS[row.status_upper],
                row.reason or " ; ".join(names[code] for code in row.structures) or "aucune",
            ]
            for row in report.published_statuses
        ]
        blocks.append(
            table("Communes dont le schéma publie la situation (montré, non utilisé)", headers, rows)
        )
    return Section("Chiffres publiés", tuple(blocks))


def _comparison_row(row: Comparison, labels: Mapping[str, str]) -> list[Cell]:
    """Return a row; *labels*: of the rules, to name the figure's own, empty where there is one rule only."""
    figure = row.figure
    unit = figure.unit
    decimals = 1 if unit == "%" else 0

    def write(value: float | None) -> str:
        if value is None:
            return "—"
        return f"{number(value, decimals)} {unit}" if unit == "%" else number(value)

    printed = f"{number(figure.value)} {unit}" if unit == "%" else number(figure.value)
    made_of = f" ({number(row.made_of[0])} sur {number(row.made_of[1])})" if row.made_of else ""
    bracket = "—"
    if row.lower is not None:
        top = "?" if row.upper is None else write(row.upper)
        bracket = f"{write(row.lower)} à {top}"
    rule = labels.get(INDICATORS[figure.code].rule, "") if row.lower is not None else ""
    read = ""
    if row.made_of and (ends := row.read_as):
        total = row.made_of[1]
        read = figure.says_no_count(total)
        if not is_empty(ends):
            read = f"se lit {between(ends)} sur {number(total)}"
    computed = write(row.computed)
    if row.made_of and row.computed is None:
        computed = f"au moins {write(row.lower)}"
    return [
        figure.label,
        str(figure.year) if figure.year else figure.year_note or "non imprimée",
        figure.qualifier + printed,
        computed + made_of,
        bracket,
        " ; ".join(filter(None, (rule and f"règle : {rule}", row.reason, read, figure.note))),
    ]


def _method(report: Report) -> Section:
    inventory = report.coverage.inventory
    rule = report.coverage.rule
    blocks = [Paragraph(f"Règle « {rule.label} » : {rule.definition}.")]
    if report.has_inventory:
        blocks.append(Paragraph(f"Inventaire : {inventory.source}."))
    blocks.append(Paragraph("Millésimes : " + " ; ".join(report.coverage.territory.vintages.values()) + "."))
    blocks.append(Paragraph(CAVEAT, True))
    return Section("Méthode, sources et précautions", tuple(blocks))
