"""Probabilities under a mixture: of boxes, distribution function, quantiles, uncertainty of predictions; samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule, Rng, as_count, as_rng, shortened, underflow_to_zero
from mixtura.data import as_row_noise
from mixtura.errors import DataError, ParameterError
from mixtura.mixture import student
from mixtura.mixture.anywhere import for_rows_anywhere
from mixtura.mixture.noise import NOISE_LABEL

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture

# float64 has fewer than 2^64 numbers, so after this many halvings of those between two numbers they are neighbours.
MAX_BISECTIONS = 64

special, stats = LazyModule("scipy.special"), LazyModule("scipy.stats")


@for_rows_anywhere("uncertainty", float)
@underflow_to_zero
def uncertainty(mixture: Mixture, X: Any) -> Array:
    """Probability that a row does not come from its most probable component, 1 - max_k r_k, (n,).

    Parameters
    ----------
    X : array-like or table of shape (n, d)

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixture.uncertainty([[2.0], [4.0]]).round(4).tolist()
    [0.5, 0.0003]
    """
    responsibilities = mixture.posterior(X)
    # The sum of the other responsibilities keeps digits that 1 - max would lose.
    np.put_along_axis(responsibilities, responsibilities.argmax(axis=1)[:, None], 0.0, axis=1)
    return responsibilities.sum(axis=1)


def sample(
    mixture: Mixture, n: int, seed: int | Rng | None = None, *, noise_covariance: Any = None
) -> tuple[Array, NDArray[np.int64]]:
    """Draw ``n`` independent rows.

    Parameters
    ----------
    n : int
    seed : int, numpy Generator or RandomState, optional
    noise_covariance : array-like of shape (d, d), (n, d) or (n, d, d), or a number, optional
        Covariance of errors of measurement that are added: one matrix for all rows, variances of each row, or a matrix
        for each row.

    Returns
    -------
    rows : ndarray of shape (n, d)
    labels : ndarray of shape (n,)
        The component that each row was drawn from; -1 for noise, which is uniform over its box or hull.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> rows, labels = Mixture([1.0], [[0.0, 0.0]], DenseCovariance(np.eye(2)[None], 1)).sample(5, seed=0)
    >>> rows.shape, labels.tolist()
    ((5, 2), [0, 0, 0, 0, 0])
    """
    rng = as_rng(seed)
    labels = rng.choice(
        len(mixture.all_weights), size=as_count(n, "n"), p=mixture.all_weights / mixture.all_weights.sum()
    )
    rows = rng.standard_normal(size=(n, mixture.n_features))
    for j in range(mixture.n_components):
        drawn = labels == j
        deviations = mixture.covariances.colour(j, rows[drawn])
        if mixture.degrees_of_freedom is not None:
            deviations = student.scale_deviations(deviations, mixture.degrees_of_freedom[j], rng)
        rows[drawn] = mixture.means[j] + deviations
    if mixture.noise is not None:
        drawn = labels == mixture.n_components
        rows[drawn], labels[drawn] = mixture.noise.sample(int(drawn.sum()), rng), NOISE_LABEL
    errors = as_row_noise(noise_covariance, rows)
    return rows if errors is None else rows + errors.sample(rng), labels.astype(np.int64)


@underflow_to_zero
def probability(mixture: Mixture, lower: Any = None, upper: Any = None, *, seed: int | Rng | None = 0) -> Array:
    """Probability of boxes: that lower < x <= upper in every column.

    Parameters
    ----------
    lower, upper : array-like of shape (d,) or (n, d), optional
        Corners of one box or of n boxes; infinite unless given.
    seed : int, numpy Generator or RandomState, optional
        For the quasi-random integration below.

    Returns
    -------
    ndarray of shape () or (n,)
        Accurate to machine precision for one column and for Gaussian components with diagonal covariances, else to
        about 1e-5: SciPy's quasi-random integration (Genz 1992, J. Comput. Graph. Stat. 1, 141-149).

    Raises
    ------
    DataError
        If a corner is NaN or no number, has another shape, or an upper corner lies below the lower one.

    Examples
    --------
    >>> from mixtura import DiagonalCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], DiagonalCovariance(np.array([[1.0, 4.0]]), 1, 2))
    >>> mixture.probability(lower=[0.0, 0.0]).item()
    0.25
    """
    low, high = _corners(mixture, lower, upper)
    boxes = np.broadcast_shapes(low.shape, high.shape)[:-1]
    low, high = (
        np.broadcast_to(corner, (*boxes, mixture.n_features)).reshape(-1, low.shape[-1]) for corner in (low, high)
    )
    rng = as_rng(seed)
    total = np.zeros(len(low))
    tails = np.full(mixture.n_components, np.inf) if mixture.degrees_of_freedom is None else mixture.degrees_of_freedom
    components = zip(mixture.weights, mixture.means, mixture.covariances.dense(), tails.tolist(), strict=True)
    for weight, mean, matrix, nu in components:
        if math.isinf(nu):
            total += weight * _gaussian_probability(mean, matrix, low, high, rng)
        else:
            total += weight * student.student_probability(nu, mean, matrix, (low, high), rng)
    if mixture.noise is not None:
        total += mixture.noise.weight * mixture.noise.probability(low, high)
    return total.reshape(boxes)


def _corners(mixture: Mixture, lower: Any, upper: Any) -> tuple[Array, Array]:
    """Check lower and upper corners, (d,) or (n, d); those not given are infinite."""
    corners = []
    for name, corner, missing in (("lower", lower, -np.inf), ("upper", upper, np.inf)):
        values = _as_floats(np.full(mixture.n_features, missing) if corner is None else corner)
        if values is None:
            raise DataError(f"{name} is {shortened(corner)}; expected numbers, (d,) or (n, d)")
        if values.ndim not in (1, 2) or values.shape[-1] != mixture.n_features:
            raise DataError(f"{name} has shape {values.shape}; expected (d,) or (n, d) with d = {mixture.n_features}")
        if np.isnan(values).any():
            column = np.argwhere(np.isnan(values))[0][-1]
            raise DataError(f"{name} is NaN in column {column}; give {missing} where a box has no end")
        corners.append(values)
    low, high = corners
    if low.ndim == high.ndim == 2 and len(low) != len(high):
        raise DataError(f"lower has {len(low)} corners and upper {len(high)}; expected as many")
    if (low > high).any():
        raise DataError(f"lower lies above upper in column {np.argwhere(low > high)[0][-1]}; swap them")
    return low, high


def _as_floats(values: Any) -> Array | None:
    """Values as a float64 array; None if they are no numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def _gaussian_probability(mean: Array, matrix: Array, low: Array, high: Array, rng: Rng) -> Array:
    """Probabilities, (n,), of boxes with corners ``low`` and ``high``, (n, d), under a Gaussian."""
    scale = np.sqrt(np.diagonal(matrix))
    if np.count_nonzero(matrix) == len(matrix):  # independent columns
        # Boxes above the mean are mirrored: a difference of lower tails keeps digits that one of upper tails loses.
        a, b = (low - mean) / scale, (high - mean) / scale
        flip = a > 0
        a, b = np.where(flip, -b, a), np.where(flip, -a, b)
        return np.asarray((special.ndtr(b) - special.ndtr(a)).prod(axis=1))
    correlation = matrix / np.outer(scale, scale)
    ends = zip((low - mean) / scale, (high - mean) / scale, strict=True)
    values = [
        stats.multivariate_normal(cov=correlation, allow_singular=True, seed=rng).cdf(b, lower_limit=a) for a, b in ends
    ]
    return np.clip(values, 0.0, 1.0)


