"""The type `Kernel`: the computations of one engine that read every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, WholeArray
from mixtura.kernels import row_errors
from mixtura.kernels.affine import Affine, Density
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
class TensorPass:
    """A function from a chunk of rows to what adds up, and one from a tensor.

    The second one is given the rows (n, d), their weights (n,) or None, and the position of the first row.
    """

    of_chunk: Callable[[Chunk], Any]
    of_tensor: Callable[[Any, Any, int], Any]

    def __call__(self, chunk: Chunk) -> Any:
        return self.of_chunk(chunk)


@dataclass(frozen=True, slots=True)
class TensorFunctions:
    """What an engine computes of rows that are tensors, where these are.

    Attributes
    ----------
    estep : callable
        `Stats` from the affine maps of a density, a tensor of rows (n, d), one of weights (n,) or None, the kind of
        scatter, and an array of what is known of the rows' components, or None: labels (n,), negative for unknown
        ones, or logarithms of prior responsibilities, (n, m).
    moments : callable
        `Stats` of all rows as one component, with diagonal scatter, from the two tensors.
    """

    estep: Callable[[Affine, Any, Any, ScatterKind, NDArray[Any] | None], Stats]
    moments: Callable[[Any, Any], Stats]


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
    of_tensors : TensorFunctions or None
        ``estep`` and ``moments`` of tensors; None if the engine computes with arrays alone.
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
    of_tensors: TensorFunctions | None = None
    for_tails: Callable[[], Kernel] | None = None

    def estep_pass(self, density: Density, scatter_kind: ScatterKind) -> Pass | ThreadedPass | TensorPass:
        """The E-step under a density, to be summed: ``source.sum(kernel.estep_pass(mixture, "full"))``."""
        whole, tensors = self.estep_of_whole, self.of_tensors

        def of_chunk(chunk: Chunk) -> Stats:
            return self.estep(density, chunk, scatter_kind)

        if tensors is not None:
            return TensorPass(of_chunk, lambda rows, w, _: tensors.estep(density.affine, rows, w, scatter_kind, None))
        if whole is None:
            return Pass(of_chunk)
        return ThreadedPass(of_chunk, lambda chunk, ends, threads: whole(density, chunk, scatter_kind, ends, threads))

    def estep_pass_knowing(
        self, of_chunk: Callable[[Chunk], Stats], density: Density, scatter_kind: ScatterKind, known: NDArray[Any]
    ) -> Pass | TensorPass:
        """The E-step ``of_chunk``, with what is ``known`` of the row at each position, as in `TensorFunctions`."""
        if (tensors := self.of_tensors) is None:
            return Pass(of_chunk)

        def of_tensor(rows: Any, weight: Any, start: int) -> Stats:
            return tensors.estep(density.affine, rows, weight, scatter_kind, known[start : start + len(rows)])

        return TensorPass(of_chunk, of_tensor)

    def moments_pass(self) -> Pass | ThreadedPass | TensorPass:
        """Weight, mean and diagonal scatter of the rows, to be summed: ``source.sum(kernel.moments_pass())``."""
        if (tensors := self.of_tensors) is not None:
            return TensorPass(self.moments, lambda rows, weight, _: tensors.moments(rows, weight))
        return (
            Pass(self.moments) if self.moments_of_whole is None else ThreadedPass(self.moments, self.moments_of_whole)
        )
