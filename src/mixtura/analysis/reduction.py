"""Find the directions in which a mixture's components differ most (Scrucca 2010, Stat. Comput. 20, 471-484)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import (
    Array,
    LazyModule,
    as_columns_like,
    as_real,
    as_table,
    distinct_name,
    format_count,
    html_table,
    shortened,
    underflow_to_zero,
)
from mixtura.covariance import DenseCovariance
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture, as_mixture, column_labels, require_gaussian
from mixtura.plotting import MAX_DRAWN_COLUMNS, MAX_DRAWN_ROWS, Place, View, draw_view, plot_loadings

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


linalg = LazyModule("scipy.linalg")

# Eigenvalues below this fraction of the largest are rounding errors; so is the largest below the second number, since
# those of equal components are about 1e-31.
RELATIVE_RANK_TOLERANCE, LEAST_EIGENVALUE = 1e-10, 1e-28


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """Directions in which components differ, by descending eigenvalue.

    Attributes
    ----------
    basis : ndarray of shape (d, r)
        The directions, as columns of length one.
    eigenvalues : ndarray of shape (r,)
        How much the components differ in each direction.
    mixture : Mixture
        Marginal of the mixture in these directions, without noise.

    Examples
    --------
    >>> import mixtura
    >>> mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 6.0]], mixtura.DenseCovariance(np.eye(2)[None], 2))
    >>> reduction = mixtura.reduce_dimensions(mixture)
    >>> reduction.basis.round(6).tolist()
    [[0.0], [1.0]]
    >>> reduction.mixture.means.round(6).tolist()
    [[0.0], [6.0]]
    """

    basis: Array
    eigenvalues: Array
    mixture: Mixture
    _original: Mixture

    def __repr__(self) -> str:
        d, r = self.basis.shape
        first = f"the first has {self.proportions[0]:.3g} of the differences"
        return f"<Reduction of {d} columns to {format_count(r, 'direction')}; {first}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    def table(self, *, standardised: bool = False) -> Any:
        """A row for each direction: its eigenvalue, its proportion of their sum, and its entry for each column.

        It is a DataFrame of pandas or polars if the mixture was fitted to one, and otherwise the list `records`.

        Parameters
        ----------
        standardised : bool
            Whether the entries are those of ``std_basis``, which can be compared between columns of different units.
        """
        return as_table(self.records(standardised=standardised), self.mixture.table_kind)

    def records(self, *, standardised: bool = False) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries; a column called "proportion" is "proportion_2" there, and so on."""
        basis = self.std_basis if standardised else self.basis
        own, columns = ("direction", "eigenvalue", "proportion"), column_labels(self._original.columns, len(self.basis))
        taken = {*own, *columns}
        heads = [*own, *(distinct_name(column, taken) if column in own else column for column in columns)]
        parts = zip(self.eigenvalues.tolist(), self.proportions.tolist(), basis.T.tolist(), strict=True)
        return [
            dict(zip(heads, [i + 1, value, part, *entries], strict=True))
            for i, (value, part, entries) in enumerate(parts)
        ]

    @property
    def proportions(self) -> Array:
        """Each eigenvalue as a proportion of their sum, (r,)."""
        return self.eigenvalues / self.eigenvalues.sum()

    @property
    def std_basis(self) -> Array:
        """Directions for columns divided by their standard deviations, as columns of length one, (d, r).

        Entries compare the contributions of columns whatever their units. (mclust's ``std.basis`` multiplies by
        variances, although its name says standard deviations.)
        """
        scaled = self.basis * np.sqrt(np.diagonal(self._original.covariance))[:, None]
        return np.asarray(scaled / np.linalg.norm(scaled, axis=0))

    def transform(self, X: Any) -> Any:
        """Coordinates of rows in these directions, (n, r).

        It is a DataFrame, with the index of X, if X is a DataFrame.

        Examples
        --------
        >>> import mixtura
        >>> import polars as pl
        >>> mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 6.0]], np.ones((1, 2)).repeat(2, axis=0))
        >>> reduction = mixtura.reduce_dimensions(mixture)
        >>> reduction.transform(pl.DataFrame({"a": [1.0], "b": [2.0]})).to_dict(as_series=False)
        {'direction 1': [2.0]}
        """
        return as_columns_like(X, self._original.check_rows(X) @ self.basis, self.mixture.columns or ())

    def plot(
        self,
        X: Any = None,
        *,
        kind: str = "boundaries",
        columns: Sequence[int | str] | None = None,
        probabilities: Sequence[float] = (0.5, 0.75, 0.95),
        **options: Any,
    ) -> Figure:
        """Draw the mixture, and its data if given, in these directions.

        Parameters
        ----------
        X : array-like or table of shape (n, d), optional
            Rows to draw, coloured by their most probable component given all d columns.
        columns : sequence of int or str, optional
            Directions to draw, from 0; default: the first two.
        kind, probabilities, **options
            As in `mixtura.plot`.

        Examples
        --------
        >>> import mixtura
        >>> mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 6.0]], mixtura.DenseCovariance(np.eye(2)[None], 2))
        >>> mixtura.reduce_dimensions(mixture).plot().axes[0].get_xlabel()
        'direction 1 (100 %)'
        """
        original = View.from_data(
            self._original, X, None, max_columns=self._original.n_features, max_rows=MAX_DRAWN_ROWS
        )
        chosen = range(min(2, len(self.eigenvalues))) if columns is None else columns
        view = View.from_data(self.mixture, None, chosen, max_columns=MAX_DRAWN_COLUMNS, max_rows=0)
        renamed = replace(view.mixture, columns=self._direction_names)
        view = replace(view, mixture=renamed, rows=original.rows @ self.basis, notes=original.notes + view.notes)
        k, d = self.mixture.n_components, self._original.n_features
        title = f"{k} components of {d} columns, in the directions in which they differ most"
        labels = original.labels(self._original)
        return draw_view(view, labels, title, kind=kind, probabilities=probabilities, **options)

    def plot_loadings(
        self,
        *,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw the standardised loadings, ``std_basis``, as bars: how much each column contributes to each direction.

        Parameters
        ----------
        title, figsize, ax, path : optional
            As in `mixtura.plot`; ``ax`` is a SubFigure, since there are several panels.

        Examples
        --------
        >>> import mixtura
        >>> mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 6.0]], mixtura.DenseCovariance(np.eye(2)[None], 2))
        >>> [axes.get_title(loc="left") for axes in mixtura.reduce_dimensions(mixture).plot_loadings().axes]
        ['direction 1 (100 %)']
        """
        names = column_labels(self._original.columns, len(self.basis))
        return plot_loadings(self.std_basis, names, self._direction_names, Place.of(ax, figsize, title, path))

    @property
    def _direction_names(self) -> tuple[str, ...]:
        """Names of the directions, with their proportions."""
        return tuple(f"direction {i + 1} ({100 * fraction:.3g} %)" for i, fraction in enumerate(self.proportions))


@underflow_to_zero
def reduce_dimensions(mixture: Any, balance: float = 1.0) -> Reduction:
    """Find the directions in which a mixture's components differ most.

    Parameters
    ----------
    mixture : Mixture, Fit, Selection or fitted estimator
        Its noise, if any, is left out.
    balance : float
        Weight of differences of means, from 0 to 1; that of differences of covariances is 1 - balance. 1 gives at most
        k - 1 directions, 0.5 is the method of Scrucca (2010) (mclust's ``lambda``).

    Returns
    -------
    Reduction

    Raises
    ------
    ParameterError
        If the mixture has one component or t components, the components are equal in what is compared, or balance is
        not from 0 to 1.

    References
    ----------
    Scrucca (2010), Dimension reduction for model-based clustering, Stat. Comput. 20, 471-484; Scrucca (2014),
    Graphical tools for model-based mixture discriminant analysis, Adv. Data Anal. Classif. 8, 147-165.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [2.0, 0.0]], DenseCovariance(np.eye(2)[None], 2))
    >>> reduce_dimensions(mixture).eigenvalues.round(6).tolist()
    [0.5]
    """
    if not 0 <= as_real(balance) <= 1:
        raise ParameterError(f"balance is {shortened(balance)}; expected a number from 0 to 1")
    mixture = as_mixture(mixture, "mixture")
    require_gaussian(mixture, "reduce_dimensions")
    if mixture.n_components < 2:
        raise ParameterError("the mixture has one component; differences need at least two")
    original, mixture = mixture, mixture.without_noise()
    total, matrices = mixture.covariance, mixture.covariances.dense()
    delta = mixture.means - mixture.mean
    between = (mixture.weights[:, None] * delta).T @ delta
    deviations = matrices - np.einsum("k,kij->ij", mixture.weights, matrices)
    means = between @ np.linalg.solve(total, between)
    covariances = np.einsum("k,kij,kjl->il", mixture.weights, deviations, np.linalg.solve(total, deviations))
    values, vectors = linalg.eigh(2 * balance * means + 2 * (1 - balance) * covariances, total)
    if values[-1] < LEAST_EIGENVALUE:
        what = "means" if balance == 1 else "covariances" if balance == 0 else "means and covariances"
        raise ParameterError(
            f"the components have the same {what}, so they differ in no direction (balance {balance:g})"
        )
    kept = np.flatnonzero(values > RELATIVE_RANK_TOLERANCE * values[-1])[::-1]
    basis = vectors[:, kept] / np.linalg.norm(vectors[:, kept], axis=0)
    basis = basis * np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(len(kept))])  # the largest entry is positive
    marginal = Mixture(
        mixture.weights,
        mixture.means @ basis,
        DenseCovariance(basis.T @ matrices @ basis, mixture.n_components),
        tuple(f"direction {i + 1}" for i in range(len(kept))),
        mixture.component_names,
        table_kind=mixture.table_kind,
    )
    return Reduction(basis, values[kept], marginal, original)