@underflow_to_zero
def cdf(mixture: Mixture, X: Any, *, seed: int | Rng | None = 0) -> Array:
    """Distribution function: the probability of values at most as large as a row's, in every column, (n,).

    It is as accurate as `Mixture.probability`.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixture.cdf([[2.0], [9.0]]).round(6).tolist()
    [0.5, 1.0]
    """
    return probability(mixture, upper=mixture.check_rows(X).astype(np.float64), seed=seed)


@underflow_to_zero
def quantile(mixture: Mixture, p: Any) -> Array:
    """Quantiles, for one column: the values at which the distribution function is ``p``.

    Parameters
    ----------
    p : array-like of any shape
        Between 0 and 1; 0 and 1 give infinities.

    Returns
    -------
    ndarray of the shape of ``p``
        Accurate to machine precision.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixture.quantile([0.5, 0.75]).round(6).tolist()
    [2.0, 4.000079]
    """
    if mixture.n_features != 1:
        raise ParameterError(f"the mixture has {mixture.n_features} columns; quantiles need one: mixture.marginal([0])")
    wanted = as_probability_array(p, "p is")
    sds = np.sqrt(mixture.covariances.variances()[:, 0])
    means = mixture.means[:, 0]
    tails = None if mixture.degrees_of_freedom is None else mixture.degrees_of_freedom[:, None]
    standard = special.ndtri(wanted.ravel()) if tails is None else student.student_quantile(tails, wanted.ravel())
    ends = means[:, None] + sds[:, None] * standard
    noise = None if mixture.noise is None else mixture.noise.axis_aligned()
    if noise is not None:
        ends = np.concatenate([ends, (noise.lower + wanted.ravel() * (noise.upper - noise.lower))[None]])
    positive = mixture.all_weights > 0

    def distribution(x: Array) -> Array:
        z = (x - means[:, None]) / sds[:, None]
        total = mixture.weights @ (special.ndtr(z) if tails is None else student.student_cdf(tails, z))
        if noise is not None:
            total = total + noise.weight * np.clip((x - noise.lower) / (noise.upper - noise.lower), 0, 1)
        return np.asarray(total)

    # A mixture's quantile lies between those of its components.
    low, high = ends[positive].min(axis=0), ends[positive].max(axis=0)
    return _bisect(distribution, wanted.ravel(), low, high).reshape(wanted.shape)


