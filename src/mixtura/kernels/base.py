"""What a kernel is: the passes over rows, made by one engine."""

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

# The same pass over all rows of an array, cut where the ends say, by so many threads.
EStepOfWhole: TypeAlias = Callable[[Density, Chunk, ScatterKind, Sequence[int], int], Stats]
MomentsOfWhole: TypeAlias = Callable[[Chunk, Sequence[int], int], Stats]


@dataclass(frozen=True, slots=True)
class Pass:
    """What is done with each chunk of a source; what comes out adds up."""

    of_chunk: Callable[[Chunk], Stats]

    def __call__(self, chunk: Chunk) -> Stats:
        return self.of_chunk(chunk)


@dataclass(frozen=True, slots=True)
class ThreadedPass:
    """The same by an engine that goes through a whole array with threads of its own."""

    of_chunk: Callable[[Chunk], Stats]
    of_array: Callable[[Chunk, Sequence[int], int], Stats]

    def __call__(self, chunk: Chunk) -> Stats:
        return self.of_chunk(chunk)

    def of_whole(self, whole: WholeArray) -> Stats:
        """All rows at once."""
        return self.of_array(whole.chunk, whole.ends, whole.threads)


class KernelRuns(Protocol):
    """Several runs of EM of one model on one array, which an engine keeps and continues by itself.

    Runs are called by their numbers, those of the starts.
    """

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""

    def unfinished(self, numbers: Sequence[int]) -> list[int]:
        """Those of some runs that can go on."""

    def best_first(self, numbers: Sequence[int], own_points: Sequence[int]) -> list[int]:
        """Runs in order: those not collapsed; those not at the floor nor too thin; the highest log-likelihood."""

    def different(self, numbers: Sequence[int]) -> list[int]:
        """Those runs that have ended, or have not come to the place of another one before them."""

    def result(self, number: int) -> RunResult:
        """Where a run stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """An engine's passes over rows: a value with a name.

    Attributes
    ----------
    name : str
    level : callable
        Names the instruction set in use.
    estep : callable
        From a density, a chunk and the kind of scatter to `Stats`: responsibilities, summed up at once.
    moments : callable
        From a chunk to `Stats` of one component that holds all its rows, with diagonal scatter.
    log_density, posterior, labels : callable
        From a density and rows (n, d) to log-densities (n,), responsibilities (n, k), most probable components (n,).
    agglomerate : callable
        From rows, weights, criterion and alpha to merges and heights: see `mixtura.starts.hierarchical`.
    estep_of_whole, moments_of_whole : callable or None
        The same for all rows of an array, by threads of the engine's own, where it has such.
    begin_runs : callable or None
        Begins several runs of EM whose iterations the engine makes by itself, where it can: `KernelRuns`.
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
        """The E-step at a density as a pass: ``source.sum(kernel.estep_pass(mixture, "full"))``."""
        whole = self.estep_of_whole

        def of_chunk(chunk: Chunk) -> Stats:
            return self.estep(density, chunk, scatter_kind)

        if whole is None:
            return Pass(of_chunk)
        return ThreadedPass(of_chunk, lambda chunk, ends, threads: whole(density, chunk, scatter_kind, ends, threads))

    def moments_pass(self) -> Pass | ThreadedPass:
        """Weight, mean and variances of all rows as a pass."""
        return (
            Pass(self.moments) if self.moments_of_whole is None else ThreadedPass(self.moments, self.moments_of_whole)
        )
