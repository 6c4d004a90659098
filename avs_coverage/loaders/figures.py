"""Read the figures of a user's own schéma, to be audited beside those of the tool's table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avs_coverage.errors import InputError, TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.collector import Collector
from avs_coverage.loaders.columns import FIGURE_COLUMNS, header_faults, match_header
from avs_coverage.loaders.fields import Fields
from avs_coverage.loaders.personal_data import personal_data
from avs_coverage.loaders.table_file import ERROR_TEXTS, Row, read_rows
from avs_coverage.names import normalise
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import INDICATORS, Indicator
from avs_coverage.readings import QUALIFIERS
from avs_coverage.territory_names import TerritoryName, find_territory_name

_FREE_TEXTS = ("libelle", "definition", "source")
_REQUIRED = ("indicateur", "valeur", "annee")
_NUMBER = re.compile(r"(\d{1,12})(?:[.,](\d{1,15}))?(%?)")
_LONGEST = 200
_YEARS = range(1970, 2101)


@dataclass(frozen=True)
class FiguresFile:
    """What reading a file of figures gave; rows read = rows used + rows set aside."""

    figures: tuple[PublishedFigure, ...]
    columns: dict[str, str]
    rows_read: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def rows_used(self) -> int:
        """Return how many rows gave a figure."""
        return len(self.figures)


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of a file of figures: an indicator and its value."""
    names = {normalise(name) for name in header}
    return all({column, *FIGURE_COLUMNS[column]} & names for column in ("indicateur", "valeur"))


MAX_ROWS = 500
"""Every figure is set against every other of its year: a schéma prints some dozens."""


def read_figures(path: Path, territory: TerritoryName | None) -> FiguresFile:
    """Return the figures of a territory, or of any where None; rows of other territories are set aside.

    Raises InputError with every fault of the file: AVS-303 to AVS-306 its headers, AVS-313, AVS-319,
    AVS-336 and AVS-390 to AVS-393 its cells, AVS-394 no figure of the territory; AVS-397 too many rows.
    """
    rows = _rows(path)
    collector = Collector(path.name, Gazetteer(), ())
    matched = match_header(rows, FIGURE_COLUMNS, _REQUIRED)
    collector.faults += header_faults(path.name, rows, matched, {name: (name,) for name in _REQUIRED})
    if collector.faults:
        raise InputError(collector.faults)
    index, positions, _, unused = matched
    found, texts = [], []
    for row in collector.body(rows, index, unused):
        fields = Fields(row, positions, collector)
        if other := _other_territory(fields, territory):
            collector.put_aside(row.line, f"chiffre d'un autre territoire : {other}")
        elif figure := _figure(row, positions, fields):
            found.append(figure)
            texts.append((row.line, {name: fields.text(name) for name in _FREE_TEXTS}))
    if not found and not collector.faults:
        name = territory.label if territory else "aucun territoire"
        collector.faults.append(Fault("AVS-394", {"value": name}, path.name))
    if collector.faults:
        raise InputError(collector.faults, collector.rows_read, collector.set_aside)
    collector.warnings += personal_data(path.name, texts)
    columns = {column: rows[index].cells[position] for column, position in positions.items()}
    return FiguresFile(
        tuple(found), columns, collector.rows_read, tuple(collector.set_aside), tuple(collector.warnings)
    )


def _other_territory(fields: Fields, territory: TerritoryName | None) -> str:
    """Return the name of the territory that a row is of, where it is not the one asked for (AVS-401)."""
    text = fields.text("territoire")
    if not text or territory is None:
        return ""
    try:
        found = find_territory_name(text)
    except TerritoryError as error:
        fault = error.faults[0]
        fields.collector.fault(fault.code, fields.row.line, "territoire", **fault.values)
        return ""
    return "" if (found.kind, found.code) == (territory.kind, territory.code) else found.label


