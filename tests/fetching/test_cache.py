"""Interruptions, runs at once, damaged records: the cache is whole, and nobody else loses a file."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from avs_coverage import cache, http_client
from tests.fetching.helpers import COUNTS, ROOT, fetch, files
from tools.stand_in import content

DEEP = b"[" * 100_000


@pytest.mark.full
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


@pytest.mark.full
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


@pytest.mark.full
@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"source": "populations"}', b"\xff\xfe", b"null", DEEP, b" " * 2_000_000]
)
def test_a_damaged_record_is_said_and_fetched_again_or_cleared(run, stand, tmp_path, damage):
    path = tmp_path / "cache" / "populations-03.record.json"
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path.write_bytes(damage)
    for words in (("report", "allier"), ("communes", "240300491", "--json")):
        done = run(*words)  # rather than the embedded data without a word
        told = (done.stdout if "--json" in words else done.stderr).decode()
        assert (done.returncode, "AVS-720" in told, "data fetch populations 03" in told) == (3, True, True)
    assert run("report", "lozere").returncode == 0
    assert f"Relevé illisible : {path.name}" in " ".join(run("data", "info").stdout.decode().split())
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert "téléchargée" in run("report", "allier").stdout.decode()
    path.write_bytes(damage)
    assert run("data", "clear", "mairies").returncode == 0
    assert path.exists()
    assert run("data", "clear", "populations", "allier").returncode == 0
    assert files(tmp_path) == {}
    assert run("report", "allier").returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe has a name here")
def test_a_record_that_is_a_pipe_keeps_nobody_waiting(run, stand, tmp_path):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path = tmp_path / "cache" / "populations-03.record.json"
    path.unlink()
    os.mkfifo(path)
    done = run("report", "allier")
    assert (done.returncode, b"AVS-720" in done.stderr) == (3, True)
    assert run("data", "clear").returncode == 0
    assert files(tmp_path) == {}


def test_a_cache_that_cannot_be_listed_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "boucle").symlink_to(tmp_path / "boucle")
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "boucle"))
    for words in (("report", "allier"), ("data", "info"), ("data", "clear")):
        done = run(*words)
        assert (done.returncode, b"AVS-724" in done.stderr) == (3, True), done.stderr.decode()
    assert b"AVS_COVERAGE_CACHE=dossier" in done.stderr


@pytest.mark.parametrize("words", [("data", "fetch", "populations", "allier"), ("data", "clear")])
def test_what_waits_for_another_command_says_it(run, stand, monkeypatch, words):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    monkeypatch.setattr(cache, "_LOCK_S", 0.2)
    mirror = ("--mirror", stand.url) if "fetch" in words else ()
    with cache.locked("populations-03", pytest.fail):
        done = run(*words, *mirror)
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "une autre commande est sur « populations-03 » : attente, 0 s au plus." in told
    assert "AVS-719" in told
    assert run(*words, *mirror).returncode == 0


def test_a_record_that_names_a_file_elsewhere_is_nobodys(run, stand, tmp_path):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path = tmp_path / "cache" / "populations-03.record.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "victim.csv").write_text("x", encoding="utf-8")
    path.write_text(json.dumps({**said, "file": "../victim.csv"}), encoding="utf-8")
    assert run("data", "clear").returncode == 0
    assert (tmp_path / "victim.csv").exists()


@pytest.mark.outside
def test_killed_a_hundred_times_the_cache_is_valid_after_each(stand, tmp_path):
    """Kill real fetches at moments spread over their life; how many is said at the end of the run."""
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
    COUNTS.append(f"{launched} lancements, {killed} tués en route : le cache était valide après chacun")
    assert killed == 100
    subprocess.run(command(stand, "communes", "allier"), env=env, check=True, capture_output=True)
    subprocess.run(
        [sys.executable, "-m", "avs_coverage", "data", "clear"], env=env, check=True, capture_output=True
    )
    assert files(tmp_path) == {}


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


@pytest.mark.full
@pytest.mark.parametrize("unit", ["9" * 5000, "\u00b2", "", "-3000"])
def test_the_mark_of_a_rest_that_is_none_is_not_believed(run, stand, tmp_path, monkeypatch, unit):
    monkeypatch.setattr(http_client, "WAITS_S", (0.0, 0.0))
    body, headers = content("/x/ensemble.zip")
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "insee-populations-france.0.part").write_bytes(b"old" * 1000)
    mark = folder / "insee-populations-france.0.part.json"
    url = f"{stand.url}/fr/statistiques/fichier/8680726/ensemble.zip"
    mark.write_text(json.dumps({"url": url, "validator": headers["ETag"]}), encoding="utf-8")
    rest = {**headers, "Content-Range": f"bytes {unit}-9/10"}
    stand.plan.append(lambda one: one.give(206, body[3000:], rest))
    assert fetch(run, stand, "insee-populations").returncode == 0
    (name,) = [n for n in files(tmp_path) if n.endswith(".zip")]
    assert files(tmp_path)[name] == body
    (folder / "insee-populations-france.0.part").write_bytes(b"old" * 1000)
    mark.write_bytes(DEEP)
    assert fetch(run, stand, "insee-populations").returncode == 0


DAMAGES = [
    {"size_bytes": "x"}, {"size_bytes": None}, {"addresses": ["http://["]}, {"file": "a\0b"}, {"file": ".."},
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_record_of_another_shape_is_a_damaged_one(run, stand, tmp_path, damage):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    path = tmp_path / "cache" / "populations-03.record.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, **damage}), encoding="utf-8")
    assert "Relevé illisible" in run("data", "info").stdout.decode()
    done = run("report", "allier")
    assert (done.returncode, b"AVS-720" in done.stderr) == (3, True), done.stderr.decode()
    assert run("data", "clear").returncode == 0
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


def test_the_note_of_a_download_cut_short_holds_no_password_and_still_serves(
    run, stand, tmp_path, monkeypatch
):
    monkeypatch.setattr(http_client, "WAITS_S", ())
    mirror = stand.url.replace("//", "//marie:Secret123@")
    body, headers = content("/x/ensemble.zip")

    def half(one):
        one.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            one.send_header(name, value)
        one.end_headers()
        one.wfile.write(body[:100_000])
        one.wfile.flush()
        time.sleep(0.3)
        one.connection.shutdown(socket.SHUT_RDWR)

    stand.plan.append(half)
    words = ("data", "fetch", "insee-populations", "--mirror", mirror)
    assert run(*words).returncode == 3
    left = files(tmp_path)
    assert "insee-populations-france.0.part.json" in left
    assert b"Secret123" not in b"".join(left.values())
    assert run(*words).returncode == 0
    assert stand.asked[1][1]["If-Range"] == headers["ETag"]


def test_the_query_of_an_address_that_answers_in_place_of_another_is_not_kept(run, stand, tmp_path):
    def send_on(one):
        one.send_response(302)
        one.send_header("Location", f"{one.path}&X-Signature=Secret123")
        one.send_header("Content-Length", "0")
        one.end_headers()

    stand.plan.append(send_on)
    done = fetch(run, stand, "populations", "allier")
    assert done.returncode == 0, done.stderr.decode()
    assert b"Secret123" not in done.stdout + done.stderr + b"".join(files(tmp_path).values())


@pytest.mark.parametrize("proxy", ["http://marie:Secret123@127.0.0.1:9", "marie:Secret123@127.0.0.1:9"])
def test_the_password_of_a_proxy_is_in_no_message(run, tmp_path, monkeypatch, proxy):
    monkeypatch.setattr(http_client, "WAITS_S", ())
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    done = run("--debug", "data", "fetch", "populations", "allier", "--mirror", "http://miroir.invalid")
    assert done.returncode == 3, done.stderr.decode()
    assert "par le proxy 127.0.0.1" in done.stderr.decode()
    assert b"Secret123" not in done.stdout + done.stderr + b"".join(files(tmp_path).values())


@pytest.mark.skipif(os.name == "nt", reason="rights are lists there")
def test_the_cache_is_closed_to_other_accounts_unless_it_was_there(run, stand, tmp_path, monkeypatch):
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    (tmp_path / "partage").mkdir(0o755)
    monkeypatch.setenv("AVS_COVERAGE_CACHE", str(tmp_path / "partage"))
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert (tmp_path / "partage").stat().st_mode & 0o777 == 0o755
    monkeypatch.delenv("AVS_COVERAGE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "systeme"))
    (tmp_path / "systeme" / "avs-coverage").mkdir(0o755, parents=True)
    assert fetch(run, stand, "populations", "allier").returncode == 0
    assert (tmp_path / "systeme" / "avs-coverage").stat().st_mode & 0o777 == 0o700
