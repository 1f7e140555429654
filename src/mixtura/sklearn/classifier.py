"""scikit-learn classifier for discriminant analysis with mixtures."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from mixtura._support import Array, without_missing
from mixtura.analysis import COMPONENTS_PER_CLASS, discriminant
from mixtura.covariance.models import MODELS
from mixtura.sklearn.attributes import check_sample_weight, validate_rows
from mixtura.sklearn.automatic import AUTO
from mixtura.sklearn.shapes import PARAMETER_SHAPES
from mixtura.sklearn.threaded import use_threads


class MixtureClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifier by Bayes' rule with a Gaussian mixture for each class.

    Parameters
    ----------
    n_components : int or "auto", default=1
        Number of components of each class. 1: a Gaussian for each class, with one covariance model over all classes
        (EDDA; "full" is quadratic, "tied" linear discriminant analysis). "auto": from 1 to 5 for each class, chosen
        by BIC (MclustDA).
    covariance_type : str, default="auto"
        Covariance model by scikit-learn's or mclust's name; "auto" chooses by BIC.
    unlabelled : scalar, optional
        Value of ``y`` of rows without a class, such as -1; missing values always are. Semi-supervised EM fits the
        Gaussians to them, too.
    priors : array-like of shape (n_classes,), optional
        Prior probabilities of the classes; default: their proportions.
    random_state : int, RandomState or None, default=None
    threads : int, optional
        Number of threads; results do not depend on it. Default: MIXTURA_NUM_THREADS, or all CPUs.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    discriminant_ : Discriminant
        The mixtures, their models, the log-likelihood and BIC.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If the data had names.

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

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: missing values are allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    @use_threads
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit a mixture to the rows of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
        """
        labels = y
        if y is None or not without_missing(y)[1].any():  # otherwise rows whose class is missing are unlabelled
            labels = validate_data(self, "no_validation", y)
            check_classification_targets(labels)
        rows = validate_rows(self, X, ensure_all_finite="allow-nan")
        check_consistent_length(rows, labels)
        self.discriminant_ = discriminant(
            rows,
            labels,
            COMPONENTS_PER_CLASS if self.n_components == AUTO else self.n_components,
            models="all" if self.covariance_type == AUTO else [self.covariance_type],
            unlabelled=self.unlabelled,
            priors=self.priors,
            sample_weight=check_sample_weight(sample_weight, rows, X),
            seed=check_random_state(self.random_state),
        )
        self.classes_ = self.discriminant_.classes
        return self

    def _rows(self, X: Any) -> Any:
        """Check that rows have the features of the fit."""
        check_is_fitted(self)
        return validate_rows(self, X, reset=False, ensure_all_finite="allow-nan")

    @use_threads
    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each row, (n_samples,)."""
        rows = self._rows(X)
        return self.discriminant_.predict(rows)

    @use_threads
    def predict_proba(self, X: Any) -> Array:
        """Probability of each class given the row, (n_samples, n_classes)."""
        rows = self._rows(X)
        return self.discriminant_.posterior(rows)

    @use_threads
    def predict_log_proba(self, X: Any) -> Array:
        """Log-probability of each class given the row, (n_samples, n_classes)."""
        rows = self._rows(X)
        return self.discriminant_.log_posterior(rows)
