"""The wheel with its dependencies at run time alone: every command, in a virtual environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
import typer

from avs_coverage.commands import app
from avs_coverage.export import FORMATS
from tests.conftest import ROOT
from tools.stand_in import StandIn

STUDY = ("init", "allier", "etude", "--example")
LIST = """nom;type;adresse;code_postal;commune;code_insee;capacite
Espace du Parc;CS;12 rue du Test;03000;Moulins;03190;120
L'Escale;EVS;rue du Lac;03200;Vichy;03310;40
"""
COMMANDS = {
    "init": STUDY,
    "check": ("check", "./etude"),
    "report": ("report", "./etude"),
    "explain": ("explain", "./etude", "Moulins"),
    "communes": ("communes", "allier", "--structures", "liste.csv"),
    "groups": ("groups", "./etude"),
    "access": ("access", "./etude"),
    "supply": ("supply", "allier", "--structures", "liste.csv"),
    "contributions": ("contributions", "./etude"),
    "history": ("history", "./etude"),
    "compare": ("compare", "allier", "creuse", "--structures", "liste.csv"),
    "qpv": ("qpv", "./etude"),
    "zones": ("zones", "./etude", "--csv", "zones.csv"),
    "structures": ("structures", "./etude"),
    "audit": ("audit", "allier"),
    "map": ("map", "allier", "--output", "carte.png"),
    "export": ("export", "./etude", "--output", "sortie"),
    "replay": ("replay", "sortie/manifest.json", "--in", "etude"),
    "error": ("error", "AVS-314"),
    "data list": ("data", "list"),
    "data fetch": ("data", "fetch", "communes", "allier"),
    "data info": ("data", "info"),
    "data geocode": ("data", "geocode", "liste.csv", "-o", "situee.csv"),
    "data clear": ("data", "clear"),
}
"""Each command as typed, in an order in which one finds what another made."""
OF_AN_EXTRA = {"map", "export pdf", "export docx", "export png", "export svg", "data fetch admin-express"}


def names(command, *before):
    """Return the commands of the program, those of groups under both names."""
    if not hasattr(command, "commands"):
        return {" ".join(before)}
    return {name for key, one in command.commands.items() for name in names(one, *before, key)}


def test_every_command_of_the_program_is_in_the_list():
    assert names(typer.main.get_command(app)) == COMMANDS.keys()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder of an environment that holds the wheel, and what it requires."""
    folder = tmp_path_factory.mktemp("installed")
    done = [
        ([sys.executable, "-m", "venv", folder / "venv"]),
        ([folder / "venv/bin/pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT]),
    ]
    for command in done:
        subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([folder / "venv/bin/pip", "install", "-q", wheel], check=True, capture_output=True)
    return folder / "venv/bin"


@pytest.fixture
def typed(installed, tmp_path):
    """Run the program of the wheel in an empty folder; what asks the network asks the stand-in."""
    server = StandIn()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AVS_"))}
    env = {**kept, "AVS_COVERAGE_CACHE": str(tmp_path / "cache"), "NO_PROXY": "127.0.0.1"}
    (tmp_path / "liste.csv").write_text(LIST, encoding="utf-8")

    def run(*words):
        mirror = ("--mirror", server.url) if words[1] in ("fetch", "geocode") else ()
        command = [installed / "avs-coverage", *words, *mirror]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, timeout=300)

    yield run
    server.shutdown()
    server.server_close()


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="the environment's programs are in bin")
def test_every_command_of_the_wheel_runs_without_what_is_for_development(installed, typed):
    for module in (
        "pytest",
        "hypothesis",
        "matplotlib",
        "docx",
        "reportlab",
        "py7zr",
        "openpyxl",
        "tests",
        "tools",
    ):
        found = f"import importlib.util as u; raise SystemExit(u.find_spec({module!r}) is not None)"
        assert subprocess.run([installed / "python", "-I", "-c", found], check=False).returncode == 0, module
    formats = {f"export {name}": ("export", "./etude", "--format", name, "-o", name) for name in FORMATS}
    more = {**formats, "data fetch admin-express": ("data", "fetch", "admin-express")}
    ends = {name: typed(*words) for name, words in {**COMMANDS, **more}.items()}
    needing = {name for name, done in ends.items() if b"AVS-507" in done.stderr}
    wrong = {
        name: done.stderr.decode()
        for name, done in ends.items()
        if done.returncode != (5 if name in needing else 0) or b"Traceback" in done.stderr
    }
    assert wrong == {}
    assert needing == OF_AN_EXTRA
    assert json.loads(typed("report", "allier", "--json").stdout)["territoire"]["code"] == "03"
