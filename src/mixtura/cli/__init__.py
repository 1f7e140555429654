"""The command line, ``mixtura``: see ``mixtura --help``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from mixtura.errors import missing_extra

NEEDED = ("typer", "rich", "polars")


def __getattr__(name: str) -> Any:
    """``app``, the Typer application, which is imported only when it is wanted."""
    if name == "app":
        return importlib.import_module("mixtura.cli.program").app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process unless given.

    Returns
    -------
    int
        0: done, perhaps with a warning. 2: bad input. 130: interrupted before there was anything to keep.

    Examples
    --------
    >>> main(["--version"])
    mixtura 0.1.0
    0
    """
    try:
        commands = importlib.import_module("mixtura.cli.run")
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in NEEDED:
            raise
        sys.stderr.write(f"{missing_extra(package, 'cli')}\n")
        return 2
    return int(commands.run(list(sys.argv[1:] if argv is None else argv)))
