"""``data geocode`` against a geocoder on loopback that answers like the official one, and misbehaves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import find_territory_name, geocoding, load_structures
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.geocoding import COLUMNS, RESULTS, SENT, Judge, laid_out
from avs_coverage.loaders.addresses import Address, Listed, read_addresses
from avs_coverage.loaders.table_file import Row, read_rows
from tests.fetching.helpers import cut_chunk, status
from tools.stand_in import form_of, geocoded

HEADER = "Nom;Type;Adresse;CP;Commune;Code INSEE;Téléphone;Note"
LIST = f"""Structures de l'Allier;;;;;;;
{HEADER}
CS Moulins;CS;12 rue du Test;3000;Moulins;3190;+33 4 70 00 00 00;a
EVS Vichy;EVS;rue sans numéro;03200;Vichy;;;-1,5
CS Paris;CS;3, rue X;75018;Paris;75118;;"deux
lignes"
;;;;;;;
CS Lost;CS;;03000;Moulins;03190;;
CS Cedex;CS;5 place Y;03005 CEDEX;Moulins;03190;;=1+1
CS Mairie;CS;Mairie;03000;Moulins;03190;;
CS Again;CS;12 rue du Test;03000;Moulins;03190;;
TOTAL;;;;;;7;
"""


@pytest.fixture
def listed(tmp_path) -> Path:
    path = tmp_path / "liste.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def geocode(run, stand, listed, *words):
    return run("data", "geocode", str(listed), "-o", "sortie.csv", "--mirror", stand.url, *words)


def records(path):
    """Return the rows of a written list, by header, and the number of rows in all."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=";"))
    at = next(i for i, row in enumerate(rows) if "geocodage_avis" in row)
    return [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]], len(rows)


def cells(path):
    return [row.cells for row in read_rows(path)]


def sent(stand):
    return form_of(stand.asked[-1][1]["Content-Type"], stand.posted[-1])


def test_each_row_is_judged_and_the_list_stays_as_it_was(run, stand, listed, tmp_path):
    done = geocode(run, stand, listed)
    assert done.returncode == 0, done.stderr.decode()
    found, total = records(tmp_path / "sortie.csv")
    assert total == len(cells(listed))
    assert [(one["Nom"], one["geocodage_avis"], one["geocodage_motif"]) for one in found] == [
        ("CS Moulins", "accepte", "numéro trouvé"),
        ("EVS Vichy", "a_verifier", "voie trouvée, non le numéro"),
        ("CS Paris", "accepte", "numéro trouvé"),
        ("", "", ""),
        ("CS Lost", "non_envoye", "pas d'adresse"),
        ("CS Cedex", "accepte", "numéro trouvé"),
        ("CS Mairie", "refuse", "seule la commune est trouvée"),
        ("CS Again", "accepte", "numéro trouvé"),
        ("TOTAL", "non_envoye", "pas d'adresse"),
    ]
    assert {bool(one["longitude"]) for one in found if one["geocodage_avis"] == "accepte"} == {True}
    assert {one["longitude"] + one["latitude"] for one in found if one["geocodage_avis"] != "accepte"} == {""}
    assert (found[0]["geocodage_score"], found[0]["geocodage_type"]) == ("0,93", "housenumber")
    width = len(HEADER.split(";"))
    assert [row[:width] for row in cells(tmp_path / "sortie.csv")] == cells(listed)
    told = done.stderr.decode()
    assert "9 lignes" not in told
    assert "8 lignes : 4 acceptées, 1 à vérifier, 1 refusée, 2 non envoyées, 0 déjà située" in told


