"""Short runs of EM, the best of which is improved by moving components (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixtura.adjust import reseed
from mixtura.data import Chunk, Rng
from mixtura.em import Task, fill, run
from mixtura.initial.clusters import random_state
from mixtura.initial.seeding import squared_distances
from mixtura.initial.short import Runner, further, ranked, started
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.path import Path
from mixtura.sources import ArraySource
from mixtura.stats import Stats
from mixtura.stopping import LoglikRises

# Two runs at rest that differ by less than this, in units of the log-likelihood, are in the same place.
SAME = 0.1

# Iterations after which a run is taken for one at rest.
ENOUGH = 500


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of many short runs, then move components of it for as long as that leads higher.

    The runs start from the nearest of k rows, drawn with probability proportional to the squared distance from
    those drawn before (Arthur & Vassilvitskii 2007), on standardised columns; after a few iterations only the best
    go on. Then each component in turn is taken out of the best mixture and put on a random row (Zhao, Hautamäki,
    Kärkkäinen & Fränti 2012); where EM leads higher from there, that is the best from then on. It ends when
    some rounds of such moves, and as many as it took to get there, have been in vain.

    Attributes
    ----------
    seeds : int
        Number of runs.
    first : int
        EM iterations of each before the first choice; of a moved mixture, twice as many at a time.
    kept : float
        The part of the runs that goes on at each choice.
    fresh : int
        Runs from new seeds in each round of moves.
    patience : int
        Rounds of moves in vain before it ends.
    rounds : int
        At most so many.
    rows, rows_per_component : int
        Larger data are represented by this many random rows, or this many for each component if that is more.
    finalists : int
        So many of the best places on the sample go on, on all rows, for ``heats`` iterations.
    heats : int
    tol : float
        A run rests when its mean log-likelihood rises by less.
    """

    seeds: int = 12
    first: int = 2
    kept: float = 0.34
    fresh: int = 2
    patience: int = 2
    rounds: int = 30
    rows: int = 5000
    rows_per_component: int = 200
    finalists: int = 3
    heats: int = 10
    tol: float = 1e-5

    def __call__(self, task: Task, k: int, rng: Rng) -> Mixture | Stats:
        """Statistics at the best place; of a seeding where all runs lost components, so that the fit tells of it."""
        wanted = max(self.rows, self.rows_per_component * k)
        sample = task.source.rows(wanted, rng)
        threads = getattr(task.source, "threads", None)
        small = replace(
            task, source=ArraySource(np.require(sample.rows, requirements="C"), sample.sample_weight, threads)
        )
        places = self._improved(self._seeded(small, sample, k, rng), small, sample, k, rng)
        if not places:
            return seeded(small, sample, k, rng)[0]
        if task.source.n_rows > wanted:
            return self._final(task, places, rng)
        return places[0].stats

    def _seeded(self, task: Task, sample: Chunk, k: int, rng: Rng) -> list[Runner]:
        """The best of the first runs; none where all of them lost components."""
        starts = [fill(task, stats, rng)[0] for stats in seeded(task, sample, k, rng, self.seeds)]
        runners, iterations = started(task, starts, self.first, self.tol), self.first
        while iterations < ENOUGH and not all(one.resting for one in runners):
            iterations *= 2
            runners = further(task, runners[: max(1, int(self.kept * len(runners)))], iterations, self.tol)
        return runners[:1]

    def _improved(self, places: list[Runner], task: Task, sample: Chunk, k: int, rng: Rng) -> list[Runner]:
        """All places that were found, the best first."""
        vain = reached = 0
        for number in range(self.rounds if k > 1 else 0):
            best = places[0] if places else None
            found = self._moved(best, task, sample, rng) if best else self._seeded(task, sample, k, rng)
            places = ranked([*places, *found], task)
            if places and (not best or higher(places[0], best, task)):
                vain, reached = 0, number
            elif (vain := vain + 1) >= max(self.patience, reached):
                break
        return places

    def _moved(self, best: Runner, task: Task, sample: Chunk, rng: Rng) -> list[Runner]:
        """Where EM comes to rest once each component in turn has been put on a random row, and from new seeds.

        A run is given up when it would not get above the best if it gained as much again as since it was last looked
        at: that ends most of those that are on their way back, too.
        """
        k = len(best.low)
        weight = sample.weigh(np.ones(len(sample.rows)))
        rows = sample.rows[rng.choice(len(weight), size=k, p=weight / weight.sum())]
        starts = [reseed(best.stats, np.arange(k) == j, rows[j : j + 1], np.zeros(1), task.scale) for j in range(k)]
        starts += [fill(task, stats, rng)[0] for stats in seeded(task, sample, k, rng, self.fresh)]
        goal = -np.inf if best.spurious(task) else best.stats.loglik + SAME / unit(best, task)
        iterations = 2 * self.first
        runners = started(task, starts, iterations, self.tol)
        resting: list[Runner] = []
        while runners and iterations < ENOUGH:
            runners = further(task, runners, iterations, self.tol)
            resting += [one for one in runners if one.resting]
            runners = [one for one in runners if not one.resting and one.stats.loglik + one.gain > goal]
            iterations *= 2
        return resting

    def _final(self, task: Task, places: list[Runner], rng: Rng) -> Stats:
        """Of the best places on a sample, the best on all rows, after some iterations there."""
        chosen = places[:1]
        for place in places[1:]:
            if len(chosen) < self.finalists and higher(chosen[-1], place, task):
                chosen.append(place)
        if len(chosen) == 1:
            return chosen[0].stats
        stop = [LoglikRises(self.tol)]
        paths = [run(task, Path.at(task.begin(one.stats)), stop=stop, max_iter=self.heats, rng=rng) for one in chosen]
        return ranked([Runner.at(path) for path in paths], task)[0].stats


def unit(one: Runner, task: Task) -> float:
    """How many rows a weight of one stands for: weights that sum to less than the number of rows are relative."""
    return max(1.0, task.source.n_rows / one.stats.total)


def higher(one: Runner, other: Runner, task: Task) -> bool:
    """Whether a run at rest ranks before another one and is in another place."""
    if one.spurious(task) != other.spurious(task):
        return other.spurious(task)
    return (one.stats.loglik - other.stats.loglik) * unit(other, task) > SAME


def seeded(task: Task, sample: Chunk, k: int, rng: Rng, count: int = 1) -> list[Stats]:
    """Several times statistics of the sample's rows, each given to the nearest of k of them."""
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(task.scale)
    state, members, different = random_state(rng), np.eye(k), min(k, len(rows))
    distances = (squared_distances(rows, different, sample.sample_weight, state) for _ in range(count))
    return [accumulate(sample, members[one.argmin(axis=1)], task.family.needs) for one in distances]


small_em = SmallEM()
