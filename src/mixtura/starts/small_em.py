"""The default start: short runs of EM (Biernacki, Celeux & Govaert 2003), then splits and merges of the best one."""

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

# Two finished runs whose log-likelihoods differ by less than this, in nats, have reached the same optimum.
SAME = 0.1

# Iterations after which a run counts as finished.
ENOUGH = 500

# Iterations of plain EM from a changed mixture before it is accelerated.
PLAIN = 2

# How often seeds are drawn if all runs lose components.
TRIES = 3


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of several short runs of EM, after attempts to reach a higher optimum from there.

    Each run starts from a partition of the rows by the nearest of k of them, drawn with probability proportional to the
    squared distance from those drawn before (Arthur & Vassilvitskii 2007), on standardised columns and on sphered ones
    in turn. After a few iterations only the best go on, and the last few converge. Then the best mixture is changed
    again and again (`mixtura.starts.split_and_merge`): two components that overlap are merged and another one is cut in
    two (Ueda, Nakano, Ghahramani & Hinton 2000), or their union is cut anew, or a component is put around a random row.
    If EM reaches a higher optimum from there, that is the best from then on. In all the rows are read as often as by
    ``effort`` runs.

    Attributes
    ----------
    seeds : int
        Number of runs.
    first : int
        EM iterations of each run before the first choice; runs from a changed mixture begin with twice as many.
    kept : float
        The fraction of the runs that goes on at each choice, but at least the finalists.
    finalists : int
        Number of runs that converge. If a sample stands for larger data, also the largest number of optima of the
        sample that are compared on all rows.
    moves : int
        Number of changed mixtures that are tried at a time.
    effort : float
        How often the rows are read, in units of the finalists' mean number of passes.
    settled : float
        The effort if all finalists reached the same optimum and no higher one is found.
    rows, rows_per_component : int
        Larger data are represented by ``rows`` random rows, or ``rows_per_component`` k if that is more.
    heats : int
        Largest number of iterations on all rows, after which optima of a sample are compared.
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more; from a changed mixture, by no more
        than ten times as much.
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
        """Statistics at the best optimum found; those of a partition if all runs lost components.

        From the partition the fit loses components, too, and reports that.
        """
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
        """The finalists, best first, and the number of passes over the rows; no run if all of them lost components."""
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
        """The finalists and the runs from changes of the best one, best first."""
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
        """Finished runs from changes of the best mixture, and the number of passes over the rows.

        A run is given up if it would not exceed the best one by gaining as much again as in its last iterations, which
        also ends most of the runs that return to the best one's optimum.
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
        """Statistics of the best run on all rows, after a few iterations there from different optima of a sample."""
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
    """Number of passes of several runs over the rows."""
    return sum(run.passes for run in runs)


def _alive(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """The runs in which no component collapsed, best first."""
    return ranked(problem, [run for run in runs if not (run.lost or run.repairs)])


def is_better(problem: Problem, one: Run, other: Run) -> bool:
    """Whether a finished run ranks before another one and has reached another optimum."""
    if is_spurious(problem, one) != is_spurious(problem, other):
        return is_spurious(problem, other)
    return (one.loglik - other.loglik) * rows_per_weight(problem) > SAME


def partitions(problem: Problem, sample: Chunk, k: int, rng: Rng, count: int = 1) -> list[Stats]:
    """Statistics of ``count`` random partitions of the sample, each by the nearest of k rows that are drawn from it.

    Distances are those of standardised columns and, in every other partition, of principal components of equal
    variance.
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
