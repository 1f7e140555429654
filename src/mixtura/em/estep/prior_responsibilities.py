"""The E-step where it is known beforehand how likely each row belongs to each component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, log_or_minus_inf, responsibilities, without_missing
from mixtura.data import Chunk, Source
from mixtura.errors import DataError
from mixtura.kernels import Kernel, kernel_for, kernel_of, log_joint_of, statistics_of
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


def as_prior_responsibilities(given: Any, n_rows: int, k: int) -> Array:
    """Check prior responsibilities, (n_rows, k), and divide each row by its largest.

    A row with missing values says nothing, like a row of equal numbers; each component needs a row that does not
    exclude it.

    Examples
    --------
    >>> as_prior_responsibilities([[0.2, 0.8], [0.5, 0.5], [1, 0]], 3, 2).tolist()
    [[0.25, 1.0], [1.0, 1.0], [1.0, 0.0]]
    >>> as_prior_responsibilities([[0.2, 0.8], [0, 0]], 2, 2)
    Traceback (most recent call last):
    mixtura.errors.DataError: prior_responsibilities, row 1: [0.0, 0.0]; expected 2 numbers that are not negative, not \
all zero
    """
    values, missing = without_missing(given)
    nothing: NDArray[np.bool_] = np.asarray(missing.reshape(len(missing), -1).any(axis=1))
    if values.shape != (n_rows, k):
        raise DataError(
            f"prior_responsibilities has shape {values.shape}; expected a number for each row and component, "
            f"({n_rows}, {k})"
        )
    try:
        numbers = np.where(nothing[:, None], 1.0, np.where(missing, 1.0, values).astype(np.float64))
    except (TypeError, ValueError):
        raise DataError("prior_responsibilities has values that are no numbers") from None
    largest = numbers.max(axis=1)
    bad = ~np.isfinite(numbers).all(axis=1) | (numbers < 0).any(axis=1) | (largest <= 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"prior_responsibilities, row {row}: {numbers[row].tolist()}; expected {k} numbers that are not negative, "
            "not all zero"
        )
    if not (numbers > 0).any(axis=0).all():
        column = int((numbers > 0).any(axis=0).argmin())
        raise DataError(f"prior_responsibilities: no row may belong to component {column}, whose column is zero")
    return numbers / largest[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class PriorResponsibilities:
    """E-step in which a row's responsibilities are proportional to p_j w_j N(x; m_j, S_j), with given p_j.

    The row contributes log sum_j p_j w_j N(x; m_j, S_j) to the log-likelihood. A row of ones says nothing, and a row of
    zeros and a one is a known label (Côme, Oukhellou, Denoeux & Aknin 2009, Pattern Recognition 42, 334-348). Any row
    may be noise, if there is a noise component.

    Attributes
    ----------
    log_prior : ndarray of shape (n, k)
        Logarithm of p_j for the row at each position.
    """

    log_prior: Array

    left_out: ClassVar[float] = 0.0
    in_kernel: ClassVar[bool] = False
    knows_all: ClassVar[bool] = True
    rows_are_independent: ClassVar[bool] = True

    @classmethod
    def of(cls, given: Array) -> PriorResponsibilities:
        """The E-step with checked prior responsibilities, (n, k)."""
        return cls(log_or_minus_inf(given))

    @property
    def of_components(self) -> PriorResponsibilities:
        """Itself."""
        return self

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        kernel = kernel_of(source, mixture)

        def estep(chunk: Chunk) -> Stats:
            found, density, largest = self._bayes(kernel, mixture, chunk)
            loglik, assignment = chunk.weigh(density).sum(), chunk.weigh(largest - density).sum()
            stats = statistics_of(kernel, mixture, chunk, found, scatter_kind)
            return stats.with_logs(float(loglik), float(assignment))

        return source.sum(kernel.estep_pass_knowing(estep, mixture, scatter_kind, self.log_prior)), memory

    def _bayes(self, kernel: Kernel, mixture: Mixture, chunk: Chunk) -> tuple[Array, Array, Array]:
        joint, known = log_joint_of(kernel, mixture, chunk), self.log_prior[chunk.positions]
        joint[:, : known.shape[1]] += known
        return responsibilities(joint)

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities, (m, k), and the rows' weights, (m,)."""
        found = self._bayes(kernel_for(chunk.measurement, mixture), mixture, chunk)[0]
        return found, chunk.weigh(np.ones(len(chunk.rows)))

    def select_rows(self, positions: slice | NDArray[np.intp]) -> PriorResponsibilities:
        """The E-step for only the rows at these positions."""
        return PriorResponsibilities(self.log_prior[positions])
