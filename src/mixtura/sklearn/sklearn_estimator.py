"""scikit-learn's own estimator with the parameters and attributes of ours, for results that must agree exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

from mixtura._support import Rows, underflow_to_zero
from mixtura.errors import ParameterError
from mixtura.sklearn.shapes import PARAMETER_SHAPES
from mixtura.starts import SCIKIT_LEARN_STARTS

PARAMETERS = tuple(SklearnGaussianMixture().get_params())
DISTRIBUTION_ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_cholesky_", "precisions_")
FIT_ATTRIBUTES = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")


def unknown_to_sklearn(estimator: Any, model_options: Mapping[str, Any], **fit_arguments: Any) -> list[str]:
    """Parameters of an estimator that scikit-learn's class does not know, as texts ``name=value``.

    ``model_options`` are further fields of its `Model`, and ``fit_arguments`` further arguments of ``fit``, whose names
    alone are listed.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> unknown_to_sklearn(GaussianMixture(3, covariance_type="VEE", accelerate=True), {})
    ["covariance_type='VEE'", 'accelerate=True']
    """
    known: dict[str, Any] = {
        "covariance_type": PARAMETER_SHAPES,
        "init_params": SCIKIT_LEARN_STARTS,
        "on_collapse": ("raise",),
        "tails": ("normal",),
    }
    names = [name for name, values in known.items() if getattr(estimator, name) not in values]
    names += ["n_components"] * isinstance(estimator.n_components, str)
    options = {"accelerate": estimator.accelerate, "fixed": estimator.fixed, **model_options}
    further = {name: value for name, value in options.items() if name not in known}
    names += [name for name, value in further.items() if value is not None and value is not False]
    given = [f"{name}={getattr(estimator, name)!r}" for name in names]
    return given + [name for name, value in fit_arguments.items() if value is not None]


def refuse_t_components(method: str, estimator: Any) -> None:
    """Raise ParameterError if a fitted estimator has t components, which a method of scikit-learn's does not know."""
    if hasattr(estimator, "degrees_of_freedom_"):
        raise ParameterError(f"{method} is scikit-learn's, which has no t components; fit with tails='normal'")


def covariance_type_of_attributes(estimator: Any) -> str:
    """The covariance type that an estimator's attributes have: the parameter, or what "auto" has chosen.

    Types that scikit-learn does not have are kept as "full".
    """
    kind = estimator.covariance_type
    if kind == "auto":
        kind = getattr(estimator, "covariance_type_", kind)
    return kind if kind in PARAMETER_SHAPES else "full"


def as_sklearn_estimator(estimator: Any) -> Any:
    """scikit-learn's estimator with the parameters of ours, and with its attributes if they are set."""
    own = {name: getattr(estimator, name) for name in PARAMETERS}
    if isinstance(own["n_components"], str):
        own["n_components"] = int(estimator.means_.shape[0])
    sklearn_estimator = SklearnGaussianMixture(**{**own, "covariance_type": covariance_type_of_attributes(estimator)})
    for name in (*DISTRIBUTION_ATTRIBUTES, *FIT_ATTRIBUTES):
        if hasattr(estimator, name):
            setattr(sklearn_estimator, name, getattr(estimator, name))
    return sklearn_estimator


def copy_attributes(sklearn_estimator: Any, estimator: Any, names: tuple[str, ...] = DISTRIBUTION_ATTRIBUTES) -> None:
    """Copy attributes of scikit-learn's estimator to ours."""
    for name in names:
        if hasattr(sklearn_estimator, name):
            setattr(estimator, name, getattr(sklearn_estimator, name))


@underflow_to_zero
def fit_with_sklearn(estimator: Any, rows: Rows, rng: np.random.RandomState, state: dict[str, Any] | None) -> None:
    """Fit by scikit-learn's own class, with the random numbers that follow a state, and copy its attributes.

    Without a state they are those of the estimator's ``random_state``, an integer.

    Raises
    ------
    ValueError
        If scikit-learn raises it, since a component has collapsed.
    """
    sklearn_estimator = as_sklearn_estimator(estimator)
    if state is not None:
        rng.set_state(state)
        sklearn_estimator.set_params(random_state=rng)
    sklearn_estimator.fit(rows)
    copy_attributes(sklearn_estimator, estimator, (*DISTRIBUTION_ATTRIBUTES, *FIT_ATTRIBUTES))
