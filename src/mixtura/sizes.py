"""What criteria count as the number of rows: the sum of their weights, or an effective number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mixtura._support import as_amount
from mixtura.data import Chunk, Source
from mixtura.errors import ParameterError
from mixtura.stats import Stats

EFFECTIVE = "effective"


def kish(source: Source) -> float:
    """The effective number of weighted rows, (sum w)^2 / sum w^2 (Kish 1965): of n equal weights n.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.data import ArraySource
    >>> kish(ArraySource.of(np.zeros(4), [2.0, 2.0, 2.0, 0.0])), round(kish(ArraySource.of(np.zeros(2), [1, 3])), 6)
    (3.0, 1.6)
    """

    def look(chunk: Chunk) -> Stats:
        sums = Stats.empty(2, 1, "diagonal")
        weight = chunk.sample_weight
        if weight is None:
            return replace(sums, weight=sums.weight + float(len(chunk.rows)))
        sums.weight[:] = weight.sum(), (weight**2).sum()
        return sums

    total, squares = source.sum(look).weight
    return float(total * (total / squares))


def as_sample_size(asked: Any, source: Source) -> float | None:
    """Check what the criteria are to count as the number of rows; None is the sum of the weights.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> as_sample_size("effective", ArraySource.of([0.0, 1.0, 2.0])), as_sample_size(7, ArraySource.of([0.0]))
    (3.0, 7.0)
    """
    if asked is None:
        return None
    if isinstance(asked, str) and asked == EFFECTIVE:
        return kish(source)
    if isinstance(asked, str) or not as_amount(asked, "sample_size"):
        raise ParameterError(f"sample_size is {asked!r}; expected 'effective', or a number of rows")
    return float(asked)
