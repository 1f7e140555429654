"""Sources of rows: they hold the data, apply a function to chunks of it, and add up the results.

`Source` is the protocol, `ArraySource` the source of rows in memory; `Summary` holds the moments and the range of a
data set. To add a source, write a class with the members of `Source` in a file of its own and export it below.
"""

from __future__ import annotations

from mixtura.data.array import ArraySource, as_source, given_weights
from mixtura.data.chunk import Chunk
from mixtura.data.source import Addable, Source, Sum, WholeArray, is_source, weights_of
from mixtura.data.summary import Extent, Summary
from mixtura.data.values import ColumnValues, round_to_units

__all__ = [
    "Addable",
    "ArraySource",
    "Chunk",
    "ColumnValues",
    "Extent",
    "Source",
    "Sum",
    "Summary",
    "WholeArray",
    "as_source",
    "given_weights",
    "is_source",
    "round_to_units",
    "weights_of",
]
