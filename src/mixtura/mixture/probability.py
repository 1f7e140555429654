"""Probabilities under a mixture: of boxes, below a point, and the points that have a given probability below them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule, Rng, as_rng
from mixtura.errors import DataError, ParameterError
from mixtura.mixture.mixture import Mixture

# Halving an interval of float64 numbers often enough leaves nothing between its ends.
HALVINGS = 200

special, stats = LazyModule("scipy.special"), LazyModule("scipy.stats")


def uncertainty(mixture: Mixture, X: Any) -> Array:
    """The probability that a row does not come from its most probable component, 1 - max_k r_k, shape (n,).

    Parameters
    ----------
    mixture : Mixture
    X : array-like or table of shape (n, d)

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> uncertainty(mixture, [[2.0], [4.0]]).round(4).tolist()
    [0.5, 0.0003]
    """
    share = mixture.posterior(X)
    # The sum of the others keeps digits that 1 - max would lose.
    np.put_along_axis(share, share.argmax(axis=1)[:, None], 0.0, axis=1)
    return share.sum(axis=1)


def probability(mixture: Mixture, lower: Any = None, upper: Any = None, *, seed: int | Rng | None = 0) -> Array:
    """The probability of boxes: P(lower < x <= upper) in every column.

    Parameters
    ----------
    mixture : Mixture
    lower, upper : array-like of shape (d,) or (n, d), optional
        Corners of one box or of n; infinite unless given.
    seed : int, numpy Generator or RandomState, optional
        For the quasi-random integration below.

    Returns
    -------
    ndarray of shape () or (n,)
        To machine precision for one column and for components whose columns are independent, otherwise to about 1e-5:
        SciPy's quasi-random integration (Genz 1992, J. Comput. Graph. Stat. 1, 141-149).

    Raises
    ------
    DataError
        If a corner is NaN, has another shape, or an upper corner lies below the lower one.

    Examples
    --------
    >>> from mixtura import DiagonalCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], DiagonalCovariance(np.array([[1.0, 4.0]]), 1, 2))
    >>> probability(mixture, lower=[0.0, 0.0]).item()
    0.25
    """
    low, high = _corners(mixture, lower, upper)
    boxes = np.broadcast_shapes(low.shape, high.shape)[:-1]
    low, high = (
        np.broadcast_to(corner, (*boxes, mixture.n_features)).reshape(-1, low.shape[-1]) for corner in (low, high)
    )
    rng = as_rng(seed)
    total = np.zeros(len(low))
    for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariances.dense(), strict=True):
        total += weight * _box(mean, matrix, low, high, rng)
    if mixture.noise is not None:
        total += mixture.noise.weight * mixture.noise.probability(low, high)
    return total.reshape(boxes)


def _corners(mixture: Mixture, lower: Any, upper: Any) -> tuple[Array, Array]:
    """Checked corners; infinite ones where none are given."""
    corners = []
    for name, corner, missing in (("lower", lower, -np.inf), ("upper", upper, np.inf)):
        values = np.full(mixture.n_features, missing) if corner is None else np.asarray(corner, dtype=np.float64)
        if values.ndim not in (1, 2) or values.shape[-1] != mixture.n_features or np.isnan(values).any():
            raise DataError(
                f"{name} has shape {values.shape}; expected (d,) or (n, d) with d = {mixture.n_features}, without NaN"
            )
        corners.append(values)
    low, high = corners
    if low.ndim == high.ndim == 2 and len(low) != len(high):
        raise DataError(f"lower has {len(low)} corners and upper {len(high)}; expected as many")
    if (low > high).any():
        raise DataError(f"lower lies above upper in column {np.argwhere(low > high)[0][-1]}; swap them")
    return low, high


def _box(mean: Array, matrix: Array, low: Array, high: Array, rng: Rng) -> Array:
    """The probability of boxes under one Gaussian, (n,)."""
    scale = np.sqrt(np.diagonal(matrix))
    if np.count_nonzero(matrix) == len(matrix):  # independent columns
        # The tail that holds no more than one half keeps its digits.
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


def cdf(mixture: Mixture, X: Any, *, seed: int | Rng | None = 0) -> Array:
    """Distribution function: the probability of values no larger than each row's, in every column, shape (n,).

    See `probability` for its precision.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> cdf(mixture, [[2.0], [9.0]]).round(6).tolist()
    [0.5, 1.0]
    """
    return probability(mixture, upper=mixture.check_rows(X).astype(np.float64), seed=seed)


def quantile(mixture: Mixture, p: Any) -> Array:
    """The values below which a mixture of one column has the given probabilities.

    Parameters
    ----------
    mixture : Mixture
        In one dimension; see `Mixture.marginal`.
    p : array-like of any shape
        Between 0 and 1; 0 and 1 give infinities.

    Returns
    -------
    ndarray of the shape of ``p``
        Where `cdf` crosses ``p``, to machine precision.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> quantile(mixture, [0.5, 0.75]).round(6).tolist()
    [2.0, 4.000079]
    """
    if mixture.n_features != 1:
        raise ParameterError(f"the mixture has {mixture.n_features} columns; quantiles need one: mixture.marginal([0])")
    wanted = np.asarray(p, dtype=np.float64)
    if not ((wanted >= 0) & (wanted <= 1)).all():
        raise ParameterError(f"p is {p!r}; expected probabilities between 0 and 1")
    sds = np.sqrt(mixture.covariances.variances()[:, 0])
    means = mixture.means[:, 0]
    own = means[:, None] + sds[:, None] * special.ndtri(wanted.ravel())
    noise = None if mixture.noise is None else mixture.noise.upright()
    if noise is not None:
        own = np.concatenate([own, (noise.lower + wanted.ravel() * (noise.upper - noise.lower))[None]])
    held = mixture.all_weights > 0

    def below(x: Array) -> Array:
        under = mixture.weights @ special.ndtr((x - means[:, None]) / sds[:, None])
        if noise is not None:
            under = under + noise.weight * np.clip((x - noise.lower) / (noise.upper - noise.lower), 0, 1)
        return np.asarray(under)

    return _crossing(below, wanted.ravel(), own[held].min(axis=0), own[held].max(axis=0)).reshape(wanted.shape)


def _crossing(f: Callable[[Array], Array], wanted: Array, low: Array, high: Array) -> Array:
    """Where an increasing function reaches each wanted value, known to lie between ``low`` and ``high``."""
    low, high = low.copy(), high.copy()
    open_: NDArray[np.bool_] = np.isfinite(wanted) & np.isfinite(low) & np.isfinite(high)
    for _ in range(HALVINGS):
        middle = low[open_] + (high[open_] - low[open_]) / 2
        under = f(middle) < wanted[open_]
        low[open_], high[open_] = np.where(under, middle, low[open_]), np.where(under, high[open_], middle)
    return high
