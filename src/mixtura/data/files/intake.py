"""The first pass over the rows of files: cells are checked, rows that cannot be used left out, and a sample drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixtura._support import LARGEST_VALUE, Rows
from mixtura.data.files.batches import Batch
from mixtura.data.files.reservoir import Reservoir
from mixtura.data.files.unused import UnusedRows
from mixtura.data.usable_rows import check_missing_action, usable_rows
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What is found out about the rows while they are read for the first time.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns; if ``weighted``, the last holds the weights.
    weighted : bool
    action : {"error", "drop", "model"}
        What is done about missing values (`usable_rows`).
    missing, refused, bad_rows : UnusedRows
        Rows that are left out, or refused, for a cell that is empty or infinite, and those that cannot be read.
    sample : Reservoir
        Of the rows of positive weight.
    lengths : Counter
        Number of rows of each file, in the order in which they were read.
    gaps : list of ndarray
        Positions, among all, of the rows that were left out.
    holes : ndarray of int, (d,)
        Number of missing values that are modelled, by column.
    sums : dict
        Sum of the weights and of their squares, number of positive ones, and of those that are no whole numbers.
    """

    columns: tuple[str, ...]
    weighted: bool
    action: str
    missing: UnusedRows
    refused: UnusedRows
    bad_rows: UnusedRows
    sample: Reservoir
    holes: NDArray[np.int64]
    lengths: Counter[str] = field(default_factory=Counter)
    gaps: list[NDArray[np.intp]] = field(default_factory=list)
    sums: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("weight", "squares", "positive", "broken"), 0.0)
    )

    @classmethod
    def of(cls, columns: tuple[str, ...], sample: Reservoir, *, weighted: bool, missing: str, bad_rows: str) -> Intake:
        """The intake of rows of which none has been read; the others are parameters of `mixtura.scan`."""
        check_missing_action(missing)
        left_out = UnusedRows("missing", "drop", "without any value" if missing == "model" else "with missing values")
        refused = UnusedRows("missing", "error", "")
        unread = UnusedRows("bad_rows", bad_rows, "that cannot be read")
        holes = np.zeros(len(columns), dtype=np.int64)
        return cls(columns, weighted, missing, left_out, refused, unread, sample, holes)

    def checked(self, batches: Iterable[Batch]) -> Iterator[Rows]:
        """The rows of the batches that are used.

        Raises
        ------
        DataError
            At the end, when all of them are counted, if there are rows that can be neither used nor left out.
        """
        for batch in batches:
            self.lengths[batch.name] += len(batch.rows)
            rows = self._usable(batch)
            if not (self.refused.is_refused or self.bad_rows.is_refused):
                self._count_weights(rows)
                yield rows
        refused = [rows.refusal for rows in (self.bad_rows, self.refused) if rows.is_refused]
        if refused:
            raise DataError("; ".join(refused))

    def again(self) -> Intake:
        """The same checks of the same rows in a later pass, of which no sample is drawn."""
        none = self.sample.of_size(0, len(self.columns), self.sample.rows.dtype, np.random.default_rng(0))
        missing, bad_rows = self.action, self.bad_rows.action
        return Intake.of(self.columns, none, weighted=self.weighted, missing=missing, bad_rows=bad_rows)

    def notes(self, n_rows: int) -> tuple[str, ...]:
        """How many rows were left out of each file; ``n_rows`` are left."""
        found = (*self.bad_rows.notes, *self.missing.notes)
        total = n_rows + sum(map(len, self.gaps))
        return (*found, f"left out {total - n_rows:,} of {total:,} rows in all") if len(found) > 1 else found

    def _usable(self, batch: Batch) -> Rows:
        """The rows that can be read and lack no cell, all of which are numbers that can be squared."""
        rows = batch.rows
        if self.weighted:
            self._check_weights(batch)
        with np.errstate(invalid="ignore", over="ignore"):  # the limit is infinite in float32
            if not rows.size or (rows.min() > -LARGEST_VALUE and rows.max() < LARGEST_VALUE):  # false for NaN
                return rows
            usable = np.abs(rows) < LARGEST_VALUE
        finite = np.isfinite(rows)
        huge = np.argwhere(finite & ~usable)
        if len(huge):
            row, column = huge[0].tolist()
            raise DataError(
                f"{batch.name}, {self._place(batch, row, column)}: {rows[row, column]:g} is too large to square; "
                "rescale the column"
            )
        used, cells = usable_rows(rows, self.action, weighted=self.weighted)
        readable = np.ones(len(rows), dtype=bool)
        readable[[bad.index for bad in batch.bad]] = False
        if batch.bad:
            reasons = (f"row {batch.first + bad.index}{bad.reason}" for bad in batch.bad)
            self.bad_rows.add(batch.name, len(batch.bad), reasons)
        kept = used & readable & ~cells.any(axis=1)
        bad, faults = cells.any(axis=1), ~finite
        for unused, which, where in ((self.refused, bad, cells), (self.missing, ~used & ~bad, faults)):
            own = np.flatnonzero(which & readable)
            if len(own):
                unused.add(batch.name, len(own), (self._gap(batch, row, where[row]) for row in own.tolist()))
        before = self.sample.seen["rows"] + sum(map(len, self.gaps))
        if not kept.all():
            self.gaps.append(before + np.flatnonzero(~kept))
        self.holes[:] += np.isnan(rows[kept]).sum(axis=0)
        return rows[kept]

    def _place(self, batch: Batch, row: int, column: int) -> str:
        """Number of a row in its file, and name of a column."""
        return f'row {batch.first + row}, column "{self.columns[column]}"'

    def _gap(self, batch: Batch, row: int, faults: NDArray[np.bool_]) -> str:
        """What is wrong with the first cell of a row that has faults, (d,): it is empty or infinite."""
        column = int(faults.argmax())
        value = batch.rows[row, column]
        what = "the cell is empty" if np.isnan(value) else f"{value:g} is not a finite number"
        return f"{self._place(batch, row, column)}: {what}"

    def _check_weights(self, batch: Batch) -> None:
        """Raise DataError if a weight is negative."""
        weight = batch.rows[:, -1]
        negative = np.flatnonzero(weight < 0)
        if len(negative):
            place = self._place(batch, int(negative[0]), len(self.columns) - 1)
            raise DataError(
                f"{batch.name}, {place}: {weight[negative[0]]:g} is negative; a weight counts how often a row is taken"
            )

    def _count_weights(self, rows: Rows) -> None:
        """Add to the sums of the weights, and to the sample."""
        self.sample.add(rows)
        if not self.weighted:
            return
        weight = rows[:, -1].astype(np.float64)
        found = {
            "weight": weight.sum(),
            "squares": np.square(weight).sum(),
            "positive": np.count_nonzero(weight),
            "broken": np.count_nonzero(weight != np.rint(weight)),
        }
        for name, value in found.items():
            self.sums[name] += float(value)
