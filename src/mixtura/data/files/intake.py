"""The first pass over the rows of files: cells are checked, rows with missing cells left out, and a sample drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixtura._support import LARGEST_VALUE, Rows
from mixtura.data.files.batches import Batch
from mixtura.data.files.reservoir import Reservoir
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What is found out about the rows while they are read for the first time.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns; if ``weighted``, the last holds the weights.
    weighted : bool
    missing : {"error", "drop"}
        What to do about rows with a cell that is empty or infinite.
    sample : Reservoir
        Of the rows of positive weight.
    left_out : Counter
        Number of rows that were left out, by file.
    lengths : Counter
        Number of rows of each file, in the order in which they were read.
    gaps : list of ndarray
        Positions of these rows among all.
    sums : dict
        Sum of the weights and of their squares, number of positive ones, and of those that are no whole numbers.
    """

    columns: tuple[str, ...]
    weighted: bool
    missing: str
    sample: Reservoir
    left_out: Counter[str] = field(default_factory=Counter)
    lengths: Counter[str] = field(default_factory=Counter)
    gaps: list[NDArray[np.intp]] = field(default_factory=list)
    sums: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("weight", "squares", "positive", "broken"), 0.0)
    )

    def checked(self, batches: Iterable[Batch]) -> Iterator[Rows]:
        """The rows of the batches that are used."""
        for batch in batches:
            self.lengths[batch.name] += len(batch.rows)
            rows = self._complete(batch)
            self._count_weights(rows, batch)
            yield rows

    def again(self) -> Intake:
        """The same checks of the same rows in a later pass, of which no sample is drawn."""
        none = self.sample.of_size(0, len(self.columns), self.sample.rows.dtype, np.random.default_rng(0))
        return Intake(self.columns, self.weighted, self.missing, none)

    def notes(self, n_rows: int) -> tuple[str, ...]:
        """How many rows were left out of each file; ``n_rows`` are left."""
        total = n_rows + sum(self.left_out.values())
        rows = {name: "1 row" if count == 1 else f"{count:,} rows" for name, count in self.left_out.items()}
        found = [f"{name}: left out {count} with missing values" for name, count in rows.items()]
        return (*found, f"left out {total - n_rows:,} of {total:,} rows in all") if len(found) > 1 else tuple(found)

    def _complete(self, batch: Batch) -> Rows:
        """The rows without missing cells, all of which are numbers that can be squared."""
        rows = batch.rows
        with np.errstate(invalid="ignore", over="ignore"):  # the limit is infinite in float32
            usable = np.abs(rows) < LARGEST_VALUE  # NaN compares false
        if usable.all():
            return rows
        row, column = np.argwhere(~usable)[0].tolist()
        value = rows[row, column]
        where = f'{batch.name}, row {batch.first + row}, column "{self.columns[column]}"'
        if np.isfinite(value):
            raise DataError(f"{where}: {value:g} is too large to square; rescale the column")
        if self.missing == "error":
            what = "the cell is empty" if np.isnan(value) else f"{value:g} is not a finite number"
            raise DataError(f"{where}: {what}; leave such rows out by missing='drop' (--missing drop)")
        complete = np.isfinite(rows).all(axis=1)
        before = self.sample.seen["rows"] + sum(map(len, self.gaps))
        self.gaps.append(before + np.flatnonzero(~complete))
        self.left_out[batch.name] += len(self.gaps[-1])
        return self._complete(Batch(rows[complete], batch.name, batch.first))

    def _count_weights(self, rows: Rows, batch: Batch) -> None:
        """Add to the sums of the weights, and to the sample."""
        if not self.weighted:
            self.sample.add(rows)
            return
        weight = rows[:, -1].astype(np.float64)
        if (weight < 0).any():
            row = batch.first + int((weight < 0).argmax())
            raise DataError(
                f'{batch.name}, row {row}, column "{self.columns[-1]}": {weight.min():g} is negative; a weight counts '
                "how often a row is taken"
            )
        found = {
            "weight": weight.sum(),
            "squares": np.square(weight).sum(),
            "positive": np.count_nonzero(weight),
            "broken": np.count_nonzero(weight != np.rint(weight)),
        }
        for name, value in found.items():
            self.sums[name] += float(value)
        self.sample.add(rows)
