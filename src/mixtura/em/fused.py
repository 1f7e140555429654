"""EM iterations that a kernel makes without Python between them.

They are the loop's iterations up to rounding: the same E-step, and an M-step by the same formulas. `advance` stops
before a collapse, a covariance at the floor or a fall of the log-likelihood, which `mixtura.em.loop` deals with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from mixtura._support import Array
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import MODELS
from mixtura.data import WholeArray
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Problem
from mixtura.em.run import Iterate, Run, Standing
from mixtura.em.stopping import LittleRemains, LoglikChanges, LoglikRises, StopRule
from mixtura.kernels import Ending, KernelRuns, RunResult, kernel_of
from mixtura.mixture import Mixture
from mixtura.stats import Stats

Rule: TypeAlias = LoglikRises | LoglikChanges | LittleRemains

# What remains to rise is first estimated after an iteration that raised the log-likelihood by no more than FIRST_RISE
# times the tolerance; each further estimate waits until a rise is NEXT_RISE times as large.
FIRST_RISE, NEXT_RISE = 0.1, 0.25

# Models with a closed-form M-step, and how their covariances are made from a kernel's values, k and d.
STORED: dict[str, Callable[[Array, int, int], Covariance]] = {
    "VVV": lambda values, k, _: DenseCovariance(values, k),
    "EEE": lambda values, k, _: DenseCovariance(values[:1], k),
    "VVI": DiagonalCovariance,
    "EEI": lambda values, k, d: DiagonalCovariance(values[:1], k, d),
    "VII": lambda values, k, d: DiagonalCovariance(values[:, :1], k, d),
    "EII": lambda values, k, d: DiagonalCovariance(values[:1, :1], k, d),
}

# Multiplications between two checks for Ctrl-C: about a tenth of a second.
MAX_MULTIPLICATIONS = 1 << 29

# Up to so many columns the kernel computes with covariance matrices at least as quickly as LAPACK; singular ones of 300
# columns take fifteen times as long.
MAX_COLUMNS = 128

OUTCOMES = {
    Ending.CONVERGED: Outcome.CONVERGED,
    Ending.OUT_OF_STEPS: Outcome.OUT_OF_STEPS,
    Ending.COLLAPSED: Outcome.COLLAPSED,
    Ending.FELL: Outcome.STALLED,
}


def has_kernel_iteration(problem: Problem) -> bool:
    """Whether the source's kernel can make the problem's E-steps and M-steps by itself, and is quicker at it."""
    known = problem.mstep.covariances.name in MODELS and problem.estep.in_kernel and problem.mstep.in_kernel
    known &= problem.mstep.scatter_kind == "diagonal" or problem.source.n_features <= MAX_COLUMNS
    return known and problem.source.whole is not None and kernel_of(problem.source).begin_runs is not None


def begin(
    problem: Problem,
    starts: Sequence[Stats],
    *,
    tol: float,
    accelerate_after: int | None = None,
    continued: bool = False,
    by_threads: bool = False,
) -> KernelRuns:
    """A kernel's runs of EM at their starts; see `mixtura.kernels.KernelRuns`.

    Parameters
    ----------
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more.
    accelerate_after : int, optional
        Iterations of plain EM before it is accelerated; by default never.
    continued : bool
        Whether the starts are E-steps of other runs, with whose log-likelihoods the traces begin.
    by_threads : bool
        Whether several threads work on each pass.
    """
    whole, model = cast(WholeArray, problem.source.whole), problem.mstep.covariances
    make = cast(Callable[..., KernelRuns], kernel_of(problem.source).begin_runs)
    return make(
        model.name,
        whole.chunk,
        starts,
        problem.mstep.floor,
        tol=tol,
        least_rows=model.least_rows_nonsingular(problem.source.n_features),
        point_mass=problem.point_mass_rows / whole.chunk.rows_per_weight,
        ridge=problem.mstep.ridge,
        pseudo_rows=problem.mstep.pseudo_rows_for_kernel(len(starts[0].weight)),
        accelerate_after=accelerate_after,
        continued=continued,
        ends=whole.ends if by_threads else (),
        threads=whole.threads if by_threads else 1,
    )


def as_run(problem: Problem, result: RunResult, components: tuple[int, ...]) -> Run:
    """The state of a kernel's run as a `Run`; ``components`` are the numbers of its components at the start."""

    def mixture() -> Mixture:
        k, d = result.means.shape
        return problem.mstep.assemble(result.weights, result.means, _stored(problem, result.covariances, k, d))

    def last() -> Iterate:
        return Iterate(mixture, result.stats, result.at_floor)

    run = Run(last, result.trace, result.iterations, result.passes, OUTCOMES[result.ending], (), components)
    return run.with_any_at_floor(any_at_floor=result.any_at_floor)


