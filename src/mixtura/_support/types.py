"""Types of arrays and random generators, and limits of float64."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.signedinteger] | NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)
Rng: TypeAlias = np.random.Generator | np.random.RandomState

# How the factors that whiten rows are stored: a matrix for each component, one matrix for all, or diagonals alone.
StorageForm: TypeAlias = Literal["dense", "shared", "diagonal"]

# Machine epsilon and the smallest positive normal number of float64.
EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)
