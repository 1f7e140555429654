"""Rows left out for being the least likely (Neykov et al. 2007; García-Escudero et al. 2008, Ann. Stat. 36)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura import kernels
from mixtura._support import Array
from mixtura.data import Chunk, Source
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True, eq=False)
class Trimmed:
    """A source without its least likely rows.

    The weight that is left is the same whatever the mixture: the last row that counts does so in part. This is what
    makes EM climb: each step raises the log-likelihood of the rows that were kept, and then keeps better ones.

    Attributes
    ----------
    source : Source
    part : ndarray of shape (n,)
        How much of each row's weight is left: 1 or 0, but for the last row that counts.
    cutoff : float
        Log-density of that row.
    """

    source: Source
    part: Array
    cutoff: float

    @classmethod
    def of(cls, source: Source, mixture: Mixture, fraction: float) -> Trimmed:
        """Leave out a fraction of the weight of all rows, those of least density under a mixture.

        Examples
        --------
        >>> from mixtura import DenseCovariance
        >>> from mixtura.data import ArraySource
        >>> one = Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1))
        >>> Trimmed.of(ArraySource.of([0.0, 9.0, 1.0, -8.0]), one, 0.375).part.tolist()
        [1.0, 0.0, 1.0, 0.5]
        """
        logs, weight = np.full(source.length, np.inf), np.zeros(source.length)

        def look(chunk: Chunk) -> Stats:
            logs[chunk.positions] = kernels.log_density(mixture, chunk.rows)
            weight[chunk.positions] = chunk.weigh(np.ones(len(chunk.rows)))
            return Stats.empty(1, 1, "diagonal")

        source.sum(look)
        order = np.argsort(logs, kind="stable")
        above = np.cumsum(weight[order]) - fraction * weight.sum()  # of each row and those before it, what is left
        part = np.empty(source.length)
        part[order] = np.clip(np.divide(above, weight[order], out=np.ones_like(above), where=weight[order] > 0), 0, 1)
        return cls(source, part, float(logs[order[np.argmax(above > 0)]]))

    def estep(self, mixture: Mixture, scatter_kind: ScatterKind) -> Stats:
        """The E-step on the rows that are left."""
        k = len(mixture.shares)

        def over(chunk: Chunk) -> Stats:
            part = self.part[chunk.positions]
            kept = part > 0
            if not kept.any():
                return Stats.empty(k, mixture.n_features, scatter_kind)
            return kernels.estep(mixture, Chunk(chunk.rows[kept], chunk.weigh(part)[kept]), scatter_kind)

        return self.source.sum(over)
