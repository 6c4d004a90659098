"""Option ``--osrm``: durations asked from a server, here a stand-in on loopback."""

from __future__ import annotations

import base64
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import asin, cos, radians, sin, sqrt
from urllib.parse import parse_qs, urlsplit

import pytest

from avs_coverage import InputError, UsageError, build_report, find_territory_name, osrm, osrm_server
from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory
from avs_coverage.osrm_server import parse_server
from avs_coverage.rules import RuleSettings, get_rule
from avs_coverage.study import Files, RuleOptions, read_study
from tests.worlds import DAY, structure, territory

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


@pytest.fixture
def stand(monkeypatch):
    """A stand-in; nothing but loopback may be reached from this process, and waits are short."""
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(osrm_server, "WAITS_S", (0.01, 0.01))
    connect = socket.socket.connect

    def only_loopback(self, address):
        assert address[0] == "127.0.0.1"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    server = Stand()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def study(tmp_path):
    def write(**settings):
        lines = [f'{key} = "{value}"' for key, value in {"territoire": "allier", **settings}.items()]
        (tmp_path / "etude").mkdir(exist_ok=True)
        (tmp_path / "etude" / "avs.toml").write_text("\n".join(lines), encoding="utf-8")
        return "./etude"

    return write


def ask(stand, minutes=20.0, name="allier"):
    found = find_territory_name(name)
    coverage = build_report(found).coverage
    counted = list(coverage.inventory.counted(coverage.on))
    return osrm.ask_travel_times(parse_server(stand.url), coverage.territory, counted, minutes), coverage


def places(path):
    return path.split("?")[0].rsplit("/", 1)[1].split(";")


@pytest.mark.parametrize("kmh", [50, 130])
def test_covered_communes_are_those_of_brute_force(stand, kmh):
    # At 130 km/h, the pairs that are not asked for would be missed if they were within reach.
    stand.kmh = kmh
    times, coverage = ask(stand)
    communes, inventory = coverage.territory.communes, coverage.inventory
    where = {
        code: (row.lon, row.lat) for code, row in zip(communes.index, communes.itertuples(), strict=True)
    }
    seats = {
        s.id: (s.longitude, s.latitude) if s.has_point else where[s.seat]
        for s in inventory.counted(coverage.on)
        if s.seat
    }
    every = {(c, s): seconds(a, b, kmh) / 60 for c, a in where.items() for s, b in seats.items()}
    asked = {(row.origine, row.destination): row.minutes for row in times.frame.itertuples()}
    assert asked
    assert all(abs(every[pair] - minutes) < 0.01 for pair, minutes in asked.items())
    rule = get_rule(NEAR, RuleSettings(travel_times=times))
    links = rule.links(coverage.territory, inventory, coverage.on).table
    reached = {(c, s) for s, c in zip(links["structure"], links["commune"], strict=True)}
    assert reached == {pair for pair, minutes in every.items() if minutes <= 20}
    assert links["certain"].all()
    assert rule.hypothesis == ""


def test_pairs_too_far_for_anyone_are_not_asked(stand):
    times, coverage = ask(stand, minutes=5)
    assert 0 < len(times.frame) < len(coverage.territory.communes) * len(times.destinations) / 4
    assert times.origins == set(coverage.territory.communes.index)


def test_blocks_give_the_matrix_of_one_request(stand, monkeypatch):
    found = {}
    for most in (7, 100, 10_000):
        monkeypatch.setattr(osrm, "MOST_PLACES", most)
        stand.asked.clear()
        frame = ask(stand)[0].frame.sort_values(["origine", "destination"], ignore_index=True)
        found[most] = frame.to_csv()
        assert all(len(places(path)) <= most for path in stand.asked)
        assert (len(stand.asked) == 1) == (most == 10_000)
    assert len(set(found.values())) == 1


def test_a_request_holds_as_many_places_as_a_server_takes(stand):
    ask(stand)
    assert max(len(places(path)) for path in stand.asked) <= osrm.MOST_PLACES == 100
    assert len(stand.asked) < 12  # not one request a structure
    assert all(path.startswith("/table/v1/driving/") for path in stand.asked)


def test_a_structure_that_no_road_joins_covers_its_seat_alone(stand):
    stand.mode = "null"
    times, coverage = ask(stand)
    assert times.unreachable == len(times.frame) > 0
    rule = get_rule("travel-time:10h", RuleSettings(travel_times=times))
    links = rule.links(coverage.territory, coverage.inventory, coverage.on).table
    assert set(links["basis"]) == {"siege", "siege_deduit"}  # La Passerelle's is deduced
    located = [s for s in coverage.inventory.counted(coverage.on) if s.seat]
    assert all(rule.locates(s) for s in located)


