"""Counts of rows in bins, in place of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array, Rows, as_names
from mixtura.data.interval_source import likely_rows
from mixtura.data.intervals import Intervals, Window
from mixtura.data.tables import Table
from mixtura.errors import DataError, ParameterError

# Most dimensions of a histogram.
MOST_DIMENSIONS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of rows in bins, which `mixtura.fit`, `mixtura.select` and others accept as data in place of the rows.

    The likelihood is that of the counts: each bin counts by its probability. Values of rows, such as labels, are those
    of the bins, in the order of the counts (of two dimensions, row by row).

    Parameters
    ----------
    edges : array-like of shape (b + 1,), or pair of such
        Ends of the bins, increasing; the first and the last may be infinite. Of two dimensions, those of each.
    counts : array-like of shape (b,) or (b1, b2)
        Number of rows in each bin: whole numbers.
    outside : int, optional
        Number of rows that lie beyond the first and last edges. Unless given, it is unknown, and the rows counted are a
        truncated sample; 0 says that there are none.
    columns : sequence of str, optional
        Names of the dimensions.

    Examples
    --------
    >>> import mixtura
    >>> bins = mixtura.Histogram([0.0, 1.0, 2.0, 3.0], [10, 20, 10], outside=0)
    >>> bins
    <Histogram of 40 rows in 3 bins>
    >>> mixtura.fit(bins, 1).mixture.means.round(3).tolist()
    [[1.5]]
    """

    edges: Any
    counts: Any
    outside: int | None = None
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        counts = _as_counts(self.counts)
        given = (self.edges,) if counts.ndim == 1 else tuple(self.edges)
        if len(given) != counts.ndim:
            raise ParameterError(f"edges has {len(given)} arrays; expected {counts.ndim}, one for each dimension")
        edges = tuple(_as_edges(one, size) for one, size in zip(given, counts.shape, strict=True))
        outside = self.outside
        if outside is not None and not (isinstance(outside, int | np.integer) and outside >= 0):
            raise ParameterError(f"outside is {outside!r}; expected a number of rows, or None where it is unknown")
        if outside and not all(np.isfinite(one).all() for one in edges):
            raise ParameterError(f"outside is {outside}, but an edge is infinite; nothing lies beyond it")
        for name, value in {"edges": edges, "counts": counts}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "columns", as_names(self.columns, counts.ndim, "columns"))

    @classmethod
    def of_bins(cls, low: Array, high: Array, counts: Array, outside: int | None = None) -> Histogram:
        """The histogram of bins of one dimension in any order, given by their ends; NaN is an open end.

        Raises
        ------
        DataError
            If a bin does not begin where the one before it ends; an empty bin has the count 0.

        Examples
        --------
        >>> Histogram.of_bins(np.array([1.0, np.nan]), np.array([2.0, 1.0]), np.array([5, 3])).edges
        (array([-inf,   1.,   2.]),)
        """
        first, last = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
        order = np.argsort(first, kind="stable")
        first, last = first[order], last[order]
        apart = first[1:] != last[:-1]
        if apart.any():
            place = int(apart.argmax())
            raise DataError(
                f"the bins leave a gap or overlap: one ends at {last[place]:g}, the next begins at "
                f"{first[place + 1]:g}; give every bin between the least and the largest end, with the count 0 if empty"
            )
        return cls(np.append(first, last[-1:]), np.asarray(counts)[order], outside)

    def __repr__(self) -> str:
        bins = " x ".join(f"{size}" for size in self.counts.shape)
        beyond = f", {self.outside} of them outside" if self.outside else ""
        return f"<Histogram of {self.counts.sum() + (self.outside or 0):g} rows in {bins} bins{beyond}>"

    @property
    def X(self) -> Table:  # noqa: N802 as Measured.X is
        """The bins as rows: their middles, with the counts as weights; then rows outside, if their number is known."""
        low, high = self.bounds
        weight = np.concatenate([self.counts.ravel(), self._outside_counts])
        rows = likely_rows(np.full(low.shape, np.nan), Intervals((low, high), None, self._is_outside))
        return Table(rows, self.columns, weight, "histogram", np.arange(len(rows)), len(rows))

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper ends of the bins, (b, d), and of the whole where rows outside of it are counted."""
        d = self.counts.ndim
        ends = [
            np.stack([each.ravel() for each in np.meshgrid(*(one[part] for one in self.edges), indexing="ij")], axis=1)
            for part in (slice(None, -1), slice(1, None))
        ]
        whole = [np.array([one[place] for one in self.edges]) for place in (0, -1)]
        repeats = np.zeros((len(self._outside_counts), d))
        low, high = (np.concatenate([end, repeats + all_]) for end, all_ in zip(ends, whole, strict=True))
        return low, high

    @property
    def _outside_counts(self) -> Array:
        """Counts outside, divided among places on either side in each dimension, at which starts put them."""
        if not self.outside:
            return np.zeros(0)
        parts = np.arange(2 * self.counts.ndim)
        return np.asarray((self.outside + parts) // len(parts), dtype=np.float64)

    @property
    def _is_outside(self) -> Any:
        """Which rows of `X` are those outside, if any are."""
        return np.arange(self.counts.size + len(self._outside_counts)) >= self.counts.size if self.outside else None

    def measurement(self, rows: Rows, columns: Sequence[str] | None = None) -> Intervals:
        """What the bins say of the rows of `X`, or of some of its ``columns``, in this order."""
        window = Window(*(np.array([one[place] for one in self.edges]) for place in (0, -1)))
        truncated = self.outside is None and np.isfinite([window.low, window.high]).any()
        width = np.array([np.diff(one).min() for one in self.edges])
        found = Intervals(
            self.bounds, window if truncated else None, self._is_outside, np.where(width < np.inf, width, 0)
        )
        own = self.columns
        return found.in_columns([own.index(name) for name in columns]) if own and columns else found


def _as_counts(counts: Any) -> Array:
    """Check counts of bins, of one dimension or two."""
    try:
        found = np.array(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("counts are not numbers; expected the number of rows in each bin") from None
    if not 1 <= found.ndim <= MOST_DIMENSIONS or not found.size:
        raise DataError(f"counts has shape {found.shape}; expected (b,) or (b1, b2)")
    bad = ~((found >= 0) & (found == np.floor(found)) & np.isfinite(found))
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        name = ", ".join(map(str, place))
        raise DataError(f"counts, bin {name}: {found[place]:g}; expected the number of its rows, a whole number")
    if not found.any():
        raise DataError("counts are all zero; expected some rows")
    return found


def _as_edges(edges: Any, size: int) -> Array:
    """Check the edges of so many bins."""
    try:
        found = np.array(edges, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("edges are not numbers; expected the ends of the bins") from None
    if found.shape != (size + 1,):
        raise DataError(f"edges has shape {found.shape}; expected ({size + 1},), the ends of {size} bins")
    steps = np.diff(found) > 0
    if not steps.all() or not np.isfinite(found[1:-1]).all():
        place = int(steps.argmin())
        raise DataError(
            f"edges, bin {place}: from {found[place]:g} to {found[place + 1]:g}; expected increasing numbers, of which "
            "the first and the last alone may be infinite"
        )
    return found
