"""How many of the first rows of a stream make its start: enough of them, with enough values in each column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura.errors import DataError
from mixtura.fitting.online_state import WaitingRows

# Rows that are waited for at most, as a multiple of the rows of the start, where a column has too few values.
MOST_STARTS = 20


def rows_of_start(waiting: WaitingRows, start_rows: int, k: int, names: Sequence[str] | None) -> int:
    """Number of rows of the start: ``start_rows``, or as many as are needed for enough values in each column.

    Enough are d + 1 values for each of k components, or ``start_rows`` if that is less. Without them the variance of
    the column, by which the floor is set for good, would be that of a few values. The number depends on the rows and
    their order alone, not on how they come. It is more than have come if these are too few.

    Raises
    ------
    DataError
        If a column has too few values in 20 times ``start_rows``.

    Examples
    --------
    >>> rows = np.array([[1.0, np.nan], [2, np.nan], [3, 1], [4, 2], [5, 3], [6, 4]])
    >>> rows_of_start(WaitingRows().extended(rows[:3], None), 2, 1, None)
    4
    >>> rows_of_start(WaitingRows().extended(rows, None), 2, 1, None)
    4
    """
    if waiting.n_rows < start_rows:
        return start_rows
    least, most = min(start_rows, k * (len(waiting.filled) + 1)), MOST_STARTS * start_rows
    if min(waiting.filled) < least and waiting.n_rows < most:
        return waiting.n_rows + 1
    filled = np.cumsum(~np.isnan(waiting.joined()[0][:most]), axis=0)
    enough = (filled >= least).all(axis=1)
    if not enough.any():
        j = int(filled[-1].argmin())
        raise DataError(
            f"column {names[j] if names else j}: {filled[-1, j]} of the first {most:,} rows have a value, and the "
            f"start needs {least}; leave the column out, or begin anew with start_rows larger than {start_rows:,}"
        )
    return max(start_rows, int(enough.argmax()) + 1)
