"""A random sample of rows that come one batch after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Reservoir:
    """A sample without replacement of the rows that were added so far (Vitter 1985, ACM TOMS 11, 37-57, algorithm R).

    Attributes
    ----------
    rows : ndarray of shape (size, d)
    positions : ndarray of shape (size,)
        Position of each row among all that were added.
    rng : Generator
    seen : dict
        The number of rows that were added, as ``seen["rows"]``.

    Examples
    --------
    >>> sample = Reservoir.of_size(2, 1, np.dtype(float), np.random.default_rng(0))
    >>> for start in range(0, 1000, 100):
    ...     sample.add(np.arange(start, start + 100.0)[:, None])
    >>> rows, positions = sample.in_order()
    >>> rows[:, 0].tolist() == positions.tolist(), len(positions)
    (True, 2)
    """

    rows: Rows
    positions: NDArray[np.intp]
    rng: Rng
    seen: dict[str, int] = field(default_factory=lambda: {"rows": 0})

    @classmethod
    def of_size(cls, size: int, n_columns: int, dtype: np.dtype[Any], rng: Rng) -> Reservoir:
        """A reservoir for so many rows."""
        return cls(np.empty((size, n_columns), dtype), np.empty(size, dtype=np.intp), rng)

    def add(self, rows: Rows) -> None:
        """Add rows, each of which takes the place of a random one with the probability that keeps the sample random."""
        start, size = self.seen["rows"], len(self.rows)
        numbers = np.arange(start, start + len(rows))
        places = np.minimum(numbers, size)
        late = numbers >= size
        places[late] = self.rng.random(int(late.sum())) * (numbers[late] + 1)
        chosen = np.flatnonzero(places < size)
        # Of several rows for one place NumPy keeps the last, as if they had come one by one.
        self.rows[places[chosen]], self.positions[places[chosen]] = rows[chosen], numbers[chosen]
        self.seen["rows"] = start + len(rows)

    def in_order(self) -> tuple[Rows, NDArray[np.intp]]:
        """The sample and the positions of its rows, in the order of the positions."""
        count = min(self.seen["rows"], len(self.rows))
        order = np.argsort(self.positions[:count])
        return self.rows[order], self.positions[order]
