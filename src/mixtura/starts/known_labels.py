"""The start from the rows with known labels, for semi-supervised EM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng
from mixtura.covariance.models import as_covariance_model
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.em.estep import UNKNOWN
from mixtura.em.mstep import MStep
from mixtura.errors import ParameterError
from mixtura.kernels import accumulate, kernel_of, sum_over_blocks
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class FromKnownLabels:
    """Start from the labelled rows: a mixture with common variances is fitted to them and classifies the others.

    The start is the statistics of all rows, with responsibilities of that mixture for rows without a label.

    Attributes
    ----------
    labels : ndarray of int, (n,)
        Component of each row, -1 where it is unknown, from `mixtura.em.estep.as_known_labels`.
    """

    labels: NDArray[np.int64]

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats:
        members = np.vstack([np.eye(k), np.zeros((1, k))])  # the last is for -1

        def known_stats(chunk: Chunk) -> Stats:
            return accumulate(chunk, members[self.labels[chunk.positions]], "diagonal")

        first = MStep(as_covariance_model("EEI"), problem.mstep.floor)
        stats = problem.source.sum(sum_over_blocks(known_stats, k))
        if not stats.weight.all():
            raise ParameterError(
                f"known_labels: all rows of component {stats.weight.argmin()} have weight zero; leave it out"
            )
        mixture, _ = first(stats)
        kernel, scatter_kind = kernel_of(problem.source), problem.mstep.scatter_kind

        def all_stats(chunk: Chunk) -> Stats:
            own = self.labels[chunk.positions]
            posterior = kernel.posterior(mixture, chunk)
            posterior = np.where((own == UNKNOWN)[:, None], posterior, members[own])
            return accumulate(chunk, posterior, scatter_kind)

        return problem.source.sum(sum_over_blocks(all_stats, k))
