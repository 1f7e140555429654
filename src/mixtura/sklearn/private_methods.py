"""The private methods of scikit-learn's mixtures, which programs call on fitted ones, and which subclasses override.

What is not said here is what scikit-learn's method of the name says. Those that call others call them on the
estimator, so that a subclass's are called.
"""

from __future__ import annotations

from typing import Any

from sklearn.mixture import GaussianMixture as Twin
from sklearn.mixture._base import BaseMixture

from mixtura._support import Array
from mixtura.errors import ParameterError
from mixtura.sklearn.twin import as_twin, beyond_twin, copy_attributes

Parameters = tuple[Any, Any, Any, Any]


class PrivateMethods:
    """Private methods of scikit-learn's mixtures, with their names and arguments.

    Those that estimate parameters know the four covariance types of scikit-learn alone, and none of the parameters that
    it does not have.
    """

    def _check_parameters(self: Any, X: Any, xp: Any = None) -> None:
        """Check the given parameters of the start."""
        _check_has_twin("_check_parameters", beyond_twin(self, self._model_options))
        _call("_check_parameters", self, X, xp=xp)

    def _initialize_parameters(self: Any, X: Any, random_state: Any, xp: Any = None) -> None:
        """Set the attributes to the parameters that EM starts from."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        if all(parameters is not None for parameters in given):
            self._initialize(X, None, xp=xp)
        else:
            _call("_initialize_parameters", self, X, random_state, xp=xp, owner=BaseMixture)

    def _initialize(self: Any, X: Any, resp: Any, xp: Any = None) -> None:
        """Set the attributes by an M-step from responsibilities, and by the parameters that are given."""
        _check_has_twin("_initialize", beyond_twin(self, self._model_options))
        _call("_initialize", self, X, resp, xp=xp)

    def _e_step(self: Any, X: Any, xp: Any = None) -> tuple[Any, Array]:
        """Mean log-likelihood per row, and logarithms of the responsibilities, (n, k)."""
        return _call("_e_step", self, X, xp=xp)

    def _m_step(self: Any, X: Any, log_resp: Any, xp: Any = None) -> None:
        """Set the attributes by an M-step from logarithms of responsibilities, (n, k)."""
        _check_has_twin("_m_step", beyond_twin(self, self._model_options))
        _call("_m_step", self, X, log_resp, xp=xp)

    def _estimate_log_prob(self: Any, X: Any, xp: Any = None) -> Array:
        """Log-density of each row in each component, (n, k), without the weights."""
        return _call("_estimate_log_prob", as_twin(self), X, xp=xp)

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
        """The mean log-likelihood per row, as it is given."""
        return _call("_compute_lower_bound", self, log_resp, log_prob_norm)

    def _get_parameters(self: Any) -> Parameters:
        """Weights, means, covariances and factors of the precisions, as the attributes have them."""
        return _call("_get_parameters", self)

    def _set_parameters(self: Any, params: Parameters, xp: Any = None) -> None:
        """Set the attributes to what `_get_parameters` returned, and the precisions to what follows from them."""
        twin = as_twin(self)
        _call("_set_parameters", twin, params, xp=xp)
        copy_attributes(twin, self)

    def _print_verbose_msg_init_beg(self: Any, n_init: int) -> None:
        """Print that a start begins."""
        _call("_print_verbose_msg_init_beg", self, n_init)

    def _print_verbose_msg_iter_end(self: Any, n_iter: int, diff_ll: float) -> None:
        """Print that an iteration has ended."""
        _call("_print_verbose_msg_iter_end", self, n_iter, diff_ll)

    def _print_verbose_msg_init_end(self: Any, lb: float, init_has_converged: bool) -> None:
        """Print how a start has ended."""
        _call("_print_verbose_msg_init_end", self, lb, init_has_converged)


def _call(method: str, estimator: Any, *args: Any, owner: Any = Twin, **kwargs: Any) -> Any:
    """Call a method of scikit-learn's class on any estimator, by name, so that one it has no longer fails only then."""
    return getattr(owner, method)(estimator, *args, **kwargs)


def _check_has_twin(method: str, beyond: list[str]) -> None:
    """Raise where an estimator asks for what scikit-learn's M-step does not know."""
    if beyond:
        raise ParameterError(
            f"{method} is scikit-learn's, which does not know {', '.join(beyond)}; leave this out, or call fit"
        )
