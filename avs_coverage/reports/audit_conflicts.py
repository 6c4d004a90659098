"""The part of an audit's page on what cannot hold together."""

from __future__ import annotations

from avs_coverage.arithmetic import Conflict, Implied
from avs_coverage.audit import Audit
from avs_coverage.messages import enumeration, number, plural
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.readings import EITHER, ROUNDED, TRUNCATED, Whole
from avs_coverage.reports.document import Block, Paragraph

Figures = tuple[PublishedFigure, ...]
Sets = list[tuple[Figures, Implied]]


def conflict_blocks(audit: Audit) -> tuple[Block, ...]:
    """Return one item for each set that cannot hold, with its alternatives."""
    blocks: list[Block] = []
    items = [(conflict, sets) for conflict in audit.conflicts for sets in _apart(conflict)]
    for rank, (conflict, sets) in enumerate(items, 1):
        blocks += _conflict(rank, conflict, sets, audit)
    if blocks:
        blocks.append(
            Paragraph("Rien ne dit lequel des chiffres d'un ensemble est à corriger, ou à définir mieux.")
        )
    return tuple(blocks)


def _apart(conflict: Conflict) -> list[Sets]:
    """Sort the sets of a conflict: those that share a figure with the first, then so on with what is left."""
    left = list(zip(conflict.sets, conflict.implied, strict=True))
    found: list[Sets] = []
    while left:
        first = left[0][0]
        alone = len(first) == 1
        found.append([one for one in left if alone or not set(first).isdisjoint(one[0])])
        left = [one for one in left if one not in found[-1]]
    return found


def _conflict(rank: int, conflict: Conflict, sets: Sets, audit: Audit) -> list[Block]:
    admitted = enumeration([premise.text for premise in conflict.premises])
    first, *others = sets
    many = len(first[0])
    if many == 1:
        alone = [figures[0] for figures, _ in sets]
        words = ("un chiffre ne tient pas", f"{number(len(alone))} chiffres ne tiennent pas, chacun,")
        names = " ; ".join(_named(figure, conflict.year) for figure in alone)
        head = f"{rank}. En {conflict.year}, {plural(len(alone), *words)} face à {admitted} : {names}."
    else:
        size = "le plus petit ensemble" if conflict.shortest else "un ensemble irréductible"
        head = (
            f"{rank}. En {conflict.year}, {number(many)} chiffres ne peuvent pas être vrais ensemble"
            f"{f', pour {admitted}' if admitted else ''} ({size} qui ne tient pas) : "
            f"{' ; '.join(_named(figure, conflict.year) for figure in first[0])}."
        )
    blocks: list[Block] = [Paragraph(head, True), *_explained(first, audit)]
    if many == 1:
        blocks += [block for one in others for block in _explained(one, audit)]
    else:
        blocks += _alternatives(first[0], others, audit)
    if again := _printed_again(conflict, sets):
        blocks.append(Paragraph(f"Le même nombre est aussi imprimé sous : {again}."))
    if conflict.theme == "qpv" and audit.lines:
        lines = enumeration([f"« {line.name} »" for line in audit.lines])
        word = plural(len(audit.lines), "Ligne", "Lignes")
        blocks.append(Paragraph(f"{word} du tableau sans quartier officiel de ce nom : {lines}."))
    return [*blocks, *(Paragraph(f"Admis : {one.text} ({one.source}).") for one in conflict.premises)]


def _explained(one: tuple[Figures, Implied], audit: Audit) -> list[Block]:
    """Say what the percentages of a set stand for, and what follows for the number that they exclude."""
    figures, implied = one
    readings = [text for figure in figures if (text := _reading(audit, figure))]
    blocks: list[Block] = [Paragraph(_sentence(readings))] if readings else []
    return [*blocks, Paragraph(_implied(implied, len(figures) == 1))] if implied.explains else blocks


def _sentence(said: list[str]) -> str:
    text = " ; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _alternatives(first: Figures, others: Sets, audit: Audit) -> list[Block]:
    """Say, in one line, with which figures the same cannot hold; what follows, of a single such set."""
    if not others:
        return []
    said = []
    for figures, _ in others:
        replaced = [figure for figure in figures if figure not in first]
        readings = [text for figure in replaced if (text := _reading(audit, figure))]
        names = enumeration(list(map(_named, replaced)))
        said.append(f"{names} ({' ; '.join(readings)})" if readings else names)
    text = f"De même avec {' ; ou avec '.join(said)}."
    if len(others) == 1 and others[0][1].explains:
        text += f" {_implied(others[0][1], False)}"
    return [Paragraph(text)]


def _printed_again(conflict: Conflict, sets: Sets) -> str:
    """Name the figures that print the same of the same quantity, under other words."""
    shown = {figure.label for figures, _ in sets for figure in figures}
    held = [figure for figures, _ in sets for figure in conflict.held_by(figures)]
    return " ; ".join(dict.fromkeys(_named(figure) for figure in held if figure.label not in shown))


def _named(figure: PublishedFigure, year: int | None = None) -> str:
    """Name a figure, with its own year where it is another one than that of what is told."""
    when = f" ({figure.year})" if year is not None and figure.year != year else ""
    return f"« {figure.label} » {figure.as_printed}{when}"


def _reading(audit: Audit, figure: PublishedFigure) -> str:
    """Say which whole numbers a percentage may stand for: ``69 % de 317 : 218 à 220 arrondi, …``."""
    row = next(row for row in audit.rows if row.figure == figure)
    if not row.readings or row.total is None:
        return ""
    if is_empty(row.readings[EITHER]):
        return figure.says_no_count(row.total)
    rounded, truncated = (between(row.readings[reading]) for reading in (ROUNDED, TRUNCATED))
    said = f"{rounded} arrondi, {truncated} tronqué" if rounded != truncated else rounded
    return f"{figure.as_printed} de {number(row.total)} : {said}"


def is_empty(ends: Whole) -> bool:
    """Tell whether no whole number is between two ends."""
    return ends[1] is not None and ends[1] < ends[0]


def between(ends: Whole | None) -> str:
    """Write two ends: ``7 à 11``, ``7``, ``au moins 7``, ``aucun nombre``."""
    if ends is None or is_empty(ends):
        return "aucun nombre"
    low, high = ends
    if high is None:
        return f"au moins {number(low)}"
    return number(low) if low == high else f"{number(low)} à {number(high)}"


def _implied(implied: Implied, alone: bool) -> str:
    """Say what the others of a set leave possible for the one that is shown against them."""
    rounded, truncated, either = (between(implied.ranges[r]) for r in (ROUNDED, TRUNCATED, EITHER))
    who = "Ce qui est admis impose" if alone else "Les autres imposent"
    text = f"{who} pour « {implied.figure.label} » : {rounded}"
    if not rounded == truncated == either:
        text += f" si tout est arrondi, {truncated} si tout est tronqué, {either} si l'on mêle les deux"
    return f"{text}. Publié : {implied.figure.as_printed}."