def _figure(row: Row, positions: dict[str, int], fields: Fields) -> PublishedFigure | None:
    """Return the figure of a row, None where a cell is refused."""
    collector, line = fields.collector, row.line
    before = len(collector.faults)
    for column in positions:
        if fields.text(column) in ERROR_TEXTS:
            collector.fault("AVS-336", line, column)
    if len(collector.faults) > before:
        return None
    for column in _REQUIRED:
        if not fields.text(column):
            collector.fault("AVS-391", line, column)
    code = _code(fields)
    year = _year(fields)
    text = _value(fields, INDICATORS[code]) if code else ""
    qualifier = fields.choice("qualificatif", tuple(QUALIFIERS)) or "egal"
    if len(collector.faults) > before or year is None:
        return None
    return PublishedFigure(
        code,
        fields.text("libelle") or INDICATORS[code].label,
        year,
        "",
        qualifier,
        text,
        INDICATORS[code].unit,
        fields.text("definition"),
        fields.text("source") or collector.file,
        "",
        f"{collector.file}, ligne {line}",
    )


def _code(fields: Fields) -> str:
    """Return a known code, empty where the cell has none (AVS-390)."""
    text = fields.text("indicateur")
    key = normalise(text)
    code = next((code for code in INDICATORS if normalise(code) == key), "")
    if text and not code:
        from rapidfuzz import process

        close = [
            name
            for name, _, _ in process.extract(text[:_LONGEST], list(INDICATORS), limit=3, score_cutoff=70)
        ]
        choices = f"peut-être {' ou '.join(close)}" if close else f"codes : {', '.join(INDICATORS)}"
        fields.collector.fault("AVS-390", fields.row.line, "indicateur", value=text, choices=choices)
    return code


def _year(fields: Fields) -> int | None:
    """Return the year that a figure describes (AVS-393)."""
    text = fields.text("annee")
    if len(text) == 4 and text.isdecimal() and int(text) in _YEARS:  # noqa: PLR2004
        return int(text)
    if text:
        fields.collector.fault("AVS-393", fields.row.line, "annee", value=text)
    return None


def _rows(path: Path) -> list[Row]:
    """Return the rows of a file; raises InputError (AVS-397) where there are too many."""
    rows = read_rows(path)
    if len(rows) > MAX_ROWS + 1:
        raise InputError(Fault("AVS-397", {"value": str(len(rows) - 1), "most": str(MAX_ROWS)}, path.name))
    return rows


def _value(fields: Fields, kind: Indicator) -> str:
    """Return the digits printed, with a decimal point (AVS-319 no number, AVS-392 a share above 100)."""
    text, collector, line = fields.text("valeur"), fields.collector, fields.row.line
    unit = fields.text("unite")
    if unit and (unit == "%") != kind.is_percentage:
        choices = "%" if kind.is_percentage else f"{kind.unit}, ou rien"
        collector.fault("AVS-313", line, "unite", value=unit, choices=choices)
    if not text:
        return ""
    match = _NUMBER.fullmatch(re.sub(r"\s", "", text))
    whole, decimals, sign = (match[1], match[2] or "", match[3]) if match else ("", "", "")
    # « 879.000 » may be 879 or 879 thousand: a count with three zeros behind a sign is refused.
    if not kind.is_percentage and not decimals.strip("0") and len(decimals) != 3:  # noqa: PLR2004
        decimals = ""
    if not match or (not kind.is_percentage and (decimals or sign)):
        expected, example = ("de 0 à 100", "69 ou 69,1") if kind.is_percentage else ("entier", "218")
        hint = f"écrivez par exemple {example}, et « près de » dans la colonne qualificatif"
        collector.fault("AVS-319", line, "valeur", value=text, expected=expected, hint=hint)
        return ""
    number = f"{int(whole)}.{decimals}" if decimals else str(int(whole))
    if kind.is_percentage and float(number) > 100:  # noqa: PLR2004
        collector.fault("AVS-392", line, "valeur", value=text)
    if kind.is_percentage and 0 < float(number) < 1 and not sign:
        collector.warn("AVS-942", line, "valeur", value=text)
    return number
