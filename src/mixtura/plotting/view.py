"""Choose the rows and columns of a picture, and compute its axis limits, ellipses and density values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, column_names, underflow_to_zero
from mixtura.data import as_source
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def separation(mixture: Mixture) -> Array:
    """Fraction of each column's variance that lies between the components, (d,).

    Examples
    --------
    >>> from mixtura import DiagonalCovariance
    >>> separation(Mixture([0.5, 0.5], [[0.0, 0.0], [2.0, 0.0]], DiagonalCovariance(np.ones((1, 1)), 2, 2))).tolist()
    [0.5, 0.0]
    """
    centre = mixture.mean
    centre = np.where(np.isnan(centre), mixture.weights @ mixture.means, centre)  # t components may have no mean
    between = mixture.weights @ (mixture.means - centre) ** 2
    within = mixture.weights @ mixture.covariances.variances()
    return between / (between + within)


def as_colours(given: Sequence[Any] | None, k: int) -> tuple[str, ...]:
    """Checked colours of k components, as Matplotlib's hexadecimal strings; by default those of ``COLOURS``.

    Raises
    ------
    ParameterError
        If there are fewer than k, or one is no colour.
    """
    if given is None:
        return style.COLOURS
    if not isinstance(given, Iterable):
        raise ParameterError(f"colors is {given!r}; expected a sequence of {k} colours, one for each component")
    colours = style.require("matplotlib.colors")
    values = [given] if isinstance(given, str) else list(given)
    wrong = [value for value in values if not colours.is_color_like(value)]
    if wrong:
        raise ParameterError(f'{wrong[0]!r} is no colour; expected colours such as "tab:blue" or "#3f90da"')
    if len(values) < k:
        raise ParameterError(f"colors has {len(values)} entries; expected {k}, one for each component")
    return tuple(colours.to_hex(value) for value in values)


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
    log : frozenset of int
        Positions of columns whose axes are logarithmic.
    colours : tuple of str
        Colours of the components, repeated if there are more components.
    """

    mixture: Mixture
    rows: Array
    columns: tuple[int, ...]
    notes: tuple[str, ...]
    probabilities: tuple[float, ...] = ()
    log: frozenset[int] = frozenset()
    colours: tuple[str, ...] = style.COLOURS

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

    def with_log_axes(self, log: Sequence[int | str] | str | bool) -> View:
        """The view with logarithmic axes for some of its columns, or for all.

        Raises
        ------
        ParameterError
            If a column is unknown, or has no positive values to show.
        """
        if isinstance(log, bool | np.bool_):
            positions: tuple[int, ...] = self.columns if log else ()
        else:
            positions, _ = _choose_columns(self.mixture, [log] if isinstance(log, str) else log, 0) if log else ((), ())
        for column in positions:
            if not ((self.rows[:, column] > 0).any() if len(self.rows) else (self.mixture.means[:, column] > 0).any()):
                raise ParameterError(f"{self.name(column)!r} has no positive values; leave it out of log=")
        drawn = [column for column in positions if column in self.columns]
        outside = int((self.rows[:, drawn] <= 0).any(axis=1).sum())
        lie = "row with values ≤ 0 lies" if outside == 1 else "rows with values ≤ 0 lie"
        note = (f"{outside:,} {lie} outside the log axes",) if outside else ()
        return replace(self, log=frozenset(positions), notes=self.notes + note)

    def labels(self, mixture: Mixture) -> NDArray[np.int64]:
        """Most probable component of each row given all columns, (n,); -1 is noise."""
        return mixture.predict(self.rows) if len(self.rows) else np.empty(0, dtype=np.int64)


def _sample_rows(mixture: Mixture, X: Any, most: int) -> tuple[Array, tuple[str, ...]]:
    """At most ``most`` rows, a fixed random sample of all, and a note if any are left out."""
    if X is None:
        return np.empty((0, mixture.n_features)), ()
    source = as_source(X, expected=mixture)
    rows = source.rows(most, np.random.default_rng(0)).rows.astype(np.float64)
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


