"""The command line, ``mixtura``: each command reads files, calls one public function, and prints or writes its result.

A new command is a function in a module of this package, whose annotated parameters come from options.py, and one line
in app.py. `with_model_options` in model_options.py adds the options of a model and of EM. The docstring is the help
text, from which docs/cli_reference.py writes the manual.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mixtura.errors import missing_extra

REQUIRED_PACKAGES = ("typer", "rich", "polars")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of the program ``mixtura``, and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default: those of the process.

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
        from mixtura.cli.run import run_command  # noqa: PLC0415 only now is it known whether the packages are missed
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in REQUIRED_PACKAGES:
            raise
        sys.stderr.write(f"{missing_extra(package, 'cli')}\n")
        return 2
    return int(run_command(list(sys.argv[1:] if argv is None else argv)))
