"""Lists of structures: faults: the code, where, the value, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from avs_coverage.catalogue import CATALOGUE
from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from avs_coverage.loaders.table_file import read_rows
from tests.loaders.helpers import (
    ALLIER,
    AREAS,
    LIST,
    ROWS,
    THREE,
    said,
    workbook,
)

FAULTS = [
    ("binary", b"nom;type\0;code", None, [("AVS-302", 0, "", "")]),
    ("undefined in cp1252", b"nom;type;code_insee\n\x81\xe9;CS;03185", None, [("AVS-302", 0, "", "")]),
    ("odd UTF-16", b"\xff\xfenom", None, [("AVS-302", 0, "", "")]),
    ("empty", b"", None, [("AVS-302", 0, "", "")]),
    ("no header", "Alpha;CS;03185\n", None, [("AVS-303", 0, "", "")]),
    ("header after line 20", "\n" * 20 + f"{THREE}\nA;CS;03185\n", None, [("AVS-303", 0, "", "")]),
    ("no type", "nom;code_insee\nA;03185\n", None, [("AVS-304", 1, "type", "")]),
    (
        "neither type nor seat",
        "titre\nnom;note\nA;x\n",
        None,
        [("AVS-304", 2, "type", ""), ("AVS-304", 2, "code_insee", "")],
    ),
    ("no name", "type;commune\nCS;Vichy\n", None, [("AVS-304", 1, "nom", "")]),
    (
        "a column twice",
        "nom;type;code_insee;Libellé\nA;CS;03185;B\n",
        None,
        [("AVS-305", 1, "", "« nom » et « Libellé »")],
    ),
    ("a cell too many", f"{THREE}\nA;CS;03185;;x\n", None, [("AVS-306", 2, "E", "x")]),
    ("no row", f"{THREE}\n", None, [("AVS-307", 0, "", "")]),
    ("only rows set aside", f"titre\n{THREE}\n;;\nTotal;;\n", None, [("AVS-307", 0, "", "")]),
    ("no name in a row", f"{THREE}\n;CS;03185\n", None, [("AVS-311", 2, "nom", "")]),
    ("no type in a row", f"{THREE}\nA;;03185\n", None, [("AVS-312", 2, "type", "")]),
    ("unknown type", f"{THREE}\nA;MJC;03185\n", None, [("AVS-312", 2, "type", "MJC")]),
    ("status", f"{THREE};statut\nA;CS;03185;oui\n", None, [("AVS-313", 2, "statut", "oui")]),
    ("area", f"{THREE};zone\nA;CS;03185;totale\n", None, [("AVS-313", 2, "zone", "totale")]),
    ("seat quality", f"{THREE};siege\nA;CS;03185;sûr\n", None, [("AVS-313", 2, "siege", "sûr")]),
    ("yes or no", f"{THREE};acf\nA;CS;03185;bof\n", None, [("AVS-313", 2, "acf", "bof")]),
    ("name known", f"{THREE};nom_connu\nA;CS;03185;?\n", None, [("AVS-313", 2, "nom_connu", "?")]),
    ("code", f"{THREE}\nA;CS;99999\n", None, [("AVS-314", 2, "code_insee", "99999")]),
    ("code too long", f"{THREE}\nA;CS;031850\n", None, [("AVS-314", 2, "code_insee", "031850")]),
    ("former parent", f"{THREE}\nA;CS;60455\n", None, [("AVS-329", 2, "code_insee", "60455")]),
    ("name", "nom;type;commune\nA;CS;Vichi\n", None, [("AVS-315", 2, "commune", "Vichi")]),
    (
        "two communes of one name",
        f"{THREE};communes_desservies\nA;CS;35198;Moulins\n",
        None,
        [("AVS-316", 2, "communes_desservies", "Moulins")],
    ),
    (
        "no such day",
        f"{THREE};agrement_debut\nA;CS;03185;31/02/2022\n",
        None,
        [("AVS-317", 2, "agrement_debut", "31/02/2022")],
    ),
    (
        "no date",
        f"{THREE};fin agrément\nA;CS;03185;bientôt\n",
        None,
        [("AVS-317", 2, "agrement_fin", "bientôt")],
    ),
    (
        "end before start",
        f"{THREE};agrement_debut;agrement_fin\nA;CS;03185;2022;2021\n",
        None,
        [("AVS-318", 2, "agrement_fin", "2021")],
    ),
    (
        "end before start and before the first agreement",
        f"{THREE};premier_agrement;agrement_debut;agrement_fin\nA;CS;03185;2020;2020-01-01;2019-12-31\n",
        None,
        [("AVS-318", 2, "agrement_fin", "2019-12-31")],
    ),
    ("negative", f"{THREE};capacite\nA;CS;03185;-1\n", None, [("AVS-319", 2, "capacite", "-1")]),
    (
        "a half",
        f"{THREE};population_zone\nA;CS;03185;0,5\n",
        None,
        [("AVS-319", 2, "population_zone", "0,5")],
    ),
    (
        "not degrees",
        f"{THREE};longitude;latitude\nA;CS;03185;nan;1e999\n",
        None,
        [("AVS-319", 2, "longitude", "nan"), ("AVS-319", 2, "latitude", "1e999")],
    ),
    (
        "complete but empty",
        f"{THREE};zone\nA;CS;03185;complète\n",
        None,
        [("AVS-320", 2, "zone", "complète")],
    ),
    ("estimated but empty", f"{THREE};zone\nA;CS;03185;ESTIMEE\n", None, [("AVS-320", 2, "zone", "estimée")]),
    (
        "one id twice",
        "id;nom;type;code_insee\na;A;CS;03185\n\na;B;CS;03310\n",
        None,
        [("AVS-321", 4, "id", "a")],
    ),
    (
        "epci without a seat",
        f"{THREE};communes_desservies\nA;CS;;epci\n",
        None,
        [("AVS-322", 2, "communes_desservies", "")],
    ),
    (
        "epci of an island that has none",
        f"{THREE};communes_desservies\nA;CS;29083;epci\n",
        None,
        [("AVS-322", 2, "communes_desservies", "")],
    ),
    (
        "swapped coordinates",
        f"{THREE};longitude;latitude\nA;CS;03185;46,34;2,60\n",
        None,
        [("AVS-323", 2, "longitude", "46.34 ; 2.6")],
    ),
    (
        "Lambert 93",
        f"{THREE};longitude;latitude\nA;CS;03185;669705;6582430\n",
        None,
        [("AVS-323", 2, "longitude", "669705.0 ; 6582430.0")],
    ),
    (
        "another commune",
        f"{THREE};longitude;latitude\nA;CS;03185;3,4265;46,1278\n",
        None,
        [("AVS-323", 2, "longitude", "3.4265 ; 46.1278")],
    ),
    (
        "unknown QPV",
        f"{THREE};qpv\nA;CS;03185;QP999999\n",
        None,
        [("AVS-326", 2, "qpv_desservis", "QP999999")],
    ),
    (
        "malformed QPV",
        f"{THREE};qpv\nA;CS;03185;QP0|Presles\n",
        None,
        [("AVS-326", 2, "qpv_desservis", "QP0"), ("AVS-326", 2, "qpv_desservis", "PRESLES")],
    ),
    (
        "a longitude alone",
        f"{THREE};longitude;latitude\nA;CS;03185;2,60;\n",
        None,
        [("AVS-327", 2, "latitude", "")],
    ),
    ("a latitude alone", f"{THREE};longitude;latitude\nA;CS;;;46\n", None, [("AVS-327", 2, "longitude", "")]),
    ("a bar in an id", "id;nom;type;code_insee\na|b;A;CS;03185\n", None, [("AVS-328", 2, "id", "a|b")]),
    ("areas: no column", LIST, "structure\na\n", [("AVS-304", 1, "commune", "")]),
    ("areas: no header", LIST, "a;03185\n", [("AVS-303", 0, "", "")]),
    ("areas: unknown", LIST, f"{AREAS}\n\nGamma;03185\n", [("AVS-324", 3, "structure", "Gamma")]),
    ("areas: of two", LIST, f"{AREAS}\nbêta;03185\n", [("AVS-325", 2, "structure", "bêta")]),
    (
        "areas: communes",
        LIST,
        f"{AREAS}\na;99999\na;Vichi\na;\n",
        [
            ("AVS-314", 2, "commune", "99999"),
            ("AVS-315", 3, "commune", "Vichi"),
            ("AVS-337", 4, "commune", ""),
        ],
    ),
]


WARNINGS = [
    ("lost zero", f"{THREE}\nA;CS;3185\n", [("AVS-901", 2, "code_insee", "3185")]),
    ("lost zero, Excel text", f"{THREE}\nA;CS;3185.0\n", [("AVS-901", 2, "code_insee", "3185.0")]),
    ("arrondissement", f"{THREE}\nA;CS;75118\n", [("AVS-902", 2, "code_insee", "75118")]),
    ("no seat", f"{THREE}\nA;CS;\n", [("AVS-903", 2, "code_insee", "A")]),
    (
        "area without its seat",
        f"{THREE};communes_desservies\nA;CS;03185;03310\n",
        [("AVS-904", 2, "communes_desservies", "A")],
    ),
    ("name and code", f"{THREE};commune\nA;CS;03185;Vichy\n", [("AVS-905", 2, "commune", "Vichy")]),
    ("columns", f"Liste\n{THREE};adresse;;siret\nA;CS;03185;x;;y\n", [("AVS-906", 2, "", "adresse, siret")]),
    ("twice", f"{THREE}\nÉtoile;CS;03185\netoile;CS;03185\n", [("AVS-908", 3, "nom", "etoile")]),
    ("former code", f"{THREE}\nA;CS;01059\n", [("AVS-909", 2, "code_insee", "01059")]),
]


@pytest.mark.parametrize(
    ("content", "areas", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_says_what_where_and_what_to_do(refuse, content, areas, expected):
    faults = refuse(content, areas)
    assert said(faults) == expected
    for fault in faults:
        text = f"{fault.what} {fault.why} {fault.hint}"
        assert fault.hint.strip()
        assert "{" not in text
        assert Path(fault.file).name == ("liste.csv" if areas is None else "zones.csv")
        assert (f"ligne {fault.line}" in fault.where) == (fault.line > 0)
        assert fault.values.get("value", "") in text or fault.code == "AVS-311"


@pytest.mark.parametrize(("content", "expected"), [w[1:] for w in WARNINGS], ids=[w[0] for w in WARNINGS])
def test_a_warning_says_what_where_and_what_to_do_and_refuses_nothing(load, content, expected):
    found = load(content)
    assert said(found.warnings) == expected
    assert len(found) == found.rows_read > 0
    assert all(w.hint and "{" not in w.what + w.why + w.hint for w in found.warnings)


def test_every_fault_of_the_lists_is_made_by_some_file_here():
    made = {code for *_, faults in (*FAULTS, *WARNINGS) for code, *_ in faults}
    # No content, rows set aside: tested below; what is huge, or swells, in test_special_files.py and
    # test_growth.py; what changes meanwhile, in test_door.py.
    elsewhere = {"AVS-301", "AVS-308", "AVS-309", "AVS-310", "AVS-907"}
    wanted = {code for code in CATALOGUE if "AVS-301" <= code <= "AVS-329" or "AVS-901" <= code <= "AVS-909"}
    assert wanted - made == elsewhere


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent.csv", "introuvable"), (".", "dossier"), ("liste.csv/x.csv", "n'est pas un dossier")],
)
def test_a_path_that_is_no_file_is_refused_by_its_name(write, name, reason):
    path = write("x").parent / name
    with pytest.raises(InputError) as caught:
        read_rows(path)
    (fault,) = caught.value.faults
    assert (fault.code, fault.values["value"]) == ("AVS-301", str(path))
    assert reason in fault.what
    assert fault.hint


def test_a_file_without_the_right_to_read_is_refused(write, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    path = write("x")
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InputError) as caught:
        read_rows(path)
    assert "accès refusé" in caught.value.faults[0].what


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"nom;type;code_insee\nA;CS;03185\n", "liste.xlsx"),
        (b"", "liste.ods"),
        (b"PK\x05\x06" + bytes(18), "liste.xlsx"),
        (workbook(ROWS)[:2000], "liste.xlsx"),
        (workbook(ROWS)[:2000], "liste.csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "liste.xls"),
    ],
    ids=["CSV named XLSX", "empty ODS", "empty zip", "cut", "cut, named CSV", "hollow XLS"],
)
def test_what_is_no_workbook_is_refused(write, content, name):
    with pytest.raises(InputError) as caught:
        read_rows(write(content, name))
    assert [fault.code for fault in caught.value.faults] == ["AVS-302"]


TERRIBLE = """Structures du département
id;nom;type;code_insee;statut;zone;longitude;latitude;agrement_debut;agrement_fin;acf;capacite;desserte;qpv
a;;CS;03185
b;B;MJC;03185
c|d;C;CS;03185
e;E;CS;99999
f;F;CS;03185;peut-être
g;G;CS;03185;;complete
h;H;CS;03185;;;46,34;2,60

