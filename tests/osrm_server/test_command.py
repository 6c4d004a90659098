"""The commands that ask an OSRM server: faults, addresses, proxies, study folders."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path

import pytest

from avs_coverage import UsageError, build_report, find_territory_name, osrm, osrm_server
from avs_coverage.osrm_server import parse_server, require_loopback
from avs_coverage.study import Files, RuleOptions, read_study
from tests.osrm_server.helpers import LOOPBACK, NEAR, Stand
from tests.worlds import structure, territory


@pytest.mark.full
@pytest.mark.parametrize(
    ("mode", "code", "requests", "words"),
    [
        ("500", "AVS-381", 3, "500"),
        ("html", "AVS-382", 1, "<html>"),
        ("array", "AVS-382", 1, "[1]"),
        ("NoSegment", "AVS-383", 1, "routes de tout le territoire"),
        ("TooBig", "AVS-383", 1, "--max-table-size"),
        ("shape", "AVS-384", 1, "au lieu de"),
        ("-1", "AVS-385", 1, ": -1"),
        ("closed", "AVS-380", 3, "connexion interrompue"),
        ("redirect", "AVS-381", 1, "302"),
    ],
)
def test_a_server_at_fault_ends_the_command(process, stand, mode, code, requests, words):
    stand.mode = mode
    result = process("report", "allier", "--rule", NEAR, "--osrm", stand.url, **LOOPBACK)
    said = result.stderr.decode()
    assert (result.returncode, result.stdout) == (3, b"")
    assert f"erreur {code} : " in said
    assert f"où : {stand.url}" in said
    assert "aide : " in said
    assert words in said
    assert len(stand.asked) == requests


@pytest.mark.full
def test_nobody_at_the_address_ends_the_command(process, stand):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = process("report", "allier", "--rule", NEAR, "--osrm", url, **LOOPBACK)
    assert result.returncode == 3
    assert "AVS-380" in result.stderr.decode()
    assert "connexion refusée" in result.stderr.decode()


@pytest.mark.full
def test_several_thresholds_ask_once_and_every_output_names_the_server(process, stand):
    # A proxy that is not there: whatever would leave for elsewhere than loopback would fail.
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    rules = "travel-time:5min,travel-time:20min,declared,travel-time:10min"
    typed = ("--rule", rules, "--osrm", stand.url + "/")
    result = process("report", "allier", *typed, "--json", **LOOPBACK, **dead)
    made = json.loads(result.stdout)
    asked = len(stand.asked)
    assert len(set(stand.asked)) == asked
    rows = [*made["synthese"], *(row for rule in made["autres_regles"] for row in rule["synthese"])]
    rows = [
        r for r in rows if r["regle"] == "travel-time" and (r["mesure"], r["statut"]) == ("communes", "avs")
    ]
    counts = {r["parametres"]["duree_min"]: r["numerateur"] for r in rows}
    assert 0 < counts[5] < counts[10] < counts[20] < 317
    assert all(r["parametres"]["osrm"] == stand.url for r in rows)
    assert all(r["minorant"] == r["majorant"] for r in rows)
    assert stand.url in made["sources"]["definition"]
    assert any(stand.url in text for text in made["sources"]["avertissements"])
    stand.asked.clear()
    alone = json.loads(
        process("report", "allier", "--rule", NEAR, "--osrm", stand.url, "--json", **LOOPBACK).stdout
    )
    assert len(stand.asked) == asked
    assert next(r["numerateur"] for r in alone["synthese"] if r["statut"] == "avs") == counts[20]
    text = process("report", "allier", *typed, **LOOPBACK).stdout.decode()
    assert text.count(f"durées du serveur OSRM {stand.url} ") >= 3
    assert "estimée" not in text
    listing = process(
        "communes", "allier", "--rule", NEAR, "--osrm", stand.url, "--json", "--csv", "c.csv", **LOOPBACK
    )
    assert json.loads(listing.stdout)["parametres"]["osrm"] == stand.url
    assert stand.url in listing.stderr.decode()


@pytest.mark.full
def test_a_password_reaches_the_server_and_no_output(process, stand):
    url = stand.url.replace("//", "//marie:s%C3%A9same@")
    result = process("report", "allier", "--rule", NEAR, "--osrm", url, "--json", **LOOPBACK)
    assert result.returncode == 0
    assert {h["Authorization"] for h in stand.headers} == {
        "Basic " + base64.b64encode("marie:sésame".encode()).decode()
    }
    stand.mode = "500"
    wrong = process("report", "allier", "--rule", NEAR, "--osrm", url.replace("http", "ftp"))
    refused = process("report", "allier", "--rule", NEAR, "--osrm", url, **LOOPBACK)
    for output in (result, wrong, refused):
        assert b"same" not in output.stdout + output.stderr
        assert b"marie" not in output.stdout + output.stderr


@pytest.mark.full
def test_a_password_is_in_no_file_of_an_export(process, stand, tmp_path):
    url = stand.url.replace("//", "//marie:Secret123@")
    words = ("export", "allier", "--rule", NEAR, "--osrm", url, "-o", "x", "--format", "csv,json,markdown")
    done = process(*words, **LOOPBACK)
    assert done.returncode == 0, done.stderr.decode()
    written = {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()}
    assert [name for name, content in written.items() if b"Secret123" in content] == []
    assert json.loads(written["manifest.json"])["options"]["osrm"] == stand.url
    assert process("replay", "x/manifest.json", **LOOPBACK).returncode == 0


def test_a_proxy_of_the_environment_is_gone_through(stand, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", stand.url)
    world = territory({"03001": "", "03002": ""})
    cs = structure("c", "CS", "03001", world=world)
    times = osrm.ask_travel_times(parse_server("http://osrm.invalid/fr/"), world, [cs], 5)
    assert len(times.frame) == 2
    assert stand.asked[0].startswith("http://osrm.invalid/fr/table/v1/driving/")


def test_no_proxy_is_told_what_is_asked_of_this_machine(stand, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    proxy = Stand()  # does not serve: whoever is sent there is not answered
    monkeypatch.setattr(osrm_server, "TIMEOUT_S", 2)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
    world = territory({"03001": "", "03002": ""})
    cs = structure("c", "CS", "03001", world=world)
    try:
        times = osrm.ask_travel_times(parse_server(stand.url), world, [cs], 5)
    finally:
        proxy.server_close()
    assert len(times.frame) == 2
    assert all(path.startswith("/table/") for path in stand.asked)  # a proxy is told the whole address


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://127.1.2.3", True),
        ("http://localhost:5000/x", True),
        ("http://[::1]:5000", True),
        ("http://127.0.0.1.exemple.fr", False),
        ("http://localhost.exemple.fr", False),
        ("http://127.0.0.1@exemple.fr", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[2001:db8::1]", False),
    ],
)
def test_a_server_of_this_machine_is_told_from_its_address(url, here):
    assert parse_server(url).is_loopback is here
    if here:
        assert require_loopback(url, "avs.toml") == url
    else:
        with pytest.raises(UsageError, match="nomme un serveur OSRM"):
            require_loopback(url, "avs.toml")


@pytest.mark.parametrize(
    "text",
    ["osrm.example.fr", "127.0.0.1:5000", "ftp://127.0.0.1", "file:///etc/passwd", "http://", "http://a..b/",
     "http://h:99999", "http://h:port", "http://[::1", "http://h/?key=1", "http://h/#a", "http://a b/"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_server(text)
    assert [fault.code for fault in caught.value.faults] == ["AVS-203"]


def test_addresses_are_written_one_way():
    for text, url in (
        (" HTTP://Routes.Example.fr:5000/ ", "http://routes.example.fr:5000"),
        ("https://é.fr/un chemin/".replace(" ", "%20"), "https://xn--9ca.fr/un%20chemin"),
        ("http://[::1]:5000/osrm/", "http://[::1]:5000/osrm"),
    ):
        assert parse_server(text).url == url


@pytest.mark.full
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("--rule", NEAR, "--osrm", "osrm.example.fr"), "AVS-203"),
        (("--rule", NEAR, "--osrm", "http://127.0.0.1:9", "--travel-times", "temps.csv"), "AVS-210"),
        (("--rule", "declared", "--radius", "5km", "--osrm", "http://127.0.0.1:9"), "AVS-204"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_before_anything_is_read(process, typed, code):
    result = process("report", "allier", *typed)
    assert result.returncode == 2
    assert code in result.stderr.decode()


@pytest.mark.full
def test_a_study_folder_names_a_server(process, stand, study, tmp_path):
    folder = study(osrm=stand.url, regle=NEAR)
    assert read_study(str(tmp_path / "etude")).osrm == stand.url
    result = process("groups", folder, "--json", **LOOPBACK)
    assert json.loads(result.stdout)["groups"][0]["parametres"]["osrm"] == stand.url
    asked = len(stand.asked)
    assert asked
    # Rules that drive nowhere, and commands that need no rule, ask nothing.
    for typed in (("report", folder, "--rule", "declared"), ("qpv", folder)):
        assert process(*typed, **LOOPBACK).returncode == 0
    assert len(stand.asked) == asked
    both = process("report", study(osrm=stand.url, regle=NEAR, temps="temps.csv"), **LOOPBACK)
    assert both.returncode == 2
    assert b"AVS-210" in both.stderr
    assert len(stand.asked) == asked


def test_one_may_ask_from_python(stand):
    allier = find_territory_name("allier")
    report = build_report(allier, NEAR, options=RuleOptions(osrm=stand.url))
    assert stand.url in report.coverage.rule.label
    assert any(stand.url in text for text in report.warnings)
    with pytest.raises(UsageError):
        build_report(
            allier, NEAR, files=Files(travel_times=Path("temps.csv")), options=RuleOptions(osrm=stand.url)
        )


def test_the_years_of_a_history_know_the_times_of_structures_closed_since(stand, run, tmp_path):
    head = "id;nom;type;code_insee;agrement_debut;agrement_fin\n"
    text = f"{head}A;Alpha;CS;03185;2010;2020\nB;Beta;CS;03310;2010;\n"
    (tmp_path / "liste.csv").write_text(text, encoding="utf-8")
    typed = (
        "--structures",
        "liste.csv",
        "--rule",
        NEAR,
        "--osrm",
        stand.url,
        "--from",
        "2020",
        "--to",
        "2022",
    )
    years = json.loads(run("history", "allier", *typed, "--json").stdout)["annees"]
    assert [year["nb_cs"] for year in years] == [2, 1, 1]
    assert all(row["minorant"] == row["majorant"] for year in years for row in year["synthese"])
    assert {code for change in years[1]["variations"] for code in change["structures"]} == {"A"}
