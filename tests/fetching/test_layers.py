"""What is fetched stands in for the embedded layer, and every output says so."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from avs_coverage import cache, official_sources
from tests.fetching.helpers import fetch, files, status
from tools.stand_in import admin_express, commune_layer, content


@pytest.mark.full
@pytest.mark.parametrize(
    ("words", "layer"),
    [
        (("communes", "allier"), "contours : communes-03."),
        (("populations", "allier"), "population : populations-03."),
        (("insee-populations",), "population : insee-populations-france."),
        (("qpv-2024",), "QPV : qpv-2024-france."),
        (("admin-express",), "contours : admin-express-france."),
    ],
)  # fmt: skip
def test_a_fetched_layer_stands_in_and_every_output_says_so(run, stand, words, layer):
    done = fetch(run, stand, *words)
    assert done.returncode == 0, done.stderr.decode()
    page = run("report", "allier", "--date", "2025").stdout.decode()
    (line,) = [line for line in page.splitlines() if layer in line and line.startswith("! ")]
    assert "Donnée téléchargée à la place de la donnée embarquée" in line
    assert "de 127.0.0.1" in line
    record = json.loads(run("report", "allier", "--date", "2025", "--json").stdout)
    assert (
        any(layer in text and "téléchargé le" in text for text in record["couches_utilisateur"])
        if "couches_utilisateur" in record
        else layer in json.dumps(record, ensure_ascii=False)
    )
    # The user's own file, and a cleared cache, come before it.
    assert run("data", "clear", words[0]).returncode == 0
    assert layer not in run("report", "allier", "--date", "2025").stdout.decode()


def test_the_figures_are_those_of_the_fetched_file(run, stand):
    stand.plan.append(lambda one: one.give(200, *changed_populations()))
    assert fetch(run, stand, "populations", "allier").returncode == 0
    record = json.loads(run("report", "allier", "--json").stdout)
    assert record["territoire"]["population"] == 333_298 + 317 * 7


def changed_populations():
    body, headers = content("/departements/03/communes?fields=code,nom,population&format=json")
    rows = [{**row, "population": row["population"] + 7} for row in json.loads(body)]
    return json.dumps(rows).encode(), headers


@pytest.mark.full
def test_the_bpe_keeps_two_types_and_is_a_list_that_the_user_gives(run, stand):
    done = fetch(run, stand, "bpe")
    assert done.returncode == 0
    path = next(line for line in done.stderr.decode().splitlines() if line.startswith("reçu : "))[7:]
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    assert {line.split(";")[2] for line in lines[1:]} == {"D506", "D508"}
    assert "BOULANGERIE" not in Path(path).read_text(encoding="utf-8")
    assert "bpe" not in run("report", "allier").stdout.decode()
    assert "CS D'ESSAI" in run("structures", "allier", "--structures", path).stdout.decode()


@pytest.mark.full
def test_a_region_is_fetched_by_its_departements_and_a_country_is_refused(run, stand):
    assert fetch(run, stand, "populations", "corse").returncode == 0
    assert [path.split("/")[2] for path, _ in stand.asked] == ["2A", "2B"]
    assert "populations-region-94." in run("report", "corse").stdout.decode()
    assert "populations-region-94." in run("report", "2A").stdout.decode()
    assert "populations-region-94." not in run("report", "allier").stdout.decode()
    assert fetch(run, stand, "populations", "2A").returncode == 0  # the nearest one first
    assert "populations-2A." in run("report", "2A").stdout.decode()
    assert "populations-region-94." in run("report", "2B").stdout.decode()
    done = fetch(run, stand, "communes", "france")
    assert (done.returncode, b"AVS-231" in done.stderr) == (2, True)
    assert fetch(run, stand, "communes").returncode == 2


def test_offline_asks_nobody_and_a_report_never_does(run, stand):
    done = run("data", "fetch", "communes", "allier", "--offline", "--mirror", stand.url)
    assert (done.returncode, b"AVS-230" in done.stderr) == (2, True)
    run("report", "allier")
    assert stand.asked == []


@pytest.mark.parametrize("words", [("report", "240300491"), ("history", "240300491", "--from", "2020")])
def test_offline_forbids_the_osrm_server_too(run, stand, monkeypatch, words):
    asked = (*words, "--rule", "travel-time:15min", "--osrm", stand.url)
    done = run(*asked, "--offline")
    assert (done.returncode, b"AVS-230" in done.stderr) == (2, True), done.stderr.decode()
    monkeypatch.setenv("AVS_COVERAGE_OFFLINE", "1")
    done = run(*asked)
    assert (done.returncode, b"AVS-230" in done.stderr) == (2, True), done.stderr.decode()
    assert fetch(run, stand, "populations", "allier").returncode == 2
    assert run("report", "240300491", "--rule", "radius:5km").returncode == 0
    assert stand.asked == []


def test_offline_forbids_what_a_manifest_or_a_study_would_ask(run, stand, tmp_path):
    (tmp_path / "et").mkdir()
    text = f"territoire = 'allier'\nregle = 'travel-time:15min'\nosrm = '{stand.url}'\n"
    (tmp_path / "et" / "avs.toml").write_text(text, encoding="utf-8")
    assert run("export", "allier", "-o", "out", "--format", "json").returncode == 0
    path = tmp_path / "out" / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["options"]["osrm"] = stand.url
    path.write_text(json.dumps(record), encoding="utf-8")
    for words in (("report", "./et"), ("replay", "out/manifest.json")):
        done = run(*words, "--offline")
        assert (done.returncode, b"AVS-230" in done.stderr) == (2, True), done.stderr.decode()
    assert stand.asked == []


def test_a_file_of_the_user_passes_for_no_fetched_one(run, stand, tmp_path):
    """Neither by its name, nor by a record that stands beside it."""
    assert fetch(run, stand, "populations", "allier").returncode == 0
    (record,) = cache.records()
    forged = tmp_path / "recu" / "pop, téléchargé le 26-11-2026 de www.insee.fr.csv"
    forged.parent.mkdir()
    forged.write_bytes(record.path.read_bytes())
    (forged.parent / record.file).write_bytes(record.path.read_bytes())
    beside = tmp_path / "cache" / "populations-03.record.json"
    (forged.parent / beside.name).write_bytes(beside.read_bytes())
    for path in (forged, forged.parent / record.file):
        page = run("report", "allier", "--population", str(path)).stdout.decode()
        assert "Donnée de l'utilisateur à la place de la donnée embarquée" in page
        assert "Donnée téléchargée" not in page
        said = json.loads(run("report", "allier", "--population", str(path), "--json").stdout)
        (layer,) = said["sources"]["couches_utilisateur"]
        assert ("téléchargé le" in layer) == layer.endswith(" (fichier de l'utilisateur)")
    assert "Donnée téléchargée" in run("report", "allier", "--population", str(record.path)).stdout.decode()


def test_info_and_list_and_clear(run, stand, tmp_path):
    assert "Rien n'a été téléchargé" in run("data", "info").stdout.decode()
    assert fetch(run, stand, "populations", "allier").returncode == 0
    told = json.loads(run("data", "info", "--json").stdout)
    (one,) = told["fichiers"]
    assert (one["nom"], one["portee"], one["etat"], one["licence"]) == (
        "populations",
        "03",
        "entier",
        "Licence Ouverte 2.0",
    )
    (tmp_path / "cache" / one["fichier"]).write_text("x", encoding="utf-8")
    assert "son empreinte n'est plus la même" in run("data", "info").stdout.decode()
    done = run("report", "allier")
    assert (done.returncode, b"AVS-720" in done.stderr) == (3, True)
    assert b"avs-coverage data fetch populations 03" in done.stderr
    assert run("data", "clear").returncode == 0
    assert files(tmp_path) == {}
    assert run("report", "allier").returncode == 0
    catalogue = run("data", "list").stdout.decode()
    for id, source in official_sources.sources().items():
        assert id in catalogue
        assert source.licence in catalogue
        assert source.address in catalogue


@pytest.mark.full
def test_an_export_with_fetched_layers_is_replayed_or_says_what_changed(run, stand, tmp_path, monkeypatch):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert run("export", "allier", "-o", "out", "--format", "csv,markdown").returncode == 0
    assert "Identique" in run("replay", "out/manifest.json").stdout.decode()
    with monkeypatch.context() as elsewhere:  # what stands in the cache alone is said to be fetched
        elsewhere.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "autre"))
        given = run("replay", "out/manifest.json", "--in", "cache")
        assert "Donnée « population »" in given.stdout.decode()
    path = tmp_path / "cache" / "populations-03.record.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, "fetched": "2020-01-02"}), encoding="utf-8")
    done = run("replay", "out/manifest.json")
    assert done.returncode == 6
    assert "Donnée « population »" in done.stdout.decode()
    assert "02/01/2020" in done.stdout.decode()
    assert run("data", "clear").returncode == 0
    done = run("replay", "out/manifest.json")
    assert (done.returncode, b"avs-coverage data info" in done.stderr) == (3, True)


@pytest.mark.parametrize("times", [0, 0.5, 10_000])
def test_inhabitants_that_are_not_likely_are_refused(run, stand, tmp_path, times):
    body, headers = content("/departements/03/communes?fields=code,nom,population&format=json")
    rows = [{**row, "population": int(row["population"] * times)} for row in json.loads(body)]
    stand.plan.append(lambda one: one.give(200, json.dumps(rows).encode(), headers))
    done = fetch(run, stand, "populations", "allier")
    assert (done.returncode, "n'est pas vraisemblable" in done.stderr.decode()) == (3, True)
    assert [name for name in files(tmp_path) if name.endswith(".csv")] == []


def test_half_the_contours_are_refused(run, stand, tmp_path):
    def half(one):
        body, headers = content(one.path)
        said = json.loads(body)
        said["features"] = said["features"][:150]
        one.give(200, json.dumps(said).encode(), headers)

    stand.plan.append(half)
    done = fetch(run, stand, "communes", "allier")
    assert (done.returncode, "150 communes sur 317" in done.stderr.decode()) == (3, True)


@pytest.mark.full
def test_every_file_of_an_export_says_what_was_fetched(run, stand, tmp_path):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    formats = "csv,json,html,markdown,svg,geojson,gpkg,parquet,xlsx,docx"
    assert run("export", "allier", "-o", "out", "--format", formats).returncode == 0
    silent = [path.name for path in (tmp_path / "out").iterdir() if not says(path, "téléchargé le ")]
    assert silent == ["structures.csv"]  # the list as it was given, to be read again


def says(path, text):
    if path.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(path) as archive:
            return any(text.encode() in archive.read(name) for name in archive.namelist())
    body = path.read_bytes()
    return text.encode() in body or json.dumps(text)[1:-1].encode() in body


def member(path, name):
    """Return the text of a member of what the stand-in gives."""
    with zipfile.ZipFile(io.BytesIO(content(path)[0])) as archive:
        return archive.read(name).decode()


def zipped(name, text):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()


def populations_where(kept, times=1):
    header, *lines = member("/x/ensemble.zip", "donnees_communes.csv").splitlines()
    rows = [line.split(";") for line in lines]
    changed = [[*row[:8], str(int(row[8]) * times), *row[9:]] for row in rows if kept(row[2])]
    return zipped("donnees_communes.csv", "\n".join([header, *map(";".join, changed)]))


def quarters_of(departements):
    name = "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson"
    said = json.loads(member("/x/942d4ee8-8142-4556-8ea1-335537ce1119", name))
    features = [one for one in said["features"] if one["properties"]["departement"] in departements]
    return zipped(name, json.dumps({**said, "features": features}))


def contours(change):
    return admin_express(change(commune_layer()))


def without_geometries_of_allier(frame):
    there = frame["code_insee_du_departement"] == "03"
    return frame.set_geometry(frame.geometry.where(~there, None))


DOUBTFUL = {
    "populations of one département": (
        "insee-populations", lambda: populations_where("03".__eq__), "317 communes sur 34 858",
    ),
    "populations, a tenth less": (
        "insee-populations", lambda: populations_where(lambda one: one[0] not in "56"), "sur 34 858",
    ),
    "populations doubled": (
        "insee-populations", lambda: populations_where(lambda one: True, 2), "136 188 560 habitants",
    ),
    "quarters of one département": ("qpv-2024", lambda: quarters_of({"03", "93"}), "2 départements à QPV"),
    "two structures": (
        "bpe",
        lambda: zipped("BPE25.csv", "\n".join(member("/BPE25.zip", "BPE25.csv").splitlines()[:4])),
        "2 équipements D506 et D508",
    ),
    "contours of one département": (
        "admin-express", lambda: contours(lambda one: one[one["code_insee"].str[:2] == "03"]), "317 communes",
    ),
    "codes without contours": ("admin-express", lambda: contours(without_geometries_of_allier), "AVS-355"),
    "points": (
        "admin-express",
        lambda: contours(lambda one: one.set_geometry(one.representative_point())),
        "AVS-352",
    ),
}  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_file_of_the_country_that_is_not_the_country_is_refused(run, stand, tmp_path, name):
    source, body, word = DOUBTFUL[name]
    stand.always = status(200, body())
    done = fetch(run, stand, source)
    told = done.stderr.decode().replace("\u202f", " ")
    assert done.returncode == 3, told
    assert "AVS-717" in told
    assert word in told
    assert "Traceback" not in told
    assert files(tmp_path) == {}
