"""The sections of a report: which views it shows, in what order and in what words."""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.coverage import MEASURES, EpciCoverage
from avs_coverage.embedded import VINTAGES
from avs_coverage.gaps import GAP, UNCLEAR, Zone
from avs_coverage.inventory import Structure
from avs_coverage.messages import (
    CAVEAT,
    COMMUNE_STATUS_LABELS,
    MEASURE_LABELS,
    STATUS_LABELS,
    counted,
    enumeration,
    french_date,
    number,
    percent,
    plural,
)
from avs_coverage.published import Comparison, Completeness
from avs_coverage.qpv import NOT_INFORMED, WITH_STRUCTURE, WITHOUT_STRUCTURE, QpvCoverage, QpvSummary
from avs_coverage.report import Report
from avs_coverage.reports.document import Block, Cell, Document, FigureCell, Paragraph, Section, table

STATUSES = ("cs", "evs_seul", "avs", "aucune")
QPV_LABELS = {
    WITH_STRUCTURE: "",
    WITHOUT_STRUCTURE: "Pas de structure",
    NOT_INFORMED: "non renseigné",
}
_ZONE_COMMUNES = 8
_EPCI_COMMUNES = 6


def report_document(report: Report) -> Document:
    """Return the whole report."""
    coverage = report.coverage
    sections = [_territory(report), inventory_or_help(report)]
    if report.has_inventory:
        sections += [_summary(report), _epci(report), zones_section(report)]
    else:
        sections.append(_epci_without_inventory(report))
    sections += [qpv_section(report), _years(report), _published(report), _method(report)]
    title = f"Couverture par l'animation de la vie sociale — {coverage.territory.label}"
    return Document(title, tuple(section for section in sections if section.blocks))


def _territory(report: Report) -> Section:
    coverage = report.coverage
    communes = coverage.territory.communes
    area = number(float(communes["superficie_km2"].sum()), 1)
    size = (
        f"{counted(len(communes), 'commune', 'communes')}, {number(int(communes['population'].sum()))} "
        f"habitants, {area} km². État au {french_date(coverage.on)}. Règle : {coverage.rule.label}."
    )
    return Section("Territoire", (Paragraph(size), *(Paragraph(text, True) for text in report.warnings)))


def inventory_or_help(report: Report) -> Section:
    """Say what is known of the structures, or how to supply a list where nothing is."""
    inventory = report.coverage.inventory
    if not report.has_inventory:
        name = report.coverage.territory.name.typed
        return Section(
            "Inventaire des structures",
            (
                Paragraph(
                    f"Aucune structure n'est connue de l'outil pour {report.coverage.territory.label}."
                ),
                Paragraph(
                    "Cela ne veut pas dire qu'il n'y en a pas : la couverture est inconnue, et aucun "
                    "pourcentage n'est calculé.",
                    True,
                ),
                Paragraph(
                    "Pour fournir votre liste (CSV ou XLSX ; colonnes nom, type, code_insee) : "
                    f"avs-coverage report {name} --structures structures.csv"
                ),
            ),
        )
    blocks: list[Block] = [Paragraph(_inventory_sentence(report))]
    blocks += [Paragraph(_completeness_sentence(report, row)) for row in report.completeness]
    if unlocated := [structure.name for row in report.completeness for structure in row.unlocated]:
        names = enumeration(unlocated)
        blocks.append(
            Paragraph(f"Trop mal localisées pour cette règle, hors de tout calcul de couverture : {names}.")
        )
    blocks += hypothesis(report)
    aside = enumeration([f"{fault.where} ({fault.values['value']})" for fault in inventory.set_aside], 10)
    if aside:
        blocks.append(Paragraph(f"Lignes mises de côté : {aside}."))
    return Section("Inventaire : ce qui est connu", tuple(blocks))


def _inventory_sentence(report: Report) -> str:
    inventory = report.coverage.inventory
    state = f" (état au {french_date(inventory.date)})" if inventory.date else ""
    departements = enumeration(sorted(inventory.departements), 10)
    rows = (
        f"{counted(inventory.rows_read, 'ligne lue', 'lignes lues')} : "
        f"{counted(len(inventory), 'structure', 'structures')}, "
        f"{counted(len(inventory.set_aside), 'ligne mise', 'lignes mises')} de côté."
    )
    return f"{inventory.title}{state}. Vaut pour : {departements}. {rows}"


