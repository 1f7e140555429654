"""Test numbers of components by the bootstrapped likelihood ratio: `mixtura.likelihood_ratio_tests`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import (
    Array,
    OnReplicate,
    Rng,
    Rows,
    TableKind,
    as_count,
    as_incomplete_rows,
    as_real,
    as_rng,
    as_table,
    distinct_rows,
    format_count,
    html_table,
    run_replicates,
    shortened,
    table_kind,
    underflow_to_zero,
)
from mixtura.data import ArraySource, ColumnValues, Measured, first_values, given_weights, round_to_units, with_holes_of
from mixtura.errors import ParameterError
from mixtura.fitting import Fit, fit
from mixtura.plotting import Place, plot_likelihood_ratios
from mixtura.starts import refined

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatioTest:
    """Bootstrapped likelihood-ratio test of K components against K + 1.

    Attributes
    ----------
    n_components : int
        K, the number of components under the null hypothesis.
    statistic : float
        Twice the difference of the log-likelihoods.
    replicates : ndarray of shape (n,)
        Statistics of n data sets drawn from the mixture of K components.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.

    Examples
    --------
    >>> LikelihoodRatioTest(1, 30.0, np.array([3.0, 8.0, 5.0])).p_value
    0.25
    """

    n_components: int
    statistic: float
    replicates: Array
    table_kind: TableKind = "records"

    def __repr__(self) -> str:
        against = f"{format_count(self.n_components, 'component')} against {self.n_components + 1}"
        return (
            f"<Likelihood-ratio test of {against}: statistic {self.statistic:.6g}, p-value {self.p_value:.3g} "
            f"from {len(self.replicates)} replicates>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    def table(self) -> Any:
        """Statistic and p-value in one row, as a DataFrame of ``table_kind`` or the list `records`."""
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The row of `table` as a dictionary."""
        numbers = {"n_components": self.n_components, "against": self.n_components + 1, "statistic": self.statistic}
        return [{**numbers, "p_value": self.p_value, "replicates": len(self.replicates)}]

    @property
    def p_value(self) -> float:
        """Bootstrap p-value: (1 + number of replicates not below the statistic) / (n + 1)."""
        return (1 + int((self.replicates >= self.statistic).sum())) / (len(self.replicates) + 1)

    def plot(
        self,
        *,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: Axes | SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw a histogram of the replicates, with the observed statistic.

        Parameters
        ----------
        title, figsize, ax, path : optional
            As in `mixtura.plot`.
        """
        return plot_likelihood_ratios([self], Place.of(ax, figsize, title, path))


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatioTests:
    """Tests of K components against K + 1, one for each K; a sequence of `LikelihoodRatioTest`.

    Attributes
    ----------
    tests : tuple of LikelihoodRatioTest
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.

    Examples
    --------
    >>> test = LikelihoodRatioTest(1, 30.0, np.array([3.0, 8.0, 5.0]))
    >>> tests = LikelihoodRatioTests((test,), "pandas")
    >>> len(tests), tests[-1].p_value
    (1, 0.25)
    >>> tests.table()
       n_components  against  statistic  p_value  replicates
    0             1        2       30.0     0.25           3
    """

    tests: tuple[LikelihoodRatioTest, ...]
    table_kind: TableKind = "records"

    def __repr__(self) -> str:
        values = ", ".join(f"{test.p_value:.3g} for {test.n_components}" for test in self.tests)
        return f"<Likelihood-ratio tests of K components against K + 1: p-value {values}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    def __len__(self) -> int:
        return len(self.tests)

    def __iter__(self) -> Iterator[LikelihoodRatioTest]:
        return iter(self.tests)

    def __getitem__(self, position: int) -> LikelihoodRatioTest:
        return self.tests[position]

    def table(self) -> Any:
        """Statistic and p-value, a row for each test.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        return [record for test in self.tests for record in test.records()]

    def plot(
        self,
        *,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: Axes | SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw a histogram of the replicates of each test, with its observed statistic.

        Parameters
        ----------
        title, figsize, ax, path : optional
            As in `mixtura.plot`; ``ax`` is a SubFigure if there are several tests.
        """
        return plot_likelihood_ratios(self.tests, Place.of(ax, figsize, title, path))


def _exact_rows(X: Any) -> Rows:
    """Checked rows, (m, d); raises ParameterError where they have errors, which replicates would not have."""
    if isinstance(X, Measured) or getattr(X, "noise_variance", None) is not None:
        raise ParameterError(
            "the rows have errors of measurement, which this test does not draw; use mixtura.select, or "
            "mixtura.bootstrap with method='parametric'"
        )
    return as_incomplete_rows(X)[0]


def likelihood_ratio_tests(
    X: Any,
    n_components: int | Iterable[int] = range(1, 9),
    n: int = 999,
    *,
    level: float = 0.05,
    sample_weight: Any = None,
    weights_are: str | None = None,
    seed: int | Rng | None = 0,
    on_replicate: OnReplicate | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
    **options: Any,
) -> LikelihoodRatioTests:
    """Test K components against K + 1 for ascending K until a test does not reject (McLachlan 1987).

    The likelihood ratio of mixtures has no known null distribution. It is bootstrapped: data sets are drawn from the
    mixture of K, and both numbers of components are fitted to each, from the same starts as to the real data and from
    the parameters found there, of which the better fit is kept. Where the data is rounded, so are drawn rows.

    Parameters
    ----------
    X : array-like or table of shape (m, d)
    n_components : int or iterable of int
        Numbers K to test, in this order.
    n : int
        Number of data sets drawn for each test; at least 19 for a level of 0.05.
    level : float
        Significance level; a p-value above it ends the sequence of tests.
    sample_weight, weights_are, seed, on_replicate, on_interrupt, threads
        As in `mixtura.bootstrap`. The number of rows drawn, each of weight one, is the sum of counts, or the effective
        number of rows for sampling weights.
    **options
        Arguments of `mixtura.fit`: model, start, n_init, tol, max_iter, em, ... ``model=fit.model, em=fit.em`` are
        those of an earlier fit.

    Returns
    -------
    LikelihoodRatioTests
        A `LikelihoodRatioTest` for each K that was tested.

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
    if not 0 < as_real(level) <= 1:
        raise ParameterError(f"level is {shortened(level)}; expected a number above 0 and at most 1, such as 0.05")
    rows, sample_weight = _exact_rows(X), given_weights(X, sample_weight)
    times = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    rng, wanted = as_rng(seed), as_count(n, "n")
    values = ColumnValues.of(ArraySource.of_rows(rows, sample_weight, None, weights_are))
    how: dict[str, Any] = {"on_replicate": on_replicate, "threads": threads, "on_interrupt": on_interrupt}
    weights = {"sample_weight": sample_weight, "weights_are": weights_are}
    fits: dict[int, Fit] = {}

    def fit_with(k: int) -> Fit:
        if k not in fits:
            fits[k] = fit(X, k, **weights, seed=rng, threads=threads, **options)
        return fits[k]

    def test_against_next(k: int) -> LikelihoodRatioTest:
        small, large = fit_with(k), fit_with(k + 1)
        size, units = len(rows) if sample_weight is None else round(small.n_rows), small.em.rounding_units(values)

        def draw_statistic(own: Rng) -> float:
            drawn: Rows = round_to_units(small.mixture.sample(size, own)[0], units, first_values(rows))
            drawn = with_holes_of(drawn, rows, times, own)
            drawn, counts = _count_rows(drawn) if small.weights_are == "counts" else (drawn, None)
            told = {**options, "sample_weight": counts}
            return 2 * (_refit_loglik(large, drawn, own, told) - _refit_loglik(small, drawn, own, told))

        replicates = np.array(run_replicates(draw_statistic, wanted, rng, **how))
        return LikelihoodRatioTest(k, 2 * (large.loglik - small.loglik), replicates, table_kind(X))

    tests: list[LikelihoodRatioTest] = []
    for k in n_components if isinstance(n_components, Iterable) else [n_components]:
        try:
            tests.append(test_against_next(as_count(k, "n_components")))
        except KeyboardInterrupt:  # this test has no replicate yet; the tests before it are done
            if on_interrupt == "raise" or not tests:
                raise
            break
        if tests[-1].p_value > level or len(tests[-1].replicates) < wanted:
            break
    return LikelihoodRatioTests(tuple(tests), table_kind(X))


def _count_rows(rows: Rows) -> tuple[Rows, Array]:
    """The distinct rows of a matrix, (m, d), and how often each occurs, (m,)."""
    values, _, which = distinct_rows(rows)
    return values, np.bincount(which).astype(np.float64)


@underflow_to_zero
def _refit_loglik(fitted: Fit, rows: Rows, rng: Rng, options: dict[str, Any]) -> float:
    """Best log-likelihood of a fit's model on other rows, from the fit's parameters and from the starts of the options.

    Without these starts, the replicates' likelihood ratios would be too small compared with that of the data.
    """
    k = fitted.mixture.n_components
    model, em = fitted.model, fitted.em
    start = refined(fitted.mixture, exact=model.fixed is not None, tol=em.rise_per_row, max_iter=em.max_iter)
    own = {"model": model, "em": em, "start": start, "n_init": 1, "sample_weight": options["sample_weight"]}
    return max(fit(rows, k, threads=1, seed=rng, **choice).loglik for choice in (own, options))
