"""Commands ``mixtura fit`` and ``mixtura replay``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura import Fit, Outcome
from mixtura.cli import options as o
from mixtura.cli.checkpoints import CheckpointEvery, CheckpointFile, parse_checkpoint
from mixtura.cli.console import print_json, print_message, results_console
from mixtura.cli.inputs import parse_names
from mixtura.cli.known_options import KnownOptions
from mixtura.cli.measured_options import MeasuredOptions
from mixtura.cli.model_options import FitOptions
from mixtura.cli.option_words import in_option_words
from mixtura.cli.outputs import (
    ANIMATION,
    FIT_PICTURES,
    Writer,
    check_outputs,
    column_positions,
    files_by_option,
    fit_writers,
    write_all,
)
from mixtura.cli.reading_options import BadRows, ReadingOptions, Stream
from mixtura.cli.shared_options import with_options
from mixtura.cli.tables import fit_summary, fit_values
from mixtura.mixture import column_labels
from mixtura.plotting import as_fps
from mixtura.report import as_language
from mixtura.report import replay as draw_replay


def report_fit(fit: Fit, files: Mapping[str, str], writers: Mapping[str, Writer], *, json: bool) -> None:
    """Write the files of the given options, and print a fit as text or JSON."""
    if fit.outcome is Outcome.INTERRUPTED:
        print_message(in_option_words(f"warning: {fit.outcome.value}"))
    write_all(files, writers, quiet=json)
    if json:
        print_json(fit_values(fit, files_by_option(files)))
        return
    console = results_console()
    console.print(fit_summary(fit, console), soft_wrap=True)


@with_options()
def fit(
    data: o.Data,
    *,
    reading: ReadingOptions,
    measured: MeasuredOptions,
    settings: FitOptions,
    known: KnownOptions,
    output: o.ModelOutput = None,
    labels: o.LabelsOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    stream: Stream = None,
    bad_rows: BadRows = "error",
    picture: o.PictureOutput = None,
    replay: o.ReplayOutput = None,
    checkpoint: CheckpointFile = None,
    checkpoint_every: CheckpointEvery = None,
    json: o.Json = False,
    verbose: o.Verbose = False,
) -> None:
    """Fit a Gaussian mixture to the rows of DATA.

    Ctrl-C ends the fit and keeps the best result so far; with --checkpoint, the same command goes on later.
    Exit code 0: done; a warning says if EM has not converged. 2: bad input.
    """
    kept_in = parse_checkpoint(checkpoint, checkpoint_every)
    paths = {"--output": output, "--labels": labels, "--picture": picture, "--replay": replay}
    files = check_outputs(paths, FIT_PICTURES, (data, settings.start))
    own: dict[str, Any] = {"keep_cells": append or bool(known.columns), "identifier": identifier}
    kept = {"stream": stream, "bad_rows": bad_rows, **own, "weights_are": settings.weights_are}
    rows, table = measured.open(known.reading(reading), data, files, settings.parsed_start, **kept)
    told = known.arguments(table, settings.k)
    result = settings.fit(rows, verbose=verbose, record=replay is not None, checkpoint=kept_in, known=told)
    result = known.named(result, table)
    report_fit(result, files, fit_writers(result, table, append=append, identifier=identifier), json=json)


@with_options("noise_columns")
def replay(
    data: o.Data,
    *,
    output: o.ReplayTarget,
    reading: ReadingOptions,
    settings: FitOptions,
    show: o.DrawnColumns = None,
    fps: o.Fps = None,
    lang: o.Language = "en",
    verbose: o.Verbose = False,
) -> None:
    """Fit a mixture to DATA and animate the iterations of EM.

    They begin at the start that is given, or else at random rows, since the default start is the end of a search.
    """
    check_outputs({"--output": output}, {"--output": ANIMATION}, (data, settings.start))
    as_fps(fps, 1)
    as_language(lang)
    table = reading.table(data, settings.parsed_start)
    chosen = column_positions(parse_names(show), column_labels(table.columns, len(table.rows[0])))
    result = settings.fit(table, verbose=verbose, record=True)
    start = "own" if "start" in settings.given else "auto"
    look: dict[str, Any] = {"start": start, "columns": chosen, "fps": fps, "lang": lang}
    draw_replay(result, table, output, **look, sample_weight=table.sample_weight)
    print_message(f"wrote {output}")
    results_console().print(in_option_words(result.outcome.value), soft_wrap=True)
