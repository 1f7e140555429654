"""Commands ``mixtura fit`` and ``mixtura replay``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mixtura
from mixtura import Fit, Mixture, Outcome
from mixtura.cli import options as o
from mixtura.cli.console import print_json, print_message, results_console
from mixtura.cli.inputs import load_data, parse_names, parse_noise, parse_sample_size, parse_start
from mixtura.cli.live import iteration_progress
from mixtura.cli.outputs import FILM, FIT_PICTURES, check_outputs, column_positions, files_by_option, write_fit
from mixtura.cli.tables import fit_summary, fit_values
from mixtura.data.tables import Table
from mixtura.mixture import column_labels
from mixtura.plotting import replay as draw_replay


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Options of a fit, as the command line gives them; None where the default of `mixtura.fit` holds."""

    k: int | None
    model: str
    start: str | Mixture
    noise: str | None
    trim: float
    starts: int
    tol: float
    max_iter: int
    stop: str
    floor: float
    accelerate: bool
    seed: int | None
    threads: int | None
    noise_region: str = "box"
    fixed: list[str] | None = None
    equal_proportions: bool = False
    sample_size: str | None = None
    prior: str | None = None
    eigenvalue_ratio: float | None = None
    determinant_ratio: float | None = None
    shape_ratio: float | None = None

    def model_options(self) -> dict[str, Any]:
        """Arguments of `mixtura.fit` that say which model is fitted, apart from covariance model and noise."""
        return {
            "trim": self.trim,
            "fixed": parse_names(self.fixed),
            "equal_proportions": self.equal_proportions,
            "prior": self.prior,
            "eigenvalue_ratio": self.eigenvalue_ratio,
            "determinant_ratio": self.determinant_ratio,
            "shape_ratio": self.shape_ratio,
        }

    def all_options(self) -> dict[str, Any]:
        """Arguments of `mixtura.fit` apart from data, number of components, weights, seed and threads."""
        return {
            "model": self.model,
            "start": self.start,
            "noise": parse_noise(self.noise),
            "noise_region": self.noise_region,
            "n_init": self.starts,
            "sample_size": parse_sample_size(self.sample_size),
            "tol": self.tol,
            "stop": self.stop.split(","),
            "max_iter": self.max_iter,
            "floor": self.floor,
            "accelerate": self.accelerate,
            **self.model_options(),
        }

    def fit(self, table: Table, *, verbose: bool, record: bool = False, on_interrupt: str = "keep") -> Fit:
        """Fit the rows of a table and show progress; ``on_interrupt`` says what Ctrl-C does, as in `mixtura.fit`."""
        with iteration_progress(starts=self.starts, max_iter=self.max_iter, verbose=verbose) as watch:
            return mixtura.fit(
                table,
                self.k,
                sample_weight=table.weights,
                seed=self.seed,
                threads=self.threads,
                record=record,
                on_iteration=watch,
                on_interrupt=on_interrupt,
                **self.all_options(),
            )


def report_fit(fit: Fit, table: Table, files: Mapping[str, str], *, json: bool) -> None:
    """Print a fit as text or JSON, and write the files of the given options."""
    if fit.outcome is Outcome.INTERRUPTED:
        print_message(f"warning: {fit.outcome.value}")
    if json:
        for option, path in files.items():
            write_fit(fit, table, option, path)
        print_json(fit_values(fit, files_by_option(files)))
        return
    console = results_console()
    console.print(fit_summary(fit, console), soft_wrap=True)  # before files are written, which may fail on a full disk
    for option, path in files.items():
        write_fit(fit, table, option, path)
        console.print(f"wrote {path}", soft_wrap=True)


