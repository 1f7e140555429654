"""Scores of rows with intervals or limits: what each component expects of those of the complete rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data import Intervals, Window
from mixtura.em.incomplete_scores import Scores
from mixtura.kernels import Unseen, conditional_rows
from mixtura.mixture import Mixture


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedWithin:
    """What each component expects of rows with intervals.

    Attributes
    ----------
    mixture : Mixture
    rows : ndarray of shape (n, d)
    parts : tuple of tuple
        Numbers of some rows (m,), their means (m, k, d), and a function from a component to covariances (m, d, d).
    """

    mixture: Mixture
    rows: Rows
    parts: tuple[tuple[NDArray[np.intp], Array, Callable[[int], Array]], ...]

    @classmethod
    def of(cls, mixture: Mixture, rows: Rows, measurement: Intervals) -> ExpectedWithin:
        """The expectations of rows, (n, d)."""
        inexact = np.isnan(rows).any(axis=1)
        others = np.flatnonzero(inexact if measurement.outside is None else inexact | measurement.outside)
        found = conditional_rows(mixture, rows[others], measurement.take(others))
        parts = tuple((others[part.numbers], part.mean, part.covariances) for part in found)
        return cls(mixture, rows, parts)

    @classmethod
    def beyond(cls, mixture: Mixture, window: Window) -> ExpectedWithin:
        """The expectations of one row beyond a window."""
        found = Unseen.beyond(mixture, window)
        own = (np.zeros(1, dtype=np.intp), found.mean[None], lambda j: found.covariance[j : j + 1])
        return cls(mixture, np.full((1, mixture.n_features), np.nan), (own,))

    def __call__(self, component: int, scores: Scores) -> Array:
        """Expected scores under a component; ``scores`` are quadratic in deviations from its mean."""
        mean = self.mixture.means[component]
        found = scores(np.nan_to_num(self.rows - mean))
        zero = scores(np.zeros((1, len(mean))))
        for numbers, means, covariances in self.parts:
            found[numbers] = scores(means[:, component] - mean)
            values, vectors = np.linalg.eigh(covariances(component))
            columns = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
            for j in range(len(mean)):  # of plus and minus a column of the root what is linear cancels
                found[numbers] += (scores(columns[:, :, j]) + scores(-columns[:, :, j])) / 2 - zero
        return found