def as_probability_array(values: Any, what_is: str) -> Array:
    """Check that values are probabilities; ``what_is`` begins the message, such as "p is"."""
    found = _as_floats(values)
    if found is None or not ((found >= 0) & (found <= 1)).all():
        raise ParameterError(f"{what_is} {shortened(values)}; expected numbers between 0 and 1")
    return found


def _bisect(f: Callable[[Array], Array], wanted: Array, low: Array, high: Array) -> Array:
    """Least x, (m,), between ``low`` and ``high`` at which an increasing function reaches each wanted value, (m,).

    The numbers that float64 has in between are halved, not the interval, which may hold numbers of all sizes.
    """
    finite: NDArray[np.bool_] = np.isfinite(wanted) & np.isfinite(low) & np.isfinite(high)
    first, last = _position(low[finite]), _position(high[finite])
    for _ in range(MAX_BISECTIONS):
        middle = (first >> 1) + (last >> 1) + (first & last & 1)
        below = f(_at_position(middle)) < wanted[finite]
        first, last = np.where(below, middle, first), np.where(below, last, middle)
    found = high.copy()
    found[finite] = _at_position(last)
    return found


def _position(values: Array) -> NDArray[np.int64]:
    """Positions of numbers in the order of all that float64 has: neighbours differ by one.

    Examples
    --------
    >>> _position(np.array([0.0, 5e-324, -5e-324])).tolist()
    [0, 1, -1]
    """
    bits = values.view(np.int64)
    return np.where(bits < 0, -(bits & np.iinfo(np.int64).max), bits)


def _at_position(positions: NDArray[np.int64]) -> Array:
    """The numbers at positions: the inverse of `_position`."""
    return np.copysign(np.abs(positions).view(np.float64), positions)