def _completeness_sentence(report: Report, row: Completeness) -> str:
    noun = "CS" if row.type == "CS" else "EVS"
    year = report.coverage.on.year
    if row.published is not None:
        known = f"{noun} : {number(row.identified)} sur {number(row.published)} publiés en {year}"
    else:
        known = f"{noun} : {number(row.identified)} (aucun nombre publié en {year} auquel les comparer)"
    detail = f"{number(row.named)} nommés, {number(row.with_seat)} au siège connu"
    if row.unconfirmed:
        counted_too = report.coverage.inventory.include_unconfirmed
        detail += f" ; {number(row.unconfirmed)} à confirmer, " + (
            "comptés" if counted_too else "non comptés"
        )
    if row.undated:
        detail += f" ; {number(row.undated)} sans date d'agrément, tenus pour déjà ouverts"
    return f"{known} — {detail}."


def _summary(report: Report) -> Section:
    tables = []
    for measure in MEASURES:
        rows = []
        for figure in report.figures:
            if figure.measure == measure:
                share, count, bracket = FigureCell(figure).lines()
                rows.append([STATUS_LABELS[figure.status], f"{share} {count}", bracket.strip("[]")])
        tables.append(table(MEASURE_LABELS[measure], ["Couverture", "#Chiffre", "#Fourchette"], rows))
    return Section("Couverture du territoire", (*tables, *hypothesis(report)))


def hypothesis(report: Report) -> list[Block]:
    """Return what the majorant supposes: it stands beside every table that shows a bracket."""
    if report.is_closed:
        return []
    text = "Fourchette : minorant à majorant, sur les seuls liens certains"
    if supposed := report.coverage.rule.hypothesis:
        text = f"Fourchette : minorant (liens certains) à majorant (hypothèse : {supposed})"
    outside = f" ; hors fourchette : {report.outside_bracket}" if report.outside_bracket else ""
    return [Paragraph(f"{text}{outside}.", True)]


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


def zones_section(report: Report, complete: bool = False) -> Section:
    """Return the zones blanches and the areas to be clarified; every commune named where *complete*."""
    blocks: list[Block] = []
    for kind, caption in (
        (GAP, "Zones blanches : rien ne les couvre, même dans l'hypothèse haute"),
        ("", ""),
    ):
        found = [zone for zone in report.zones if (zone.kind == GAP) == (kind == GAP)]
        caption = caption or "Couverture à préciser : couvertes dans la seule hypothèse haute"  # noqa: PLW2901
        if found:
            headers = ["N°", "Communes", "#Nombre", "#Habitants", "EPCI", "Structure la plus proche"]
            if kind != GAP:
                headers.append("Zone à demander à")
            rows = [_zone_row(report, zone, complete) for zone in found]
            blocks.append(table(caption, headers, rows))
        else:
            blocks.append(Paragraph(f"{caption.split(' :')[0]} : aucune."))
    blocks += [Paragraph(text) for text in _unconfirmed(report)]
    blocks += hypothesis(report)
    blocks.append(
        Paragraph(
            "Communes voisines regroupées, de la plus peuplée à la moins peuplée ; distance à vol d'oiseau "
            "depuis le chef-lieu de la première. La liste complète : avs-coverage zones "
            f"{report.coverage.territory.name.typed} --csv zones.csv"
        )
    )
    return Section("Zones blanches et couverture à préciser", tuple(blocks))


def _unconfirmed(report: Report) -> list[str]:
    """Name the structures to be confirmed that sit in a zone: they might cover some of it."""
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}
    texts = {GAP: "zone blanche", UNCLEAR: "couverture à préciser"}
    found = [
        f"{names[code]} ({texts[zone.kind]} n° {zone.rank})"
        for zone in report.zones
        for code in zone.unconfirmed
    ]
    counts = "comptées" if report.coverage.inventory.include_unconfirmed else "non comptées"
    return (
        [f"Structures à confirmer, {counts}, dont le siège est dans ces zones : {enumeration(found)}."]
        if found
        else []
    )


