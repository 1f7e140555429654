"""Run a command: turn exceptions into exit codes and one-line messages, and warnings into lines."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from mixtura.cli.app import app
from mixtura.cli.console import print_message
from mixtura.cli.option_words import in_option_words
from mixtura.errors import MixturaError, MixturaWarning

BAD_INPUT_CODE = 2
INTERRUPTED_CODE = 130
BROKEN_PIPE_CODE = 141
TERMINATED_CODE = 143

# The standard streams, with the modes by which they are opened.
STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}


def run_command(argv: Sequence[str]) -> int:
    """Run a command of the program ``mixtura``, and return its exit code.

    Examples
    --------
    >>> run_command(["describe", "no such file"])
    2
    """
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal whose encoding lacks some characters of a name must not end a fit.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        with _print_warnings_as_lines(), _end_by_sigterm():
            code = int(app(args=list(argv), prog_name="mixtura", standalone_mode=False) or 0)
            sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED_CODE
    except BrokenPipeError:  # the reader of a pipe, such as head, has closed it
        _discard(sys.stdout)
        return BROKEN_PIPE_CODE
    except Exception as error:
        line = _error_line(error)
        if line is None:
            raise
        print_message(line)
        code = BAD_INPUT_CODE
    if code == INTERRUPTED_CODE:
        print_message("Interrupted.")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the disk is full, which is said already
            _discard(stream)
    return code


def _open_closed_streams() -> None:
    """Open the null device in place of standard streams that are closed, so that no other file takes their numbers."""
    for name, mode in STREAMS.items():
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 open until the end


def _discard(stream: Any) -> None:
    """Send to the null device what a stream still holds, since Python would write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _end_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the program as an exception does, so that unfinished files are removed."""

    def end(*_: object) -> None:
        raise SystemExit(TERMINATED_CODE)

    usual = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if usual:
        signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if usual:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _error_line(error: Exception) -> str | None:
    """Message of an error that the user can mend, in one line; None for any other exception."""
    if isinstance(error, OSError) and not isinstance(error, MixturaError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
    if isinstance(error, MemoryError):
        return f"not enough memory ({str(error) or 'none is left'}): give fewer rows, columns or components"
    usage: Any = getattr(error, "format_message", None)  # Typer's own errors, whichever class they have
    if usage is not None:
        context: Any = getattr(error, "ctx", None)
        command = context.command_path if context else "mixtura"
        return f"{usage().rstrip('.')}. See {command} --help."
    return in_option_words(str(error)) if isinstance(error, MixturaError) else None


@contextmanager
def _print_warnings_as_lines() -> Iterator[None]:
    """Print each of Mixtura's warnings as one line when it is raised; other warnings stay with Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MixturaWarning)
        python_shows = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
            if issubclass(category, MixturaWarning):
                print_message(in_option_words(f"warning: {message}"))
            else:
                python_shows(message, category, *args, **kwargs)

        warnings.showwarning = show
        yield