def test_what_leaves_is_said_before_it_does_and_is_nothing_else(run, stand, listed):
    done = geocode(run, stand, listed)
    told = done.stderr.decode().splitlines()
    assert told[0] == f"5 adresses quittent cet ordinateur pour {stand.url}/geocodage/search/csv"
    assert "ni nom, ni contact" in told[1]
    form = sent(stand)
    assert form["data"][0].splitlines() == [
        "adresse;code_postal;code_insee",
        "12 rue du Test;03000;03190",
        "rue sans numéro;03200;03310",
        "3, rue X;75018;75118",
        "5 place Y;;03190",
        "Mairie;03000;03190",
    ]
    assert (form["columns"], form["postcode"], form["citycode"]) == (
        ["adresse"],
        ["code_postal"],
        ["code_insee"],
    )
    assert form["result_columns"] == list(RESULTS)
    assert b"Moulins" not in stand.posted[0]
    assert b"+33" not in stand.posted[0]
    # A service that cannot be reached: what was to leave is said all the same, nothing is written.
    stand.always = status(403)
    done = geocode(run, stand, listed, "--force")
    assert done.stderr.decode().startswith("5 adresses quittent")
    assert (done.returncode, b"AVS-711" in done.stderr) == (3, True)


def test_the_written_list_is_read_at_once_with_its_points(run, stand, listed, tmp_path):
    assert geocode(run, stand, listed).returncode == 0
    before = load_structures(listed, find_territory_name("allier"))
    after = load_structures(tmp_path / "sortie.csv", find_territory_name("allier"))
    assert len(after.structures) == len(before.structures) == 7
    assert [one.name for one in after.structures if one.has_point] == [
        "CS Moulins", "CS Paris", "CS Cedex", "CS Again",
    ]  # fmt: skip
    near = after.structures[0]
    moulins = Gazetteer().get("03190")
    assert abs(near.x_m - moulins.x_m - 500) < 1
    assert [f.code for f in after.set_aside] == [f.code for f in before.set_aside]
    done = run("structures", "allier", "--structures", "sortie.csv")
    assert done.returncode == 0, done.stderr.decode()


def test_a_second_run_sends_only_what_has_no_place_and_keeps_the_rest(run, stand, listed, tmp_path):
    assert geocode(run, stand, listed).returncode == 0
    done = run("data", "geocode", "sortie.csv", "-o", "encore.csv", "--mirror", stand.url)
    assert done.returncode == 0, done.stderr.decode()
    assert len(sent(stand)["data"][0].splitlines()) == 3
    first, again = (records(tmp_path / name)[0] for name in ("sortie.csv", "encore.csv"))
    assert first == again
    assert "4 déjà situées" in done.stderr.decode()


