"""What the estimator's parameters may be, and those of the start."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight

from mixtura._support import Rows, as_sample_weight
from mixtura.covariance.models import as_constraint, with_constraint
from mixtura.data import ArraySource
from mixtura.em import Problem
from mixtura.em.mstep import ConjugatePrior, with_data
from mixtura.fitting import as_masks, hold_parameters
from mixtura.kernels import summarise
from mixtura.sklearn.automatic import AUTO
from mixtura.sklearn.em import Given, problem_of
from mixtura.sklearn.shapes import PARAMETER_SHAPES, checked_precisions, checked_weights, shaped
from mixtura.starts import GROUPINGS

CONSTRAINTS: dict[str, list[Any]] = {
    "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
    "covariance_type": [StrOptions({*PARAMETER_SHAPES, AUTO})],
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
    "equal_proportions": ["boolean"],
    "prior": [StrOptions({"conjugate"}), ConjugatePrior, None],
    "eigenvalue_ratio": [Interval(Real, 1.0, None, closed="left"), None],
    "determinant_ratio": [Interval(Real, 1.0, None, closed="left"), None],
    "shape_ratio": [Interval(Real, 1.0, None, closed="left"), None],
    "threads": [Interval(Integral, 1, None, closed="left"), None],
}


# What is passed on where anything is chosen.
MODEL_OPTIONS = ("equal_proportions", "prior", "eigenvalue_ratio", "determinant_ratio", "shape_ratio")


def given_of(estimator: Any, d: int) -> Given:
    """Check the parameters that the user gives for the start."""
    k, kind = estimator.n_components, estimator.covariance_type
    weights, means, precisions = estimator.weights_init, estimator.means_init, estimator.precisions_init
    return Given(
        None if weights is None else checked_weights(weights, k),
        None if means is None else shaped(means, "means", (k, d)),
        None if precisions is None else checked_precisions(precisions, kind, k, d),
    )


def problem_and_start(estimator: Any, source: ArraySource) -> tuple[Problem, Given]:
    """What to fit, and the parameters that the user gives."""
    given = given_of(estimator, source.n_features)
    summary = summarise(source, full=estimator.prior is not None)
    problem = problem_of(source, summary, estimator.covariance_type, estimator.reg_covar)
    constraint = as_constraint(estimator.eigenvalue_ratio, estimator.determinant_ratio, estimator.shape_ratio)
    covariances = with_constraint(problem.mstep.covariances, constraint)
    mstep = replace(problem.mstep, covariances=covariances, prior=with_data(estimator.prior, summary))
    problem = replace(problem, mstep=mstep)
    masks = as_masks(estimator.fixed, estimator.n_components)
    missing = set(masks) - set(given.present())
    if missing:
        names = {"covariances": "precisions_init"}
        wanted = ", ".join(names.get(name, f"{name}_init") for name in sorted(missing))
        raise ValueError(f"fixed: {', '.join(sorted(missing))} are to be held; give {wanted}")
    mixture = given.completed(estimator.n_components, source.n_features)
    return hold_parameters(problem, masks, mixture, equal_proportions=estimator.equal_proportions), given


def checked_sample_weight(sample_weight: Any, rows: Rows) -> Any:
    """Check weights as scikit-learn does; None stays None."""
    if sample_weight is None:
        return None
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    return as_sample_weight(weight, len(rows))
