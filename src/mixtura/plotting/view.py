"""Choose the rows and columns of a picture, and compute its axis limits, ellipses and density values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, column_names, underflow_to_zero
from mixtura.data import ArraySource, is_source
from mixtura.mixture import Mixture


def separation(mixture: Mixture) -> Array:
    """Fraction of each column's variance that lies between the components, (d,).

    Examples
    --------
    >>> from mixtura import DiagonalCovariance
    >>> separation(Mixture([0.5, 0.5], [[0.0, 0.0], [2.0, 0.0]], DiagonalCovariance(np.ones((1, 1)), 2, 2))).tolist()
    [0.5, 0.0]
    """
    between = mixture.weights @ (mixture.means - mixture.mean) ** 2
    within = mixture.weights @ mixture.covariances.variances()
    return between / (between + within)


def with_column_names(mixture: Mixture, X: Any) -> Mixture:
    """The mixture with names for its columns: its own, those of the table X, or x1, x2, ..."""
    given = column_names(X)
    if given is None or len(given) != mixture.n_features:
        given = tuple(f"x{j + 1}" for j in range(mixture.n_features))
    return replace(mixture, columns=mixture.columns or given)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The mixture, rows and columns that a picture shows.

    Attributes
    ----------
    mixture : Mixture
        With names for its columns.
    rows : ndarray of shape (n, d)
        All columns; n is 0 without data.
    columns : tuple of int
        Positions of the columns to show.
    notes : tuple of str
        Sentences about rows or columns that are left out.
    probabilities : tuple of float
        Probabilities of the highest-density regions to show, ascending.
    """

    mixture: Mixture
    rows: Array
    columns: tuple[int, ...]
    notes: tuple[str, ...]
    probabilities: tuple[float, ...] = ()

    @classmethod
    def from_data(
        cls, mixture: Mixture, X: Any, columns: Sequence[int | str] | None, *, max_columns: int, max_rows: int
    ) -> View:
        """Make a view, with a fixed random sample of the rows and a choice of columns if there are too many."""
        mixture = with_column_names(mixture, X)
        rows, of_rows = _sample_rows(mixture, X, max_rows)
        chosen, of_columns = _choose_columns(mixture, columns, max_columns)
        return cls(mixture, rows, chosen, of_rows + of_columns)

    def name(self, column: int) -> str:
        """Name of the column at this position."""
        return (self.mixture.columns or ())[column]

    def labels(self, mixture: Mixture) -> NDArray[np.int64]:
        """Most probable component of each row given all columns, (n,); -1 is noise."""
        return mixture.predict(self.rows) if len(self.rows) else np.empty(0, dtype=np.int64)


def _sample_rows(mixture: Mixture, X: Any, most: int) -> tuple[Array, tuple[str, ...]]:
    """At most ``most`` rows, a fixed random sample of all, and a note if any are left out."""
    if X is None:
        return np.empty((0, mixture.n_features)), ()
    source = X if is_source(X) else ArraySource(mixture.check_rows(X))
    rows = mixture.check_rows(source.rows(most, np.random.default_rng(0)).rows).astype(np.float64)
    note = (f"{len(rows):,} of {source.n_rows:,} rows drawn",) if len(rows) < source.n_rows else ()
    return rows, note


def _choose_columns(
    mixture: Mixture, columns: Sequence[int | str] | None, most: int
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Positions of the given columns, or of those that separate the components most, and a note if any are left out."""
    names = mixture.columns or ()
    if columns is not None:
        kept = mixture.without_noise().marginal(columns).columns or ()  # refuses unknown columns
        positions = {name: position for position, name in enumerate(names)}
        return tuple(positions[name] for name in kept), ()
    if mixture.n_features <= most:
        return tuple(range(mixture.n_features)), ()
    best = sorted(np.argsort(-separation(mixture), kind="stable")[:most].tolist())
    why = ": those in which the components differ most" if mixture.n_components > 1 else ""
    return tuple(best), (f"{most} of {mixture.n_features} columns{why}",)


def drawn_marginal(mixture: Mixture, columns: Sequence[int]) -> Mixture:
    """Marginal of some columns for drawing; the noise region becomes a box along the columns."""
    if mixture.noise is not None and len(columns) < mixture.n_features:
        mixture = replace(mixture, noise=mixture.noise.axis_aligned())
    return mixture.marginal(list(columns))


def axis_limits(mixture: Mixture, values: Array, column: int) -> tuple[float, float]:
    """Limits of a column's axis: all values, and means +- 2.5 deviations up to 20 % of the range beyond them."""
    deviations = np.sqrt(mixture.covariances.variances()[:, column])
    low = float((mixture.means[:, column] - 2.5 * deviations).min())
    high = float((mixture.means[:, column] + 2.5 * deviations).max())
    if len(values):
        first, last = float(values.min()), float(values.max())
        margin = 0.2 * (last - first) or high - low
        low, high = (min(max(low, first - margin), first), max(min(high, last + margin), last))
    pad = 0.03 * (high - low)
    return low - pad, high + pad


def ellipse(mixture: Mixture, component: int, deviations: float) -> dict[str, Any]:
    """Ellipse at so many standard deviations about a two-dimensional component's mean, as properties of ``Ellipse``.

    Examples
    --------
    >>> from mixtura import DiagonalCovariance
    >>> two = Mixture([1.0], [[1.0, 2.0]], DiagonalCovariance(np.array([[1.0, 9.0]]), 1, 2))
    >>> ellipse(two, 0, 2.0)["width"], ellipse(two, 0, 2.0)["height"]
    (4.0, 12.0)
    """
    values, vectors = np.linalg.eigh(mixture.covariances[component])
    width, height = 2 * deviations * np.sqrt(np.maximum(values, 0))
    angle = math.degrees(math.atan2(vectors[1, 0], vectors[0, 0]))
    centre = tuple(mixture.means[component].tolist())
    return {"center": centre, "width": float(width), "height": float(height), "angle": angle}


def evaluation_points(
    mixture: Mixture, low: float, high: float, column: int = 0, *, even: int = 400, near: int = 101
) -> Array:
    """Ascending points at which to evaluate a density along a column: evenly spaced, and denser about each mean."""
    means, deviations = mixture.means[:, column], np.sqrt(mixture.covariances.variances()[:, column])
    close = (means + np.linspace(-5, 5, near)[:, None] * deviations).ravel()
    return np.unique(np.concatenate([np.linspace(low, high, even), close[(close > low) & (close < high)]]))


def evaluation_grid(
    mixture: Mixture, across: tuple[float, float], up: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Points along two columns, (m,) and (n,), at which to evaluate a density, and all their pairs, (n * m, 2)."""
    near = max(9, 160 // mixture.n_components)
    xs, ys = (
        evaluation_points(mixture, *span, column, even=160, near=near) for column, span in enumerate((across, up))
    )
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


@underflow_to_zero
def weighted_densities(mixture: Mixture, points: Array) -> Array:
    """Density of each component times its weight at n points of one column, (n, k); noise is one column more."""
    return np.exp(mixture.log_joint(points[:, None]))
