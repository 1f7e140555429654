"""Where text goes: results to standard output, talk to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console


def out() -> Console:
    """Standard output, for results; made anew, since the stream may have been replaced."""
    return Console(markup=False, highlight=False, emoji=False)


def err() -> Console:
    """Standard error, for progress, notes, warnings and errors."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def say(line: str) -> None:
    """One line on standard error, however long."""
    err().print(" ".join(line.split()), soft_wrap=True)


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
