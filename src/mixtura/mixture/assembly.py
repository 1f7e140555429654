"""Checks of a mixture's parameters against each other, and quantities of the whole mixture made from them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np

from mixtura._support import TINY, Array, Rows, frozen_array, log_or_minus_inf, underflow_to_zero
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.errors import DataError
from mixtura.kernels import MAX_DISTANCE, Affine, Tails
from mixtura.mixture.noise import Noise


def as_covariances(given: Any) -> Covariance:
    """Make covariances of an array of matrices (k, d, d) or of variances (k, d); covariances are returned as they are.

    Examples
    --------
    >>> as_covariances([[1.0, 4.0]]).dense().tolist()
    [[[1.0, 0.0], [0.0, 4.0]]]
    """
    if hasattr(given, "logdet"):
        return cast(Covariance, given)
    array = frozen_array(given, "covariances")
    if array.ndim == 2 and array.size:
        return DiagonalCovariance(array, *array.shape)
    if array.ndim == 3 and array.size and array.shape[1] == array.shape[2]:
        return DenseCovariance(array, len(array))
    raise DataError(f"covariances have shape {array.shape}; expected (k, d, d), or variances (k, d)")


def set_fields(instance: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass while it is made."""
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def check_parameters(weights: Any, means: Any, covariances: Covariance, noise: Noise | None) -> tuple[Array, Array]:
    """Weights (k,) and means (k, d) as read-only arrays; raises DataError if the parameters do not fit together."""
    weights, means = frozen_array(weights, "weights"), frozen_array(means, "means")
    if means.ndim != 2 or 0 in means.shape or weights.shape != means.shape[:1]:
        raise DataError(f"weights have shape {weights.shape} and means {means.shape}; expected (k,) and (k, d)")
    k, d = means.shape
    if (covariances.n_components, covariances.n_features) != (k, d):
        raise DataError(
            f"covariances are for {covariances.n_components} components in {covariances.n_features} dimensions; "
            f"the means have {k} and {d}"
        )
    _check_weights(weights, noise)
    if not np.isfinite(means).all():
        raise DataError(f"the mean of component {np.argwhere(~np.isfinite(means))[0][0]} is not finite")
    if noise is not None and noise.n_features != d:
        raise DataError(f"the noise has {noise.n_features} dimensions; the means have {d}")
    covariances.logdet()  # raises where a matrix is not positive definite
    return weights, means


def _check_weights(weights: Array, noise: Noise | None) -> None:
    """Raise DataError unless the weights, with that of the noise, are probabilities that sum to one."""
    total = weights.sum() + (noise.weight if noise is not None else 0.0)
    if not (weights.min() >= 0 and abs(total - 1) < 1e-6):  # NaN compares false
        with_noise = f" beside noise of weight {noise.weight}" if noise is not None else ""
        raise DataError(f"weights are {weights.tolist()}{with_noise}; expected probabilities that sum to one")


def rescale_weights(weights: Array, total: float) -> Array:
    """Weights (k,) multiplied so that they sum to ``total``; equal weights where all are zero.

    Examples
    --------
    >>> rescale_weights(np.array([1.0, 3.0]), 1.0).tolist(), rescale_weights(np.zeros(2), 0.5).tolist()
    ([0.25, 0.75], [0.25, 0.25])
    """
    before = weights.sum()
    return total * weights / before if before > 0 else np.full_like(weights, total / len(weights))


def mixture_mean(weights: Array, means: Array, noise: Noise | None) -> Array:
    """Mean of the mixture with its noise, (d,)."""
    mean = weights @ means
    return mean if noise is None else mean + noise.weight * noise.mean


@underflow_to_zero
def mixture_covariance(weights: Array, means: Array, matrices: Array, noise: Noise | None) -> Array:
    """Covariance matrix of the mixture with its noise, (d, d), from those of its components, (k, d, d)."""
    mean = mixture_mean(weights, means, noise)
    delta = means - mean
    within = np.einsum("k,kij->ij", weights, matrices)
    total = within + (weights[:, None] * delta).T @ delta
    if noise is None:
        return np.asarray(total)
    shift = noise.mean - mean
    return np.asarray(total + noise.weight * (noise.covariance + np.outer(shift, shift)))


@underflow_to_zero
def affine_maps(
    weights: Array,
    means: Array,
    covariances: Covariance,
    noise: Noise | None,
    degrees_of_freedom: Array | None = None,
) -> Affine:
    """The mixture's weighted log-densities as kernels read them; rows are shifted by the mean of the components."""
    shift = weights @ means if noise is None else np.average(means, axis=0, weights=weights + TINY)
    form, factors = covariances.affine()
    centres = means - shift
    offsets = centres * factors if form == "diagonal" else (centres[:, None, :] @ factors)[:, 0]
    logdet = covariances.logdet() + means.shape[1] * math.log(2 * math.pi)
    affine = Affine(
        form, shift, log_or_minus_inf(weights) - 0.5 * logdet, factors, offsets, means, covariances.variances()
    )
    if degrees_of_freedom is not None:
        affine = replace(affine, tails=Tails(degrees_of_freedom, means.shape[1]))
    if noise is None:
        return affine
    log_weight = float(log_or_minus_inf(np.array([noise.weight]))[0])
    return affine.with_noise(log_weight - noise.log_volume, noise.mean, noise.log_widths)


def component_log_densities(affine: Affine, covariances: Covariance, rows: Rows) -> Array:
    """Log of w_j p_j(x) for each row x (n, d) and component j, (n, k), noise included, component by component."""
    shifted = rows - affine.shift  # float64, whatever the rows' dtype
    distance = np.zeros((len(affine.constants), len(rows)))
    for j in range(covariances.n_components):
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            white = covariances.whiten(j, shifted) - affine.offsets[j]
            # fmin also replaces NaN, the difference of two infinities
            distance[j] = np.fmin(np.einsum("ij,ij->i", white, white), MAX_DISTANCE)
    if affine.tails is None:
        joint = affine.constants[:, None] - 0.5 * distance
    else:
        joint = np.repeat(affine.constants[:, None], len(rows), axis=1)
        affine.tails.add_log_densities(joint, distance)
    return np.ascontiguousarray(joint.T)
