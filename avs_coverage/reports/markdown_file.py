"""The état des lieux in Markdown: sentences, and under each the rows that its numbers come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from avs_coverage import __version__
from avs_coverage.facts import DISTINCT, ROWS, SHARE, SUM, Fact
from avs_coverage.messages import CAVEAT, french_date
from avs_coverage.report import Report
from avs_coverage.reports.csv_file import cell_text
from avs_coverage.reports.text import plain
from avs_coverage.statement import Passage
from avs_coverage.tables import TableView

_MARKUP = re.compile(r"[\\`*_\[\]<>#|~$&^]")


def markdown(report: Report, passages: Sequence[Passage], views: Sequence[TableView], french: bool) -> bytes:
    """Return the text: a note after each sentence says from which table, row and column its numbers are.

    *french*: the CSV of the same export has the decimal comma.
    """
    titles = {view.name: view.title for view in views}
    return ("\n".join(_lines(report, passages, titles, french)) + "\n").encode()


def _lines(
    report: Report, passages: Sequence[Passage], titles: Mapping[str, str], french: bool
) -> Iterator[str]:
    coverage = report.coverage
    yield f"# État des lieux de l'animation de la vie sociale — {escape(report.label)}"
    rules = " ; ".join(escape(one.coverage.rule.label) for one in (report, *report.beside))
    yield f"\nÉtat au {french_date(coverage.on)}. Règle : {rules}."
    for text in report.warnings:
        yield f"\n> **Attention :** {escape(text)}"
    notes: list[str] = []
    for passage in passages:
        yield f"\n## {escape(passage.title)}"
        was_item = False
        for sentence in passage.sentences:
            mark = ""
            if sentence.facts:
                notes.append(note(sentence.facts, titles, french))
                mark = f"[^{len(notes)}]"
            if not (was_item and sentence.item):
                yield ""
            yield f"{'- ' if sentence.item else ''}{escape(sentence.text)}{mark}"
            was_item = sentence.item
    yield "\n## Méthode et sources\n"
    for one in (report, *report.beside):
        yield f"- Règle « {escape(one.coverage.rule.label)} » : {escape(one.coverage.rule.definition)}."
    if report.has_inventory:
        yield f"- Inventaire : {escape(coverage.inventory.source)}."
    yield f"- Millésimes : {escape(' ; '.join(coverage.territory.vintages.values()))}."
    yield f"- {CAVEAT}"
    yield (
        f"- Écrit par avs-coverage {__version__}. Les notes disent la table (onglet du classeur ou fichier "
        "CSV de l'export), la ligne et la colonne de chaque nombre.\n"
    )
    for rank, text in enumerate(notes, 1):
        yield f"[^{rank}]: {escape(text)}."


def note(facts: Sequence[Fact], titles: Mapping[str, str], french: bool) -> str:
    """Say where numbers are: for each row, or rows, the columns and what they hold there."""
    places: dict[str, list[str]] = {}
    for fact in facts:
        ref = fact.ref
        rows = ", ".join(f"{name} = {cell_text(value, french)}" for name, value in ref.where)
        place = f"table « {titles[ref.view]} » ({ref.view})" + (f", {rows}" if rows else "")
        column = {
            ROWS: "nombre de lignes",
            SUM: f"somme de {ref.column}",
            DISTINCT: f"valeurs distinctes de {ref.column}",
            SHARE: f"{ref.column} ÷ {ref.total}",
        }.get(ref.how, ref.column)
        places.setdefault(place, []).append(f"{column} {fact.text}")
    return " ; ".join(f"{place} : {', '.join(found)}" for place, found in places.items())


def escape(text: str) -> str:
    r"""Return a text that Markdown, and the HTML in it, shows as it is.

    >>> escape("<b>un_nom</b>")
    '\\<b\\>un\\_nom\\</b\\>'
    """
    return _MARKUP.sub(r"\\\g<0>", " ".join(plain(text).split(" ")))
