"""Estimator `GaussianMixture`, with the interface of ``sklearn.mixture.GaussianMixture``."""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin, _fit_context
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture
from sklearn.utils._param_validation import StrOptions, validate_parameter_constraints

from mixtura.covariance.models import Constraint
from mixtura.em.mstep import ConjugatePrior
from mixtura.fitting import KnownComponents
from mixtura.sklearn.fit_rows import fit_rows, labels_by_known_components
from mixtura.sklearn.onnx import onnx_parser
from mixtura.sklearn.overrides import OWN_METHODS, PUBLIC_METHODS, overridden
from mixtura.sklearn.parameters import CONSTRAINTS, DEFAULTS, changed_parameters
from mixtura.sklearn.partial_fit import partial_fit
from mixtura.sklearn.predictions import Predictions
from mixtura.sklearn.private_methods import PrivateMethods
from mixtura.sklearn.threaded import use_threads


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
    tails : {"normal", "t", "t-shared"} or float, default="normal"
        Distribution of the components: Gaussian, or multivariate t, on whose means and covariances outliers have little
        influence. Degrees of freedom are estimated for each component ("t") or one for all ("t-shared"), or are given.
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
        (n_components, n_features) for "diag", (n_components,) for "spherical". Those of t components are the scale
        matrices, as in `mixtura.Mixture`: a covariance is nu / (nu - 2) times as large.
    degrees_of_freedom_ : ndarray of shape (n_components,)
        Of t components; only if ``tails`` is not "normal".
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
        tails: str | float = "normal",
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
        self.tails = tails
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
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        known_labels: Any = None,
        prior_responsibilities: Any = None,
        groups: Any = None,
    ) -> Self:
        """Estimate the parameters by EM.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or a Source or table elsewhere, of which a sample is clustered
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 3 counts a row three times, a weight of 0 leaves it out.
        known_labels, prior_responsibilities, groups : array-like of shape (n_samples,), (n_samples, n_components) and
            (n_samples,), optional
            What is known of the rows' components (`mixtura.fit`): the component, from 0, or -1; how likely each is; the
            group whose rows share their component. With one of the first two EM starts from what is known, in place of
            ``init_params``.

        Returns
        -------
        self
        """
        known = KnownComponents(known_labels, prior_responsibilities, groups)
        if "fit_predict" in overridden(self, "fit"):
            given = {"sample_weight": sample_weight, **known.given}
            self.fit_predict(X, y, **{name: value for name, value in given.items() if value is not None})
        else:
            fit_rows(self, X, sample_weight, known)
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    @use_threads
    def fit_predict(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        known_labels: Any = None,
        prior_responsibilities: Any = None,
        groups: Any = None,
    ) -> NDArray[np.int64]:
        """Fit, and return each row's most probable component, given what is known of it."""
        known = KnownComponents(known_labels, prior_responsibilities, groups)
        labels = fit_rows(self, X, sample_weight, known)
        if labels is not None:
            return labels
        return self._labels(X) if known.argument is None else labels_by_known_components(self, X, known)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: missing values are allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @property
    def _model_options(self) -> dict[str, Any]:
        """Arguments of `Model` and `mixtura.select` for the statistical model, without the covariance model."""
        own = {"constraint": self.constraint, "prior": self.prior, "equal_weights": self.equal_weights}
        return {**own, "tails": self.tails}

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
