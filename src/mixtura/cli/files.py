"""Read model files, check paths before work begins, and write tables, whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtura._support import atomic_write, read_saved
from mixtura.data.tables import DELIMITERS, SUFFIXES, display_name, guard, load_polars
from mixtura.errors import ParameterError
from mixtura.fitting import EM, Fit, Model
from mixtura.mixture import Mixture, model_content

TABLE_WRITERS: dict[str, Callable[[Any, io.BytesIO], object]] = {
    "csv": lambda frame, file: guarded(frame).write_csv(file),
    "tsv": lambda frame, file: guarded(frame).write_csv(file, separator=DELIMITERS["tsv"]),
    "parquet": lambda frame, file: frame.write_parquet(file),
    "arrow": lambda frame, file: frame.write_ipc(file),
    "ndjson": lambda frame, file: frame.write_ndjson(file),
}

# Suffixes of tables that can be written.
TABLE_SUFFIXES = tuple(suffix for suffix, kind in SUFFIXES.items() if kind in TABLE_WRITERS)


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """What a model file says.

    Attributes
    ----------
    mixture : Mixture
    model : Model, or None
        What was fitted; None where `mixtura.Mixture.to_json` wrote the file.
    em : EM, or None
        How it was fitted.
    fit : Fit, or None
        The whole fit.
    """

    mixture: Mixture
    model: Model | None
    em: EM | None
    fit: Fit | None


def read_model(path: str) -> Mixture:
    """Read the mixture of a model file; ``-`` is standard input."""
    return read_model_file(path).mixture


def read_model_file(path: str) -> ModelFile:
    """Read a file that `mixtura.Fit.to_json` or `mixtura.Mixture.to_json` wrote; ``-`` is standard input.

    Raises
    ------
    DataError
        If the file holds no mixture; the message says what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from mixtura import DenseCovariance
    >>> from mixtura._support import write_text
    >>> path = os.path.join(tempfile.mkdtemp(), "model.json")
    >>> write_text(path, Mixture([1.0], [[2.0]], DenseCovariance(np.ones((1, 1, 1)), 1)).to_json())
    >>> file = read_model_file(path)
    >>> file.mixture.means.item(), file.model
    (2.0, None)
    """
    return read_model_text(read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """The content of a file; ``-`` is standard input."""
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def read_model_text(data: bytes, path: str) -> ModelFile:
    """Read the content of a model file, which messages call by its path."""
    return read_saved(data, display_name(path), _model_file)


def _model_file(text: str) -> ModelFile:
    """What the text of a model file says."""
    mixture, parts = Mixture.from_json(text), model_content(text)
    model = Model.from_json(text) if "model" in parts else None
    em = EM.from_json(text) if "em" in parts else None
    return ModelFile(mixture, model, em, Fit.from_json(text) if "fit" in parts else None)


def check_paths(
    paths: Mapping[str, str | None], suffixes: Mapping[str, Sequence[str]], inputs: Sequence[str | None] = ()
) -> dict[str, str]:
    """Check, before any work is done, that files can be written; return the given paths by their options.

    Parameters
    ----------
    paths : mapping from option to path or None
        None where the option is not given.
    suffixes : mapping from option to sequence of str
        Suffixes that the option can write, the empty one for a folder; options without an entry write any file.
    inputs : sequence of str or None
        Paths that are read, and so must not be overwritten.

    Raises
    ------
    ParameterError
        If a path cannot be written, would overwrite an input, or is given twice.

    Examples
    --------
    >>> check_paths({"--output": None, "--picture": "a.bmp"}, {"--picture": [".png", ".pdf"]})
    Traceback (most recent call last):
    mixtura.errors.ParameterError: --picture a.bmp: expected a name that ends in .png, .pdf
    """
    wanted = {option: path for option, path in paths.items() if path is not None}
    read = {os.path.realpath(path) for path in inputs if path is not None}
    for option, path in wanted.items():
        file = Path(path)
        allowed = suffixes.get(option)
        folders = "" in (allowed or ())
        if allowed and file.suffix.lower() not in allowed:
            known = ", ".join(suffix for suffix in allowed if suffix) + (", or a folder" if folders else "")
            raise ParameterError(f"{option} {path}: expected a name that ends in {known}")
        if (file.is_dir() and not folders) or path == "-":
            raise ParameterError(f"{option} {path}: expected the name of a file")
        if os.path.realpath(file) in read:
            raise ParameterError(f"{option} {path}: would overwrite what is read; give another name")
        if not file.parent.is_dir():
            raise ParameterError(f"{option} {path}: there is no folder {file.parent}")
        with suppress(FileNotFoundError):
            file.stat()  # raises for a loop of links
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise ParameterError(f"{option} {path}: no permission to write there")
    resolved = list(map(os.path.realpath, wanted.values()))
    if len(set(resolved)) != len(resolved):
        raise ParameterError(f"{', '.join(wanted)}: two of them name the same file")
    return wanted


def table_text(columns: Mapping[str, Sequence[Any]]) -> str:
    r"""Format columns as CSV; None is an empty cell.

    Examples
    --------
    >>> table_text({"row": [1, 2], "label": [0, None]})
    'row,label\n1,0\n2,\n'
    """
    return str(guarded(load_polars().DataFrame(columns)).write_csv())


def guarded(frame: Any) -> Any:
    """A frame whose text and names no spreadsheet runs as formulas.

    Examples
    --------
    >>> guarded(load_polars().DataFrame({"=a": ["=1+1", "-1"]})).to_dict(as_series=False)
    {"'=a": ["'=1+1", '-1']}
    """
    text = load_polars().selectors.string()
    changed = [guard_column(series) for series in frame.select(text)]
    return frame.with_columns(changed).rename({name: guard(name) for name in frame.columns})


def guard_column(series: Any) -> Any:
    """A column of text with a quote before each cell that a spreadsheet would run as a formula."""
    cells = [cell if cell is None else guard(cell) for cell in series.to_list()]
    return load_polars().Series(series.name, cells, dtype=series.dtype)


def writes_text(path: str) -> bool:
    """Whether a table is written to a path as text, in which numbers have no type.

    Examples
    --------
    >>> writes_text("a.csv"), writes_text("a.parquet")
    (True, False)
    """
    return SUFFIXES[Path(path).suffix.lower()] in ("csv", "tsv")


def write_table(path: str, columns: Mapping[str, Sequence[Any]]) -> None:
    r"""Write columns to a file, in the format of its suffix: CSV, TSV, Parquet, Arrow or NDJSON.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.tsv")
    >>> write_table(path, {"row": [1], "label": [None]})
    >>> Path(path).read_text()
    'row\tlabel\n1\t\n'
    """
    memory = io.BytesIO()
    TABLE_WRITERS[SUFFIXES[Path(path).suffix.lower()]](load_polars().DataFrame(columns), memory)
    with atomic_write(path) as temporary:
        temporary.write_bytes(memory.getvalue())
