"""Parameters of a fit and of its replicates, with standard errors and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, TableKind, as_table, format_count, html_table
from mixtura.analysis.estimates import check_level, estimate_records
from mixtura.analysis.pooling import PooledEstimates
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture, has_t_components
from mixtura.plotting import MAX_DRAWN_COLUMNS, Place, View, plot_parameter_replicates, plot_weight_replicates

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
    again : Bootstrap or None
        Of imputation: fits to the rows of each replicate with random weights. Errors are then by Rubin's rules.
    """

    mixture: Mixture
    weights: Array
    means: Array
    covariances: Array
    lost: int
    noise: Array | None = None
    table_kind: TableKind = "records"
    degrees_of_freedom: Array | None = None
    again: Bootstrap | None = None

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
        if self.again:
            return {name: pooled.standard_error for name, pooled in self._pooled.items()}
        # The first replicate is subtracted so that a fixed parameter has error 0 rather than a rounding error.
        return {name: (values - values[:1]).std(axis=0, ddof=1) for name, values in self.replicates.items()}

    def intervals(self, level: float = 0.95) -> dict[str, Array]:
        """Percentile intervals by parameter, lower ends first: "weights" (2, k), "means" (2, k, d), and so on.

        Of imputation they are those of t distributions, by Rubin's rules.

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
        if self.again:
            return {name: pooled.interval(level) for name, pooled in self._pooled.items()}
        ends = [(1 - level) / 2, (1 + level) / 2]
        return {name: np.quantile(values, ends, axis=0) for name, values in self.replicates.items()}

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
        shown = {"missing_information": {name: pooled.missing_information for name, pooled in self._pooled.items()}}
        more = shown if self.again else {}
        return list(estimate_records(self.mixture, self.standard_errors, self.intervals(level), more))

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
    def _pooled(self) -> dict[str, PooledEstimates]:
        """Of imputation, the estimates of each parameter by name; else empty."""
        again = self.again.replicates if self.again else {}
        return {name: PooledEstimates(self.replicates[name], other) for name, other in again.items()}

    @property
    def replicates(self) -> dict[str, Array]:
        """Parameters of all replicates by name, (n, ...)."""
        own = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        more = {"noise": self.noise, "degrees_of_freedom": self.degrees_of_freedom}
        return {**own, **{name: values for name, values in more.items() if values is not None}}


def _diagonals(matrices: Array) -> Array:
    """Diagonals of matrices, (..., d, d) -> (..., d)."""
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def bootstrap_of(mixture: Mixture, others: Sequence[Mixture], lost: int, kind: TableKind) -> Bootstrap:
    """The bootstrap that has these mixtures as replicates."""
    return Bootstrap(
        mixture,
        np.array([other.weights for other in others]),
        np.array([other.means for other in others]),
        np.array([other.covariances.dense() for other in others]),
        lost,
        np.array([other.noise.weight for other in others if other.noise]) if mixture.noise else None,
        kind,
        np.array([other.degrees_of_freedom for other in others]) if has_t_components(mixture) else None,
    )
