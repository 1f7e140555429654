"""Discriminant analysis by mixtures as a scikit-learn classifier."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtura._support import Array
from mixtura.analysis import EACH, discriminant
from mixtura.covariance.models import MODELS
from mixtura.sklearn.automatic import AUTO
from mixtura.sklearn.parameters import checked_sample_weight
from mixtura.sklearn.shapes import PARAMETER_SHAPES
from mixtura.sklearn.threaded import threaded


class MixtureClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One Gaussian mixture for each class, and Bayes' rule.

    Parameters
    ----------
    n_components : int or "auto", default=1
        Components of each class. 1: one Gaussian for each class, and a covariance model over all classes (EDDA; "full"
        is quadratic, "tied" linear discriminant analysis). "auto": 1 to 5, chosen for each class by BIC (MclustDA).
    covariance_type : str, default="auto"
        One of the covariance models, or "auto": chosen by BIC.
    unlabelled : scalar, optional
        The value of ``y`` where the class is not known, such as -1: such rows help to find the Gaussians by EM.
    priors : array-like of shape (n_classes,), optional
        Class probabilities; the shares of the rows unless given.
    random_state : int, RandomState or None, default=None
    threads : int, optional

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    discriminant_ : Discriminant
        The mixtures, their models, the log-likelihood and BIC.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the data had names.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MixtureClassifier(covariance_type="tied").fit(X, y)
    >>> round(model.score(X, y), 2)
    0.98
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
        "covariance_type": [StrOptions({*PARAMETER_SHAPES, *MODELS, AUTO})],
        "unlabelled": [object],
        "priors": ["array-like", None],
        "random_state": ["random_state"],
        "threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        n_components: int | str = 1,
        *,
        covariance_type: str = "auto",
        unlabelled: Any = None,
        priors: Any = None,
        random_state: Any = None,
        threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.unlabelled = unlabelled
        self.priors = priors
        self.random_state = random_state
        self.threads = threads

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    @threaded
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Describe each class by a mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
        """
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.discriminant_ = discriminant(
            rows,
            labels,
            EACH if self.n_components == AUTO else self.n_components,
            models="all" if self.covariance_type == AUTO else [self.covariance_type],
            unlabelled=self.unlabelled,
            priors=self.priors,
            sample_weight=checked_sample_weight(sample_weight, rows),
            seed=check_random_state(self.random_state),
        )
        self.classes_ = self.discriminant_.classes
        return self

    def _rows(self, X: Any) -> Any:
        """Check rows against the fitted features."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=[np.float64, np.float32])

    @threaded
    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each row, (n_samples,)."""
        rows = self._rows(X)
        return self.discriminant_.predict(rows)

    @threaded
    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, (n_samples, n_classes)."""
        rows = self._rows(X)
        return self.discriminant_.posterior(rows)

    @threaded
    def predict_log_proba(self, X: Any) -> Array:
        """Log-probability of each class, (n_samples, n_classes)."""
        rows = self._rows(X)
        return self.discriminant_.log_posterior(rows)
