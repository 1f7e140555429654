"""Directions in which a mixture's components differ most (Scrucca 2010, Stat. Comput. 20, 471-484)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, LazyModule
from mixtura.covariance import DenseCovariance
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import MOST_COLUMNS, MOST_ROWS, View, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


linalg = LazyModule("scipy.linalg")

# Eigenvalues below this fraction of the largest are rounding errors: their directions tell nothing apart.
RANK = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """Directions, the most telling first.

    Attributes
    ----------
    basis : ndarray of shape (d, r)
        Columns of length one.
    eigenvalues : ndarray of shape (r,)
        How much each direction tells.
    mixture : Mixture
        What the mixture looks like in these r directions.

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

    @property
    def shares(self) -> Array:
        """What fraction of all that tells components apart each direction has, (r,)."""
        return self.eigenvalues / self.eigenvalues.sum()

    @property
    def std_basis(self) -> Array:
        """The same directions for columns that are divided by their standard deviations, (d, r), of length one.

        Its entries say how much each column tells, whatever its unit. (mclust's ``std.basis`` multiplies by variances,
        where its name says standard deviations.)
        """
        scaled = self.basis * np.sqrt(np.diagonal(self._original.covariance))[:, None]
        return np.asarray(scaled / np.linalg.norm(scaled, axis=0))

    def transform(self, X: Any) -> Array:
        """Coordinates of rows in these directions, (n, r)."""
        return self._original.check_rows(X) @ self.basis

    def plot(
        self,
        X: Any = None,
        *,
        kind: str = "boundaries",
        columns: Sequence[int | str] | None = None,
        probabilities: Sequence[float] = (0.5, 0.75, 0.95),
        ax: Axes | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw what the mixture, and the data if given, look like in these directions.

        Parameters
        ----------
        X : array-like or table of shape (n, d), optional
            Rows are coloured by their most probable component in all d columns.
        columns : sequence of int or str, optional
            The directions, from 0; the first two unless given.
        kind, probabilities, ax, path
            As in `mixtura.plot`.

        Examples
        --------
        >>> import mixtura
        >>> mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 6.0]], mixtura.DenseCovariance(np.eye(2)[None], 2))
        >>> mixtura.reduce_dimensions(mixture).plot().axes[0].get_xlabel()
        'direction 1 (100 %)'
        """
        whole = View.of(self._original, X, None, most_columns=self._original.n_features, most_rows=MOST_ROWS)
        chosen = range(min(2, len(self.eigenvalues))) if columns is None else columns
        view = View.of(self.mixture, None, chosen, most_columns=MOST_COLUMNS, most_rows=0)
        names = tuple(f"direction {i + 1} ({100 * share:.3g} %)" for i, share in enumerate(self.shares))
        named = replace(view.mixture, columns=names)
        view = replace(view, mixture=named, rows=whole.rows @ self.basis, notes=whole.notes + view.notes)
        k, d = self.mixture.n_components, self._original.n_features
        head = f"{k} components of {d} columns, in the directions that tell them apart"
        labels = whole.labels(self._original)
        return picture(view, labels, head, kind=kind, probabilities=probabilities, ax=ax, path=path)


def reduce_dimensions(mixture: Mixture, balance: float = 1.0) -> Reduction:
    """Find the directions in which components differ.

    Parameters
    ----------
    mixture : Mixture
        Its noise, if any, does not count.
    balance : float
        From 0 to 1: how much differences of means count; the rest goes to differences of covariances. 1 gives at most
        k - 1 directions, 0.5 is the method of Scrucca (2010) (mclust's ``lambda``).

    Returns
    -------
    Reduction

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
    if not 0 <= balance <= 1:
        raise ParameterError(f"balance is {balance!r}; expected a number from 0 to 1")
    if mixture.n_components < 2:
        raise ParameterError("the mixture has one component; there is nothing to tell apart")
    original, mixture = mixture, mixture.without_noise()
    total, matrices = mixture.covariance, mixture.covariances.dense()
    delta = mixture.means - mixture.mean
    between = (mixture.weights[:, None] * delta).T @ delta
    away = matrices - np.einsum("k,kij->ij", mixture.weights, matrices)
    means = between @ np.linalg.solve(total, between)
    spreads = np.einsum("k,kij,kjl->il", mixture.weights, away, np.linalg.solve(total, away))
    values, vectors = linalg.eigh(2 * balance * means + 2 * (1 - balance) * spreads, total)
    kept = np.flatnonzero(values > RANK * values[-1])[::-1]
    basis = vectors[:, kept] / np.linalg.norm(vectors[:, kept], axis=0)
    basis = basis * np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(len(kept))])  # the largest entry is positive
    seen = Mixture(
        mixture.weights,
        mixture.means @ basis,
        DenseCovariance(basis.T @ matrices @ basis, mixture.n_components),
        tuple(f"direction {i + 1}" for i in range(len(kept))),
        mixture.component_names,
    )
    return Reduction(basis, values[kept], seen, original)
