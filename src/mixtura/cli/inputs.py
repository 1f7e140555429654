"""What commands read."""

from __future__ import annotations

import csv
from pathlib import Path

from mixtura import Mixture
from mixtura.cli.console import say
from mixtura.cli.files import read_model
from mixtura.data.tables import Table, read_table
from mixtura.errors import ParameterError
from mixtura.mixture import EFFECTIVE_SAMPLE_SIZE
from mixtura.starts import STARTS


def names(columns: list[str] | None) -> list[str] | None:
    """Column names from ``--columns a,b``, which may be repeated; quotes protect commas.

    Examples
    --------
    >>> names(["a,b", '"c,d"'])
    ['a', 'b', 'c,d']
    """
    if columns is None:
        return None
    return [name.strip() for line in csv.reader(columns, skipinitialspace=True) for name in line]


def start_named(start: str) -> str | Mixture:
    """A start's name, or the mixture in a file."""
    if start in STARTS:
        return start
    if not start.endswith(".json") and not Path(start).is_file():
        raise ParameterError(f"start is {start!r}; expected one of {', '.join(STARTS)}, or a model file")
    return read_model(start)


def noise_named(noise: str | None) -> bool | str | float | None:
    """What ``--noise`` means to `mixtura.fit`.

    Examples
    --------
    >>> noise_named("auto"), noise_named("0.1")
    (True, 0.1)
    """
    known = {None: None, "auto": True, "neighbours": "neighbours"}
    if noise in known:
        return known[noise]
    try:
        return float(noise or "")
    except ValueError:
        raise ParameterError(f"noise is {noise!r}; expected auto, neighbours, or a share such as 0.05") from None


def numbers(option: str, text: str) -> list[float]:
    """Numbers that an option lists.

    Examples
    --------
    >>> numbers("--probabilities", "0.5,0.95")
    [0.5, 0.95]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"{option} is {text!r}; expected numbers such as 0.5,0.95") from None


def size_named(size: str | None) -> str | float | None:
    """What ``--sample-size`` means to `mixtura.fit`.

    Examples
    --------
    >>> size_named("effective"), size_named("120")
    ('effective', 120.0)
    """
    if size is None or size == EFFECTIVE_SAMPLE_SIZE:
        return size
    try:
        return float(size)
    except ValueError:
        raise ParameterError(f"sample_size is {size!r}; expected effective, or a number of rows") from None


def load_data(
    data: str,
    columns: list[str] | None,
    weights_column: str | None,
    missing: str,
    file_format: str | None,
    *,
    header: bool | None,
    model: str | Mixture | None = None,
    labels_column: str | None = None,
    labels_needed: bool = True,
) -> Table:
    """Read the rows, and pass on what there is to know about them."""
    like = model if isinstance(model, Mixture) else None
    table = read_table(
        data,
        names(columns),
        weights_column,
        missing,
        file_format,
        header=header,
        model=like,
        labels_column=labels_column,
        labels_needed=labels_needed,
    )
    for note in table.notes:
        say(f"note: {note}")
    return table
