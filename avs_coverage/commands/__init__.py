"""The command line: one file a command. This module only assembles and runs them."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from avs_coverage.commands.access import access
from avs_coverage.commands.audit import audit
from avs_coverage.commands.check import check
from avs_coverage.commands.communes import communes
from avs_coverage.commands.compare import compare
from avs_coverage.commands.contributions import contributions
from avs_coverage.commands.data import data
from avs_coverage.commands.error import error
from avs_coverage.commands.explain import explain
from avs_coverage.commands.export import export
from avs_coverage.commands.french import FrenchCommand, FrenchGroup, usage_error
from avs_coverage.commands.groups import groups
from avs_coverage.commands.history import history
from avs_coverage.commands.init import init
from avs_coverage.commands.map import map as draw_map
from avs_coverage.commands.qpv import qpv
from avs_coverage.commands.replay import replay
from avs_coverage.commands.report import report
from avs_coverage.commands.streams import (
    open_closed_streams,
    prepare_streams,
    print_error,
    print_json_error,
    say,
    writing,
)
from avs_coverage.commands.structures import structures
from avs_coverage.commands.supply import supply
from avs_coverage.commands.zones import zones
from avs_coverage.errors import AuditError, AvsError, UsageError
from avs_coverage.faults import Fault

PROGRAM = "avs-coverage"
INTERRUPTED = 130
_ROWS_BETWEEN_COLLECTIONS = 200_000
_EPILOG = (
    "Codes de sortie : 0 fait ; 1 erreur interne ; 2 commande mal écrite ; 3 données refusées ; "
    "4 territoire inconnu ou ambigu ; 5 sortie refusée ; 6 audit qui ne passe pas (--strict) ; "
    "130 interrompu."
)

app = typer.Typer(
    cls=FrenchGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    options_metavar="[OPTIONS]",
    subcommand_metavar="COMMANDE …",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    report, explain, communes, groups, access, supply, contributions, history, compare, qpv, zones,
    structures, audit, draw_map, export, replay, check, init, error,
):  # fmt: skip
    app.command(_command.__name__, cls=FrenchCommand)(_command)
app.add_typer(data, name="data")


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[
        bool, typer.Option("--version", help="Afficher la version et les millésimes des données.")
    ] = False,
    debug: Annotated[  # main_program() takes it out of the arguments; declared for the help
        bool, typer.Option("--debug", help="Afficher la trace complète en cas d'erreur.")
    ] = False,
) -> None:
    """Couverture d'un territoire par les centres sociaux (CS) et les espaces de vie sociale (EVS)."""
    if version:
        from avs_coverage import __version__
        from avs_coverage.embedded import VINTAGES

        print(f"{PROGRAM} {__version__}")
        for vintage in VINTAGES.values():
            print(f"  {vintage}")
        raise typer.Exit


def main_program(arguments: Sequence[str]) -> int:
    """Run the command line on *arguments* and return its exit code."""
    debug = "--debug" in arguments
    typed = [word for word in arguments if word != "--debug"]
    # An option with an optional value, which typer does not know.
    typed = ["--uncovered=certain" if word == "--uncovered" else word for word in typed]
    try:
        with writing():  # what typer writes itself: the help
            result = app(args=typed, prog_name=PROGRAM, standalone_mode=False)
    except KeyboardInterrupt:
        result = INTERRUPTED
    except SystemExit:  # so typer ends where the reader of its help left
        return 0
    except Exception as raised:
        if debug:
            say(traceback.format_exc())
        return _explain(raised, as_json="--json" in typed)
    if result == INTERRUPTED:  # typer gives this code for Ctrl-C
        say("interrompu")
    return result if isinstance(result, int) else 0


def _explain(raised: Exception, as_json: bool) -> int:
    """Say on stderr what went wrong, in French, and return the exit code; *as_json*: on stdout too."""
    if type(raised).__name__ == "NoArgsIsHelpError":
        say(str(raised))
        return UsageError.exit_code
    error = raised if isinstance(raised, AvsError) else usage_error(raised) or _bug(raised)
    # What does not pass an audit is in the document of the audit, which is already written.
    if as_json and not isinstance(error, AuditError):
        print_json_error(error)
    print_error(error)
    return error.exit_code


def _bug(raised: Exception) -> AvsError:
    """Return what is wrong with the tool itself as an error of exit code 1."""
    values = {"value": f"{type(raised).__name__} : {raised}", "command": f"{PROGRAM} --debug …"}
    return AvsError(Fault("AVS-100", values))


def _end_cleanly() -> None:
    """Let a process that is asked to end (a closed terminal, ``kill``) do as for Ctrl-C: leave nothing."""
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # not where nohup ignores it
            signal.signal(number, signal.default_int_handler)


def run() -> NoReturn:
    """Run the command line of this process and end it with the exit code."""
    # Hundreds of thousands of rows are made and kept, hardly any in a cycle: to look for cycles
    # after every 700 of them, as Python does by default, takes a fifth of a long report.
    gc.set_threshold(_ROWS_BETWEEN_COLLECTIONS)
    open_closed_streams()
    prepare_streams()
    _end_cleanly()
    code = main_program(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Taking pandas and pyarrow down module by module lasts as long as a quarter of a report,
    # and there is nothing left to close: files are written whole before a command returns.
    os._exit(code)
