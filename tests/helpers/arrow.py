"""A table with what Mixtura asks of pyarrow's: names, columns that are arrays, and conversion to NumPy."""

import numpy as np
import polars as pl


class ArrowTable:
    """Columns by name, as ``pyarrow.Table`` has them."""

    def __init__(self, columns):
        self.frame = pl.DataFrame(columns)
        self.column_names = self.frame.columns
        self.columns = [self.frame[name].to_numpy() for name in self.column_names]
        self.shape = self.frame.shape

    def __array__(self, dtype=None, copy=None):
        return np.array(self.frame.to_numpy(), dtype=dtype, copy=copy)

    def __len__(self):
        return len(self.frame)
