"""Many short runs of EM, of which the best are continued (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixtura.adjust import points
from mixtura.data import Chunk, Rng
from mixtura.em import STEPPERS, Path, Task, fill, run
from mixtura.initial.clusters import random_state
from mixtura.initial.seeding import squared_distances
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.result import Outcome
from mixtura.sources import ArraySource
from mixtura.stats import Stats
from mixtura.stopping import LoglikRises

# Two runs at rest that differ by less than this, in units of the log-likelihood, are in the same place.
SAME = 0.1

# Iterations after which a run is taken for one at rest.
ENOUGH = 500


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of many short runs, by successive halving, until the best is found twice.

    Every run starts from the nearest of k rows, drawn with probability proportional to the squared distance from
    those drawn before (Arthur & Vassilvitskii 2007), on standardised columns. After a few iterations only the best
    of a round go on, for twice as many, and so forth (Jamieson & Talwalkar 2016). Rounds end when the best place of
    all has been reached by two of them: where it is easy to find, soon.

    Attributes
    ----------
    seeds : int
        Number of runs in a round.
    first : int
        EM iterations of each before the first choice.
    kept : float
        The part that goes on at each choice.
    rounds : int
        At most so many.
    rows, rows_per_component : int
        Larger data are represented by this many random rows, or this many for each component if that is more.
    tol : float
        A run rests when its mean log-likelihood rises by less.
    """

    seeds: int = 12
    first: int = 2
    kept: float = 0.34
    rounds: int = 9
    rows: int = 2000
    rows_per_component: int = 200
    tol: float = 1e-5

    def __call__(self, task: Task, k: int, rng: Rng) -> Mixture | Stats:
        """The best run's mixture; a seeding where all runs lost components, so that the fit tells of it."""
        wanted = max(self.rows, self.rows_per_component * k)
        sample = task.source.rows(wanted, rng)
        small = task if task.source.n_rows <= wanted else replace(task, source=_source(sample))
        ends: list[Path] = []
        for _ in range(self.rounds):
            ends = ranked([*ends, *self._round(small, sample, k, rng)], small)
            if len(ends) > 1 and same(ends[0], ends[1], small):
                break
        return ends[0].last.mixture if ends else seeded(small, sample, k, rng)

    def _round(self, task: Task, sample: Chunk, k: int, rng: Rng) -> list[Path]:
        """The best of some runs; none where all of them lost components."""
        seedings = [seeded(task, sample, k, rng) for _ in range(self.seeds)]
        runs = [Path.at(task.begin(fill(task, stats, rng)[0])) for stats in seedings]
        iterations = self.first
        while iterations < ENOUGH and not all(path.outcome is Outcome.CONVERGED for path in runs):
            runs = self._best([self._further(task, path, iterations, rng) for path in runs], task, k)
            iterations *= 2
        return runs[:1]

    def _further(self, task: Task, path: Path, iterations: int, rng: Rng) -> Path:
        """The same run, some iterations on."""
        stop = [LoglikRises(self.tol)]
        return run(task, path, stop=stop, max_iter=path.iterations + iterations, rng=rng, stepper=STEPPERS[True])

    def _best(self, runs: list[Path], task: Task, k: int) -> list[Path]:
        """The best part of the runs, of those that still have all components."""
        whole = [path for path in runs if path.last.mixture.n_components == k]
        return ranked(whole, task)[: max(1, int(self.kept * len(runs)))]


def _source(sample: Chunk) -> ArraySource:
    """A sample as data of its own."""
    return ArraySource(sample.rows, sample.sample_weight)


def spurious(path: Path, task: Task) -> bool:
    """Whether a component owes its likelihood to the floor: it rests there on hardly more points than it needs."""
    held = points(path.last.stats, task.source.n_rows)
    d = task.source.n_features
    return bool((path.last.low & (held < 2 * task.family.least_points(d))).any())


def ranked(runs: list[Path], task: Task) -> list[Path]:
    """The best first."""
    return sorted(runs, key=lambda path: (spurious(path, task), -path.last.loglik))


def same(a: Path, b: Path, task: Task) -> bool:
    """Whether two runs at rest are in the same place; weights that sum to less than the number of rows are relative."""
    unit = max(1.0, task.source.n_rows / a.last.stats.total)
    return abs(a.last.loglik - b.last.loglik) * unit < SAME


def seeded(task: Task, sample: Chunk, k: int, rng: Rng) -> Stats:
    """Statistics of the sample's rows, each given to the nearest of k of them."""
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(task.scale)
    count = min(k, len(rows))
    distances = squared_distances(rows, count, sample.sample_weight, random_state(rng))
    return accumulate(sample, np.eye(k)[distances.argmin(axis=1)], task.family.needs)


small_em = SmallEM()
