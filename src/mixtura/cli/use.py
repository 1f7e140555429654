"""Commands that read a model file: predict, score, sample, describe and plot; and the command info."""

from __future__ import annotations

from functools import partial
from typing import Any

import mixtura
from mixtura import Mixture, assess, kernels
from mixtura._support import distinct_name, format_count, format_list, thread_count, using_threads, write_text
from mixtura.cli import options as o
from mixtura.cli.console import print_json, print_message, results_console
from mixtura.cli.files import check_paths, read_model, read_model_file
from mixtura.cli.inputs import parse_drawing, parse_names
from mixtura.cli.live import rows_progress
from mixtura.cli.outputs import (
    PICTURE,
    check_outputs,
    check_table_output,
    column_positions,
    write_columns,
    write_rows,
)
from mixtura.cli.predictor import read_predictor
from mixtura.cli.reading_options import BadRows, ReadingOptions, Stream, weight_arguments
from mixtura.cli.shared_options import with_options
from mixtura.cli.tables import criteria_table, criteria_values, fit_summary, mixture_summary, model_values
from mixtura.data.tables import Table
from mixtura.errors import ParameterError
from mixtura.fitting import correlation_lines
from mixtura.mixture import column_labels, row_labels
from mixtura.plotting import plot as draw_plot


@with_options()
def predict(
    model: o.ModelFile,
    data: o.Data,
    *,
    output: o.TableOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    proba: o.Proba = False,
    stream: Stream = None,
    bad_rows: BadRows = "error",
    reading: ReadingOptions,
    threads: o.Threads = None,
) -> None:
    """Predict the most probable component of each row of DATA, or the class by what classify --output wrote.

    Writes the columns row (from 1), label (the component's name, or its number from 0), probability, uncertainty (1
    minus the probability) and outlier: whether the row is noise, or has a lower density than all rows that the fit did
    not leave out, or if it left none out, than 99.9 % of the model. Dropped rows have no label.
    """
    target = check_table_output("--output", output, model, data)
    used = read_predictor(model)
    kept: dict[str, Any] = {"stream": stream, "bad_rows": bad_rows, "keep_cells": append, "identifier": identifier}
    table = reading.open(data, used.mixture, **kept)
    with using_threads(threads):
        write_rows(table, partial(used.columns, proba=proba), target, append=append, identifier=identifier)


@with_options()
def score(
    model: o.ModelFile,
    data: o.Data,
    *,
    per_row: o.PerRow = False,
    output: o.TableOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    weights_are: o.WeightsAre = None,
    stream: Stream = None,
    bad_rows: BadRows = "error",
    reading: ReadingOptions,
    threads: o.Threads = None,
    json: o.Json = False,
) -> None:
    """Compute the log-likelihood, BIC, ICL and AIC of a model on the rows of DATA."""
    target = check_table_output("--output", output, model, data)
    each_row = per_row or append or identifier is not None or target is not None
    if json and each_row and target is None:
        raise ParameterError("--json prints the criteria, and the rows would be printed, too: give a file for --output")
    mixture = read_model(model)
    kept: dict[str, Any] = {"stream": stream, "bad_rows": bad_rows, "keep_cells": append, "identifier": identifier}
    rows = reading.open(data, mixture, **kept, weights_are=weights_are)
    with using_threads(threads):
        if each_row:
            columns_of = partial(_loglik_column, mixture)
            write_rows(rows, columns_of, target, append=append, identifier=identifier, quiet=json)
        if each_row and not json:
            return
        with rows_progress("scoring"):
            assessment = assess(mixture, rows, **weight_arguments(rows, weights_are))
    if json:
        print_json({**criteria_values(assessment), **({"files": {"output": target}} if target else {})})
        return
    more = {"mean log-likelihood": f"{assessment.mean:.6f}", "rows": f"{assessment.n_rows:.10g}"}
    results_console().print(criteria_table(assessment, more))


