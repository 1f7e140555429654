"""The statistical model of a fit: covariance model, constraint, prior, noise, trimming and fixed parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from mixtura._support import Array, as_flag, as_fraction
from mixtura.covariance import DiagonalCovariance
from mixtura.covariance.models import (
    Constraint,
    as_constraint,
    as_covariance_model,
    model_name_in,
    ratios_as_constraint,
    with_constraint,
)
from mixtura.data import Intervals, Measurement, MissingValues, Source, Summary
from mixtura.em import Problem, ReseedThenRemove
from mixtura.em.estep import EStep, Plain, Trimmed
from mixtura.em.mstep import (
    ConjugatePrior,
    EqualWeights,
    FreeWeights,
    MStep,
    as_plain,
    as_prior,
    as_tails,
    tail_model,
    with_data,
)
from mixtura.errors import ParameterError
from mixtura.fitting.em import as_code
from mixtura.fitting.model_file import read_part
from mixtura.fitting.options import as_masks
from mixtura.fitting.uniform_noise import UniformNoise, as_noise, noise_options
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, Noise


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The statistical model of a fit: the argument ``model`` of `mixtura.fit`, and the attribute ``model`` of a `Fit`.

    Parameters
    ----------
    name : str
        Name of the covariance model, as in `mixtura.fit`; E or V for one column.
    constraint : EigenvalueRatio or DeterminantRatio, optional
        By how much covariances may differ: no eigenvalue by more than a ratio (tclust's ``restr.fact``), for EII, VII,
        EEI, VVI, EEE, VVE, EEV and VVV; or no determinant, for VII, VVI, VVE and VVV. The M-step stays exact.
    prior, noise, trim : optional
        As in `mixtura.fit`.
    fixed : str, sequence of str, or dictionary, optional
        As in `mixtura.fit`; the start gives the values.
    equal_weights : bool
    tails : {"normal", "t", "t-shared"} or float
        As in `mixtura.fit`.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, model=Model("VVV", equal_weights=True))
    >>> fit.model
    Model(name='V', equal_weights=True)
    >>> mixtura.fit([1.0, 1.5, 2.0, 8.0, 8.5], 2, model=fit.model, seed=0).mixture.weights.tolist()
    [0.5, 0.5]
    """

    name: str = "VVV"
    constraint: Constraint | None = None
    prior: ConjugatePrior | None = None
    noise: UniformNoise | Noise | None = None
    trim: float = 0.0
    fixed: Any = None
    equal_weights: bool = False
    tails: str | float = "normal"

    def __post_init__(self) -> None:
        checked = {
            "name": self.name if self.name in ("E", "V") else as_covariance_model(self.name).name,
            "constraint": as_constraint(self.constraint),
            "prior": as_prior(self.prior),
            "noise": as_noise(self.noise),
            "trim": as_fraction(self.trim, "trim"),
            "fixed": self.fixed.tolist() if isinstance(self.fixed, np.ndarray) else self.fixed,
            "equal_weights": as_flag(self.equal_weights, "equal_weights"),
            "tails": as_tails(self.tails),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        with_constraint(as_covariance_model(self.name), self.constraint)

    def __repr__(self) -> str:
        return as_code(self, always=("name",))

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.name)

    def in_columns(self, d: int) -> Model:
        """The same model with mclust's name for data with d columns: in one column, E or V."""
        return replace(self, name=model_name_in(self.name, d))

    def mstep(self, summary: Summary, floor: Array) -> MStep:
        """The M-step without fixed parameters and noise; ``floor`` are the least variances, (d,)."""
        return MStep(
            with_constraint(as_covariance_model(self.name), self.constraint),
            floor,
            EqualWeights() if self.equal_weights else FreeWeights(),
            prior=with_data(self.prior, summary),
            tails=tail_model(self.tails),
        )

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of k components in d columns, without fixed ones and those of noise.

        Examples
        --------
        >>> Model("VVI").n_parameters(3, 4), Model("VVI", equal_weights=True, fixed="means").n_parameters(3, 4)
        (26, 12)
        """
        mstep = MStep(
            with_constraint(as_covariance_model(self.name), self.constraint),
            np.ones(d),
            EqualWeights() if self.equal_weights else FreeWeights(),
            tails=tail_model(self.tails),
        )
        placeholder = Mixture(np.full(k, 1 / k), np.zeros((k, d)), DiagonalCovariance(np.ones((1, 1)), k, d))
        return mstep.with_fixed(placeholder, as_masks(self.fixed, k)).n_free(k, d)

    def estep(self) -> EStep:
        """The E-step: trimmed if ``trim`` is positive, otherwise plain."""
        return Trimmed(self.trim) if self.trim else Plain()

    def check_known_components(self, argument: str) -> None:
        """Raise ParameterError if the model has a part that rows of known components, by an argument, cannot have."""
        if self.trim:
            raise ParameterError(f"trim: rows of known components cannot be trimmed; leave {argument} out, or trim")

    def check_measurement(self, measurement: Measurement | None) -> None:
        """Raise ParameterError if the model has a part that rows that were measured so cannot have."""
        if self.tails != "normal" and not isinstance(measurement, MissingValues | None):
            raise ParameterError(
                "tails: t components take exact values and missing ones; fit rows that were measured otherwise with "
                "tails='normal'"
            )
        if self.trim and isinstance(measurement, Intervals):
            raise ParameterError(
                "trim: it is not possible with censored values, limits or bins, since probabilities cannot be compared "
                "with densities; leave it out"
            )

    def check_stepwise(self) -> None:
        """Raise ParameterError if the model has a part that needs all rows at once, which a stream never has."""
        if self.trim:
            raise ParameterError("trim: it needs all rows at once, which a stream never has; use noise instead")
        if self.tails != "normal":
            raise ParameterError("tails: a stream's components are Gaussian; leave tails out, or use noise")

    def summary(self, source: Source) -> Summary:
        """Moments and range of all rows, as far as this model needs them."""
        in_region = isinstance(self.noise, UniformNoise)
        full = self.prior is not None or (in_region and source.n_rows > source.n_features)
        return summarise(source, full=full, extent=in_region)

    def problem(self, source: Source, summary: Summary, floor: Array) -> Problem:
        """The problem that EM solves, before noise, known labels and fixed parameters; ``floor`` as in `mstep`."""
        mstep = self.mstep(summary, floor)
        return Problem(source, self.estep(), mstep, ReseedThenRemove(), summary)

    def command_options(self) -> dict[str, str | None]:
        """Options of the commands that ask for the model's other parts than its name; None where there is no word.

        Examples
        --------
        >>> Model("VVI", prior="conjugate", noise=0.1).command_options()
        {'--prior': 'conjugate', '--noise': '0.1'}
        """
        plain = self.to_dict()
        ratios = {f"--{name.replace('_', '-')}": str(ratio) for name, ratio in (plain["constraint"] or {}).items()}
        usual = plain["prior"] == as_plain(ConjugatePrior())
        return {
            **ratios,
            **({} if self.prior is None else {"--prior": "conjugate" if usual else None}),
            **noise_options(self.noise),
            **({"--trim": str(self.trim)} if self.trim else {}),
            **({"--fixed": None} if self.fixed else {}),
            **({"--equal-weights": ""} if self.equal_weights else {}),
            **({} if self.tails == "normal" else {"--tails": str(self.tails)}),
        }

    def to_dict(self) -> dict[str, Any]:
        """The model as plain values, for JSON."""
        noise: Any = self.noise
        if isinstance(noise, UniformNoise):
            noise = {"begin": np.asarray(noise.begin).tolist(), "region": noise.region}
        elif noise is not None:
            noise = noise.to_dict()
        fixed = self.fixed
        fixed = {k: np.asarray(v).tolist() for k, v in fixed.items()} if isinstance(fixed, Mapping) else fixed
        return {
            "name": self.name,
            "constraint": None if self.constraint is None else self.constraint.options,
            "prior": as_plain(self.prior),
            "noise": noise,
            "trim": self.trim,
            "fixed": list(fixed) if isinstance(fixed, Sequence) and not isinstance(fixed, str) else fixed,
            "equal_weights": self.equal_weights,
            "tails": self.tails,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Examples
        --------
        >>> Model.from_dict(Model("VEE", prior="conjugate", noise=0.1).to_dict()).noise
        UniformNoise(begin=0.1, region='box')
        """
        noise = plain["noise"]
        if noise is not None:
            noise = UniformNoise(**noise) if "begin" in noise else Noise.from_dict(noise)
        prior = None if plain["prior"] is None else ConjugatePrior(**plain["prior"])
        constraint = None if plain["constraint"] is None else ratios_as_constraint(**plain["constraint"])
        return cls(**{**plain, "noise": noise, "prior": prior, "constraint": constraint})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the model from the text of a model file that `Fit.to_json` returned.

        Raises
        ------
        DataError
            If the text is no model file, or is one that `Mixture.to_json` wrote, which holds no model.
        """
        return read_part(text, "model", cls.from_dict)


def as_model(model: Any, parts: Mapping[str, Any]) -> Model:
    """Check the argument ``model``: a `Model`, or the name of a covariance model and other ``parts`` of a model."""
    if not isinstance(model, Model):
        return Model(model, **parts)
    given = Model(**parts)  # checked, so that values can be compared with the defaults
    repeated = [field.name for field in fields(Model) if getattr(given, field.name) != field.default]
    if repeated:
        raise ParameterError(f"model is a Model, which includes {', '.join(repeated)}: leave them out")
    return model


# A model with each part, with which `mixtura.testing` checks sources: each needs something else of the rows.
EXAMPLE_PARTS: dict[str, dict[str, Any]] = {
    "no further part": {},
    "diagonal covariances": {"name": "VVI"},
    "common axes": {"name": "VVE"},
    "a prior": {"prior": "conjugate"},
    "trimming": {"trim": 0.05},
    "noise in a box": {"noise": 0.05},
    "noise in a hull": {"noise": UniformNoise(0.05, region="hull")},
    "fixed means": {"fixed": {"means": [0]}},
    "t components": {"tails": "t"},
}