def test_a_structure_is_asked_for_by_its_id_alone(stand):
    world = territory({"03001": "", "03002": "", "03003": ""})
    a, b = structure("Structure b", "CS", "03001", world=world), structure("b", "EVS", "03003", world=world)
    stand.kmh = 30  # 2 km last 4 minutes: « b » is not where the structure of id « Structure b » is
    times = osrm.ask_travel_times(parse_server(stand.url), world, [a, b], 3)
    inventory = Inventory((a, b), frozenset({"03"}), "essai", "essai")
    made = Coverage.compute(
        world, inventory, get_rule("travel-time:1min", RuleSettings(travel_times=times)), DAY
    )
    assert sorted(zip(made.links["structure"], made.links["commune"], strict=True)) == [
        ("Structure b", "03001"), ("b", "03003"),
    ]  # fmt: skip


def test_without_a_structure_in_reach_nothing_is_asked(stand):
    world = territory({"03001": "", "03002": ""})
    far = structure("c", "CS", "03001", world=world)
    far = type(far)(**{**far.__dict__, "x_m": 900_000.0})
    for structures in ([], [structure("n", "CS")], [far]):
        times = osrm.ask_travel_times(parse_server(stand.url), world, structures, 5)
        assert times.frame.empty
        rule = get_rule(NEAR, RuleSettings(travel_times=times))
        inventory = Inventory(tuple(structures), frozenset({"03"}), "essai", "essai")
        assert set(rule.links(world, inventory, DAY).table["basis"]) <= {"siege"}
    assert not stand.asked


def test_overseas_points_are_sent_in_degrees(stand):
    guyane = build_report(find_territory_name("973")).coverage.territory
    one = structure("c", "CS", "97302")
    x_m, y_m = guyane.communes.loc["97302", ["x_m", "y_m"]]
    one = type(one)(**{**one.__dict__, "x_m": float(x_m), "y_m": float(y_m)})
    lille = type(one)(**{**one.__dict__, "id": "l", "seat": "59350"})
    times = osrm.ask_travel_times(parse_server(stand.url), guyane, [one, lille], 600)
    sent = places(stand.asked[0])[-1].split(",")
    assert [float(v) for v in sent] == pytest.approx(guyane.communes.loc["97302", ["lon", "lat"]], abs=1e-4)
    assert set(times.frame["destination"]) == {"c"}  # no pair between two projections


def test_places_far_from_a_road_are_named(stand):
    assert ask(stand)[0].warnings == ()
    stand.mode = "far"
    (warning,) = ask(stand)[0].warnings
    assert warning.code == "AVS-940"
    assert "communes et" in warning.what
    assert "structures" in warning.what
    stand.mode = "far-first"
    world = territory({"03001": "", "03002": ""})
    cs = structure("c", "CS", "03001", world=world)
    (warning,) = osrm.ask_travel_times(parse_server(stand.url), world, [cs], 5).warnings
    assert "1 commune (Commune 03001)" in warning.what


def test_a_passing_failure_is_tried_again_twice(stand):
    stand.failures = 2
    assert len(ask(stand)[0].frame)
    stand.failures = 3
    stand.asked.clear()
    with pytest.raises(InputError, match="502"):
        ask(stand)
    assert len(stand.asked) == 3


def test_a_silent_server_is_left_and_not_asked_again(stand, monkeypatch):
    monkeypatch.setattr(osrm_server, "TIMEOUT_S", 0.2)
    stand.mode = "slow"
    with pytest.raises(InputError) as caught:
        ask(stand)
    assert [fault.code for fault in caught.value.faults] == ["AVS-380"]
    assert "0.2 s" in str(caught.value)
    assert len(stand.asked) == 1


@pytest.mark.parametrize("mode", ["width", "NaN", "Infinity", '"12"', "true", "1" + "0" * 400, "cut"])
def test_an_answer_that_is_not_a_matrix_of_durations_is_refused(stand, mode):
    stand.mode = mode
    with pytest.raises(InputError) as caught:
        ask(stand)
    code = {"width": "AVS-384", "cut": "AVS-380"}.get(mode, "AVS-385")
    assert [fault.code for fault in caught.value.faults] == [code]


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


def test_nobody_at_the_address_ends_the_command(process, stand):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = process("report", "allier", "--rule", NEAR, "--osrm", url, **LOOPBACK)
    assert result.returncode == 3
    assert "AVS-380" in result.stderr.decode()
    assert "connexion refusée" in result.stderr.decode()


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


def test_a_proxy_of_the_environment_is_gone_through(stand, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", stand.url)
    world = territory({"03001": "", "03002": ""})
    cs = structure("c", "CS", "03001", world=world)
    times = osrm.ask_travel_times(parse_server("http://osrm.invalid/fr/"), world, [cs], 5)
    assert len(times.frame) == 2
    assert stand.asked[0].startswith("http://osrm.invalid/fr/table/v1/driving/")


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
        build_report(allier, NEAR, files=Files(travel_times="temps.csv"), options=RuleOptions(osrm=stand.url))


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