def _loglik_column(mixture: Mixture, table: Table) -> dict[str, list[Any]]:
    """The log-likelihood of each row."""
    return {"loglik": table.align(mixture.logpdf(table).tolist())}


def sample(
    model: o.ModelFile,
    *,
    n: o.Count = 100,
    seed: o.Seed = 0,
    output: o.TableOutput = None,
    labels: o.WithLabels = False,
) -> None:
    """Draw rows from a model."""
    target = check_table_output("--output", output, model)
    mixture = read_model(model)
    rows, drawn = mixture.sample(n, seed)
    columns: dict[str, list[float] | list[int] | list[str]] = dict(
        zip(column_labels(mixture.columns, mixture.n_features), rows.T.tolist(), strict=True)
    )
    if labels:
        known = row_labels(mixture)
        columns[distinct_name("label", columns)] = (
            [str(known[j]) for j in drawn.tolist()] if mixture.component_names else drawn.tolist()
        )
    write_columns(columns, target)


def describe(model: o.ModelFile, *, json: o.Json = False) -> None:
    """Show a model: its components and their correlations, its fit, and to what it was fitted."""
    file = read_model_file(model)
    if json:
        print_json(model_values(file.mixture, file.fit))
        return
    console = results_console()
    shown = fit_summary(file.fit, console) if file.fit else mixture_summary(file.mixture, console)
    console.print(shown, *correlation_lines(file.mixture), sep="\n", soft_wrap=True)


def name(model: o.ModelFile, names: o.ComponentNames, *, output: o.ModelTarget = None) -> None:
    """Give the components of a model names, which tables and pictures show; the file is written anew."""
    target = model if output is None else output
    check_paths({"--output": target}, {"--output": [".json"]})
    file = read_model_file(model)
    count = file.mixture.n_components
    if len(set(names)) != count or len(names) != count:
        wanted = f"{model} has {format_count(count, 'component')}; give {count} different names"
        raise ParameterError(f"{wanted}, not {len(names) if len(names) != count else format_list(names)}")
    named = file.fit.named(*names) if file.fit else file.mixture.named(*names)
    write_text(target, f"{named.to_json()}\n")
    print_message(f"wrote {target}")


def info() -> None:
    """Show the version, the kernel, its instruction set and the number of threads."""
    shown = {
        "version": mixtura.__version__,
        "kernel": kernels.current_kernel().name,
        "SIMD": kernels.current_kernel().level(),
        "threads": thread_count(),
    }
    for name, value in shown.items():
        results_console().print(f"{name:8} {value}", soft_wrap=True)
    if not kernels.NATIVE_BUILT:
        hint = "The native kernel, several times faster, was not built: install GCC or Clang, then Mixtura again"
        results_console().print(f"{hint} (pip install --force-reinstall --no-deps --no-cache-dir).", soft_wrap=True)


@with_options("noise_columns")
def plot(
    model: o.ModelFile,
    data: o.OptionalData = None,
    *,
    output: o.PictureTarget,
    kind: o.PictureKind = "classification",
    probabilities: o.Probabilities = "0.5,0.75,0.95",
    show: o.DrawnColumns = None,
    log: o.LogColumns = None,
    title: o.PictureTitle = None,
    colors: o.Colours = None,
    reading: ReadingOptions,
) -> None:
    """Draw a model, and the rows of DATA if given."""
    check_outputs({"--output": output}, {"--output": PICTURE}, (model, data))
    drawing = parse_drawing(kind, probabilities)
    file = read_model_file(model)
    mixture = file.mixture
    names = column_labels(mixture.columns, mixture.n_features)
    chosen, logarithmic = column_positions(parse_names(show), names), parse_names(log)
    table = None if data is None else reading.table(data, mixture)
    draw_plot(
        file.fit or mixture,
        table,
        columns=chosen,
        **drawing,
        log=True if logarithmic == ["all"] else column_positions(logarithmic, names) or (),
        title=title,
        colors=parse_names(colors),
        path=output,
    )
    print_message(f"wrote {output}")
