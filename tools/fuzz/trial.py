"""Make an input from its seed and number, run it in this process, and judge what came out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tools.fuzz.damage import damaged
from tools.fuzz.lines import asks_json, command_line
from tools.fuzz.records import changed_record, changed_settings
from tools.fuzz.seeds import EPCI, Seed, seed, seeds
from tools.fuzz.services import (
    MIRROR,
    RECORD,
    addresses,
    faults_of_cache,
    lost_addresses,
    record_commands,
    record_files,
    record_seed,
    service,
    service_commands,
)
from tools.fuzz.shapes import changed_layer
from tools.fuzz.tables import changed, written

FAMILIES = ("octets", "contenu", "commande", "service")
_LONGEST_NAME = 20
_RECORDS_SHARE = 0.08
_ALLOWED = frozenset({0, 2, 3, 4, 5, 6})
_COUNTED = frozenset(
    {"structures", "zones", "population", "qpv", "indicateurs", "carreaux", "temps", "chiffres"}
)
"""Kinds whose rows below the headers are all rows that the tool should account for."""


_RECORDS = {
    "avs.toml": changed_settings,
    "colonnes.toml": changed_settings,
    "manifest.json": changed_record,
    RECORD: changed_record,
}


@dataclass(frozen=True)
class Input:
    """Files, name → bytes, and the commands to run among them.

    *rows* is how many rows the first file holds below its headers, None where damage leaves it unknown;
    *chance*, by what the answers of the services are damaged.
    """

    family: str
    kind: str
    files: dict[str, bytes]
    commands: tuple[tuple[str, ...], ...]
    rows: int | None = None
    chance: str = ""


@dataclass
class Verdict:
    """What became of an input: *codes* are the exit codes; *findings* are signature → detail."""

    family: str = ""
    kind: str = ""
    codes: list[int] = field(default_factory=list)
    accepted: bool = False
    rows_read: int = 0
    findings: dict[str, str] = field(default_factory=dict)


def _study_files() -> dict[str, bytes]:
    """Return a study folder whole: what avs.toml and the manifest name, and every seed."""
    named = {"liste.csv": "structures.csv", "pop.csv": "population.csv", "ind.csv": "indicateurs.csv"}
    return {one.name: one.content for one in seeds()} | {n: seed(o).content for n, o in named.items()}


def make_input(base: int, number: int) -> Input:
    """Return input *number* of the run of seed *base*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd geometries and long names: making them is not what is tried
        return _make(Random(f"{base}:{number}"), f"{base}:{number}")


def _make(rng: Random, chance: str) -> Input:
    draw = rng.random()
    if draw < 0.25:
        files = _study_files() | (record_files(record_seed()[0].content) if rng.random() < 0.3 else {})
        return Input("commande", "", files, (command_line(rng),), chance=chance)
    if draw < 0.35:
        commands = service_commands(rng)
        return Input("service", commands[0][1], {"adresses.csv": addresses()}, commands, chance=chance)
    records = [record_seed()[0], *(one for one in seeds() if one.name in _RECORDS)]
    one = rng.choice(records if rng.random() < _RECORDS_SHARE else seeds())
    if draw < 0.65:
        name, content, rows = _renamed(one, rng), damaged(one.content, rng), None
        family = "octets"
    elif one.cells:
        cells, same_header = changed(one.cells, rng)
        end, content = written(cells, rng)
        rows = (
            len(cells) - 1
            if same_header and one.kind in _COUNTED and end in ("csv", "json", "parquet")
            else None
        )
        name, family = f"{one.kind}.{end}", "contenu"
    elif one.name in _RECORDS:
        name, content, rows, family = one.name, _RECORDS[one.name](one.content, rng), None, "contenu"
    else:
        end, content, rows = changed_layer(one.kind, rng)
        name, family = f"{one.kind}_geo.{end}", "contenu"
    files = {name: content}
    return Input(family, one.kind, files, tuple(_commands(one, name, files, rng)), rows, chance)


def _renamed(one: Seed, rng: Random) -> str:
    """Return the name of a seed, now and then with the end of another format's."""
    if one.name in _RECORDS or rng.random() < 0.8:
        return one.name
    return f"x.{rng.choice(['csv', 'xlsx', 'zip', 'gpkg', 'geojson', 'dat', 'parquet', 'ods', 'json'])}"


def _commands(one: Seed, name: str, files: dict[str, bytes], rng: Random) -> Iterator[tuple[str, ...]]:
    """Yield the commands that read a file in its role, and put beside it what they need."""
    if one.kind == "fiche":
        files |= record_files(files[name])
        yield from record_commands(rng)
        return
    if one.kind in ("reglages", "manifeste", "correspondance"):
        files |= {k: v for k, v in _study_files().items() if k != name}
        yield {
            "reglages": rng.choice([("check", ".", "--json"), ("report", "./", "--json")]),
            "manifeste": ("replay", name),
            "correspondance": ("check", "liste.csv", "--map", name, "--json"),
        }[one.kind]
        return
    yield ("check", name, "--json", *rng.choice([(), ("--territory", EPCI), ("--territory", "allier")]))
    if rng.random() < 0.5:
        return
    if one.kind in ("zones", "temps"):
        files["liste.csv"] = seed("structures.csv").content
    listing = rng.choice(["report", "communes", "zones", "qpv", "groups", "access"])
    report = (rng.choice(["report", "communes"]), EPCI, "--json")
    yield {
        "structures": (rng.choice([listing, "structures", "supply", "history", "contributions"]), EPCI,
        "--structures",
                       name, *rng.choice([(), ("--json",)])),
        "zones": ("report", EPCI, "--structures", "liste.csv", "--service-areas", name, "--json"),
        "population": (*report, "--population", name),
        "communes": (*report, "--communes", name, *rng.choice([(), ("--rule", "radius:2km",
        "--population-by", "area")])),
        "qpv": ("qpv", EPCI, "--qpv", name, "--json"),
        "indicateurs": (*report, "--indicators", name),
        "carreaux": (*report, "--indicators", name, "--rule", "radius:5km"),
        "temps": (*report, "--structures", "liste.csv", "--rule", "travel-time:15min", "--travel-times",
        name),
        "chiffres": ("audit", EPCI, "--figures", name, "--json"),
    }.get(one.kind, (listing, EPCI, "--structures", name))  # fmt: skip


