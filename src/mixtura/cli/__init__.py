"""The command line, ``mixtura``: see ``mixtura --help``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mixtura.errors import missing_extra

NEEDED = ("typer", "rich", "polars")


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
        from mixtura.cli.run import run  # noqa: PLC0415 only now is it known whether the packages are missed
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in NEEDED:
            raise
        sys.stderr.write(f"{missing_extra(package, 'cli')}\n")
        return 2
    return int(run(list(sys.argv[1:] if argv is None else argv)))
