"""Running a command: exit codes, and one line for whatever goes wrong."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from mixtura.cli.app import app
from mixtura.cli.console import say
from mixtura.errors import MixturaError, MixturaWarning

BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def run(argv: Sequence[str]) -> int:
    """Run a command; return the exit code.

    Examples
    --------
    >>> run(["describe", "no such file"])
    2
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a name's letters is no reason to lose a fit.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        with _warnings_as_lines():
            code = int(app(args=list(argv), prog_name="mixtura", standalone_mode=False) or 0)
            sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, say head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        say(line)
        return BAD_INPUT
    if code == INTERRUPTED:
        say("Interrupted.")
    return code


def _one_line(error: Exception) -> str | None:
    """What the user reads, or None where it is not their doing."""
    if isinstance(error, OSError) and not isinstance(error, MixturaError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    usage: Any = getattr(error, "format_message", None)  # Typer's own errors, whichever class they have
    if usage is not None:
        context: Any = getattr(error, "ctx", None)
        command = context.command_path if context else "mixtura"
        return f"{usage()} See {command} --help."
    return str(error) if isinstance(error, MixturaError) else None


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Show Mixtura's warnings as one line each, when they happen; leave others to Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MixturaWarning)
        python_shows = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
            if issubclass(category, MixturaWarning):
                say(f"warning: {message}")
            else:
                python_shows(message, category, *args, **kwargs)

        warnings.showwarning = show
        yield
