"""Lists of structures: properties."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage.catalogue import CATALOGUE
from avs_coverage.errors import InputError
from avs_coverage.names import normalise
from tests.loaders.helpers import (
    AREAS,
    HEADER,
    LIST,
    THREE,
    TYPED_ROWS,
    as_csv,
    load_in,
    names,
    workbook,
)
from tests.tiers import every_day

CODES = ("03185", "3310", "Le Donjon", "97411", "75118", "2A004", "")


rows_of_structures = st.lists(
    st.tuples(
        names, st.sampled_from(["CS", "evs"]), st.sampled_from(CODES), st.sampled_from(["", "epci", "Vichy"])
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: normalise(row[0]),
).map(lambda rows: [row if row[2] or row[3] != "epci" else (*row[:3], "") for row in rows])


blank_rows = st.sampled_from(
    [[], [""], ["", "", "", ""], [" ", "\u00a0", "", "\t"], ["", "", "", "", "", ""]]
)


WIDE = ["nom", "type", "code_insee", "communes_desservies"]


def essence(inventory):
    """Return the structures as a set, without their lines."""
    return {repr(sorted({**vars(structure), "line": 0}.items())) for structure in inventory.structures}


@settings(max_examples=30)
@given(rows=rows_of_structures, blanks=st.lists(st.tuples(st.integers(0, 9), blank_rows), max_size=6))
def test_blank_rows_anywhere_lose_no_structure(folder, rows, blanks):
    mixed = list(rows)
    for position, blank in blanks:
        mixed.insert(min(position, len(mixed)), blank)
    plain = load_in(folder, as_csv([WIDE, *rows]))
    found = load_in(folder, as_csv([["Titre"], [], WIDE, *mixed]))
    assert found.rows_read == len(mixed) == len(found) + len(found.set_aside)
    assert (len(found), len(found.set_aside)) == (len(rows), len(blanks))
    assert essence(found) == essence(plain)
    assert [s.name for s in found.structures] == [
        name.strip()[1:] if name.strip()[:2] in ("'=", "'+", "'-", "'@") else name.strip()
        for name, *_ in rows
    ]


@settings(max_examples=30)
@given(rows=rows_of_structures, seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_no_structure(folder, rows, seed):
    shuffled = random.Random(seed).sample(rows, len(rows))
    before, after = (load_in(folder, as_csv([WIDE, *order])) for order in (rows, shuffled))
    assert essence(before) == essence(after)
    assert before.departements == after.departements
    assert len(before.warnings) == len(after.warnings)


@settings(max_examples=30)
@given(rows=rows_of_structures)
def test_a_workbook_gives_the_structures_of_the_csv(folder, rows):
    clean = [[cell.replace("\t", " ") for cell in row] for row in rows]
    from_csv = load_in(folder, as_csv([WIDE, *clean]))
    assert essence(load_in(folder, workbook([WIDE, *clean]), "liste.xlsx")) == essence(from_csv)


NASTY = [
    "",
    "CS",
    "EVS",
    "A",
    "03185",
    "3310",
    "Vichy",
    "epci",
    "75118",
    "99999",
    "{}",
    "{0!r:>9}",
    "%s",
    "1e999",
]


NASTY += [
    "nan",
    "31/02/2022",
    "2022",
    "2A004",
    "²",
    "QP0",
    "QP2A",
    "QN97",
    "qp003001",
    "|",
    ";",
    '"',
    "'=x",
    "Total",
]


NASTY += [
    "oui",
    "complete",
    "partielle",
    "46,34",
    "2,60",
    "-0",
    "\u202e",
    "[red]",
    "مركز",
    "a" * 300,
    "0",
    "\x1b[31m",
]


EVERYTHING = [
    *HEADER,
    "zone",
    "siege",
    "agrement_fin",
    "itinerant",
    "qpv_desservis",
    "population_zone",
    "nom_connu",
]


grids = st.lists(st.lists(st.sampled_from(NASTY), max_size=len(EVERYTHING) + 1), max_size=5)


@settings(max_examples=30)
@given(grid=grids)
def test_any_cells_are_read_whole_or_refused_whole(folder, grid):
    found, faults = None, ()
    try:
        found = load_in(folder, as_csv([EVERYTHING, *grid]))
    except InputError as error:
        faults = error.faults
    assert (found is None) == bool(faults)
    assert all(fault.code in CATALOGUE and fault.what and fault.hint.strip() for fault in faults)
    assert all(0 <= fault.line <= len(grid) + 1 for fault in faults)
    if found:
        assert found.rows_read == len(grid) == len(found) + len(found.set_aside)
        assert len({structure.id for structure in found.structures}) == len(found)


@settings(max_examples=30)
@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc", "Nd", "Nl", "No")), max_size=12))
def test_any_text_as_a_commune_is_refused_or_is_one_of_allier(folder, name):
    content = as_csv([["nom", "type", "commune"], ["A", "CS", name]])
    seat, codes = "", set()
    try:
        seat = load_in(folder, content).structures[0].seat
    except InputError as error:
        codes = {fault.code for fault in error.faults}
    assert codes <= {"AVS-314", "AVS-315", "AVS-316", "AVS-329"}
    assert seat[:2] in ("03", "")


def taken_whole(inventory):
    return inventory.rows_read == len(inventory) + len(inventory.set_aside)


@settings(max_examples=50)
@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", THREE.encode() + b"\nA;CS;03185\n", b"\xff\xfe", b"PK"]),
)
@pytest.mark.parametrize("name", every_day(["liste.csv", "liste.xlsx"]))
def test_any_bytes_are_read_or_refused(folder, content, head, name):
    with contextlib.suppress(InputError):
        assert taken_whole(load_in(folder, head + content, name))


WORKBOOK = workbook(TYPED_ROWS)


@pytest.mark.full
@settings(max_examples=50)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), max_size=6),
    length=st.integers(0, len(WORKBOOK)) | st.just(len(WORKBOOK)),
)
def test_a_damaged_workbook_is_read_or_refused(folder, changes, length):
    damaged = bytearray(WORKBOOK)
    for position, value in changes:
        damaged[position] = value
    with contextlib.suppress(InputError):
        assert taken_whole(load_in(folder, bytes(damaged[:length]), "liste.xlsx"))


@settings(max_examples=30)
@given(content=st.binary(max_size=200))
def test_any_bytes_as_service_areas_are_read_or_refused(folder, content):
    with contextlib.suppress(InputError):
        assert len(load_in(folder, LIST, areas=AREAS.encode() + b"\na;03185\n" + content)) == 3
