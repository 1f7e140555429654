"""The bootstrap: standard errors and intervals of all parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Lazy, OnReplicate, Rng, Rows, as_count, as_sample_weight, replicated
from mixtura.analysis.estimates import estimates
from mixtura.em.estep import as_known
from mixtura.errors import ParameterError
from mixtura.fitting import Fit, fit
from mixtura.mixture import Mixture
from mixtura.plotting import MAX_DRAWN_COLUMNS, View, as_picture_path, plot_parameter_replicates, plot_weight_replicates
from mixtura.starts import onward

if TYPE_CHECKING:
    from matplotlib.figure import Figure


optimize = Lazy("scipy.optimize")

Known: TypeAlias = NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Parameters of a fit, and of the same fit to many resampled data sets.

    Attributes
    ----------
    mixture : Mixture
        The fit itself.
    weights : ndarray of shape (n, k)
    means : ndarray of shape (n, k, d)
    covariances : ndarray of shape (n, k, d, d)
        Component j of each replicate is the one nearest to component j of the fit.
    lost : int
        Replicates that lost a component, and are left out.
    noise : ndarray of shape (n,), or None
        The weight of noise, where the fit has noise.
    """

    mixture: Mixture
    weights: Array
    means: Array
    covariances: Array
    lost: int
    noise: Array | None = None

    @cached_property
    def standard_errors(self) -> dict[str, Array]:
        """Standard deviations over the replicates: "weights" (k,), "means" (k, d), "covariances" (k, d, d), "noise" ().

        Noise is there where the fit has some.
        """
        # Seen from the first one, what is the same in all of them has no error at all, rather than one by rounding.
        return {name: (values - values[:1]).std(axis=0, ddof=1) for name, values in self._replicates.items()}

    def intervals(self, level: float = 0.95) -> dict[str, Array]:
        """Percentile intervals; lower and upper ends come first: (2, k), (2, k, d), (2, k, d, d).

        Examples
        --------
        >>> import mixtura
        >>> rows = np.random.default_rng(0).normal(size=(50, 1))
        >>> one = mixtura.fit(rows, 1)
        >>> low, high = mixtura.bootstrap(one, rows, 99, seed=0).intervals()["means"].ravel()
        >>> bool(low < 0.06 < high)
        True
        """
        if not 0 < level < 1:
            raise ParameterError(f"level is {level!r}; expected a number between 0 and 1, such as 0.95")
        ends = [(1 - level) / 2, (1 + level) / 2]
        return {name: np.quantile(values, ends, axis=0) for name, values in self._replicates.items()}

    def table(self, level: float = 0.95) -> list[dict[str, Any]]:
        """One row for each parameter: estimate, standard error, and the ends of its interval.

        Each says which parameter it is by "parameter" ("weight", "mean" or "covariance"), "component", "column" and
        "other_column"; a variance is the covariance of a column with itself. The last is the weight of noise, if any.

        Examples
        --------
        >>> import mixtura
        >>> rows = np.random.default_rng(0).normal(size=(50, 1))
        >>> table = mixtura.bootstrap(mixtura.fit(rows, 1), rows, 99, seed=0).table()
        >>> [row["parameter"] for row in table], table[1]["column"], round(table[1]["standard_error"], 1)
        (['weight', 'mean', 'covariance'], 'x1', 0.1)
        """
        if len(self.weights) < 2:
            raise ParameterError(
                f"{len(self.weights)} replicates kept all components ({self.lost} lost some); standard errors need two"
            )
        return list(estimates(self.mixture, self.standard_errors, self.intervals(level)))

    def plot(
        self,
        what: str = "means",
        *,
        level: float = 0.95,
        columns: Sequence[int | str] | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw histograms of the replicates of each parameter, with its estimate and its interval.

        Parameters
        ----------
        what : {"weights", "means", "variances"}
        level : float
            Of the intervals.
        columns : sequence of int or str, optional
            Without it, of more than six columns the six are drawn in which the components differ most.
        path : str or Path, optional
            Save as this .png, .svg or .pdf, too.

        Raises
        ------
        ParameterError
            If ``what``, a column or the path's format is unknown, or every replicate lost a component.
        """
        target = as_picture_path(path)
        if what not in ("weights", "means", "variances"):
            raise ParameterError(f"what is {what!r}; expected 'weights', 'means' or 'variances'")
        if not len(self.weights):
            raise ParameterError("there is nothing to draw: every replicate lost a component")
        ends = self.intervals(level)
        head = f"{what}, {len(self.weights)} bootstrap replicates"
        if what == "weights":
            return plot_weight_replicates(
                self.mixture, self.weights, ends["weights"], level=level, head=head, path=target
            )
        view = View.from_data(self.mixture, None, columns, max_columns=MAX_DRAWN_COLUMNS, max_rows=0)
        values = (self.means, self.mixture.means, ends["means"])
        if what == "variances":
            spread = self.mixture.covariances.variances()
            values = (_diagonal(self.covariances), spread, _diagonal(ends["covariances"]))
        return plot_parameter_replicates((view.mixture, view.columns), values, level, [head, *view.notes], target)

    @property
    def _replicates(self) -> dict[str, Array]:
        own = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return own if self.noise is None else {**own, "noise": self.noise}


def _diagonal(matrices: Array) -> Array:
    """Diagonals of the last two axes."""
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def bootstrap(
    fitted: Fit,
    X: Any,
    n: int = 999,
    *,
    method: str = "resample",
    sample_weight: Any = None,
    known: Any = None,
    tol: float = 1e-6,
    max_iter: int = 1000,
    floor: float = 1e-10,
    seed: int | Rng | None = None,
    on_replicate: OnReplicate | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
    **options: Any,
) -> Bootstrap:
    """Fit the same model to many resampled data sets.

    Parameters
    ----------
    fitted : Fit
        Its model is fitted, from its mixture on, with its noise where it has some. ``select(...).best`` is one.
    X : array-like or table of shape (m, d)
        The rows it was fitted to.
    n : int
        Number of replicates.
    method : {"resample", "weights", "parametric"}
        Rows drawn with replacement; rows with random weights, uniform on the simplex (Newton & Raftery 1994, which
        no replicate leaves without the rows it needs); or rows drawn from the fitted mixture.
    sample_weight : array-like of shape (m,), optional
        Goes with its row.
    known : array-like of shape (m,), optional
        The components of rows that the fit was told, as in `mixtura.fit`. They go with their rows; parametric
        replicates have as many rows from these components in their places.
    tol, max_iter, floor, seed
        As in `mixtura.fit`.
    on_replicate : callable, optional
        Called with the number of replicates that are done.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does: raise KeyboardInterrupt, or return the replicates that are done.
    threads : int, optional
        How many replicates are worked on at the same time. The result has the same bits for any number.
    **options
        What else the fit was told: fixed, equal_proportions, trim, prior, ...

    Returns
    -------
    Bootstrap

    References
    ----------
    O'Hagan, Murphy, Scrucca & Gormley (2019), Comput. Stat. 34, 1779-1813.

    Examples
    --------
    >>> import mixtura
    >>> rows = np.random.default_rng(0).normal(size=(200, 1))
    >>> errors = mixtura.bootstrap(mixtura.fit(rows, 1), rows, 200, seed=0).standard_errors
    >>> bool(abs(errors["means"].item() - 200**-0.5) < 0.01)
    True
    """
    if method not in DRAWS:
        raise ParameterError(f"method is {method!r}; expected one of {', '.join(map(repr, DRAWS))}")
    mixture = fitted.mixture
    rows = mixture.check_rows(X)
    weight = as_sample_weight(sample_weight, len(rows))
    told = None if known is None else as_known(known, len(rows), mixture.n_components)
    options |= {"model": fitted.model, "tol": tol, "max_iter": max_iter, "floor": floor, "threads": 1, "known": told}
    start = onward(mixture, options)

    def again(rng: Rng) -> Mixture:
        drawn, counts = DRAWS[method](mixture, rows, rng, told)
        counts = counts if weight is None or method == "parametric" else counts * weight
        return fit(drawn, mixture.n_components, start=start, sample_weight=counts, **options).mixture

    how: dict[str, Any] = {"on_replicate": on_replicate, "threads": threads, "on_interrupt": on_interrupt}
    found = replicated(again, as_count(n, "n"), seed, **how)
    whole = [other for other in found if other.n_components == mixture.n_components]
    if told is None:  # else rows tell which component is which
        whole = [_aligned(mixture, other) for other in whole]
    return Bootstrap(
        mixture,
        np.array([other.weights for other in whole]),
        np.array([other.means for other in whole]),
        np.array([other.covariances.dense() for other in whole]),
        len(found) - len(whole),
        np.array([other.noise.weight for other in whole if other.noise]) if mixture.noise else None,
    )


def _resample(_: Mixture, rows: Rows, rng: Rng, __: Known) -> tuple[Rows, Array]:
    """Rows drawn with replacement, as counts."""
    return rows, rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows))).astype(np.float64)


def _weigh(_: Mixture, rows: Rows, rng: Rng, __: Known) -> tuple[Rows, Array]:
    """Random weights, uniform on the simplex."""
    weights = rng.standard_exponential(len(rows))
    return rows, weights * (len(rows) / weights.sum())


def _draw(mixture: Mixture, rows: Rows, rng: Rng, known: Known) -> tuple[Rows, Array]:
    """As many rows from the mixture; those that are known, from their components."""
    drawn, _ = mixture.sample(len(rows), rng)
    for j in range(mixture.n_components) if known is not None else ():
        own = np.flatnonzero(known == j)
        drawn[own] = mixture.select(np.array([j])).without_noise().sample(len(own), rng)[0]
    return drawn, np.ones(len(rows))


DRAWS: dict[str, Callable[[Mixture, Rows, Rng, Known], tuple[Rows, Array]]] = {
    "resample": _resample,
    "weights": _weigh,
    "parametric": _draw,
}


def _aligned(mixture: Mixture, other: Mixture) -> Mixture:
    """The other mixture with its components in the order of those they are nearest to."""
    distance = [
        np.linalg.norm(mixture.covariances.whiten(j, other.means - mixture.means[j]), axis=1)
        for j in range(mixture.n_components)
    ]
    return other.select(optimize.linear_sum_assignment(np.array(distance))[1])
