"""A short run of fuzzing, the same inputs each time, and proof that it finds what is wrong."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avs_coverage.commands import main_program
from tools.fuzz import trial as trials
from tools.fuzz.__main__ import Counts, fuzz
from tools.fuzz.circumstances import changing, circumstance, faults_of_closed_streams
from tools.fuzz.foreign import PORT, foreign
from tools.fuzz.lines import _commands, asks_json, command_line
from tools.fuzz.pool import run_all
from tools.fuzz.seeds import seeds
from tools.fuzz.trial import Input, judge, make_input
from tools.fuzz.values import faults_of_values
from tools.fuzz.verdicts import Verdict

SHORT = 240


@pytest.mark.full
def test_a_short_run_finds_nothing():
    counts = fuzz(1, range(SHORT), workers=2)
    assert not counts.findings, counts.text()
    assert counts.inputs.total() == SHORT
    assert {family for family, _ in counts.inputs} == set(trials.FAMILIES)
    # Were everything refused at the door, nothing beyond the door would be tried.
    assert 0.1 * SHORT < counts.accepted.total() < 0.6 * SHORT
    assert set(counts.codes) >= {0, 2, 3}
    assert counts.rows > 0


@pytest.mark.full
def test_an_input_is_made_again_from_its_seed_and_number():
    numbers = range(60)
    assert all(make_input(7, number) == make_input(7, number) for number in numbers)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        time.sleep(2)  # a zip tells the time to two seconds
        elsewhere = pool.map(partial(make_input, 7), numbers)
    assert [n for n, one in zip(numbers, elsewhere, strict=True) if one != make_input(7, n)] == []
    assert make_input(7, 1) != make_input(8, 1)


@pytest.mark.full
@pytest.mark.parametrize("one", seeds(), ids=lambda one: one.name)
def test_a_seed_is_read_before_it_is_damaged(tmp_path, one):
    files = {one.name: one.content}
    command = next(iter(trials._commands(one, one.name, files, Random(2))))
    verdict = judge(Input("", one.kind, files, (command,)), tmp_path)
    assert verdict.accepted
    assert not verdict.findings


@pytest.mark.full
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_any_command_line_ends_with_a_known_code(tmp_path_factory, chance):
    one = Input("commande", "", trials._study_files(), (command_line(chance),))
    assert judge(one, tmp_path_factory.mktemp("ligne")).findings == {}


def test_json_as_the_name_of_a_file_is_no_option():
    assert asks_json(("audit", "allier", "--strict", "--json"))
    assert asks_json(("data", "info", "--json"))
    assert not asks_json(("audit", "allier", "--csv", "--json"))
    assert not asks_json(("x", "y"))


def test_every_command_is_tried():
    tried = [command_line(Random(number)) for number in range(600)]
    assert ("data", "fetch") in _commands()
    assert {name for name in _commands() if not any(line[: len(name)] == name for line in tried)} == set()


def fails(number, folder):
    """An input that fails in its own way, for the pool to tell."""
    if number == 1:
        while True:
            pass
    if number == 2:
        time.sleep(3600)
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 4:
        bytearray(400_000_000).find(b"x")
    (folder / "fichier").write_text("x", encoding="utf-8")
    return Verdict("octets", "x", [0], True)


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="no bound of processor time there")
def test_what_hangs_dies_or_takes_too_much_memory_is_found_and_the_rest_goes_on():
    found = {}
    for outcome, folder in run_all(fails, range(8), workers=2, seconds=1, megabytes=300):
        found[outcome.number] = list(outcome.verdict.findings)
        assert folder.exists()
    assert found.pop(3) == [f"processus mort, code {-signal.SIGSEGV}"]
    assert found.pop(4) == ["plus de 300 Mo"]
    assert found.pop(1) == found.pop(2) == ["plus de 1 s"]
    assert found == {0: [], 5: [], 6: [], 7: []}


def broken(number, folder):
    raise ValueError("le harnais")


@pytest.mark.full
def test_a_fault_of_the_harness_is_said_as_such_and_the_rest_goes_on():
    found = [list(outcome.verdict.findings) for outcome, _ in run_all(broken, range(3), workers=1)]
    assert found == [["faute du harnais : ValueError('le harnais')"]] * 3


LIST = Input(
    "octets",
    "structures",
    {"l.csv": b"nom;type;code_insee\nA;CS;03185\n"},
    (("check", "l.csv", "--json"),),
    1,
)


@pytest.fixture
def with_command(monkeypatch, tmp_path):
    """Judge one input with another program in place of the tool's."""

    def _with(program, one=LIST):
        monkeypatch.setattr("avs_coverage.commands.main_program", program)
        return list(judge(one, tmp_path).findings)

    return _with


