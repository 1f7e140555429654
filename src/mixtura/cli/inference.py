"""Commands ``mixtura bootstrap`` and ``mixtura test``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mixtura
from mixtura import Bootstrap, LikelihoodRatioTests
from mixtura._support import write_text
from mixtura.analysis import check_level
from mixtura.cli import options as o
from mixtura.cli.console import print_json, print_message, results_console
from mixtura.cli.inputs import parse_names
from mixtura.cli.known_options import KnownOptions
from mixtura.cli.live import replicate_progress
from mixtura.cli.model_options import FitOptions
from mixtura.cli.outputs import PICTURE, check_outputs, column_positions, files_by_option, write_all, write_records
from mixtura.cli.reading_options import ReadingOptions, weight_arguments
from mixtura.cli.results import bootstrap_summary, ratio_test_summary
from mixtura.cli.select import parse_counts
from mixtura.cli.shared_options import with_options
from mixtura.cli.tables import fit_values
from mixtura.data.tables import Table
from mixtura.errors import ParameterError
from mixtura.mixture import column_labels


@with_options()
def bootstrap(
    data: o.Data,
    *,
    reading: ReadingOptions,
    settings: FitOptions,
    known: KnownOptions,
    replicates: o.Replicates = 999,
    method: o.Method = "resample",
    level: o.Level = 0.95,
    output: o.ModelOutput = None,
    table: o.EstimatesOutput = None,
    picture: o.PictureOutput = None,
    what: o.DrawnParameters = "means",
    show: o.DrawnColumns = None,
    json: o.Json = False,
) -> None:
    """Fit a mixture to DATA and bootstrap it, for standard errors and intervals.

    To bootstrap an earlier fit, give --start model.json. Ctrl-C keeps the finished replicates.
    """
    paths = {"--output": output, "--table": table, "--picture": picture}
    files = check_outputs(paths, {"--picture": PICTURE}, (data, settings.start))
    if what not in ("weights", "means", "variances"):
        raise ParameterError(f"--what is {what!r}; expected weights, means or variances")
    check_level(level)  # before the replicates, which take long
    rows = known.reading(reading).table(data, settings.parsed_start, keep_cells=bool(known.columns))
    told = known.arguments(rows, settings.k)
    chosen = column_positions(parse_names(show), column_labels(rows.columns, len(rows.rows[0])))
    fit, boot = _fit_and_bootstrap(settings, rows, told, replicates, method)
    fit = known.named(fit, rows)
    records = boot.records(level)
    writers = {
        "--output": lambda path: write_text(path, f"{fit.to_json()}\n"),
        "--table": lambda path: write_records(path, records),
        "--picture": lambda path: boot.plot(what, level=level, columns=chosen, path=path),
    }
    write_all(files, writers, quiet=json)
    if json:
        done = {"replicates": len(boot.weights), "lost": boot.lost, "level": level}
        print_json({**done, "table": records, "fit": fit_values(fit, files_by_option(files))})
    else:
        console = results_console()
        console.print(bootstrap_summary(boot, records, level, console), soft_wrap=True)


def _fit_and_bootstrap(
    settings: FitOptions, rows: Table, told: Mapping[str, Any], replicates: int, method: str
) -> tuple[mixtura.Fit, Bootstrap]:
    """Fit the rows, and bootstrap the fit; Ctrl-C keeps the finished replicates.

    ``told`` are the arguments of `mixtura.fit` on the rows' components, and maybe their number.
    """
    fit = settings.fit(rows, verbose=False, on_interrupt="raise", known=told)
    with replicate_progress(replicates) as on_replicate:
        boot = mixtura.bootstrap(
            fit,
            rows,
            replicates,
            method=method,
            **weight_arguments(rows, settings.weights_are),
            **{name: value for name, value in told.items() if name != "n_components"},
            seed=settings.seed,
            threads=settings.threads,
            on_replicate=on_replicate,
            on_interrupt="keep",
        )
    done = len(boot.weights) + boot.lost
    if done < replicates:
        print_message(f"warning: interrupted; {done} of {replicates} replicates are finished")
    return fit, boot


@with_options("k", "start", "fixed", "noise_columns")
def ratio_test(
    data: o.Data,
    *,
    components: o.Counts = "1:8",
    start: o.NamedStart = o.DEFAULTS["start"],
    reading: ReadingOptions,
    settings: FitOptions,
    replicates: o.Replicates = 999,
    level: o.Significance = 0.05,
    table: o.ResultsOutput = None,
    picture: o.PictureOutput = None,
    json: o.Json = False,
) -> None:
    """Test K components against K + 1 for ascending K, until a test does not reject.

    The likelihood ratio is compared with that of rows drawn from the mixture of K. Ctrl-C keeps the finished tests.
    """
    files = check_outputs({"--table": table, "--picture": picture}, {"--picture": PICTURE}, (data,))
    wanted = parse_counts(components)
    rows = reading.table(data)
    with replicate_progress(replicates) as on_replicate:
        tests = mixtura.likelihood_ratio_tests(
            rows,
            wanted,
            replicates,
            level=level,
            start=start,
            **weight_arguments(rows, settings.weights_are),
            seed=settings.seed,
            threads=settings.threads,
            on_replicate=on_replicate,
            on_interrupt="keep",
            **settings.all_options("raise"),
        )
    _warn_if_unfinished(tests, wanted, replicates, level)
    records = tests.records()
    writers = {
        "--table": lambda path: write_records(path, records),
        "--picture": lambda path: tests.plot(path=path),
    }
    write_all(files, writers, quiet=json)
    if json:
        print_json({"level": level, "tests": records, "files": files_by_option(files)})
    else:
        results_console().print(ratio_test_summary(tests, level), soft_wrap=True)


def _warn_if_unfinished(tests: LikelihoodRatioTests, wanted: list[int], replicates: int, level: float) -> None:
    """Print a warning if Ctrl-C ended the tests early."""
    last = tests[-1]
    if len(last.replicates) < replicates:
        done = f"{len(last.replicates)} of {replicates} replicates"
        print_message(f"warning: interrupted; the last test has {done}")
    elif last.p_value <= level and last.n_components != wanted[-1]:
        print_message(f"warning: interrupted; {last.n_components} is the last number of components that was tested")
