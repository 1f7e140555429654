"""EM without events: the iterations that `em.run` would make on small data, without Python in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, cast

import numpy as np

from mixtura import kernels
from mixtura._support import Array, resolve
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import MODELS
from mixtura.data import ArraySource, Chunk
from mixtura.em.mstep import FREE
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Task
from mixtura.em.run import Iterate, Path
from mixtura.em.stopping import LoglikChanges, LoglikRises, StopRule
from mixtura.kernels import Ending, Summit

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


def ordinary(task: Task) -> bool:
    """Whether the kernel knows the task's iterations."""
    free = task.fixed is FREE and not (task.noise or task.trim)
    return (
        free
        and task.bayes is kernels.estep
        and kernels.race is not None
        and task.family is MODELS.get(task.family.name)
    )


def sprint(task: Task, path: Path, stop: Sequence[StopRule], max_iter: int) -> Path:
    """As far as plain EM gets before something happens that needs `em.run`: a repair, a floor, a fall.

    The same iterations up to rounding: the same E-step, and an M-step by the same formulas.
    """
    source, rule = task.source, stop[0]
    if len(stop) > 1 or not (isinstance(rule, Rule) and isinstance(source, ArraySource) and ordinary(task)):
        return path
    k, d = path.last.stats.mean.shape
    most = PATIENCE // (source.length * k * ((d if task.family.scatter_kind == "diagonal" else d * d) + 8))
    simple = source.solid and task.family.name in STORED
    while most > 1 and simple and path.iterations < max_iter and path.outcome is not Outcome.CONVERGED:
        further = _further(task, source, path, rule, min(most, max_iter - path.iterations))
        if further is None:
            break
        path = further
    return path


def _further(task: Task, source: ArraySource, path: Path, rule: Rule, iterations: int) -> Path | None:
    """So many iterations further, or fewer where the rule says stop; None where something happened."""
    race = cast(Callable[..., list[Summit]], kernels.race)
    (top,) = race(
        task.family.name,
        Chunk(source.array, source.sample_weight),
        [path.last.stats],
        task.floor,
        tol=rule.tol,
        max_iter=iterations,
        least_points=task.family.least_points(source.n_features),
        ridge=task.ridge,
        since=True,
        prior=task.belief(len(path.last.stats.weight)),
        ends=source.ends,
        threads=resolve(source.threads),
    )
    done = len(top.trace) - 1
    if not done or top.floored or top.ending not in (Ending.CONVERGED, Ending.OUT_OF_STEPS):
        return None
    k, d = top.means.shape
    mixture = task.mixture(top.weights, top.means, STORED[task.family.name](top.covariances, k, d), 0.0)
    last = Iterate(mixture, top.stats, np.zeros(k, dtype=bool))
    before = replace(last, stats=replace(top.stats, loglik=top.trace[-2]))
    still = not task.guarded or not task.collapsed(last).any()
    outcome = Outcome.CONVERGED if still and rule(before, last) else path.outcome
    trace = (*path.trace, *top.trace[1:])
    return replace(
        path, last=last, trace=trace, iterations=path.iterations + done, passes=path.passes + done, outcome=outcome
    )
