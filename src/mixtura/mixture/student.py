"""Multivariate t components of a mixture: their degrees of freedom, moments, samples, probabilities and conditionals.

A t component with location m, scale matrix S and nu degrees of freedom is N(m, S / u), where u has a gamma distribution
with shape and rate nu / 2 (McLachlan & Peel 2000, Finite Mixture Models, chapter 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, Index, LazyModule, Rng, frozen_array
from mixtura.covariance import Covariance
from mixtura.errors import DataError, ParameterError
from mixtura.mixture.assembly import mixture_covariance, mixture_mean

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture

special, stats = LazyModule("scipy.special"), LazyModule("scipy.stats")

# Most points of SciPy's quasi-random integration of a box, for each column.
POINTS_PER_COLUMN = 20_000


def as_degrees_of_freedom(given: Any, k: int) -> Array | None:
    """Check degrees of freedom, one for each of k components or one for all; None for Gaussian components.

    Examples
    --------
    >>> as_degrees_of_freedom(3, 2).tolist()
    [3.0, 3.0]
    """
    if given is None:
        return None
    values = frozen_array(given, "degrees_of_freedom")
    if values.ndim == 0:
        values = frozen_array(np.full(k, values), "degrees_of_freedom")
    if values.shape != (k,):
        raise DataError(f"degrees_of_freedom have shape {values.shape}; expected one for each component, ({k},)")
    if not (values > 0).all():  # NaN compares false
        j = int(np.argmin(values > 0))
        raise DataError(f"degrees_of_freedom: component {j} has {values[j]}; expected a number above 0, or infinity")
    return values


def has_t_components(mixture: Mixture) -> bool:
    """Whether a mixture has a component that is not Gaussian."""
    return mixture.degrees_of_freedom is not None and bool(np.isfinite(mixture.degrees_of_freedom).any())


def require_gaussian(mixture: Mixture, what: str) -> None:
    """Raise ParameterError if a mixture has t components; ``what`` needs Gaussian ones."""
    if has_t_components(mixture):
        raise ParameterError(
            f"{what} needs Gaussian components, and the mixture has t components; fit with tails='normal'"
        )


def variance_factors(degrees_of_freedom: Array) -> Array:
    """What scale matrices are multiplied by for covariances, (k,): nu / (nu - 2).

    Infinity where the variance is infinite, up to two degrees of freedom; NaN where there is no mean, up to one.

    Examples
    --------
    >>> variance_factors(np.array([np.inf, 4.0, 2.0, 1.0])).tolist()
    [1.0, 2.0, inf, nan]
    """
    over = np.maximum(degrees_of_freedom - 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.where(np.isinf(degrees_of_freedom), 1.0, degrees_of_freedom / over)
    return np.where(degrees_of_freedom > 1, factors, np.nan)


def scale_deviations(deviations: Array, degrees_of_freedom: float, rng: Rng) -> Array:
    """Gaussian deviations (n, d) made those of a t distribution, each divided by the root of a random scale."""
    if np.isinf(degrees_of_freedom):
        return deviations
    chi_squared = rng.chisquare(degrees_of_freedom, size=len(deviations))
    return deviations * np.sqrt(degrees_of_freedom / chi_squared)[:, None]


def student_cdf(degrees_of_freedom: Array, values: Array) -> Array:
    """Distribution function of the standard t distribution, Gaussian for infinite degrees of freedom.

    Examples
    --------
    >>> student_cdf(np.array([1.0, np.inf]), np.array([1.0, 0.0])).round(12).tolist()
    [0.75, 0.5]
    """
    finite = np.isfinite(degrees_of_freedom)
    heavy = special.stdtr(np.where(finite, degrees_of_freedom, 1.0), values)
    return np.where(finite, heavy, special.ndtr(values))


def student_quantile(degrees_of_freedom: Array, probabilities: Array) -> Array:
    """Quantiles of the standard t distribution, the inverse of `student_cdf`.

    Examples
    --------
    >>> student_quantile(np.array([1.0, np.inf]), np.array([0.75, 0.5])).round(12).tolist()
    [1.0, 0.0]
    """
    finite = np.isfinite(degrees_of_freedom)
    heavy = special.stdtrit(np.where(finite, degrees_of_freedom, 1.0), probabilities)
    heavy = np.where(probabilities <= 0, -np.inf, np.where(probabilities >= 1, np.inf, heavy))
    return np.where(finite, heavy, special.ndtri(probabilities))


def student_probability(
    degrees_of_freedom: float, mean: Array, matrix: Array, boxes: tuple[Array, Array], rng: Rng
) -> Array:
    """Probabilities, (n,), of boxes with lower and upper corners, (n, d) each, under a t distribution."""
    scale = np.sqrt(np.diagonal(matrix))
    correlation = matrix / np.outer(scale, scale)
    corners = zip(*((corner - mean) / scale for corner in boxes), strict=True)
    return np.array([_box(degrees_of_freedom, correlation, low, high, rng) for low, high in corners])


def _box(degrees_of_freedom: float, correlation: Array, low: Array, high: Array, rng: Rng) -> float:
    """Probability of a box under a t distribution with location zero; its columns without ends do not count."""
    ends = np.flatnonzero(~(np.isneginf(low) & np.isposinf(high)))
    low, high, nu = low[ends], high[ends], np.array(degrees_of_freedom)
    if (low >= high).any():
        return 0.0
    if not len(ends):
        return 1.0
    if len(ends) == 1:
        # Above the mean a box is mirrored: a difference of lower tails keeps digits that one of upper tails loses.
        a, b = (-high, -low) if low[0] > 0 else (low, high)
        return float(student_cdf(nu, b)[0] - student_cdf(nu, a)[0])
    matrix = correlation[np.ix_(ends, ends)]
    found = stats.multivariate_t.cdf(
        high,
        shape=matrix,
        df=degrees_of_freedom,
        lower_limit=low,
        maxpts=POINTS_PER_COLUMN * len(ends),
        random_state=rng,
    )
    return float(np.clip(found, 0.0, 1.0))


def condition_t(mixture: Mixture, given: Index, deviations: Array, covariances: Covariance) -> tuple[Array, Any]:
    """Degrees of freedom and scale matrices of t components given some columns (Ding 2016, Am. Stat. 70, 293-295).

    Parameters
    ----------
    mixture : Mixture
    given : ndarray of int, (g,)
        The columns given.
    deviations : ndarray of shape (k, g)
        Their values less the components' means.
    covariances : Covariance
        What the matrices would be for Gaussian components.
    """
    nu, known = np.asarray(mixture.degrees_of_freedom), mixture.covariances.marginal(given)
    white = [known.whiten(j, deviations[j : j + 1])[0] for j in range(len(nu))]
    distance = np.square(white).sum(axis=1)
    factors = (1.0 + distance / nu) / (1.0 + len(given) / nu)
    form, _ = covariances.affine()
    if form == "diagonal":
        return nu + len(given), covariances.variances() * factors[:, None]
    return nu + len(given), covariances.dense() * factors[:, None, None]


def t_covariances(mixture: Mixture) -> Array:
    """Covariance matrices of the components, (k, d, d): see `variance_factors`; zeros of scale matrices stay zero.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> t_covariances(Mixture([1.0], [[0.0, 0.0]], [[1.0, 2.0]], degrees_of_freedom=4)).tolist()
    [[[2.0, 0.0], [0.0, 4.0]]]
    """
    matrices = mixture.covariances.dense()
    if mixture.degrees_of_freedom is None:
        return matrices
    factors = np.broadcast_to(variance_factors(mixture.degrees_of_freedom)[:, None, None], matrices.shape)
    return np.multiply(factors, matrices, out=np.zeros_like(matrices), where=(matrices != 0) | np.isnan(factors))


def mean_of(mixture: Mixture) -> Array:
    """Mean of a mixture, (d,); NaN where a component has at most one degree of freedom, and so no mean."""
    mean = mixture_mean(mixture.weights, mixture.means, mixture.noise)
    if mixture.degrees_of_freedom is None:
        return mean
    without_mean = np.isnan(variance_factors(mixture.degrees_of_freedom)) & (mixture.weights > 0)
    return np.full_like(mean, np.nan) if without_mean.any() else mean


def covariance_of(mixture: Mixture) -> Array:
    """Covariance matrix of a mixture, (d, d); infinite or NaN where one of its t components has none."""
    if mixture.degrees_of_freedom is None:
        return mixture_covariance(mixture.weights, mixture.means, mixture.covariances.dense(), mixture.noise)
    used = mixture.weights > 0
    return mixture_covariance(mixture.weights[used], mixture.means[used], t_covariances(mixture)[used], mixture.noise)
