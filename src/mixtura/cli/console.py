"""Print results to standard output, and messages to standard error."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from rich.console import Console

from mixtura._support import finite_values
from mixtura.errors import MixturaError, visible

# The console on which progress is shown at the moment: what is printed by another would end up in the same line.
PROGRESS_CONSOLE: ContextVar[Console | None] = ContextVar("PROGRESS_CONSOLE", default=None)

# Characters of a line that nobody's screen has to hold.
PIPE_WIDTH = 100_000

# Its file descriptor.
STANDARD_ERROR = 2


def results_console() -> Console:
    """Console on standard output, for results; made at each call, since the stream may have been replaced.

    A pipe or file gets lines of full length, unless the environment variable COLUMNS says otherwise.
    """
    terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(markup=False, highlight=False, emoji=False, width=None if terminal else PIPE_WIDTH)
    console.__dict__["on_broken_pipe"] = _raise_broken_pipe  # Rich itself would end the program, with another code
    return console


def _raise_broken_pipe() -> None:
    """Say that the reader of standard output, such as head, has closed it."""
    raise BrokenPipeError


def messages_console() -> Console:
    """Console on standard error, for progress, notes, warnings and errors."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def print_message(line: str) -> None:
    """Print a message as one line, however long, on standard error, above progress that is shown."""
    with suppress(OSError):  # standard error cannot be written, so nothing can be said
        (PROGRESS_CONSOLE.get() or messages_console()).print(visible(" ".join(line.split())), soft_wrap=True)


def print_text(text: str) -> None:
    """Print lines on standard output as they are, but on a terminal with visible control characters."""
    lines = text.split("\n")
    sys.stdout.write("\n".join(map(visible, lines)) if sys.stdout.isatty() else text)


@contextmanager
def silent_panics() -> Iterator[None]:
    """A context in which an error is all that is said: a reader that panics writes lines of its own before it."""
    with tempfile.TemporaryFile() as written:
        before, broken = os.dup(STANDARD_ERROR), False
        os.dup2(written.fileno(), STANDARD_ERROR)
        try:
            yield
        except MixturaError:
            broken = True
            raise
        finally:
            os.dup2(before, STANDARD_ERROR)
            os.close(before)
            written.seek(0)
            with suppress(OSError):
                os.write(STANDARD_ERROR, b"" if broken else written.read())


@contextmanager
def shows_progress(console: Console) -> Iterator[None]:
    """A context in which messages are printed above the progress that a console shows."""
    token = PROGRESS_CONSOLE.set(console)
    try:
        yield
    finally:
        PROGRESS_CONSOLE.reset(token)


def finite_records(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records with None in place of numbers that are not finite, which JSON cannot hold.

    Examples
    --------
    >>> finite_records([{"bic": float("nan"), "model": "VVV"}])
    [{'bic': None, 'model': 'VVV'}]
    """
    return [finite_values(record) for record in records]


def print_json(content: dict[str, Any]) -> None:
    """Print an object as JSON on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
