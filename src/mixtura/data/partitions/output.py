"""What is computed of each row of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RowOutput:
    """Name, type and shape of what is computed of each row.

    Attributes
    ----------
    name : str
        Such as "label"; the name of the column that is added to a table.
    type : type
        float or int.
    width : int or None
        Number of values for each row, an array (n, width); None for one, (n,).
    columns : tuple of str or None
        Names of the columns that are used; None where they are not known.
    """

    name: str
    type: type
    width: int | None = None
    columns: tuple[str, ...] | None = None

    def of(self, f: Callable[[Any], NDArray[Any]], rows: Any) -> NDArray[Any]:
        """``f(rows)``, and an empty array of the same kind for an empty partition.

        Examples
        --------
        >>> RowOutput("posterior", float, 3).of(len, []).shape
        (0, 3)
        """
        if len(rows):
            return f(rows)
        return np.empty((0,) if self.width is None else (0, self.width), self.type)