i;I;CS;03185;;;2,60;
j;J;CS;03185;;;est;46,34
k;K;CS;03185;;;;;31/02/2022
l;L;CS;03185;;;;;2022;2021
m;M;CS;03185;;;;;;;;-3
n;N;CS;03185;;;;;;;;;Vichi
o;O;CS;35198;;;;;;;;;Moulins
p;P;CS;;;;;;;;;;epci
a;Q;CS;03185
r;R;CS;03185;;;;;;;;;;QP999999
s;S;CS;03185;;;;;;;;;;;de trop
t;T;CS;60455
u;;CSS;99998;sûr;;;;;;bof
Total;21
v;V;CS;03185
""".replace("desserte", "communes_desservies")


TERRIBLE_FAULTS = [
    ("AVS-311", 3, "nom", ""),
    ("AVS-312", 4, "type", "MJC"),
    ("AVS-328", 5, "id", "c|d"),
    ("AVS-314", 6, "code_insee", "99999"),
    ("AVS-313", 7, "statut", "peut-être"),
    ("AVS-320", 8, "zone", "complète"),
    ("AVS-323", 9, "longitude", "46.34 ; 2.6"),
    ("AVS-327", 11, "latitude", ""),
    ("AVS-319", 12, "longitude", "est"),
    ("AVS-317", 13, "agrement_debut", "31/02/2022"),
    ("AVS-318", 14, "agrement_fin", "2021"),
    ("AVS-319", 15, "capacite", "-3"),
    ("AVS-315", 16, "communes_desservies", "Vichi"),
    ("AVS-316", 17, "communes_desservies", "Moulins"),
    ("AVS-322", 18, "communes_desservies", ""),
    ("AVS-321", 19, "id", "a"),
    ("AVS-326", 20, "qpv_desservis", "QP999999"),
    ("AVS-306", 21, "O", "de trop"),
    ("AVS-329", 22, "code_insee", "60455"),
    ("AVS-311", 23, "nom", ""),
    ("AVS-312", 23, "type", "CSS"),
    ("AVS-313", 23, "acf", "bof"),
    ("AVS-313", 23, "statut", "sûr"),
    ("AVS-314", 23, "code_insee", "99998"),
]


def test_all_faults_of_a_terrible_file_come_in_one_go_by_line(refuse):
    faults = refuse(TERRIBLE)
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)
    assert sorted(said(faults), key=lambda fault: (fault[1], fault)) == TERRIBLE_FAULTS


def test_a_terrible_workbook_has_the_same_faults_at_the_same_lines(write):
    rows = [line.split(";") for line in TERRIBLE.replace("de trop", "").splitlines()]
    with pytest.raises(InputError) as caught:
        load_structures(write(workbook(rows), "liste.xlsx"), ALLIER)
    assert sorted(said(caught.value.faults), key=lambda fault: (fault[1], fault)) == [
        fault for fault in TERRIBLE_FAULTS if fault[0] != "AVS-306"
    ]


def test_the_faults_of_both_files_come_in_one_go(refuse):
    listing = "id;nom;type;code_insee\na;A;CS;03185\nb;B;MJC;03310\n"
    faults = refuse(listing, f"{AREAS}\na;99999\n")
    assert sorted((f.file, *row[:3]) for f, row in zip(faults, said(faults), strict=True)) == [
        ("liste.csv", "AVS-312", 3, "type"),
        ("zones.csv", "AVS-314", 2, "commune"),
    ]


def test_an_unknown_commune_proposes_close_names_and_takes_none(refuse):
    (fault,) = refuse("nom;type;commune\nA;CS;St-Pourcin s. Sioule\n")
    assert "« St-Pourcin s. Sioule » est introuvable" in fault.what
    assert "Saint-Pourçain-sur-Sioule (03254)" in fault.hint
    assert "code INSEE" in fault.hint


def test_an_unknown_structure_of_the_areas_proposes_close_names(refuse):
    (fault,) = refuse(LIST, f"{AREAS}\nAlpa;03185\n")
    assert "Alpha" in fault.hint


def test_the_hint_for_an_unknown_structure_ends_well_where_no_name_is_close(refuse):
    (fault,) = refuse(LIST, f"{AREAS}\nzzzzzz;03185\n")
    assert not fault.hint.rstrip().endswith(";")


def test_a_commune_of_two_departements_is_never_chosen(refuse):
    (fault,) = refuse(f"{THREE};communes_desservies\nA;CS;35198;Moulins\n")
    assert fault.values["choices"] == "Moulins (03190), Moulins (35198)"


def test_braces_and_percents_in_a_value_are_printed_as_they_are(refuse):
    (fault,) = refuse(f"{THREE}\nA;{{0}} %s {{value}} {{;03185\n")
    assert fault.what == "le type « {0} %s {value} { » n'est pas reconnu"
