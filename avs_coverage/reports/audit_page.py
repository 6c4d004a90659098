"""The page of an audit: what cannot hold together, then the verdict on each figure, and why."""

from __future__ import annotations

from collections.abc import Mapping

from avs_coverage.arithmetic import COHERENT, INCOHERENT, NOTHING_TO_CHECK
from avs_coverage.audit import AgainstPopulation, Audit, AuditRow, SharedPopulation
from avs_coverage.audit_bounds import EXCLUDED, POSSIBLE, SeatBound
from avs_coverage.audit_communes import NamedCommune, UnnamedCommune
from avs_coverage.flows import StockAndFlow
from avs_coverage.messages import (
    CAVEAT,
    COMMUNE_STATUS_LABELS,
    counted,
    enumeration,
    french_date,
    number,
    percent,
    plural,
)
from avs_coverage.official_figures import COMPATIBLE, INCOMPATIBLE, REPRODUCED, UNVERIFIABLE
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.qpv import official_qpv
from avs_coverage.readings import EITHER
from avs_coverage.report import Report
from avs_coverage.reports.audit_conflicts import between, conflict_blocks, is_empty
from avs_coverage.reports.document import Block, Cell, Document, Paragraph, Section, table
from avs_coverage.reports.inventory_section import hypothesis, user_layers
from avs_coverage.reports.told_commands import told_command

_NAMES = 8
_VERDICTS = {
    COHERENT: "cohérent",
    INCOHERENT: "incohérent",
    NOTHING_TO_CHECK: "sans objet",
    REPRODUCED: "reproduit",
    COMPATIBLE: "compatible",
    INCOMPATIBLE: "incompatible",
    UNVERIFIABLE: "non vérifiable",
}


def audit_document(report: Report, audit: Audit) -> Document:
    """Return the whole page."""
    sections = (
        Section("", (*_answer(report, audit), *user_layers(report))),
        Section("Ce qui ne peut pas tenir ensemble", conflict_blocks(audit)),
        Section("Verdict de chaque chiffre", _verdicts(report, audit)),
        Section("Stocks et flux, d'une année à l'autre", _flows(audit)),
        Section("Communes nommées par un schéma", (*_communes(report, audit), *_unnamed(report, audit))),
        Section("Chiffres d'habitants, face à la population", _populations(audit)),
        Section("Méthode, sources et précautions", _method(audit)),
    )
    title = f"Audit des chiffres publiés — {report.label}"
    return Document(title, tuple(section for section in sections if section.blocks))


def _answer(report: Report, audit: Audit) -> list[Block]:
    blocks: list[Block] = []
    if audit.rows:
        many = (
            _how_many(audit, REPRODUCED, "reproduit", "reproduits"),
            _how_many(audit, COMPATIBLE, "compatible", "compatibles"),
            _how_many(audit, INCOMPATIBLE, "incompatible", "incompatibles"),
            _how_many(audit, UNVERIFIABLE, "non vérifiable", "non vérifiables"),
        )
        incoherent = audit.count(INCOHERENT)
        words = ("ne peut pas tenir", "ne peuvent pas tenir")
        held = f"{number(incoherent)} {plural(incoherent, *words)} avec les autres ou avec un total officiel"
        if not incoherent:
            held = "aucun n'est contredit par les autres"
            if not audit.count(INCOMPATIBLE):
                held += " ni par un total officiel"
        text = (
            f"Sur {counted(len(audit.rows), 'chiffre publié', 'chiffres publiés')} : "
            f"{held}. Face à l'inventaire et aux listes officielles : {', '.join(many)}."
        )
        blocks.append(Paragraph(text, audit.fails))
    if not any(_is_of_coverage(row.figure) for row in audit.rows):
        blocks += _nothing_published(report, audit)
    if report.has_inventory:
        blocks.append(
            Paragraph(f"Inventaire : {report.coverage.inventory.title}, état au {french_date(audit.state)}.")
        )
    return blocks


