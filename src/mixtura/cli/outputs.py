"""Check the files that a command writes before its work, and write them after it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from mixtura import Fit
from mixtura._support import format_list, write_text
from mixtura.cli.console import print_message, print_text
from mixtura.cli.files import TABLE_SUFFIXES, check_paths, table_text, write_table
from mixtura.cli.live import rows_progress
from mixtura.cli.row_columns import label_columns, with_rows
from mixtura.cli.streamed import RowColumns, write_streamed
from mixtura.data.files import FileSource
from mixtura.data.tables import Table
from mixtura.errors import ParameterError, missing_extra
from mixtura.plotting import ANIMATION_WRITERS, PICTURE_SUFFIXES, plot
from mixtura.report import REPORT_SUFFIXES, replay


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A kind of picture or page that an option can write.

    Attributes
    ----------
    packages : tuple of str
        Packages that drawing it imports, unless it is a page.
    suffixes : tuple of str
        Suffixes of its files.
    """

    packages: tuple[str, ...]
    suffixes: Sequence[str]

    def check_installed(self, path: str) -> None:
        """Raise MissingExtraError if a package is not installed that the file at this path needs."""
        is_page = path.lower().endswith(REPORT_SUFFIXES)
        for package in ("jinja2",) if is_page else self.packages:
            if importlib.util.find_spec(package) is None:
                raise missing_extra(package, "report" if is_page else "plot")


PICTURE = PictureFormat(("matplotlib",), PICTURE_SUFFIXES)
ANIMATION = PictureFormat(("matplotlib", "PIL"), (*ANIMATION_WRITERS, *REPORT_SUFFIXES))
PAGE = PictureFormat((), REPORT_SUFFIXES)

# Writes one file; its argument is the path.
Writer = Callable[[str], object]

# Options of ``mixtura fit`` that write pictures.
FIT_PICTURES = {"--picture": PICTURE, "--replay": ANIMATION}


def check_outputs(
    paths: Mapping[str, str | None],
    pictures: Mapping[str, PictureFormat],
    inputs: Sequence[str | None],
    **others: Sequence[str],
) -> dict[str, str]:
    """Check that a command's files can be written; return the given paths by their options.

    Parameters
    ----------
    paths : mapping from option to path or None
    pictures : mapping from option to PictureFormat
        Options that write pictures.
    inputs : sequence of str or None
        Paths that are read, and so must not be overwritten.
    **others : sequence of str
        Suffixes of options that differ from the usual ones, such as ``table=[".json"]``.
    """
    usual = {"labels": TABLE_SUFFIXES, "output": [".json"], "table": TABLE_SUFFIXES, **others}
    suffixes: dict[str, Sequence[str]] = {f"--{option}": allowed for option, allowed in usual.items()}
    for option, picture in pictures.items():
        path = paths.get(option)
        if path is not None:
            picture.check_installed(path)
            suffixes[option] = picture.suffixes
    wanted = check_paths(paths, suffixes, inputs)
    for option in pictures.keys() & wanted.keys():
        if wanted[option].lower().endswith(".mp4") and shutil.which("ffmpeg") is None:
            raise ParameterError(f"{option} {wanted[option]}: needs the program ffmpeg; install it, or use .gif")
    return wanted


def check_table_output(option: str, path: str | None, *inputs: str | None) -> str | None:
    """Check that a table can be written; return its path, or None for standard output, which ``-`` means, too."""
    wanted = None if path == "-" else path
    check_paths({option: wanted}, {option: TABLE_SUFFIXES}, inputs)
    return wanted


def fit_writers(fit: Fit, table: Table | FileSource, *, append: bool, identifier: str | None) -> dict[str, Writer]:
    """What writes the file of each option of ``mixtura fit``."""

    def write_labels(path: str) -> None:
        columns_of = partial(label_columns, fit.mixture, cutoff=fit.cutoff)
        write_rows(table, columns_of, path, append=append, identifier=identifier, quiet=True)

    return {
        "--output": lambda path: write_text(path, f"{fit.to_json()}\n"),
        "--labels": write_labels,
        "--picture": lambda path: plot(fit, table, path=path),
        "--replay": lambda path: replay(fit, table, path, sample_weight=getattr(table, "sample_weight", None)),
    }


def write_columns(columns: Mapping[str, Sequence[Any]], path: str | None, *, quiet: bool = False) -> None:
    """Write columns to a file and, unless ``quiet``, print its name; or as CSV to standard output without a path."""
    if path is None:
        print_text(table_text(columns))
    else:
        write_table(path, columns)
        if not quiet:
            print_message(f"wrote {path}")


def write_rows(
    rows: Table | FileSource,
    columns_of: RowColumns,
    path: str | None,
    *,
    append: bool,
    identifier: str | None,
    quiet: bool = False,
) -> None:
    """Write columns about each row, as `write_columns` does, while the rows are read if they are read in parts."""
    if isinstance(rows, FileSource):
        # Rows that are printed on a terminal are progress enough.
        with nullcontext() if path is None and sys.stdout.isatty() else rows_progress("writing"):
            write_streamed(rows, columns_of, path)
        if path is not None and not quiet:
            print_message(f"wrote {path}")
    else:
        found = with_rows(columns_of(rows), rows, path, append=append, identifier=identifier)
        write_columns(found, path, quiet=quiet)


def write_all(files: Mapping[str, str], writers: Mapping[str, Writer], *, quiet: bool) -> None:
    """Write the files of all given options, and print their names unless ``quiet``."""
    for option, path in files.items():
        writers[option](path)
        if not quiet:
            print_message(f"wrote {path}")


def files_by_option(files: Mapping[str, str]) -> dict[str, str]:
    """Paths by the names of their options without dashes, for JSON.

    Examples
    --------
    >>> files_by_option({"--picture": "a.png"})
    {'picture': 'a.png'}
    """
    return {option.lstrip("-"): path for option, path in files.items()}


def write_records(path: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Write records, which all have the same keys, as a table."""
    write_table(path, {name: [record[name] for record in records] for name in (records[0] if records else ())})


def column_positions(columns: Sequence[str] | None, labels: Sequence[str]) -> list[int] | None:
    """Positions of the given columns among the labels; ParameterError if there is no such label."""
    if columns is None:
        return None
    positions = {label: position for position, label in enumerate(labels)}
    for column in columns:
        if column not in positions:
            raise ParameterError(f'there is no column "{column}"; expected {format_list(labels)}')
    return [positions[column] for column in columns]
