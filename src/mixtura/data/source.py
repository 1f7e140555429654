"""Whoever holds the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mixtura._support import Rng
from mixtura.data.chunk import Chunk
from mixtura.stats import Stats


class Source(Protocol):
    """Who holds the rows, and hence who adds up what a pass leaves behind."""

    @property
    def n_rows(self) -> int:
        """Number of rows that count (weight above zero)."""

    @property
    def n_features(self) -> int:
        """Number of columns."""

    @property
    def length(self) -> int:
        """Number of positions: rows of weight zero have one, too."""

    def sum(self, f: Callable[[Chunk], Stats]) -> Stats:
        """Add up ``f(chunk)`` over all chunks, in a fixed order."""

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, with their weights; all rows if there are fewer."""
