"""Allowed values of the parameters of `GaussianMixture`, and the problem that EM solves for them."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight

from mixtura._support import Rows, as_sample_weight
from mixtura.covariance.models import MODELS, DeterminantRatio, EigenvalueRatio, with_constraint
from mixtura.data import ArraySource
from mixtura.em import Problem
from mixtura.em.mstep import ConjugatePrior, EqualWeights, FreeWeights, with_data
from mixtura.fitting import as_masks, hold_parameters
from mixtura.kernels import summarise
from mixtura.sklearn.automatic import AUTO
from mixtura.sklearn.em import InitialParameters, problem_of
from mixtura.sklearn.shapes import PARAMETER_SHAPES, check_shape, check_weights, covariances_from_precisions
from mixtura.starts import GROUPINGS

CONSTRAINTS: dict[str, list[Any]] = {
    "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
    "covariance_type": [StrOptions({*PARAMETER_SHAPES, *MODELS, AUTO})],
    "tol": [Interval(Real, 0.0, None, closed="left")],
    "reg_covar": [Interval(Real, 0.0, None, closed="left")],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init_params": [StrOptions(set(GROUPINGS))],
    "weights_init": ["array-like", None],
    "means_init": ["array-like", None],
    "precisions_init": ["array-like", None],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "verbose_interval": [Interval(Integral, 1, None, closed="left")],
    "accelerate": ["boolean"],
    "fixed": [str, "array-like", dict, None],
    "equal_weights": ["boolean"],
    "prior": [StrOptions({"conjugate"}), ConjugatePrior, None],
    "constraint": [EigenvalueRatio, DeterminantRatio, None],
    "threads": [Interval(Integral, 1, None, closed="left"), None],
}


# Parameters that are passed to `mixtura.select` where anything is "auto".
MODEL_OPTIONS = ("equal_weights", "prior", "constraint")


def initial_parameters(estimator: Any, d: int) -> InitialParameters:
    """Check ``weights_init``, ``means_init`` and ``precisions_init``."""
    k, kind = estimator.n_components, estimator.covariance_type
    weights, means, precisions = estimator.weights_init, estimator.means_init, estimator.precisions_init
    return InitialParameters(
        None if weights is None else check_weights(weights, k),
        None if means is None else check_shape(means, "means", (k, d)),
        None if precisions is None else covariances_from_precisions(precisions, kind, k, d),
    )


def problem_and_start(estimator: Any, source: ArraySource) -> tuple[Problem, InitialParameters]:
    """Problem that EM solves for an estimator and its data, and the given parameters of the start."""
    given = initial_parameters(estimator, source.n_features)
    summary = summarise(source, full=estimator.prior is not None)
    problem = problem_of(source, summary, estimator.covariance_type, estimator.reg_covar)
    mstep = replace(
        problem.mstep,
        covariances=with_constraint(problem.mstep.covariances, estimator.constraint),
        weights=EqualWeights() if estimator.equal_weights else FreeWeights(),
        prior=with_data(estimator.prior, summary),
    )
    problem = replace(problem, mstep=mstep)
    masks = as_masks(estimator.fixed, estimator.n_components)
    missing = set(masks) - set(given.as_dict())
    if missing:
        names = {"covariances": "precisions_init"}
        wanted = ", ".join(names.get(name, f"{name}_init") for name in sorted(missing))
        raise ValueError(f"fixed: {', '.join(sorted(missing))} are to be held; give {wanted}")
    if not masks:
        return problem, given
    mixture = given.complete(estimator.n_components, source.n_features)
    return hold_parameters(problem, masks, mixture), given


def check_sample_weight(sample_weight: Any, rows: Rows) -> Any:
    """Check weights of rows with scikit-learn's rules and texts; None stays None."""
    if sample_weight is None:
        return None
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    return as_sample_weight(weight, len(rows))
