"""Many short runs of EM, of which the best are continued (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import kmeans_plusplus

from mixtura.adjust import points
from mixtura.data import Chunk, Rng
from mixtura.em import STEPPERS, Path, Task, fill, run
from mixtura.initial.clusters import random_state
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.result import Outcome
from mixtura.sources import ArraySource
from mixtura.stats import Stats
from mixtura.stopping import LoglikRises

# Two runs at rest that differ by less than this, in units of the log-likelihood, are in the same place.
SAME = 0.02


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of many short runs, by successive halving (Jamieson & Talwalkar 2016).

    Every run starts from the nearest of k rows, drawn with probability proportional to the squared distance from
    those drawn before (Arthur & Vassilvitskii 2007), on standardised columns. After a few iterations only the best
    go on, for twice as many, and so forth. Runs that come to rest in the same place count as one.

    Attributes
    ----------
    seeds : int
        Number of runs.
    first : int
        EM iterations of each before the first choice.
    kept : float
        The part that goes on at each choice.
    rows, rows_per_component : int
        Larger data are represented by this many random rows, or this many for each component if that is more.
    tol : float
        A run rests when its mean log-likelihood rises by less.
    """

    seeds: int = 50
    first: int = 1
    kept: float = 0.4
    rows: int = 2000
    rows_per_component: int = 200
    tol: float = 1e-5

    def __call__(self, task: Task, k: int, rng: Rng) -> Mixture | Stats:
        """The best run's mixture; a seeding where all runs lost components, so that the fit tells of it."""
        wanted = max(self.rows, self.rows_per_component * k)
        sample = task.source.rows(wanted, rng)
        small = task if task.source.n_rows <= wanted else replace(task, source=_source(sample))
        seedings = [seeded(task, sample, k, rng) for _ in range(self.seeds)]
        runs = [Path.at(small.begin(fill(small, stats, rng)[0])) for stats in seedings]
        iterations = self.first
        while True:
            runs = self._best([self._further(small, path, iterations, rng) for path in runs], small, k)
            if not runs:
                return seedings[0]
            if len(runs) == 1 or all(path.outcome is Outcome.CONVERGED for path in runs):
                return runs[0].last.mixture
            iterations *= 2

    def _further(self, task: Task, path: Path, iterations: int, rng: Rng) -> Path:
        """The same run, some iterations on."""
        stop = [LoglikRises(self.tol)]
        return run(task, path, stop=stop, max_iter=path.iterations + iterations, rng=rng, stepper=STEPPERS[True])

    def _best(self, runs: list[Path], task: Task, k: int) -> list[Path]:
        """The best part of the runs that still have all components; not twice the same place."""
        whole = [path for path in runs if path.last.mixture.n_components == k]
        ranked = sorted(whole, key=lambda path: (spurious(path, task), -path.last.loglik))
        unit = task.source.n_rows / ranked[0].last.stats.total if ranked else 1.0
        chosen: list[Path] = []
        for path in ranked:
            rests = [other for other in chosen if other.outcome is Outcome.CONVERGED]
            known = any(abs(other.last.loglik - path.last.loglik) * unit < SAME for other in rests)
            if not (known and path.outcome is Outcome.CONVERGED):
                chosen.append(path)
        return chosen[: max(1, int(self.kept * len(runs)))]


def _source(sample: Chunk) -> ArraySource:
    """A sample as data of its own."""
    return ArraySource(sample.rows, sample.sample_weight)


def spurious(path: Path, task: Task) -> bool:
    """Whether a component owes its likelihood to the floor: it rests there on hardly more points than it needs."""
    held = points(path.last.stats, task.source.n_rows)
    d = task.source.n_features
    return bool((path.last.low & (held < 2 * task.family.least_points(d))).any())


def seeded(task: Task, sample: Chunk, k: int, rng: Rng) -> Stats:
    """Statistics of the sample's rows, each given to the nearest of k of them."""
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(task.scale)
    count = min(k, len(rows))
    centres, _ = kmeans_plusplus(
        rows, count, sample_weight=sample.sample_weight, random_state=random_state(rng), n_local_trials=1
    )
    distances = [((rows - centre) ** 2).sum(axis=1) for centre in centres]
    return accumulate(sample, np.eye(k)[np.argmin(distances, axis=0)], task.family.needs)


small_em = SmallEM()