def _stored(problem: Problem, values: Array, k: int, d: int) -> Covariance:
    """A kernel's covariances, (k, d, d) or (k, d), as the class that the M-step of the loop returns."""
    store = STORED.get(problem.mstep.covariances.name)
    if store is not None:
        return store(values, k, d)
    return DenseCovariance(values, k) if values.ndim == 3 else DiagonalCovariance(values, k, d)


@dataclass(frozen=True, slots=True, eq=False)
class FusedExecutor:
    """Several runs of EM whose iterations are made by a kernel: see `mixtura.em.Executor`.

    Attributes
    ----------
    problem : Problem
    native : KernelRuns
    accelerate_after : int or None
        Iterations of plain EM before it is accelerated; None for never.
    components : tuple of int
        Numbers of the components, from 0 to k - 1.
    """

    problem: Problem
    native: KernelRuns
    accelerate_after: int | None
    components: tuple[int, ...]

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""
        self.native.advance(numbers, max_iter)

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers of runs, best first: see `mixtura.em.executor.sort_key`."""
        return self.native.best_first(numbers, needed)

    def standings(self, numbers: Sequence[int]) -> list[Standing]:
        """The numbers by which some of the runs are compared."""
        return [Standing(*each) for each in self.native.standings(numbers)]

    def search(
        self, rounds: Sequence[tuple[int, int]], needed: Sequence[float], protected: Sequence[bool], max_iter: int
    ) -> None:
        """Run successive halving; of runs that reach the same mixture in the last round only one goes on.

        They are compared when EM begins to be accelerated, and each time the iterations have doubled.
        """
        first = max_iter if self.accelerate_after is None else max(self.accelerate_after, 1)
        self.native.search(rounds, needed, protected, first, max_iter)

    def run(self, number: int) -> Run:
        """The current state of a run."""
        return as_run(self.problem, self.native.result(number), self.components)


def advance(problem: Problem, run: Run, stop: Sequence[StopRule], max_iter: int) -> Run:
    """Continue a run by plain EM in the kernel until it converges, or an iteration is one that only the loop can make.

    That is one with a collapse, a covariance at the floor or a fall of the log-likelihood.

    Parameters
    ----------
    stop : sequence of StopRule
        One rule on the log-likelihood; with several or other rules the run is returned unchanged.
    max_iter : int
        Largest number of iterations of the whole run.
    """
    rule, model = stop[0], problem.mstep.covariances
    if len(stop) > 1 or not isinstance(rule, Rule) or model.name not in STORED or not has_kernel_iteration(problem):
        return run
    k, d = run.last.stats.mean.shape
    most = MAX_MULTIPLICATIONS // (problem.source.length * k * ((d if model.scatter_kind == "diagonal" else d * d) + 8))
    tol = FIRST_RISE * rule.tol / run.last.stats.total if isinstance(rule, LittleRemains) else rule.tol
    while most > 1 and run.iterations < max_iter and run.outcome is not Outcome.CONVERGED:
        further = _advanced(problem, run, rule, tol, min(most, max_iter - run.iterations))
        if further is None:
            break
        run, small = further
        tol *= NEXT_RISE if small else 1.0
    return run


def _advanced(problem: Problem, run: Run, rule: Rule, tol: float, iterations: int) -> tuple[Run, bool] | None:
    """The run after ``iterations`` more, or fewer if one raises the mean log-likelihood per row by at most ``tol``.

    Also whether one did; the run has converged then if the rule says so. None if one of them is for the loop to make.
    """
    native = begin(problem, [run.last.stats], tol=tol, continued=True, by_threads=True)
    native.advance([0], iterations)
    result = native.result(0)
    done = len(result.trace) - 1
    if not done or result.any_at_floor or result.ending not in (Ending.CONVERGED, Ending.OUT_OF_STEPS):
        return None
    last = as_run(problem, result, run.components).last
    small = result.ending is Ending.CONVERGED
    before = replace(run, trace=(*run.trace, *result.trace[1:-1]), iterations=run.iterations + done - 1)
    new = before.extended(last, passes=done)
    stops = rule.holds(problem, new) if small and isinstance(rule, LittleRemains) else rule(problem, before, new)
    converged = stops and not problem.collapsed(last).any()
    return (replace(new, outcome=Outcome.CONVERGED) if converged else new), small
