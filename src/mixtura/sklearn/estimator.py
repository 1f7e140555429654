"""Estimator `GaussianMixture`, with the interface of ``sklearn.mixture.GaussianMixture``."""

from __future__ import annotations

from functools import cache
from inspect import signature
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin, _fit_context
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions, validate_parameter_constraints

from mixtura._support import Array, Rows
from mixtura.covariance.models import Constraint
from mixtura.data import ArraySource, as_source, is_elsewhere
from mixtura.em.mstep import ConjugatePrior
from mixtura.sklearn.attributes import check_enough_rows, check_fit_rows, check_sample_weight
from mixtura.sklearn.automatic import (
    is_automatic,
)
from mixtura.sklearn.collapse import ILL_DEFINED, collapse_policy
from mixtura.sklearn.elsewhere import fit_elsewhere, fit_source
from mixtura.sklearn.em import choose_best, run_starts
from mixtura.sklearn.fitted_attributes import fit_automatically, set_attributes
from mixtura.sklearn.onnx import onnx_parser
from mixtura.sklearn.overrides import OWN_METHODS, PUBLIC_METHODS, fit_by_sklearn_loop, is_other_array, overridden
from mixtura.sklearn.parameters import CONSTRAINTS, DEFAULTS, changed_parameters, problem_and_start
from mixtura.sklearn.partial_fit import forget, partial_fit
from mixtura.sklearn.predictions import Predictions
from mixtura.sklearn.private_methods import PrivateMethods
from mixtura.sklearn.sklearn_estimator import fit_with_sklearn, unknown_to_sklearn
from mixtura.sklearn.threaded import use_threads
from mixtura.sklearn.ties import settle_ties


class GaussianMixture(
    Predictions,
    PrivateMethods,
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    DensityMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Gaussian mixture with scikit-learn's interface; a drop-in for ``sklearn.mixture.GaussianMixture``.

    Parameters, attributes and methods have scikit-learn's names, defaults and meanings (version 1.9). Beyond them,
    ``fit``, ``fit_predict``, ``score``, ``bic``, ``aic`` and ``icl`` take ``sample_weight``, and ``transform`` is
    ``predict_proba``, but heeds ``set_output``. Memory stays bounded; statistics are float64 for float32 data.

    Parameters
    ----------
    n_components : int or "auto", default=1
        Number of components; "auto" chooses from 1 to 9 by BIC (`mixtura.select`).
    covariance_type : {"full", "tied", "diag", "spherical", "auto"} or str, default="full"
        Covariances: a full matrix for each component, one full matrix for all, a diagonal matrix for each, or one
        variance for each; or a covariance model by mclust's name, such as "VEE" (`mixtura.fit`). "auto" chooses by
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
    init_params : {"kmeans", "k-means++", "random", "random_from_data", "kmeans-sample"}, default="kmeans"
        Start method; the first four start where scikit-learn does with the same ``random_state``. "kmeans-sample" is
        k-means on a sample of 100,000 rows.
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
    on_collapse : {"raise", "repair"}, default="raise"
        What to do if a component collapses during EM: as scikit-learn, raise a ValueError if its covariance becomes
        singular; or re-seed it once at other rows, and remove it if it collapses again.
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
        on_collapse: str = "raise",
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
        self.on_collapse = on_collapse
        self.threads = threads

    def _validate_params(self) -> None:
        validate_parameter_constraints(self._parameter_constraints, changed_parameters(self), type(self).__name__)

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        """Names of the parameters, cached, since reading the signature takes a tenth of the time of a small fit."""
        return super()._get_param_names()

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Estimate the parameters by EM.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or a Source or table elsewhere, of which a sample is clustered
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 3 counts a row three times, a weight of 0 leaves it out.

        Returns
        -------
        self
        """
        if "fit_predict" in overridden(self, "fit"):
            weights = {} if sample_weight is None else {"sample_weight": sample_weight}
            self.fit_predict(X, y, **weights)
        else:
            self._fit_rows(X, y, sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    @use_threads
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.int64]:
        """Fit, and return each row's most probable component."""
        labels = self._fit_rows(X, y, sample_weight)
        return self._labels(X) if labels is None else labels

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: missing values are allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @property
    def _model_options(self) -> dict[str, Any]:
        """Arguments of `Model` and `mixtura.select` for the statistical model, without the covariance model."""
        return {"constraint": self.constraint, "prior": self.prior, "equal_weights": self.equal_weights}

    @use_threads
    def _fit_rows(self, X: Any, y: Any, sample_weight: Any) -> NDArray[np.int64] | None:
        """Run EM from all starts and set the attributes; return the labels if scikit-learn's loop computed them."""
        if is_elsewhere(X):
            fit_elsewhere(self, X, sample_weight)
            forget(self, "_stream")
            return None
        names = [name for name in overridden(self, "fit") if name != "fit_predict"]
        if names or is_other_array(X):
            labels = fit_by_sklearn_loop(self, X, names, unknown_to_sklearn(self, self._model_options, sample_weight))
            self._set_own_attributes()
            return labels
        rows, incomplete = check_fit_rows(self, X)
        weight = check_sample_weight(sample_weight, rows, X)
        forget(self, "selection_", "_stream")
        if incomplete:
            fit_source(self, as_source(rows, weight, self.threads), "missing values")
            return None
        if is_automatic(self.n_components, self.covariance_type):
            fit_automatically(self, rows, weight)
            return None
        check_enough_rows(rows, self.n_components)
        self._fit_starts(rows, weight)
        return None

    def _fit_starts(self, rows: Rows, weight: Array | None) -> None:
        """Run EM from all starts; if a component collapses, scikit-learn's class fits instead, if it can."""
        known_to_sklearn = not unknown_to_sklearn(self, self._model_options, weight)
        policy = collapse_policy(self.on_collapse, known_to_sklearn=known_to_sklearn)
        problem, given = problem_and_start(self, ArraySource(rows, weight), policy, **self._model_options)
        rng = check_random_state(self.random_state)
        # Not where it is not needed, since to copy the state of a generator takes a while.
        state = None if isinstance(self.random_state, Integral) or given.is_complete else rng.get_state(legacy=False)
        results = run_starts(self, problem, given, policy, rng)
        if results is not None:
            results = settle_ties(self, rows, rng, results) if known_to_sklearn and len(results) > 1 else results
            set_attributes(self, choose_best(results, self.max_iter), rows.dtype, self.covariance_type)
        elif known_to_sklearn:
            fit_with_sklearn(self, rows, rng, state)
            self._set_own_attributes()
        else:
            raise ValueError(ILL_DEFINED)

    def _set_own_attributes(self) -> None:
        """Set the attributes that scikit-learn's class does not have, after it has set its own."""
        self.covariance_type_, self.n_components_ = self.covariance_type, int(self.means_.shape[0])
        self.n_parameters_ = self._n_parameters()

    def transform(self, X: Any) -> Any:
        """Probability of each component given the row, (n_samples, n_components); as a table after ``set_output``."""
        return self.predict_proba(X)

    @property
    def _n_features_out(self) -> int:
        """Number of columns that `transform` returns, for scikit-learn's mixin."""
        return int(self.means_.shape[0])

    partial_fit = partial_fit
    onnx_parser = onnx_parser


DEFAULTS.update({name: known.default for name, known in signature(GaussianMixture).parameters.items()})
OWN_METHODS.update({name: getattr(GaussianMixture, name) for name in PUBLIC_METHODS})

# So that isinstance(model, sklearn.mixture.GaussianMixture) is true.
SklearnGaussianMixture.register(GaussianMixture)
