"""The report as one prints it: what it holds and in what order, before it is a PDF or a Word file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from avs_coverage import __version__
from avs_coverage.errors import OutputError
from avs_coverage.messages import counted, french_date, number
from avs_coverage.names import normalise
from avs_coverage.reports.document import Block, Paragraph, Table
from avs_coverage.reports.html_communes import CommuneRow, commune_rows, communes_table, possible_note
from avs_coverage.reports.inventory_section import hypothesis, known_structures, structures_section
from avs_coverage.reports.key_figures import TITLE, UNKNOWN, Card, key_figures, scope
from avs_coverage.reports.report_page import SUBJECT, report_document, territory_size
from avs_coverage.reports.told_commands import told_command

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.statement import Passage

MAX_ROWS = 1000
"""Beyond, a table is named and left to the workbook: more than any département has communes, or any
region EPCI."""
_NO_LIBRARY = "AVS-507"
_KNOWN = ("Commune", "Code", "Habitants", "km²")
_COVERED = ("Commune", "Code", "Habitants", "Couverture", "Possible", "Structures", "Zone")


class Subheading(NamedTuple):
    """A heading inside a part."""

    text: str


class Picture(NamedTuple):
    """A PNG picture, which fills its page, and what it shows in words."""

    content: bytes
    description: str

    @property
    def ratio(self) -> float:
        """Return height over width, as the file says."""
        width, height = (int.from_bytes(self.content[at : at + 4], "big") for at in (16, 20))
        return height / width


class Cards(NamedTuple):
    """The key figures, side by side."""

    cards: tuple[Card, ...]


HandoutBlock = Block | Subheading | Picture | Cards


class Part(NamedTuple):
    """A heading and its blocks; an annex begins on a new page."""

    title: str
    blocks: tuple[HandoutBlock, ...]
    is_annex: bool = False


class Handout(NamedTuple):
    """A printed report: *facts* are what it is about, by label; *footer* stands on each page."""

    subject: str
    territory: str
    facts: tuple[tuple[str, str], ...]
    footer: str
    parts: tuple[Part, ...]


def handout(report: Report, passages: Sequence[Passage]) -> Handout:
    """Return the printed report; *passages* are the état des lieux.

    Raises OutputError where a library that the map needs is not installed.
    """
    on = french_date(report.coverage.on)
    facts = [
        ("Territoire", territory_size(report)),
        ("État au", on),
        _rules(report),
        ("Structures connues", known_structures(report) if report.has_inventory else "aucun inventaire"),
        ("Établi par", f"avs-coverage {__version__}"),
    ]
    footer = f"{report.label} — état au {on} — avs-coverage {__version__}"
    parts = [
        Part(part.title, tuple(_printed(report, part)), part.is_annex) for part in _parts(report, passages)
    ]
    return Handout(SUBJECT, report.label, tuple(facts), footer, tuple(part for part in parts if part.blocks))


def _rules(report: Report) -> tuple[str, str]:
    """Return the rules asked for, the first of which is that of the report."""
    first, *others = (one.rule.label for one in (report.coverage, *report.others))
    if not others:
        return "Règle", first
    return "Règles", " ; ".join((f"{first}, celle des chiffres clés, des tableaux et de la carte", *others))


def _parts(report: Report, passages: Sequence[Passage]) -> Iterator[Part]:
    """Give what must be known before a figure is quoted, then the figures, then what they are made of."""
    territory, inventory, *others, method = report_document(report).sections
    yield Part("À savoir avant de citer un chiffre", territory.blocks[1:])
    yield Part("État des lieux", tuple(_statement(passages)))
    yield Part(TITLE, _figures(report))
    yield Part(*inventory)
    yield Part("Carte", tuple(_map(report)))
    yield from (Part(*section) for section in others)
    yield Part("Annexe : communes", tuple(_communes(report)), is_annex=True)
    if report.coverage.inventory.structures:
        yield Part("Annexe : structures et sources", _structures(report), is_annex=True)
    yield Part(*method, is_annex=True)


def _statement(passages: Sequence[Passage]) -> Iterator[HandoutBlock]:
    for passage in passages:
        yield Subheading(passage.title)
        yield from (Paragraph(f"• {one.text}" if one.item else one.text) for one in passage.sentences)


def _figures(report: Report) -> tuple[HandoutBlock, ...]:
    cards = key_figures(report)
    if not cards:
        return (Paragraph(" ".join(UNKNOWN), warning=True),)
    return (*scope(report), Cards(cards), *hypothesis(report))


def _map(report: Report) -> Iterator[HandoutBlock]:
    """Give the map, or why there is none."""
    from avs_coverage.reports.map_picture import map_bytes

    try:
        content = map_bytes(report, "png")
    except OutputError as error:
        (fault,) = error.faults
        if fault.code == _NO_LIBRARY:
            raise
        yield Paragraph(f"Pas de carte : {fault.why}.")
        return
    coverage = report.coverage
    description = (
        f"Carte des communes, {report.label}, selon les structures qui les couvrent au "
        f"{french_date(coverage.on)}. Règle : {coverage.rule.label}. Les tableaux disent de même."
    )
    yield Picture(content, description)


def _communes(report: Report) -> Iterator[HandoutBlock]:
    """Give the communes, a table an EPCI; or where they are, when they are too many for paper."""
    count = len(report.coverage.territory.communes)
    if count > MAX_ROWS:
        yield Paragraph(f"{counted(count, 'commune', 'communes')} : {_elsewhere(report, 'Communes')}")
        return
    rows = commune_rows(report)
    yield from (Paragraph(note) for note in possible_note(rows))
    wanted = _COVERED if report.has_inventory else _KNOWN
    headers = [column.header for column in communes_table(rows).columns if column.header in wanted]
    by_epci: dict[str, list[CommuneRow]] = {}
    for row in sorted(rows, key=lambda row: (normalise(row.epci), normalise(row.name), row.code)):
        by_epci.setdefault(row.epci, []).append(row)
    for epci, found in by_epci.items():
        caption = f"{epci} : {counted(len(found), 'commune', 'communes')}"
        yield communes_table(found, headers)._replace(caption=caption)


def _structures(report: Report) -> tuple[HandoutBlock, ...]:
    count = len(report.coverage.inventory.structures)
    if count > MAX_ROWS:
        words = counted(count, "structure", "structures")
        return (Paragraph(f"{words} : {_elsewhere(report, 'Structures')}"),)
    return structures_section(report).blocks


def _printed(report: Report, part: Part) -> Iterator[HandoutBlock]:
    """Give the blocks of a part; a table too long for paper is named in its place."""
    for block in part.blocks:
        if isinstance(block, Table) and len(block.rows) > MAX_ROWS:
            name = f"« {block.caption or part.title} », {number(len(block.rows))} lignes"
            yield Paragraph(f"{name} : {_elsewhere(report)}", warning=True)
        else:
            yield block


def _elsewhere(report: Report, sheet: str = "") -> str:
    where = f"la feuille « {sheet} » du classeur" if sheet else "le classeur"
    command = told_command(report, "export", "-o DOSSIER --format xlsx")
    return f"trop pour être imprimé. Le tableau entier est dans {where} : {command}"
