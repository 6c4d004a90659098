"""The état des lieux of a territory in plain sentences, each number traced to its row.

A sentence says no more than the data allow: a number that nothing can move is told as it is; one
between bounds, with both; one that structures not yet identified may raise, as a minimum, and one
that they may move either way, not at all. What could not be written is named at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from avs_coverage.facts import Fact, Facts, Sentence, together, write
from avs_coverage.messages import enumeration, french_date, plural
from avs_coverage.published_indicators import INDICATORS, other_definition
from avs_coverage.reports.told_commands import told_command
from avs_coverage.statement_places import epci, quarters, zones_and_unclear

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.tables import TableView

_TYPES = {"cs": "centre social|centres sociaux", "evs": "espace de vie sociale|espaces de vie sociale"}
_AGREEMENTS = {
    "cs_acf": "l'agrément animation collective familles (ACF)",
    "cs_ps_jeunes": "un projet PS jeunes",
}
_NOUNS = {"communes": "commune|communes", "habitants": "habitant|habitants"}
_COVERED_BY = {
    "avs": "sont couverts par un centre social ou un espace de vie sociale",
    "cs": "sont couverts par un centre social",
    "evs_seul": "sont couverts par un espace de vie sociale seul",
    "aucune": "ne sont couverts par aucune structure",
}


class Passage(NamedTuple):
    """A heading and its sentences."""

    title: str
    sentences: tuple[Sentence, ...]


def statement(report: Report, views: Sequence[TableView]) -> tuple[Passage, ...]:
    """Return the état des lieux, from the tables of the report (``tables_of``).

    A passage that the data do not allow is left out; the last one names what could not be written.
    """
    facts = Facts(views)
    passages = [
        Passage("Le territoire", tuple(_territory(report, facts))),
        Passage("Les structures", tuple(_structures(report, facts))),
    ]
    for one in (report, *report.beside):
        passages.append(Passage(f"La couverture : {one.coverage.rule.label}", tuple(_coverage(one, facts))))
    by_rule = f" : {report.coverage.rule.label}" if report.beside else ""
    passages += [
        Passage(f"Les EPCI{by_rule}", tuple(epci(report, facts))),
        Passage(f"Les zones blanches{by_rule}", tuple(zones_and_unclear(report, facts))),
        Passage("Les quartiers prioritaires", tuple(quarters(report, facts))),
        Passage("Les chiffres publiés", tuple(_published(report, facts))),
        Passage("Ce que les données ne permettent pas d'écrire", tuple(_unwritten(report, facts))),
    ]
    return tuple(passage for passage in passages if passage.sentences)


def _territory(report: Report, facts: Facts) -> Iterator[Sentence]:
    territory = report.coverage.territory
    communes, people = facts.count("communes"), facts.sum("communes", "population")
    told = write(
        "Le territoire étudié, {label}, compte {n:commune|communes}", label=territory.label, n=communes
    )
    if people is not None:
        told = together([told, write("{n:habitant|habitants}", n=people)], " et ")
    yield together([told, Sentence(".")], "")
    groups = facts.distinct("communes", "epci")
    if territory.name.kind != "epci" and groups.value:
        yield write("Ses communes appartiennent à {n} EPCI à fiscalité propre.", n=groups)


def _structures(report: Report, facts: Facts) -> Iterator[Sentence]:
    if not report.has_inventory:
        return
    parts, sources = [], []
    for row in report.completeness:
        where = {"mesure": "structures", "statut": row.type.lower()}
        published = facts.cell("synthese", "denominateur", where)
        parts.append(_number(facts.known("synthese", "numerateur", where), _TYPES[row.type.lower()], "aucun"))
        if published is not None:
            parts[-1] = together([parts[-1], write("sur {n:publié|publiés}", n=published)])
            sources.append(row.source)
    source = f" (nombres publiés : {enumeration(list(dict.fromkeys(sources)))})" if sources else ""
    opening = Sentence(f"L'inventaire connaît, au {french_date(report.coverage.on)}, ")
    yield together([opening, together(parts, " et "), Sentence(f"{source}.")], "")
    yield from _doubtful(report, facts)
    yield from (found for status in _AGREEMENTS if (found := _agreement(facts, status)))
    yield from _evolution(facts)


def _number(fact: Fact, nouns: str, none: str) -> Sentence:
    """Write a number with its noun; zero is a word."""
    if fact.value:
        return write("{n:" + nouns + "}", n=fact)
    return Sentence(f"{none} {nouns.split('|', maxsplit=1)[0]}", (fact,))


def _doubtful(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say how many structures are open for sure, and which are to be confirmed, counted or not."""
    unconfirmed = []
    for row in report.completeness:
        kind = row.type.lower()
        where, nouns = {"mesure": "structures", "statut": kind}, _TYPES[kind]
        known, sure = (facts.known("synthese", name, where) for name in ("numerateur", "minorant"))
        if sure.value < known.value:
            certain = _number(sure, nouns, "aucun")
            told = together([Sentence("Agréés à cette date de façon certaine :"), certain])
            yield together([told, Sentence(" ; des autres, la liste ne l'établit pas.")], "")
        where = {"mesure": "structures", "statut": f"{kind}_a_confirmer"}
        fact = facts.known("synthese", "numerateur", where)
        unconfirmed += [_number(fact, nouns, "aucun")] if fact.value else []
    if unconfirmed:
        counts = report.coverage.inventory.include_unconfirmed
        words = "à confirmer, non comptés."
        if counts:
            words = "à confirmer : les chiffres qui suivent les comptent, et reposent sur eux."
        yield together([Sentence("S'y ajoutent"), together(unconfirmed, " et "), Sentence(words)])


