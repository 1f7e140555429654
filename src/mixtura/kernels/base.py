"""The type of kernels: the computations of one engine that read every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data import Chunk, WholeArray
from mixtura.kernels.affine import Density
from mixtura.kernels.run_result import RunResult
from mixtura.stats import ScatterKind, Stats

# Of successive halving: after so many iterations so many runs go on.
Rounds: TypeAlias = Sequence[tuple[int, int]]

# Passes over all rows of an array, divided into parts that end at given indices, by a given number of threads.
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
    """A function from a chunk of rows to statistics, with another for a whole array, by an engine's own threads."""

    of_chunk: Callable[[Chunk], Stats]
    of_array: Callable[[Chunk, Sequence[int], int], Stats]

    def __call__(self, chunk: Chunk) -> Stats:
        return self.of_chunk(chunk)

    def of_whole(self, whole: WholeArray) -> Stats:
        """Statistics of all rows of an array."""
        return self.of_array(whole.chunk, whole.ends, whole.threads)


class KernelRuns(Protocol):
    """Several runs of EM of one model on one array, which an engine stores and continues by itself.

    A run has the number of its start, from 0.
    """

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers sorted, best first: not collapsed, then not spurious nor too thin, then by log-likelihood."""

    def standings(self, numbers: Sequence[int]) -> list[tuple[bool, bool, int, float, float, int, bool]]:
        """Of some of the runs the fields of `mixtura.em.Standing`."""

    def search(
        self, rounds: Rounds, needed: Sequence[float], protected: Sequence[bool], first: int, max_iter: int
    ) -> None:
        """Run successive halving; of the last runs, after ``first`` iterations, only those go on that differ."""

    def result(self, number: int) -> RunResult:
        """The current iterate of a run, and how it ended if it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """The computations of one engine that read every row.

    Attributes
    ----------
    name : str
    level : callable
        Returns the name of the instruction set in use.
    estep : callable
        The E-step: from a density, a chunk and the kind of scatter to `Stats`.
    moments : callable
        From a chunk to `Stats` of all its rows as one component, with diagonal scatter.
    log_density, posterior, labels : callable
        From a density and rows (n, d) to log-densities (n,), responsibilities (n, k), most probable components (n,).
    agglomerate : callable
        Hierarchical clustering: from rows, weights, criterion and alpha to merges and heights.
    estep_of_whole, moments_of_whole : callable or None
        ``estep`` and ``moments`` of all rows of an array, by the engine's own threads, where it has such.
    begin_runs : callable or None
        Begins several runs of EM that the engine iterates by itself, `KernelRuns`, where it can.
    """

    name: str
    level: Callable[[], str]
    estep: Callable[[Density, Chunk, ScatterKind], Stats]
    moments: Callable[[Chunk], Stats]
    log_density: Callable[[Density, Rows], Array]
    posterior: Callable[[Density, Rows], Array]
    labels: Callable[[Density, Rows], NDArray[np.int64]]
    agglomerate: Callable[[Array, Array, str, float], tuple[NDArray[np.int64], Array]]
    estep_of_whole: EStepOfWhole | None = None
    moments_of_whole: MomentsOfWhole | None = None
    begin_runs: Callable[..., KernelRuns] | None = None

    def estep_pass(self, density: Density, scatter_kind: ScatterKind) -> Pass | ThreadedPass:
        """The E-step under a density, to be summed: ``source.sum(kernel.estep_pass(mixture, "full"))``."""
        whole = self.estep_of_whole

        def of_chunk(chunk: Chunk) -> Stats:
            return self.estep(density, chunk, scatter_kind)

        if whole is None:
            return Pass(of_chunk)
        return ThreadedPass(of_chunk, lambda chunk, ends, threads: whole(density, chunk, scatter_kind, ends, threads))

    def moments_pass(self) -> Pass | ThreadedPass:
        """Weight, mean and sums of squares of the rows, to be summed: ``source.sum(kernel.moments_pass())``."""
        return (
            Pass(self.moments) if self.moments_of_whole is None else ThreadedPass(self.moments, self.moments_of_whole)
        )
