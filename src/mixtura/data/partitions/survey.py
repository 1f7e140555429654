"""The first pass over partitions: cells and weights are checked, and rows counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import LARGEST_VALUE, Rows
from mixtura.data.usable_rows import check_some_values, usable_rows
from mixtura.errors import DataError

ADVICE = "leave such rows out by missing='drop'"


@dataclass(frozen=True, slots=True)
class PartitionSurvey:
    """What the first pass finds out about the rows of one partition.

    Attributes
    ----------
    length : int
        Number of rows, without those that are left out.
    left_out : int
        Number of rows with a missing cell that are left out.
    positive : int
        Number of rows of positive weight.
    weight, squares : float
        Sums of the weights and of their squares.
    whole : bool
        Whether all weights are whole numbers.
    holes : tuple of int
        Number of missing values of each column that are modelled.
    bad : (int, int, float) or None
        Row within the partition, column and value of the first cell that cannot be used.
    """

    length: int
    left_out: int
    positive: int
    weight: float
    squares: float
    whole: bool
    holes: tuple[int, ...]
    bad: tuple[int, int, float] | None


@dataclass(frozen=True, slots=True)
class OnUsedRows:
    """A task on those rows of a partition that are used, given what is done about missing values."""

    task: Any
    missing: str
    weighted: bool

    def __call__(self, rows: Rows, argument: Any) -> Any:
        return self.task(used_rows(rows, self.missing, weighted=self.weighted), argument)


def used_rows(rows: Rows, missing: str, *, weighted: bool) -> Rows:
    """The rows that are used: with "drop" complete ones, with "model" those with a value; refused ones stay.

    Examples
    --------
    >>> used_rows(np.array([[1.0, 2.0], [np.nan, 1.0]]), "drop", weighted=False).tolist()
    [[1.0, 2.0]]
    """
    if missing == "error" or np.isfinite(rows).all():
        return rows
    used, refused = usable_rows(rows, missing, weighted=weighted)
    return rows[used | refused.any(axis=1)]


@dataclass(frozen=True, slots=True)
class TakeSurvey:
    """The task of the first pass; its value is a tuple of one survey, so that ``+`` puts them in order.

    Attributes
    ----------
    weighted : bool
        Whether the last column holds weights.
    missing : {"error", "drop", "model"}
        What is done about missing values.
    """

    weighted: bool
    missing: str = "error"

    def __call__(self, rows: Rows, argument: Any) -> tuple[PartitionSurvey, ...]:
        n_read = len(rows)
        rows = used_rows(rows, self.missing, weighted=self.weighted)
        with np.errstate(invalid="ignore", over="ignore"):  # the limit is infinite in float32
            bad = ~(np.abs(rows) < LARGEST_VALUE)  # NaN compares false
            bad &= ~np.isnan(rows) | (self.missing != "model")
        if self.weighted and len(rows):
            bad[:, -1] |= ~(rows[:, -1] >= 0)
        weight = rows[:, -1].astype(np.float64) if self.weighted else np.ones(len(rows))
        first = None
        if bad.any():
            row, column = np.argwhere(bad)[0].tolist()
            first = (row, column, float(rows[row, column]))
            weight = np.zeros(0)
        found = PartitionSurvey(
            len(rows),
            n_read - len(rows),
            int(np.count_nonzero(weight)),
            float(weight.sum()),
            float(np.square(weight).sum()),
            bool((weight == np.rint(weight)).all()),
            tuple(np.isnan(rows[:, : rows.shape[1] - self.weighted]).sum(axis=0).tolist()),
            first,
        )
        return (found,)


def check_survey(surveys: Sequence[PartitionSurvey], columns: Sequence[str] | None, name: str) -> None:
    """Raise DataError for the first cell that cannot be used, and where there is no row.

    Examples
    --------
    >>> survey = TakeSurvey(weighted=False)(np.array([[1.0], [np.nan]]), None)
    >>> check_survey(survey, ("a",), "X")
    Traceback (most recent call last):
    mixtura.errors.DataError: X, row 1 (row 1 of partition 0), column "a": the cell is empty; leave such rows out by \
missing='drop'
    """
    before = 0
    for number, survey in enumerate(surveys):
        if survey.bad is not None:
            row, column, value = survey.bad
            label = f'column "{columns[column]}"' if columns else f"column {column}"
            where = f"{name}, row {before + row} (row {row} of partition {number}), {label}"
            raise DataError(f"{where}: {_fault(value)}")
        before += survey.length
    if not before:
        raise DataError(f"{name} has no rows without missing values")
    holes = np.sum([survey.holes for survey in surveys if survey.length], axis=0)
    check_some_values(holes, before, columns, name)


def _fault(value: float) -> str:
    """What is wrong with a value."""
    if np.isnan(value):
        return f"the cell is empty; {ADVICE}"
    if np.isinf(value):
        return f"{value:g} is not a finite number; {ADVICE}"
    if value < 0 and abs(value) < LARGEST_VALUE:
        return f"{value:g} is negative; a weight counts how often a row is taken"
    return f"{value:g} is too large to square; rescale the column"
