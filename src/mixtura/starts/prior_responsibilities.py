"""The start from prior responsibilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura._support import Array, Rng
from mixtura.covariance.models import as_covariance_model
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.em.estep import PriorResponsibilities
from mixtura.em.mstep import MStep
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class FromPriorResponsibilities:
    """Start from the rows of which something is known: a mixture with common variances is fitted to them.

    The start is the statistics of all rows under that mixture and the prior responsibilities. If no row tells of some
    component, all rows count.

    Attributes
    ----------
    given : ndarray of shape (n, k)
        From `mixtura.em.estep.as_prior_responsibilities`.
    """

    given: Array

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats:
        tells = self.given.min(axis=1) < 1
        members = self.given / self.given.sum(axis=1, keepdims=True)
        if (members[tells] > 1 / k).any(axis=0).all():
            members = np.where(tells[:, None], members, 0.0)

        def known_stats(chunk: Chunk) -> Stats:
            return accumulate(chunk, members[chunk.positions], "diagonal")

        first = MStep(as_covariance_model("EEI"), problem.mstep.floor)
        mixture, _ = first(problem.source.sum(sum_over_blocks(known_stats, k)))
        return PriorResponsibilities.of(self.given)(problem.source, mixture, problem.mstep.scatter_kind)[0]
