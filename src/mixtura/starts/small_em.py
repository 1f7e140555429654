"""The default start: the best of short EM runs, improved by local changes (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixtura._support import Rng
from mixtura.data import Chunk
from mixtura.em import LoglikRises, Problem, Run, is_spurious, iterate, reseed_empty, rows_per_weight
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.starts.coordinates import sphere
from mixtura.starts.kmeans import as_random_state
from mixtura.starts.search import continue_runs, rank_runs, short_runs
from mixtura.starts.seeding import squared_distances
from mixtura.starts.split_and_merge import MOVES, Neighbourhood
from mixtura.stats import Stats

# Converged runs whose log-likelihoods differ by less than this, in nats, have reached the same optimum.
SAME_OPTIMUM = 0.1

# Iterations after which a run is taken for converged.
MAX_ITER = 500

# Iterations of plain EM from a changed mixture before it is accelerated.
ACCELERATE_AFTER = 2

# How often starts are drawn anew if all runs lost components.
MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of several short EM runs, after changes of it that lead to a higher log-likelihood.

    The runs start from partitions in which each row joins the nearest of k rows, drawn as k-means++ does (Arthur &
    Vassilvitskii 2007), in turn on standardised columns and on sphered ones. By successive halving a few of them run
    until they converge. Then the best mixture is changed again and again (`mixtura.starts.split_and_merge`): two
    components that overlap are merged and another one is split (Ueda, Nakano, Ghahramani & Hinton 2000), or split
    anew, or one is put around a random row. If EM from there reaches a higher log-likelihood, that mixture is the best
    from then on.

    Attributes
    ----------
    n_runs : int
        Number of short runs.
    first_iterations : int
        EM iterations of each run before the first choice; they double until the next one. Runs from a changed mixture
        begin with twice as many.
    kept_fraction : float
        Fraction of the runs that go on after each choice.
    n_best : int
        Number of runs that converge. With more rows than the sample has, also the number of optima found on the sample
        that are compared on all rows.
    n_moves : int
        How many changes of the best mixture are tried at a time.
    effort : float
        How often all of this reads the rows, in multiples of the mean number of passes of the ``n_best`` runs.
    effort_if_agreed : float
        The same, if these runs all reached the same optimum.
    sample_rows, rows_per_component : int
        Of more rows than this, or than this many for each component, a random sample is searched.
    final_iterations : int
        EM iterations on all rows by which the optima of a sample are compared.
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more; from a changed mixture, by no more
        than ten times as much.
    """

    n_runs: int = 12
    first_iterations: int = 2
    kept_fraction: float = 0.34
    n_best: int = 3
    n_moves: int = 5
    effort: float = 12.0
    effort_if_agreed: float = 5.0
    sample_rows: int = 5000
    rows_per_component: int = 200
    final_iterations: int = 10
    tol: float = 1e-5

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Mixture | Stats:
        """Statistics of the best mixture's E-step; of a first partition if all runs lost components."""
        wanted = max(self.sample_rows, self.rows_per_component * k)
        sample = problem.source.rows(wanted, rng)
        small = problem.on_sample(sample)
        runs, read = self._short_runs(small, sample, k, rng)
        if not runs:
            return partitions(small, sample, k, rng)[0]
        runs = self._improve(runs, read, small, sample, rng)
        if problem.source.n_rows > wanted:
            return self._best_on_all_rows(problem, runs, rng)
        return runs[0].last.stats

    def _short_runs(self, problem: Problem, sample: Chunk, k: int, rng: Rng) -> tuple[list[Run], int]:
        """The best converged runs, and how often the rows were read; no runs if all of them lost components."""
        read = 0
        for _ in range(MAX_TRIES):
            starts = [reseed_empty(problem, one, rng)[0] for one in partitions(problem, sample, k, rng, self.n_runs)]
            runs = short_runs(problem, starts, self.first_iterations, self.tol)
            read, iterations = read + len(starts) + _passes(runs), self.first_iterations
            runs = _without_losses(problem, runs)
            while iterations < MAX_ITER and not all(run.finished for run in runs):
                iterations *= 2
                runs = runs[: max(self.n_best, int(self.kept_fraction * len(runs)))]
                before, runs = _passes(runs), continue_runs(problem, runs, iterations, self.tol)
                read += _passes(runs) - before
                runs = _without_losses(problem, runs)
            if runs:
                break
        return runs[: self.n_best], read

    def _improve(self, runs: list[Run], read: int, problem: Problem, sample: Chunk, rng: Rng) -> list[Run]:
        """Change the best mixture until the effort is spent; all converged runs, the best first."""
        first, length = runs[0], _passes(runs) / len(runs)
        agreed = len(runs) == self.n_best and not any(is_better(problem, first, run) for run in runs)
        budget = (self.effort_if_agreed if agreed else self.effort) * length
        while read < budget and len(first.components) > 1:
            found, more = self._change(runs[0], problem, sample, rng)
            runs, read = rank_runs(problem, [*runs, *found]), read + more
            if is_better(problem, runs[0], first):
                budget = self.effort * length
        return runs

    def _change(self, best: Run, problem: Problem, sample: Chunk, rng: Rng) -> tuple[list[Run], int]:
        """Converged runs from random changes of the best mixture, and how often they read the rows.

        A run is given up if its log-likelihood would not exceed the best after another rise as large as since it was
        last looked at; that ends most runs that return to the best mixture.
        """
        neighbourhood = Neighbourhood.of(problem, best.last.stats, sample)
        moves = [MOVES[number] for number in rng.choice(len(MOVES), size=self.n_moves)]
        starts = [reseed_empty(problem, move(problem, neighbourhood, rng), rng)[0] for move in moves]
        goal = -np.inf if is_spurious(problem, best) else best.loglik + SAME_OPTIMUM / rows_per_weight(problem)
        iterations, tol = 2 * self.first_iterations, 10 * self.tol
        runs = short_runs(problem, starts, iterations, tol, ACCELERATE_AFTER)
        read, runs = _passes(runs), _without_losses(problem, runs)
        finished: list[Run] = []
        while runs and iterations < MAX_ITER:
            before, runs = _passes(runs), continue_runs(problem, runs, iterations, tol, ACCELERATE_AFTER)
            read += _passes(runs) - before
            runs = _without_losses(problem, runs)
            finished += [run for run in runs if run.finished]
            runs = [run for run in runs if not run.finished and 2 * run.loglik - run.trace[0] > goal]
            iterations *= 2
        return finished, read + 1

    def _best_on_all_rows(self, problem: Problem, runs: list[Run], rng: Rng) -> Stats:
        """Of the best optima on a sample, the one that is best after some iterations on all rows."""
        chosen = runs[:1]
        for run in runs[1:]:
            if len(chosen) < self.n_best and is_better(problem, chosen[-1], run):
                chosen.append(run)
        if len(chosen) == 1:
            return chosen[0].last.stats
        stop, most = [LoglikRises(self.tol)], self.final_iterations
        runs = [
            iterate(problem, Run.started(problem.begin(run.last.stats)), stop=stop, max_iter=most, rng=rng)
            for run in chosen
        ]
        return rank_runs(problem, runs)[0].last.stats


