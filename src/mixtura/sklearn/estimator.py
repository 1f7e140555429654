"""The estimator: parameters in, attributes out, everything else by Mixtura."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, DensityMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixtura import kernels
from mixtura._support import Array, Rows
from mixtura.covariance import DenseCovariance
from mixtura.data import ArraySource
from mixtura.mixture import Assessment, Mixture, assess
from mixtura.sklearn.attributes import fitted_rows, matching_rows, mixture_of
from mixtura.sklearn.automatic import as_estimate, automatic, chosen, form_of, stored, type_of
from mixtura.sklearn.em import Estimate, best_of, estimates
from mixtura.sklearn.parameters import CONSTRAINTS, MODEL_OPTIONS, checked_sample_weight, problem_and_start
from mixtura.sklearn.threaded import threaded


class GaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """Gaussian mixture with scikit-learn's interface; a drop-in for ``sklearn.mixture.GaussianMixture``.

    Parameters, attributes and methods have scikit-learn's names, defaults and meanings (version 1.9). Beyond
    them, ``fit``, ``fit_predict``, ``score``, ``bic``, ``aic`` and ``icl`` take ``sample_weight``, memory stays
    bounded (nothing of size n_samples x n_components is held), and statistics are float64 for float32 data.

    Parameters
    ----------
    n_components : int or "auto", default=1
        Number of components; "auto" chooses from 1 to 9 by BIC (`mixtura.select`).
    covariance_type : {"full", "tied", "diag", "spherical", "auto"}, default="full"
        Each component has its own matrix, all share one, each has its own variances, each has one variance; "auto"
        chooses by BIC among all covariance models. Where anything is "auto", tol, reg_covar, max_iter, n_init,
        init_params, warm_start and verbose have no effect, and no ``..._init`` may be given.
    tol : float, default=1e-3
        EM stops when the mean log-likelihood per row changes by less than this.
    reg_covar : float, default=1e-6
        Added to the diagonal of all covariances.
    max_iter : int, default=100
        Largest number of EM iterations.
    n_init : int, default=1
        Number of starts; the best is kept.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
        How to start.
    weights_init : array-like of shape (n_components,), optional
    means_init : array-like of shape (n_components, n_features), optional
    precisions_init : array-like, optional
        Inverse covariances, in the shape of ``precisions_``.
    random_state : int, RandomState or None, default=None
    warm_start : bool, default=False
        Go on from the last fit.
    verbose, verbose_interval : int, default=0 and 10
    accelerate : bool, default=False
        Accelerate EM where it is slow. scikit-learn has no such parameter; without it iterations are those of there.
    fixed : {"weights", "means", "covariances"}, several of them, or dict, optional
        Parameters that stay as ``weights_init``, ``means_init`` or ``precisions_init`` give them (`mixtura.fit`).
    equal_proportions : bool, default=False
        Whether all components have the same weight.
    prior : "conjugate" or ConjugatePrior, optional
        On means and covariances (`mixtura.fit`); bounds are then those of log-likelihood plus log-prior.
    eigenvalue_ratio, determinant_ratio, shape_ratio : float, optional
        By how much covariances may differ (`mixtura.fit`).
    threads : int, optional
        How many threads fit and predict; results do not depend on it. Default: MIXTURA_NUM_THREADS, or all CPUs.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        Of shape (n_components, n_features, n_features) for "full", (n_features, n_features) for "tied",
        (n_components, n_features) for "diag", (n_components,) for "spherical".
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        Mean log-likelihood per row at the last E-step.
    lower_bounds_ : list of float
        The same at every E-step of the best start.
    n_components_, n_parameters_ : int
        Numbers of components, and of free parameters.
    covariance_type_ : str
        What was chosen, or given; mclust's name of a model that scikit-learn has no name for, with matrices written
        out as for "full".
    selection_ : Selection
        The whole table, where anything was "auto".
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the data had names.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

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
        equal_proportions: bool = False,
        prior: Any = None,
        eigenvalue_ratio: float | None = None,
        determinant_ratio: float | None = None,
        shape_ratio: float | None = None,
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
        self.equal_proportions = equal_proportions
        self.prior = prior
        self.eigenvalue_ratio = eigenvalue_ratio
        self.determinant_ratio = determinant_ratio
        self.shape_ratio = shape_ratio
        self.threads = threads

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        """Names of the parameters; reading the signature again would take a tenth of a small fit."""
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
    @threaded
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.int64]:
        """Fit, and return each row's most probable component."""
        rows = self._fit(X, sample_weight)
        return self.mixture_.predict(rows)

    @threaded
    def _fit(self, X: Any, sample_weight: Any) -> Rows:
        """Run all starts, set the attributes, and return the checked rows."""
        rows = fitted_rows(self, X)
        weight = checked_sample_weight(sample_weight, rows)
        if hasattr(self, "selection_"):
            del self.selection_
        if automatic(self.n_components, self.covariance_type):
            self._choose(rows, weight)
            return rows
        if rows.shape[0] < self.n_components:
            raise ValueError(
                "Expected n_samples >= n_components "
                f"but got n_components = {self.n_components}, n_samples = {rows.shape[0]}"
            )
        problem, given = problem_and_start(self, ArraySource(rows, weight))
        self._set(best_of(estimates(self, problem, given), self.max_iter), rows.dtype, self.covariance_type)
        return rows

    def _choose(self, rows: Rows, weight: Any) -> None:
        """Choose what is "auto" by BIC, and set the attributes of the best."""
        if any(given is not None for given in (self.weights_init, self.means_init, self.precisions_init, self.fixed)):
            raise ValueError(
                "weights_init, means_init, precisions_init and fixed cannot be given where anything is 'auto'"
            )
        options = {name: getattr(self, name) for name in MODEL_OPTIONS} | {
            "seed": check_random_state(self.random_state)
        }
        selection = chosen(rows, weight, self.n_components, self.covariance_type, options)
        self._set(as_estimate(selection), rows.dtype, type_of(selection.best.model))
        self.selection_ = selection

    def _set(self, best: Estimate, dtype: Any, covariance_type: str) -> None:
        """Set the fitted attributes, in the data's precision."""
        self.covariance_type_, self.n_components_ = covariance_type, best.mixture.n_components
        pack = form_of(covariance_type).pack
        storage: Any = stored(best.mixture.covariances, covariance_type)
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
        """The fitted distribution, made from ``weights_``, ``means_`` and ``precisions_cholesky_``."""
        if not hasattr(self, "weights_"):
            check_is_fitted(self)
        kind = getattr(self, "covariance_type_", self.covariance_type)
        count = getattr(self, "n_parameters_", 0)
        return mixture_of(kind, self.weights_, self.means_, self.precisions_cholesky_, count)

    @threaded
    def predict(self, X: Any) -> NDArray[np.int64]:
        """Most probable component of each row, (n_samples,)."""
        rows = matching_rows(self, X)
        return kernels.current_kernel().labels(self.mixture_, rows)

    @threaded
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Probability of each component for each row, (n_samples, n_components)."""
        rows = matching_rows(self, X)
        return kernels.current_kernel().posterior(self.mixture_, rows).astype(rows.dtype, copy=False)

    @threaded
    def score_samples(self, X: Any) -> NDArray[np.floating]:
        """Log-density of each row, (n_samples,)."""
        rows = matching_rows(self, X)
        return kernels.current_kernel().log_density(self.mixture_, rows).astype(rows.dtype, copy=False)

    @threaded
    def _assess(self, X: Any, sample_weight: Any) -> Assessment:
        """The fitted mixture measured on rows."""
        rows = matching_rows(self, X)
        return assess(self.mixture_, rows, checked_sample_weight(sample_weight, rows))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-likelihood per row."""
        rows = matching_rows(self, X)
        return float(np.average(self.score_samples(rows), weights=checked_sample_weight(sample_weight, rows)))

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
        """Number of free parameters; scikit-learn's own tests ask for it by this name."""
        return self.mixture_.n_parameters

    def sample(self, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows and their components, grouped by component."""
        mixture = self.mixture_
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        rows, labels = mixture.sample(n_samples, check_random_state(self.random_state))
        order = np.argsort(labels, kind="stable")
        return rows[order], labels[order]
