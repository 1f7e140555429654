"""Methods of a fitted `GaussianMixture`: labels, densities, criteria and samples, from its current attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils._array_api import _convert_to_numpy, get_namespace
from sklearn.utils.validation import check_is_fitted

from mixtura import kernels
from mixtura._support import Array
from mixtura.data import Chunk
from mixtura.mixture import Assessment, Mixture, assess
from mixtura.sklearn.attributes import (
    check_prediction_rows,
    check_sample_weight,
    mixture_from_attributes,
    try_mixture_from_attributes,
)
from mixtura.sklearn.elsewhere import mixture_for_rows_elsewhere
from mixtura.sklearn.overrides import call_sklearn_method, is_for_sources, overridden, refuse_overridden
from mixtura.sklearn.parameters import count_parameters
from mixtura.sklearn.sklearn_estimator import as_sklearn_estimator
from mixtura.sklearn.threaded import use_threads


class Predictions:
    """Methods of a fitted estimator.

    Attributes that the user sets are used as scikit-learn uses them. scikit-learn's own method is called if weights do
    not sum to one, if precisions are singular up to rounding, or if a subclass overrides a method that it calls.
    """

    @property
    def mixture_(self: Any) -> Mixture:
        """Fitted mixture by ``weights_``, ``means_`` and ``precisions_cholesky_``; the weights are normalised."""
        if not hasattr(self, "weights_"):
            check_is_fitted(self)
        return mixture_from_attributes(self, self._n_parameters())

    def _mixture_unless_overridden(self: Any, method: str) -> Mixture | None:
        """The fitted mixture, or None if scikit-learn's own ``method`` must be called."""
        if overridden(self, method):
            return None
        if not hasattr(self, "weights_"):
            check_is_fitted(self)
        return try_mixture_from_attributes(self)

    @use_threads
    def predict(self, X: Any) -> NDArray[np.int64]:
        """Most probable component of each row, (n_samples,)."""
        return self._labels(X)

    def _labels(self, X: Any) -> NDArray[np.int64]:
        """Most probable component of each row, (n_samples,): what `predict` and `fit_predict` return."""
        if is_for_sources(X):
            return mixture_for_rows_elsewhere(self, "predict").predict(X)
        mixture = self._mixture_unless_overridden("predict")
        if mixture is None:
            return call_sklearn_method("predict", self, X)
        rows, measurement = check_prediction_rows(self, X)
        return kernels.kernel_for(measurement, mixture).labels(mixture, Chunk(rows))

    @use_threads
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Probability of each component given the row, (n_samples, n_components)."""
        if is_for_sources(X):
            return mixture_for_rows_elsewhere(self, "predict_proba").posterior(X)
        mixture = self._mixture_unless_overridden("predict_proba")
        if mixture is None:
            return call_sklearn_method("predict_proba", self, X)
        rows, measurement = check_prediction_rows(self, X)
        return kernels.kernel_for(measurement, mixture).posterior(mixture, Chunk(rows)).astype(rows.dtype, copy=False)

    @use_threads
    def score_samples(self, X: Any) -> NDArray[np.floating]:
        """Log-density of each row, (n_samples,)."""
        if is_for_sources(X):
            return mixture_for_rows_elsewhere(self, "score_samples").logpdf(X)
        mixture = self._mixture_unless_overridden("score_samples")
        if mixture is None:
            return call_sklearn_method("score_samples", self, X)
        rows, measurement = check_prediction_rows(self, X)
        return kernels.kernel_for(measurement, mixture).log_density(mixture, Chunk(rows)).astype(rows.dtype, copy=False)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-likelihood per row."""
        if is_for_sources(X):
            found = assess(mixture_for_rows_elsewhere(self, "score"), X, sample_weight)
            return found.loglik / found.n_rows
        values = self.score_samples(X)
        if not isinstance(values, np.ndarray):  # of another library, under array_api_dispatch
            values = _convert_to_numpy(values, get_namespace(values)[0])
        return float(np.average(values, weights=check_sample_weight(sample_weight, values, X)))

    @use_threads
    def _assess(self, X: Any, sample_weight: Any, mixture: Mixture) -> Assessment:
        """Log-likelihood and criteria of a mixture on rows."""
        if is_for_sources(X):
            return assess(mixture, X, sample_weight)
        rows, _ = check_prediction_rows(self, X)
        return assess(mixture, rows, check_sample_weight(sample_weight, rows, X))

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion on the rows; lower is better."""
        if sample_weight is None and self._mixture_unless_overridden("criteria") is None:
            return float(call_sklearn_method("bic", self, X))
        refuse_overridden(self, "bic with sample_weight", "criteria", "is computed from the attributes")
        return self._assess(X, sample_weight, self.mixture_).bic

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike information criterion on the rows; lower is better."""
        if sample_weight is None and self._mixture_unless_overridden("criteria") is None:
            return float(call_sklearn_method("aic", self, X))
        refuse_overridden(self, "aic with sample_weight", "criteria", "is computed from the attributes")
        return self._assess(X, sample_weight, self.mixture_).aic

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        """Integrated completed likelihood on the rows; lower is better."""
        refuse_overridden(self, "icl", "criteria", "is computed from the attributes")
        return self._assess(X, sample_weight, self.mixture_).icl

    def _n_parameters(self: Any) -> int:
        """Number of free parameters for the current ``n_components`` and the columns of ``means_``."""
        return count_parameters(self, *np.shape(self.means_))

    def sample(self: Any, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows and their components, grouped by component.

        Of Gaussian components they are drawn as scikit-learn does, from ``covariances_``.
        """
        check_is_fitted(self)
        if hasattr(self, "degrees_of_freedom_"):
            rows, labels = self.mixture_.sample(n_samples, check_random_state(self.random_state))
            order = labels.argsort(kind="stable")
            return rows[order], labels[order]
        rows, labels = as_sklearn_estimator(self).sample(n_samples)
        return rows, labels
