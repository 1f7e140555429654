"""A source of the tests' own: rows in two halves, that adds up in its own way, and counts its passes."""

import numpy as np

from mixtura.data import Chunk


class Halves:
    """Rows that nobody holds in one array."""

    whole = None

    def __init__(self, rows, weight=None):
        self._all = Chunk(rows, np.ones(len(rows)) if weight is None else np.asarray(weight, dtype=float))
        self._counted = self._all.take(np.flatnonzero(self._all.sample_weight))
        self.n_rows, self.n_features, self.length = len(self._counted.rows), rows.shape[1], len(rows)
        self.dtype, self.passes = rows.dtype, 0

    def sum(self, f):
        self.passes += 1
        middle = self.n_rows // 2
        return f(self._counted.take(slice(0, middle))) + f(self._counted.take(slice(middle, self.n_rows)))

    def rows(self, n, rng):
        chosen = np.arange(self.n_rows) if n >= self.n_rows else rng.choice(self.n_rows, size=n, replace=False)
        return self._counted.take(np.sort(chosen))

    def take(self, positions):
        return Halves(self._all.rows[positions], self._all.sample_weight[positions])

    def reweighted(self, factor):
        return Halves(self._all.rows, self._all.sample_weight * factor)
