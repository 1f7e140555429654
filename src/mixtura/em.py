"""EM: the M-step, one iteration, and the loop, written once for every family, source and stepper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import Array, Rng, Rows
from mixtura.accelerated import Accelerated, QuasiNewton
from mixtura.adjust import CANDIDATES, Action, Repair, collapsed, points, reseed, ridge
from mixtura.covariance import Covariance
from mixtura.covariance.models import Family
from mixtura.data import ArraySource, Chunk, Source
from mixtura.fixed import FREE, Fixed
from mixtura.iterate import Iterate
from mixtura.kernels import estep
from mixtura.mixture import Mixture, Noise
from mixtura.path import Path
from mixtura.prior import Penalty
from mixtura.result import Outcome
from mixtura.stats import Needs, Stats, as_scatter
from mixtura.steppers import Plain, Squarem, Step, Stepper
from mixtura.stopping import StopRule
from mixtura.trimming import Trimmed

# A fall of the log-likelihood below this fraction of its size is rounding, not a failure to maximise: of float64 rows,
# and of float32 rows, whose arithmetic is float32, too.
ROUNDING, SINGLE_ROUNDING = 1e-7, 2e-6


@runtime_checkable
class ByPosition(Protocol):
    """An E-step that goes by where rows stand in their source."""

    def among(self, positions: slice | NDArray[np.intp]) -> Callable[..., Stats]:
        """The same for rows that stood at these positions, and are now the only ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is fitted to what: the same for all starts.

    Attributes
    ----------
    source : Source
    family : Family
    scale : ndarray of shape (d,)
        The data's variances, which make repairs scale with the data.
    floor : ndarray of shape (d,)
        Least variances.
    ridge : float
        Added to all variances in every M-step (scikit-learn's ``reg_covar``).
    guarded : bool
        Repair collapsed components and refuse a falling log-likelihood. scikit-learn does neither.
    bayes : callable
        The E-step of a chunk.
    noise : Noise or None
        Where rows may lie that belong to no component; its weight is what the fit is to find.
    trim : float
        The fraction of rows, the least likely, that each E-step leaves out.
    fixed : Fixed
        What the M-step may not change; covariances that are held are in the family (`Fixed.over`).
    prior : Penalty or None
        What is known of means and covariances before: then log-likelihoods are those plus its log-density.
    """

    source: Source
    family: Family
    scale: Array
    floor: Array
    ridge: float = 0.0
    guarded: bool = True
    bayes: Callable[..., Stats] = estep
    noise: Noise | None = None
    trim: float = 0.0
    fixed: Fixed = FREE
    prior: Penalty | None = None

    def estep(self, mixture: Mixture, low: NDArray[np.bool_]) -> Iterate:
        """One pass over the rows."""
        needs = self.family.needs
        # A scatter that is pooled would hold the noise's, too.
        wanted: Needs = "full" if self.noise and needs == "pooled" else needs
        if self.trim:
            stats = Trimmed.of(self.source, mixture, self.trim).estep(mixture, wanted)
        else:
            stats = kernels.over(self.source, self.bayes, mixture, needs=wanted)
        stats = replace(stats, loglik=stats.loglik + self.log_prior(mixture)) if self.prior else stats
        return Iterate(mixture, stats.apart(needs) if self.noise else stats, low)

    @property
    def rounding(self) -> float:
        """What a fall of the log-likelihood may be, as a fraction of its size, where it is rounding."""
        dtype = getattr(getattr(self.source, "array", None), "dtype", None)
        return SINGLE_ROUNDING if dtype == np.float32 else ROUNDING

    def log_prior(self, mixture: Mixture) -> float:
        """The prior's log-density but for a constant; 0 without a prior."""
        return self.prior.log_density(mixture, self.family.name) if self.prior else 0.0

    def belief(self, k: int) -> tuple[float, float, Array, Array] | None:
        """The prior of k components as the kernel takes it."""
        return self.prior.belief(self.family.name, k) if self.prior else None

    def candidates(self, mixture: Mixture, rng: Rng) -> tuple[Rows, Array]:
        """Rows that a component may be moved to, and their log-densities; none that would be trimmed."""
        rows = self.source.rows(CANDIDATES, rng).rows
        fitness = mixture.logpdf(rows)
        kept = fitness >= np.quantile(fitness, self.trim)
        return rows[kept], fitness[kept]

    def mstep(self, stats: Stats, previous: Mixture | None = None) -> tuple[Mixture, NDArray[np.bool_]]:
        """The mixture that maximises the expected log-likelihood, and which covariances rest on the floor."""
        held = ridge(stats, self.ridge)
        own = replace(held, outside=0.0) if held.outside else held  # a family sees the components alone
        own = self.fixed.about(self.prior.pulled(own) if self.prior else own)
        own = self.prior.widened(own, self.family.name) if self.prior else own
        covariances, low = self.family.fit(own, self.floor, previous.covariances if previous else None)
        return self.mixture(held.weight / held.total, own.mean, covariances, held.outside / held.total), low

    def mixture(self, weights: Array, means: Array, covariances: Covariance, outside: float) -> Mixture:
        """A mixture that counts its parameters as the family does; the noise's are its weight and its volume."""
        k, d = means.shape
        noise = self.noise.weighted(outside) if self.noise else None
        count = self.fixed.n_parameters(k, d) + self.family.n_parameters(k, d) + (2 if noise else 0)
        return Mixture(self.fixed.shares(weights), means, covariances, n_parameters=count, noise=noise)

    def begin(self, start: Mixture | Stats) -> Iterate:
        """The first E-step, at a start that is brought into the family and onto the floor."""
        if isinstance(start, Stats):
            return self.estep(*self.mstep(start))
        return self.estep(*self.admit(start))

    def admit(self, start: Mixture) -> tuple[Mixture, NDArray[np.bool_]]:
        """The member of the family nearest to a given mixture: what its own statistics would be fitted by.

        It rests on the floor, or on the ridge, below which no M-step would go.
        """
        weight = np.maximum(start.weights, np.finfo(np.float64).tiny)
        least = np.maximum(self.floor, self.ridge)
        given = start.covariances
        own = given.variances() if self.family.needs == "diagonal" else given.dense()
        stats = Stats(weight, start.means, as_scatter(weight, own, self.family.needs), 0.0, 0.0)
        covariances, low = self.family.fit(stats, least, given)
        outside = start.noise.weight if start.noise else 0.0
        return self.mixture(start.weights, self.fixed.placed(start.means), covariances, outside), low

    def among(self, sample: Chunk) -> Task:
        """The same task on some of its rows, as an array in memory."""
        bayes = self.bayes.among(sample.positions) if isinstance(self.bayes, ByPosition) else self.bayes
        rows = np.require(sample.rows, requirements="C")
        source = ArraySource(rows, sample.sample_weight, getattr(self.source, "threads", None))
        return replace(self, source=source, bayes=bayes)

    def collapsed(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Which components to repair: none that is held, in part or altogether."""
        bad = collapsed(iterate, self.family, self.source.n_rows)
        return bad & ~self.fixed.touched(len(bad))

    def keep(self, components: NDArray[Any]) -> Task:
        """The same task for some of the components."""
        fixed = self.fixed.select(components)
        return replace(self, fixed=fixed, family=fixed.over(self.family))


Notify = Callable[[Path], object]

PLAIN = Plain()

# By whether EM is to be accelerated.
STEPPERS: dict[bool, Stepper] = {False: PLAIN, True: Accelerated(Squarem(), QuasiNewton())}


def run(
    task: Task,
    path: Path,
    *,
    stop: Sequence[StopRule],
    max_iter: int,
    rng: Rng,
    stepper: Stepper = PLAIN,
    notify: Notify | None = None,
    keep_interrupted: bool = False,
) -> Path:
    """Iterate until a rule says stop, or ``max_iter`` iterations are done.

    Parameters
    ----------
    task : Task
    path : Path
        The first E-step (`Path.at` of `Task.begin`).
    stop : sequence of StopRule
        Any of them ends the run.
    notify : callable, optional
        Called with the path at its start and after every iteration.
    keep_interrupted : bool
        On Ctrl-C, return where the run stands instead of raising.
    """
    state = stepper.init(path.last)
    tell = notify or (lambda _: None)
    try:
        tell(path)
        while path.iterations < max_iter and path.outcome is not Outcome.CONVERGED:
            mended = mend(task, path, rng)
            if mended:
                task = task.keep(np.isin(path.alive, mended.alive))
                path, state = mended, stepper.init(mended.last)
                tell(path)
                continue
            step = stepper.step(task, path.last, state)
            old, path, state = path, _advance(task, path, step), step.state
            if path.last is old.last:
                return path
            tell(path)
            still = not task.guarded or not task.collapsed(path.last).any()
            if still and any(rule(old.last, path.last) for rule in stop):
                return replace(path, outcome=Outcome.CONVERGED)
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        return replace(path, outcome=Outcome.INTERRUPTED)
    return path


def _advance(task: Task, path: Path, step: Step) -> Path:
    """Take a step, unless the log-likelihood fell: then the path ends where it was."""
    new = step.iterate
    fall = path.last.loglik - new.loglik
    if fall <= 0 or not task.guarded:
        return path.on(new, step.passes)
    rounding = fall <= task.rounding * (abs(new.loglik) + new.stats.total)
    if rounding and task.collapsed(new).any():
        # At rest, but on a component to repair: take the step, so that the next thing is its repair.
        return replace(path.on(new, step.passes), trace=(*path.trace, path.trace[-1]))
    outcome = Outcome.CONVERGED if rounding else Outcome.STALLED
    return replace(path, outcome=outcome, passes=path.passes + step.passes)


def mend(task: Task, path: Path, rng: Rng) -> Path | None:
    """Re-seed collapsed components once, remove those that collapse again; None where nothing is to be done.

    A start may be as narrow as it likes; only what an M-step made of it counts.

    The trace starts anew, so that it never falls. Of several components to remove, the lighter half goes at a
    time, since the others may recover.
    """
    last = path.last
    if not task.guarded or not path.iterations:
        return None
    bad = task.collapsed(last)
    if not bad.any():
        return None
    held = points(last.stats, task.source.n_rows)
    done = {repair.component for repair in path.repairs}
    again = np.flatnonzero(bad & [number in done for number in path.alive])
    doomed = again[np.argsort(held[again], kind="stable")][: (len(again) + 1) // 2]
    stay = np.setdiff1d(np.arange(len(held)), doomed)
    fresh = bad & [number not in done for number in path.alive]
    now = path.iterations + 1
    actions = [(j, Action.REMOVED) for j in doomed] + [(j, Action.RESEEDED) for j in np.flatnonzero(fresh)]
    report = [Repair(now, path.alive[j], action, float(held[j])) for j, action in actions]
    rows, fitness = task.candidates(last.mixture, rng)
    stats = reseed(last.stats, fresh, rows, fitness, task.scale).select(stay)
    left = task.keep(stay)
    new = left.estep(*left.mstep(stats, last.mixture.select(stay)))
    alive = tuple(path.alive[j] for j in stay)
    return Path(new, (new.loglik,), now, path.passes + 1, path.outcome, (*path.repairs, *report), alive)


def fill(task: Task, stats: Stats, rng: Rng) -> tuple[Stats, tuple[Repair, ...]]:
    """Re-seed components that a start left without any row, far from all rows' mean."""
    empty = stats.weight <= 0
    if not empty.any():
        return stats, ()
    rows = task.source.rows(CANDIDATES, rng).rows
    centre = np.average(stats.mean, axis=0, weights=stats.weight)
    nearness = -((rows - centre) ** 2 / task.scale).sum(axis=1)
    report = tuple(Repair(0, int(j), Action.RESEEDED, 0.0) for j in np.flatnonzero(empty))
    return reseed(stats, empty, rows, nearness, task.scale), report