def _how_many(audit: Audit, verdict: str, singular: str, several: str) -> str:
    count = audit.count(verdict)
    return counted(count, singular, several) if count else f"aucun {singular}"


def _is_of_coverage(figure: PublishedFigure) -> bool:
    return bool(INDICATORS[figure.code].rule) or figure.code == "hab_avs"


def _nothing_published(report: Report, audit: Audit) -> list[Block]:
    """Say what is known where no figure of coverage is, and how to give some."""
    territory = report.coverage.territory
    quarters = official_qpv(territory, report.coverage.on)
    what = "Aucun chiffre de couverture" if audit.rows else "Aucun chiffre"
    known = (
        f"{what} n'est publié pour le territoire {territory.label} dans les documents lus. "
        "Ce qui est connu : "
        f"{counted(len(territory.communes), 'commune', 'communes')}, "
        f"{number(int(territory.communes['population'].sum()))} habitants "
        f"({territory.vintages['population']}), {counted(len(quarters), 'QPV officiel', 'QPV officiels')} "
        f"au {french_date(report.coverage.on)}."
    )
    how = (
        "Pour vérifier les chiffres d'un schéma, écrivez-les dans un tableau (colonnes indicateur, valeur, "
        "annee ; codes dans docs/formats.md) : "
        f"{told_command(report, 'audit', '--figures chiffres.csv')}"
    )
    return [Paragraph(known), Paragraph(how)]


def _verdicts(report: Report, audit: Audit) -> tuple[Block, ...]:
    if not audit.rows:
        return ()
    headers = [
        "Indicateur",
        "Année",
        "#Publié",
        "#Calculé",
        "#Fourchette",
        "Arithmétique",
        "Inventaire",
        "Pourquoi",
    ]
    rows = table("", headers, [_verdict_row(row) for row in audit.rows])
    return (rows, *hypothesis(report)) if any(row.is_open for row in audit.rows) else (rows,)


def _verdict_row(row: AuditRow) -> list[Cell]:
    figure, measured = row.figure, row.finding.measured
    computed = bracket = "—"
    if measured:
        of = "" if measured.total is None else f" sur {number(measured.total)}"
        share = "" if not measured.total else f"{percent(measured.value / measured.total)} "
        computed = f"{share}({number(measured.value)}{of})" if share else number(measured.value)
        if row.is_at_least:
            computed = f"au moins {number(measured.lower)}{of}"
        top = "?" if measured.upper is None else number(measured.upper)
        same = measured.lower == measured.upper
        bracket = f"{top if same else f'{number(measured.lower)} à {top}'}{of}"
    why = [row.finding.reason]
    if row.readings and is_empty(row.readings[EITHER]):
        why.append(figure.says_no_count(row.total or 0))
    elif row.readings:
        why.append(f"se lit {between(row.readings[EITHER])} sur {number(row.total or 0)}")
    elif INDICATORS[figure.code].per and figure.year:
        why.append(f"total de {figure.year} non connu de l'outil")
    if figure.note and not row.readings:
        why.append(f"remarque : {figure.note}")
    return [
        figure.label,
        str(figure.year) if figure.year else figure.year_note or "non imprimée",
        figure.as_printed,
        computed,
        bracket,
        _VERDICTS[row.arithmetic],
        _VERDICTS[row.finding.verdict],
        " ; ".join(dict.fromkeys(why)),
    ]


def _communes(report: Report, audit: Audit) -> tuple[Block, ...]:
    if not audit.communes:
        return ()
    structures = {s.id: s.name for s in report.coverage.inventory.structures}
    rows = [_commune_row(commune, structures) for commune in audit.communes]
    headers = ["Commune", "Année", "Publié", "Certain", "Hypothèse haute", "Structures", "Inventaire"]
    blocks: list[Block] = [table("", headers, rows)]
    if same := [commune.printed.name for commune in audit.communes if commune.same_source]:
        text = (
            f"Même source : pour {enumeration(same)}, l'inventaire tient la structure du même schéma ; "
            "l'accord ne prouve rien d'indépendant."
        )
        blocks.append(Paragraph(text, True))
    return tuple(blocks)


