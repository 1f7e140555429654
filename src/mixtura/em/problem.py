"""What EM iterates on: rows, the E-step that shares them out, and the M-step that fits a mixture to the sums."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.data import ArraySource, Chunk, Source, Summary
from mixtura.em.estep import EStep, WithBackground
from mixtura.em.mstep import MStep
from mixtura.em.run import Iterate
from mixtura.mixture import Mixture, Noise
from mixtura.stats import Stats

# A fall of the log-likelihood below this fraction of its size is rounding, not a failure to maximise: of float64 rows,
# and of float32 rows, whose arithmetic is float32, too.
ROUNDING, SINGLE_ROUNDING = 1e-7, 2e-6

# Near-singular covariances make it so many times as large: 7.5 times in 200 fits to dependent columns.
ROUNDING_AT_FLOOR = 30.0


# A floor below this fraction of the data's variance is there for the arithmetic, not a limit that somebody has chosen.
NUMERICAL = 1e-6

# Of so many times n rows a fraction, the floor's standard deviation in units of the data's, may lie within the floor by
# chance; a normal density has at most 0.4 n in two such deviations.
CHANCE = 20.0


class RepairPolicy(Protocol):
    """What is done about components that collapse."""

    @property
    def accepts_falls(self) -> bool:
        """Whether EM goes on where the log-likelihood falls, as scikit-learn's does."""

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """Which components are to be repaired, (k,)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to what, the same for all starts: each part is a value, and may be replaced by another.

    Attributes
    ----------
    source : Source
    estep : EStep
    mstep : MStep
    repair : RepairPolicy
    summary : Summary
        Of all rows: their total weight, and the scale that repairs go by.
    """

    source: Source
    estep: EStep
    mstep: MStep
    repair: RepairPolicy
    summary: Summary

    @property
    def scale(self) -> Array:
        """Variances of the data's columns, (d,), none of them zero."""
        return self.summary.scale

    def rounding(self, at: Iterate) -> float:
        """By how much rounding may make the log-likelihood fall in an iteration that ends there."""
        relative = SINGLE_ROUNDING if np.dtype(self.source.dtype) == np.float32 else ROUNDING
        return relative * (ROUNDING_AT_FLOOR if at.at_floor.any() else 1.0) * (abs(at.loglik) + at.stats.total)

    def evaluate(self, mixture: Mixture, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The E-step at a mixture; the log-likelihood is penalised: plus the M-step's `penalty` of the mixture."""
        stats, memory = self.estep(self.source, mixture, self.mstep.scatter_kind, memory)
        penalty = self.mstep.penalty(mixture)
        stats = replace(stats, loglik=stats.loglik + penalty) if penalty else stats
        return Iterate.at(mixture, stats, at_floor, memory)

    def begin(self, start: Mixture | Stats) -> Iterate:
        """The first E-step, at a start that is brought into the model and onto the floor."""
        first = self.mstep(start) if isinstance(start, Stats) else self.mstep.admit(start)
        return self.evaluate(*first)

    def on(self, sample: Chunk) -> Problem:
        """The same problem on some of its rows, as an array in memory."""
        rows = np.require(sample.rows, requirements="C")
        source = ArraySource(rows, sample.sample_weight, getattr(self.source, "threads", None))
        return replace(self, source=source, estep=self.estep.on(sample.positions))

    def keep(self, components: Index) -> Problem:
        """The same problem for some of the components."""
        return replace(self, mstep=self.mstep.keep(components))

    def with_background(self, noise: Noise | None) -> Problem:
        """The same problem with noise beside the components; None leaves it as it is."""
        if noise is None:
            return self
        mstep = replace(self.mstep, background=noise)
        return replace(self, estep=WithBackground(self.estep.of_components), mstep=mstep)

    def without_background(self) -> Problem:
        """The same problem for the components alone."""
        return replace(self, estep=self.estep.of_components, mstep=self.mstep.without_background())

    @cached_property
    def point_mass_rows(self) -> float:
        """Number of rows from which on a component at the floor is a point mass, and not spurious.

        Any d rows lie on a hyperplane, so a component of few rows at the floor says nothing about the distribution
        (McLachlan & Peel 2000, section 3.10); many rows there do coincide in some direction. A floor that is there for
        the arithmetic alone lets in rows that lie within it by chance, too.
        """
        own = 2.0 * self.mstep.covariances.least_points(self.source.n_features)
        relative = float((self.mstep.floor / self.scale).min())
        by_chance = CHANCE * self.source.n_rows * math.sqrt(relative) if relative < NUMERICAL else 0.0
        return max(own, by_chance)

    def spurious(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Components at the floor that hold too few rows for a point mass, (k,)."""
        few = row_counts(iterate.stats, self.source.n_rows) < self.point_mass_rows
        return iterate.at_floor & few

    def collapsed(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Which components to repair, (k,): none that is held, in part or altogether, or has rows of its own."""
        if self.estep.knows_all:
            return np.zeros(len(iterate.at_floor), dtype=bool)
        bad = self.repair.collapsed(iterate, self.mstep, self.source.n_rows)
        return bad & ~self.mstep.held(len(bad))


def rows_per_weight(problem: Problem) -> float:
    """How many rows a weight of one stands for: weights that sum to less than the number of rows are relative."""
    whole = problem.source.whole
    if whole is None:
        return max(1.0, problem.source.n_rows / problem.summary.weight)
    return whole.chunk.rows_per_weight


def row_counts(stats: Stats, n_rows: int) -> Array:
    """How many rows each component holds, (k,).

    A weight of 3 counts three rows; weights that sum to less than the number of rows are relative.

    Examples
    --------
    >>> row_counts(Stats(np.array([0.25, 0.75]), np.zeros((2, 1)), np.zeros((2, 1)), 0.0, 0.0), n_rows=8).tolist()
    [2.0, 6.0]
    """
    return stats.weight * max(1.0, n_rows / stats.total)
