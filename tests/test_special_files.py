"""What is no ordinary file, or a file of settings that is far too large, is refused before it is read."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders import structures
from avs_coverage.loaders.structures import load_structures
from tests.bad_files.helpers import ALLIER, GOOD
from tests.conftest import SPEAKS_UTF8
from tests.test_boundaries import ADMIN_EXPRESS_3, ADMIN_EXPRESS_4, frame

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe has a name here")
REASON = "ce n'est pas un fichier ordinaire"
MANY_BYTES = 3_000_000_000
MEMORY_BYTES = 2_500_000_000


@pytest.fixture
def launch(tmp_path):
    """Run a command in a process that neither a pipe without a writer nor an endless device can hold."""
    os.mkfifo(tmp_path / "tube")
    (tmp_path / "lien").symlink_to("tube")
    (tmp_path / "liste.csv").write_text(GOOD, encoding="utf-8")

    def _launch(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "avs_coverage", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, cwd=tmp_path, timeout=120, check=False,
            env={**os.environ, **SPEAKS_UTF8},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        )  # fmt: skip

    return _launch


def refused(done, *words, code=3):
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == code, told
    for word in words:
        assert word in " ".join(told.split()), told


COMMANDS = [
    ("report", "allier", "--structures", "tube"),
    ("report", "allier", "--structures", "lien"),
    ("report", "allier", "--structures", "/dev/zero"),
    ("report", "allier", "--structures", "prise"),
    ("report", "allier", "--structures", "liste.csv", "--service-areas", "tube"),
    ("report", "allier", "--communes", "tube"),
    ("report", "allier", "--communes", "/dev/zero"),
    ("report", "allier", "--population", "tube"),
    ("report", "allier", "--population", "/dev/zero"),
    ("report", "allier", "--qpv", "tube"),
    ("report", "allier", "--indicators", "tube"),
    ("report", "allier", "--indicators", "tube=P22_POP"),
    (
        "report",
        "allier",
        "--structures",
        "liste.csv",
        "--travel-times",
        "tube",
        "--rule",
        "travel-time:15min",
    ),
    ("audit", "allier", "--figures", "tube"),
    ("groups", "allier", "--by", "tube=CTG"),
    ("export", "allier", "--structures", "tube", "-o", "out"),
    ("check", "tube"),
    ("check", "/dev/zero"),
    ("check", "liste.csv", "--service-areas", "tube"),
    ("replay", "tube"),
    ("replay", "/dev/zero"),
]


@pytest.mark.full
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_pipe_a_device_or_a_socket_is_refused_at_once(launch, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("prise")
        refused(launch(*command), "AVS-301", REASON)


def test_a_pipe_for_the_settings_of_a_study_or_a_mapping_is_refused(launch, tmp_path):
    (tmp_path / "etude").mkdir()
    os.mkfifo(tmp_path / "etude" / "avs.toml")
    for command in ("report", "check"):
        refused(launch(command, "./etude"), "AVS-340")
    refused(launch("report", "allier", "--structures", "liste.csv", "--map", "tube"), "AVS-211", code=2)


@pytest.mark.full
def test_a_manifest_that_names_a_device_is_refused(launch, tmp_path):
    assert launch("export", "allier", "--structures", "liste.csv", "-o", "out").returncode == 0
    path = tmp_path / "out" / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for name, code in (("/dev/zero", "AVS-395"), ("../tube", "AVS-396"), ("tube", "AVS-396")):
        record["entrees"][0]["fichier"] = name
        path.write_text(json.dumps(record), encoding="utf-8")
        refused(launch("replay", "out/manifest.json", "--in", "."), code)


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "beside"), [("c.shp", "c.dbf"), ("c.shp", "c.cpg"), ("c.gpkg", "c.gpkg-wal")]
)
def test_a_pipe_beside_a_layer_is_refused(launch, tmp_path, name, beside):
    made = ADMIN_EXPRESS_3 if name == "c.shp" else ADMIN_EXPRESS_4
    frame(made).to_file(tmp_path / name)
    (tmp_path / beside).unlink(missing_ok=True)
    os.mkfifo(tmp_path / beside)
    refused(launch("report", "allier", "--communes", name), "AVS-301", REASON)


@pytest.mark.full
def test_a_list_through_a_pipe_that_the_shell_opened_is_read_and_not_exported(launch, tmp_path):
    command = ["structures", "allier", "--json", "--structures"]
    line = f"cat liste.csv | {shlex.quote(sys.executable)} -m avs_coverage"
    environment = {**os.environ, **SPEAKS_UTF8}

    def through(*arguments):
        return subprocess.run(
            f"{line} {' '.join(arguments)}",
            shell=True, capture_output=True, cwd=tmp_path, env=environment, timeout=120, check=False,
        )  # fmt: skip

    assert launch(*command, "liste.csv").stdout.replace(b"liste.csv", b"stdin") == (
        through(*command, "/dev/stdin").stdout
    )
    refused(through("export", "allier", "--structures", "/dev/stdin", "-o", "out"), "AVS-301", REASON)
    refused(through("report", "allier", "--population", "/dev/stdin"), "AVS-301", REASON)
    assert not (tmp_path / "out").exists()


@pytest.mark.full
def test_what_is_missing_or_a_folder_is_said_as_such(launch, tmp_path):
    (tmp_path / "dossier").mkdir()
    for option in ("--structures", "--communes", "--population", "--qpv", "--indicators"):
        refused(launch("report", "allier", option, "absent"), "AVS-301", "fichier ou dossier introuvable")
        refused(launch("report", "allier", option, "dossier"), "AVS-301", "c'est un dossier")


@pytest.mark.parametrize("name", ["manifest.json", "avs.toml", "correspondance.toml"])
def test_settings_of_three_gigabytes_are_refused_without_being_read(launch, tmp_path, name):
    (tmp_path / "etude").mkdir()
    path = tmp_path / "etude" / name
    with path.open("wb") as file:
        file.truncate(MANY_BYTES)
    command = {
        "manifest.json": ("replay", "etude/manifest.json"),
        "avs.toml": ("report", "./etude"),
        "correspondance.toml": ("report", "allier", "--structures", "liste.csv", "--map", str(path)),
    }[name]
    refused(launch(*command), "AVS-301", "plus de 1 Mo")


@pytest.mark.full
@pytest.mark.parametrize("option", ["--structures", "--service-areas", "--figures"])
def test_a_list_of_three_gigabytes_is_refused_without_being_read(launch, tmp_path, option):
    with (tmp_path / "demesure.csv").open("wb") as file:
        file.truncate(MANY_BYTES)
    command = ("audit", "allier") if option == "--figures" else ("report", "allier")
    given = () if option != "--service-areas" else ("--structures", "liste.csv")
    refused(launch(*command, *given, option, "demesure.csv"), "AVS-308", "plus de 200 Mo")


def test_more_structures_than_there_can_be_are_refused_whatever_stands_between_them(tmp_path):
    path, row = tmp_path / "liste.csv", "Centre {n};CS;03185\n"
    path.write_text(
        "nom;type;code_insee\n" + "".join(row.format(n=n) for n in range(60)) + ";;\n" * 60_000, "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structures, "MAX_ROWS", 61)
        assert len(load_structures(path, ALLIER).structures) == 60
        patch.setattr(structures, "MAX_ROWS", 60)
        with pytest.raises(InputError, match="plus de 60 lignes") as caught:
            load_structures(path, ALLIER)
    assert [fault.code for fault in caught.value.faults] == ["AVS-308"]
