"""Who holds the rows: each source adds up the same statistics in its own way."""

from __future__ import annotations

from mixtura.sources.array import ArraySource

__all__ = ["ArraySource"]
