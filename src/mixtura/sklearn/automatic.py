"""``"auto"``: the number of components, the covariance type, or both, by BIC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura._support import Rows
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import ALIASES
from mixtura.selection import Selection, select
from mixtura.sklearn.em import Estimate
from mixtura.sklearn.shapes import PARAMETER_SHAPES, ParameterShape

AUTO = "auto"

# The largest number of components that is tried.
MOST = 9

# Criteria compare optima, so EM has to come nearer to them than scikit-learn's defaults let it.
TOL, MAX_ITER = 1e-6, 1000


def automatic(n_components: Any, covariance_type: str) -> bool:
    """Whether there is anything to choose."""
    return AUTO in (str(n_components), covariance_type)


def chosen(rows: Rows, weight: Any, n_components: Any, covariance_type: str, options: Mapping[str, Any]) -> Selection:
    """The grid of whatever is ``"auto"``."""
    largest = min(MOST, len(rows))
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


def as_estimate(selection: Selection) -> Estimate:
    """The best of a grid as an estimate."""
    best = selection.best
    bounds = tuple(loglik / best.n_rows for loglik in best.trace)
    return Estimate(best.mixture, bounds, best.outcome.converged)


def type_of(model: str) -> str:
    """scikit-learn's name of a model where it has one, else mclust's.

    Examples
    --------
    >>> type_of("EEE"), type_of("VEV")
    ('tied', 'VEV')
    """
    names = {full: name for name, full in ALIASES.items() if name in PARAMETER_SHAPES}
    return names.get(model, model)


def form_of(covariance_type: str) -> ParameterShape:
    """How the matrices of a type are shaped; those that scikit-learn does not know are written out."""
    return PARAMETER_SHAPES.get(covariance_type, PARAMETER_SHAPES["full"])


def stored(covariances: Covariance, covariance_type: str) -> Covariance:
    """Covariances in the storage that the type's shapes are made from."""
    k, d = covariances.n_components, covariances.n_features
    if covariance_type == "spherical":
        return DiagonalCovariance(covariances.variances()[:, :1], k, d)
    return covariances if covariance_type in PARAMETER_SHAPES else DenseCovariance(covariances.dense(), k)