def _zone_row(report: Report, zone: Zone, complete: bool) -> list[Cell]:
    names = enumeration([name for _, name in zone.communes], None if complete else _ZONE_COMMUNES)
    nearest = "aucune localisée"
    if zone.nearest and zone.distance_km is not None:
        nearest = f"{zone.nearest.name}, à {number(zone.distance_km, 1)} km"
    row: list[Cell] = [
        str(zone.rank),
        names,
        number(len(zone.communes)),
        number(zone.population),
        ", ".join(zone.epci),
        nearest,
    ]
    if zone.kind != GAP:
        by_id = {structure.id: structure.name for structure in report.coverage.inventory.structures}
        row.append(" ; ".join(by_id[code] for code in zone.possible))
    return row


def qpv_section(report: Report, views: tuple[QpvCoverage, ...] | None = None) -> Section:
    """Return quarters in force with their structures (all, or *views*), and printed lines without one."""
    shown = report.qpv if views is None else views
    if not report.qpv:
        return Section(
            "QPV", (Paragraph("Aucun QPV officiel en vigueur à cette date dans la source utilisée."),)
        )
    generations = sorted({view.qpv.generation for view in report.qpv})
    rows = [qpv_row(view) for view in shown]
    headers = ["Code", "Quartier", "Communes", "#Habitants", "Structures", "Publié par le schéma"]
    lines = report.qpv_lines
    if not any(view.published for view in report.qpv):
        rows, headers = [row[:-1] for row in rows], headers[:-1]
    caption = f"Quartiers officiels, génération {' et '.join(str(year) for year in generations)}"
    blocks: list[Block] = [table(caption, headers, rows), Paragraph(_qpv_sentence(report.qpv_summary))]
    outside = [line for line in lines if not line.code]
    if outside:
        blocks.append(
            table(
                "Lignes publiées sans quartier officiel (comptées à part)",
                ["Ligne publiée", "Structures", "Remarque"],
                [[line.name, " ; ".join(line.structures), line.note] for line in outside],
            )
        )
    if lines:
        without = sum(line.without_structure for line in lines)
        blocks.append(
            Paragraph(
                f"Le schéma publie {number(len(lines))} lignes, dont {number(without)} « Pas de structure » "
                f"et {number(len(lines) - len(outside))} pour un quartier officiel. "
                f"Source : {lines[0].source}."
            )
        )
    return Section("Quartiers prioritaires (QPV)", tuple(blocks))


def qpv_row(view: QpvCoverage) -> list[Cell]:
    """Return one quarter as cells."""
    structures = " ; ".join(f"{s.name} ({s.type})" for s in view.structures)
    return [
        view.qpv.code,
        view.qpv.name,
        ", ".join(view.qpv.commune_names),
        "inconnue" if view.qpv.population is None else number(view.qpv.population),
        structures or QPV_LABELS[view.status],
        " ; ".join(view.published.structures) if view.published else "",
    ]


def _qpv_sentence(summary: QpvSummary) -> str:
    text = (
        f"{counted(summary.quarters, 'quartier', 'quartiers')} : {number(summary.with_structure)} avec "
        f"structure, {number(summary.without_structure)} sans, "
        f"{counted(summary.not_informed, 'non renseigné', 'non renseignés')}. "
    )
    if summary.total is None:
        return text + "Population des quartiers de cette génération : non connue de l'outil."
    if summary.covered is None:
        return text + f"{number(summary.total)} habitants (populations de l'édition 2022, QPV 2015)."
    share = percent(summary.covered / summary.total if summary.total else None)
    bracket = "" if summary.covered == summary.possible else f", au plus {number(summary.possible or 0)}"
    return text + (
        f"Habitants des quartiers avec structure : {share} ({number(summary.covered)} habitants sur "
        f"{number(summary.total)}{bracket} ; populations de l'édition 2022, QPV 2015)."
    )


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
    if report.has_inventory:
        blocks.append(Paragraph(_agreements(report)))
    return Section("Évolution et agréments", tuple(blocks))


def _agreements(report: Report) -> str:
    coverage = report.coverage
    mine = [s for s in coverage.inventory.counted(coverage.on) if s.type == "CS"]
    printed = {
        row.figure.code: row.figure for row in report.comparisons if row.figure.year == coverage.on.year
    }
    parts = []
    for label, field, code in (("ACF", "acf", "nb_cs_acf"), ("PS jeunes", "ps_jeunes", "nb_cs_ps_jeunes")):
        answers = [getattr(structure, field) for structure in mine]
        text = (
            f"{label} : {number(answers.count(True))} CS connus, {number(answers.count(None))} non renseignés"
        )
        if code in printed:
            text += f" ({number(printed[code].value)} publiés en {printed[code].year})"
        parts.append(text)
    return " ; ".join(parts) + "."


