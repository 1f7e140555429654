"""The type `Kernel`: the computations of one engine that read every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, WholeArray
from mixtura.kernels import row_errors
from mixtura.kernels.affine import Density
from mixtura.kernels.run_result import RunResult
from mixtura.kernels.true_values import RowErrors, RowSums, TrueValues
from mixtura.stats import ScatterKind, Stats

# Rounds of successive halving: pairs of a number of iterations and the number of runs that go on after them.
Rounds: TypeAlias = Sequence[tuple[int, int]]

# The last two arguments are the indices where the parts of an array end, and the number of threads.
EStepOfWhole: TypeAlias = Callable[[Density, Chunk, ScatterKind, Sequence[int], int], Stats]
MomentsOfWhole: TypeAlias = Callable[[Chunk, Sequence[int], int], Stats]


@dataclass(frozen=True, slots=True)
class Pass:
    """A function from a chunk of rows to statistics, to be summed over all chunks of a source."""

    of_chunk: Callable[[Chunk], Stats]

    def __call__(self, chunk: Chunk) -> Stats:
        return self.of_chunk(chunk)


@dataclass(frozen=True, slots=True)
class ThreadedPass:
    """A function from a chunk of rows to statistics, and one for a whole array that uses an engine's own threads."""

    of_chunk: Callable[[Chunk], Stats]
    of_array: Callable[[Chunk, Sequence[int], int], Stats]

    def __call__(self, chunk: Chunk) -> Stats:
        return self.of_chunk(chunk)

    def of_whole(self, whole: WholeArray) -> Stats:
        """Statistics of all rows of an array."""
        return self.of_array(whole.chunk, whole.ends, whole.threads)


class KernelRuns(Protocol):
    """Several runs of EM with one covariance model on one array, whose iterations an engine makes without Python.

    A run has the number of its start, from 0. The arguments ``needed``, the least weight of a component below which
    the run ranks lower, and ``protected``, whether it goes on in every round, have an entry for each of all runs.
    """

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers of runs, best first: without a collapse; without a spurious or light component; by log-likelihood."""

    def standings(self, numbers: Sequence[int]) -> list[tuple[bool, bool, int, float, float, int, bool]]:
        """The fields of `mixtura.em.Standing` for each of some runs."""

    def search(
        self, rounds: Rounds, needed: Sequence[float], protected: Sequence[bool], first: int, max_iter: int
    ) -> None:
        """Run successive halving; of runs that reach the same mixture in the last round only the first goes on.

        Those of the last round are compared after ``first`` iterations, and each time the iterations have doubled.
        """

    def result(self, number: int) -> RunResult:
        """The current iterate of a run, and how the run ended, if it has."""


@dataclass(frozen=True, slots=True)
class RowErrorFunctions:
    """What an engine computes of rows with errors of their own.

    Attributes
    ----------
    sums : callable
        Sums over rows, of positive number, for the E-step.
    log_joint : callable
        Weighted log-densities of the components at each row, (n, k), with that of the noise component last, if any.
    """

    sums: Callable[[TrueValues, RowErrors], RowSums]
    log_joint: Callable[[TrueValues, RowErrors], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """The computations of one engine that read every row.

    Attributes
    ----------
    name : str
        Such as "native" or "numpy".
    level : callable
        Returns the name of the instruction set in use.
    estep : callable
        The E-step: `Stats` from a density, a chunk and the kind of scatter.
    moments : callable
        `Stats` of all rows of a chunk as one component, with diagonal scatter.
    log_density, posterior, labels : callable
        Log-densities (n,), responsibilities (n, k) or most probable components (n,) from a density and a chunk, whose
        weights do not matter.
    agglomerate : callable
        Hierarchical clustering: see `mixtura.kernels.agglomeration.agglomerate`.
    row_errors : RowErrorFunctions
        For rows that were measured with errors; by NumPy unless the engine has its own.
    estep_of_whole, moments_of_whole : callable or None
        ``estep`` and ``moments`` for all rows of an array, by the engine's own threads; None if it has no threads.
    begin_runs : callable or None
        Begins several runs of EM, `KernelRuns`, whose iterations the engine makes; None if it cannot.
    for_incomplete : callable or None
        Returns the engine's own kernel for rows with missing values; None if it has none.
    for_tails : callable or None
        Returns the engine's own kernel for mixtures with t components; None if it has none.
    """

    name: str
    level: Callable[[], str]
    estep: Callable[[Density, Chunk, ScatterKind], Stats]
    moments: Callable[[Chunk], Stats]
    log_density: Callable[[Density, Chunk], Array]
    posterior: Callable[[Density, Chunk], Array]
    labels: Callable[[Density, Chunk], NDArray[np.int64]]
    agglomerate: Callable[[Array, Array, str, float], tuple[NDArray[np.int64], Array]]
    row_errors: RowErrorFunctions = RowErrorFunctions(row_errors.row_sums, row_errors.log_joint)
    estep_of_whole: EStepOfWhole | None = None
    moments_of_whole: MomentsOfWhole | None = None
    begin_runs: Callable[..., KernelRuns] | None = None
    for_incomplete: Callable[[], Kernel] | None = None
    for_tails: Callable[[], Kernel] | None = None

    def estep_pass(self, density: Density, scatter_kind: ScatterKind) -> Pass | ThreadedPass:
        """The E-step under a density, to be summed: ``source.sum(kernel.estep_pass(mixture, "full"))``."""
        whole = self.estep_of_whole

        def of_chunk(chunk: Chunk) -> Stats:
            return self.estep(density, chunk, scatter_kind)

        if whole is None:
            return Pass(of_chunk)
        return ThreadedPass(of_chunk, lambda chunk, ends, threads: whole(density, chunk, scatter_kind, ends, threads))

    def moments_pass(self) -> Pass | ThreadedPass:
        """Weight, mean and diagonal scatter of the rows, to be summed: ``source.sum(kernel.moments_pass())``."""
        return (
            Pass(self.moments) if self.moments_of_whole is None else ThreadedPass(self.moments, self.moments_of_whole)
        )
