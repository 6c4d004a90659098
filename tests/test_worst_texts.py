"""A text of a megabyte of the worst kind is read once, and not once for each of its letters.

Where this fails, a test takes minutes or gigabytes.
"""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avs_coverage.errors import InputError, TerritoryError
from avs_coverage.faults import Fault
from avs_coverage.growth import bounded_members
from avs_coverage.loaders.personal_data import looks_personal
from avs_coverage.loaders.structure_table import parse_mapping, read_structure_table
from avs_coverage.loaders.table_file import read_rows, refuse_damaged_utf8
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.names import normalise, without_postal_words
from avs_coverage.near_names import NearNames
from avs_coverage.study import read_study
from avs_coverage.territory_names import find_territory_name

MANY = 1_000_000
CODE = "avs.toml"


def code_or_none(made) -> str:
    """Return the code of a refusal, empty where there is none."""
    try:
        made()
    except InputError as error:
        return error.faults[0].code
    return ""


def code_of(made) -> str:
    with pytest.raises((InputError, TerritoryError)) as caught:
        made()
    return caught.value.faults[0].code


@pytest.mark.parametrize("text", ["a", "a@", "a@a.", "+33 0", "00 33 1 22 "])
def test_no_address_is_looked_for_from_each_letter(text):
    page = text * (MANY // len(text))
    assert not looks_personal(page)
    assert looks_personal(page + " m@x.fr")


def test_names_are_compared_no_further_than_a_name_goes():
    keys = [f"saint {n}" for n in range(2_000)]
    assert NearNames(keys).like("saint " * (MANY // 6), 3) is not None
    assert without_postal_words(normalise("cedex 1" * (MANY // 7)))


@pytest.mark.parametrize("text", [" " * MANY, "a " * 300_000, "(" * MANY, "a (" * 300_000])
def test_a_territory_of_a_received_study_may_be_a_page(text):
    assert code_of(lambda: find_territory_name("a" + text + ")")) == "AVS-401"


def test_characters_are_counted_and_not_kept():
    content = "é".encode() * MANY + b"\xe9"
    tracemalloc.start()
    try:
        assert code_of(lambda: refuse_damaged_utf8("x.csv", content, 2 * MANY)) == "AVS-342"
        assert tracemalloc.get_traced_memory()[1] < 10 * len(content)
    finally:
        tracemalloc.stop()
    refuse_damaged_utf8("x.csv", b"\xe9a" * MANY, 0)


def test_a_cell_of_more_than_a_page_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.csv").write_text("nom;type\nA;CS\n" + "n" * 100_001 + ";CS\n")
    with pytest.raises(InputError) as caught:
        read_rows(tmp_path / "x.csv")
    assert [(fault.code, fault.line) for fault in caught.value.faults] == [("AVS-302", 3)]


def test_a_message_cites_no_page():
    fault = Fault("AVS-302", {"reason": "n" * MANY, "value": "v" * MANY})
    assert len(fault.what) < 3_000
    assert len(json.dumps(fault.to_record())) < 10_000


def test_objects_that_each_bring_a_name_are_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps([{f"k{n}": 1} for n in range(4_000)]))
    assert code_of(lambda: read_structure_table(tmp_path / "x.json")) == "AVS-302"


@pytest.mark.parametrize("text", ["a" + ".a" * 40_000 + " = 1", "#" * 100_001])
def test_settings_of_the_worst_kind_are_refused_before_they_are_parsed(tmp_path, text):
    (tmp_path / CODE).write_text(text)
    assert code_of(lambda: read_study(str(tmp_path))) == "AVS-301"
    assert code_of(lambda: parse_mapping(str(tmp_path / CODE))) == "AVS-301"


def test_members_that_are_the_same_bytes_are_refused():
    raw = b"nom;type\n" + b" " * 20_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(raw) + packer.flush()
    sizes = (zlib.crc32(raw), len(packed), len(raw), 5)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *sizes, 0) + b"a.csv" + packed
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *sizes, *[0] * 6) + b"a.csv"
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, 2 * len(entry), len(local), 0)
    content = local + 2 * entry + end
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert code_of(lambda: bounded_members(archive, len(content), "x.zip")) == "AVS-302"


def impossible() -> dict[str, pa.Array]:
    offsets = pa.py_buffer(struct.pack("<2i", 0, 3))
    return {
        "utf8": pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe\xfa")]),
        "day": pa.array([2**31 - 1], pa.int32()).view(pa.date32()),
        "moment": pa.array([2**60], pa.int64()).view(pa.timestamp("us", tz="Europe/Paris")),
        "hour": pa.array([2**62], pa.int64()).view(pa.time64("us")),
    }


@pytest.mark.parametrize("kind", list(impossible()))
def test_values_that_are_none_of_this_world_are_a_refusal(tmp_path, kind):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"nom": impossible()[kind], "type": ["CS"], "code_insee": ["03185"]}), path)
    # Some versions of Arrow can say that moment: it is then a text like another.
    refusals = {"AVS-302"} if kind != "moment" else {"AVS-302", ""}
    for read in (read_structure_table, lambda path: read_frame(path, lambda header: header)):
        assert code_or_none(lambda read=read: read(path)) in refusals