def fit(
    data: o.Data,
    *,
    k: o.Components = None,
    model: o.Model = o.DEFAULTS["model"],
    columns: o.Columns = None,
    weights_column: o.WeightsColumn = None,
    missing: o.Missing = "error",
    file_format: o.Format = None,
    header: o.Header = None,
    start: o.Start = o.DEFAULTS["start"],
    noise: o.Noise = None,
    noise_region: o.NoiseRegion = o.DEFAULTS["noise_region"],
    trim: o.Trim = o.DEFAULTS["trim"],
    fixed: o.Fixed = None,
    equal_proportions: o.EqualProportions = False,
    sample_size: o.SampleSize = None,
    prior: o.Prior = None,
    eigenvalue_ratio: o.EigenvalueRatio = None,
    determinant_ratio: o.DeterminantRatio = None,
    shape_ratio: o.ShapeRatio = None,
    starts: o.Starts = o.DEFAULTS["n_init"],
    tol: o.Tol = o.DEFAULTS["tol"],
    max_iter: o.MaxIter = o.DEFAULTS["max_iter"],
    stop: o.Stop = o.DEFAULTS["stop"],
    floor: o.Floor = o.DEFAULTS["floor"],
    accelerate: o.Accelerate = o.DEFAULTS["accelerate"],
    seed: o.Seed = None,
    threads: o.Threads = None,
    output: o.ModelOutput = None,
    labels: o.LabelsOutput = None,
    picture: o.PictureOutput = None,
    replay: o.ReplayOutput = None,
    json: o.Json = False,
    verbose: o.Verbose = False,
) -> None:
    """Fit a Gaussian mixture to the rows of DATA.

    Ctrl-C ends the fit and keeps the best so far.
    Exit code 0: done; where it is not converged, a warning says so. 2: bad input.
    """
    asked = {"--output": output, "--labels": labels, "--picture": picture, "--replay": replay}
    files = check_outputs(asked, FIT_PICTURES, (data, start))
    first = parse_start(start)
    settings = FitOptions(
        *(k, model, first, noise, trim, starts, tol, max_iter, stop, floor, accelerate, seed, threads),
        noise_region=noise_region,
        fixed=fixed,
        equal_proportions=equal_proportions,
        sample_size=sample_size,
        prior=prior,
        eigenvalue_ratio=eigenvalue_ratio,
        determinant_ratio=determinant_ratio,
        shape_ratio=shape_ratio,
    )
    table = load_data(data, columns, weights_column, missing, file_format, header=header, model=first)
    result = settings.fit(table, verbose=verbose, record=replay is not None)
    report_fit(result, table, files, json=json)


def replay(
    data: o.Data,
    *,
    output: o.ReplayTarget,
    k: o.Components = None,
    model: o.Model = o.DEFAULTS["model"],
    columns: o.Columns = None,
    weights_column: o.WeightsColumn = None,
    missing: o.Missing = "error",
    file_format: o.Format = None,
    header: o.Header = None,
    start: o.Start = o.DEFAULTS["start"],
    noise: o.Noise = None,
    trim: o.Trim = o.DEFAULTS["trim"],
    starts: o.Starts = o.DEFAULTS["n_init"],
    tol: o.Tol = o.DEFAULTS["tol"],
    max_iter: o.MaxIter = o.DEFAULTS["max_iter"],
    stop: o.Stop = o.DEFAULTS["stop"],
    floor: o.Floor = o.DEFAULTS["floor"],
    accelerate: o.Accelerate = o.DEFAULTS["accelerate"],
    seed: o.Seed = None,
    threads: o.Threads = None,
    show: o.DrawnColumns = None,
    fps: o.Fps = None,
    verbose: o.Verbose = False,
) -> None:
    """Fit a mixture to DATA and film EM at work."""
    check_outputs({"--output": output}, {"--output": FILM}, (data, start))
    first = parse_start(start)
    settings = FitOptions(k, model, first, noise, trim, starts, tol, max_iter, stop, floor, accelerate, seed, threads)
    table = load_data(data, columns, weights_column, missing, file_format, header=header, model=first)
    chosen = column_positions(parse_names(show), column_labels(table.columns, len(table.rows[0])))
    result = settings.fit(table, verbose=verbose, record=True)
    draw_replay(result, table, output, columns=chosen, fps=fps)
    results_console().print(result.outcome.value, f"wrote {output}", sep="\n", soft_wrap=True)
