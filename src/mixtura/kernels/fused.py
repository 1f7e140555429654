"""Runs of EM whose iterations are made in C++, without Python between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.data import Chunk
from mixtura.kernels.run_result import Ending, RunResult
from mixtura.kernels.simd import level
from mixtura.stats import Stats

_native: Any = import_module("mixtura._native")

_LETTERS = {letter: _native.Letter[letter] for letter in "IEV"}
_ENDINGS = {ending: Ending[ending.name] for ending in _native.Ending}

# Value of ``accelerate_after`` in C++ with which plain EM is never accelerated.
NEVER = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class FusedRuns:
    """Runs of EM with one covariance model on one array, kept in C++ between calls; made by `FusedRuns.begin`.

    Attributes
    ----------
    native : object
        The runs in C++, ``_native.Runs``.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [8.0], [9.0]])
    >>> start = Stats(np.array([2.0, 2.0]), np.array([[0.5], [8.5]]), np.ones((2, 1, 1)), 0.0, 0.0)
    >>> runs = FusedRuns.begin("VVV", Chunk(rows), [start], np.array([1e-9]), tol=1e-9, least_rows=2)
    >>> runs.advance([0], max_iter=1)
    >>> runs.result(0).ending.name, runs.result(0).iterations
    ('OUT_OF_STEPS', 1)
    >>> runs.advance([0], max_iter=99)
    >>> runs.result(0).ending.name, runs.result(0).means.round(6).tolist()
    ('CONVERGED', [[0.5], [8.5]])
    """

    native: Any

    @classmethod
    def begin(
        cls,
        model: str,
        chunk: Chunk,
        starts: Sequence[Stats],
        floor: Array,
        *,
        tol: float,
        least_rows: int,
        point_mass: float = math.inf,
        ridge: float = 0.0,
        continued: bool = False,
        pseudo_rows: tuple[float, float, Array, Array] | None = None,
        accelerate_after: int | None = None,
        ends: Sequence[int] = (),
        threads: int = 1,
    ) -> FusedRuns:
        """Runs at their starts, before the first iteration.

        Parameters
        ----------
        model : str
            Three letters, each E, V or I, for volume, shape and axes.
        chunk : Chunk
            All rows, as contiguous arrays.
        starts : sequence of Stats
            Statistics from which the first M-step of each run is made, with full scatter; also with diagonal scatter
            for models whose axes are I, or pooled scatter for EEE.
        floor : ndarray of shape (d,)
            Least variance of a component in each column.
        tol : float
            A run has converged when its mean log-likelihood per row rises by no more.
        least_rows : int
            A run ends as collapsed if a component at the floor holds fewer rows, or any component less than half a
            row.
        point_mass : float
            A component at the floor that holds less weight is spurious, and its run ranks behind the others.
        ridge : float
            Added to all variances.
        continued : bool
            Whether the starts are E-steps of other runs: then each trace begins with the start's log-likelihood, below
            which the run must not fall.
        pseudo_rows : tuple of float, float, ndarray of shape (d,) and of shape (d, d), optional
            What the M-step adds to each component's statistics, as if there were more rows: the weight of rows that
            pull its mean to a point; the total increase of the weight that divides its scatter; that point; and rows
            whose scatter about zero is added to its scatter. Log-likelihoods are then penalised ones.
        accelerate_after : int, optional
            Iterations of plain EM before it is accelerated (SQUAREM, Varadhan & Roland 2008); by default never.
        ends : sequence of int
            Indices where the chunks of rows end. Results depend on these, and not on the number of threads.
        threads : int
            Number of threads that work on a pass.
        """
        unit = chunk.rows_per_weight
        problem = _native.Problem(
            level=level(),
            rows=chunk.rows,
            weight=chunk.sample_weight,
            model=_covariance_model(model),
            floor=floor,
            ridge=ridge,
            pseudo_rows=None if pseudo_rows is None else _as_native(*pseudo_rows),
        )
        plain = NEVER if accelerate_after is None else max(accelerate_after, 1)
        options = _native.EmOptions(
            tol=tol, rows_per_weight=unit, least_rows=least_rows, point_mass=point_mass, accelerate_after=plain
        )
        native = _native.Runs(
            problem=problem,
            options=options,
            starts=_stacked(model, starts),
            logliks=[start.loglik for start in starts] if continued else None,
            ends=ends,
            threads=threads,
        )
        return cls(native)

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.native)

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or have made ``max_iter`` iterations in all.

        After Ctrl-C each run is at its last complete iteration. Different runs may be continued by different threads.
        """
        self.native.advance(list(numbers), max_iter)

    def search(
        self,
        rounds: Sequence[tuple[int, int]],
        needed: Sequence[float],
        protected: Sequence[bool],
        first: int,
        max_iter: int,
    ) -> None:
        """Run successive halving (see `mixtura.em.Executor`); of runs that reach one mixture only the first goes on.

        Two mixtures count as the same if their log-likelihoods and weights nearly agree. The runs of the last round are
        compared after ``first`` iterations, and each time the iterations have doubled.
        """
        self.native.search(rounds, needed, protected, first, max_iter)

    def result(self, number: int) -> RunResult:
        """The current mixture and statistics of a run, as a copy."""
        native = self.native.result(number)
        return RunResult(native, _ENDINGS[native.ending], native.trace)

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers of runs, best first: without a collapse; without a spurious or light component; by log-likelihood.

        A component is light if it holds less weight than is ``needed``, a number that is given for each of all runs.
        """
        return self.native.best_first(numbers, needed)

    def standings(self, numbers: Sequence[int]) -> list[tuple[bool, bool, int, float, float, int, bool]]:
        """The fields of `mixtura.em.Standing` for each of some runs."""
        return self.native.standings(numbers)


def _as_native(shrinkage: float, count: float, mean: Array, root: Array) -> Any:
    """The C++ object for what is added to each component's statistics: see ``pseudo_rows`` of `FusedRuns.begin`."""
    return _native.PseudoRows(shrinkage, count, np.ascontiguousarray(mean), np.ascontiguousarray(root))


def _covariance_model(name: str) -> Any:
    """The C++ object for the covariance model with a name of three letters."""
    return _native.CovarianceModel(*(_LETTERS[letter] for letter in name))


def _stacked(model: str, starts: Sequence[Stats]) -> Any:
    """Statistics of several starts as the C++ object that holds them in stacked arrays, (s, k), (s, k, d) and so on."""
    weight = np.array([start.weight for start in starts], dtype=np.float64)
    mean = np.array([start.mean for start in starts], dtype=np.float64)
    scatter = reduced(model, np.array([start.scatter for start in starts], dtype=np.float64))
    return _native.Starts(weight, mean, scatter)


def reduced(model: str, scatter: Array) -> Array:
    """Full scatter of s starts, (s, k, d, d), reduced to what the model reads; other scatter of the model stays.

    Examples
    --------
    >>> reduced("VVI", np.ones((5, 3, 2, 2))).shape, reduced("EEE", np.ones((5, 3, 2, 2))).shape
    ((5, 3, 2), (5, 1, 2, 2))
    """
    if model.endswith("I") and scatter.ndim == 4:
        return np.ascontiguousarray(np.einsum("skii->ski", scatter))
    return scatter.sum(axis=1, keepdims=True) if model == "EEE" else scatter
