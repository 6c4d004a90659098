"""``data fetch`` against a server on loopback that answers like the official services, and misbehaves."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from avs_coverage import cache, http_client, official_sources
from avs_coverage.official_sources import Limits
from tools.stand_in import Answers, StandIn, content

ROOT = Path(__file__).parent.parent
SHORT = Limits(3_000_000, 4.0)


class Misbehaving(Answers):
    """Serve what the test has put in *plan*, one fault a request; then answer rightly."""

    def do_GET(self):  # noqa: N802 - the name that http.server calls
        self.answer(super().do_GET)

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(body)
        self.rfile = io.BytesIO(body)
        self.answer(super().do_POST)

    def answer(self, rightly):
        self.server.asked.append((self.path, dict(self.headers)))
        fault = self.server.plan.pop(0) if self.server.plan else None
        if fault is None and self.server.always:
            fault = self.server.always
        if fault is None:
            rightly()
        else:
            with contextlib.suppress(OSError):  # the client left: some tests want that
                fault(self)


class Stand(StandIn):
    def __init__(self):
        super().__init__(handler=Misbehaving)
        self.plan, self.always, self.asked, self.posted = [], None, [], []

    def handle_error(self, request, client_address):
        """The client left."""


@pytest.fixture
def stand(monkeypatch, tmp_path) -> Iterator[Stand]:
    yield from serving(monkeypatch, tmp_path)


def serving(monkeypatch, tmp_path) -> Iterator[Stand]:
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setattr(http_client, "WAITS_S", (0.0, 0.01, 0.02))
    server = Stand()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def short(monkeypatch):
    shorten(monkeypatch)


def shorten(monkeypatch):
    """Set bounds that a test can wait for."""
    monkeypatch.setattr(http_client, "SILENCE_S", 0.5)
    found = {
        id: one.__class__(**{**one.__dict__, "limits": SHORT})
        for id, one in official_sources.sources().items()
    }
    monkeypatch.setattr(official_sources, "sources", lambda: found)


def fetch(run, stand, *words):
    return run("data", "fetch", *words, "--mirror", stand.url)


def files(tmp_path):
    """Return the name and content of what the cache holds, locks aside."""
    found = (tmp_path / "cache").glob("*")
    return {path.name: path.read_bytes() for path in found if not path.name.endswith(".lock")}


# What goes well.


@pytest.mark.parametrize(
    ("words", "layer"),
    [
        (("communes", "allier"), "contours : communes-03."),
        (("populations", "allier"), "population : populations-03."),
        (("insee-populations",), "population : insee-populations-france."),
        (("qpv-2024",), "QPV : qpv-2024-france."),
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


def test_the_bpe_keeps_two_types_and_is_a_list_that_the_user_gives(run, stand):
    done = fetch(run, stand, "bpe")
    assert done.returncode == 0
    path = next(line for line in done.stderr.decode().splitlines() if line.startswith("reçu : "))[7:]
    assert Path(path).read_text(encoding="utf-8").count("\n") == 3
    assert "BOULANGERIE" not in Path(path).read_text(encoding="utf-8")
    assert "bpe" not in run("report", "allier").stdout.decode()
    assert "CS D'ESSAI" in run("structures", "allier", "--structures", path).stdout.decode()


def test_a_region_is_fetched_by_its_departements_and_a_country_is_refused(run, stand):
    assert fetch(run, stand, "populations", "corse").returncode == 0
    assert [path.split("/")[2] for path, _ in stand.asked] == ["2A", "2B"]
    assert "populations-region-94." in run("report", "corse").stdout.decode()
    assert "populations-region-94." not in run("report", "2A").stdout.decode()
    done = fetch(run, stand, "communes", "france")
    assert (done.returncode, b"AVS-231" in done.stderr) == (2, True)
    assert fetch(run, stand, "communes").returncode == 2


def test_offline_asks_nobody_and_a_report_never_does(run, stand):
    done = run("data", "fetch", "communes", "allier", "--offline", "--mirror", stand.url)
    assert (done.returncode, b"AVS-230" in done.stderr) == (2, True)
    run("report", "allier")
    assert stand.asked == []


def test_info_and_list_and_clear(run, stand, tmp_path):
    assert "Rien n'a été téléchargé" in run("data", "info").stdout.decode()
    assert fetch(run, stand, "populations", "allier").returncode == 0
    told = json.loads(run("data", "info", "--json").stdout)
    (one,) = told["files"]
    assert (one["source"], one["scope"], one["state"], one["licence"]) == (
        "populations",
        "03",
        "entier",
        "Licence Ouverte 2.0",
    )
    (tmp_path / "cache" / one["file"]).write_text("x", encoding="utf-8")
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


# What goes wrong: each fault, the code that says it, and the cache as it was.


def status(code, body=b"{}", **headers):
    return lambda one: one.give(
        code, body, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def truncated(one):
    body = content(one.path)[0]
    one.send_response(200)
    one.send_header("Content-Length", str(len(body)))
    one.end_headers()
    one.wfile.write(body[: len(body) // 2])
    one.wfile.flush()
    one.connection.shutdown(socket.SHUT_RDWR)


def cut_chunk(one):
    one.protocol_version = "HTTP/1.1"
    one.send_response(200)
    one.send_header("Transfer-Encoding", "chunked")
    one.end_headers()
    one.wfile.write(b"ff\r\n{}")
    one.connection.shutdown(socket.SHUT_RDWR)


def trickle(one):
    one.send_response(200)
    one.end_headers()
    for _ in range(200):
        one.wfile.write(b" ")
        one.wfile.flush()
        time.sleep(0.1)


def dripped_headers(one):
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000:
        one.wfile.write(bytes([byte]))
        one.wfile.flush()
        time.sleep(0.05)


def told_to_wait_for_ever(one):
    for _ in range(500):
        one.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        one.wfile.flush()
        time.sleep(0.05)


def endless(one):
    one.send_response(200)
    one.end_headers()
    while True:
        one.wfile.write(b"0" * 65536)


def silent(one):
    one.send_response(200)
    one.end_headers()
    time.sleep(3)


def closed(one):
    one.connection.shutdown(socket.SHUT_RDWR)


def not_http(one):
    one.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")


def centres(one):
    one.give(200, *content(one.path.replace("geometry=contour", "geometry=centre")))


def renamed_column(one):
    body, headers = content(one.path)
    one.give(200, body.replace(b'"code"', b'"numero"').replace(b'"population"', b'"habitants"'), headers)


def latin(one):
    body, headers = content(one.path)
    one.give(200, body.decode().encode("latin-1", "replace"), headers)


def gzip_bomb(one):
    one.give(200, gzip.compress(b"0" * 30_000_000), {"Content-Encoding": "gzip"})


def other_departement(one):
    one.give(200, *content(one.path.replace("/03/", "/48/")))


JSON_FAULTS = {
    "400": (status(400), "AVS-711"),
    "403": (status(403), "AVS-711"),
    "404": (status(404), "AVS-711"),
    "410": (status(410), "AVS-711"),
    "429 for long": (status(429, Retry_After="3600"), "AVS-712"),
    "429 until a date": (status(429, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"), "AVS-712"),
    "503": (status(503), "AVS-712"),
    "500": (status(500), "AVS-712"),
    "204": (status(204, b""), "AVS-711"),
    "redirect for ever": (status(301, Location="/departements/03/communes"), "AVS-716"),
    "redirect to a file": (status(302, Location="file:///etc/passwd"), "AVS-716"),
    "redirect to nothing": (status(302, Location="http://127.0.0.1:1/"), "AVS-710"),
    "truncated": (truncated, "AVS-715"),
    "chunk cut": (cut_chunk, "AVS-715"),
    "trickle": (trickle, "AVS-714"),
    "dripped headers": (dripped_headers, "AVS-714"),
    "103 for ever": (told_to_wait_for_ever, "AVS-714"),
    "silent": (silent, "AVS-715"),
    "endless": (endless, "AVS-713"),
    "announced too large": (status(200, b"{}", Content_Length="99999999999"), "AVS-713"),
    "closed": (closed, "AVS-715"),
    "not http": (not_http, "AVS-715"),
    "gzip bomb": (gzip_bomb, "AVS-713"),
    "a page": (status(200, b"<!DOCTYPE html><title>Connexion</title>", Content_Type="text/html"), "AVS-717"),
    "empty": (status(200, b""), "AVS-717"),
    "no commune": (status(200, b'{"type":"FeatureCollection","features":[]}'), "AVS-717"),
    "a number": (status(200, b"12"), "AVS-717"),
    "deep": (status(200, b"[" * 200_000), "AVS-717"),
    "half of a JSON": (status(200, b'{"features": [{"type": "Fea'), "AVS-717"),
    "centres": (centres, "AVS-352"),
    "renamed column": (renamed_column, "AVS-717"),
    "latin-1": (latin, "AVS-717"),
    "other département": (other_departement, "AVS-717"),
}


@pytest.mark.parametrize("name", JSON_FAULTS)
def test_every_fault_of_a_service_ends_in_a_message_and_an_intact_cache(run, stand, short, tmp_path, name):
    fault, code = JSON_FAULTS[name]
    assert fetch(run, stand, "communes", "allier").returncode == 0
    before = files(tmp_path)
    stand.always = fault
    began = time.monotonic()
    done = fetch(run, stand, "communes", "allier")
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert code in told
    assert "  aide : " in told
    assert "Traceback" not in told
    assert time.monotonic() - began < 60
    kept = {n: body for n, body in files(tmp_path).items() if ".part" not in n}
    assert kept == before
    assert run("report", "allier").returncode == 0


@pytest.mark.parametrize("name", ["400", "503", "truncated", "a page", "renamed column", "latin-1"])
def test_faults_of_a_table_are_told_too(run, stand, short, tmp_path, name):
    stand.always, code = JSON_FAULTS[name]
    done = fetch(run, stand, "populations", "allier")
    assert (done.returncode, code.encode() in done.stderr) == (3, True), done.stderr.decode()
    assert [n for n in files(tmp_path) if ".part" not in n] == []


@pytest.mark.parametrize(
    "plan",
    [
        [status(503), status(503), status(500)],
        [status(429, Retry_After="0")],
        [closed, truncated],
        [status(301, Location="/departements/03/communes?fields=code,nom,population&format=json")],
        [cut_chunk, status(504)],
    ],
    ids=["503", "429", "cut", "301", "504"],
)  # fmt: skip
def test_what_passes_is_tried_again(run, stand, plan):
    stand.plan += plan
    done = fetch(run, stand, "populations", "allier")
    assert done.returncode == 0, done.stderr.decode()
    assert len(stand.asked) == len(plan) + 1


def test_nobody_there_is_said_with_the_proxy_to_set(run, stand):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = run("data", "fetch", "communes", "allier", "--mirror", url)
    assert done.returncode == 3
    assert "AVS-710 : 127.0.0.1 ne répond pas (connexion refusée)" in done.stderr.decode()
    assert "HTTPS_PROXY" in done.stderr.decode()


def test_a_proxy_of_the_environment_is_used(run, stand, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", stand.url)
    done = run("data", "fetch", "populations", "allier", "--mirror", "http://miroir.invalid")
    assert stand.asked[0][0].startswith("http://miroir.invalid/departements/03/communes")
    assert done.returncode == 0, done.stderr  # the stand-in answers by the path alone


# Archives.


def archive(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in members:
            opened.writestr(name, body)
    return made.getvalue()


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


QPV = "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson"
ARCHIVES = {
    "not an archive": b"PK\x03\x04 not at all",
    "cut": content("/x/942d4ee8-8142-4556-8ea1-335537ce1119")[0][:-200],
    "a page": b"<html>Connexion</html>",
    "bomb": archive([(QPV, b"0" * 60_000_000)]),
    "leaves": archive([("../../evil.geojson", b"{}"), (QPV, b"{}")]),
    "leaves on Windows": archive([("..\\..\\evil.geojson", b"{}"), (QPV, b"{}")]),
    "absolute": archive([("/etc/evil", b"{}"), (QPV, b"{}")]),
    "drive": archive([("C:/evil", b"{}"), (QPV, b"{}")]),
    "link": archive([(link("lien"), b"/etc/passwd"), (QPV, b"{}")]),
    "missing": archive([("autre.geojson", b"{}")]),
    "twice": archive([(QPV, b"{}"), (QPV.replace("GEOJSON/", ""), b"{}")]),
    "empty member": archive([(QPV, b"")]),
    "not JSON": archive([(QPV, b"bonjour")]),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_not_what_it_should_be_is_refused(run, stand, short, tmp_path, name):
    stand.always = status(200, ARCHIVES[name], Content_Type="application/zip")
    done = fetch(run, stand, "qpv-2024")
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "AVS-718" in told or "AVS-717" in told
    assert "Traceback" not in told
    assert files(tmp_path) == {}
    assert not list(tmp_path.rglob("evil*"))


# Interruptions.


def test_a_download_cut_short_is_resumed_where_it_stopped(run, stand, tmp_path, monkeypatch):
    monkeypatch.setattr(http_client, "WAITS_S", ())
    body, headers = content("/x/ensemble.zip")

    def half(one):
        one.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            one.send_header(name, value)
        one.end_headers()
        one.wfile.write(body[:200_000])
        one.wfile.flush()
        time.sleep(0.3)
        one.connection.shutdown(socket.SHUT_RDWR)

    def rest(one):
        start = int(one.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        assert one.headers["If-Range"] == headers["ETag"]
        one.give(
            206, body[start:], {**headers, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        )
        one.server.resumed = start

    stand.plan += [half, rest]
    assert fetch(run, stand, "insee-populations").returncode == 3
    assert fetch(run, stand, "insee-populations").returncode == 0
    assert 0 < stand.resumed <= 200_000
    (name,) = [n for n in files(tmp_path) if n.endswith(".zip")]
    assert files(tmp_path)[name] == body


def test_what_changed_meanwhile_is_not_glued_to_what_was_there(run, stand, tmp_path, monkeypatch):
    monkeypatch.setattr(http_client, "WAITS_S", ())
    body = content("/x/ensemble.zip")[0]
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "insee-populations-france.0.part").write_bytes(b"old" * 1000)
    mark = {"url": f"{stand.url}/fr/statistiques/fichier/8680726/ensemble.zip", "validator": '"old"'}
    (folder / "insee-populations-france.0.part.json").write_text(json.dumps(mark), encoding="utf-8")
    assert fetch(run, stand, "insee-populations").returncode == 0  # the stand-in ignores Range: 200, whole
    assert stand.asked[0][1]["If-Range"] == '"old"'
    (name,) = [n for n in files(tmp_path) if n.endswith(".zip")]
    assert files(tmp_path)[name] == body


def environment(tmp_path):
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "AVS_COVERAGE_CACHE": str(tmp_path / "cache"),
        "NO_PROXY": "127.0.0.1",
    }


def command(stand, *words):
    return [sys.executable, "-m", "avs_coverage", "data", "fetch", *words, "--mirror", stand.url]


def test_two_runs_at_once_leave_one_whole_file(stand, tmp_path):
    running = [
        subprocess.Popen(
            command(stand, "populations", "allier"), env=environment(tmp_path), stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    assert [one.wait(60) for one in running] == [0, 0, 0], [one.stderr.read() for one in running]
    for one in running:
        one.stderr.close()
    names = sorted(files(tmp_path))
    assert len(names) == 2
    assert cache.find("populations", "03") is not None
    cache.find("populations", "03").check()


def test_a_cache_that_cannot_be_written_is_said(run, stand, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "file" / "cache"))
    done = fetch(run, stand, "populations", "allier")
    assert (done.returncode, b"AVS-502" in done.stderr) == (5, True), done.stderr
    assert run("report", "allier").returncode == 0
    assert run("data", "info").returncode == 0


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"source": "populations"}', b"\xff\xfe", b"null"])
def test_a_damaged_record_is_no_record(run, stand, tmp_path, damage):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    (tmp_path / "cache" / "populations-03.record.json").write_bytes(damage)
    assert "téléchargée" not in run("report", "allier").stdout.decode()
    assert run("data", "info").returncode == 0
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert "téléchargée" in run("report", "allier").stdout.decode()
    assert run("data", "clear").returncode == 0
    assert files(tmp_path) == {}


def test_a_record_that_names_a_file_elsewhere_is_nobodys(run, stand, tmp_path):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path = tmp_path / "cache" / "populations-03.record.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "victim.csv").write_text("x", encoding="utf-8")
    path.write_text(json.dumps({**said, "file": "../victim.csv"}), encoding="utf-8")
    assert run("data", "clear").returncode == 0
    assert (tmp_path / "victim.csv").exists()


@pytest.mark.slow
def test_killed_a_hundred_times_the_cache_is_valid_after_each(stand, tmp_path):
    """Kill real fetches at moments spread over their life; print how many died where."""
    import random

    rng, env = random.Random(7), environment(tmp_path)
    began = time.monotonic()
    subprocess.run(command(stand, "communes", "allier"), env=env, check=True, capture_output=True)
    whole_s = time.monotonic() - began
    killed = launched = 0
    while killed < 100 and launched < 400:  # one that ended by itself first was not killed
        launched += 1
        source = ("communes", "populations")[launched % 2]
        one = subprocess.Popen(command(stand, source, "allier"), env=env, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, 0.95) * whole_s)
        if one.poll() is None:
            one.kill()
            killed += 1
        one.wait()
        for record in cache.records():
            record.check()
        assert cache.find("communes", "03") is not None
    print(f"\n{launched} lancements, {killed} tués en route : le cache était valide après chacun")
    assert killed == 100
    subprocess.run(command(stand, "communes", "allier"), env=env, check=True, capture_output=True)
    subprocess.run(
        [sys.executable, "-m", "avs_coverage", "data", "clear"], env=env, check=True, capture_output=True
    )
    assert files(tmp_path) == {}


# What a reviewer tried.


def test_clear_leaves_the_files_of_the_user_alone(run, stand, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    mine = {"these.docx", ".bashrc", "communes.csv", "communes-03.txt", "notes.new.txt", "qpv-2024.geojson"}
    for name in mine:
        (folder / name).write_text("mien", encoding="utf-8")
    (folder / "communes-03.0.part").write_text("reste", encoding="utf-8")
    (tmp_path / "victime").write_text("mien", encoding="utf-8")
    (folder / "communes-48.0.part").symlink_to(tmp_path / "victime")
    assert fetch(run, stand, "populations", "allier").returncode == 0
    for words in (("data", "clear", "mairies"), ("data", "clear")):
        assert run(*words).returncode == 0
    left = {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}
    assert left == {*mine, "communes-48.0.part"}
    assert (tmp_path / "victime").read_text(encoding="utf-8") == "mien"


def test_a_login_in_an_address_is_never_shown(run, stand, tmp_path):
    done = run("data", "fetch", "populations", "allier", "--mirror", stand.url.replace("//", "//bob:s3cret@"))
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout + done.stderr + run("data", "info", "--json").stdout
    assert b"s3cret" not in shown + b"".join(files(tmp_path).values())


@pytest.mark.parametrize(
    "fault",
    [
        status(200, gzip.compress(gzip.compress(b"0" * 1_000_000)), Content_Encoding="gzip, gzip"),
        status(503, Retry_After="\xb2"),
        status(429, Retry_After="9" * 400),
        status(206, b"[]", Content_Range="bytes 0-1/2"),
    ],
    ids=["nested", "odd wait", "endless wait", "206"],
)
def test_odd_answers_are_refused_like_others(run, stand, short, tmp_path, fault):
    stand.always = fault
    done = fetch(run, stand, "populations", "allier")
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "AVS-71" in told
    assert "inf s" not in told
    assert [name for name in files(tmp_path) if name.endswith(".csv")] == []


def test_the_rest_of_another_version_is_not_glued_to_what_is_here(run, stand, tmp_path, monkeypatch):
    monkeypatch.setattr(http_client, "WAITS_S", (0.0,))
    body, headers = content("/x/ensemble.zip")
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "insee-populations-france.0.part").write_bytes(b"old" * 1000)
    mark = {"url": f"{stand.url}/fr/statistiques/fichier/8680726/ensemble.zip", "validator": '"v1"'}
    (folder / "insee-populations-france.0.part.json").write_text(json.dumps(mark), encoding="utf-8")
    rest = {"Content-Range": f"bytes 3000-{len(body) - 1}/{len(body)}", "ETag": '"v2"'}
    stand.plan.append(lambda one: one.give(206, body[3000:], rest))
    assert fetch(run, stand, "insee-populations").returncode == 0
    (name,) = [n for n in files(tmp_path) if n.endswith(".zip")]
    assert files(tmp_path)[name] == body
    assert headers["ETag"] != '"v2"'


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9"])
def test_a_proxy_of_another_kind_is_said(run, stand, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    done = run("data", "fetch", "populations", "allier", "--mirror", "http://miroir.invalid")
    assert (done.returncode, b"AVS-710" in done.stderr) == (3, True), done.stderr.decode()


DAMAGES = [
    {"size_bytes": "x"}, {"size_bytes": None}, {"addresses": ["http://["]}, {"file": "a\0b"}, {"file": ".."},
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_record_of_another_shape_is_no_record(run, stand, tmp_path, damage):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path = tmp_path / "cache" / "populations-03.record.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, **damage}), encoding="utf-8")
    assert run("data", "info").returncode == 0
    assert run("report", "allier").returncode == 0


def test_a_server_that_a_study_or_a_manifest_names_is_asked_on_this_machine_alone(run, tmp_path):
    (tmp_path / "et").mkdir()
    text = "territoire = 'allier'\nregle = 'travel-time:15min'\nosrm = 'http://ailleurs.invalid'\n"
    (tmp_path / "et" / "avs.toml").write_text(text, encoding="utf-8")
    done = run("report", "./et")
    assert (done.returncode, b"AVS-233" in done.stderr) == (2, True), done.stderr.decode()
    assert run("export", "allier", "-o", "out", "--format", "json").returncode == 0
    path = tmp_path / "out" / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["options"]["osrm"] = "http://ailleurs.invalid"
    path.write_text(json.dumps(record), encoding="utf-8")
    done = run("replay", "out/manifest.json")
    assert (done.returncode, b"AVS-233" in done.stderr) == (2, True), done.stderr.decode()


def test_an_export_with_fetched_layers_is_replayed_or_says_what_changed(run, stand, tmp_path, monkeypatch):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert run("export", "allier", "-o", "out", "--format", "csv,markdown").returncode == 0
    with monkeypatch.context() as elsewhere:  # the files are told by what stands beside them
        elsewhere.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "autre"))
        assert "Identique" in run("replay", "out/manifest.json").stdout.decode()
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
