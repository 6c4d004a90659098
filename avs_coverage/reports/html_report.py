"""Write a report as one HTML file that asks nothing of the network: figures, map, tables, method."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from avs_coverage import __version__
from avs_coverage.messages import COMMUNE_STATUS_LABELS
from avs_coverage.reports.document import Section
from avs_coverage.reports.html_blocks import anchor, blocks, escape, heading, section, table
from avs_coverage.reports.html_communes import (
    KIND_LABELS,
    CommuneRow,
    commune_rows,
    communes_table,
    details,
    possible_note,
)
from avs_coverage.reports.html_map import STYLE, CoverageMap, is_hatched, legend_labels, sign
from avs_coverage.reports.inventory_section import basis, hypothesis, structures_section
from avs_coverage.reports.key_figures import TITLE, UNKNOWN, Card, beside, key_figures
from avs_coverage.reports.map_content import NO_CONTOUR, no_map_reason
from avs_coverage.reports.output import write_atomically
from avs_coverage.reports.report_page import report_document

if TYPE_CHECKING:
    from avs_coverage.report import Report

_FOLDER = Path(__file__).parent / "html"
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end the block of data, or a line of script: escaped as JSON allows."""


def write_html(report: Report, path: Path, force: bool = False) -> None:
    """Write the page: the same report always gives the same bytes. Raises OutputError."""
    write_atomically(path, html_page(report), force)


def html_page(report: Report) -> bytes:
    """Return the page, its style, script and data inside."""
    rows = commune_rows(report)
    drawn = None if no_map_reason(report) else CoverageMap(report, rows)
    if drawn is not None and drawn.is_empty:
        drawn = None
    style = STYLE + _read("report.css")
    script = _read("report.js")
    document = report_document(report)
    parts = _parts(report, rows, drawn, document.sections)
    page = Template(_read("report.html")).substitute(
        title=escape(document.title),
        banner=_banner(report),
        size=blocks(Section("", document.sections[0].blocks[:1])),
        summary="".join(f'<li><a href="#{anchor(title)}">{escape(title)}</a></li>\n' for title, _ in parts),
        content="".join(text for _, text in parts),
        data=embedded_json(_data(rows, drawn)),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        version=escape(__version__),
    )
    return page.encode("utf-8", errors="replace")


def embedded_json(data: Any) -> str:  # noqa: ANN401 - any plain value
    r"""Return JSON that nothing in it can turn into HTML.

    >>> embedded_json(["</script>"])
    '["\\u003c/script\\u003e"]'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in _UNSAFE.items():
        text = text.replace(character, escaped)
    return text


def _read(name: str) -> str:
    """Read a part of the page; lines end as on Unix everywhere, as the browser hashes them."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return what the page's policy lets in: this very text, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _banner(report: Report) -> str:
    if not report.is_fictitious:
        return ""
    return '<p class="banner"><strong>Données fictives : aucun chiffre ne décrit la réalité.</strong></p>\n'


def _parts(
    report: Report, rows: Sequence[CommuneRow], drawn: CoverageMap | None, sections: Sequence[Section]
) -> list[tuple[str, str]]:
    """Return the title and HTML of each section, in the order in which they are read."""
    territory, inventory, *others, method = sections
    known = [(inventory.title, section(inventory))]
    parts = [(TITLE, _key_figures(report, territory))]
    drawing = [("Carte", _map(report, drawn)), ("Communes", _communes(rows))]
    # Where nothing is known, it is said before a map that shows nothing.
    parts += [*drawing, *known] if report.has_inventory else [*known, *drawing]
    parts += [(one.title, section(one)) for one in others]
    if report.coverage.inventory.structures:
        structures = structures_section(report)
        parts.append((structures.title, section(structures)))
    return [*parts, (method.title, section(method))]


def _key_figures(report: Report, territory: Section) -> str:
    """Return the figures of the territory, what they rest on, and what must be known before quoting them."""
    said = tuple(basis(report)[:1])
    if report.has_inventory:
        said += tuple(beside(report))
        cards = f'<div class="cards">\n{"".join(map(_card, key_figures(report)))}</div>\n'
        warnings = (*hypothesis(report), *territory.blocks[1:])
    else:
        what, why = map(escape, UNKNOWN)
        cards = f'<p class="unknown"><strong>{what}</strong> {why}</p>\n'
        warnings = territory.blocks[1:]
    text = heading(TITLE) + blocks(Section(TITLE, said)) + cards
    return text + blocks(Section(TITLE, warnings)) + "</section>\n"


def _card(card: Card) -> str:
    """Return one status: its share of communes and of inhabitants, each with what it is made of."""
    lines = []
    for label, cell in card.figures:
        share, made_of, bracket = (escape(line) for line in cell.lines())
        text = f"<strong>{share}</strong> <span>{made_of}</span> <span>fourchette {bracket}</span>"
        lines.append(f"<dt>{label}</dt><dd>{text}</dd>")
    return f'<div class="card"><h3>{escape(card.title)}</h3><dl>{"".join(lines)}</dl></div>\n'


