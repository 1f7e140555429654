"""Estimator `GaussianMixture`, with the interface of ``sklearn.mixture.GaussianMixture``."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mixtura import kernels
from mixtura._support import Array, Rows
from mixtura.covariance import DenseCovariance
from mixtura.covariance.models import Constraint
from mixtura.data import ArraySource
from mixtura.em.mstep import ConjugatePrior
from mixtura.mixture import Assessment, Mixture, assess
from mixtura.sklearn.attributes import check_enough_rows, check_fit_rows, check_prediction_rows, mixture_from_attributes
from mixtura.sklearn.automatic import (
    as_start_result,
    covariance_type_of,
    is_automatic,
    parameter_shape,
    select_by_bic,
    to_storage,
)
from mixtura.sklearn.em import StartResult, choose_best, run_starts
from mixtura.sklearn.parameters import CONSTRAINTS, check_sample_weight, problem_and_start
from mixtura.sklearn.threaded import use_threads


class GaussianMixture(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator):  # type: ignore[misc]
    """Gaussian mixture with scikit-learn's interface; a drop-in for ``sklearn.mixture.GaussianMixture``.

    Parameters, attributes and methods have scikit-learn's names, defaults and meanings (version 1.9). Beyond them,
    ``fit``, ``fit_predict``, ``score``, ``bic``, ``aic`` and ``icl`` take ``sample_weight``, and ``transform`` is
    ``predict_proba``, but heeds ``set_output``. Memory stays bounded; statistics are float64 for float32 data.

    Parameters
    ----------
    n_components : int or "auto", default=1
        Number of components; "auto" chooses from 1 to 9 by BIC (`mixtura.select`).
    covariance_type : {"full", "tied", "diag", "spherical", "auto"} or str, default="full"
        Covariances: a full matrix for each component, one full matrix for all, variances of the columns for each, or
        one variance for each; or a covariance model by mclust's name, such as "VEE" (`mixtura.fit`). "auto" chooses by
        BIC. If either parameter is "auto", tol, reg_covar, max_iter, n_init, init_params, warm_start and verbose have
        no effect, and ``..._init`` are refused.
    tol : float, default=1e-3
        EM stops when the mean log-likelihood per row changes by less than this.
    reg_covar : float, default=1e-6
        Added to the diagonal of all covariances.
    max_iter : int, default=100
        Largest number of EM iterations.
    n_init : int, default=1
        Number of starts; the best result is kept.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
        Start method.
    weights_init, means_init, precisions_init : array-like, optional
        Parameters to start from, shaped like ``weights_``, ``means_`` and ``precisions_``.
    random_state : int, RandomState or None, default=None
    warm_start : bool, default=False
        Whether EM starts from the last fit.
    verbose, verbose_interval : int, default=0 and 10
        What to print (0: nothing, 1: iterations, 2: with times and changes), and how many iterations from line to line.
    accelerate : bool, default=False
        Whether EM is accelerated; without it, iterations are those of scikit-learn.
    fixed : {"weights", "means", "covariances"}, several of them, or dict, optional
        Parameters that keep their values in ``weights_init``, ``means_init`` or ``precisions_init`` (`mixtura.fit`).
    equal_weights : bool, default=False
        Whether all components have the same weight.
    prior : "conjugate" or ConjugatePrior, optional
        Prior on means and covariances (`mixtura.fit`); lower bounds are then log-likelihood plus log-prior per row.
    constraint : EigenvalueRatio or DeterminantRatio, optional
        By how much covariances may differ (`mixtura.fit`).
    threads : int, optional
        Number of threads; results do not depend on it. Default: MIXTURA_NUM_THREADS, or all CPUs.

    Attributes
    ----------
    weights_, means_ : ndarray of shape (n_components,) and (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        Of shape (n_components, n_features, n_features) for "full", (n_features, n_features) for "tied",
        (n_components, n_features) for "diag", (n_components,) for "spherical".
    converged_, n_iter_ : bool and int
    lower_bound_, lower_bounds_ : float and list of float
        Mean log-likelihood per row at the last and at each E-step of the best start.
    n_components_, n_parameters_ : int
    covariance_type_ : str
        Covariance type, chosen or given; a model without a scikit-learn name has mclust's, and attributes shaped as
        for "full".
    selection_ : Selection
        Fits and criteria of all candidates; only if a parameter was "auto".
    n_features_in_, feature_names_in_ : int and ndarray of str
        Number of features and, if the data had them, their names.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> model = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> model.means_.round(6)
    array([[10.,  2.],
           [ 1.,  2.]])
    >>> model.predict([[0, 0], [12, 3]])
    array([1, 0])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS | {
        "prior": [StrOptions({"conjugate"}), ConjugatePrior, None],
    }

    def __init__(
        self,
        n_components: int | str = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        accelerate: bool = False,
        fixed: Any = None,
        equal_weights: bool = False,
        prior: Any = None,
        constraint: Constraint | None = None,
        threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.accelerate = accelerate
        self.fixed = fixed
        self.equal_weights = equal_weights
        self.prior = prior
        self.constraint = constraint
        self.threads = threads

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        """Names of the parameters, cached: reading the signature takes a tenth of a small fit."""
        return super()._get_param_names()

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Estimate the parameters by EM.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 3 counts a row three times, a weight of 0 leaves it out.

        Returns
        -------
        self
        """
        self._fit(X, sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    @use_threads
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.int64]:
        """Fit, and return each row's most probable component."""
        rows = self._fit(X, sample_weight)
        return self.mixture_.predict(rows)

    @property
    def _model_options(self) -> dict[str, Any]:
        """What `Model` and `mixtura.select` are told of the statistical model beside the covariance model's name."""
        return {"constraint": self.constraint, "prior": self.prior, "equal_weights": self.equal_weights}

    @use_threads
    def _fit(self, X: Any, sample_weight: Any) -> Rows:
        """Run all starts, set the attributes, and return the checked rows."""
        rows = check_fit_rows(self, X)
        weight = check_sample_weight(sample_weight, rows)
        self.__dict__.pop("selection_", None)
        if is_automatic(self.n_components, self.covariance_type):
            selection = select_by_bic(self, rows, weight, **self._model_options)
            self._set(as_start_result(selection), rows.dtype, covariance_type_of(selection.best.model.name))
            self.selection_ = selection
            return rows
        check_enough_rows(rows, self.n_components)
        problem, given = problem_and_start(self, ArraySource(rows, weight), **self._model_options)
        self._set(choose_best(run_starts(self, problem, given), self.max_iter), rows.dtype, self.covariance_type)
        return rows

    def _set(self, best: StartResult, dtype: Any, covariance_type: str) -> None:
        """Set the fitted attributes from a result, as floats of type ``dtype``."""
        self.covariance_type_, self.n_components_ = covariance_type, best.mixture.n_components
        pack = parameter_shape(covariance_type).pack
        storage: Any = to_storage(best.mixture.covariances, covariance_type)
        matrices = storage.matrices if isinstance(storage, DenseCovariance) else storage.values
        self.weights_ = best.mixture.weights.astype(dtype)
        self.means_ = best.mixture.means.astype(dtype)
        self.covariances_ = pack(matrices).astype(dtype)
        self.precisions_cholesky_ = pack(storage.precision_factors).astype(dtype)
        self.precisions_ = pack(storage.precisions).astype(dtype)
        self.converged_ = best.converged
        self.n_iter_ = len(best.lower_bounds)
        self.lower_bound_ = best.lower_bound
        self.lower_bounds_ = list(best.lower_bounds)
        self.n_parameters_ = best.mixture.n_parameters

    @property
    def mixture_(self) -> Mixture:
        """Fitted mixture, made from ``weights_``, ``means_`` and ``precisions_cholesky_``."""
        if not hasattr(self, "weights_"):
            check_is_fitted(self)
        kind = getattr(self, "covariance_type_", self.covariance_type)
        count = getattr(self, "n_parameters_", 0)
        return mixture_from_attributes(kind, self.weights_, self.means_, self.precisions_cholesky_, count)

    @use_threads
    def predict(self, X: Any) -> NDArray[np.int64]:
        """Most probable component of each row, (n_samples,)."""
        rows = check_prediction_rows(self, X)
        return kernels.current_kernel().labels(self.mixture_, rows)

    @use_threads
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Probability of each component given the row, (n_samples, n_components)."""
        rows = check_prediction_rows(self, X)
        return kernels.current_kernel().posterior(self.mixture_, rows).astype(rows.dtype, copy=False)

    def transform(self, X: Any) -> Any:
        """Probability of each component given the row, (n_samples, n_components); as a table after ``set_output``."""
        return self.predict_proba(X)

    @property
    def _n_features_out(self) -> int:
        """Number of columns of what `transform` returns; the name is that of scikit-learn."""
        return self.n_components_

    @use_threads
    def score_samples(self, X: Any) -> NDArray[np.floating]:
        """Log-density of each row, (n_samples,)."""
        rows = check_prediction_rows(self, X)
        return kernels.current_kernel().log_density(self.mixture_, rows).astype(rows.dtype, copy=False)

    @use_threads
    def _assess(self, X: Any, sample_weight: Any) -> Assessment:
        """Log-likelihood and criteria of the fitted mixture on rows."""
        rows = check_prediction_rows(self, X)
        return assess(self.mixture_, rows, check_sample_weight(sample_weight, rows))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-likelihood per row."""
        rows = check_prediction_rows(self, X)
        return float(np.average(self.score_samples(rows), weights=check_sample_weight(sample_weight, rows)))

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion on the rows; lower is better."""
        return self._assess(X, sample_weight).bic

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike information criterion on the rows; lower is better."""
        return self._assess(X, sample_weight).aic

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        """Integrated completed likelihood on the rows; lower is better."""
        return self._assess(X, sample_weight).icl

    def _n_parameters(self) -> int:
        """Number of free parameters; the name is that of scikit-learn's method, which its tests call."""
        return self.mixture_.n_parameters

    def sample(self, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows and their components, grouped by component."""
        mixture = self.mixture_
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        rows, labels = mixture.sample(n_samples, check_random_state(self.random_state))
        order = np.argsort(labels, kind="stable")
        return rows[order], labels[order]
