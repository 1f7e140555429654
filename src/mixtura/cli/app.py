"""The Typer application with all commands of the program ``mixtura``."""

from __future__ import annotations

from typing import Annotated

import typer

import mixtura
from mixtura.cli.classify import classify
from mixtura.cli.clusters import combine, reduce
from mixtura.cli.fit import fit, replay
from mixtura.cli.inference import bootstrap, ratio_test
from mixtura.cli.report import report
from mixtura.cli.select import select
from mixtura.cli.use import describe, info, plot, predict, sample, score

app = typer.Typer(
    help="Gaussian mixtures: fit them, use them, look at them.",
    add_completion=False,
    rich_markup_mode=None,  # plain help reads the same in a pipe, in a narrow window and in the manual
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (fit, select, predict, score, sample, describe, plot, report, replay, bootstrap):
    app.command()(command)
app.command("test")(ratio_test)
for other in (combine, reduce, classify, info):
    app.command()(other)


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Gaussian mixtures: fit them, use them, look at them."""
    if version:
        typer.echo(f"mixtura {mixtura.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
