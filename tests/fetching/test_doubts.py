"""What a service gives that could be read but is not likely, and what is asked without being meant."""

from __future__ import annotations

import json
import os
import time

import pytest

from avs_coverage import cache
from tests.fetching.helpers import fetch, files
from tools.stand_in import content

POPULATIONS = "/departements/03/communes?fields=code,nom,population&format=json"
MAIRIES = "/departements/03/communes?fields=code,nom,centre,mairie&format=json"


def some(count, **values):
    """Give the first communes other values."""
    return lambda rows: [{**row, **(values if rank < count else {})} for rank, row in enumerate(rows)]


def rotated(rows):
    numbers = [row["population"] for row in rows]
    return [
        {**row, "population": number} for row, number in zip(rows, numbers[1:] + numbers[:1], strict=True)
    ]


def one_more(rows):
    return [{**row, "population": row["population"] + 150_000 * (row["code"] == "03001")} for row in rows]


def answer(path, change):
    body, headers = content(path)
    return lambda one: one.give(200, json.dumps(change(json.loads(body))).encode(), headers)


@pytest.mark.parametrize("change", [some(40, population=0), rotated, one_more, some(100, population=90_000)])
def test_inhabitants_given_to_the_wrong_communes_are_refused(run, stand, tmp_path, change):
    stand.plan.append(answer(POPULATIONS, change))
    done = fetch(run, stand, "populations", "allier")
    told = done.stderr.decode()
    assert (done.returncode, "n'est pas vraisemblable" in told) == (3, True), told
    assert not files(tmp_path)


def test_a_few_communes_may_change_much_as_mergers_do(run, stand):
    stand.plan.append(answer(POPULATIONS, some(15, population=900)))
    done = fetch(run, stand, "populations", "allier")
    assert done.returncode == 0, done.stderr.decode()


def test_a_mairie_in_a_hundred_is_not_the_mairies(run, stand):
    def few(rows):
        return [
            {**row, "mairie": row["mairie"] if rank < 3 else row["centre"]} for rank, row in enumerate(rows)
        ]

    stand.plan.append(answer(MAIRIES, few))
    done = fetch(run, stand, "mairies", "allier")
    assert (done.returncode, "3 mairies sur 317" in done.stderr.decode()) == (3, True)


def features(change):
    def give(one):
        body, headers = content(one.path)
        said = json.loads(body)
        one.give(200, json.dumps({**said, "features": list(map(change, said["features"]))}).encode(), headers)

    return give


def shrunk(feature):
    lon, lat = feature["geometry"]["coordinates"][0][0][:2]
    if isinstance(lon, list):  # several polygons
        lon, lat = lon
    ring = [[lon, lat], [lon + 1e-4, lat], [lon + 1e-4, lat + 1e-4], [lon, lat]]
    return {**feature, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_contours_of_another_size_are_refused(run, stand, tmp_path):
    stand.plan.append(features(shrunk))
    done = fetch(run, stand, "communes", "allier")
    told = done.stderr.decode()
    assert (done.returncode, "ont une autre superficie" in told) == (3, True), told
    assert not files(tmp_path)


def test_what_the_loader_warns_of_is_said_when_it_is_fetched(run, stand):
    def lacking(feature):
        point = {"type": "Point", "coordinates": [3.3, 46.5]}
        return feature if feature["properties"]["code"] > "03004" else {**feature, "geometry": point}

    stand.plan.append(features(lacking))
    done = fetch(run, stand, "communes", "allier")
    told = done.stderr.decode()
    assert done.returncode == 0, told
    assert "à savoir : 4 communes du territoire sans contour" in told


def test_a_refusal_names_neither_a_file_that_is_not_kept_nor_an_option_nobody_typed(run, stand):
    stand.plan.append(answer(POPULATIONS, some(3, population="x")))
    told = fetch(run, stand, "populations", "allier").stderr.decode()
    assert told.startswith("erreur AVS-717")
    assert told.count("erreur") == 1
    assert ".new." not in told
    assert "--population" not in told


@pytest.mark.full
def test_the_territory_of_a_file_of_the_country_is_read_all_the_same(run, stand):
    assert fetch(run, stand, "qpv-2024", "zzzz").returncode == 4
    assert stand.asked == []
    done = fetch(run, stand, "qpv-2024", "allier")
    assert (done.returncode, "vaut pour toute la France" in done.stderr.decode()) == (0, True)
    done = run("data", "clear", "qpv-2024", "allier")
    assert (done.returncode, b"AVS-203" in done.stderr) == (2, True)
    assert "aucune ; pour toute la France, avs-coverage data clear qpv-2024" in done.stderr.decode()
    assert run("data", "clear", "qpv-2024").returncode == 0


@pytest.mark.parametrize(("said", "code"), [("0", 0), ("non", 0), ("", 0), ("1", 2), ("oui", 2), ("x", 2)])
def test_the_variable_that_forbids_the_network_forbids_unless_it_says_no(run, stand, monkeypatch, said, code):
    monkeypatch.setenv("AVS_COVERAGE_OFFLINE", said)
    assert fetch(run, stand, "populations", "allier").returncode == code
    assert bool(stand.asked) == (code == 0)


def test_an_empty_mirror_is_not_the_official_machine(run, tmp_path):
    (tmp_path / "liste.csv").write_text("nom;adresse\nA;1 rue X\n", encoding="utf-8")
    for words in (("fetch", "populations", "allier"), ("geocode", "liste.csv", "-o", "s.csv")):
        done = run("data", *words, "--mirror", "")
        assert (done.returncode, b"AVS-203" in done.stderr) == (2, True), done.stderr.decode()


def test_a_proxy_that_does_not_answer_is_named(run, stand, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", "http://localhost:9")
    told = fetch(run, stand, "populations", "allier").stderr.decode()
    assert "127.0.0.1 ne répond pas (connexion refusée, par le proxy localhost)" in told


def test_whoever_reads_the_file_before_can_go_on_for_an_hour(run, stand, tmp_path):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    first = cache.find("populations", "03")
    long_ago = time.time() - 100_000
    os.utime(first.path, (long_ago, long_ago))
    for rank in (1, 2):
        stand.plan.append(answer(POPULATIONS, some(rank, population=500)))
        assert fetch(run, stand, "populations", "allier").returncode == 0
        assert first.path.exists()  # as old as its replacement, not as its download
    assert len(list((tmp_path / "cache").glob("*.csv"))) == 3
    os.utime(first.path, (long_ago, long_ago))
    stand.plan.append(answer(POPULATIONS, some(3, population=500)))
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert not first.path.exists()
    assert run("data", "clear").returncode == 0
    assert not files(tmp_path)


@pytest.mark.full
def test_a_file_that_cannot_serve_for_want_of_mayotte_is_said(run, stand, tmp_path):
    assert fetch(run, stand, "insee-populations").returncode == 0
    for territory, told in (("976", True), ("allier", False)):
        done = run("communes", territory)
        assert (done.returncode, b"AVS-945" in done.stderr) == (0, told), done.stderr.decode()
    said = json.loads(run("communes", "976", "--json").stdout)
    assert "AVS-945" in [one["code"] for one in said["avertissements_fichiers"]]
    assert fetch(run, stand, "populations", "976").returncode == 0
    assert b"AVS-945" not in run("communes", "976").stderr
