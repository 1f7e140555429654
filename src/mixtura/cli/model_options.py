"""Options of the statistical model, and the class of all options that the commands which fit have in common.

Options that are given override the model and the options of EM in a model file. `MODEL_OPTIONS` has the options of each
part of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, TypeAlias

import typer

import mixtura
from mixtura import EM, Checkpoint, Fit, Histogram, Measured, Mixture, Model
from mixtura.cli import options as o
from mixtura.cli.files import ModelFile
from mixtura.cli.inputs import parse_name_or_file, parse_names, parse_noise, parse_tails
from mixtura.cli.live import iteration_progress
from mixtura.cli.reading_options import weight_arguments
from mixtura.covariance.models import ALIASES, MODELS, ratios_as_constraint
from mixtura.data.files import FileSource
from mixtura.data.tables import Table
from mixtura.em.mstep import as_prior
from mixtura.errors import DataError
from mixtura.starts import STARTS

# Options of each part of a model, and of EM.
MODEL_OPTIONS = {
    "name": {"model"},
    "constraint": {"eigenvalue_ratio", "determinant_ratio", "shape_ratio"},
    "prior": {"prior"},
    "noise": {"noise", "noise_region"},
    "trim": {"trim"},
    "fixed": {"fixed"},
    "equal_weights": {"equal_weights"},
    "tails": {"tails"},
}
# Fields of `FitOptions` that ``mixtura select`` lacks; it has its own options of models and starts.
NOT_IN_SELECT = ("k", "model", "start", "trim", "fixed", "starts", "stop", "accelerate")
# Fields that ``mixtura stream`` lacks: it has all rows at no time, and EM runs at its start alone.
NOT_IN_STREAM = ("weights_are", "trim", "tails", "starts", "tol", "max_iter", "stop", "accelerate")

EM_OPTIONS = ("tol", "max_iter", "stop", "accelerate", "floor")

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
Tails: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="normal|t|t-shared|X",
        help="Distribution of the components: Gaussian, or multivariate t, on which outliers have little influence,"
        " with degrees of freedom that are estimated for each component (t) or for all (t-shared), or are X.",
    ),
]
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
    """Options that fit a mixture, as the command line gives them, in the order of the help text."""

    k: o.Components = None
    model: o.Model = o.DEFAULTS["model"]
    weights_are: o.WeightsAre = None
    start: o.Start = o.DEFAULTS["start"]
    noise: Noise = None
    noise_region: NoiseRegion = mixtura.UniformNoise().region
    trim: Trim = o.DEFAULTS["trim"]
    fixed: Fixed = None
    equal_weights: EqualWeights = False
    tails: Tails = o.DEFAULTS["tails"]
    prior: Prior = None
    eigenvalue_ratio: EigenvalueRatio = None
    determinant_ratio: DeterminantRatio = None
    shape_ratio: ShapeRatio = None
    starts: o.Starts = o.DEFAULTS["n_init"]
    tol: o.Tol = o.EM.tol
    max_iter: o.MaxIter = o.EM.max_iter
    stop: o.Stop = None
    floor: o.Floor = o.EM.floor
    accelerate: o.Accelerate = o.EM.accelerate
    seed: o.Seed = 0
    threads: o.Threads = None
    given: frozenset[str] = frozenset()  # not an option: names of the options that the user gave

    @cached_property
    def start_file(self) -> ModelFile | None:
        """The model file that ``--start`` gives, if it is one."""
        return parse_name_or_file("start", self.start, STARTS)

    @cached_property
    def model_file(self) -> ModelFile | None:
        """The model file that ``--model`` gives, if it is one."""
        return parse_name_or_file("model", self.model, [*MODELS, *ALIASES, "E", "V"])

    @property
    def parsed_start(self) -> str | Mixture:
        """The name of a start, or the mixture in the model file."""
        return self.start_file.mixture if self.start_file else self.start

    def requested_model(self) -> Model:
        """The statistical model to fit: that of a model file, overridden by options that are given."""
        options: dict[str, Any] = {
            "name": self.model,
            "constraint": ratios_as_constraint(self.eigenvalue_ratio, self.determinant_ratio, self.shape_ratio),
            "prior": as_prior(self.prior),
            "noise": parse_noise(self.noise, self.noise_region),
            "trim": self.trim,
            "fixed": parse_names(self.fixed),
            "equal_weights": self.equal_weights,
            "tails": parse_tails(self.tails),
        }
        file = self.model_file or self.start_file
        if self.model_file and self.model_file.model is None:
            raise DataError(f"{self.model}: the file has no model; give the name of a covariance model")
        if file is None or file.model is None:
            return Model(**options)
        given = self.given - {"model"} if self.model_file else self.given
        return replace(file.model, **{name: options[name] for name in options if MODEL_OPTIONS[name] & given})

    def selection_options(self) -> dict[str, Any]:
        """Arguments of `mixtura.select` apart from data, grid, criterion, starts, weights, seed and threads."""
        requested = self.requested_model()
        return {
            "constraint": requested.constraint,
            "prior": requested.prior,
            "noise": requested.noise,
            "equal_weights": requested.equal_weights,
            "tails": requested.tails,
            "em": EM(self.tol, self.max_iter, floor=self.floor, on_interrupt="keep"),
        }

    def em(self, on_interrupt: str) -> EM:
        """Options of EM: those of a model file, overridden by given options; ``on_interrupt`` says what Ctrl-C does."""
        em = EM(
            self.tol,
            self.max_iter,
            self.stop.split(",") if self.stop else None,
            accelerate=self.accelerate,
            floor=self.floor,
            on_interrupt=on_interrupt,
        )
        file = self.model_file or self.start_file
        if file is None or file.em is None:
            return em
        overrides = {name: getattr(em, name) for name in EM_OPTIONS if name in self.given}
        return replace(file.em, **overrides, on_interrupt=on_interrupt)

    def all_options(self, on_interrupt: str) -> dict[str, Any]:
        """Arguments of `mixtura.fit` apart from data, number of components, start, weights, seed and threads."""
        return {"model": self.requested_model(), "em": self.em(on_interrupt), "n_init": self.starts}

    def fit(
        self,
        table: Table | FileSource | Measured | Histogram,
        *,
        verbose: bool,
        record: bool = False,
        on_interrupt: str = "keep",
        checkpoint: Checkpoint | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> Fit:
        """Fit the rows of a table and show progress; ``on_interrupt`` says what Ctrl-C does.

        ``known`` has arguments of `mixtura.fit` on the rows' components, and maybe their number.
        """
        options = self.all_options(on_interrupt)
        options["em"] = replace(options["em"], checkpoint=checkpoint)
        with iteration_progress(starts=self.starts, max_iter=options["em"].max_iter, verbose=verbose) as on_iteration:
            return mixtura.fit(
                table,
                start=self.parsed_start,
                **weight_arguments(table, self.weights_are),
                seed=self.seed,
                threads=self.threads,
                record=record,
                on_iteration=on_iteration,
                **{"n_components": self.k, **(known or {}), **options},
            )
