"""Short runs of EM, the best of which is changed to get higher (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixtura._support import Rng
from mixtura.data import Chunk
from mixtura.em import LoglikRises, Problem, Run, iterate, reseed_empty, rows_per_weight
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.starts.coordinates import sphered
from mixtura.starts.kmeans import random_state
from mixtura.starts.search import continued, is_spurious, ranked, short_runs
from mixtura.starts.seeding import squared_distances
from mixtura.starts.split_and_merge import MOVES, Neighbourhood
from mixtura.stats import Stats

# Two runs at rest that differ by less than this, in units of the log-likelihood, are in the same place.
SAME = 0.1

# Iterations after which a run is taken for one at rest.
ENOUGH = 500

# Iterations after which EM from a changed mixture is accelerated.
PLAIN = 2

# How often seeds are drawn anew if all runs lost components.
TRIES = 3


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of some short runs, then look for ways to higher places from there.

    The runs start from the nearest of k rows, drawn with probability proportional to the squared distance from
    those drawn before (Arthur & Vassilvitskii 2007), on standardised columns and on sphered ones in turn; after a few
    iterations only the best go on, and the last few come to rest. Then the best mixture is changed again and again
    (`mixtura.starts.split_and_merge`): two components that overlap are merged and another one is cut in two (Ueda,
    Nakano, Ghahramani & Hinton 2000), or cut anew, or one is put around a random row. Where EM leads higher from there,
    that is the best from then on. All of it reads the rows as often as ``effort`` runs would.

    Attributes
    ----------
    seeds : int
        Number of runs.
    first : int
        EM iterations of each before the first choice; of a changed mixture, twice as many at a time.
    kept : float
        The part of the runs that goes on at each choice.
    finalists : int
        So many come to rest. On larger data, so many of the best places on the sample go on, on all rows, for
        ``heats`` iterations.
    moves : int
        How many changes are tried at a time.
    effort : float
        How often the rows are read, in lengths of a run: the mean number of passes of the finalists.
    settled : float
        The same where all finalists came to the same place.
    rows, rows_per_component : int
        Larger data are represented by this many random rows, or this many for each component if that is more.
    heats : int
    tol : float
        A run rests when its mean log-likelihood rises by less; a changed mixture, by less than ten times as much.
    """

    seeds: int = 12
    first: int = 2
    kept: float = 0.34
    finalists: int = 3
    moves: int = 5
    effort: float = 12.0
    settled: float = 5.0
    rows: int = 5000
    rows_per_component: int = 200
    heats: int = 10
    tol: float = 1e-5

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Mixture | Stats:
        """Statistics at the best place; of a partition where all runs lost components, so that the fit tells of it."""
        wanted = max(self.rows, self.rows_per_component * k)
        sample = problem.source.rows(wanted, rng)
        small = problem.on(sample)
        places, read = self._seeded(small, sample, k, rng)
        if not places:
            return partitions(small, sample, k, rng)[0]
        places = self._improved(places, read, small, sample, rng)
        if problem.source.n_rows > wanted:
            return self._final(problem, places, rng)
        return places[0].last.stats

    def _seeded(self, problem: Problem, sample: Chunk, k: int, rng: Rng) -> tuple[list[Run], int]:
        """The best of the first runs, and how often they read the rows; none where all of them lost components."""
        read = 0
        for _ in range(TRIES):
            starts = [reseed_empty(problem, stats, rng)[0] for stats in partitions(problem, sample, k, rng, self.seeds)]
            runs = short_runs(problem, starts, self.first, self.tol)
            read, iterations = read + len(starts) + _passes(runs), self.first
            runs = _alive(problem, runs)
            while iterations < ENOUGH and not all(run.finished for run in runs):
                iterations *= 2
                runs = runs[: max(self.finalists, int(self.kept * len(runs)))]
                before, runs = _passes(runs), continued(problem, runs, iterations, self.tol)
                read += _passes(runs) - before
                runs = _alive(problem, runs)
            if runs:
                break
        return runs[: self.finalists], read

    def _improved(self, places: list[Run], read: int, problem: Problem, sample: Chunk, rng: Rng) -> list[Run]:
        """All places that were found, the best first."""
        first, length = places[0], _passes(places) / len(places)
        agreed = len(places) == self.finalists and not any(is_better(problem, first, one) for one in places)
        goal = (self.settled if agreed else self.effort) * length
        while read < goal and len(first.components) > 1:
            found, more = self._moved(places[0], problem, sample, rng)
            places, read = ranked(problem, [*places, *found]), read + more
            if is_better(problem, places[0], first):
                goal = self.effort * length
        return places

    def _moved(self, best: Run, problem: Problem, sample: Chunk, rng: Rng) -> tuple[list[Run], int]:
        """Where EM comes to rest from changes of the best place, and how often that read the rows.

        A run is given up when it would not get above the best if it gained as much again as since it was last looked
        at: that ends most of those that are on their way back, too.
        """
        neighbourhood = Neighbourhood.of(problem, best.last.stats, sample)
        drawn = [MOVES[number] for number in rng.choice(len(MOVES), size=self.moves)]
        starts = [reseed_empty(problem, move(problem, neighbourhood, rng), rng)[0] for move in drawn]
        goal = -np.inf if is_spurious(problem, best) else best.loglik + SAME / rows_per_weight(problem)
        iterations, tol = 2 * self.first, 10 * self.tol
        runs = short_runs(problem, starts, iterations, tol, PLAIN)
        read, runs = _passes(runs), _alive(problem, runs)
        finished: list[Run] = []
        while runs and iterations < ENOUGH:
            before, runs = _passes(runs), continued(problem, runs, iterations, tol, PLAIN)
            read += _passes(runs) - before
            runs = _alive(problem, runs)
            finished += [run for run in runs if run.finished]
            runs = [run for run in runs if not run.finished and 2 * run.loglik - run.trace[0] > goal]
            iterations *= 2
        return finished, read + 1

    def _final(self, problem: Problem, places: list[Run], rng: Rng) -> Stats:
        """Of the best places on a sample, the best on all rows, after some iterations there."""
        chosen = places[:1]
        for place in places[1:]:
            if len(chosen) < self.finalists and is_better(problem, chosen[-1], place):
                chosen.append(place)
        if len(chosen) == 1:
            return chosen[0].last.stats
        stop = [LoglikRises(self.tol)]
        runs = [
            iterate(problem, Run.started(problem.begin(one.last.stats)), stop=stop, max_iter=self.heats, rng=rng)
            for one in chosen
        ]
        return ranked(problem, runs)[0].last.stats


