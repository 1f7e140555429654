"""Choose the number of components, the covariance type, or both by BIC, where they are "auto"."""

from __future__ import annotations

from typing import Any

from sklearn.utils import check_random_state

from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import ALIASES, as_covariance_model
from mixtura.data import is_source
from mixtura.fitting import EM
from mixtura.selection import Selection, select
from mixtura.sklearn.em import StartResult
from mixtura.sklearn.shapes import PARAMETER_SHAPES, ParameterShape

AUTO = "auto"

# Largest number of components that "auto" tries.
MAX_COMPONENTS = 9

# BIC compares maxima of the likelihood, so EM stops closer to them than with scikit-learn's defaults.
TOL, MAX_ITER = 1e-6, 1000


def is_automatic(n_components: Any, covariance_type: str) -> bool:
    """Whether the number of components or the covariance type is "auto"."""
    return AUTO in (str(n_components), covariance_type)


def select_by_bic(estimator: Any, rows: Any, weight: Any, **model_options: Any) -> Selection:
    """Selection by BIC over the numbers of components and the covariance models that are "auto".

    ``rows`` are checked rows, or a Source; ``model_options`` are the other fields of the estimator's `Model`.
    """
    given = (estimator.weights_init, estimator.means_init, estimator.precisions_init, estimator.fixed)
    if any(parameters is not None for parameters in given):
        raise ValueError("weights_init, means_init, precisions_init and fixed cannot be given where anything is 'auto'")
    largest = min(MAX_COMPONENTS, rows.n_rows if is_source(rows) else len(rows))
    components = range(1, largest + 1) if estimator.n_components == AUTO else [estimator.n_components]
    models = "all" if estimator.covariance_type == AUTO else estimator.covariance_type
    return select(
        rows,
        components,
        models=models,
        sample_weight=weight,
        em=EM(tol=TOL, max_iter=MAX_ITER),
        seed=check_random_state(estimator.random_state),
        **model_options,
    )


def as_start_result(selection: Selection) -> StartResult:
    """The best fit of a selection as a result of EM."""
    best = selection.best
    bounds = tuple(loglik / best.n_rows for loglik in best.trace)
    return StartResult(best.mixture, bounds, best.outcome.converged)


def covariance_type_of(model: str) -> str:
    """scikit-learn's covariance type of a covariance model, or mclust's name where it has none.

    Examples
    --------
    >>> covariance_type_of("EEE"), covariance_type_of("VEV")
    ('tied', 'VEV')
    """
    types = {full: name for name, full in ALIASES.items() if name in PARAMETER_SHAPES}
    full = as_covariance_model(model).name
    return types.get(full, full)


def parameter_shape(covariance_type: str) -> ParameterShape:
    """Shape of the matrices of a covariance type; full matrices for types that scikit-learn does not have."""
    return PARAMETER_SHAPES.get(covariance_type, PARAMETER_SHAPES["full"])


def to_storage(covariances: Covariance, covariance_type: str) -> Covariance:
    """Convert covariances to the storage from which a covariance type's attributes are made."""
    k, d = covariances.n_components, covariances.n_features
    if covariance_type == "spherical":
        return DiagonalCovariance(covariances.variances()[:, :1], k, d)
    return covariances if covariance_type in PARAMETER_SHAPES else DenseCovariance(covariances.dense(), k)
