"""Private methods of scikit-learn's mixtures, which programs call and subclasses override.

scikit-learn documents these methods. Those that call others call them on the estimator, so that a subclass's methods
are called. On an object of another class, such as StepMix's emissions, they are scikit-learn's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture
from sklearn.mixture._base import BaseMixture

from mixtura._support import Array
from mixtura.errors import ParameterError
from mixtura.sklearn.sklearn_estimator import (
    as_sklearn_estimator,
    copy_attributes,
    refuse_t_components,
    unknown_to_sklearn,
)

Parameters = tuple[Any, Any, Any, Any]


class PrivateMethods:
    """Private methods of scikit-learn's mixtures, with their names and arguments.

    Those that estimate parameters accept only scikit-learn's four covariance types and parameters.
    """

    def _check_parameters(self: Any, X: Any, xp: Any = None) -> None:
        """Check the given initial parameters."""
        _check_known_to_sklearn("_check_parameters", self)
        _call("_check_parameters", self, X, xp=xp)

    def _initialize_parameters(self: Any, X: Any, random_state: Any, xp: Any = None) -> None:
        """Set the attributes to the parameters that EM starts from."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        if all(parameters is not None for parameters in given):
            self._initialize(X, None, xp=xp)
        else:
            _call("_initialize_parameters", self, X, random_state, xp=xp, owner=BaseMixture)

    def _initialize(self: Any, X: Any, resp: Any, xp: Any = None) -> None:
        """Set the attributes by an M-step from responsibilities, and to the given initial parameters."""
        _check_known_to_sklearn("_initialize", self)
        _call("_initialize", self, X, resp, xp=xp)

    def _e_step(self: Any, X: Any, xp: Any = None) -> tuple[Any, Array]:
        """Mean log-likelihood per row, and logarithms of the responsibilities, (n, k)."""
        return _call("_e_step", self, X, xp=xp)

    def _m_step(self: Any, X: Any, log_resp: Any, xp: Any = None) -> None:
        """Set the attributes by an M-step from logarithms of responsibilities, (n, k)."""
        _check_known_to_sklearn("_m_step", self)
        _call("_m_step", self, X, log_resp, xp=xp)

    def _estimate_log_prob(self: Any, X: Any, xp: Any = None) -> Array:
        """Log-density of each row in each component, (n, k), without the weights."""
        if isinstance(X, np.ndarray) and X.dtype.kind in "biu":
            X = X.astype(np.float64)  # scikit-learn 1.9 stores the distances of integer rows as integers
        refuse_t_components("_estimate_log_prob", self)
        return _call("_estimate_log_prob", _as_sklearn(self), X, xp=xp)

    def _estimate_log_weights(self: Any, xp: Any = None) -> Array:
        """Logarithms of the weights, (k,)."""
        return _call("_estimate_log_weights", self, xp=xp)

    def _estimate_weighted_log_prob(self: Any, X: Any, xp: Any = None) -> Array:
        """Log-density of each row in each component plus the logarithm of its weight, (n, k)."""
        return _call("_estimate_weighted_log_prob", self, X, xp=xp)

    def _estimate_log_prob_resp(self: Any, X: Any, xp: Any = None) -> tuple[Array, Array]:
        """Log-density of each row, (n,), and logarithms of the responsibilities, (n, k)."""
        return _call("_estimate_log_prob_resp", self, X, xp=xp)

    def _compute_lower_bound(self: Any, log_resp: Any, log_prob_norm: Any) -> Any:
        """The second argument: the mean log-likelihood per row."""
        return _call("_compute_lower_bound", self, log_resp, log_prob_norm)

    def _get_parameters(self: Any) -> Parameters:
        """Weights, means, covariances and factors of the precisions, from the attributes."""
        refuse_t_components("_get_parameters", self)
        return _call("_get_parameters", self)

    def _set_parameters(self: Any, params: Parameters, xp: Any = None) -> None:
        """Set the attributes to what `_get_parameters` returned, and compute the precisions from them."""
        refuse_t_components("_set_parameters", self)
        sklearn_estimator = _as_sklearn(self)
        _call("_set_parameters", sklearn_estimator, params, xp=xp)
        copy_attributes(sklearn_estimator, self)

    def _print_verbose_msg_init_beg(self: Any, n_init: int) -> None:
        """Print that a start begins."""
        _call("_print_verbose_msg_init_beg", self, n_init)

    def _print_verbose_msg_iter_end(self: Any, n_iter: int, diff_ll: float) -> None:
        """Print that an iteration has ended."""
        _call("_print_verbose_msg_iter_end", self, n_iter, diff_ll)

    def _print_verbose_msg_init_end(self: Any, lb: float, init_has_converged: bool) -> None:
        """Print how a start has ended."""
        _call("_print_verbose_msg_init_end", self, lb, init_has_converged)


def _call(method: str, estimator: Any, *args: Any, owner: Any = SklearnGaussianMixture, **kwargs: Any) -> Any:
    """Call a method of scikit-learn's class by name; a method that its version lacks then fails only when called."""
    return getattr(owner, method)(estimator, *args, **kwargs)


def _as_sklearn(estimator: Any) -> Any:
    """scikit-learn's estimator for one of ours; an object of another class, on which a program calls, as it is."""
    return as_sklearn_estimator(estimator) if isinstance(estimator, PrivateMethods) else estimator


def _check_known_to_sklearn(method: str, estimator: Any) -> None:
    """Raise ParameterError if an estimator of ours has parameters that scikit-learn's M-step does not know."""
    options = getattr(estimator, "_model_options", None)  # objects of other classes have none
    unknown = [] if options is None else unknown_to_sklearn(estimator, options)
    if unknown:
        raise ParameterError(
            f"{method} is scikit-learn's, which does not know {', '.join(unknown)}; leave this out, or call fit"
        )
