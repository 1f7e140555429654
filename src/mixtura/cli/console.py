"""Print results to standard output, and messages to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console


def results_console() -> Console:
    """Console on standard output, for results; made at each call, since the stream may have been replaced."""
    return Console(markup=False, highlight=False, emoji=False)


def messages_console() -> Console:
    """Console on standard error, for progress, notes, warnings and errors."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def print_message(line: str) -> None:
    """Print a message as one line, however long, on standard error."""
    messages_console().print(" ".join(line.split()), soft_wrap=True)


def print_json(content: dict[str, Any]) -> None:
    """Print an object as JSON on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
