"""Options that the commands which fit share, as one value; `with_model_options` gives them to a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, wraps
from typing import Any, get_type_hints

import mixtura
from mixtura import EM, Fit, Mixture, Model
from mixtura.cli import options as o
from mixtura.cli.inputs import load_data, parse_names, parse_noise, parse_sample_size, parse_start
from mixtura.cli.live import iteration_progress
from mixtura.covariance.models import ratios_as_constraint
from mixtura.data.tables import Table
from mixtura.em.mstep import as_prior


@dataclass(frozen=True)
class FitOptions:
    """Options that read data and fit a mixture, as the command line gives them, in the order of the help text."""

    k: o.Components = None
    model: o.Model = o.DEFAULTS["model"]
    columns: o.Columns = None
    weights_column: o.WeightsColumn = None
    missing: o.Missing = "error"
    file_format: o.Format = None
    header: o.Header = None
    start: o.Start = o.DEFAULTS["start"]
    noise: o.Noise = None
    noise_region: o.NoiseRegion = o.NOISE_REGION
    trim: o.Trim = o.DEFAULTS["trim"]
    fixed: o.Fixed = None
    equal_weights: o.EqualWeights = False
    sample_size: o.SampleSize = None
    prior: o.Prior = None
    eigenvalue_ratio: o.EigenvalueRatio = None
    determinant_ratio: o.DeterminantRatio = None
    shape_ratio: o.ShapeRatio = None
    starts: o.Starts = o.DEFAULTS["n_init"]
    tol: o.Tol = o.EM.tol
    max_iter: o.MaxIter = o.EM.max_iter
    stop: o.Stop = o.STOP
    floor: o.Floor = o.EM.floor
    accelerate: o.Accelerate = o.EM.accelerate
    seed: o.Seed = None
    threads: o.Threads = None

    @cached_property
    def parsed_start(self) -> str | Mixture:
        """The name of a start, or the mixture in the model file, which is read once."""
        return parse_start(self.start)

    def read(self, data: str) -> Table:
        """Read the rows of a file, with the columns of the start if that is a model file."""
        start = self.parsed_start
        how = (self.columns, self.weights_column, self.missing, self.file_format)
        return load_data(data, *how, header=self.header, model=start)

    def asked_model(self) -> Model:
        """The statistical model that is to be fitted."""
        return Model(
            self.model,
            constraint=ratios_as_constraint(self.eigenvalue_ratio, self.determinant_ratio, self.shape_ratio),
            prior=as_prior(self.prior),
            noise=parse_noise(self.noise, self.noise_region),
            trim=self.trim,
            fixed=parse_names(self.fixed),
            equal_weights=self.equal_weights,
        )

    def em(self, on_interrupt: str) -> EM:
        """How EM is to be run; ``on_interrupt`` says what Ctrl-C does."""
        stops = self.stop.split(",")
        return EM(self.tol, self.max_iter, stops, self.accelerate, self.floor, on_interrupt)

    def all_options(self, on_interrupt: str) -> dict[str, Any]:
        """Arguments of `mixtura.fit` apart from data, number of components, start, weights, seed and threads."""
        return {"model": self.asked_model(), "em": self.em(on_interrupt), "n_init": self.starts}

    def fit(self, table: Table, *, verbose: bool, record: bool = False, on_interrupt: str = "keep") -> Fit:
        """Fit the rows of a table and show progress; ``on_interrupt`` says what Ctrl-C does."""
        with iteration_progress(starts=self.starts, max_iter=self.max_iter, verbose=verbose) as watch:
            fitted = mixtura.fit(
                table,
                self.k,
                start=self.parsed_start,
                sample_weight=table.weights,
                seed=self.seed,
                threads=self.threads,
                record=record,
                on_iteration=watch,
                **self.all_options(on_interrupt),
            )
        return fitted.with_sample_size(parse_sample_size(self.sample_size))


def with_model_options(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that gives a command an option for each field of `FitOptions` in place of its parameter ``settings``.

    Typer reads options from a function's signature, so that of the decorated command lists them one by one.

    Parameters
    ----------
    *without : str
        Fields that the command has no option for; they keep their defaults.
    """
    types = get_type_hints(FitOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=types[field.name]
        )
        for field in fields(FitOptions)
        if field.name not in without
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True).parameters
        every = [one for name in own for one in (shared if name == "settings" else [own[name]])]

        @wraps(command)
        def run(*arguments: Any, **options: Any) -> None:
            given = {one.name: options.pop(one.name) for one in shared if one.name in options}
            command(*arguments, **options, settings=FitOptions(**given))

        run.__dict__["__signature__"] = inspect.Signature(every, return_annotation=None)
        run.__annotations__ = {one.name: one.annotation for one in every}
        return run

    return decorate
