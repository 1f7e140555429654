"""Progress of passes over the rows of files: who asks is told of the rows that were read so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Rows
from mixtura.data.files.batches import Batch
from mixtura.data.files.blocks import Blocks


@dataclass(frozen=True, slots=True)
class RowsRead:
    """What ``on_rows`` of `mixtura.scan` is told: how many rows a pass has read; each pass begins with none.

    Attributes
    ----------
    rows : int
    total : int or None
        Number of all rows; None in the first pass over files that do not say it.
    """

    rows: int
    total: int | None


# Told of the rows that were read.
OnRows: TypeAlias = Callable[[RowsRead], object]


def ignore_rows(_read: RowsRead) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class PassProgress:
    """Progress of passes.

    Attributes
    ----------
    number : int
        Of the current pass, from 1.
    read : RowsRead

    Examples
    --------
    >>> progress = PassProgress().after(RowsRead(0, 4000)).after(RowsRead(1000, 4000))
    >>> progress.text, progress.fraction
    ('1,000 of 4,000 rows', 0.25)
    >>> progress.after(RowsRead(0, 4000)).text
    'pass 2: 0 of 4,000 rows'
    """

    number: int = 0
    read: RowsRead = RowsRead(0, None)

    def after(self, read: RowsRead) -> PassProgress:
        """The progress after some more rows."""
        return PassProgress(self.number + (read.rows == 0), read)

    @property
    def fraction(self) -> float | None:
        """How much of the pass is done, from 0 to 1; None where the number of rows is not known."""
        return self.read.rows / self.read.total if self.read.total else None

    @property
    def text(self) -> str:
        """Number of the pass, unless it is the first, and of its rows."""
        number = f"pass {self.number}: " if self.number > 1 else ""
        total = "" if self.read.total is None else f" of {self.read.total:,}"
        return f"{number}{self.read.rows:,}{total} rows"


@dataclass(frozen=True, slots=True, eq=False)
class CountedBlocks:
    """Blocks of which somebody is told when they are read; see `mixtura.data.files.blocks.Blocks`."""

    blocks: Blocks
    on_rows: OnRows

    @property
    def shape(self) -> tuple[int, int]:
        """See `Blocks`."""
        return self.blocks.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """See `Blocks`."""
        return self.blocks.dtype

    def __iter__(self) -> Iterator[Rows]:
        """The blocks in order."""
        done, total = 0, self.shape[0]
        self.on_rows(RowsRead(0, total))
        for block in self.blocks:
            done += len(block)
            yield block
            self.on_rows(RowsRead(done, total))


def counted_batches(batches: Iterable[Batch], total: int | None, on_rows: OnRows) -> Iterator[Batch]:
    """Batches of which somebody is told when they are read; ``total`` is the number of their rows, if it is known."""
    done = 0
    on_rows(RowsRead(0, total))
    for batch in batches:
        done += len(batch.rows)
        yield batch
        on_rows(RowsRead(done, total))
