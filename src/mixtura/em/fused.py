"""EM without events: the iterations that `em.run` would make on small data, without Python in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, cast

import numpy as np

from mixtura._support import Array
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import MODELS
from mixtura.data import WholeArray
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Problem
from mixtura.em.run import Iterate, Run
from mixtura.em.stopping import LoglikChanges, LoglikRises, StopRule
from mixtura.kernels import Ending, Summit, kernel_of

Rule: TypeAlias = LoglikRises | LoglikChanges

# Models whose M-step is a formula, and how their covariances are stored.
STORED: dict[str, Callable[[Array, int, int], Covariance]] = {
    "VVV": lambda values, k, _: DenseCovariance(values, k),
    "EEE": lambda values, k, _: DenseCovariance(values[:1], k),
    "VVI": DiagonalCovariance,
    "EEI": lambda values, k, d: DiagonalCovariance(values[:1], k, d),
    "VII": lambda values, k, d: DiagonalCovariance(values[:, :1], k, d),
    "EII": lambda values, k, d: DiagonalCovariance(values[:1, :1], k, d),
}

# Multiplications between two looks at the keyboard: a tenth of a second or so.
PATIENCE = 1 << 29


def can_run(problem: Problem) -> bool:
    """Whether the source's kernel knows the problem's iterations."""
    named = problem.mstep.covariances.name in MODELS
    return named and problem.estep.in_kernel and problem.mstep.in_kernel and kernel_of(problem.source).race is not None


def sprint(problem: Problem, run: Run, stop: Sequence[StopRule], max_iter: int) -> Run:
    """As far as plain EM gets before something happens that needs `mixtura.em.iterate`: a repair, a floor, a fall.

    The same iterations up to rounding: the same E-step, and an M-step by the same formulas.
    """
    whole, rule, model = problem.source.whole, stop[0], problem.mstep.covariances
    if len(stop) > 1 or not isinstance(rule, Rule) or whole is None or not can_run(problem):
        return run
    k, d = run.last.stats.mean.shape
    most = PATIENCE // (problem.source.length * k * ((d if model.scatter_kind == "diagonal" else d * d) + 8))
    while most > 1 and model.name in STORED and run.iterations < max_iter and run.outcome is not Outcome.CONVERGED:
        further = _further(problem, whole, run, rule, min(most, max_iter - run.iterations))
        if further is None:
            break
        run = further
    return run


def _further(problem: Problem, whole: WholeArray, run: Run, rule: Rule, iterations: int) -> Run | None:
    """So many iterations further, or fewer where the rule says stop; None where something happened."""
    race = cast(Callable[..., list[Summit]], kernel_of(problem.source).race)
    mstep, model = problem.mstep, problem.mstep.covariances
    k, d = run.last.stats.mean.shape
    (top,) = race(
        model.name,
        whole.chunk,
        [run.last.stats],
        mstep.floor,
        tol=rule.tol,
        max_iter=iterations,
        least_points=model.least_points(d),
        ridge=mstep.ridge,
        since=True,
        prior=mstep.prior.for_kernel(model, k),
        ends=whole.ends,
        threads=whole.threads,
    )
    done = len(top.trace) - 1
    if not done or top.floored or top.ending not in (Ending.CONVERGED, Ending.OUT_OF_STEPS):
        return None
    mixture = mstep.assemble(top.weights, top.means, STORED[model.name](top.covariances, k, d))
    last = Iterate(mixture, top.stats, np.zeros(k, dtype=bool))
    before = replace(last, stats=replace(top.stats, loglik=top.trace[-2]))
    outcome = Outcome.CONVERGED if not problem.collapsed(last).any() and rule(before, last) else run.outcome
    trace = (*run.trace, *top.trace[1:])
    return replace(
        run, last=last, trace=trace, iterations=run.iterations + done, passes=run.passes + done, outcome=outcome
    )
