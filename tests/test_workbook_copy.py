"""What the reader of workbooks gets is what was understood of them, whatever else their XML holds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders.workbook import sheets
from avs_coverage.loaders.workbook_copy import copy_seen
from tests.test_growth import CELL, LIST, MAIN, SHEET, STRINGS, changed, ods, sheet, strings, xlsx
from tools.fuzz.seeds import as_ods, as_xlsx

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
OTHER = b'xmlns:y="urn:y"'
BEYOND = 60_000_000
"""More than the least of the bounds of a text that is said once and stands there again."""


def read(content: bytes) -> dict[str, list[tuple[str, ...]]]:
    return {name: [row.cells for row in rows] for name, rows in sheets(Path("x"), content)}


def code_of(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(content)
    return caught.value.faults[0].code


def with_member(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(name)
    assert old in text
    return changed(content, **{name: text.replace(old, new)})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<text:p>A<", b'<text:p><text:s %s y:c="1" text:c="%d"/>A<' % (OTHER, BEYOND)),
        (
            b"<table:table-row>" + CELL,
            b'<table:table-row %s y:number-rows-repeated="1" table:number-rows-repeated="%d">%s'
            % (OTHER, BEYOND, CELL),
        ),
        (
            CELL,
            b'<table:table-cell %s y:value-type="x" office:value-type="float" office:value="1" '
            b'y:number-columns-repeated="1" table:number-columns-repeated="%d"/>%s' % (OTHER, BEYOND, CELL),
        ),
        (
            CELL,
            b'<table:table-cell %s y:value-type="string" table:number-columns-repeated="%d"/>%s'
            % (OTHER, BEYOND, CELL),
        ),
    ],
)
def test_an_attribute_of_another_namespace_hides_none(old, new):
    assert code_of(ods(old, new)) in ("AVS-302", "AVS-310")


def test_an_ods_is_known_by_its_namespaces_whatever_its_prefixes():
    content = as_ods(LIST)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("content.xml")
    for prefix, other in ((b"table", b"t"), (b"office", b"table"), (b"text", b"office")):
        text = text.replace(b"xmlns:" + prefix + b"=", b"xmlns:_" + other + b"=")
        for before in (b"<", b"</", b" "):
            text = text.replace(before + prefix + b":", before + b"_" + other + b":")
    assert read(changed(content, **{"content.xml": text})) == read(content) == {"F": list(map(tuple, LIST))}


def test_only_what_an_ods_shows_in_its_cells_is_read():
    inside = (
        b"<text:p><!-- <text:p>n</text:p> -->A<text:s text:c='2'/>&lt;B<![CDATA[&C]]><text:tab/>"
        b"<text:span>D</text:span></text:p><office:annotation><text:p>note</text:p></office:annotation>"
        b"<text:p>E</text:p><"
    )
    assert read(ods(b"<text:p>A<", inside[:-1] + b"<text:p><"))["F"][1][0] == "A  <B&C D\nE"
    before = b"<table:tracked-changes><table:table-row/></table:tracked-changes>"
    assert read(ods(b"<table:table ", before + b"<table:table "))["F"] == list(map(tuple, LIST))


def test_blank_cells_at_the_end_of_a_row_are_not_made():
    blank = b'<table:table-cell table:number-columns-repeated="900000000"/><table:table-cell/>'
    content = ods(b"</table:table-row>", blank + b"</table:table-row>")
    assert read(content)["F"] == list(map(tuple, LIST))


def test_the_names_and_members_of_sheets_are_those_of_elements():
    rows = b"<row><c t='inlineStr'><is><t>%s</t></is></c><c t='e'><v>#REF!</v></c></row>"
    content = changed(
        as_xlsx(LIST, sheets=2),
        **{
            SHEET: sheet(rows % b"un"),
            "xl/worksheets/sheet2.xml": sheet(rows % b"deux"),
            WORKBOOK: b"<!-- <sheet name='F0' r:id='b'/> --><w:workbook xmlns:w=%s xmlns:q=%s><w:sheets>"
            b"<!-- <w:sheet name='F0' q:id='b'/> -->"
            b"<w:sheet q:id='a' y:name='z' xmlns:y='urn:y' name='&quot;1&quot;'/>"
            b"<w:sheet name='2' q:id='b'/></w:sheets></w:workbook>"
            % (MAIN[6:], b"'http://schemas.openxmlformats.org/officeDocument/2006/relationships'"),
            RELATIONS: (
                b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
                b"<!-- <Relationship Id='a' Target='worksheets/sheet2.xml'/> -->"
                b"<Relationship Target='/xl/worksheets/sheet1.xml' Type='x/worksheet' Id='a'/>"
                b"<Relationship Type='x/worksheet' Id='b' Target='./worksheets/../worksheets/Sheet2.xml'/>"
                b"</Relationships>"
            ),
        },
    )  # fmt: skip
    assert read(content) == {'"1"': [("un", "#N/A")], "2": [("deux", "#N/A")]}


def test_beginnings_of_elements_in_a_comment_are_read_once():
    """Searched for by an expression, each of them was followed to the end: a minute for a file of 5 kB."""
    content = as_xlsx(LIST)
    for name, start in ((WORKBOOK, b"<sheet "), (RELATIONS, b"<Relationship ")):
        content = with_member(content, name, b"?>\n", b"?>\n<!-- %s-->" % (start * 200_000))
    assert read(content) == {"F0": list(map(tuple, LIST))}


def test_a_sheet_said_twice_is_refused():
    content = as_xlsx(LIST, sheets=2)
    assert code_of(with_member(content, WORKBOOK, b'name="F1"', b'name="F0"')) == "AVS-302"
    assert code_of(with_member(content, RELATIONS, b"sheet2.xml", b"SHEET1.xml")) == "AVS-302"
    assert code_of(with_member(content, RELATIONS, b'Id="rId2"', b'Id="rId1"')) == "AVS-302"
    assert code_of(ods(b"</table:table>", b"</table:table><table:table table:name='F'/>")) == "AVS-302"


def test_texts_numbers_and_dates_keep_their_meaning():
    rows = (
        b"<row r='3'><c r='A3' t='s'><f>X&amp;Y</f><v> 1 </v></c><c r='C3' s='1'><v>45000</v></c>"
        b"<c t='str'><v>a &lt; b</v></c><c t='b'><v>1</v></c><c><v>1.50</v></c></row>"
    )
    shared = (
        b"<si/><si><r><t>l'</t></r><r><t xml:space='preserve'>&#233;t</t></r><t>&amp;</t>"
        b"<rPh><t>n</t></rPh></si>"
    )
    styles = (
        b"<styleSheet %s><numFmts><numFmt formatCode='dd&quot;m &amp; s&quot;yy' numFmtId='200'/></numFmts>"
        b"<cellStyleXfs><xf numFmtId='1'/></cellStyleXfs>"
        b"<cellXfs><xf/><xf numFmtId='200'/></cellXfs></styleSheet>" % MAIN
    )
    content = xlsx(**{SHEET: sheet(rows), STRINGS: strings(shared), "xl/styles.xml": styles})
    filled = ("l'ét&", "", "2023-03-15", "a < b", "oui", "1.5")
    assert read(content)["F0"] == [("",) * 6, ("",) * 6, filled]


def test_another_encoding_is_understood_before_it_is_read():
    text = b"<?xml version='1.0' encoding='UTF-8'?>" + sheet(b"<row><c t='str'><v>\xc3\xa9</v></c></row>")
    wide = text.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert read(xlsx(**{SHEET: wide})) == {"F0": [("é",)]}


def test_the_copy_holds_nothing_of_the_members_but_what_is_read():
    extra = b"<row><c r='A1' onclick='q'><f>HYPERLINK(1)</f><v>1</v></c></row><!-- x --><x y='q'/>"
    content = xlsx(**{SHEET: sheet(extra), "xl/media/a.png": b"q", "xl/externalLinks/a.xml": b"q"})
    kept = io.BytesIO()
    copy_seen(Path("x"), io.BytesIO(content), len(content), kept)
    with zipfile.ZipFile(kept) as copy:
        assert {name for name in copy.namelist() if name not in ("_rels/.rels", STRINGS)} == {
            WORKBOOK, RELATIONS, SHEET, "xl/styles.xml"
        }  # fmt: skip
        inside = copy.read(SHEET).partition(b"<sheetData>")[2]
    assert inside == b'<row><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
