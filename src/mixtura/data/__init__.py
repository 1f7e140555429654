"""Who holds the rows: chunks of rows, sources that pass them on and add up, and what a first pass tells of them."""

from __future__ import annotations

from mixtura.data.array import ArraySource, as_source
from mixtura.data.chunk import Chunk
from mixtura.data.source import Addable, Source, Sum, Whole, is_source
from mixtura.data.summary import EPS, Extent, Summary

__all__ = [
    "EPS",
    "Addable",
    "ArraySource",
    "Chunk",
    "Extent",
    "Source",
    "Sum",
    "Summary",
    "Whole",
    "as_source",
    "is_source",
]