def _agreement(facts: Facts, status: str) -> Sentence | None:
    """Say how many of the CS identified have an agreement; nothing where it is known of none."""
    where = {"mesure": "structures", "statut": status}
    total, low, high = (
        facts.known("synthese", end, where) for end in ("denominateur", "minorant", "majorant")
    )
    if not total.value or low.value == 0 < high.value:
        return None
    if not high.value:
        whole = write("Sur {n:centre social identifié|centres sociaux identifiés}", n=total)
        return Sentence(f"{whole.text}, aucun n'a {_AGREEMENTS[status]}.", (*whole.facts, high))
    told = write(
        "Sur {total:centre social identifié|centres sociaux identifiés}, {words}{low} {verb} {what}",
        total=total, low=low, words="" if low.value == high.value else "au moins ",
        verb=plural(low.value, "a", "ont"), what=_AGREEMENTS[status],
    )  # fmt: skip
    if low.value == high.value:
        return together([told, Sentence(".")], "")
    return together([told, write(" ; au plus {n}, car ce n'est pas renseigné pour tous.", n=high)], "")


def _evolution(facts: Facts) -> Iterator[Sentence]:
    """Compare the first and the last year for which a number is published."""
    years = sorted({row["annee"] for row in facts.rows("evolution", {})})
    for kind, nouns in _TYPES.items():
        where = {"ligne": "structures", "mesure": f"nb_{kind}_publie"}
        cells = {year: facts.cell("evolution", "valeur", {**where, "annee": year}) for year in years}
        told = [(year, cell) for year, cell in cells.items() if cell is not None]
        if len(told) < 2:  # noqa: PLR2004 - a change takes two years
            continue
        (first, before), (last, after) = told[0], told[-1]
        noun = nouns.split("|")[1]
        words = {
            "first": str(first),
            "last": str(last),
            "of": f"d'{noun}" if noun[0] == "e" else f"de {noun}",
        }
        if before.value == after.value:
            template = "Le nombre publié {of} est le même fin {first} et fin {last} : {before}."
        else:
            template = "Le nombre publié {of} passe de {before} fin {first} à {after} fin {last}."
        yield write(template, before=before, after=after, **words)


