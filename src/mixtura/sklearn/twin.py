"""scikit-learn's own estimator with the parameters and attributes of one of ours, for what must be its to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as Twin

from mixtura._support import Rows, underflow_to_zero
from mixtura.sklearn.shapes import PARAMETER_SHAPES
from mixtura.starts import SCIKIT_LEARN_STARTS

PARAMETERS = tuple(Twin().get_params())
DISTRIBUTION = ("weights_", "means_", "covariances_", "precisions_cholesky_", "precisions_")
FIT = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")


def beyond_twin(estimator: Any, model_options: Mapping[str, Any], sample_weight: Any = None) -> list[str]:
    """What an estimator asks for that scikit-learn's class does not know, as names with values.

    ``model_options`` are fields of its `Model`.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> beyond_twin(GaussianMixture(3, covariance_type="VEE", accelerate=True), {})
    ["covariance_type='VEE'", 'accelerate=True']
    """
    known: dict[str, Any] = {
        "covariance_type": PARAMETER_SHAPES,
        "init_params": SCIKIT_LEARN_STARTS,
        "on_collapse": ("raise",),
    }
    unknown = [name for name, values in known.items() if getattr(estimator, name) not in values]
    unknown += ["n_components"] * isinstance(estimator.n_components, str)
    told = {"accelerate": estimator.accelerate, "fixed": estimator.fixed, **model_options}
    unknown += [name for name, value in told.items() if value is not None and value is not False]
    given = [f"{name}={getattr(estimator, name)!r}" for name in unknown]
    return given if sample_weight is None else [*given, "sample_weight"]


def covariance_type_of_attributes(estimator: Any) -> str:
    """The covariance type that an estimator's attributes have: the parameter, or what "auto" has chosen.

    Types that scikit-learn does not have are kept as "full".
    """
    kind = estimator.covariance_type
    if kind == "auto":
        kind = getattr(estimator, "covariance_type_", kind)
    return kind if kind in PARAMETER_SHAPES else "full"


def as_twin(estimator: Any) -> Any:
    """scikit-learn's estimator with an estimator's parameters, and with those of its attributes that are there."""
    own = {name: getattr(estimator, name) for name in PARAMETERS}
    if isinstance(own["n_components"], str):
        own["n_components"] = int(estimator.means_.shape[0])
    twin = Twin(**{**own, "covariance_type": covariance_type_of_attributes(estimator)})
    for name in (*DISTRIBUTION, *FIT):
        if hasattr(estimator, name):
            setattr(twin, name, getattr(estimator, name))
    return twin


def copy_attributes(twin: Any, estimator: Any, names: tuple[str, ...] = DISTRIBUTION) -> None:
    """Set an estimator's attributes to those of its twin."""
    for name in names:
        if hasattr(twin, name):
            setattr(estimator, name, getattr(twin, name))


@underflow_to_zero
def fit_twin(estimator: Any, rows: Rows, rng: np.random.RandomState, state: dict[str, Any]) -> None:
    """Fit by scikit-learn's arithmetic from the random numbers that follow a state, and take its attributes over.

    Raises
    ------
    ValueError
        If scikit-learn raises it, since a component has collapsed.
    """
    rng.set_state(state)
    twin = as_twin(estimator).set_params(random_state=rng)
    twin.fit(rows)
    copy_attributes(twin, estimator, (*DISTRIBUTION, *FIT))