def test_a_trace_a_warning_an_unknown_code_and_a_lost_row_are_found(with_command):
    def prints(text, code=0):
        def _program(command):
            print(text)
            return code

        return _program

    def warns(command):
        import warnings

        warnings.warn("en anglais", RuntimeWarning, stacklevel=1)
        return main_program(command)

    def loses(command):
        import contextlib
        import io

        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = main_program(command)
        print(out.getvalue().replace('"lignes_utilisees": 1', '"lignes_utilisees": 0'))
        return code

    def escapes(command):
        raise SystemExit(9)

    assert with_command(main_program) == []
    assert with_command(warns) == ["warning : RuntimeWarning en anglais"]
    assert with_command(loses) == ["ligne perdue : structures"]
    assert with_command(prints("NaN")) == ["JSON illisible"]
    assert "trace affichée" in with_command(prints("Traceback"))
    assert with_command(prints("faute", 3)) == ["code 3 sans code d'erreur"]
    assert with_command(prints("", 1)) == ["code 1 : pas à la seconde fois"]
    assert [name[:20] for name in with_command(escapes)] == ["échappe : SystemExit"]


def test_a_request_of_a_foreign_content_is_found_at_the_socket_and_at_the_server(with_command):
    def asks(command):
        with socket.create_connection(("127.0.0.1", PORT)):
            pass
        return main_program(command)

    one = replace(LIST, family="étranger")
    assert with_command(main_program, one) == []
    assert with_command(asks, one) == ["requête : structures"]


def test_contents_that_are_not_those_of_their_names_are_made():
    contents = [foreign(Random(number))[1:] for number in range(100)]
    assert any(not name.endswith(".zip") and content.startswith(b"PK") for name, content in contents)
    assert any(b"OGRVRTDataSource" in content or b"vsicurl" in content for _, content in contents)
    assert any(b"CREATE VIEW" in content for _, content in contents)


def chance_of(wanted):
    return next(f"x:{n}" for n in range(10_000) if circumstance(f"x:{n}") == wanted)


def test_what_is_not_the_same_the_second_time_is_found(with_command):
    twice = replace(LIST, chance=chance_of("deux fois"))
    times = iter(range(100))

    def drifts(command):
        print(f"{next(times)} AVS-301")
        return 3

    assert with_command(main_program, twice) == []
    assert "autre chose la seconde fois : check" in with_command(drifts, twice)


def test_a_file_changes_once_it_is_opened(tmp_path):
    path = tmp_path / "l.csv"
    for n in range(6):
        path.write_bytes(b"abcdefgh")
        with changing(tmp_path, f"y:{n}"), path.open("rb"):
            assert not path.exists() or path.read_bytes() != b"abcdefgh"


@pytest.mark.parametrize("way", range(6))
def test_a_list_that_changes_while_it_is_read_is_refused_or_read_as_it_was(tmp_path, way):
    chances = [f"z:{n}" for n in range(2_000) if circumstance(f"z:{n}") == "change"]
    command = ("structures", "200071082", "--structures", "l.csv", "--json")
    one = replace(LIST, commands=(command,), chance=chances[way])
    verdict = judge(one, tmp_path)
    assert (verdict.findings, verdict.codes[0] in (0, 3)) == ({}, True)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes streams by >&- elsewhere")
def test_a_closed_stream_that_changes_the_code_is_found(tmp_path):
    command = ("error", "AVS-301")
    assert dict(faults_of_closed_streams(command, tmp_path, 0)) == {}
    # A result that cannot be written is code 5, whatever the code was.
    assert [name for name, _ in faults_of_closed_streams(command, tmp_path, 4)] == [
        "flux 2>&- : code 0, 4 sinon"
    ]


def test_numbers_out_of_bounds_and_sums_that_are_wrong_are_found():
    row = {"regle": "declared", "mesure": "communes", "denominateur": 10}
    good = {
        "synthese": [
            {**row, "statut": "avs", "numerateur": 4, "part": 0.4, "minorant": 4, "majorant": 9},
            {**row, "statut": "aucune", "numerateur": 6, "part": 0.6, "minorant": 1, "majorant": 6},
        ]
    }
    assert list(faults_of_values(good)) == []
    for name, value in (
        ("numerateur", 5), ("part", 1.5), ("part", -0.1), ("minorant", 5), ("majorant", 3),
        ("denominateur", 3),
    ):  # fmt: skip
        wrong = {"synthese": [{**good["synthese"][0], name: value}, good["synthese"][1]]}
        assert list(faults_of_values([{"epci": wrong}])), name
    quarters = {"nb_avec_structure": 1, "nb_sans_structure": 1, "nb_non_renseigne": 1, "nb_qpv": 4}
    assert [name for name, _ in faults_of_values({"qpv": quarters})] == ["somme des QPV : .qpv"]


def test_rows_fewer_than_those_of_the_file_are_found(tmp_path):
    more = Input("contenu", "structures", LIST.files, LIST.commands, 2)
    assert list(judge(more, tmp_path).findings) == ["lignes lues, pas celles du fichier : structures"]


@pytest.mark.full
def test_the_counts_are_printed_with_the_numbers_of_the_findings(capsys, tmp_path):
    counts = Counts()
    for outcome, _ in run_all(partial(trials.trial, 1), range(4), workers=1):
        outcome.verdict.findings["quelque chose"] = "x"
        counts.add(outcome)
    text = counts.text()
    assert "quelque chose — 4 entrées, n° [0, 1, 2, 3]" in text
    assert "commandes lancées" in text
