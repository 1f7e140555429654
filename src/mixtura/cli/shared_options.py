"""Options that several commands have in common: the fields of a class in place of one parameter of a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, get_type_hints

import typer

from mixtura.cli.known_options import KnownOptions
from mixtura.cli.measured_options import MeasuredOptions
from mixtura.cli.model_options import FitOptions
from mixtura.cli.reading_options import ReadingOptions

# Parameters of commands that stand for all options of a class.
CLASSES: dict[str, Any] = {
    "reading": ReadingOptions,
    "measured": MeasuredOptions,
    "settings": FitOptions,
    "known": KnownOptions,
}

Command = Callable[..., None]


def with_options(*without: str) -> Callable[[Command], Command]:
    """Decorator that gives a command an option for each field of the `CLASSES`, in place of their parameters.

    Typer reads options from a function's signature, so that of the decorated command lists them one by one.

    Parameters
    ----------
    *without : str
        Fields that the command has no option for; they keep their defaults.
    """
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True).parameters
        shared = {name: _options(CLASSES[name], without) for name in own if name in CLASSES}
        every = [one for name in own for one in shared.get(name, [own[name]])] + [context]

        @wraps(command)
        def run(*arguments: Any, context: typer.Context, **options: Any) -> None:
            values = {name: _values(CLASSES[name], shared[name], options, context) for name in shared}
            command(*arguments, **options, **values)

        run.__dict__["__signature__"] = inspect.Signature(every, return_annotation=None)
        run.__annotations__ = {one.name: one.annotation for one in every}
        return run

    return decorate


def _options(kind: Any, without: tuple[str, ...]) -> list[inspect.Parameter]:
    """Parameters of a command for the fields of a class."""
    types = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=types[field.name]
        )
        for field in fields(kind)
        if field.name not in (*without, "given")
    ]


def _values(kind: Any, shared: list[inspect.Parameter], options: dict[str, Any], context: typer.Context) -> Any:
    """Take the values of a class's fields out of a command's options; tell `FitOptions` which the user gave."""
    values = {one.name: options.pop(one.name) for one in shared}
    if not any(field.name == "given" for field in fields(kind)):
        return kind(**values)
    sources = {name: context.get_parameter_source(name) for name in values}
    given = frozenset(name for name, source in sources.items() if source and source.name != "DEFAULT")
    return kind(**values, given=given)
