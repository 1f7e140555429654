"""How rows were measured, where they are not complete and exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rows
from mixtura.data.patterns import Patterns

# Some rows: a slice, a mask (n,), or indices from 0.
SomeRows: TypeAlias = slice | NDArray[np.bool_] | NDArray[np.intp]


class Measurement(Protocol):
    """How n rows were measured: what kernels need to know of them beside their values."""

    def take(self, rows: SomeRows) -> Self:
        """The measurement of some of the rows."""

    def order(self, rows: Rows) -> NDArray[np.intp]:
        """Numbers of the rows, (n,), in an order in which rows that were measured alike follow each other."""


@dataclass(frozen=True, slots=True)
class MissingValues:
    """Rows whose missing values, if any, are NaN; other values are exact."""

    def take(self, rows: SomeRows) -> MissingValues:
        """Itself: the rows tell which values they lack."""
        return self

    def order(self, rows: Rows) -> NDArray[np.intp]:
        """The order of the rows' patterns of missing values."""
        return Patterns.of(rows).order


MISSING_VALUES = MissingValues()
