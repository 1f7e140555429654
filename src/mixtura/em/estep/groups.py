"""The E-step of rows in groups: all rows of a group belong to the same component."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, log_or_minus_inf, responsibilities, sums_by_group
from mixtura.data import Chunk, RowValues, Source, weights_of
from mixtura.errors import DataError
from mixtura.kernels import kernel_for, kernel_of, log_joint_of, statistics_of
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """E-step in which groups are drawn from the mixture, and all rows of a group from its component.

    A group of rows contributes log sum_j p_j w_j prod_i N(x_i; m_j, S_j) to the log-likelihood, with p_j = 1 where
    nothing is known of its component (Shental, Bar-Hillel, Hertz & Weinshall 2004, Adv. Neural Inf. Process. Syst. 16).
    The weights are fractions of the groups. A row's weight is how often it counts in its group.

    Attributes
    ----------
    numbers : ndarray of int, (n,)
        Group of the row at each position.
    log_prior : ndarray of shape (n, k), or None
        Logarithm of prior responsibilities, whose product over a group's rows is the p_j.
    knows_all : bool
        Whether each component is known to have rows.
    """

    numbers: NDArray[np.intp]
    log_prior: Array | None = None
    knows_all: bool = False

    left_out: ClassVar[float] = 0.0
    in_kernel: ClassVar[bool] = False
    rows_are_independent: ClassVar[bool] = False

    @classmethod
    def of(cls, numbers: NDArray[np.intp], known: Array | None) -> Groups:
        """The E-step with checked groups, (n,), and prior responsibilities, (n, k), if any.

        Raises
        ------
        DataError
            If the rows of a group exclude all components.
        """
        if known is None:
            return cls(numbers)
        log_prior = log_or_minus_inf(known)
        excluded = np.isneginf(sums_by_group(log_prior, numbers)).all(axis=1)
        if excluded.any():
            rows = np.flatnonzero(numbers == excluded.argmax()).tolist()
            raise DataError(f"groups: rows {rows[:6]} share a group, but are known to belong to different components")
        return cls(numbers, log_prior, knows_all=True)

    @property
    def of_components(self) -> Groups:
        """Itself."""
        return self

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        kernel, k = kernel_of(source, mixture), mixture.n_components

        def joints(chunk: Chunk) -> RowValues:
            return RowValues(((chunk.positions, log_joint_of(kernel, mixture, chunk).T),))

        weights = weights_of(source)
        counts = np.ones(source.length) if weights is None else weights
        rows = source.sum(joints).at_positions(source.length, (0.0,) * k).T
        found, density, largest = self.of_groups(rows, counts, log_or_minus_inf(mixture.weights))
        present = np.bincount(self.numbers, counts) > 0
        own = found[self.numbers]

        def estep(chunk: Chunk) -> Stats:
            return statistics_of(kernel, mixture, chunk, own[chunk.positions], scatter_kind)

        stats = source.sum(estep).with_logs(float(density[present].sum()), float((largest - density)[present].sum()))
        return replace(stats, drawn=found[present].sum(axis=0)), memory

    def of_groups(self, joints: Array, counts: Array, log_weights: Array) -> tuple[Array, Array, Array]:
        """Responsibilities of the groups, (g, k), their log-densities and the largest terms, (g,).

        Given are log-joints of the rows, (n, k), how often each counts, (n,), and the log-weights, (k,).
        """
        known = 0.0 if self.log_prior is None else np.where(counts[:, None] > 0, self.log_prior, 0.0)
        possible = ~np.isneginf(log_weights)
        own = counts[:, None] * np.subtract(joints, log_weights, out=np.zeros_like(joints), where=possible) + known
        return responsibilities(sums_by_group(own, self.numbers) + log_weights)

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities of the rows' groups, (m, k), of which the chunk has all rows, and the weights, (m,)."""
        part, weight = self.select_rows(chunk.positions), chunk.weigh(np.ones(len(chunk.rows)))
        joints = log_joint_of(kernel_for(chunk.measurement, mixture), mixture, chunk)
        return part.of_groups(joints, weight, log_or_minus_inf(mixture.weights))[0][part.numbers], weight

    def select_rows(self, positions: slice | NDArray[np.intp]) -> Groups:
        """The E-step for only the rows at these positions."""
        numbers = np.unique(self.numbers[positions], return_inverse=True)[1]
        known = None if self.log_prior is None else self.log_prior[positions]
        return Groups(numbers, known, self.knows_all)
