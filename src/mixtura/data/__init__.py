"""Who holds the rows, and hence who adds up what a pass leaves behind."""

from __future__ import annotations

from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.source import Source

__all__ = ["ArraySource", "Chunk", "Source"]
