"""What a mixture says of each row: log-density, responsibilities and the most probable component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import Array, as_groups, log_or_minus_inf, responsibilities, sums_by_group
from mixtura.data import Chunk
from mixtura.errors import ParameterError
from mixtura.mixture import assembly
from mixtura.mixture.anywhere import for_rows_anywhere, number_of_weights
from mixtura.mixture.noise import NOISE_LABEL

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


@for_rows_anywhere("log_joint", float, number_of_weights)
def log_joint(mixture: Mixture, X: Any) -> Array:
    """Log of w_j p_j(x) for each row x and component j, (n, k); noise has one more column, the last.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]]).log_joint([0.0, 2.0]).round(2).tolist()
    [[-1.61, -9.61], [-3.61, -3.61]]
    """
    return assembly.component_log_densities(mixture.affine, mixture.covariances, mixture.check_rows(X))


@for_rows_anywhere("logpdf", float)
def logpdf(mixture: Mixture, X: Any, *, noise_covariance: Any = None) -> Array:
    """Log-density of each row, (n,); with ``noise_covariance``, of rows with errors: see `mixtura.Measured`.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1)).logpdf([[0.0]]).round(4).tolist()
    [-0.9189]
    """
    rows, measurement = mixture.measured_rows(X, noise_covariance)
    return kernels.kernel_for(measurement, mixture).log_density(mixture, Chunk(rows, measurement=measurement))


@for_rows_anywhere("posterior", float, number_of_weights)
def posterior(mixture: Mixture, X: Any, *, groups: Any = None, noise_covariance: Any = None) -> Array:
    """Responsibilities: the probability of each component given the row, by Bayes' rule, (n, k).

    The probability of noise, if any, is in one more column, the last. With ``groups``, (n,), it is that of the row's
    group, whose rows share their component, as in `mixtura.fit`; with ``noise_covariance`` the rows have errors of this
    covariance: see `mixtura.Measured`.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixture.posterior([[2.0]]).tolist()
    [[0.5, 0.5]]
    >>> mixture.posterior([[2.0], [5.0]], groups=["a", "a"]).round(6).tolist()
    [[6e-06, 0.999994], [6e-06, 0.999994]]
    """
    rows, measurement = mixture.measured_rows(X, noise_covariance)
    chunk = Chunk(rows, measurement=measurement)
    if groups is not None:
        return _posterior_of_groups(mixture, chunk, as_groups(groups, len(rows)))
    return kernels.kernel_for(measurement, mixture).posterior(mixture, chunk)


def _posterior_of_groups(mixture: Mixture, chunk: Chunk, numbers: NDArray[np.intp]) -> Array:
    """Responsibilities of each row's group, (n, k), given the group's number."""
    if mixture.noise is not None:
        raise ParameterError("groups: the mixture has noise, which is drawn row by row; leave groups out")
    kernel, log_weights = kernels.kernel_for(chunk.measurement, mixture), log_or_minus_inf(mixture.weights)
    joint = kernels.log_joint_of(kernel, mixture, chunk)
    densities = np.where(np.isneginf(log_weights), 0.0, joint - np.where(np.isneginf(log_weights), 0.0, log_weights))
    return responsibilities(sums_by_group(densities, numbers) + log_weights)[0][numbers]


@for_rows_anywhere("label", int)
def predict(mixture: Mixture, X: Any, *, groups: Any = None, noise_covariance: Any = None) -> NDArray[np.int64]:
    """The most probable component of each row, (n,), the first of several that tie; -1 for noise.

    ``groups`` and ``noise_covariance`` are as in `posterior`.
    """
    if groups is not None:
        return posterior(mixture, X, groups=groups, noise_covariance=noise_covariance).argmax(axis=1)
    rows, measurement = mixture.measured_rows(X, noise_covariance)
    labels = kernels.kernel_for(measurement, mixture).labels(mixture, Chunk(rows, measurement=measurement))
    return labels if mixture.noise is None else np.where(labels < mixture.n_components, labels, NOISE_LABEL)
