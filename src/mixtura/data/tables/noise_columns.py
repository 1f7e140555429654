"""Columns of a file that hold standard deviations of the errors of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, format_list
from mixtura.errors import DataError, ParameterError


def noise_variances(
    deviations: Rows, rows: Rows, columns: Sequence[Sequence[str]], name: str, kept: NDArray[np.int64]
) -> Array | None:
    """Variances of the errors of the rows that are ``kept``, (n, d), from the columns of their standard deviations.

    None if there are no such columns.
    """
    noise, left = columns
    if not noise:
        return None
    deviations = deviations[kept]
    if len(noise) != len(left):
        raise ParameterError(
            f"noise_columns are {format_list(noise)}; expected one for each of {format_list(left)}, in this order"
        )
    bad = np.argwhere(~(deviations >= 0) & ~np.isnan(rows))
    if len(bad):
        row, column = bad[0]
        where = f'{name}, row {kept[row] + 1}, column "{noise[column]}"'
        found = "missing" if np.isnan(deviations[row, column]) else f"{deviations[row, column]:g}"
        raise DataError(f"{where}: {found}; expected the standard deviation of an error, 0 or more")
    return np.where(np.isnan(rows), 0.0, deviations.astype(np.float64)) ** 2