def _unnamed(report: Report, audit: Audit) -> list[Block]:
    """Say which communes a list given as whole leaves out, then of each what would explain it."""
    names = {s.id: s.name for s in report.coverage.inventory.structures}
    blocks: list[Block] = []
    for year in dict.fromkeys(one.year for one in audit.unnamed):
        found = [one for one in audit.unnamed if one.year == year]
        words = ("autre commune que l'inventaire tient", "autres communes que l'inventaire tient")
        text = (
            f"En {year}, le schéma nomme {number(found[0].listed)} communes couvertes uniquement par un EVS, "
            "et en compte autant : la liste est donc entière. Elle ne nomme pas "
            f"{counted(len(found), *words)} pour {plural(len(found), 'telle', 'telles')} :"
        )
        blocks += [Paragraph(text, True), *(Paragraph(_left_out(one, names), True) for one in found)]
    return blocks


def _left_out(one: UnnamedCommune, names: Mapping[str, str]) -> str:
    """Say of a commune which CS would explain that a whole list does not name it, and the verdict."""
    found = []
    if one.possible:
        many = plural(len(one.possible), "un CS", "des CS")
        known = enumeration([names[id] for id in one.possible], _NAMES)
        found.append(f"{many} dont la zone n'est pas connue ({known})")
    if one.lacks:
        found.append(f"un CS que l'inventaire n'a pas ({one.lacks})")
    why = f"peut-être aussi par {' ou par '.join(found)}"
    if not found:
        why = "rien dans l'inventaire ne l'explique" if one.is_firm else "mais ce n'est pas établi"
    served = enumeration([names[id] for id in one.structures])
    return f"{one.name} ({one.code}), desservie par {served} ; {why}. Verdict : {_VERDICTS[one.verdict]}."


def _flows(audit: Audit) -> tuple[Block, ...]:
    """Say of each stock and flow whether it adds up, and how many closures it supposes."""
    return tuple(Paragraph(_flow(one), one.closed < 0) for one in audit.flows)


def _flow(one: StockAndFlow) -> str:
    before, new, after = (number(f.value) for f in (one.before, one.new, one.after))
    total = number(one.before.value + one.new.value)
    head = f"{one.after.label} : {before} ({one.before.year}) + {new} = {total}"
    if one.closed < 0:
        return f"{head}, et {after} sont publiés pour {one.after.year} : ne tient pas."
    if one.closed:
        closures = counted(one.closed, "sortie, qui n'est pas dite", "sorties, qui ne sont pas dites")
        return f"{head} ; {after} publiés pour {one.after.year} : il y aurait {closures}."
    return f"{head}, le nombre publié pour {one.after.year} : tient, sans aucune sortie."


def _bound(one: SeatBound) -> str:
    """Say that a figure cannot be one of communes of seats, or hardly."""
    share = percent(one.inhabitants / one.population)
    head = (
        f"{counted(one.structures, 'structure siège', 'structures siègent')} dans "
        f"{counted(one.structures, 'commune', 'communes')} au plus, et les plus peuplées ont {share} des "
        f"habitants ({one.vintage})"
    )
    what = f"« {one.figure.label} » {one.figure.as_printed} ({_year(one.figure)})"
    if one.verdict == EXCLUDED:
        return f"{head} : {what} ne peut pas être la part des communes de siège. Exclu."
    return (
        f"{head} : que {what} soit la part des communes de siège est très improbable. Ce serait une preuve "
        "avec les populations de l'année du chiffre."
    )


def _commune_row(commune: NamedCommune, structures: dict[str, str]) -> list[Cell]:
    printed = commune.printed
    verdict = _VERDICTS[commune.verdict] + (" (même source)" if commune.same_source else "")
    return [
        f"{printed.name} ({printed.code})",
        str(printed.year),
        COMMUNE_STATUS_LABELS[printed.printed],
        COMMUNE_STATUS_LABELS[printed.status],
        COMMUNE_STATUS_LABELS[printed.status_upper],
        " ; ".join(structures[one] for one in printed.structures) or "aucune",
        verdict,
    ]