def test_coordinates_of_the_list_are_never_replaced(run, stand, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text(
        "nom;type;adresse;code_insee;lat;lon\nA;CS;1 rue A;03190;46,5;3,3\nB;CS;1 rue A;03190;;\n"
        "C;CS;1 rue A;03190;;3,3\n",
        encoding="utf-8",
    )
    assert geocode(run, stand, path).returncode == 0
    found, _ = records(tmp_path / "sortie.csv")
    assert [one["geocodage_avis"] for one in found] == ["deja_situe", "accepte", "deja_situe"]
    assert (found[0]["lat"], found[0]["lon"], found[2]["lat"]) == ("46,5", "3,3", "")
    assert found[1]["lat"]
    assert found[1]["lon"]
    assert "longitude" not in found[0]


def test_a_workbook_and_own_headers(run, stand, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["lib", "Type", "ou", "ville", "insee"])
    book.active.append(["A", "CS", "1 rue A", "Moulins", 3190])
    book.save(tmp_path / "liste.xlsx")
    done = geocode(run, stand, tmp_path / "liste.xlsx")
    assert (done.returncode, b"AVS-303" in done.stderr) == (3, True)
    assert stand.asked == []
    done = geocode(run, stand, tmp_path / "liste.xlsx", "--map", "adresse=ou,nom=lib")
    assert done.returncode == 0, done.stderr.decode()
    (one,), _ = records(tmp_path / "sortie.csv")
    assert (one["ou"], one["lib"], one["geocodage_avis"]) == ("1 rue A", "A", "accepte")
    done = geocode(run, stand, tmp_path / "liste.xlsx", "--map", "place=ou", "--force")
    assert (done.returncode, b"AVS-211" in done.stderr) == (2, True)


# What is refused before anything leaves.


def test_nothing_leaves_where_it_may_not_or_could_not_be_written(run, stand, listed, tmp_path):
    original = listed.read_bytes()
    (tmp_path / "autre.csv").write_text("x", encoding="utf-8")
    (tmp_path / "lien.csv").symlink_to(listed)
    for words, code, exit_code in (
        (("-o", "sortie.csv", "--offline"), "AVS-230", 2),
        (("-o", "liste.csv", "--force"), "AVS-504", 5),
        (("-o", "lien.csv", "--force"), "AVS-504", 5),
        (("-o", "autre.csv"), "AVS-501", 5),
        (("-o", "nulle/part.csv"), "AVS-502", 5),
        (("-o", "sortie.xlsx"), "AVS-203", 2),
        (("-o", "sortie.csv", "--mirror", "ftp://x"), "AVS-203", 2),
    ):
        given = words if "--mirror" in words else (*words, "--mirror", stand.url)
        done = run("data", "geocode", str(listed), *given)
        assert (done.returncode, code in done.stderr.decode()) == (exit_code, True), done.stderr.decode()
    for content, code in (
        ("nom;type;code_insee\nA;CS;03190\n", "AVS-303"),
        ("adresse;nom\nrue;A\n", "AVS-304"),
        (f"{HEADER}\nA;CS;1 rue A;;;03190;;;de trop\n", "AVS-306"),
    ):
        listed.write_text(content, encoding="utf-8")
        done = geocode(run, stand, listed)
        assert (done.returncode, code in done.stderr.decode()) == (3, True), done.stderr.decode()
    listed.write_bytes(original)
    assert stand.asked == []
    assert not (tmp_path / "sortie.csv").exists()


def test_a_list_without_an_address_to_place_asks_nobody(run, stand, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text(
        f"nom;adresse;code_insee\nA;;03190\nB;{'rue ' * 60};03190\nC;1 rue;99999\n", encoding="utf-8"
    )
    done = geocode(run, stand, path)
    assert (done.returncode, stand.asked) == (0, []), done.stderr
    found, _ = records(tmp_path / "sortie.csv")
    assert [one["geocodage_motif"] for one in found] == [
        "pas d'adresse", "adresse de plus de 200 caractères",
        "le code commune « 99999 » n'existe pas au COG 2026, ni depuis 2003",
    ]  # fmt: skip


# What the service gives, judged.

NOT_FOUND = "adresse introuvable dans la commune, avec ce code postal"
MOULINS, PARIS = "3.3345", "2.3522"
GOOD = {
    "longitude": MOULINS, "latitude": "46.5666", "result_score": "0.93", "result_type": "housenumber",
    "result_label": "12 Rue du Test 03000 Moulins", "result_citycode": "03190",
}  # fmt: skip
IN_PARIS = {**GOOD, "longitude": PARIS, "latitude": "48.8566", "result_citycode": "75118"}


def judged(answer, code="03190", arrondissement=""):
    commune = Gazetteer().get(code)
    address = Address("12 rue du Test", "", arrondissement or code)
    listed = Listed(Row(2, ("x",)), address, commune, arrondissement)
    return Judge().verdict(listed, {address: answer})


@pytest.mark.parametrize(
    ("change", "notice", "reason"),
    [
        ({}, "accepte", "numéro trouvé"),
        ({"result_score": "0.7"}, "accepte", "numéro trouvé"),
        ({"result_score": "1"}, "accepte", "numéro trouvé"),
        ({"result_score": "0.6999"}, "a_verifier", "score de 0,6999, moins de 0,7"),
        ({"result_score": "0.5"}, "a_verifier", "score de 0,5, moins de 0,7"),
        ({"result_score": "0.34", "result_status": "ok"}, "refuse", "score de 0,34, moins de 0,5"),
        ({"result_score": "1.2"}, "refuse", "score de 1,2, plus de 1"),
        ({"result_type": "street"}, "a_verifier", "voie trouvée, non le numéro"),
        ({"result_type": "locality"}, "a_verifier", "lieu-dit trouvé, non le numéro"),
        ({"result_type": "street", "result_score": "0.4"}, "refuse", "score de 0,4, moins de 0,5"),
        ({"result_type": "municipality"}, "refuse", "seule la commune est trouvée"),
        ({"result_type": "poi"}, "refuse", "type « poi » non connu"),
        ({"result_citycode": "03310"}, "refuse", "trouvée à Vichy (03310), non à Moulins (03190)"),
        ({"result_citycode": ""}, "refuse", "la réponse ne dit pas sa commune"),
        ({"result_score": "", "result_status": "ok"}, "refuse", NOT_FOUND),
        ({"result_score": "nan"}, "refuse", NOT_FOUND),
        ({"longitude": ""}, "refuse", NOT_FOUND),
        ({"longitude": "46.5666", "latitude": "3.3345"}, "refuse", "point trop loin de Moulins (03190)"),
        ({"result_status": "error"}, "accepte", "numéro trouvé"),
    ],
)  # fmt: skip
def test_an_answer_is_judged_by_score_type_and_commune_never_by_its_status(change, notice, reason):
    verdict = judged({**GOOD, **change})
    assert (verdict.notice, verdict.reason) == (notice, reason)
    assert (verdict.longitude is not None) == (notice == "accepte")


def test_arrondissements_are_their_commune_and_old_codes_todays():
    assert judged(IN_PARIS, "75056").notice == "accepte"
    assert judged(IN_PARIS, "75056", "75118").notice == "accepte"
    other = judged(IN_PARIS, "75056", "75115")
    assert (other.notice, other.reason) == ("a_verifier", "trouvée dans l'arrondissement 75118, non 75115")
    assert judged({**IN_PARIS, "result_citycode": "69381"}, "75056").notice == "refuse"
    # Annecy-le-Vieux (74011) is Annecy (74010) since 2017.
    annecy = {**GOOD, "longitude": "6.1294", "latitude": "45.8992", "result_citycode": "74011"}
    assert judged(annecy, "74010").notice == "accepte"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("1 rue A;75018;;75056", ("1 rue A", "75018", "")),
        ("1 rue A;69003;;69383", ("1 rue A", "69003", "69383")),
        ("1 rue A;;Marseille;", ("1 rue A", "", "")),
        ("1 rue A;20000;Ajaccio;", ("1 rue A", "20000", "2A004")),
        ("1 rue A;97400;Saint-Denis;", ("1 rue A", "97400", "97411")),
        ("1 rue A CEDEX 2;03005;;03190", ("1 rue A CEDEX 2", "", "03190")),
        ('"1 rue ""A""; bât | B";3000 ;;03190', ("1 rue A bât B", "03000", "03190")),
        ("1 rue A;;;74011", ("1 rue A", "", "74010")),
        ("1 rue A;;Saint-Denis;", "plusieurs"),
        ("#N/A;;;03190", "pas d'adresse"),
        ("1 rue A;;;", "ni code ni nom de commune"),
    ],
)  # fmt: skip
def test_what_is_sent_of_a_row(tmp_path, cells, expected):
    path = tmp_path / "liste.csv"
    path.write_text(f"adresse;code_postal;commune;code_insee\n{cells}\n", encoding="utf-8")
    (one,) = read_addresses(path).rows
    if isinstance(expected, tuple):
        assert (one.address.text, one.address.postcode, one.address.citycode) == expected
    else:
        assert one.address is None
        assert expected in one.reason


