"""The fitted attributes of the estimator, from the result of its fit."""

from __future__ import annotations

from typing import Any

from mixtura.covariance import DenseCovariance
from mixtura.sklearn.automatic import as_start_result, covariance_type_of, parameter_shape, select_by_bic, to_storage
from mixtura.sklearn.em import StartResult


def forget(estimator: Any, *attributes: str) -> None:
    """Delete attributes of an estimator, if it has them."""
    for name in attributes:
        vars(estimator).pop(name, None)


def set_own_attributes(estimator: Any) -> None:
    """Set the attributes that scikit-learn's class does not have, after it has set its own."""
    forget(estimator, "degrees_of_freedom_")
    estimator.covariance_type_, estimator.n_components_ = estimator.covariance_type, int(estimator.means_.shape[0])
    estimator.n_parameters_ = estimator._n_parameters()  # noqa: SLF001 which a subclass may override


def set_attributes(estimator: Any, best: StartResult, dtype: Any, covariance_type: str) -> None:
    """Set the fitted attributes from a result, as floats of type ``dtype``."""
    estimator.covariance_type_, estimator.n_components_ = covariance_type, best.mixture.n_components
    pack = parameter_shape(covariance_type).pack
    storage: Any = to_storage(best.mixture.covariances, covariance_type)
    matrices = storage.matrices if isinstance(storage, DenseCovariance) else storage.values
    estimator.weights_ = (best.total_weight * best.mixture.weights).astype(dtype)
    estimator.means_ = best.mixture.means.astype(dtype)
    estimator.covariances_ = pack(matrices).astype(dtype)
    estimator.precisions_cholesky_ = pack(storage.precision_factors).astype(dtype)
    estimator.precisions_ = pack(storage.precisions).astype(dtype)
    forget(estimator, "degrees_of_freedom_")
    if best.mixture.degrees_of_freedom is not None:
        estimator.degrees_of_freedom_ = best.mixture.degrees_of_freedom.astype(dtype)
    estimator.converged_ = best.converged
    estimator.n_iter_ = len(best.lower_bounds)
    estimator.lower_bound_ = best.lower_bound
    estimator.lower_bounds_ = list(best.lower_bounds)
    estimator.n_parameters_ = best.mixture.n_parameters


def fit_automatically(estimator: Any, rows: Any, weight: Any) -> None:
    """Set the fitted attributes from a selection by BIC of what is "auto"; ``rows`` are checked rows, or a Source."""
    selection = select_by_bic(estimator, rows, weight, **estimator._model_options)  # noqa: SLF001 of the estimator
    set_attributes(estimator, as_start_result(selection), rows.dtype, covariance_type_of(selection.best.model.name))
    estimator.selection_ = selection