def _passes(runs: Sequence[Run]) -> int:
    """How often several runs read the rows."""
    return sum(run.passes for run in runs)


def _alive(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """Runs that lost no component on the way, the best first."""
    return ranked(problem, [run for run in runs if not (run.lost or run.repairs)])


def is_better(problem: Problem, one: Run, other: Run) -> bool:
    """Whether a finished run ranks before another one and is in another place."""
    if is_spurious(problem, one) != is_spurious(problem, other):
        return is_spurious(problem, other)
    return (one.loglik - other.loglik) * rows_per_weight(problem) > SAME


def partitions(problem: Problem, sample: Chunk, k: int, rng: Rng, count: int = 1) -> list[Stats]:
    """Several times statistics of the sample's rows, each given to the nearest of k of them.

    Nearest on standardised columns and, every other time, on principal components of equal variance.
    """
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(problem.scale)
    coordinates = [rows, sphered(sample.rows, sample.weigh(np.ones(len(rows))))] if rows.shape[1] > 1 else [rows]
    state, members, different = random_state(rng), np.eye(k), min(k, len(rows))
    distances = (
        squared_distances(coordinates[number % len(coordinates)], different, sample.sample_weight, state)
        for number in range(count)
    )
    return [accumulate(sample, members[one.argmin(axis=1)], problem.mstep.scatter_kind) for one in distances]


small_em = SmallEM()