# What goes wrong with the service: each fault, the code that says it, and nothing written.


def answered(change):
    """Answer with the rightful table, changed: a list of rows, headers first."""

    def fault(one):
        body = one.rfile.read()
        rows = list(
            csv.reader(
                io.StringIO(geocoded(form_of(one.headers["Content-Type"], body)).decode()), delimiter=";"
            )
        )
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows(change(rows))
        one.give(200, text.getvalue().encode(), {"Content-Type": "text/csv"})

    return fault


def unsafe_redirect(one):
    one.give(307, b"", {"Location": f"http://localhost:{one.server.server_port}{one.path}"})


def half(one):
    body = geocoded(form_of(one.headers["Content-Type"], one.rfile.read()))
    one.send_response(200)
    one.send_header("Content-Length", str(len(body)))
    one.end_headers()
    one.wfile.write(body[: len(body) // 2])


FAULTS = {
    "400": (status(400), "AVS-711"),
    "413": (status(413), "AVS-711"),
    "429 for long": (status(429, Retry_After="3600"), "AVS-712"),
    "503": (status(503), "AVS-712"),
    "moved": (unsafe_redirect, "AVS-722"),
    "truncated": (half, "AVS-715"),
    "chunk cut": (cut_chunk, "AVS-715"),
    "a page": (status(200, b"<!DOCTYPE html><title>Connexion</title>"), "AVS-717"),
    "empty": (status(200, b""), "AVS-717"),
    "latin-1": (status(200, b"adresse;\xe9"), "AVS-717"),
    "not a table": (status(200, b'adresse;code_postal;"'), "AVS-723"),
    "a JSON": (status(200, b'{"code": 400}'), "AVS-723"),
    "too large": (status(200, b"x" * 3_100_000), "AVS-713"),
    "shuffled": (answered(lambda rows: [rows[0], *reversed(rows[1:])]), "AVS-723"),
    "a row less": (answered(lambda rows: rows[:-1]), "AVS-723"),
    "a row more": (answered(lambda rows: [*rows, rows[-1]]), "AVS-723"),
    "other addresses": (answered(lambda rows: [rows[0], *(["x", *row[1:]] for row in rows[1:])]), "AVS-723"),
    "columns moved": (answered(lambda rows: [row[::-1] for row in rows]), "AVS-723"),
    "no score": (answered(lambda rows: [row[:5] + row[6:] for row in rows]), "AVS-723"),
    "a column renamed": (
        answered(lambda rows: [["x" if cell == "result_type" else cell for cell in rows[0]], *rows[1:]]),
        "AVS-723",
    ),
    "a cell more": (answered(lambda rows: [rows[0], *([*row, "x"] for row in rows[1:])]), "AVS-723"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_ends_in_a_message_and_no_file(run, stand, short, listed, tmp_path, name):
    stand.always, code = FAULTS[name]
    done = geocode(run, stand, listed)
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert code in told
    assert "  aide : " in told
    assert "Traceback" not in told
    assert not (tmp_path / "sortie.csv").exists()
    if name == "moved":
        assert len(stand.posted) == 1


@pytest.mark.parametrize("plan", [[status(503), status(500)], [status(429, Retry_After="0")], [half]])
def test_what_passes_is_tried_again(run, stand, listed, tmp_path, plan):
    stand.plan += plan
    assert geocode(run, stand, listed).returncode == 0
    assert len(stand.posted) == len(plan) + 1
    assert len(set(records(tmp_path / "sortie.csv")[0][0])) > 1


def test_more_columns_a_bom_and_a_nonsense_ok_are_read_rightly(run, stand, listed, tmp_path):
    def change(rows):
        at = rows[0].index("result_score")
        nonsense = [[*row[:at], "0.34", *row[at + 1 :]] for row in rows[1:]]
        assert {row[-1] for row in nonsense} == {"ok"}
        return [["\ufeff" + rows[0][0], *rows[0][1:], "more"], *([*row, "x"] for row in nonsense)]

    stand.always = answered(change)
    assert geocode(run, stand, listed).returncode == 0
    found, _ = records(tmp_path / "sortie.csv")
    assert {one["geocodage_avis"] for one in found} == {"refuse", "non_envoye", ""}
    assert {one["longitude"] for one in found} == {""}


def test_nothing_written_is_run_by_a_spreadsheet_and_numbers_stay_numbers(run, stand, listed, tmp_path):
    def change(rows):
        at = rows[0].index("result_label")
        return [rows[0], *([*row[:at], "=HYPERLINK(1)", *row[at + 1 :]] for row in rows[1:])]

    stand.always = answered(change)
    assert geocode(run, stand, listed).returncode == 0
    found, _ = records(tmp_path / "sortie.csv")
    assert found[0]["geocodage_adresse"] == "'=HYPERLINK(1)"
    assert (found[5]["Note"], found[1]["Note"]) == ("'=1+1", "-1,5")


def test_long_lists_go_by_batches_each_address_once(run, stand, tmp_path, monkeypatch):
    monkeypatch.setattr(geocoding, "BATCH", 4)
    rows = [f"N{i};CS;{i % 10} rue A;03190" for i in range(25)]
    (tmp_path / "liste.csv").write_text("\n".join(["nom;type;adresse;code_insee", *rows]), encoding="utf-8")
    assert geocode(run, stand, tmp_path / "liste.csv").returncode == 0
    sizes = [len(form_of(asked[1]["Content-Type"], body)["data"][0].splitlines()) - 1
             for asked, body in zip(stand.asked, stand.posted, strict=True)]  # fmt: skip
    assert sizes == [4, 4, 2]
    found, _ = records(tmp_path / "sortie.csv")
    assert [one["nom"] for one in found] == [f"N{i}" for i in range(25)]
    # A failure of the last batch: nothing of the first ones is written.
    stand.plan += [answered(lambda rows: rows), answered(lambda rows: rows), status(403)]
    (tmp_path / "sortie.csv").unlink()
    assert geocode(run, stand, tmp_path / "liste.csv").returncode == 3
    assert not (tmp_path / "sortie.csv").exists()


def test_the_catalogue_shows_the_service_and_fetches_no_file_of_it(run, stand):
    catalogue = run("data", "list").stdout.decode()
    assert "https://data.geopf.fr/geocodage/search/csv" in catalogue
    for command in ("fetch", "clear"):
        done = run("data", command, "geocodage")
        assert (done.returncode, b"AVS-203" in done.stderr) == (2, True)
    assert json.loads(run("data", "info", "--json").stdout)["fichiers"] == []


# Whatever the list and the answers, no row is lost, and no cell changes.

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs", "Cc")), max_size=8
)
ADDRESS = st.one_of(st.sampled_from(["1 rue A", "rue B", "", "2 rue A"]), TEXT)
CODES = st.sampled_from(["03190", "3310", "75118", "99999", ""])
PLACES = st.sampled_from(["", "", "3,3"])
LISTS = st.lists(st.tuples(TEXT, ADDRESS, CODES, PLACES, TEXT), max_size=8)
ANSWERS = st.fixed_dictionaries(
    {
        "longitude": st.sampled_from([MOULINS, PARIS, "", "x"]),
        "latitude": st.sampled_from(["46.5666", "48.8566", "inf"]),
        "result_score": st.one_of(st.floats(-1, 2).map(str), st.sampled_from(["", "nan", "0.93"])),
        "result_type": st.sampled_from(["housenumber", "street", "municipality", "", "x"]),
        "result_label": TEXT,
        "result_citycode": st.sampled_from(["03190", "75118", "", "x"]),
    }
)


@pytest.mark.full
@given(LISTS, st.lists(ANSWERS, min_size=8, max_size=8))
@settings(max_examples=120)
def test_no_row_is_lost_and_no_cell_changes(tmp_path_factory, rows, answers):
    path = tmp_path_factory.mktemp("list") / "liste.csv"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerows([("nom", "adresse", "code_insee", "longitude", "note"), *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    listing = read_addresses(path)
    judge = Judge()
    given_answers = dict(zip(listing.addresses, answers, strict=False))
    verdicts = [judge.verdict(one, given_answers) for one in listing.rows]
    out = path.with_name("sortie.csv")
    out.write_bytes(geocoding.csv_bytes(laid_out(listing, verdicts)))
    before, after = read_rows(path), read_rows(out)
    assert len(after) == len(before)
    assert {len(row.cells) for row in after} == {len(before[0].cells) + 1 + len(COLUMNS)}
    for old, new, verdict in zip(before[1:], after[1:], verdicts, strict=True):
        cells = [*old.cells, *[""] * 5][:5]
        if verdict.notice == "accepte":
            assert cells[3] == ""
            cells[3] = new.cells[3]
            assert verdict.score >= 0.7
            assert verdict.kind == "housenumber"
        assert list(new.cells[:5]) == cells
    assert SENT == ("adresse", "code_postal", "code_insee")