def _coverage(report: Report, facts: Facts) -> Iterator[Sentence]:
    if not report.has_inventory:
        return
    coverage = report.coverage
    if not coverage.known.all():
        words = plural(len(coverage.inventory.departements), "le seul département inventorié", "les seuls "
                       "départements inventoriés")  # fmt: skip
        known = enumeration(sorted(coverage.inventory.departements), 6)
        yield Sentence(f"Les chiffres portent sur {words} ({known}).")
    opening = f"Au {french_date(coverage.on)}, "
    if coverage.inventory.date and coverage.on > coverage.inventory.date:
        opening += f"d'après un inventaire arrêté au {french_date(coverage.inventory.date)}, "
    for status, words in _COVERED_BY.items():
        told = _none_covered(report, facts, status) or _covered(report, facts, status, words)
        if told is not None:
            told = together([Sentence(opening), told], "")
            yield Sentence(told.text[0].upper() + told.text[1:], told.facts)
            opening = ""
    yield from _several(report, facts)


def _covered(report: Report, facts: Facts, status: str, words: str) -> Sentence | None:
    """Say how many communes and inhabitants have a status; None where nothing may be said."""
    found = [_clause(report, facts, measure, status) for measure in _NOUNS]
    clauses = [clause for clause in found if clause is not None]
    if not clauses:
        return None
    told = together([together(clauses, " et "), Sentence(words)])
    return together([told, _retained(report, facts, status, clauses)], "")


def _none_covered(report: Report, facts: Facts, status: str) -> Sentence | None:
    """Say that no commune has a status, where nothing can make it otherwise."""
    where = _where(report, "communes", status)
    high = facts.cell("synthese", "majorant", where)
    if report.outside_bracket or status == "aucune" or high is None or high.value:
        return None
    people = facts.cell("synthese", "majorant", _where(report, "habitants", status))
    if people is None or people.value:
        return None
    total = facts.known("synthese", "denominateur", where)
    by = _COVERED_BY[status].removeprefix("sont couverts ")
    whole = write("aucune commune sur {n} n'est couverte {by}", n=total, by=by)
    return Sentence(f"{whole.text}.", (*whole.facts, high))


def _where(report: Report, measure: str, status: str) -> dict[str, Any]:
    """Return what singles out a figure of the summary."""
    rule = report.coverage.rule
    where: dict[str, Any] = {"mesure": measure, "statut": status, "regle": rule.name}
    return {**where, "parametres": dict(rule.parameters)} if rule.parameters else where


def _retained(report: Report, facts: Facts, status: str, clauses: Sequence[Sentence]) -> Sentence:
    """End a sentence with the figures that other outputs show first, where they are not those just told."""
    told = {fact.value for clause in clauses for fact in clause.facts}
    communes, people = (facts.cell("synthese", "numerateur", _where(report, m, status)) for m in _NOUNS)
    if communes is None or people is None or {communes.value, people.value} <= told:
        return Sentence(".")
    return write(
        " ; {communes:commune|communes} et {people:habitant|habitants} en comptant ce qui est retenu sans "
        "être établi.",
        communes=communes, people=people,
    )  # fmt: skip


def _clause(report: Report, facts: Facts, measure: str, status: str) -> Sentence | None:
    """Return one number of communes or inhabitants as it may be quoted; None where it may not.

    Structures that nothing locates may still cover more: what is covered then has no majorant, what
    nothing covers no minorant, and what an EVS alone covers neither.
    """
    where, nouns = _where(report, measure, status), _NOUNS[measure]
    ends = ("minorant", "majorant")
    low, high = (facts.cell("synthese", end, where) for end in ends)
    low_share, high_share = (facts.share("synthese", end, "denominateur", where) for end in ends)
    if low is None or high is None or low_share is None or high_share is None:
        return None
    total = facts.known("synthese", "denominateur", where)
    of_total = write("sur {n}", n=total)
    if report.outside_bracket and status == "evs_seul":
        return None
    if report.outside_bracket:
        words, end, share, empty = "au moins", low, low_share, 0.0
        if status == "aucune":
            words, end, share, empty = "au plus", high, high_share, total.value
        if end.value == empty:  # at least none, at most all: it would say nothing
            return None
        return together([write(words + " {n:" + nouns + "}", n=end), of_total, write("({s})", s=share)])
    if low.value == high.value:
        return together([write("{n:" + nouns + "}", n=low), of_total, write("({s})", s=low_share)])
    bounds = write("de {low} à {high:" + nouns + "}", low=low, high=high)
    return together([bounds, of_total, write("({a} à {b})", a=low_share, b=high_share)])


