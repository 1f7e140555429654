"""Options of `mixtura fit` for its checkpoint."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

import typer

from mixtura import Checkpoint, ParameterError

CheckpointFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Write the state of the fit to this file now and then; if the program is killed, the same command goes on "
        "from there, and the file is removed at the end.",
    ),
]
CheckpointEvery: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="N|Ns|Nm",
        help="With --checkpoint: after so many passes over the rows, seconds (30s) or minutes (5m).  [default: 1m]",
    ),
]

# Minutes in one unit of the time that `--checkpoint-every` gives.
MINUTES = {"s": 1 / 60, "m": 1.0}


def parse_checkpoint(path: str | None, every: str | None) -> Checkpoint | None:
    """The checkpoint that ``--checkpoint`` and ``--checkpoint-every`` describe.

    Raises
    ------
    ParameterError
        If the time cannot be read, or there is no file.

    Examples
    --------
    >>> parse_checkpoint("a", "30s").minutes, parse_checkpoint("a", "10").passes
    (0.5, 10)
    """
    if path is None:
        if every is not None:
            raise ParameterError("--checkpoint-every is given without --checkpoint; name the file, too")
        return None
    if every is None:
        return Checkpoint(path)
    found = re.fullmatch(r"(\d+)|(\d+(?:\.\d+)?)([sm])", every)
    if found is None:
        raise ParameterError(f"--checkpoint-every is {every!r}; expected a number of passes, or a time as in 30s or 5m")
    passes, time, unit = found.groups()
    return Checkpoint(path, passes=int(passes)) if passes else Checkpoint(path, minutes=float(time) * MINUTES[unit])
