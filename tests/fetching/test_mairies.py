"""``data fetch mairies``: chefs-lieux and the structures that stand at them move together."""

from __future__ import annotations

import json
from math import hypot

import pytest

from avs_coverage import build_report, communes_access, find_territory_name, zones
from avs_coverage.errors import InputError
from avs_coverage.fetched import fetched_files
from avs_coverage.loaders.mairies import read_mairies
from avs_coverage.study import Files
from avs_coverage.territory import Territory
from tests.fetching.helpers import fetch, status
from tools.stand_in import content

PATH = "/departements/03/communes?fields=code,nom,centre,mairie&format=json"
MOULINS, VICHY = "03190", "03310"


def answer(change):
    """Answer with the rows of the service, each changed."""

    def fault(one):
        body, headers = content(PATH)
        one.give(200, json.dumps([change(row) for row in json.loads(body)]).encode(), headers)

    return fault


def moved(code, **points):
    return lambda row: {**row, **points} if row["code"] == code else row


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


def write(tmp_path, *rows, header="code;nom;longitude;latitude"):
    path = tmp_path / "mairies.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_chefs_lieux_and_the_structures_at_them_move_together(run, stand):
    name = find_territory_name("allier")
    before = build_report(name, "radius:5km")
    assert fetch(run, stand, "mairies", "allier").returncode == 0
    after = build_report(name, "radius:5km", files=fetched_files(name))
    old, new = before.coverage.territory.communes, after.coverage.territory.communes
    assert set(new["point_qualite"]) == {"mairie"}
    assert (new.dtypes == old.dtypes).all()
    assert (new["lon"] - old["lon"]).round(5).eq(0.01).all()
    shift = new["x_m"] - old["x_m"]
    assert shift.between(700, 800).all()  # 0.01 degree of longitude at 46.3° N: 770 m
    pairs = zip(before.coverage.inventory.structures, after.coverage.inventory.structures, strict=True)
    for one, other in pairs:
        if not one.seat:
            assert other == one
            continue
        assert not one.has_point
        here = new.loc[one.seat] if one.seat in new.index else None
        expected = (one.x_m, one.y_m) if here is None else (here["x_m"], here["y_m"])
        assert (other.x_m, other.y_m) == expected
        metres = hypot(other.x_m - one.x_m, other.y_m - one.y_m)
        assert other.position_error_m == pytest.approx(one.position_error_m + metres)
    assert any(s.seat in new.index for s in after.coverage.inventory.structures)
    # All moved alike: what is at hand is the same, to the metre that rounding moves.
    assert [f.numerator for f in before.figures] == [f.numerator for f in after.figures]


def test_one_mairie_moves_what_is_at_hand_by_access_rules_and_zones(run, stand, tmp_path):
    """A structure at Moulins without a point, the mairie of one commune moved beside it."""
    listed = tmp_path / "liste.csv"
    listed.write_text("nom;type;code_insee\nA;CS;03190\n", encoding="utf-8")
    name = find_territory_name("allier")
    there = Territory.of(name).rows
    vichy, far = there[VICHY], there["03101"]
    path = write(tmp_path, f"{MOULINS};Moulins;{there[MOULINS].lon + 0.05};{there[MOULINS].lat}")
    plain = build_report(name, "radius:5km", files=Files(structures=listed))
    here = build_report(name, "radius:5km", files=Files(structures=listed, mairies=path))
    for code in (MOULINS, vichy.Index, far.Index):
        metres = [communes_access(one.coverage, [code])[0].cs_far for one in (plain, here)]
        if code == MOULINS:
            assert metres == [0.0, 0.0]
        else:
            row = here.coverage.territory.rows
            expected = hypot(row[code].x_m - row[MOULINS].x_m, row[code].y_m - row[MOULINS].y_m)
            assert metres[1] == pytest.approx(expected, abs=0.01)
            assert metres[0] != metres[1]
    rank = here.coverage.territory.communes.index.get_loc(MOULINS)
    assert [one.coverage.status()[rank] for one in (plain, here)] == ["cs_seul", "cs_seul"]
    nearest = [{z.communes: z.distance_km for z in zones(one.coverage)} for one in (plain, here)]
    assert nearest[0] != nearest[1]


def test_every_output_says_it_and_clear_puts_the_embedded_points_back(run, stand):
    assert fetch(run, stand, "mairies", "allier").returncode == 0
    page = run("report", "allier").stdout.decode()
    (line,) = [line for line in page.splitlines() if line.startswith("! ") and "mairies-03." in line]
    assert "Donnée téléchargée à la place de la donnée embarquée — chefs-lieux : mairies-03." in line
    assert "317 communes à leur mairie, téléchargé le " in line
    made = json.loads(run("access", "allier", "--json").stdout)
    assert any("chefs-lieux : mairies-03." in text for text in made["couches_utilisateur"])
    made = json.loads(run("report", "allier", "--json").stdout)
    assert "téléchargé le" in made["sources"]["millesimes"]["chefs_lieux"]
    assert run("data", "clear", "mairies", "allier").returncode == 0
    assert "mairies-03." not in run("report", "allier").stdout.decode()
    # The other territories of the département have them, the region not.
    assert fetch(run, stand, "mairies", "allier").returncode == 0
    assert "mairies-03." in run("report", "200071363").stdout.decode()
    assert "mairies-03." not in run("report", "auvergne-rhone-alpes").stdout.decode()
    done = fetch(run, stand, "mairies", "france")
    assert (done.returncode, b"AVS-231" in done.stderr, b"admin-express" in done.stderr) == (2, True, False)


