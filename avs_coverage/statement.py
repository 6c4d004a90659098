"""The état des lieux of a territory in plain sentences, each number traced to its row.

A sentence says no more than the data allow: a number that nothing can move is told as it is; one
between bounds, with both; one that structures not yet identified may raise, as a minimum, and one
that they may move either way, not at all. What could not be written is named at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from avs_coverage.facts import Facts, Sentence, together, write
from avs_coverage.messages import enumeration, french_date, plural
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
    passages += [
        Passage("Les EPCI", tuple(epci(report, facts))),
        Passage("Les zones blanches", tuple(zones_and_unclear(report, facts))),
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
        known = facts.known("synthese", "numerateur", where)
        published = facts.cell("synthese", "denominateur", where)
        parts.append(write("{n:" + _TYPES[row.type.lower()] + "}", n=known))
        if published is not None:
            parts[-1] = together([parts[-1], write("sur {n:publié|publiés}", n=published)])
            sources.append(row.source)
    source = f" (nombres publiés : {enumeration(list(dict.fromkeys(sources)))})" if sources else ""
    opening = Sentence(f"L'inventaire connaît, au {french_date(report.coverage.on)}, ")
    yield together([opening, together(parts, " et "), Sentence(f"{source}.")], "")
    yield from (found for status in _AGREEMENTS if (found := _agreement(facts, status)))
    yield from _evolution(facts)


def _agreement(facts: Facts, status: str) -> Sentence | None:
    """Say how many of the CS identified have an agreement; nothing where it is known of none."""
    where = {"mesure": "structures", "statut": status}
    total, low, high = (
        facts.known("synthese", end, where) for end in ("denominateur", "minorant", "majorant")
    )
    if not total.value or low.value == 0 < high.value:
        return None
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
    if not report.coverage.known.all():
        known = enumeration(sorted(report.coverage.inventory.departements), 6)
        yield Sentence(f"Les chiffres portent sur les seuls départements inventoriés ({known}).")
    opening = f"Au {french_date(report.coverage.on)}, "
    for status, words in _COVERED_BY.items():
        found = [_clause(report, facts, measure, status) for measure in _NOUNS]
        clauses = [clause for clause in found if clause is not None]
        if clauses:
            told = together([together(clauses, " et "), Sentence(words)])
            told = together([Sentence(opening), told, _retained(report, facts, status, clauses)], "")
            yield Sentence(told.text[0].upper() + told.text[1:], told.facts)
            opening = ""
    yield from _several(report, facts)


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
    of_total = write("sur {n}", n=facts.known("synthese", "denominateur", where))
    if report.outside_bracket and status == "evs_seul":
        return None
    if report.outside_bracket:
        words, end, share = (
            ("au moins", low, low_share) if status != "aucune" else ("au plus", high, high_share)
        )
        if not low.value and status != "aucune":
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
    """Quote the published figures of the year, by source, as printed."""
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
            told = write("{label} : {n}", label=figure.label, n=as_printed)
            by_source.setdefault(figure.source, []).append(told)
    for source, parts in by_source.items():
        yield Sentence(f"Publié en {report.coverage.on.year} ({source}) :")
        yield from (part._replace(item=True) for part in parts)
    failing = facts.count("audit", {"arithmetique": "incoherent"})
    if failing.value:
        yield write(
            "Parmi les chiffres publiés, tels qu'ils sont imprimés, {n:ne tient pas|ne tiennent pas} avec "
            "les autres : la table « Chiffres publiés » dit lesquels.",
            n=failing,
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
    for status, words in _AGREEMENTS.items():
        if _agreement(facts, status) is None:
            yield Sentence(f"Le nombre de centres sociaux qui ont {words} : il n'est renseigné pour aucun.")
    summary = report.qpv_summary
    if summary.quarters and summary.total is None:
        yield Sentence(
            "Les habitants des quartiers prioritaires : leur population n'est pas connue pour tous."
        )