def trial(base: int, number: int, folder: Path) -> Verdict:
    """Make an input, put its files in *folder*, run its commands there, and judge each."""
    return judge(make_input(base, number), folder)


def judge(one: Input, folder: Path) -> Verdict:
    """Put the files of an input in *folder*, run its commands there, and judge what came out."""
    for name, content in one.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    lines = [" ".join(map(repr, command)) for command in one.commands]
    (folder / "commandes.txt").write_text("\n".join(lines), "utf-8", "backslashreplace")
    named = (one.kind or next(iter(one.commands[0]), "")).replace("-", "_")
    verdict = Verdict(one.family, named if named.isidentifier() and len(named) < _LONGEST_NAME else "(autre)")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with service(folder, one.chance) as address:
            for command in one.commands:
                told = tuple(address if word == MIRROR else word for word in command)
                _judge_command(told, one.rows, verdict)
            if one.family == "service":
                verdict.findings |= dict(faults_of_cache())
                verdict.findings |= dict(lost_addresses(folder, verdict.codes[0]))
    finally:
        os.chdir(before)
    verdict.accepted = all(code in (0, 6) for code in verdict.codes)
    return verdict


def _judge_command(command: Sequence[str], rows: int | None, verdict: Verdict) -> None:
    from avs_coverage.commands import main_program
    from avs_coverage.commands.streams import prepare_streams

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            prepare_streams()
            try:
                code = main_program(command)
                trace = ""
            except BaseException as error:
                code, trace = 1, traceback.format_exc()
                verdict.findings[f"échappe : {_place(error)}"] = trace
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    verdict.codes.append(code)
    for warning in warned:
        if not issubclass(warning.category, ResourceWarning | ImportWarning):
            verdict.findings[f"warning : {warning.category.__name__} {str(warning.message)[:60]}"] = str(
                warning
            )
    if trace:
        return
    for signature, detail in _faults_of(command, code, out, err, rows, verdict):
        verdict.findings[signature] = detail


def _faults_of(
    command: Sequence[str], code: int, out: str, err: str, rows: int | None, verdict: Verdict
) -> Iterator[tuple[str, str]]:
    if code not in _ALLOWED:
        yield f"code {code} : {_internal(command)}", err
        return
    if "Traceback" in err or "Traceback" in out:
        yield "trace affichée", out + err
    is_help = "Usage : " in out + err  # a group of commands without one of them shows its help
    if code and command[:1] and not is_help and not re.search(r"AVS-\d{3}", out + err):
        yield f"code {code} sans code d'erreur", out + err
    if code == 0 and asks_json(command) and "--help" not in command and "-h" not in command:
        try:
            json.loads(out, parse_constant=_no_constant)
        except ValueError:
            yield "JSON illisible", out
    if command[0:1] == ("check",) and "--json" in command and out.startswith("{"):
        yield from _lost_rows(json.loads(out), code, rows, verdict)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _lost_rows(
    said: dict[str, object], code: int, rows: int | None, verdict: Verdict
) -> Iterator[tuple[str, str]]:
    """Yield what does not add up in what ``check`` says: rows, and faults of a refused file."""
    if "fichiers" not in said:  # refused before any file was read
        return
    for found in said["fichiers"]:  # type: ignore[attr-defined]
        read, used, aside = (found[f"lignes_{word}"] for word in ("lues", "utilisees", "mises_de_cote"))
        verdict.rows_read += read
        shown = json.dumps(found, ensure_ascii=False, indent=1)[:4000]
        if found["accepte"] and read != used + aside:
            yield f"ligne perdue : {found['nature']}", shown
        if found["accepte"] and rows is not None and read != rows:
            yield f"lignes lues, pas celles du fichier : {found['nature']}", f"{rows} au fichier\n{shown}"
        if any(not (fault["code"] and fault["message"] and fault["aide"]) for fault in found["fautes"]):
            yield "faute sans texte", shown
    refused = any(found["fautes"] for found in said["fichiers"])  # type: ignore[attr-defined]
    if refused != bool(code):
        yield "refus sans faute, ou faute sans refus", str(code)


def _internal(command: Sequence[str]) -> str:
    """Run a command that failed inside again, to name the place."""
    from avs_coverage.commands import app

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            app(args=list(command), prog_name="avs-coverage", standalone_mode=False)
        except Exception as error:
            return _place(error)
    return "pas à la seconde fois"


def _place(error: BaseException) -> str:
    """Name an exception by its class and the last place of the tool that it went through."""
    frames_of = traceback.extract_tb(error.__traceback__)
    mine = [one for one in frames_of if "avs_coverage" in one.filename] or list(frames_of)
    where = f"{Path(mine[-1].filename).name}:{mine[-1].lineno} {mine[-1].name}" if mine else "?"
    return f"{type(error).__name__} {where}"
