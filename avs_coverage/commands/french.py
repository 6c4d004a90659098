"""Help and usage errors in French: what typer writes in English is replaced here."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperCommand, TyperGroup

from avs_coverage.commands.streams import writable, writing
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.reports.text import typeset

_HELP_TEXT = "Afficher cette aide."


def _format_params(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types are private
    records: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    help_option = command.get_help_option(ctx)
    for param in command.get_params(ctx):
        title = "Arguments" if param.param_type_name == "argument" else "Options"
        if param is help_option:
            records[title].append((", ".join(sorted(param.opts, key=len)), _HELP_TEXT))
        elif not getattr(param, "hidden", False):
            name = param.metavar if title == "Arguments" else param.get_help_record(ctx)[0]
            records[title].append((name, typeset(param.help or "")))
    for title, rows in records.items():
        if rows:
            with formatter.section(f"{title} "):  # French puts a space before the colon
                formatter.write_dl(rows)


def _format_usage(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
    arguments = [param.metavar for param in command.params if param.param_type_name == "argument"]
    tail = [command.subcommand_metavar] if isinstance(command, FrenchGroup) else []
    formatter.write_usage(ctx.command_path, " ".join(["[OPTIONS]", *arguments, *tail]), prefix="Usage : ")


class _AsTyped:
    """Give a typed word as text or as a path: all that the options of this tool ask for.

    Recent versions of typer do it through pydantic, whose import and adapters cost a fifth of a
    report; they keep the result in ``_runtime_param``. A version without it is left as it is.
    """

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def coerce(self, value: Any, **_: Any) -> Any:  # noqa: ANN401
        if isinstance(value, (list, tuple)):
            return [self.coerce(item) for item in value]
        return value if value is None or isinstance(value, self.kind) else self.kind(value)


def _lighten(param: Any) -> Any:  # noqa: ANN401 - typer's own types are private
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    kind = next(iter(get_args(kind)), kind)  # list[Path] is many of Path
    if kind in (bool, str, Path) and getattr(param, "_runtime_param", 0) is None:
        param._runtime_param = _AsTyped(kind)
    return param


class _French:
    """What a command and the group of commands say alike."""

    # The class that stands behind, TyperCommand or TyperGroup, has the methods called by super().
    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Return the parameters, the help option among them."""
        return [_lighten(param) for param in super().get_params(ctx)]  # type: ignore[misc]

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401
        """Return the help in characters that stdout has: typer would write UTF-8 to an ASCII terminal."""
        return writable(super().get_help(ctx))  # type: ignore[misc]

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the usage line."""
        _format_usage(self, ctx, formatter)


class FrenchCommand(_French, TyperCommand):
    """A command whose help is in French and that a closed pipe ends quietly."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write arguments and options."""
        _format_params(self, ctx, formatter)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command; a reader that left (``| head``) is not an error, a full disk is."""
        with writing():  # here too: typer makes a bug of a reader that left
            return super().invoke(ctx)


class FrenchGroup(_French, TyperGroup):
    """The group of commands, with its help and its faults in French."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write options and commands."""
        _format_params(self, ctx, formatter)
        rows = [(name, self.commands[name].get_short_help_str(200)) for name in self.list_commands(ctx)]
        with formatter.section("Commandes "):
            formatter.write_dl(rows)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Return the commands in the order in which they were declared."""
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the command; raises UsageError (AVS-205) with the close names."""
        if self.get_command(ctx, args[0]) is None:
            close = get_close_matches(args[0], list(self.commands), n=2)
            known = f"peut-être {' ou '.join(close)}" if close else f"commandes : {', '.join(self.commands)}"
            raise UsageError(Fault("AVS-205", {"value": args[0], "suggestions": known}))
        return super().resolve_command(ctx, args)


def usage_error(error: Any) -> UsageError | None:  # noqa: ANN401
    """Return typer's usage error as ours, in French; None where it is no usage error."""
    name = type(error).__name__
    ctx = getattr(error, "ctx", None)
    path = f"{ctx.command_path} --help" if ctx is not None else "avs-coverage --help"
    if name == "NoSuchOption":
        close = ", ".join(sorted(error.possibilities or ()))
        hint = f"peut-être {close}" if close else f"voyez l'aide : {path}"
        return UsageError(Fault("AVS-206", {"value": error.option_name, "suggestions": hint}))
    if name == "MissingParameter":
        value = getattr(error.param, "metavar", None) or "un argument"
        return UsageError(Fault("AVS-207", {"value": value, "help": path}))
    if name == "BadOptionUsage":
        words = [word for word in sys.argv[1:] if not word.startswith("-")]
        path = f"avs-coverage {words[0]} --help" if ctx is None and words else path
        return UsageError(Fault("AVS-208", {"value": error.option_name, "help": path}))
    if hasattr(error, "format_message"):
        return UsageError(Fault("AVS-209", {"help": path}))
    return None
