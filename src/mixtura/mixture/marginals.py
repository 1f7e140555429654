"""Marginal and conditional distributions of a mixture, which are mixtures again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import as_column_positions, frozen_array
from mixtura.errors import ParameterError
from mixtura.mixture.student import condition_t

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def marginal(mixture: Mixture, columns: Sequence[int | str]) -> Mixture:
    """The marginal distribution of some columns, given by name or number: again a mixture.

    Raises
    ------
    ParameterError
        If a column is unknown, or the marginal of the noise is not uniform: see `Noise.marginal`.

    Examples
    --------
    >>> from mixtura import DiagonalCovariance, Mixture
    >>> mixture = Mixture([1.0], [[1.0, 2.0]], DiagonalCovariance(np.array([[1.0, 4.0]]), 1, 2), columns=("a", "b"))
    >>> mixture.marginal(["b"]).means.tolist()
    [[2.0]]
    """
    keep = as_column_positions(columns, mixture.columns, mixture.n_features)
    if not len(keep):
        raise ParameterError("columns is empty; name at least one column to keep")
    names = tuple(mixture.columns[j] for j in keep) if mixture.columns else None
    noise = None if mixture.noise is None else mixture.noise.marginal(keep)
    means, covariances = mixture.means[:, keep], mixture.covariances.marginal(keep)
    return replace(mixture, means=means, covariances=covariances, columns=names, n_parameters=0, noise=noise)


def condition(mixture: Mixture, columns: Sequence[int | str], values: Sequence[float]) -> Mixture:
    """The conditional distribution of the other columns, given ``values`` of these columns: again a mixture.

    Weights become the posterior of the components given the values, means follow the linear regression of
    the other columns, and covariances are Schur complements (Bishop 2006, equations 2.81 and 2.82). Those of t
    components grow with the distance of the values given (`condition_t`), and the degrees of freedom by their number.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], DenseCovariance(np.array([[[1.0, 0.5], [0.5, 1.0]]]), 1))
    >>> given = mixture.condition([0], [2.0])
    >>> given.means.item(), given.covariances.dense().item()
    (1.0, 0.75)
    """
    given = as_column_positions(columns, mixture.columns, mixture.n_features)
    point = frozen_array(values)
    if point.shape != given.shape or not np.isfinite(point).all():
        raise ParameterError(f"values are {values!r}; expected one finite number for each of {list(columns)!r}")
    keep = np.setdiff1d(np.arange(mixture.n_features), given)
    if not len(keep):
        raise ParameterError("all columns are given; leave at least one out of columns")
    weights = mixture.marginal([int(j) for j in given]).posterior(point[None])[0]
    noise = None if mixture.noise is None else mixture.noise.marginal(keep).with_weight(weights[-1])
    weights = weights[: mixture.n_components]
    deviations = point - mixture.means[:, given]
    shifts, covariances = mixture.covariances.condition(given, keep, deviations)
    names = tuple(mixture.columns[j] for j in keep) if mixture.columns else None
    moments: dict[str, Any] = {"weights": weights, "means": mixture.means[:, keep] + shifts, "covariances": covariances}
    if mixture.degrees_of_freedom is not None:
        moments["degrees_of_freedom"], moments["covariances"] = condition_t(mixture, given, deviations, covariances)
    return replace(mixture, **moments, columns=names, n_parameters=0, noise=noise)
