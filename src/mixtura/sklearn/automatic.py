"""Choose by BIC what an estimator's parameters leave "auto": number of components, covariance type, or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura._support import Rows
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import ALIASES
from mixtura.selection import Selection, select
from mixtura.sklearn.em import StartResult
from mixtura.sklearn.shapes import PARAMETER_SHAPES, ParameterShape

AUTO = "auto"

# Largest number of components that "auto" tries.
MAX_COMPONENTS = 9

# BIC compares maxima of the likelihood, so EM stops closer to them than with scikit-learn's defaults.
TOL, MAX_ITER = 1e-6, 1000


def is_automatic(n_components: Any, covariance_type: str) -> bool:
    """Whether number of components or covariance type are to be chosen."""
    return AUTO in (str(n_components), covariance_type)


def select_by_bic(
    rows: Rows, weight: Any, n_components: Any, covariance_type: str, options: Mapping[str, Any]
) -> Selection:
    """Selection by BIC over the numbers of components and the covariance models that are "auto"."""
    largest = min(MAX_COMPONENTS, len(rows))
    components = range(1, largest + 1) if n_components == AUTO else [n_components]
    models = "all" if covariance_type == AUTO else covariance_type
    return select(
        rows,
        components,
        models=models,
        sample_weight=weight,
        tol=TOL,
        max_iter=MAX_ITER,
        on_interrupt="raise",
        **options,
    )


def as_start_result(selection: Selection) -> StartResult:
    """Result of the best fit of a selection."""
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
    return types.get(model, model)


def parameter_shape(covariance_type: str) -> ParameterShape:
    """Shape of the matrices of a covariance type; full matrices for types that scikit-learn does not have."""
    return PARAMETER_SHAPES.get(covariance_type, PARAMETER_SHAPES["full"])


def to_storage(covariances: Covariance, covariance_type: str) -> Covariance:
    """Convert covariances to the storage from which a covariance type's attributes are made."""
    k, d = covariances.n_components, covariances.n_features
    if covariance_type == "spherical":
        return DiagonalCovariance(covariances.variances()[:, :1], k, d)
    return covariances if covariance_type in PARAMETER_SHAPES else DenseCovariance(covariances.dense(), k)