def test_an_export_records_the_file_and_is_replayed_from_it(run, stand, tmp_path):
    assert fetch(run, stand, "mairies", "allier").returncode == 0
    assert run("export", "allier", "--format", "csv", "-o", "sortie").returncode == 0
    record = json.loads((tmp_path / "sortie" / "manifest.json").read_text(encoding="utf-8"))
    (one,) = [one for one in record["entrees"] if one["role"] == "mairies"]
    assert "mairies-03." in one["fichier"]
    done = run("replay", "sortie/manifest.json")
    assert done.returncode == 0, done.stderr.decode()


def test_a_commune_without_a_mairie_keeps_its_point_and_is_said(run, stand):
    def change(row):
        if row["code"] == MOULINS:
            return {**row, "mairie": row["centre"]}  # what the service does of one that it does not know
        return {key: value for key, value in row.items() if key != "mairie" or row["code"] != VICHY}

    stand.plan.append(answer(change))
    assert fetch(run, stand, "mairies", "allier").returncode == 0
    done = run("report", "allier")
    assert "315 communes à leur mairie, 2 au point embarqué" in done.stdout.decode()
    told = done.stderr.decode()
    assert "AVS-944 : 2 communes sans mairie dans ce fichier : Moulins (03190) et Vichy (03310)" in told
    name = find_territory_name("allier")
    found = build_report(name, files=fetched_files(name)).coverage.territory
    embedded = Territory.of(name)
    columns = ["lon", "lat", "x_m", "y_m", "point_qualite"]
    for code in (MOULINS, VICHY):
        assert found.communes.loc[code, columns].tolist() == embedded.communes.loc[code, columns].tolist()
    assert found.mairies.keys() == embedded.codes - {MOULINS, VICHY}


@pytest.mark.full
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (answer(moved(MOULINS, mairie=point(2.35, 48.85))), "AVS-398", "mairie de Moulins (03190) est à 26"),
        (answer(moved(MOULINS, mairie=point(46.56, 3.33))), "AVS-398", "AVS-717"),
        (answer(moved(MOULINS, mairie=point("x", 3.33))), "AVS-319", "AVS-717"),
        (answer(lambda row: {**row, "mairie": row["centre"]}), "AVS-717", "seulement des centres"),
        (answer(lambda row: {k: v for k, v in row.items() if k != "mairie"}), "AVS-717", "aucune mairie"),
        (answer(lambda row: {k: v for k, v in row.items() if k != "centre"}), "AVS-717", "sans centre"),
        (answer(lambda row: {k: v for k, v in row.items() if k != "code"}), "AVS-717", "sans code"),
        (answer(lambda row: row["code"]), "AVS-717", "sans centre"),
        (answer(lambda row: {**row, "code": MOULINS}), "AVS-338", "AVS-717"),
        (answer(lambda row: {**row, "code": "039" + row["code"][3:]}), "AVS-314", "AVS-717"),
        (lambda one: one.give(200, *content(PATH.replace("/03/", "/48/"))), "AVS-355", "AVS-717"),
        (status(200, b"<html>Connexion</html>"), "AVS-717", "une page web"),
        (status(200, b"[]"), "AVS-717", "aucune commune"),
        (status(503), "AVS-712", "maintenant"),
    ],
    ids=[
        "elsewhere", "swapped", "a word", "centres", "no mairie", "no centre", "no code", "texts", "twice",
        "unknown codes", "other département", "a page", "empty", "503",
    ],
)  # fmt: skip
def test_what_is_not_mairies_is_refused_and_the_points_stay(run, stand, short, fault, code, words):
    stand.always = fault
    done = fetch(run, stand, "mairies", "allier")
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert code in told
    assert words in told
    assert "Traceback" not in told
    assert "mairies-03." not in run("report", "allier").stdout.decode()


def test_rows_of_elsewhere_and_of_former_communes_are_set_aside(tmp_path):
    there = Territory.find("74").rows
    row = there["74010"]
    # Annecy-le-Vieux (74011) is Annecy (74010) since 2017: its mairie is not that of Annecy.
    path = write(
        tmp_path,
        f"74011;Annecy-le-Vieux;{row.lon + 0.03};{row.lat}",
        f"74010;Annecy;{row.lon};{row.lat}",
        "03190;Moulins;3,33;46,56",
    )
    found = read_mairies(path, ["74010"])
    assert found.places["74010"][:2] == (row.lon, row.lat)
    assert sum(fault.rows for fault in found.set_aside) == 2
    with pytest.raises(InputError) as raised:
        read_mairies(write(tmp_path, "03190;Moulins;3,33;46,56"), ["74010"])
    assert [fault.code for fault in raised.value.faults] == ["AVS-355"]
