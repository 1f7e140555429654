"""Files that commands write: checked before the work, written after it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixtura import Fit, Mixture
from mixtura._support import write_text
from mixtura.cli.console import out
from mixtura.cli.files import TABLES, check_paths, table_text, write_table
from mixtura.data.tables import Table
from mixtura.errors import ParameterError, missing_extra
from mixtura.mixture import row_labels
from mixtura.plotting import FILM_WRITERS, PICTURE_SUFFIXES, plot, replay


@dataclass(frozen=True, slots=True)
class Picture:
    """A kind of file that is drawn.

    Attributes
    ----------
    packages : tuple of str
        What drawing it imports.
    suffixes : tuple of str
        How its name may end.
    """

    packages: tuple[str, ...]
    suffixes: Sequence[str]

    def check_installed(self) -> None:
        """Raise the error that says what to install, if a package is not there."""
        for package in self.packages:
            if importlib.util.find_spec(package) is None:
                raise missing_extra(package, "plot")


STILL = Picture(("matplotlib",), PICTURE_SUFFIXES)
FILM = Picture(("matplotlib", "PIL"), tuple(FILM_WRITERS))

# Options that draw a fit.
DRAWN = {"--picture": STILL, "--replay": FILM}


def check_outputs(
    paths: Mapping[str, str | None],
    pictures: Mapping[str, Picture],
    inputs: Sequence[str | None],
    **others: Sequence[str],
) -> dict[str, str]:
    """Check that files can be written; ``pictures`` says which options draw, and what.

    ``others`` are the suffixes of what is not written as usual, such as ``table=[".json"]``.
    """
    usual = {"labels": TABLES, "output": [".json"], "table": TABLES, **others}
    suffixes: dict[str, Sequence[str]] = {f"--{option}": allowed for option, allowed in usual.items()}
    for option, picture in pictures.items():
        if paths.get(option) is not None:
            picture.check_installed()
            suffixes[option] = picture.suffixes
    wanted = check_paths(paths, suffixes, inputs)
    for option in pictures.keys() & wanted.keys():
        if wanted[option].lower().endswith(".mp4") and shutil.which("ffmpeg") is None:
            raise ParameterError(f"{option} {wanted[option]}: needs the program ffmpeg, which is not there; use .gif")
    return wanted


def check_table_output(option: str, path: str | None, *inputs: str | None) -> str | None:
    """Check that a table can be written; ``-`` is standard output, as is None."""
    wanted = None if path == "-" else path
    check_paths({option: wanted}, {option: TABLES}, inputs)
    return wanted


def write_fit(fit: Fit, table: Table, option: str, path: str) -> None:
    """Write what an option asks for."""
    writers: dict[str, Callable[[str], object]] = {
        "--output": lambda path: write_text(path, f"{fit.mixture.to_json()}\n"),
        "--labels": lambda path: write_table(path, label_columns(fit.mixture, table, proba=False)),
        "--picture": lambda path: plot(fit, table, path=path),
        "--replay": lambda path: replay(fit, table, path),
    }
    writers[option](path)


def write_columns(columns: Mapping[str, Sequence[Any]], path: str | None) -> None:
    """Write columns to a file, or as CSV to standard output."""
    if path is None:
        sys.stdout.write(table_text(columns))
    else:
        write_table(path, columns)


def row_numbers(table: Table) -> list[int]:
    """Numbers of the file's rows, from 1, as messages count them."""
    return list(range(1, table.n_read + 1))


def label_columns(mixture: Mixture, table: Table, *, proba: bool) -> dict[str, Sequence[Any]]:
    """Each row's most probable component, and its probabilities if wanted; empty for rows that were left out."""
    names = row_labels(mixture)
    labels = [names[j] for j in mixture.predict(table).tolist()]
    columns: dict[str, Sequence[Any]] = {"row": row_numbers(table), "label": table.align(labels)}
    if proba:
        shares = mixture.posterior(table).T.tolist()
        heads = [*names[: mixture.n_components], *(["noise"] if mixture.noise else [])]
        columns.update({f"p_{name}": table.align(share) for name, share in zip(heads, shares, strict=True)})
    return columns


def write_all(files: Mapping[str, str], writers: Mapping[str, Callable[[str], object]], *, quiet: bool) -> None:
    """Write the files that are wanted, and say so unless a program reads what is printed."""
    for option, path in files.items():
        writers[option](path)
        if not quiet:
            out().print(f"wrote {path}", soft_wrap=True)


def named_files(files: Mapping[str, str]) -> dict[str, str]:
    """What is written, for JSON.

    Examples
    --------
    >>> named_files({"--picture": "a.png"})
    {'picture': 'a.png'}
    """
    return {option.lstrip("-"): path for option, path in files.items()}


def write_records(path: str, records: Sequence[Mapping[str, Any]]) -> None:
    """A table of records that all have the same keys."""
    write_table(path, {name: [record[name] for record in records] for name in records[0]})


def positions(columns: Sequence[str] | None, labels: Sequence[str]) -> list[int] | None:
    """Positions of columns that are named as people see them."""
    if columns is None:
        return None
    for column in columns:
        if column not in labels:
            raise ParameterError(f'there is no column "{column}"; expected {", ".join(labels)}')
    return [labels.index(column) for column in columns]
