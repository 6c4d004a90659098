"""Read a list of structures in the tool's own columns: CSV or workbook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path
from typing import Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, Gazetteer, departement_of
from avs_coverage.inventory import CLOSED_STATUS, STATUSES, ZONES, Inventory, Structure
from avs_coverage.loaders.cells import (
    parse_number,
    split_list,
)
from avs_coverage.loaders.collector import Collector, plausible_distance_m
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS, header_faults, match_header
from avs_coverage.loaders.fields import Fields, cell_of
from avs_coverage.loaders.personal_data import personal_data
from avs_coverage.loaders.structure_table import OWN_FORMAT, read_structure_table
from avs_coverage.loaders.table_file import ERROR_TEXTS, Row, under_no_header
from avs_coverage.messages import number
from avs_coverage.names import comparable, normalise, undo_mojibake
from avs_coverage.projection import epsg_of, project
from avs_coverage.qpv import departement_of_qpv, known_qpv_codes
from avs_coverage.territory_names import TerritoryName

_NEEDED = {"nom": ("nom",), "type": ("type",), "code_insee": ("code_insee", "commune")}
MAX_ROWS = 50_000
"""Ten times what all of France has: beyond, a list takes a gigabyte and is another thing."""
_SLUG = 40
_TOTAL = re.compile(r"(sous )?(total|totaux)\b")
_SEAT_QUALITIES = ("certain", "deduit", "inconnu")
_FREE_TEXTS = {"name": "nom", "manager": "gestionnaire", "doubt": "doute", "note": "note", "source": "source"}
_OPTIONAL: tuple[tuple[str, str, Callable[[Fields, str], Any]], ...] = (
    ("itinerant", "itinerant", Fields.yes_no),
    ("manager", "gestionnaire", Fields.text),
    ("area_population", "population_zone", Fields.count),
    ("capacity", "capacite", Fields.count),
    ("doubt", "doute", Fields.text),
    ("note", "note", Fields.text),
    ("source", "source", Fields.text),
)
"""What of a structure is no more than one cell, absent from most files: name, column, reading."""


@dataclass(frozen=True)
class Examination:
    """What reading a list gave: all that is needed to say what is right and wrong with it.

    *columns* maps each column of the tool to the file's own header. Rows read = structures + rows
    set aside, whatever the *faults*; with a fault the list is refused as a whole.
    """

    file: str
    format: str
    encoding: str
    columns: dict[str, str]
    rows_read: int
    structures: tuple[Structure, ...]
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    faults: tuple[Fault, ...]

    @property
    def rows_set_aside(self) -> int:
        """Return how many rows were read and not used."""
        return sum(fault.rows for fault in self.set_aside)


def load_structures(
    path: Path,
    territory: TerritoryName,
    service_areas: Path | None = None,
    mapping: dict[str, str] | None = None,
) -> Inventory:
    """Return the inventory of a file, for the territory it is to be applied to.

    Names of communes are looked for in the territory's départements. The list stands for the
    département where the territory is one, and for those in which it has a seat. *mapping*:
    column of the tool → header of the file. Raises InputError with every fault of the file.
    """
    read = examine_structures(path, territory, service_areas, mapping)
    if read.faults:
        raise InputError(read.faults)
    return Inventory(
        structures=read.structures,
        departements=_departements(read.structures, territory),
        title=path.name,
        source=path.name if read.format == OWN_FORMAT else f"{path.name}, {read.format}",
        rows_read=read.rows_read,
        set_aside=read.set_aside,
        warnings=read.warnings,
    )


def examine_structures(
    path: Path,
    territory: TerritoryName,
    service_areas: Path | None = None,
    mapping: dict[str, str] | None = None,
) -> Examination:
    """Read a list to its end whatever is wrong with it, and say everything.

    Raises InputError only where a file is no table at all, or has more than 50,000 rows (AVS-308).
    """
    table = read_structure_table(path, mapping)
    if sum(not row.is_blank for row in table.rows) > MAX_ROWS:
        raise InputError(Fault("AVS-308", {"value": f"plus de {number(MAX_ROWS)} lignes"}, path.name))
    collector = Collector(path.name, Gazetteer(territory.departements), territory.departements)
    collector.set_aside += table.set_aside
    collector.warnings += table.warnings
    index, positions, twice, unused = match_header(table.rows, STRUCTURE_COLUMNS, ("nom", "type"))
    matched = (index, positions, twice, unused)
    collector.faults += header_faults(path.name, table.rows, matched, _NEEDED)
    structures: list[Structure] = []
    if not collector.faults:
        header = table.rows[index]
        if unused:
            collector.warn("AVS-906", header.line, "", value=", ".join(unused))
        structures = _structures(table.rows[index + 1 :], positions, header, collector)
        if service_areas is not None:
            from avs_coverage.loaders.service_areas import add_service_areas

            structures = add_service_areas(service_areas, structures, collector)
        structures = [_with_area(structure, collector) for structure in structures]
        collector.rows_read = len(table.rows) - index - 1 + sum(fault.rows for fault in table.set_aside)

    def header_of(column: str, read: str) -> str:
        return (mapping or table.columns).get(column, read)

    return Examination(
        path.name,
        table.format,
        table.encoding,
        {name: header_of(name, table.rows[index].cells[position]) for name, position in positions.items()},
        collector.rows_read,
        tuple(structures),
        tuple(collector.set_aside),
        tuple(collector.warnings),
        tuple(
            replace(fault, column=header_of(fault.column, fault.column))
            for fault in sorted(collector.faults, key=lambda fault: (fault.file != path.name, fault.line))
        ),
    )


def _structures(
    rows: list[Row], positions: dict[str, int], header: Row, collector: Collector
) -> list[Structure]:
    """Read the rows under the headers; every check that looks at the list as a whole is made here."""
    structures = [
        _structure(_without_errors(row, header, collector), positions, collector, header)
        for row in collector.without_blank_runs(rows)
        if not _set_aside(row, positions, collector)
    ]
    if not structures:
        collector.fault("AVS-307", 0, "")
    structures = _with_ids(structures, collector)
    texts = ((s.line, {name: getattr(s, field) for field, name in _FREE_TEXTS.items()}) for s in structures)
    collector.warnings += personal_data(collector.file, texts)
    _check_qpv(structures, collector)
    return structures


def _without_errors(row: Row, header: Row, collector: Collector) -> Row:
    """Refuse the cells in error of a workbook (AVS-336), each under the header it stands under."""
    if ERROR_TEXTS.isdisjoint(row.cells):
        return row
    for cell, name in zip(row.cells, header.cells, strict=False):
        if cell in ERROR_TEXTS:
            collector.fault("AVS-336", row.line, name)
    return Row(row.line, tuple("" if cell in ERROR_TEXTS else cell for cell in row.cells))


def _set_aside(row: Row, positions: dict[str, int], collector: Collector) -> bool:
    """Set a blank row or a total row aside, saying so."""
    reason = ""
    if row.is_blank:
        reason = "ligne vide"
    elif _is_total(row, positions):
        reason = "ligne de total"
    if reason:
        collector.put_aside(row.line, reason)
    return bool(reason)


def _is_total(row: Row, positions: dict[str, int]) -> bool:
    """Tell a total row by its first cell, its id or its name, where the type is empty or a count."""
    first = next(filter(None, row.cells))
    heads = (first, cell_of(row, positions, "id"), cell_of(row, positions, "nom"))
    kind = cell_of(row, positions, "type")
    is_count = not kind or parse_number(kind) is not None
    if not is_count and kind not in heads:
        return False  # nearly every row, without a look at its wording
    total = next((h for h in heads if _TOTAL.match(normalise(h))), "")
    return bool(total) and (is_count or kind == total)


def _structure(row: Row, positions: dict[str, int], collector: Collector, header: Row) -> Structure:
    """Read one row; what a fault leaves unknown stays empty, and the file is refused in the end."""
    column, text = under_no_header(row, header.cells)
    if column:
        collector.fault("AVS-306", row.line, column, value=text)
    fields = Fields(row, positions, collector)
    seat = _seat(row, positions, collector)
    start, end = fields.period("agrement_debut", "agrement_fin")
    first, created, closed_on = fields.life(start, end)
    status = fields.choice("statut", (*STATUSES, CLOSED_STATUS)) or "confirme"
    if status == CLOSED_STATUS and not (end or closed_on):
        collector.warn("AVS-917", row.line, "statut", value=fields.text("nom"))
    acf, acf_start = fields.agreement("acf", "acf_debut")
    ps_jeunes, ps_jeunes_start = fields.agreement("ps_jeunes", "ps_jeunes_debut")
    x_m, y_m, has_point = _point(fields, seat)
    communes = _communes(fields.text("communes_desservies"), row.line, collector, seat)
    return Structure(
        id=fields.identifier("id"),
        name=fields.required("nom"),
        type=fields.kind("type"),
        status="confirme" if status == CLOSED_STATUS else status,
        is_closed=status == CLOSED_STATUS,
        name_known=fields.yes_no("nom_connu") is not False,
        seat=seat.code if seat else "",
        seat_name=seat.name if seat else "",
        seat_quality=fields.choice("siege", _SEAT_QUALITIES) or ("certain" if seat else "inconnu"),
        seat_epci=seat.epci if seat else "",
        x_m=x_m,
        y_m=y_m,
        has_point=has_point,
        position_error_m=0.0 if has_point or seat is None else float(seat.extent_m),
        longitude=fields.degrees("longitude") if has_point else None,
        latitude=fields.degrees("latitude") if has_point else None,
        area=fields.choice("zone", ZONES) or ("complete" if communes else ""),
        communes=tuple(communes),
        communes_epci=tuple(communes.values()),
        qpv=tuple(dict.fromkeys(code.upper() for code in split_list(fields.text("qpv_desservis")))),
        first=first,
        created=created,
        start=start,
        end=end,
        closed_on=closed_on,
        acf=acf,
        ps_jeunes=ps_jeunes,
        acf_start=acf_start,
        ps_jeunes_start=ps_jeunes_start,
        line=row.line,
        **{name: read(fields, column) for name, column, read in _OPTIONAL if column in positions},
    )


def _seat(row: Row, positions: dict[str, int], collector: Collector) -> Commune | None:
    """Return the commune of the seat: by its code where there is one, which the name must not contradict."""
    code, name = cell_of(row, positions, "code_insee"), cell_of(row, positions, "commune")
    if code:
        seat = collector.commune(code, row.line, "code_insee")
        if seat and name and not _same_name(name, seat, collector):
            collector.warn("AVS-905", row.line, "commune", code=seat.code, expected=seat.name, value=name)
        return seat
    return collector.commune(name, row.line, "commune") if name else None


def _same_name(name: str, seat: Commune, collector: Collector) -> bool:
    name = undo_mojibake(name)
    if normalise(name) == normalise(seat.name):
        return True
    # « Paris 18e » or « Marseille 3e arrondissement » name the commune well enough.
    plain = re.sub(r"\b(\d+(er|e|eme)?|arrondissement)\b", " ", normalise(name))
    return seat in collector.gazetteer.named(plain, [departement_of(seat.code)])


def _point(fields: Fields, seat: Commune | None) -> tuple[float | None, float | None, bool]:
    """Return where the structure is: its own point if plausible, else its seat's chef-lieu."""
    longitude, latitude = fields.degrees("longitude"), fields.degrees("latitude")
    if bool(fields.text("longitude")) != bool(fields.text("latitude")):
        fields.collector.fault(
            "AVS-327", fields.row.line, "longitude" if fields.text("latitude") else "latitude"
        )
    if seat is None:
        if longitude is not None and not fields.collector.refused(fields.row.line, "code_insee", "commune"):
            fields.collector.warn("AVS-914", fields.row.line, "longitude", value=fields.text("nom"))
        return None, None, False
    if longitude is None or latitude is None:
        return seat.x_m, seat.y_m, False
    x_m, y_m = project(longitude, latitude, epsg_of(departement_of(seat.code)))
    metres = hypot(x_m - seat.x_m, y_m - seat.y_m)
    if not metres <= plausible_distance_m(seat.area_km2):
        distance = f"{metres / 1000:.0f}" if metres < 1e8 else "plus de 100 000"  # noqa: PLR2004
        fields.collector.fault(
            "AVS-323", fields.row.line, "longitude", value=f"{longitude} ; {latitude}", distance=distance
        )
    return x_m, y_m, True