def _published(report: Report) -> Section:
    blocks: list[Block] = []
    if report.comparisons:
        headers = ["Indicateur", "Année", "#Publié", "#Calculé", "#Fourchette", "Remarque"]
        rows = [_comparison_row(row) for row in report.comparisons]
        blocks.append(table("Chiffres publiés et chiffres calculés, sans verdict", headers, rows))
        sources = dict.fromkeys(row.figure.source for row in report.comparisons)
        blocks.append(
            Paragraph("« ? » : pas de majorant tant que des structures publiées ne sont pas identifiées.")
        )
        blocks += hypothesis(report)
        blocks.append(Paragraph("Sources des chiffres publiés : " + " ; ".join(sources) + "."))
    if report.published_statuses:
        headers = ["Commune", "Publié", "Inventaire", "Hypothèse haute", "Structures"]
        rows = [
            [
                f"{row.name} ({row.code})",
                COMMUNE_STATUS_LABELS[row.printed],
                COMMUNE_STATUS_LABELS[row.status],
                COMMUNE_STATUS_LABELS[row.status_upper],
                ", ".join(row.structures) or "aucune",
            ]
            for row in report.published_statuses
        ]
        blocks.append(
            table("Communes dont le schéma publie la situation (montré, non utilisé)", headers, rows)
        )
    return Section("Chiffres publiés", tuple(blocks))


def _comparison_row(row: Comparison) -> list[Cell]:
    figure = row.figure
    unit = figure.unit
    decimals = 1 if unit == "%" else 0

    def write(value: float | None) -> str:
        if value is None:
            return "—"
        return f"{number(value, decimals)} {unit}" if unit == "%" else number(value)

    printed = f"{number(figure.value)} {unit}" if unit == "%" else number(figure.value)
    bracket = "—"
    if row.lower is not None:
        top = "?" if row.upper is None else write(row.upper)
        bracket = f"{write(row.lower)} à {top}"
    return [
        figure.label,
        str(figure.year) if figure.year else figure.year_note or "non imprimée",
        figure.qualifier + printed,
        write(row.computed),
        bracket,
        row.reason or figure.note,
    ]


def _method(report: Report) -> Section:
    inventory = report.coverage.inventory
    rule = report.coverage.rule
    blocks = [Paragraph(f"Règle « {rule.label} » : {rule.definition}.")]
    if report.has_inventory:
        blocks.append(Paragraph(f"Inventaire : {inventory.source}."))
    blocks.append(Paragraph("Millésimes : " + " ; ".join(VINTAGES.values()) + "."))
    blocks.append(Paragraph(CAVEAT, True))
    return Section("Méthode, sources et précautions", tuple(blocks))


def structures_section(report: Report) -> Section:
    """Return the structures of the inventory, counted or not, with their sources."""
    names = dict(report.coverage.territory.communes["nom"])
    headers = ["Id", "Nom", "Type", "Statut", "Siège", "Zone", "Ouverture"]
    structures = report.coverage.inventory.structures
    rows = [structure_row(structure, names) for structure in structures]
    sources = dict.fromkeys(f"{s.id} : {s.source}" for s in structures if s.source)
    blocks: list[Block] = [table("", headers, rows), *(Paragraph(text) for text in sources)]
    return Section("Structures et sources", tuple(blocks))


def structure_row(structure: Structure, commune_names: dict[str, str]) -> list[Cell]:
    """Return one structure as cells."""
    areas = {"complete": "complète", "partielle": "partielle", "estimee": "estimée", "inconnue": "inconnue"}
    area = areas[structure.area]
    if structure.communes:
        names = [commune_names.get(code, code) for code in structure.communes]
        area += f" : {enumeration(names, _ZONE_COMMUNES)}"
    seat = f"{structure.seat_name} ({structure.seat})" if structure.seat else "inconnu"
    if structure.seat_quality == "deduit":
        seat += ", déduit"
    opened = french_date(structure.start) if structure.start else "inconnue"
    if structure.end:
        opened += f" au {french_date(structure.end)}"
    status = "confirmée" if structure.status == "confirme" else "à confirmer"
    return [structure.id, structure.name, structure.type, status, seat, area, opened]
