"""Make an input from its seed and number, run it in this process, and judge what came out."""

from __future__ import annotations

import contextlib
import io
import os
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tools.fuzz.circumstances import (
    changing,
    circumstance,
    counted_requests,
    faults_of_closed_streams,
    reads_only,
)
from tools.fuzz.damage import damaged
from tools.fuzz.foreign import foreign
from tools.fuzz.lines import command_line
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
from tools.fuzz.verdicts import Verdict, faults_of, place_of

FAMILIES = ("octets", "contenu", "commande", "service", "étranger")
_LONGEST_NAME = 20
_RECORDS_SHARE = 0.08
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
    if draw < 0.41:
        one, name, content = foreign(rng)
        files = {name: content}
        commands = tuple(_commands(one, name, files, rng))
        return Input("étranger", one.kind, files, commands, chance=chance)
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
    around = circumstance(one.chance) if one.chance else ""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with service(folder, one.chance) as address:
            for command in one.commands:
                told = tuple(address if word == MIRROR else word for word in command)
                _judge_around(told, one, folder, around, verdict)
            if one.family == "service":
                verdict.findings |= dict(faults_of_cache())
                verdict.findings |= dict(lost_addresses(folder, verdict.codes[0]))
    finally:
        os.chdir(before)
    verdict.accepted = all(code in (0, 6) for code in verdict.codes)
    return verdict


def _judge_around(command: Sequence[str], one: Input, folder: Path, around: str, verdict: Verdict) -> None:
    """Judge a command in its circumstances: once more, among files that change, with a stream closed."""
    if around == "change":
        with changing(folder, one.chance):
            _judge_command(command, None, verdict)
        return
    if one.family == "étranger":
        with counted_requests() as requests:
            _judge_command(command, one.rows, verdict)
        if requests:
            verdict.findings[f"requête : {one.kind}"] = ", ".join(requests)
    else:
        first = _judge_command(command, one.rows, verdict)
        if around == "deux fois" and reads_only(command):
            again = _judge_command(command, one.rows, Verdict())
            if again != first:
                verdict.findings[f"autre chose la seconde fois : {command[0]}"] = f"{first}\n\n{again}"
    if around == "fermé" and reads_only(command):
        verdict.findings |= dict(faults_of_closed_streams(command, folder, verdict.codes[-1]))


def _judge_command(command: Sequence[str], rows: int | None, verdict: Verdict) -> tuple[int, str]:
    """Run a command and judge it; return its code and what it printed."""
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
                verdict.findings[f"échappe : {place_of(error)}"] = trace
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    verdict.codes.append(code)
    for warning in warned:
        if not issubclass(warning.category, ResourceWarning | ImportWarning):
            verdict.findings[f"warning : {warning.category.__name__} {str(warning.message)[:60]}"] = str(
                warning
            )
    if not trace:
        for signature, detail in faults_of(command, code, out, err, rows, verdict):
            verdict.findings[signature] = detail
    return code, out
