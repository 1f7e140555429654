"""The Typer application with all commands of the program ``mixtura``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

import mixtura
from mixtura.cli.classify import classify
from mixtura.cli.clusters import combine, reduce
from mixtura.cli.compare import compare
from mixtura.cli.fit import fit, replay
from mixtura.cli.help_groups import GroupedCommand
from mixtura.cli.inference import bootstrap, ratio_test
from mixtura.cli.report import report
from mixtura.cli.select import select
from mixtura.cli.serve import serve
from mixtura.cli.stream import stream
from mixtura.cli.use import describe, info, name, plot, predict, sample, score

app = typer.Typer(
    help="Gaussian mixtures: fit them, use them, look at them.",
    rich_markup_mode=None,  # plain help reads the same in a pipe, in a narrow window and in the manual
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
# The commands in the order of the help text, each with a line about it and an example.
COMMANDS: dict[str, tuple[Callable[..., None], str, str]] = {
    "fit": (fit, "Fit a mixture to rows.", "mixtura fit data.csv -k 3 -o model.json --picture fit.png"),
    "select": (
        select,
        "Choose the covariance model and the number of components.",
        "mixtura select data.csv -k 1:9 -o best.json --picture bic.png",
    ),
    "stream": (
        stream,
        "Follow rows on standard input for as long as they come.",
        "tail -n +1 -F log.csv | mixtura stream -k 5 -o model.json --resume model.json",
    ),
    "predict": (
        predict,
        "Find each row's component, and outliers.",
        "mixtura predict model.json new.csv --append -o labelled.csv",
    ),
    "score": (score, "Compute log-likelihood and criteria on rows.", "mixtura score model.json new.csv"),
    "sample": (sample, "Draw rows from a model.", "mixtura sample model.json -n 1000 -o simulated.csv"),
    "describe": (describe, "Show a model, and to what it was fitted.", "mixtura describe model.json"),
    "compare": (compare, "Compare two models on rows.", "mixtura compare a.json b.json data.csv"),
    "name": (name, "Give the components names.", "mixtura name model.json long short"),
    "plot": (plot, "Draw a model and rows.", "mixtura plot model.json data.csv -o model.png"),
    "report": (report, "Write a page about a model and rows.", "mixtura report model.json data.csv -o report.html"),
    "replay": (replay, "Animate the iterations of EM.", "mixtura replay data.csv -k 2 -o em.html"),
    "app": (serve, "Fit, watch EM and compare in a page on this computer.", "mixtura app data.csv"),
    "bootstrap": (
        bootstrap,
        "Compute standard errors and intervals.",
        "mixtura bootstrap data.csv --start model.json -n 999",
    ),
    "test": (ratio_test, "Test the number of components.", "mixtura test data.csv -k 1:5"),
    "combine": (
        combine,
        "Merge overlapping components into clusters.",
        "mixtura combine model.json data.csv --labels clusters.csv",
    ),
    "reduce": (
        reduce,
        "Find the directions in which components differ.",
        "mixtura reduce model.json data.csv --picture directions.png",
    ),
    "classify": (
        classify,
        "Learn classes, and classify other rows.",
        "mixtura classify known.csv new.csv --classes species",
    ),
    "info": (info, "Show the version and how it computes.", "mixtura info"),
}
for title, (command, line, example) in COMMANDS.items():
    app.command(title, cls=GroupedCommand, short_help=line, epilog=f"Example: {example}")(command)


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