def _populations(audit: Audit) -> tuple[Block, ...]:
    blocks: list[Block] = [Paragraph(_against(one)) for one in audit.populations]
    if blocks:
        text = "Cette population n'est celle de l'année d'un chiffre que si le millésime est le même."
        blocks.append(Paragraph(text))
    blocks += [Paragraph(_shared(one), True) for one in audit.shared]
    blocks += [Paragraph(_bound(one), True) for one in audit.bounds if one.verdict != POSSIBLE]
    return tuple(blocks)


def _year(figure: PublishedFigure) -> str:
    return f"en {figure.year}" if figure.year else figure.year_note or "année non imprimée"


def _either(figure: PublishedFigure) -> str:
    """Say that a percentage may be rounded or truncated, where nothing printed says about how much it is."""
    return ", arrondi ou tronqué" if figure.qualifier_code == "egal" else ""


def _against(one: AgainstPopulation) -> str:
    figure = one.figure
    head = f"« {figure.label} » {figure.as_printed} ({_year(figure)})"
    population = f"{number(one.population)} habitants ({one.vintage})"
    if one.inhabitants:
        low, nearest, high = map(number, one.inhabitants)
        return f"{head} : de {population}, ce serait {nearest} habitants ({low} à {high}{_either(figure)})."
    return f"{head} : {percent(one.share)} de {population}."


def _shared(one: SharedPopulation) -> str:
    low, nearest, high = map(number, one.population)
    doubts = "n'ont peut-être pas la même définition"
    if one.percentage.year != one.count.year:
        doubts = "ne sont pas de la même année, ni peut-être de la même définition"
    before, after = one.structures
    if before is not None and after is not None:
        doubts += f" ({number(before)} structures publiées avec le premier, {number(after)} avec le second)"
    return (
        f"Pour que {one.count.as_printed} soient {one.percentage.as_printed} de la population, il faudrait "
        f"{nearest} habitants ({low} à {high}{_either(one.percentage)}). Les deux "
        f"chiffres {doubts} : l'écart n'est pas une erreur prouvée."
    )


def _method(audit: Audit) -> tuple[Block, ...]:
    blocks = [
        Paragraph(
            "Arithmétique : existe-t-il des nombres entiers qui, arrondis ou tronqués, donnent tous les "
            "chiffres d'une même année ? Un chiffre sans objet n'est lié à aucun autre. « Près de » : au "
            "plus une unité du dernier chiffre significatif en dessous (d'une fraction en toutes lettres, "
            "comme « la moitié », au plus 5 points) ; « environ » : de part et d'autre ; "
            "« moins de » et « plus de » : strictement. C'est la lecture de l'outil."
        ),
        Paragraph(
            "Inventaire : chaque chiffre est calculé au 31 décembre de son année, par la règle de sa "
            "définition (zone d'intervention déclarée, ou commune du siège), zones tenues pour inchangées "
            "depuis. Reproduit : même chiffre, inventaire complet ou liste officielle. Compatible : dans la "
            "fourchette. Incompatible : rien d'inconnu ne peut l'expliquer. Non vérifiable : ce qui manque "
            "est dit."
        ),
    ]  # fmt: skip
    sources = dict.fromkeys(row.figure.source for row in audit.rows)
    if sources:
        blocks.append(Paragraph("Sources des chiffres publiés : " + " ; ".join(sources) + "."))
    own = [f"{row.figure.given_in} ({row.figure.label})" for row in audit.rows if row.figure.given_in]
    if own:
        blocks.append(Paragraph(f"Chiffres que vous donnez : {' ; '.join(own)}."))
    blocks.append(Paragraph(CAVEAT, True))
    return tuple(blocks)
