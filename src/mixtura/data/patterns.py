"""Which values rows have and which are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rows

# Values of a pattern that make one integer.
BITS = 62


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Rows in the order of their patterns of missing values.

    Attributes
    ----------
    order : ndarray of int, (n,)
        Numbers of the rows, those of one pattern after the other.
    ends : ndarray of int, (p,)
        Where each pattern's rows end in that order.
    seen : ndarray of bool, (p, d)
        Which columns the rows of each pattern have.
    """

    order: NDArray[np.intp]
    ends: NDArray[np.intp]
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Rows) -> Patterns:
        """The patterns of rows, (n, d), in which NaN is a missing value.

        Examples
        --------
        >>> found = Patterns.of(np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]]))
        >>> found.order.tolist(), found.ends.tolist(), found.seen.tolist()
        ([1, 0, 2], [1, 3], [[False, True], [True, True]])
        """
        seen = ~np.isnan(rows)
        d = seen.shape[1]
        powers = 1 << np.arange(BITS, dtype=np.int64)
        words = [seen[:, j : j + BITS] @ powers[: min(BITS, d - j)] for j in range(0, d, BITS)]
        order = np.lexsort(words)  # by the last column first, as the kernel in C++ does
        sorted_words = [word[order] for word in words]
        new = np.zeros(len(rows), dtype=bool)
        new[1:] = np.logical_or.reduce([word[1:] != word[:-1] for word in sorted_words])
        ends = np.append(np.flatnonzero(new), len(rows))
        return cls(order, ends, seen[order[ends - 1]])
