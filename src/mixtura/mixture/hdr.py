"""Highest-density regions: the smallest sets of given probability (Hyndman 1996, Am. Stat. 50, 120-126)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, Rng, as_count, underflow_to_zero
from mixtura.mixture.distribution import as_probability_array

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


@underflow_to_zero
def hdr_levels(
    mixture: Mixture,
    probabilities: Any = (0.25, 0.5, 0.75, 0.95),
    X: Any = None,
    *,
    n: int = 100_000,
    seed: int | Rng | None = 0,
) -> Array:
    """Log-densities at the boundaries of highest-density regions.

    The region of probability p is where ``mixture.logpdf`` is at least the level: a quantile of the
    log-density of rows drawn from the mixture.

    Parameters
    ----------
    probabilities : array-like
        Between 0 and 1.
    X : array-like or table of shape (m, d), optional
        Rows over which quantiles are taken, as mclust does; otherwise ``n`` rows are drawn from the mixture.
    n : int
        Number of rows drawn. The Monte Carlo error of a region's probability is about 0.5 / sqrt(n).
    seed : int, numpy Generator or RandomState, optional

    Returns
    -------
    ndarray of the shape of ``probabilities``
        Log-densities; a region of higher probability has a lower level.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1))
    >>> edge = mixture.logpdf([[1.96]])  # the boundary of the 95 % region
    >>> bool(abs(mixture.hdr_levels([0.95]) - edge)[0] < 0.05)
    True
    """
    wanted = as_probability_array(probabilities, "probabilities are")
    rows = mixture.sample(as_count(n, "n"), seed)[0] if X is None else X
    # Quantiles are interpolated between densities, as in the definition, and not between their logarithms.
    logs = mixture.logpdf(rows)
    top = logs.max()
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.quantile(np.exp(logs - top), 1 - wanted)) + top)
