"""Bootstrap a fit, for standard errors and intervals of all its parameters: `mixtura.bootstrap`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import (
    Array,
    OnReplicate,
    Rng,
    TableKind,
    as_count,
    as_table,
    format_count,
    html_table,
    run_replicates,
    table_kind,
    using_threads,
)
from mixtura.analysis.estimates import check_level, estimate_records
from mixtura.analysis.matching import has_collapsed, match_components
from mixtura.analysis.replicate_methods import REPLICATE_METHODS, Sample, check_method
from mixtura.data import ColumnValues, as_source, weights_of
from mixtura.em.estep import as_known_labels
from mixtura.errors import ParameterError
from mixtura.fitting import Fit, check_same_rows, fit, fit_of
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, has_t_components
from mixtura.plotting import MAX_DRAWN_COLUMNS, Place, View, plot_parameter_replicates, plot_weight_replicates
from mixtura.starts import refined

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Parameters of a fit, and of the same model fitted to n resampled data sets.

    Attributes
    ----------
    mixture : Mixture
        Mixture of the fit.
    weights : ndarray of shape (n, k)
    means : ndarray of shape (n, k, d)
    covariances : ndarray of shape (n, k, d, d)
        Component j of each replicate is the one nearest to component j of the fit.
    lost : int
        Number of replicates that lost a component, or in which one collapsed; they are left out.
    noise : ndarray of shape (n,), or None
        Weight of the noise component; None if the fit has none.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.
    degrees_of_freedom : ndarray of shape (n, k), or None
        Of t components; None if the fit has none.
    """

    mixture: Mixture
    weights: Array
    means: Array
    covariances: Array
    lost: int
    noise: Array | None = None
    table_kind: TableKind = "records"
    degrees_of_freedom: Array | None = None

    def __repr__(self) -> str:
        k, d = self.mixture.means.shape
        lost = f", {self.lost} of which lost a component, or had one collapse" if self.lost else ""
        shape = f"{format_count(k, 'component')} in {format_count(d, 'dimension')}"
        return f"<Bootstrap of {shape}: {format_count(len(self.weights) + self.lost, 'replicate')}{lost}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records() if len(self.weights) > 1 else [])

    @cached_property
    def standard_errors(self) -> dict[str, Array]:
        """Standard deviations over the replicates: "weights" (k,), "means" (k, d), "covariances" (k, d, d).

        A fit with a noise component has "noise" (), too, and one with t components "degrees_of_freedom" (k,).
        """
        # The first replicate is subtracted so that a fixed parameter has error 0 rather than a rounding error.
        return {name: (values - values[:1]).std(axis=0, ddof=1) for name, values in self._replicates.items()}

    def intervals(self, level: float = 0.95) -> dict[str, Array]:
        """Percentile intervals by parameter, lower ends first: "weights" (2, k), "means" (2, k, d), and so on.

        Examples
        --------
        >>> import mixtura
        >>> rows = np.random.default_rng(0).normal(size=(50, 1))
        >>> one = mixtura.fit(rows, 1)
        >>> low, high = mixtura.bootstrap(one, rows, 99, seed=0).intervals()["means"].ravel()
        >>> bool(low < 0.06 < high)
        True
        """
        check_level(level)
        ends = [(1 - level) / 2, (1 + level) / 2]
        return {name: np.quantile(values, ends, axis=0) for name, values in self._replicates.items()}

    def table(self, level: float = 0.95) -> Any:
        """A row for each parameter: "estimate", "standard_error", and the ends "lower" and "upper" of the interval.

        "parameter" ("weight", "mean", "covariance" or "degrees of freedom"), "component", "column" and "other_column"
        identify the parameter; a variance is the covariance of a column with itself. The last row is the weight of
        noise, if any.
        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.

        Examples
        --------
        >>> import mixtura
        >>> rows = np.random.default_rng(0).normal(size=(50, 1))
        >>> table = mixtura.bootstrap(mixtura.fit(rows, 1), rows, 99, seed=0).table()
        >>> [row["parameter"] for row in table], table[1]["column"], round(table[1]["standard_error"], 1)
        (['weight', 'mean', 'covariance'], 'x1', 0.1)
        """
        return as_table(self.records(level), self.table_kind)

    def records(self, level: float = 0.95) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        if len(self.weights) < 2:
            kept = format_count(len(self.weights), "replicate")
            raise ParameterError(
                f"{kept} kept all components ({self.lost} lost some, or had one collapse); standard errors need two"
            )
        return list(estimate_records(self.mixture, self.standard_errors, self.intervals(level)))

    def plot(
        self,
        what: str = "means",
        *,
        level: float = 0.95,
        columns: Sequence[int | str] | None = None,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw a histogram of the replicates of each parameter, with its estimate and its interval.

        Parameters
        ----------
        what : {"weights", "means", "variances"}
            Parameters to draw.
        level : float
            Probability of the intervals.
        columns : sequence of int or str, optional
            Columns to draw; default: all, or of more than six those in which the components differ most.
        title, figsize, ax, path : optional
            As in `mixtura.plot`; ``ax`` is a SubFigure, since there are several panels.

        Raises
        ------
        ParameterError
            If ``what``, a column or the path's format is unknown, or every replicate lost a component.
        """
        place = Place.of(ax, figsize, title, path)
        if what not in ("weights", "means", "variances"):
            raise ParameterError(f"what is {what!r}; expected 'weights', 'means' or 'variances'")
        if not len(self.weights):
            raise ParameterError("there is nothing to draw: every replicate lost a component, or had one collapse")
        ends, own = self.intervals(level), f"{what}, {len(self.weights)} bootstrap replicates"
        if what == "weights":
            found = (self.weights, ends["weights"])
            return plot_weight_replicates(self.mixture, *found, level=level, title=own, place=place)
        view = View.from_data(self.mixture, None, columns, max_columns=MAX_DRAWN_COLUMNS, max_rows=0)
        values = (self.means, self.mixture.means, ends["means"])
        if what == "variances":
            variances = self.mixture.covariances.variances()
            values = (_diagonals(self.covariances), variances, _diagonals(ends["covariances"]))
        return plot_parameter_replicates((view.mixture, view.columns), values, level, [own, *view.notes], place)

    @property
    def _replicates(self) -> dict[str, Array]:
        """Parameters of all replicates by name, (n, ...)."""
        own = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        more = {"noise": self.noise, "degrees_of_freedom": self.degrees_of_freedom}
        return {**own, **{name: values for name, values in more.items() if values is not None}}


def _diagonals(matrices: Array) -> Array:
    """Diagonals of matrices, (..., d, d) -> (..., d)."""
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def bootstrap(
    fitted: Fit,
    X: Any,
    n: int = 999,
    *,
    method: str = "resample",
    sample_weight: Any = None,
    weights_are: str | None = None,
    known_labels: Any = None,
    seed: int | Rng | None = 0,
    on_replicate: OnReplicate | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
) -> Bootstrap:
    """Fit the model of a fit to many resampled data sets.

    Parameters
    ----------
    fitted : Fit or Selection
        Its model is fitted, by EM as ``fitted.em`` says, from its mixture.
    X : array-like or table of shape (m, d), or a Source
        The rows of the fit.
    n : int
        Number of replicates.
    method : {"resample", "weights", "parametric"}
        How replicates are made: rows drawn with replacement; all rows with random weights, uniform on the simplex
        (Newton & Raftery 1994), so that no replicate lacks the rows of a small component; or rows drawn from the
        fitted mixture.
    sample_weight, weights_are : optional
        Those of the fit. The number of rows drawn is the sum of counts; drawn rows keep their sampling weights.
    known_labels : array-like of shape (m,), optional
        Known components of rows, as given to `mixtura.fit`. Parametric replicates draw such rows from their
        components.
    seed : int, numpy Generator or RandomState, or None
        The same seed gives the same result; None draws one.
    on_replicate : callable, optional
        Called with the number of finished replicates after each of them.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does: raise KeyboardInterrupt, or return the finished replicates.
    threads : int, optional
        Number of replicates that are fitted at the same time; results do not depend on it.

    Returns
    -------
    Bootstrap

    Raises
    ------
    ParameterError
        If the method is unknown, or another argument cannot be used.
    DataError
        If X does not fit the mixture, or has another number of rows, or sum of weights, than the fit.

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
    mixture = (fitted := fit_of(fitted, "fitted")).mixture
    source = as_source(X, sample_weight, 1, mixture, weights_are=weights_are)
    check_method(method, source)
    known = None if known_labels is None else as_known_labels(known_labels, source.length, mixture.n_components)
    em = replace(fitted.em, on_interrupt="raise")
    exact = fitted.model.fixed is not None or known is not None
    start = refined(mixture, exact=exact, tol=em.rise_per_row, max_iter=em.max_iter)
    options: dict[str, Any] = {"model": fitted.model, "start": start, "em": em, "threads": 1}
    check_same_rows(fitted, summarise(source, full=False, extent=False).weight)
    units = em.rounding_units(ColumnValues.of(source))
    data = Sample(source, weights_of(source), getattr(source, "weights_are", None), known, units)

    def fit_replicate(rng: Rng) -> Mixture | None:
        drawn, labels = REPLICATE_METHODS[method](mixture, data, rng)
        with using_threads(1):  # which a source of the user's may ask for
            again = fit(drawn, mixture.n_components, known_labels=labels, **options)
        return None if has_collapsed(again.starts[0], fitted.starts[fitted.best_start]) else again.mixture

    how: dict[str, Any] = {"on_replicate": on_replicate, "threads": threads, "on_interrupt": on_interrupt}
    found = run_replicates(fit_replicate, as_count(n, "n"), seed, **how)
    complete = [other for other in found if other and other.n_components == mixture.n_components]
    if known is None:  # else known rows identify the components
        complete = [match_components(mixture, other) for other in complete]
    return Bootstrap(
        mixture,
        np.array([other.weights for other in complete]),
        np.array([other.means for other in complete]),
        np.array([other.covariances.dense() for other in complete]),
        len(found) - len(complete),
        np.array([other.noise.weight for other in complete if other.noise]) if mixture.noise else None,
        table_kind(X),
        np.array([other.degrees_of_freedom for other in complete]) if has_t_components(mixture) else None,
    )
