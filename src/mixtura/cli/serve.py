"""Command ``mixtura app``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, TypeAlias

import typer

from mixtura import Fit
from mixtura.app import app_language, as_session, run_server
from mixtura.cli import options as o
from mixtura.cli.console import print_message
from mixtura.cli.files import table_text
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.row_columns import label_columns, with_rows
from mixtura.cli.shared_options import with_options
from mixtura.data.tables import Table
from mixtura.errors import missing_extra
from mixtura.report import as_language

# Packages of the extra ``app``, which the server imports when it starts.
APP_PACKAGES = ("starlette", "uvicorn", "websockets")

Port: TypeAlias = Annotated[
    int, typer.Option(metavar="N", help="Port on this computer; 0 is any that is free.", show_default=True)
]
NoOpen: TypeAlias = Annotated[bool, typer.Option("--no-open", help="Do not open a browser; the address is printed.")]


def labelled_table(fit: Fit, table: Table) -> str:
    """The table of a file with the label of each row, as CSV."""
    found = label_columns(fit.mixture, table, cutoff=fit.cutoff)
    return table_text(with_rows(found, table, None, append=True, identifier=None))


def check_packages() -> None:
    """Raise MissingExtraError if a package that the server uses is not installed."""
    for package in (*APP_PACKAGES, "jinja2"):
        if find_spec(package) is None:
            raise missing_extra(package, "app")


@with_options("noise_columns")
def serve(
    data: o.Data,
    *,
    port: Port = 0,
    no_open: NoOpen = False,
    lang: o.Language = "en",
    reading: ReadingOptions,
) -> None:
    """Open a page on this computer: fit DATA, watch EM at work, compare fits, and download the results.

    Only this computer can reach the page, at an address that nobody can guess. Ctrl-C ends it.
    """
    as_language(lang)  # refuses an unknown one before the file is read
    check_packages()
    table = reading.table(data, keep_cells=True)
    session = as_session(table, app_language(lang), labelled_table)

    def tell(address: str) -> None:
        typer.echo(address)  # at once, also into a pipe
        print_message("Ctrl-C ends the server.")

    run_server(session, port, tell=tell, opens=not no_open)
    print_message("The server has ended.")
