"""The rows that a page holds: all of them, or a fixed random sample, in a form that is small and exact enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.data import as_source
from mixtura.data.tables import Table
from mixtura.mixture import Mixture, require_gaussian

# More points than this make the file large and hide each other; of many columns fewer rows are drawn.
MOST_ROWS, MOST_VALUES = 100_000, 1_600_000

# Of very many components fewer rows are drawn, so that all responsibilities fit into memory.
MOST_RESPONSIBILITIES = 20_000_000

# Rows whose responsibilities rounding changes by more travel with eight more bits of each value; if it then changes any
# by more than the second number, all rows travel as float32. Both are measured in so many frames.
REFINED, ROUNDING, CHECKED_FRAMES = 3e-4, 1e-3, 12

LEVELS = 65_535


@dataclass(frozen=True, slots=True, eq=False)
class DrawnRows:
    """Rows that a page holds.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    numbers : ndarray of shape (n,)
        Number of each row in the data, from 0; of a file, rows that were left out while it was read are counted.
    total : int
        Number of rows of the data.
    positions : ndarray of shape (n,)
        Position of each row among the rows that were read.
    """

    rows: Array
    numbers: Index
    total: int
    positions: Index

    @property
    def is_sample(self) -> bool:
        """Whether only some of the rows were drawn."""
        return len(self.rows) < self.total

    def weights_of(self, sample_weight: Any) -> Array | None:
        """The weights of these rows among those of all rows, (n,); None if there are none."""
        return None if sample_weight is None else np.asarray(sample_weight)[self.positions]


def rows_of_page(mixture: Mixture, X: Any) -> DrawnRows:
    """Check the rows against a mixture, and draw a fixed random sample of them if there are too many.

    Rows of a file keep their numbers in the file.

    Examples
    --------
    >>> drawn = rows_of_page(Mixture([1.0], [[0.0]], [[[1.0]]]), [0.5, 1.5])
    >>> drawn.rows.tolist(), drawn.numbers.tolist(), drawn.is_sample
    ([[0.5], [1.5]], [0, 1], False)
    """
    require_gaussian(mixture, "the page, whose pictures are computed in the browser,")
    source = as_source(X, expected=mixture)
    most = min(MOST_ROWS, MOST_VALUES // source.n_features, MOST_RESPONSIBILITIES // mixture.n_components)
    chunk = source.rows(max(most, 1), np.random.default_rng(0))
    positions = chunk.positions
    found = np.arange(positions.start, positions.stop) if isinstance(positions, slice) else positions
    numbers = X.positions[found] if isinstance(X, Table) else found
    return DrawnRows(chunk.rows.astype(np.float64), numbers, source.n_rows, found)


@dataclass(frozen=True, slots=True, eq=False)
class ScaledRows:
    """Rows as they travel: value = origin + unit * (scaled + fraction / 256), column by column.

    Attributes
    ----------
    scaled : ndarray of shape (n, d)
        Whole numbers from 0 to 65,535, or float32.
    origin, unit : ndarray of shape (d,)
    refined : ndarray of shape (m,)
        Positions of the rows that have fractions.
    fractions : ndarray of shape (m, d)
        Whole numbers from -128 to 127.
    """

    scaled: NDArray[np.uint16] | NDArray[np.float32]
    origin: Array
    unit: Array
    refined: NDArray[np.uint32]
    fractions: NDArray[np.int8]

    @property
    def kind(self) -> str:
        """Type of the scaled values: "u16" or "f32"."""
        return "u16" if self.scaled.dtype == np.uint16 else "f32"

    @property
    def values(self) -> Array:
        """The values after their journey, (n, d)."""
        scaled = self.scaled.astype(np.float64)
        scaled[self.refined] += self.fractions / 256
        return self.origin + self.unit * scaled


def scale_rows(rows: Array, mixtures: Sequence[Mixture]) -> ScaledRows:
    """Round rows to 65,536 levels of each column, or to float32 where that would change responsibilities.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[1.0]]])
    >>> scale_rows(np.array([[0.0], [9.0]]), [mixture]).scaled.tolist()
    [[0], [65535]]
    >>> scale_rows(np.array([[0.0], [9.0], [4.49], [1e9]]), [mixture]).kind
    'f32'
    """
    low = rows.min(axis=0)
    unit = (rows.max(axis=0) - low) / LEVELS
    unit[unit <= 0] = 1.0
    exact = (rows - low) / unit
    whole = np.rint(exact)
    none = np.zeros((0, rows.shape[1]), dtype=np.int8)
    checked = [mixtures[i] for i in np.unique(np.linspace(0, len(mixtures) - 1, CHECKED_FRAMES).astype(int))]
    rounded = ScaledRows(whole.astype(np.uint16), low, unit, np.empty(0, dtype=np.uint32), none)
    refined = np.flatnonzero(_changes(rows, rounded.values, checked) > REFINED)
    fractions = np.clip(np.rint(256 * (exact - whole)), -128, 127).astype(np.int8)
    rounded = replace(rounded, refined=refined.astype(np.uint32), fractions=fractions[refined])
    if not len(refined) or _changes(rows[refined], rounded.values[refined], checked).max() < ROUNDING:
        return rounded
    return single_precision(rows)


def single_precision(rows: Array) -> ScaledRows:
    """Rows as float32, centred and in units of their standard deviations.

    Examples
    --------
    >>> single_precision(np.array([[1.0], [3.0]])).values.tolist()
    [[1.0], [3.0]]
    """
    centre, spread = np.median(rows, axis=0), rows.std(axis=0)
    spread[spread <= 0] = 1.0
    single = ((rows - centre) / spread).astype(np.float32)
    none = np.zeros((0, rows.shape[1]), dtype=np.int8)
    return ScaledRows(single, centre, spread, np.empty(0, dtype=np.uint32), none)


def _changes(before: Array, after: Array, mixtures: Sequence[Mixture]) -> Array:
    """Largest change of each row's responsibilities under any of the mixtures, (n,)."""
    changes = [np.abs(mixture.posterior(before) - mixture.posterior(after)).max(axis=1) for mixture in mixtures]
    return np.asarray(np.max(changes, axis=0))
