"""What a run of EM is given: the rows, the E-step, the M-step and what is done about collapsed components."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import EPS, Array, Index
from mixtura.data import ArraySource, Chunk, Source, Summary
from mixtura.em.estep import EStep, WithBackground
from mixtura.em.mstep import MStep
from mixtura.em.run import Iterate, Run
from mixtura.mixture import Mixture, Noise
from mixtura.stats import Stats

# A fall of the log-likelihood by less than this fraction of its size is due to rounding, not a failure to maximise: for
# float64 rows, and for float32 rows, on which the arithmetic is float32, too.
ROUNDING, SINGLE_ROUNDING = 1e-7, 2e-6

# A floor below this fraction of the data's variance serves the arithmetic and is not a limit that somebody has chosen.
NUMERICAL_FLOOR = 1e-6

# Up to this times n s of n rows may lie within the floor by chance, with s its standard deviation in units of the
# data's. Of normal data at most 0.8 n s lie within s of a point; data may be denser than that.
ROWS_BY_CHANCE = 20.0


class RepairPolicy(Protocol):
    """What is done about components that collapse."""

    @property
    def accepts_falls(self) -> bool:
        """Whether EM goes on after the log-likelihood has fallen, as in scikit-learn."""

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """Which components are to be repaired, (k,)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The rows, E-step, M-step and repair policy that all starts of a fit have in common.

    Attributes
    ----------
    source : Source
        The rows.
    estep : EStep
    mstep : MStep
    repair : RepairPolicy
        What is done about components that collapse.
    summary : Summary
        Moments of all rows.
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
        """The largest fall of the log-likelihood, in nats, that rounding can explain in an iteration that ends here."""
        relative = SINGLE_ROUNDING if np.dtype(self.source.dtype) == np.float32 else ROUNDING
        size = abs(at.loglik) + at.stats.total
        if at.at_floor.any():  # rows' densities are known no better than the least eigenvalues, see docs/decisions.md
            size += float(at.stats.weight @ eigenvalue_rounding(at.mixture)) / ROUNDING
        return relative * size

    def evaluate(self, mixture: Mixture, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The iterate at a mixture, by an E-step; its log-likelihood has the M-step's `penalty` added.

        ``at_floor`` and ``memory`` are as in `Iterate`.
        """
        stats, memory = self.estep(self.source, mixture, self.mstep.scatter_kind, memory)
        penalty = self.mstep.penalty(mixture)
        stats = replace(stats, loglik=stats.loglik + penalty) if penalty else stats
        return Iterate.at(mixture, stats, at_floor, memory)

    def begin(self, start: Mixture | Stats) -> Iterate:
        """The first iterate: the E-step at the M-step of given statistics, or at a given mixture.

        The mixture is replaced by the nearest one of the covariance model that respects the floor (`MStep.admit`).
        """
        first = self.mstep(start) if isinstance(start, Stats) else self.mstep.admit(start)
        return self.evaluate(*first)

    def on_sample(self, sample: Chunk) -> Problem:
        """The problem on some of its rows, as an array in memory."""
        source = ArraySource.of_sample(self.source, sample, getattr(self.source, "threads", None))
        return replace(self, source=source, estep=self.estep.select_rows(sample.positions))

    def keep(self, components: Index) -> Problem:
        """The problem for some of the components (indices or a mask), after others were removed."""
        return replace(self, mstep=self.mstep.keep(components))

    def with_background(self, noise: Noise | None) -> Problem:
        """The problem with a noise component beside the others; None leaves it unchanged."""
        if noise is None:
            return self
        mstep = replace(self.mstep, background=noise)
        return replace(self, estep=WithBackground(self.estep.of_components), mstep=mstep)

    def without_background(self) -> Problem:
        """The problem without the noise component."""
        return replace(self, estep=self.estep.of_components, mstep=self.mstep.without_background())

    @cached_property
    def point_mass_rows(self) -> float:
        """Least number of rows with which a component at the floor is a point mass, and not spurious.

        Any d rows lie on a hyperplane, so a component at the floor with few rows says nothing about the distribution
        (McLachlan & Peel 2000, section 3.10), while many rows at the floor do coincide in some direction. With a floor
        that serves the arithmetic alone, the number is larger than what may lie within the floor by chance.
        """
        by_geometry = 2.0 * self.mstep.covariances.least_rows_nonsingular(self.source.n_features)
        relative = float((self.mstep.floor / self.scale).min())
        n_rows = max(self.source.n_rows, total_weight(self))  # counts stand for more rows than there are
        by_chance = ROWS_BY_CHANCE * n_rows * math.sqrt(relative) if relative < NUMERICAL_FLOOR else 0.0
        return max(by_geometry, by_chance)

    def spurious(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Components at the floor that hold too few rows for a point mass, (k,)."""
        few = row_counts(iterate.stats, self.source.n_rows) < self.point_mass_rows
        return iterate.at_floor & few

    def collapsed(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Which components are to be repaired, (k,).

        None if each has rows with known labels, and never one with a parameter that is held fixed.
        """
        if self.estep.knows_all:
            return np.zeros(len(iterate.at_floor), dtype=bool)
        collapsed = self.repair.collapsed(iterate, self.mstep, self.source.n_rows)
        return collapsed & ~self.mstep.has_fixed(len(collapsed))


def is_spurious(problem: Problem, run: Run) -> bool:
    """Whether a component at the floor in a run's last iterate holds too few rows to count (`Problem.spurious`)."""
    return run.any_at_floor and bool(problem.spurious(run.last).any())


def total_weight(problem: Problem) -> float:
    """Sum of the weights of the problem's rows, which may be fewer than its summary is of (`Problem.on_sample`)."""
    whole = problem.source.whole
    return problem.summary.weight if whole is None else whole.chunk.total_weight


def rows_per_weight(problem: Problem) -> float:
    """Number of rows that a weight of one stands for: 1, or n / sum(w) if the weights sum to less than n."""
    return max(1.0, problem.source.n_rows / total_weight(problem))


def row_counts(stats: Stats, n_rows: int) -> Array:
    """Number of rows that each component holds, (k,): its weight, scaled up if all weights sum to less than ``n_rows``.

    Examples
    --------
    >>> row_counts(Stats(np.array([0.25, 0.75]), np.zeros((2, 1)), np.zeros((2, 1)), 0.0, 0.0), n_rows=8).tolist()
    [2.0, 6.0]
    """
    return stats.weight * max(1.0, n_rows / stats.total)


def eigenvalue_rounding(mixture: Mixture) -> Array:
    """Relative error of rounding in each component's least variance, (k,): the condition number times the epsilon.

    Examples
    --------
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], [[4.0, 0.5]])
    >>> (eigenvalue_rounding(mixture) / EPS).tolist()
    [8.0]
    """
    values = np.linalg.eigvalsh(mixture.covariances.dense())
    return EPS * values[:, -1] / np.maximum(values[:, 0], EPS * values[:, -1])
