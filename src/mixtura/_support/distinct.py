"""Different rows of a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtura._support.types import Rows


def distinct_rows(rows: Rows) -> tuple[Rows, NDArray[np.intp], NDArray[np.intp]]:
    """Different rows in lexicographic order, where each comes first, and which of them each row of (n, d) is.

    Unlike `numpy.unique` along an axis, which compares rows in a function of NumPy's own, it lets Ctrl-C through:
    there it comes out as TypeError.

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