def _communes(text: str, line: int, collector: Collector, seat: Commune | None) -> dict[str, str]:
    """Return the communes served, code → EPCI, in the order written."""
    found: dict[str, str] = {}
    for part in split_list(text):
        if not part.isdigit() and normalise(part) == "epci":
            if seat is None or not seat.epci:
                collector.fault("AVS-322", line, "communes_desservies")
            else:
                found |= collector.members(seat.epci)
        elif commune := collector.commune(part, line, "communes_desservies", near=seat.code if seat else ""):
            found[commune.code] = commune.epci
    return found


def _with_ids(structures: Sequence[Structure], collector: Collector) -> list[Structure]:
    """Give an id to the rows that have none, and refuse an id used twice.

    A made id says the type, the seat and the name, so that it does not depend on the order of
    the rows.
    """
    lines: dict[str, int] = {}
    alike: dict[tuple[str, str, str], int] = {}
    for structure in structures:
        same = (comparable(structure.name), structure.type, structure.seat)
        if same in alike:
            collector.warn("AVS-908", structure.line, "nom", value=structure.name, other=str(alike[same]))
        alike.setdefault(same, structure.line)
        if structure.id and structure.id in lines:
            other = str(lines[structure.id])
            collector.fault("AVS-321", structure.line, "id", value=structure.id, other=other)
        lines.setdefault(structure.id, structure.line)
    alike_names: Counter[str] = Counter()
    named = []
    for structure in structures:
        if structure.id:
            named.append(structure)
            continue
        made = f"{structure.type}-{structure.seat or 'sans-siege'}-{_slug(structure.name)}"
        alike_names[made] += 1
        if made in lines or alike_names[made] > 1:
            made = f"{made}-{alike_names[made] + (made in lines)}"
        named.append(structure.with_id(made))
    return named