def _several(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say where structures overlap, where nothing can move the number; of the first rule only."""
    where = _where(report, "communes", "multiple")
    low, high = (facts.cell("synthese", end, where) for end in ("minorant", "majorant"))
    share = facts.cell("synthese", "part", where)
    if low is None or high is None or share is None or report.outside_bracket or low.value != high.value:
        return
    if low.value:
        verb = plural(low.value, "l'est", "le sont")
        yield write(
            "{n:commune|communes} ({s}) {verb} par deux structures ou plus.", n=low, s=share, verb=verb
        )


def _published(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Quote the published figures of the year, by source, as printed, and say of which no rule is here."""
    asked = {one.coverage.rule.name for one in (report, *report.beside)}
    by_source: dict[str, list[Sentence]] = {}
    for row in report.comparisons:
        figure = row.figure
        if figure.year != report.coverage.on.year:
            continue
        where = {
            "indicateur": figure.code, "annee": figure.year, "libelle": figure.label, "donne_par": "outil"
        }  # fmt: skip
        cell = facts.cell("audit", "valeur_publiee", where)
        if cell is not None:
            as_printed = cell._replace(text=figure.as_printed)
            rule = INDICATORS[figure.code].rule
            aside = f" ({other_definition(rule)})" if rule and rule not in asked else ""
            told = write("{label} : {n}{aside}", label=figure.label, n=as_printed, aside=aside)
            by_source.setdefault(figure.source, []).append(told)
    for source, parts in by_source.items():
        yield Sentence(f"Publié en {report.coverage.on.year} ({source}) :")
        yield from (part._replace(item=True) for part in parts)
    failing = facts.count("audit", {"arithmetique": "incoherent"})
    if failing.value:
        yield write(
            "Parmi les chiffres publiés, tels qu'ils sont imprimés, {n:ne tient pas|ne tiennent pas} avec "
            "les autres. Lesquels, et pourquoi : {command}.",
            n=failing,
            command=told_command(report, "audit"),
        )


def _unwritten(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Name what the data do not allow, and what would allow it."""
    if not report.has_inventory:
        name = report.coverage.territory.name.typed
        yield Sentence(
            "La couverture : aucune structure n'est connue de l'outil pour ce territoire. Avec votre liste : "
            f"avs-coverage export {name} --structures structures.csv"
        )
        return
    if report.outside_bracket:
        yield Sentence(
            "Le nombre exact de communes et d'habitants couverts, et ceux que seul un EVS couvre : "
            f"{report.outside_bracket}. À lever en les ajoutant à la liste, avec leur siège."
        )
    elif not report.is_closed:
        yield Sentence(
            "Un seul chiffre là où deux bornes sont données : la liste ne dit pas de chaque structure le "
            "siège, la zone d'intervention ou la date (avs-coverage structures les montre)."
        )
    if (
        any(row.unconfirmed for row in report.completeness)
        and not report.coverage.inventory.include_unconfirmed
    ):
        yield Sentence("Ce que couvriraient les structures à confirmer : --include-unconfirmed les compte.")
    cs = report.completeness[0].identified
    for status, words in _AGREEMENTS.items():
        if cs and _agreement(facts, status) is None:
            yield Sentence(f"Le nombre de centres sociaux qui ont {words} : rien ne l'établit à cette date.")
    summary = report.qpv_summary
    if summary.quarters and summary.total is None:
        yield Sentence(
            "Les habitants des quartiers prioritaires : leur population n'est pas connue pour tous."
        )
