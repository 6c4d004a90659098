"""A service that misbehaves: each fault, the code that says it, and the cache as it was."""

from __future__ import annotations

import gzip
import re
import socket
import time

import pytest

from tests.fetching.helpers import closed, cut_chunk, fetch, files, status, truncated
from tests.tiers import every_day
from tools.stand_in import content

ENGLISH = re.compile(r"\b(error|invalid|while|the|failed|unexpected|not|peer|incorrect)\b", re.IGNORECASE)
"""Words of the reasons of the libraries, which are no words of ours."""


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


def damaged_gzip(one):
    body = bytearray(gzip.compress(content(one.path)[0]))
    body[len(body) // 2] ^= 0xFF
    one.give(200, bytes(body), {"Content-Encoding": "gzip"})


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
    "gzip damaged": (damaged_gzip, "AVS-717"),
    "gzip of nothing": (status(200, b"bonjour", Content_Encoding="gzip"), "AVS-717"),
    "redirect to no port": (status(302, Location="http://127.0.0.1:port/"), "AVS-716"),
    "redirect to no machine": (status(302, Location="http://[/"), "AVS-710"),
    "redirect to a bad name": (status(302, Location="http://a..b/"), "AVS-710"),
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


@pytest.mark.parametrize("name", every_day(JSON_FAULTS, 8))
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
    assert not ENGLISH.search(told), told
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


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9"])
def test_a_proxy_of_another_kind_is_said(run, stand, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    done = run("data", "fetch", "populations", "allier", "--mirror", "http://miroir.invalid")
    assert (done.returncode, b"AVS-710" in done.stderr) == (3, True), done.stderr.decode()


@pytest.mark.full
def test_a_json_that_begins_with_a_mark_of_utf_8_is_read(run, stand):
    def marked(one):
        body, headers = content(one.path)
        one.give(200, b"\xef\xbb\xbf" + body, headers)

    stand.always = marked
    for source in ("communes", "populations", "mairies"):
        done = fetch(run, stand, source, "allier")
        assert done.returncode == 0, done.stderr.decode()
    stand.always = status(200, b"\xef\xbb\xbf<html>Connexion</html>")
    assert "une page web" in fetch(run, stand, "communes", "allier").stderr.decode()


@pytest.mark.parametrize("port", ["99999999", "port", "-1", "0"])
def test_a_mirror_on_no_port_is_refused_as_typed(run, stand, port):
    done = run("data", "fetch", "populations", "allier", "--mirror", f"http://127.0.0.1:{port}")
    assert (done.returncode, b"AVS-203" in done.stderr) == (2, True), done.stderr.decode()


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path / "absent" / "x", "introuvable"),
        (lambda path: path, "dossier"),
        (lambda path: path / "garbage.pem", "aucun certificat n'y est lisible"),
    ],
    ids=["missing", "a folder", "garbage"],
)
def test_a_variable_of_certificates_that_cannot_be_used_is_named(
    run, stand, tmp_path, monkeypatch, name, make, reason
):
    (tmp_path / "garbage.pem").write_text("bonjour", encoding="utf-8")
    usable = {("SSL_CERT_DIR", "dossier"), ("SSLKEYLOGFILE", "aucun certificat n'y est lisible")}
    monkeypatch.setenv(name, str(make(tmp_path)))
    done = fetch(run, stand, "populations", "allier")
    told = done.stderr.decode()
    if (name, reason) in usable:
        assert done.returncode == 0, told
        return
    assert done.returncode == 3, told
    assert f"AVS-710 : 127.0.0.1 ne répond pas ({name} nomme « {make(tmp_path)} » : " in told
    assert "Traceback" not in told
    assert not ENGLISH.search(told.replace(str(tmp_path), "")), told