def _slug(name: str) -> str:
    """Return the name as part of an id; what a long or non-Latin name loses is made up by a digest."""
    plain = normalise(name).replace(" ", "-")
    if len(plain) <= _SLUG and plain:
        return plain
    import hashlib

    digest = hashlib.sha256(comparable(name).encode()).hexdigest()[:6]
    return f"{plain[:_SLUG].strip('-')}-{digest}".strip("-")


def _with_area(structure: Structure, collector: Collector) -> Structure:
    """Settle what is known of the area, and warn of what it leaves out."""
    area = structure.area or ("complete" if structure.communes else "inconnue")
    refused = collector.refused(structure.line, "communes_desservies")
    if area in ("complete", "estimee") and not structure.communes and not refused:
        word = {"complete": "complète", "estimee": "estimée"}[area]
        collector.fault("AVS-320", structure.line, "zone", value=word)
    if not structure.seat and not collector.refused(structure.line, "code_insee", "commune"):
        collector.warn("AVS-903", structure.line, "code_insee", value=structure.name)
    elif area == "complete" and structure.seat and structure.seat not in structure.communes:
        collector.warn(
            "AVS-904", structure.line, "communes_desservies", value=structure.name, code=structure.seat
        )
    return structure if area == structure.area else replace(structure, area=area)


def _check_qpv(structures: Sequence[Structure], collector: Collector) -> None:
    well_formed = re.compile(r"Q[PN](\d|2A|2B)[0-9AB]*[A-Z]?")
    wanted = {departement_of_qpv(code) for s in structures for code in s.qpv if well_formed.fullmatch(code)}
    known = known_qpv_codes(wanted) if wanted else set()
    for structure in structures:
        for code in structure.qpv:
            if code not in known:
                collector.fault("AVS-326", structure.line, "qpv_desservis", value=code)


def _departements(structures: Sequence[Structure], territory: TerritoryName) -> frozenset[str]:
    """Return the départements for which a list stands: those of seats, else of named communes.

    A commune that a structure serves across the border does not make the list that of the
    other département.
    """
    named = {departement_of(code) for s in structures for code in ([s.seat] if s.seat else s.communes)}
    if territory.kind == "departement":
        named.add(territory.code)
    return frozenset(named)
