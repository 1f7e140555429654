"""The distinct rows of a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtura._support.types import Rows


def distinct_rows(rows: Rows) -> tuple[Rows, NDArray[np.intp], NDArray[np.intp]]:
    """The m distinct rows of a matrix (n, d) in lexicographic order, (m, d), with two arrays of indices.

    The first, (m,), has the index of each distinct row's first occurrence, the second, (n,), which distinct row each
    row is. `numpy.unique` along an axis would do the same, but it turns Ctrl-C into a TypeError.

    Examples
    --------
    >>> values, first, which = distinct_rows(np.array([[2.0, 1.0], [0.0, 5.0], [2.0, 1.0]]))
    >>> values.tolist(), first.tolist(), which.tolist()
    ([[0.0, 5.0], [2.0, 1.0]], [1, 0], [1, 0, 1])
    """
    order = np.lexsort(rows.T[::-1])
    arranged = rows[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (arranged[1:] != arranged[:-1]).any(axis=1)
    which = np.empty(len(rows), dtype=np.intp)
    which[order] = np.cumsum(new) - 1
    return arranged[new], order[new], which
