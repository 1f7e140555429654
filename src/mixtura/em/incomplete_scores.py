"""Scores of rows with missing values: what each component expects of those of the complete rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data import Patterns
from mixtura.kernels import Conditionals, pattern_groups
from mixtura.mixture import Mixture

# The means and covariances with which a component completes rows: (m, d) -> (m, b), the scores of complete rows.
Scores = Callable[[Array], Array]


def expected_scores(mixture: Mixture, rows: Rows, component: int, scores: Scores) -> Array:
    """Expectation of ``scores``, quadratic in a row, over what a component says of missing values, (n, b).

    Rows are (n, d) with NaN for missing values; ``scores`` takes deviations from the component's mean.

    Examples
    --------
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], [[[4.0, 1.0], [1.0, 1.0]]])
    >>> expected_scores(mixture, np.array([[2.0, np.nan]]), 0, lambda x: x**2).round(9).tolist()  # 1/2 and 1 - 1/4
    [[4.0, 1.0]]
    """
    zero = scores(np.zeros((1, mixture.n_features)))[0]
    found = np.empty((len(rows), len(zero)))
    for own, deviations, rest in _completions(mixture, rows, component):
        found[own] = scores(deviations)
        if rest.any():
            # A quadratic form of errors whose covariance is A A' has the sum over the columns of A as its mean; of plus
            # and minus each column what is linear cancels.
            columns = _columns_of_root(rest)
            found[own] += ((scores(columns) + scores(-columns)) / 2 - zero).sum(axis=0)
    return found


def _columns_of_root(matrix: Array) -> Array:
    """The columns of a root of a positive semidefinite matrix, (d, d), as rows."""
    values, vectors = np.linalg.eigh(matrix)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def _completions(mixture: Mixture, rows: Rows, component: int) -> list[tuple[NDArray[np.intp], Array, Array]]:
    """For each pattern: numbers of its rows, expected deviations from the mean, and the covariance of the rest."""
    patterns, d = Patterns.of(rows), mixture.n_features
    starts, found = np.append(0, patterns.ends[:-1]), []
    for group in pattern_groups(len(patterns.ends), mixture):
        conditionals = Conditionals.of(mixture.affine, patterns.seen[group])
        for which, (start, end) in enumerate(zip(starts[group], patterns.ends[group], strict=True)):
            own, rest = patterns.order[start:end], conditionals.rest[which, component]
            deviations = np.where(conditionals.seen[which], rows[own] - mixture.means[component], 0.0)
            if conditionals.slopes is not None:
                deviations = deviations @ conditionals.slopes[which, component].T
            found.append((own, deviations, rest if rest.ndim == 2 else rest * np.eye(d)))
    return found
