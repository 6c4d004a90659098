"""Judge what a command said and how it ended."""

from __future__ import annotations

import contextlib
import io
import json
import re
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.fuzz.lines import asks_json
from tools.fuzz.values import faults_of_values

_ALLOWED = frozenset({0, 2, 3, 4, 5, 6})


@dataclass
class Verdict:
    """What became of an input: *codes* are the exit codes; *findings* are signature → detail."""

    family: str = ""
    kind: str = ""
    codes: list[int] = field(default_factory=list)
    accepted: bool = False
    rows_read: int = 0
    findings: dict[str, str] = field(default_factory=dict)


def faults_of(
    command: Sequence[str], code: int, out: str, err: str, rows: int | None, verdict: Verdict
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the end of a command and with what it said: signature, and detail."""
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
            yield from faults_of_values(json.loads(out, parse_constant=_no_constant))
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
            return place_of(error)
    return "pas à la seconde fois"


def place_of(error: BaseException) -> str:
    """Name an exception by its class and the last place of the tool that it went through."""
    frames_of = traceback.extract_tb(error.__traceback__)
    mine = [one for one in frames_of if "avs_coverage" in one.filename] or list(frames_of)
    where = f"{Path(mine[-1].filename).name}:{mine[-1].lineno} {mine[-1].name}" if mine else "?"
    return f"{type(error).__name__} {where}"
