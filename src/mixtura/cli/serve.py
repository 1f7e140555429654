"""Command ``mixtura app``."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, TypeAlias

import typer

from mixtura import Fit
from mixtura.cli import options as o
from mixtura.cli.console import print_message
from mixtura.cli.files import table_text
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.row_columns import label_columns, with_rows
from mixtura.cli.shared_options import with_options
from mixtura.data.tables import Table
from mixtura.errors import ParameterError, missing_extra
from mixtura.report import LANGUAGES

# Packages of the extra ``app`` that the room of the server imports.
APP_PACKAGES = ("starlette", "uvicorn", "websockets")

Port: TypeAlias = Annotated[
    int, typer.Option(metavar="N", help="Port on this computer; 0 is any that is free.", show_default=True)
]
NoOpen: TypeAlias = Annotated[bool, typer.Option("--no-open", help="Do not open a browser; the address is printed.")]


def labelled_table(fit: Fit, table: Table) -> str:
    """The table of a file with the label of each row, as CSV."""
    found = label_columns(fit.mixture, table, cutoff=fit.cutoff)
    return table_text(with_rows(found, table, append=True, identifier=None))


def import_app() -> Any:
    """The room of the server; MissingExtraError if one of its packages is not installed."""
    for package in (*APP_PACKAGES, "jinja2"):
        try:
            import_module(package)
        except ModuleNotFoundError:
            raise missing_extra(package, "app") from None
    return import_module("mixtura.app")


@with_options()
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
    if lang not in LANGUAGES:
        raise ParameterError(f"--lang is {lang!r}; expected one of {', '.join(LANGUAGES)}")
    app = import_app()
    table = reading.table(data, keep_cells=True)
    session = app.as_session(table, app.app_language(lang), labelled_table)

    def tell(address: str) -> None:
        typer.echo(address)  # at once, also into a pipe
        print_message("Ctrl-C ends the server.")

    app.run_server(session, port, tell=tell, opens=not no_open)
    print_message("The server has ended.")
