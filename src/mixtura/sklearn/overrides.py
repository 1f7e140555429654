"""Methods that a subclass overrides, or a program replaces: who calls them, so that none is ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as Twin

from mixtura._support import check_unmasked
from mixtura.errors import ParameterError
from mixtura.sklearn.private_methods import PrivateMethods
from sklearn import get_config

DENSITY = ("_estimate_log_prob", "_estimate_log_weights", "_estimate_weighted_log_prob")
POSTERIOR = (*DENSITY, "_estimate_log_prob_resp")
PUBLIC = ("fit_predict", "score_samples", "score", "_n_parameters")

# The methods that each public method of scikit-learn's class calls, directly or not.
CALLED: dict[str, tuple[str, ...]] = {
    "fit": (*(name for name in vars(PrivateMethods) if not name.startswith("__")), "fit_predict"),
    "predict": DENSITY,
    "predict_proba": POSTERIOR,
    "score_samples": DENSITY,
    "criteria": (*DENSITY, "score_samples", "score", "_n_parameters"),
}

# Our own of `PUBLIC`, by name; the estimator's file adds them.
OWN: dict[str, Callable[..., Any]] = {}


def overridden(estimator: Any, called_by: str) -> list[str]:
    """Names of the methods that a public method is to call although they are not ours.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> class Floored(GaussianMixture):
    ...     def _m_step(self, X, log_resp, xp=None): ...
    >>> overridden(Floored(), "fit"), overridden(Floored(), "predict")
    (['_m_step'], [])
    """
    cls, own = type(estimator), vars(estimator)
    return [
        name
        for name in CALLED[called_by]
        if name in own or getattr(cls, name) is not (OWN.get(name) or getattr(PrivateMethods, name))
    ]


def is_foreign_array(X: Any) -> bool:
    """Whether scikit-learn is to compute with another array library, such as PyTorch, that made X."""
    if not get_config()["array_api_dispatch"]:
        return False
    return hasattr(X, "__array_namespace__") and not isinstance(X, np.ndarray)


def fit_by_twins_loop(estimator: Any, X: Any, names: list[str], beyond: list[str]) -> Any:
    """Fit by scikit-learn's own loop, which calls a subclass's methods, and return the labels.

    ``names`` are those methods; if there are none, the loop computes with another array library. ``beyond`` is what
    the estimator asks for that the loop does not know.

    Raises
    ------
    ParameterError
        If there is any.
    """
    cls = type(estimator).__name__
    reason = f"{cls} overrides {', '.join(names)}" if names else f"X is an array of {type(X).__module__}"
    if beyond:
        raise ParameterError(
            f"{reason}, so scikit-learn's loop runs EM; it does not know {', '.join(beyond)}: leave one of them out"
        )
    return call_twin("fit_predict", estimator, X)


def call_twin(method: str, estimator: Any, X: Any) -> Any:
    """Call a public method of scikit-learn's class on an estimator; it would unmask what is masked."""
    check_unmasked(X, "X")
    return getattr(Twin, method)(estimator, X)


def refuse_overridden(estimator: Any, method: str, called_by: str, reason: str) -> None:
    """Raise where a method that is ours alone would ignore what a subclass overrides."""
    names = overridden(estimator, called_by)
    if names:
        raise ParameterError(
            f"{method} {reason}, and would ignore {', '.join(names)}, which {type(estimator).__name__} overrides"
        )
