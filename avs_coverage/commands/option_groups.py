"""Groups of options: a dataclass stands for all its fields in the signature of a command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the groups it takes, each group as one value.

    A parameter annotated with a dataclass of options stands for all its fields, so that a
    shared option is declared once. The signature is what typer reads.
    """
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    own: list[inspect.Parameter] = []
    for name, kind in get_type_hints(command, include_extras=True).items():
        if name == "return":
            continue
        if is_dataclass(kind):
            group: Any = kind
            groups[name] = group
            parameters += _parameters(group)
        else:
            parameter = inspect.signature(command).parameters[name]
            own.append(parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def wrapper(**typed: Any) -> None:  # noqa: ANN401 - what typer read
        values = {
            name: kind(**{field.name: typed.pop(field.name) for field in fields(kind)})
            for name, kind in groups.items()
        }
        command(**values, **typed)

    parameters = own + parameters  # a command's own options come first in its help
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


@functools.cache
def _parameters(kind: Any) -> tuple[inspect.Parameter, ...]:  # noqa: ANN401 - a class of options
    """Return the parameters of a group, made once: to evaluate its types takes longer than to list them."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(kind)
    )
