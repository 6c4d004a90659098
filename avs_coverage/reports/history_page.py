"""The page of a history: counts, agreements and coverage by year, then what changed and why."""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.changes import CAUSES, Change
from avs_coverage.history import Agreement, Year
from avs_coverage.inventory import Structure
from avs_coverage.messages import (
    CAVEAT,
    MEASURE_LABELS,
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
from avs_coverage.reports.inventory_section import bracket_meaning, inventory_or_help
from avs_coverage.reports.told_commands import told_command

_COMMUNES = 8
_CAUSES = 5
_OPENINGS = 12
_PARTS = 12
_NOT_KNOWN = "renouvellement non connu"


def history_document(report: Report, years: Sequence[Year]) -> Document:
    """Return the page of years in their order; *report* is that of the last."""
    first, last = years[0].year, years[-1].year
    span = f"de {first} à {last}" if first < last else str(first)
    title = f"Évolution {span} — {report.label}"
    if not report.has_inventory:
        return Document(title, (inventory_or_help(report), _published(years)))
    sections = [
        Section("", _basis(report, years)),
        Section("Structures ouvertes au 31 décembre", _counts(years)),
        Section("Agréments des centres sociaux ouverts au 31 décembre", _agreements(years)),
        Section("Couverture au 31 décembre", (*_coverage(years), *_brackets(report, years))),
        *_changes(report, years),
    ]
    return Document(title, tuple(sections))


def _published(years: Sequence[Year]) -> Section:
    """Show what is published of a territory without an inventory."""
    rows = [
        [str(year.year), _or_dash(year.count.published_cs), _or_dash(year.count.published_evs)]
        for year in years
        if (year.count.published_cs, year.count.published_evs) != (None, None)
    ]
    blocks: list[Block] = [table("", ["31 décembre", "#CS publiés", "#EVS publiés"], rows)]
    if not rows:
        blocks = [Paragraph("L'outil ne connaît aucun nombre publié pour ces années.")]
    return Section("Nombres publiés", tuple(blocks))


def _or_dash(value: int | None) -> str:
    return "—" if value is None else number(value)


def _basis(report: Report, years: Sequence[Year]) -> tuple[Block, ...]:
    """Say what the years rest on, and what they cannot show."""
    coverage = report.coverage
    rule = f"Règle : {coverage.rule.label} ; état au 31 décembre de chaque année."
    if coverage.inventory.include_unconfirmed:
        rule += " Structures à confirmer comptées."
    vintages = coverage.territory.vintages
    layers = " ; ".join(vintages[name] for name in ("communes", "population", "epci"))
    geography = (
        "Une seule géographie pour toutes les années : aucun changement ne vient de la population ni d'une "
        f"fusion de communes. {layers[0].upper()}{layers[1:]}."
    )
    cautions = [*report.warnings, *_missing_past(report), *_undated(years[-1])]
    return (Paragraph(rule), Paragraph(geography), *(Paragraph(text, True) for text in cautions))


def _missing_past(report: Report) -> list[str]:
    """Say that a list of what is open now lacks what was open before."""
    inventory = report.coverage.inventory
    if inventory.embedded and inventory.date:
        state = french_date(inventory.date)
        return [
            f"L'inventaire décrit l'état au {state} : une structure fermée avant cette date n'y est pas ; "
            "elle manque aux années où elle était ouverte."
        ]
    if any(structure.last_day for structure in inventory.structures):
        return []
    return [
        "La liste ne porte aucune fermeture (fermeture) ni fin d'agrément passée (agrement_fin) : une "
        "structure fermée et ôtée de la liste manque aux années où elle était ouverte."
    ]


def _undated(last: Year) -> list[str]:
    """Count the structures whose opening no year can show."""
    cs, evs = last.undated
    if not cs + evs:
        return []
    held = plural(
        cs + evs,
        "structure sans date de premier agrément est tenue pour ouverte",
        "structures sans date de premier agrément sont tenues pour ouvertes",
    )
    whose = plural(cs + evs, "son", "leur")
    found = (
        f"{number(cs + evs)} {held} chaque année ({number(cs)} CS, {number(evs)} EVS), dans le chiffre et "
        f"non dans le minorant des années où rien ne l'établit : {whose} ouverture ne se voit pas ici, ni ce "
        "qu'elle a changé."
    )
    inventory = last.coverage.inventory
    if any(s.opening is None and s.start for s in inventory.counted(last.coverage.on)):
        found += (
            " Le début d'un agrément en cours (agrement_debut) n'est pas une ouverture : il peut être celui "
            "d'un renouvellement. La date du premier agrément (premier_agrement), ou l'année de création "
            "(annee_creation), montrerait les ouvertures."
        )
    return [found]


def _counts(years: Sequence[Year]) -> tuple[Block, ...]:
    rows = [
        [
            str(year.year),
            number(year.count.cs),
            number(year.undated[0]),
            _or_dash(year.count.published_cs),
            number(year.count.evs),
            number(year.undated[1]),
            _or_dash(year.count.published_evs),
        ]
        for year in years
    ]
    headers = [
        "31 décembre",
        "#CS connus",
        "#sans 1er agrément",
        "#publiés",
        "#EVS connus",
        "#sans 1er agrément",
        "#publiés",
    ]
    note = (
        "Sans date de premier agrément : parmi les connus. Publiés : nombre imprimé pour l'année, « — » "
        "s'il n'y en a pas."
    )
    return (table("", headers, rows), Paragraph(note))


def _agreements(years: Sequence[Year]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    shown: list[Agreement] = []
    for label, held in (
        ("Animation collective famille (ACF)", [year.acf for year in years]),
        ("Prestation de service jeunes (PS jeunes)", [year.ps_jeunes for year in years]),
    ):
        rows = [
            [
                str(year.year),
                number(year.count.cs),
                number(one.yes),
                number(one.undated),
                number(one.no),
                number(one.unknown),
                _or_dash(one.published),
            ]
            for year, one in zip(years, held, strict=True)
        ]
        headers = [
            "31 décembre", "#CS connus", "#oui", "#sans date", "#non", "#non renseigné", "#publiés",
        ]  # fmt: skip
        blocks.append(table(label, headers, rows))
        shown += held
    if any(one.undated for one in shown):
        blocks.append(
            Paragraph(
                "Oui sans date (acf_debut, ps_jeunes_debut) : compté chaque année, faute de savoir depuis "
                "quand.",
                True,
            )
        )
    return tuple(blocks)


def _coverage(years: Sequence[Year]) -> list[Block]:
    """Return the figures year by year; with the complement, lines would not fit on a usual screen."""
    blocks: list[Block] = []
    for measure in ("communes", "habitants"):
        total = number(years[-1].figure(measure, "avs").denominator or 0)
        rows: list[list[Cell]] = [
            [
                str(year.year),
                *(FigureCell(year.figure(measure, status), with_total=False) for status in CAUSES),
            ]
            for year in years
        ]
        caption = f"{MEASURE_LABELS[measure]}, sur {total} : part (nombre) [fourchette]"
        blocks.append(table(caption, ["31 décembre", "#CS", "#EVS seul", "#CS ou EVS"], rows))
    note = "Sans aucune structure : le complément de « CS ou EVS », dans le CSV et le JSON avec les km²."
    return [*blocks, Paragraph(note)]


def _brackets(report: Report, years: Sequence[Year]) -> list[Block]:
    """Say what the brackets suppose, and what lies outside them each year."""
    reports = {year.year: Report(year.coverage) for year in years}
    outside: dict[str, list[str]] = {}
    for year, one in reports.items():
        if one.outside_bracket:
            outside.setdefault(one.outside_bracket, []).append(str(year))
    # Each way in which a bracket of the span is open is told by the first year that has it.
    meanings = dict.fromkeys(bracket_meaning(one) for one in reports.values() if not one.is_closed)
    blocks: list[Block] = [Paragraph(f"{text}.", True) for text in meanings or [bracket_meaning(report)]]
    blocks += [
        Paragraph(f"Hors fourchette en {enumeration(when)} : {text}.", True) for text, when in outside.items()
    ]
    return blocks


def _changes(report: Report, years: Sequence[Year]) -> list[Section]:
    """Return one section a year in which something changed, and a last one for the others."""
    sections = [
        Section(f"Ce qui a changé en {year.year}", _year(year)) for year in years if _has_changed(year)
    ]
    still = [str(year.year) for year in years if not _has_changed(year)]
    blocks: list[Block] = []
    if still:
        blocks.append(Paragraph(f"Aucun changement connu en {enumeration(still)}."))
    whole = (
        "Chaque changement est rapporté aux structures dont un lien certain apparaît ou disparaît ; les "
        "parts s'additionnent à la différence. Une structure compte pour l'année si elle est ouverte le "
        "31 décembre : un agrément qui finit ce jour-là est une fin de l'année suivante. Tout, avec "
        f"les codes des communes : {told_command(report, 'history', '--csv evolution.csv')}"
    )
    return [*sections, Section("Lecture", (*blocks, Paragraph(whole), Paragraph(CAVEAT, True)))]


def _has_changed(year: Year) -> bool:
    agreed = (*year.acf.gained, *year.acf.lost, *year.ps_jeunes.gained, *year.ps_jeunes.lost)
    return bool(year.opened or year.closed or year.ended or year.lapsed or year.changes or agreed)


def _year(year: Year) -> tuple[Block, ...]:
    blocks: list[Block] = []
    events = (
        (("Ouverture", "Ouvertures"), year.opened),
        (("Fermeture", "Fermetures"), year.closed),
        ((f"Fin d'agrément, {_NOT_KNOWN}", f"Fins d'agrément, {_NOT_KNOWN}"), year.ended),
        (
            (
                f"Fin d'agrément, {_NOT_KNOWN}, structure retenue",
                f"Fins d'agrément, {_NOT_KNOWN}, structures retenues",
            ),
            year.lapsed,
        ),
    )
    for words, found in events:
        if found:
            names = [f"{s.name} ({s.type}, {s.seat_name or 'siège inconnu'})" for s in found]
            more = f" ; et {number(len(names) - _OPENINGS)} de plus" if len(names) > _OPENINGS else ""
            count = f"{plural(len(found), *words)} ({number(len(found))})"
            blocks.append(Paragraph(f"{count} : {' ; '.join(names[:_OPENINGS])}{more}."))
    for label, one in (("ACF", year.acf), ("PS jeunes", year.ps_jeunes)):
        for sign, found in (("+", one.gained), ("-", one.lost)):
            if found:
                whose = enumeration([structure.name for structure in found], _OPENINGS)
                blocks.append(Paragraph(f"{label} : {sign}{counted(len(found), 'CS', 'CS')} ({whose})."))
    if not year.changes:
        blocks.append(Paragraph("Aucun changement connu de la couverture."))
    else:
        blocks += [Paragraph(text) for status in CAUSES if (text := _sum(year, status))]
        blocks.append(_parts(year))
    return tuple(blocks)


def _sum(year: Year, status: str) -> str:
    """Say by how much the figures of a status changed: the sum of its parts; empty where they did not."""
    parts = [change for change in year.changes if change.status == status]
    if not parts:
        return ""
    communes, people = (sum(int(c.amount(measure)) for c in parts) for measure in ("communes", "habitants"))
    nouns = plural(abs(communes), "commune couverte", "communes couvertes")
    inhabitants = plural(abs(people), "habitant", "habitants")
    return (
        f"{signed(communes)} {nouns} {STATUS_LABELS[status]} "
        f"({_from_to(year, 'communes', status, communes)}), "
        f"{signed(people)} {inhabitants} ({_from_to(year, 'habitants', status, people)})."
    )


def _from_to(year: Year, measure: str, status: str, change: int) -> str:
    now = int(year.figure(measure, status).numerator or 0)
    return f"de {number(now - change)} à {number(now)}" if change else f"{number(now)} comme avant"


def _parts(year: Year) -> Block:
    names = {code: row.nom for code, row in year.coverage.territory.rows.items()}
    structures = {s.id: s for s in year.coverage.inventory.structures}
    said = {s.id: " ouverture" for s in year.opened}
    said |= {s.id: " fermeture" for s in year.closed} | {s.id: " fin d'agrément" for s in year.ended}
    rows: list[list[Cell]] = []
    for status in CAUSES:
        parts = [change for change in year.changes if change.status == status]
        for change in parts[:_PARTS]:
            causes = [_cause(structures[id], said.get(id, "")) for id in change.structures]
            rows.append(_part(change, enumeration(causes, _CAUSES), _places(change, names)))
        if rest := parts[_PARTS:]:
            words = counted(len(rest), "autre part", "autres parts")
            rows.append(_part(_together(rest), words, "voir le CSV"))
    headers = ["Couverture", "#Communes", "#Habitants", "#km²", "Structures", "Communes concernées"]
    return table("Parts de ce changement", headers, rows)


def _cause(structure: Structure, said: str) -> str:
    return f"{structure.name} ({structure.type}{',' if said else ''}{said})"


def _together(changes: Sequence[Change]) -> Change:
    """Add changes up, so that those too many for a screen still count in its sums."""
    gained, lost = (tuple(code for c in changes for code in getattr(c, name)) for name in ("gained", "lost"))
    people, area = sum(c.inhabitants for c in changes), sum(c.area_km2 for c in changes)
    return Change(changes[0].status, (), gained, lost, (), people, round(area, 3))


def _part(change: Change, causes: str, places: str) -> list[Cell]:
    return [
        STATUS_LABELS[change.status],
        signed(change.communes),
        signed(change.inhabitants),
        signed(change.area_km2, 1),
        causes,
        places,
    ]


def _places(change: Change, names: dict[str, str]) -> str:
    said = []
    for words, codes in (
        (("gagnée", "gagnées"), change.gained),
        (("perdue", "perdues"), change.lost),
        (("en partie", "en partie"), change.in_part),
    ):
        if codes:
            communes = enumeration([names[code] for code in codes], _COMMUNES)
            said.append(f"{plural(len(codes), *words)} : {communes}")
    return " ; ".join(said)
