"""Find methods that a subclass or an instance overrides, so that public methods call them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

from mixtura._support import check_unmasked
from mixtura.data import is_elsewhere, library_of
from mixtura.errors import ParameterError
from mixtura.sklearn.private_methods import PrivateMethods
from mixtura.sklearn.sklearn_estimator import refuse_t_components
from sklearn import get_config

DENSITY_METHODS = ("_estimate_log_prob", "_estimate_log_weights", "_estimate_weighted_log_prob")
POSTERIOR_METHODS = (*DENSITY_METHODS, "_estimate_log_prob_resp")
PUBLIC_METHODS = ("fit_predict", "score_samples", "score", "_n_parameters")

LOOP_METHODS = tuple(name for name in vars(PrivateMethods) if not name.startswith("__"))

# The methods that each public method of scikit-learn's class calls, directly or not.
CALLED: dict[str, tuple[str, ...]] = {
    "fit": (*LOOP_METHODS, "fit_predict"),
    "fit_predict": LOOP_METHODS,
    "predict": DENSITY_METHODS,
    "predict_proba": POSTERIOR_METHODS,
    "score_samples": DENSITY_METHODS,
    "criteria": (*DENSITY_METHODS, "score_samples", "score", "_n_parameters"),
}

# `GaussianMixture`'s own `PUBLIC_METHODS` by name; estimator.py adds them.
OWN_METHODS: dict[str, Callable[..., Any]] = {}


def overridden(estimator: Any, called_by: str) -> list[str]:
    """Names of the overridden methods that a public method calls.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> class Floored(GaussianMixture):
    ...     def _m_step(self, X, log_resp, xp=None): ...
    >>> overridden(Floored(), "fit"), overridden(Floored(), "predict")
    (['_m_step'], [])
    """
    cls, own = type(estimator), vars(estimator)
    return [name for name, method in _methods(called_by) if name in own or getattr(cls, name) is not method]


@cache
def _methods(called_by: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
    """Names of the methods that a public method calls, and these methods of `GaussianMixture` itself."""
    return tuple((name, OWN_METHODS.get(name) or getattr(PrivateMethods, name)) for name in CALLED[called_by])


def is_other_array(X: Any) -> bool:
    """Whether X is an array of another library, such as PyTorch, with which scikit-learn is to compute."""
    if not get_config()["array_api_dispatch"] or isinstance(X, np.ndarray):
        return False
    return hasattr(X, "__array_namespace__") or library_of(X) is not None


def is_for_sources(X: Any) -> bool:
    """Whether X is not in memory and Mixtura computes with it: no array with which scikit-learn is to compute.

    Examples
    --------
    >>> is_for_sources([[1.0], [2.0]])
    False
    """
    return is_elsewhere(X) and not is_other_array(X)


def fit_by_sklearn_loop(estimator: Any, X: Any, names: list[str], unknown: list[str]) -> Any:
    """Fit by scikit-learn's own loop, which calls a subclass's methods, and return the labels.

    ``names`` are those methods; if there are none, the loop computes with another array library. ``unknown`` are
    parameters of the estimator that the loop does not know.

    Raises
    ------
    ParameterError
        If there are unknown parameters.
    """
    cls = type(estimator).__name__
    reason = f"{cls} overrides {', '.join(names)}" if names else f"X is an array of {type(X).__module__}"
    if unknown:
        raise ParameterError(
            f"{reason}, so scikit-learn's loop runs EM; it does not know {', '.join(unknown)}: leave one of them out"
        )
    return call_sklearn_method("fit_predict", estimator, X)


def call_sklearn_method(method: str, estimator: Any, X: Any) -> Any:
    """Call a public method of scikit-learn's class on an estimator; masked arrays are refused."""
    check_unmasked(X, "X")
    refuse_t_components(method, estimator)
    return getattr(SklearnGaussianMixture, method)(estimator, X)


def refuse_overridden(estimator: Any, method: str, called_by: str, reason: str) -> None:
    """Raise ParameterError if a method that only our class has would ignore overridden methods."""
    names = overridden(estimator, called_by)
    if names:
        raise ParameterError(
            f"{method} {reason}, and would ignore {', '.join(names)}, which {type(estimator).__name__} overrides"
        )
