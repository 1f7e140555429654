"""Tests of the number of components by the likelihood ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, OnReplicate, Rng, as_count, as_rng, as_rows, replicated
from mixtura.fitting import Fit, fit
from mixtura.plotting import plot_likelihood_ratios
from mixtura.starts import onward

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatioTest:
    """K components against K + 1.

    Attributes
    ----------
    components : int
        K.
    statistic : float
        Twice the difference of the log-likelihoods.
    replicates : ndarray of shape (n,)
        The same on data drawn from the mixture of K.

    Examples
    --------
    >>> LikelihoodRatioTest(1, 30.0, np.array([3.0, 8.0, 5.0])).p_value
    0.25
    """

    components: int
    statistic: float
    replicates: Array

    @property
    def p_value(self) -> float:
        """How often data of K components does as well: (1 + number of replicates as large) / (n + 1)."""
        return (1 + int((self.replicates >= self.statistic).sum())) / (len(self.replicates) + 1)

    def plot(self, *, ax: Axes | None = None, path: str | Path | None = None) -> Figure:
        """Draw a histogram of the replicates, and the statistic.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; without it there is a new figure.
        path : str or Path, optional
            Save as this .png, .svg or .pdf, too.
        """
        return plot_likelihood_ratios([self], path, ax)


def likelihood_ratio_tests(
    X: Any,
    components: Sequence[int] = range(1, 9),
    n: int = 999,
    *,
    level: float = 0.05,
    sample_weight: Any = None,
    seed: int | Rng | None = None,
    on_replicate: OnReplicate | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
    **options: Any,
) -> list[LikelihoodRatioTest]:
    """Test K components against K + 1, for one K after the other, until a test does not reject (McLachlan 1987).

    The likelihood ratio has no known distribution here, so it is found by drawing data from the mixture of K and
    fitting both to it, each by the same search as on the real data, and from the parameters it had there.

    Parameters
    ----------
    X : array-like or table of shape (m, d)
    components : sequence of int
        The K to test, in this order.
    n : int
        Number of data sets drawn for each test; at least 19 for a level of 0.05.
    level : float
        A p-value above it ends the sequence.
    sample_weight, seed, on_replicate, on_interrupt, threads
        As in `mixtura.bootstrap`; data sets are drawn with as many rows, of weight one, as the weights sum to.
    **options
        For `mixtura.fit`: model, start, n_init, tol, max_iter, floor.

    Returns
    -------
    list of LikelihoodRatioTest

    References
    ----------
    McLachlan (1987), Appl. Stat. 36, 318-324.

    Examples
    --------
    >>> import mixtura
    >>> rows = np.concatenate([np.random.default_rng(0).normal(size=60), np.random.default_rng(1).normal(9, 1, 60)])
    >>> [test.p_value <= 0.05 for test in mixtura.likelihood_ratio_tests(rows, n=19, start="kmeans", seed=0)]
    [True, False]
    """
    rows = as_rows(X)
    rng, wanted = as_rng(seed), as_count(n, "n")
    how: dict[str, Any] = {"on_replicate": on_replicate, "threads": threads, "on_interrupt": on_interrupt}
    fits: dict[int, Fit] = {}

    def fitted(k: int) -> Fit:
        if k not in fits:
            fits[k] = fit(X, k, sample_weight=sample_weight, seed=rng, threads=threads, **options)
        return fits[k]

    def tested(k: int) -> LikelihoodRatioTest:
        small, large = fitted(k), fitted(k + 1)
        size = len(rows) if sample_weight is None else round(small.n_rows)

        def again(own: Rng) -> float:
            drawn, _ = small.mixture.sample(size, own)
            return 2 * (_refitted(large, drawn, own, options) - _refitted(small, drawn, own, options))

        replicates = np.array(replicated(again, wanted, rng, **how))
        return LikelihoodRatioTest(k, 2 * (large.loglik - small.loglik), replicates)

    tests: list[LikelihoodRatioTest] = []
    for k in components:
        try:
            tests.append(tested(as_count(k, "components")))
        except KeyboardInterrupt:  # before this test had anything to keep; those before it are done
            if on_interrupt == "raise" or not tests:
                raise
            break
        if tests[-1].p_value > level or len(tests[-1].replicates) < wanted:
            break
    return tests


def _refitted(fitted: Fit, rows: Array, rng: Rng, options: dict[str, Any]) -> float:
    """The best log-likelihood on other rows: from the parameters it had, and by the same search that found them.

    Without the search the real data would have an optimum to show that the drawn data was never asked for.
    """
    k = fitted.mixture.n_components
    own = {**options, "start": onward(fitted.mixture, options), "n_init": 1}
    return max(fit(rows, k, threads=1, seed=rng, **choice).loglik for choice in (own, options))
