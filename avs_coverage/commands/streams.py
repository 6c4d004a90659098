"""What goes to stdout and to stderr, on any terminal and in any encoding."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from avs_coverage.errors import AvsError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.messages import os_reason

ERROR_SCHEMA_NAME, ERROR_SCHEMA_VERSION = "avs-coverage/error", 1
_MAX_SHOWN = 100
_PLAIN = {
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{NO-BREAK SPACE}": " ",
    "«": '"',
    "»": '"',
    "’": "'",
    "—": "-",
    "–": "-",
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "²": "2",
    "°": "o",
    "≥": ">=",
    "≤": "<=",
    "─": "-",
    "━": "-",
}


def _approach(error: UnicodeError) -> tuple[str, int]:
    """Write a character that an encoding lacks as the nearest ASCII, never fail."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = ""
    for char in error.object[error.start : error.end]:
        decomposed = unicodedata.normalize("NFKD", char)
        text += _PLAIN.get(char) or decomposed.encode("ascii", "ignore").decode() or "?"
    return text, error.end


codecs.register_error("avs-nearest", _approach)


def open_closed_streams() -> None:
    """Put something behind the streams that the caller closed (``>&-``), lest a file get their number.

    What a library in C writes there would go into that file. Nothing comes from the input; to write on
    the output fails, as on a full disk; what goes to stderr is lost.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)  # it gets the lowest free number: this one
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Let a reader that left (``| head``) end a command quietly, and say an output that takes nothing.

    Raises OutputError (AVS-505).
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if isinstance(error, AvsError) or error.filename:
            raise
        raise OutputError(Fault("AVS-505", {"reason": os_reason(error)})) from error


def prepare_streams() -> None:
    """Let stdout and stderr write any text: a character they lack becomes its nearest ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where the stream is closed, or a test's own
            stream.reconfigure(errors="avs-nearest")


def writable(text: str) -> str:
    """Return *text* in characters that stdout has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "avs-nearest").decode(encoding)


def is_utf(encoding: str | None) -> bool:
    """Tell whether an encoding writes every character."""
    return bool(encoding) and codecs.lookup(str(encoding)).name.startswith("utf")


def print_json(payload: object) -> None:
    """Write one JSON document on stdout, in ASCII escapes where the encoding lacks characters."""
    import json

    ascii_only = not is_utf(getattr(sys.stdout, "encoding", "utf-8"))
    encoder = json.JSONEncoder(ensure_ascii=ascii_only, indent=2, allow_nan=False)
    words = encoder.iterencode(payload)
    # Whole before it is written: what fails on the way leaves stdout to the document of the error. Joined
    # as they come: millions of words, each a text of its own, would take several times the document.
    pieces = ["".join(some) for some in iter(lambda: list(islice(words, 10_000)), [])]
    sys.stdout.writelines((*pieces, "\n"))


def say(text: str) -> None:
    """Write a message on stderr; one that takes nothing (closed, a full disk) takes nothing of the result."""
    from avs_coverage.reports.text import plain

    with contextlib.suppress(OSError, ValueError):
        print("\n".join(plain(line) for line in text.split("\n")), file=sys.stderr)


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show on stderr how far a long work is, where somebody looks; give what to call as each part begins."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        begun = 0

        def tell(name: str) -> None:
            nonlocal begun
            bar.update(task, description=name, completed=begun)
            begun += 1

        yield tell


def print_json_error(error: AvsError) -> None:
    """Write every fault on stdout as one JSON document, in the published schema; a stdout gone is let be."""
    faults = [fault.to_record() for fault in error.faults]
    head = {"schema": ERROR_SCHEMA_NAME, "version": ERROR_SCHEMA_VERSION, "code_sortie": error.exit_code}
    with contextlib.suppress(OSError, ValueError):
        print_json({**head, "fautes": faults})
        sys.stdout.flush()


@contextlib.contextmanager
def downloading(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how much is received, where somebody looks; give what to call with bytes and total."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def print_error(error: AvsError) -> None:
    """Write every fault on stderr: what, where, why, aide."""
    if len(error.faults) > 1:
        say(f"{len(error.faults)} fautes : rien n'a été calculé.")
    for fault in error.faults[:_MAX_SHOWN]:
        _print_fault("erreur", fault)
    if len(error.faults) > _MAX_SHOWN:
        say(f"… et {len(error.faults) - _MAX_SHOWN} autres fautes : corrigez celles-ci, puis relancez.")


def print_warnings(warnings: Sequence[Fault]) -> None:
    """Write every warning on stderr."""
    for fault in warnings[:_MAX_SHOWN]:
        _print_fault("avertissement", fault)
    if len(warnings) > _MAX_SHOWN:
        say(f"… et {len(warnings) - _MAX_SHOWN} autres avertissements : avs-coverage check les donne tous.")


def _print_fault(kind: str, fault: Fault) -> None:
    say(f"{kind} {fault.code} : {fault.what}")
    for label, text in (("où", fault.where), ("pourquoi", fault.why), ("aide", fault.hint)):
        if text:
            say(f"  {label} : {text}")