def _map(report: Report, drawn: CoverageMap | None) -> str:
    if drawn is None:
        reason = no_map_reason(report)
        text = f"Pas de carte : {reason or NO_CONTOUR}."
        if reason:
            text += " Les tableaux sont complets ; un rapport par région ou par département a sa carte."
        return heading("Carte") + f"<p>{escape(text)}</p>\n</section>\n"
    rule = f"<p>Règle : {escape(report.coverage.rule.label)}.</p>\n"
    body = Template(_read("map.html")).substitute(svg=drawn.svg(), legend=_legend(report, drawn))
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in drawn.content.notes())
    return heading("Carte") + rule + body + notes + "</section>\n"


def _legend(report: Report, drawn: CoverageMap) -> str:
    """Return what each fill and each mark of the map means."""
    text = ""
    for layer, name, title, labels in (
        ("s", "status", "Couverture de la commune", COMMUNE_STATUS_LABELS),
        ("m", "multiplicity", "Structures qui couvrent la commune", KIND_LABELS),
    ):
        words = legend_labels(layer, labels)
        items = []
        for known, possible in drawn.fills[layer]:
            label = words[known] if known == possible else f"{words[known]} ; possible : {words[possible]}"
            rect = f'<rect class="{layer}-{known}" width="26" height="16"/>'
            if is_hatched(known, possible):
                rect += f'<rect class="h-{possible}" width="26" height="16"/>'
            items.append(f"<li>{_swatch(rect)} {escape(label)}</li>")
        text += (
            f'<div class="legend {name}" data-fill="{name}"><p>{title}</p><ul>{"".join(items)}</ul></div>\n'
        )
    return text + _marks_legend(drawn)


_MARK_LABELS = {
    ("CS", "full"): "centre social (CS)",
    ("CS", "hollow"): "CS placé au chef-lieu, faute de coordonnées",
    ("EVS", "full"): "espace de vie sociale (EVS)",
    ("EVS", "hollow"): "EVS placé au chef-lieu, faute de coordonnées",
    ("QPV", "full"): "QPV",
    ("QPV", "hollow"): "QPV de périmètre inconnu, au chef-lieu d'une de ses communes",
}


def _marks_legend(drawn: CoverageMap) -> str:
    """Return what the outlines and signs mean, those alone that are drawn."""
    items = []
    if drawn.layers["zones"]:
        items.append(("zones", '<path class="zone" d="M2 8h22"/>', "zone blanche"))
    for (shape, kind), label in _MARK_LABELS.items():
        if drawn.has_mark(shape, kind):
            drawing = (
                f'<g class="mark {shape.lower()} {kind}" transform="translate(13 8)">{sign(shape, kind)}</g>'
            )
            items.append(("qpv" if shape == "QPV" else "structures", drawing, label))
    lines = "".join(
        f'<li data-layer="{layer}">{_swatch(drawing)} {escape(label)}</li>' for layer, drawing, label in items
    )
    return f'<div class="legend"><p>Par-dessus</p><ul>{lines}</ul></div>\n' if items else ""


def _swatch(inside: str) -> str:
    return f'<svg class="swatch" width="26" height="16" viewBox="0 0 26 16" aria-hidden="true">{inside}</svg>'


def _communes(rows: Sequence[CommuneRow]) -> str:
    made = communes_table(rows)
    statuses = dict.fromkeys(row.status for row in sorted(rows, key=lambda row: row.status))
    choices = "".join(
        f'<option value="{escape(status or "inconnu")}">{escape(COMMUNE_STATUS_LABELS[status])}</option>'
        for status in statuses
    )

    def attributes(rank: int) -> str:
        return (
            f' data-code="{escape(rows[rank].code)}" data-status="{escape(rows[rank].status or "inconnu")}"'
        )

    tools = (
        '<div class="tools" id="communes-tools"><label>Filtrer <input type="search" id="communes-filter" '
        'autocomplete="off" placeholder="nom, code, EPCI, structure"></label> <label>Couverture '
        f'<select id="communes-status"><option value="">toutes</option>{choices}</select></label> '
        '<output id="communes-count" aria-live="polite"></output></div>\n'
    )
    text = heading("Communes") + "".join(f"<p>{escape(note)}</p>\n" for note in possible_note(rows))
    return (
        text + tools + f'<div id="communes-table">{table(made, "Communes", attributes)}</div>\n</section>\n'
    )


def _data(rows: Sequence[CommuneRow], drawn: CoverageMap | None) -> dict[str, Any]:
    """Return what the script reads: texts already written, and where communes are on the drawing."""
    if drawn is None:
        return {"view": None, "communes": []}
    view = [drawn.frame.width, drawn.frame.height]
    communes = [
        {"code": row.code, "name": row.name, "place": drawn.places[row.code], "details": details(row)}
        for row in rows
    ]
    return {"view": view, "communes": communes}
