"""What the drawn rows say of a mixture: certainty, distances, overlap, and rows that stand for something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index, LazyModule
from mixtura.mixture import Mixture
from mixtura.report.drawn_rows import DrawnRows

special = LazyModule("scipy.special")

# A row is uncertain if none of its probabilities is above this.
CERTAIN = 0.8

# A row with a greater probability is no example of an uncertain one.
NEARLY_ONE = 0.999

# A row is farther than chance explains if fewer rows than this are expected so far away among all.
UNUSUAL = 0.05


@dataclass(frozen=True, eq=False)
class Measures:
    """Responsibilities and distances of the drawn rows.

    Attributes
    ----------
    mixture : Mixture
    drawn : DrawnRows
    """

    mixture: Mixture
    drawn: DrawnRows

    @cached_property
    def posterior(self) -> Array:
        """Responsibilities, (n, k), with one more column for noise, if any."""
        return self.mixture.posterior(self.drawn.rows)

    @cached_property
    def labels(self) -> NDArray[np.intp]:
        """Most probable component of each row, (n,); k is noise."""
        return self.posterior.argmax(axis=1)

    @cached_property
    def certainty(self) -> Array:
        """Probability of each row's most probable component, (n,)."""
        return self.posterior.max(axis=1)

    @cached_property
    def distances(self) -> Array:
        """Squared Mahalanobis distance of each row from each component, (n, k)."""
        mixture, rows = self.mixture, self.drawn.rows
        white = (mixture.covariances.whiten(j, rows - mixture.means[j]) for j in range(mixture.n_components))
        return np.stack([np.einsum("ij,ij->i", one, one) for one in white], axis=1)

    @cached_property
    def expected(self) -> Array:
        """Number of rows, among all, that a component would put as far away as each row is from the nearest, (n,)."""
        nearest = self.distances.min(axis=1)
        tail = special.gammaincc(self.mixture.n_features / 2, nearest / 2)
        return np.asarray(self.drawn.total * tail)

    @property
    def uncertain_fraction(self) -> float:
        """Fraction of the rows that are uncertain."""
        return float((self.certainty < CERTAIN).mean())

    @property
    def far_rows(self) -> int:
        """Number of rows that are farther from every component than chance explains."""
        return int((self.expected < UNUSUAL).sum())

    def certainty_counts(self, edges: tuple[float, ...]) -> list[int]:
        """Number of rows between each two of the edges, from the greatest probability on.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[1.0]]])
        >>> drawn = DrawnRows(np.array([[0.0], [4.5]]), np.arange(2), 2, np.arange(2))
        >>> Measures(mixture, drawn).certainty_counts((0.9, 0.0))
        [1, 1]
        """
        above = [int((self.certainty >= edge).sum()) for edge in edges]
        return [above[0], *np.diff(above).tolist()]

    def least_certain(self, most: int, component: int | None = None) -> Index:
        """Positions of the least certain rows, of all or of those of one component; certain ones are left out."""
        uncertain = self.certainty < NEARLY_ONE
        own = np.flatnonzero(uncertain if component is None else uncertain & (self.labels == component))
        return own[np.argsort(self.certainty[own], kind="stable")[:most]]

    def most_typical(self, most: int, component: int) -> Index:
        """Positions of the rows of a component that are nearest to its mean."""
        own = np.flatnonzero(self.labels == component)
        return own[np.argsort(self.distances[own, component], kind="stable")[:most]]

    def farthest(self, most: int) -> Index:
        """Positions of the rows that are farthest from every component."""
        # Expected numbers of very far rows are all 0 in float64; the distances then say which row is farther.
        return np.argsort(self.expected - 1e-300 * self.distances.min(axis=1), kind="stable")[:most]

    def overlaps(self) -> list[tuple[int, int, float]]:
        """Pairs of components and the fraction of their rows' weight that they share, the greatest first.

        That is 2 sum_i r_ia r_ib / sum_i (r_ia + r_ib)(r_ia + r_ib): 0 if every row is certain, 1/2 if all are divided.
        """
        k = self.mixture.n_components
        own = self.posterior[:, :k]
        products = own.T @ own
        squares = np.diag(products)
        both = squares[:, None] + squares + 2 * products
        shared = 2 * products / np.maximum(both, 1e-300)
        pairs = [(a, b, float(shared[a, b])) for a in range(k) for b in range(a + 1, k)]
        return sorted(pairs, key=lambda pair: -pair[2])
