"""Run a command: turn exceptions into exit codes and one-line messages, and warnings into lines."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from mixtura.cli.app import app
from mixtura.cli.console import print_message
from mixtura.errors import MixturaError, MixturaWarning

BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def run_command(argv: Sequence[str]) -> int:
    """Run a command of the program ``mixtura``, and return its exit code.

    Examples
    --------
    >>> run_command(["describe", "no such file"])
    2
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal whose encoding lacks some characters of a name must not end a fit.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        with _print_warnings_as_lines():
            code = int(app(args=list(argv), prog_name="mixtura", standalone_mode=False) or 0)
            sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        line = _error_line(error)
        if line is None:
            raise
        print_message(line)
        return BAD_INPUT
    if code == INTERRUPTED:
        print_message("Interrupted.")
    return code


def _error_line(error: Exception) -> str | None:
    """Message of an error that the user can mend, in one line; None for any other exception."""
    if isinstance(error, OSError) and not isinstance(error, MixturaError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    usage: Any = getattr(error, "format_message", None)  # Typer's own errors, whichever class they have
    if usage is not None:
        context: Any = getattr(error, "ctx", None)
        command = context.command_path if context else "mixtura"
        return f"{usage()} See {command} --help."
    return str(error) if isinstance(error, MixturaError) else None


@contextmanager
def _print_warnings_as_lines() -> Iterator[None]:
    """Print each of Mixtura's warnings as one line when it is raised; other warnings stay with Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MixturaWarning)
        python_shows = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
            if issubclass(category, MixturaWarning):
                print_message(f"warning: {message}")
            else:
                python_shows(message, category, *args, **kwargs)

        warnings.showwarning = show
        yield