def _passes(runs: Sequence[Run]) -> int:
    """How often several runs read the rows, all together."""
    return sum(run.passes for run in runs)


def _without_losses(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """The runs of which no component has collapsed, the best first."""
    return rank_runs(problem, [run for run in runs if not (run.lost or run.repairs)])


def is_better(problem: Problem, one: Run, other: Run) -> bool:
    """Whether a finished run ranks before another one and has reached another optimum."""
    if is_spurious(problem, one) != is_spurious(problem, other):
        return is_spurious(problem, other)
    return (one.loglik - other.loglik) * rows_per_weight(problem) > SAME_OPTIMUM


def partitions(problem: Problem, sample: Chunk, k: int, rng: Rng, count: int = 1) -> list[Stats]:
    """Statistics of ``count`` random partitions of a sample, in which each row joins the nearest of k rows.

    These are drawn as k-means++ does. Distances are on standardised columns and, every other time, on principal
    components of equal variance.
    """
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(problem.scale)
    coordinates = [rows, sphere(sample.rows, sample.weigh(np.ones(len(rows))))] if rows.shape[1] > 1 else [rows]
    state, members, n_seeds = as_random_state(rng), np.eye(k), min(k, len(rows))
    distances = (
        squared_distances(coordinates[number % len(coordinates)], n_seeds, sample.sample_weight, state)
        for number in range(count)
    )
    return [accumulate(sample, members[one.argmin(axis=1)], problem.mstep.scatter_kind) for one in distances]


small_em = SmallEM()
