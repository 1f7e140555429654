"""Options of the statistical model, and with them all that the commands which fit share, as one value.

`with_model_options` gives them to a command.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, wraps
from typing import Annotated, Any, TypeAlias, get_type_hints

import typer

import mixtura
from mixtura import EM, Fit, Mixture, Model
from mixtura.cli import options as o
from mixtura.cli.inputs import load_data, parse_names, parse_noise, parse_sample_size, parse_start
from mixtura.cli.live import iteration_progress
from mixtura.covariance.models import ratios_as_constraint
from mixtura.data.tables import Table
from mixtura.em.mstep import as_prior

# The statistical model
Noise: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="auto|neighbours|X",
        help="Add a noise component, uniform over a box around the data. EM starts with the rows whose neighbours are"
        " far away as noise, with a fraction X of the rows such as 0.05, or with both, and the better fit is kept.",
    ),
]
NoiseRegion: TypeAlias = Annotated[
    str, typer.Option(metavar="box|hull", help="Where noise is uniform: in a box around the data, or its convex hull.")
]
Trim: TypeAlias = Annotated[
    float, typer.Option(metavar="X", help="Fraction of rows to trim: the least likely ones in each EM iteration.")
]
Fixed: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="a,b",
        help="Parameters that keep their values in the model file of --start: weights, means, covariances.",
    ),
]
EqualWeights: TypeAlias = Annotated[bool, typer.Option("--equal-weights", help="All components have the same weight.")]
Prior: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="conjugate",
        help="Conjugate prior of Fraley and Raftery on means and covariances, which keeps components from collapsing.",
    ),
]
EigenvalueRatio: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="X", help="No eigenvalue of any covariance may be more than X times another one."),
]
DeterminantRatio: TypeAlias = Annotated[
    float | None, typer.Option(metavar="X", help="No covariance's determinant may be more than X times another one's.")
]
ShapeRatio: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="With --determinant-ratio: no eigenvalue may be more than X times another one of the same component.",
    ),
]


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
    noise: Noise = None
    noise_region: NoiseRegion = mixtura.UniformNoise().region
    trim: Trim = o.DEFAULTS["trim"]
    fixed: Fixed = None
    equal_weights: EqualWeights = False
    sample_size: o.SampleSize = None
    prior: Prior = None
    eigenvalue_ratio: EigenvalueRatio = None
    determinant_ratio: DeterminantRatio = None
    shape_ratio: ShapeRatio = None
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

    def selection_options(self) -> dict[str, Any]:
        """Arguments of `mixtura.select` apart from data, grid, criterion, starts, weights, seed and threads."""
        asked = self.asked_model()
        return {
            "constraint": asked.constraint,
            "prior": asked.prior,
            "noise": asked.noise,
            "equal_weights": asked.equal_weights,
            "sample_size": parse_sample_size(self.sample_size),
            "em": EM(self.tol, self.max_iter, floor=self.floor, on_interrupt="keep"),
        }

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


# For ``mixtura select``, which tries several models, and from starts of its own.
with_selection_options = with_model_options("k", "model", "start", "trim", "fixed", "starts", "stop", "accelerate")
