"""The E-step of trimmed likelihood (Neykov et al. 2007; García-Escudero et al. 2008, Ann. Stat. 36)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, RowValues, Source
from mixtura.kernels import kernel_for, kernel_of
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class Trimmed:
    """E-step that leaves out the rows of least density, a fraction of the total weight.

    The weight that is kept does not depend on the mixture, since the row at the cutoff counts in part. So the
    log-likelihood never falls: an M-step raises that of the rows that were kept, and then rows of higher density are
    kept. Its memory is the cutoff: the log-density of the row that counts in part.

    Attributes
    ----------
    fraction : float
        Fraction of the total weight that is left out, from 0 to below 1.
    """

    fraction: float

    in_kernel: ClassVar[bool] = False
    knows_all: ClassVar[bool] = False
    rows_are_independent: ClassVar[bool] = True

    @property
    def left_out(self) -> float:
        """The fraction of the rows' weight that is left out."""
        return self.fraction

    @property
    def of_components(self) -> Trimmed:
        """Itself."""
        return self

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, float]:
        fractions, cutoff = self.kept_fractions(source, mixture)
        k, kernel = len(mixture.all_weights), kernel_of(source, mixture)

        def estep(chunk: Chunk) -> Stats:
            own = fractions[chunk.positions]
            kept = own > 0
            if not kept.any():
                return Stats.empty(k, mixture.n_features, scatter_kind)
            return kernel.estep(mixture, chunk.reweighted(chunk.weigh(own)).take(kept), scatter_kind)

        return source.sum(estep), cutoff

    def kept_fractions(self, source: Source, mixture: Mixture) -> tuple[Array, float]:
        """Fraction of its weight with which each row counts, (length,), and the log-density of the row at the cutoff.

        The fraction is 0 below the cutoff and 1 above it.

        Examples
        --------
        >>> from mixtura import DenseCovariance
        >>> from mixtura.data import ArraySource
        >>> one = Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1))
        >>> Trimmed(0.375).kept_fractions(ArraySource.of([0.0, 9.0, 1.0, -8.0]), one)[0].tolist()
        [1.0, 0.0, 1.0, 0.5]
        """
        kernel = kernel_of(source, mixture)

        def densities(chunk: Chunk) -> RowValues:
            logs = kernel.log_density(mixture, chunk)
            return RowValues(((chunk.positions, np.stack([logs, chunk.weigh(np.ones(len(logs)))])),))

        logs, weight = source.sum(densities).at_positions(source.length, (np.inf, 0.0))
        order = np.argsort(logs, kind="stable")
        above = np.cumsum(weight[order]) - self.fraction * weight.sum()  # weight kept up to each row; none if negative
        part = np.empty(source.length)
        part[order] = np.clip(np.divide(above, weight[order], out=np.ones_like(above), where=weight[order] > 0), 0, 1)
        return part, float(logs[order[np.argmax(above > 0)]])

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities by Bayes' rule, (m, k), and the rows' weights, (m,), zero below the cutoff in ``memory``."""
        kernel = kernel_for(chunk.measurement, mixture)
        kept = kernel.log_density(mixture, chunk) >= (-np.inf if memory is None else memory)
        return kernel.posterior(mixture, chunk), chunk.weigh(kept.astype(np.float64))

    def select_rows(self, positions: slice | NDArray[np.intp]) -> Trimmed:
        """Itself, since it treats all rows alike."""
        return self
