"""Run commands one after another in a process of their own, whose memory is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import SPEAKS_UTF8

_CHILD = """
import contextlib, io, json, sys
from avs_coverage.commands import main_program
from avs_coverage.commands.streams import prepare_streams
from tools.fuzz.pool import peak_megabytes

said = []
for words in json.load(sys.stdin):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        prepare_streams()
        code = main_program(words)
    texts = []
    for stream in streams:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    said.append([code, *texts, peak_megabytes()])
json.dump(said, sys.stdout)
"""


@dataclass(frozen=True)
class Done:
    """A command that ended: its code, what it said, and the peak of memory so far, in MB."""

    code: int
    out: str
    err: str
    megabytes: int


def run_bounded(folder: Path, commands: Sequence[Sequence[str]], seconds: int = 120) -> list[Done]:
    """Run these commands in *folder*; raises subprocess.TimeoutExpired where they hang."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps([list(words) for words in commands]).encode(),
        capture_output=True,
        cwd=folder,
        env={**os.environ, **SPEAKS_UTF8},
        timeout=seconds,
        check=True,
    )
    return [Done(*one) for one in json.loads(done.stdout)]
