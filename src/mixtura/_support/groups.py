"""Groups of rows, numbered from 0, and sums over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support.labels import without_missing
from mixtura._support.types import Array
from mixtura.errors import DataError


def as_groups(given: Any, n_rows: int) -> NDArray[np.intp]:
    """Check the groups of rows, (n_rows,), numbers or names, and number them from 0.

    A row whose group is missing is a group of its own.

    Examples
    --------
    >>> as_groups(["b", "a", None, "b"], 4).tolist()
    [1, 0, 2, 1]
    >>> as_groups([[0, 1], [2, 3]], 4)
    Traceback (most recent call last):
    mixtura.errors.DataError: groups has shape (2, 2); expected the group of each row, (4,), whose rows share \
their component. Pairs of rows are not taken; that two rows must not share a component cannot be asked for
    """
    values, missing = without_missing(given)
    if values.shape != (n_rows,):
        raise DataError(
            f"groups has shape {values.shape}; expected the group of each row, ({n_rows},), whose rows share their "
            "component. Pairs of rows are not taken; that two rows must not share a component cannot be asked for"
        )
    numbers = np.empty(n_rows, dtype=np.intp)
    try:
        names, numbers[~missing] = np.unique(values[~missing], return_inverse=True)
    except TypeError:
        raise DataError("groups has values of several kinds; expected numbers or texts") from None
    numbers[missing] = len(names) + np.arange(missing.sum())
    return numbers


def sums_by_group(values: Array, numbers: NDArray[np.intp]) -> Array:
    """Sums of rows' values (n, k) over their groups, (g, k), given the number of each row's group, (n,).

    Examples
    --------
    >>> sums_by_group(np.array([[1.0], [2.0], [4.0]]), np.array([1, 0, 1])).tolist()
    [[2.0], [5.0]]
    """
    return np.stack([np.bincount(numbers, column) for column in values.T], axis=1)
