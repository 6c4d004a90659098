"""A stand-in for an OSRM server, on this machine."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import asin, cos, radians, sin, sqrt
from urllib.parse import parse_qs, urlsplit

from avs_coverage import build_report, find_territory_name, osrm
from avs_coverage.osrm_server import parse_server

LOOPBACK = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
NEAR = "travel-time:20min"
FIXED = {
    "500": (b"oops", 500), "html": (b"<html>Bonjour</html>", 200), "array": (b"[1]", 200),
    "redirect": (b"", 302),
}  # fmt: skip


def seconds(source, destination, kmh):
    """A great circle at a speed, due west; twice as long due east: a route and its return differ."""
    (lon_a, lat_a), (lon_b, lat_b) = ([radians(v) for v in point] for point in (source, destination))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    east = (lon_b - lon_a) / (abs(lon_b - lon_a) + abs(lat_b - lat_a) or 1)
    return 2 * 6371008.8 * asin(sqrt(half)) / (kmh / 3.6) * (1.5 + east / 2)


class Stand(ThreadingHTTPServer):
    """The stand-in: *mode* names what is wrong with it, *asked* keeps every request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode, self.kmh, self.asked, self.headers, self.failures = "", 50, [], [], 0
        self.over = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """The client left: some tests want that."""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        stand = self.server
        stand.asked.append(self.path)
        stand.headers.append(dict(self.headers))
        if stand.mode == "slow":
            stand.over.wait(20)
        if stand.failures:
            stand.failures -= 1
            self.give(b"Bad gateway", 502)
        elif stand.mode == "closed":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif stand.mode in FIXED:
            self.give(*FIXED[stand.mode], Location=f"{stand.url}/elsewhere")
        elif stand.mode in ("NoSegment", "TooBig"):
            self.give(json.dumps({"code": stand.mode, "message": "Refused"}).encode(), 400)
        else:
            self.give(json.dumps(self.answer()).encode(), cut=stand.mode == "cut")

    def answer(self):
        mode, parts = self.server.mode, urlsplit(self.path)
        points = [tuple(map(float, p.split(","))) for p in parts.path.rsplit("/", 1)[1].split(";")]
        query = parse_qs(parts.query, separator="&")
        assert query["annotations"] == ["duration"]
        froms, tos = ([points[int(i)] for i in query[k][0].split(";")] for k in ("sources", "destinations"))
        table = [[round(seconds(a, b, self.server.kmh), 1) for b in tos] for a in froms]
        if mode == "null":
            table = [[None] * len(tos) for _ in froms]
        if mode == "shape":
            table = table[:-1]
        if mode == "width":
            table[-1] = table[-1][:-1]
        if mode in ("-1", "NaN", "Infinity", '"12"', "true", "1" + "0" * 400):
            table[0][0] = json.loads(mode)
        far = 1500 if mode == "far" else 12
        ways = [{"distance": 1500 if mode == "far-first" and not i else far} for i in range(len(froms))]
        return {
            "code": "Ok",
            "durations": table,
            "sources": ways,
            "destinations": [{"distance": far}] * len(tos),
        }

    def give(self, body, status=200, cut=False, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:20] if cut else body)
        self.close_connection = True


def ask(stand, minutes=20.0, name="allier"):
    found = find_territory_name(name)
    coverage = build_report(found).coverage
    counted = list(coverage.inventory.counted(coverage.on))
    return osrm.ask_travel_times(parse_server(stand.url), coverage.territory, counted, minutes), coverage


def places(path):
    return path.split("?")[0].rsplit("/", 1)[1].split(";")