def axis_limits(mixture: Mixture, values: Array, column: int, *, log: bool = False) -> tuple[float, float]:
    """Limits of a column's axis: all values, and means +- 2.5 deviations up to 20 % of the range beyond them."""
    deviations = np.sqrt(mixture.covariances.variances()[:, column])
    ends = np.stack([mixture.means[:, column] - 2.5 * deviations, mixture.means[:, column] + 2.5 * deviations])
    if log:
        return _log_limits(ends, values)
    low, high = float(ends[0].min()), float(ends[1].max())
    if len(values):
        first, last = float(values.min()), float(values.max())
        margin = 0.2 * (last - first) or high - low
        low, high = (min(max(low, first - margin), first), max(min(high, last + margin), last))
    pad = 0.03 * (high - low)
    return low - pad, high + pad


def _log_limits(ends: Array, values: Array) -> tuple[float, float]:
    """Limits of a logarithmic axis: all positive values, or without values the positive ones of components' ends."""
    found = values[values > 0] if len(values) else np.concatenate([ends[ends > 0], ends.mean(axis=0)])
    positive = found[found > 0]
    low, high = np.log10(positive.min()), np.log10(positive.max())
    pad = 0.06 * (high - low) or 0.5
    return float(10 ** (low - pad)), float(10 ** (high + pad))


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


def ellipse_points(mixture: Mixture, component: int, deviations: float) -> Array:
    """Points of the curve of `ellipse`, (181, 2); NaN where a logarithmic axis could not show them, below zero.

    Examples
    --------
    >>> from mixtura import DiagonalCovariance
    >>> two = Mixture([1.0], [[9.0, 2.0]], DiagonalCovariance(np.array([[1.0, 9.0]]), 1, 2))
    >>> np.nanmax(ellipse_points(two, 0, 1.0), axis=0).round(2).tolist()
    [10.0, 5.0]
    """
    angle = np.linspace(0, 2 * np.pi, 181)
    values, vectors = np.linalg.eigh(mixture.covariances[component])
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    curve = mixture.means[component] + deviations * circle * np.sqrt(np.maximum(values, 0)) @ vectors.T
    return np.where((curve > 0).all(axis=1, keepdims=True), curve, np.nan)


def spaced_points(limits: tuple[float, float], count: int, *, log: bool) -> Array:
    """Points between the limits of an axis that divide it into ``count`` equal parts, as drawn, (count + 1,).

    Examples
    --------
    >>> spaced_points((1.0, 100.0), 2, log=True).tolist(), spaced_points((0.0, 1.0), 2, log=False).tolist()
    ([1.0, 10.0, 100.0], [0.0, 0.5, 1.0])
    """
    return np.geomspace(*limits, count + 1) if log else np.linspace(*limits, count + 1)


def evaluation_points(
    mixture: Mixture, low: float, high: float, column: int = 0, *, even: int = 400, near: int = 101, log: bool = False
) -> Array:
    """Ascending points at which to evaluate a density along a column: evenly spaced, and denser about each mean.

    On a logarithmic axis their logarithms are evenly spaced.
    """
    means, deviations = mixture.means[:, column], np.sqrt(mixture.covariances.variances()[:, column])
    close = (means + np.linspace(-5, 5, near)[:, None] * deviations).ravel()
    evenly = spaced_points((low, high), even - 1, log=log)
    return np.unique(np.concatenate([evenly, close[(close > low) & (close < high)]]))


def evaluation_grid(mixture: Mixture, axes: Axes) -> tuple[Array, Array, Array]:
    """Points along both axes, (m,) and (n,), at which to evaluate a density, and all their pairs, (n * m, 2)."""
    near = max(9, 160 // mixture.n_components)
    spans = ((axes.get_xlim(), axes.get_xscale()), (axes.get_ylim(), axes.get_yscale()))
    xs, ys = (
        evaluation_points(mixture, *limits, column, even=160, near=near, log=scale == "log")
        for column, (limits, scale) in enumerate(spans)
    )
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


@underflow_to_zero
def weighted_densities(mixture: Mixture, points: Array) -> Array:
    """Density of each component times its weight at n points of one column, (n, k); noise is one column more."""
    return np.exp(mixture.log_joint(points[:, None]))
