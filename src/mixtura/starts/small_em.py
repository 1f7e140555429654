"""The default start: the best of short EM runs, improved by local changes (em-EM: Biernacki, Celeux & Govaert 2003)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixtura._support import Rng, one_blas_thread
from mixtura.data import Chunk
from mixtura.em import (
    LittleRemains,
    LoglikRises,
    Problem,
    Run,
    data_loglik,
    is_suspect,
    iterate,
    reseed_empty,
    rows_per_weight,
    runs_in_kernel,
)
from mixtura.em.steppers import accelerated
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.starts.coordinates import sphere
from mixtura.starts.kmeans import as_random_state
from mixtura.starts.local_changes import LocalChanges
from mixtura.starts.neighbourhood import Neighbourhood
from mixtura.starts.search import continue_runs, rank_runs, search_score, short_runs
from mixtura.starts.seeding import kmeans_clusters, trials_for
from mixtura.starts.split_and_merge import MOVES
from mixtura.stats import Stats

# Converged runs whose log-likelihoods differ by less than this, in nats, have reached the same optimum.
SAME_OPTIMUM = 0.1

# Iterations after which a run is taken for converged.
MAX_ITER = 500

# Iterations of plain EM from a changed mixture before it is accelerated.
ACCELERATE_AFTER = 2

# Most iterations of k-means, in turn; the most rows for it, or rows for each mean, and for each mean and column.
LLOYD_ITERATIONS = (0, 10)
KMEANS_ROWS, KMEANS_ROWS_PER_MEAN, KMEANS_ROWS_PER_COLUMN = 1000, 50, 5

# EM on a large sample has converged where the log-likelihood of its rows can rise by so much only, in nats: the sample
# itself moves the parameters further.
SAMPLE_NATS = 0.05

# How often starts are drawn anew if all runs lost components.
MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class SmallEM:
    """Start from the best of several short EM runs, after changes of it that lead to a higher log-likelihood.

    The runs start from rows that k-means++ draws, to which the others are assigned, or from clusters by k-means, in
    turn on standardised columns and on sphered ones. By successive halving a few of them run until they converge. If
    there are many components and these runs reach different optima, each is changed again and again: two components
    that overlap are fitted anew, or one is split in two and two others are merged (`mixtura.starts.local_changes`), and
    EM runs from the likeliest changes. Then the best mixture is changed at random (`mixtura.starts.split_and_merge`).
    If EM from a change reaches a higher log-likelihood, that mixture is the best from then on. Components with few rows
    count less (`mixtura.starts.search.search_score`).

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
        How many changes of a mixture are tried at a time.
    many_components : int
        From so many components on, likely changes are sought.
    n_descents : int
        From how many of the optima that the runs reach; only from the best one if EM does not run in the kernel.
    effort, effort_of_many, effort_if_agreed : float
        Random changes are tried until EM from changes has read the rows as often as so many of the ``n_best`` runs:
        with few components, with many, and as long as these runs all agree.
    sample_rows, rows_per_component : int
        Of more rows than this, or than this many for each component, a random sample is searched.
    final_iterations : int
        EM iterations on all rows by which the optima of a sample are compared.
    large_sample : int
        Rows that are not an array in memory are read once in each iteration; of more than so many, a sample of this
        size takes their place, on which EM from the best optimum converges.
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more; from a changed mixture, by no more
        than ten times as much.
    """

    n_runs: int = 12
    first_iterations: int = 2
    kept_fraction: float = 0.34
    n_best: int = 3
    n_moves: int = 5
    many_components: int = 7
    n_descents: int = 3
    effort: float = 9.0
    effort_of_many: float = 3.0
    effort_if_agreed: float = 3.0
    sample_rows: int = 5000
    rows_per_component: int = 200
    final_iterations: int = 10
    large_sample: int = 100_000
    tol: float = 1e-5

    @one_blas_thread()  # its threads would wait for each other longer than they compute
    def __call__(self, problem: Problem, k: int, rng: Rng) -> Mixture | Stats:
        """Statistics of the best mixture's E-step; of a first partition if all runs lost components."""
        wanted = max(self.sample_rows, self.rows_per_component * k)
        sample = problem.source.rows(wanted, rng)
        small = problem.on_sample(sample)
        runs = self._short_runs(small, k, rng)
        if not runs:
            return partitions(small, k, rng)[0]
        runs = self._improve(runs, small, sample, rng)
        if problem.source.n_rows > wanted:
            return self._best_on_all_rows(problem, runs, rng)
        return runs[0].last.stats

    def _short_runs(self, problem: Problem, k: int, rng: Rng) -> list[Run]:
        """The best converged runs; none if all of them lost components."""
        runs: list[Run] = []
        for _ in range(MAX_TRIES):
            starts = [reseed_empty(problem, one, rng)[0] for one in partitions(problem, k, rng, self.n_runs)]
            iterations = self.first_iterations
            runs = _without_losses(problem, short_runs(problem, starts, iterations, self.tol))
            while iterations < MAX_ITER and not all(run.finished for run in runs):
                iterations *= 2
                runs = runs[: max(self.n_best, int(self.kept_fraction * len(runs)))]
                runs = _without_losses(problem, continue_runs(problem, runs, iterations, self.tol))
            if runs:
                break
        return runs[: self.n_best]

    def _improve(self, runs: list[Run], problem: Problem, sample: Chunk, rng: Rng) -> list[Run]:
        """Change the best mixtures; all converged runs, the best first."""
        k, length, optima = len(runs[0].components), _passes(runs) / len(runs), distinct(problem, runs)
        agreed, many = len(runs) == self.n_best and len(optima) == 1, k >= self.many_components
        effort = self.effort_if_agreed if agreed else self.effort_of_many if many else self.effort
        likely = optima[: self.n_descents if runs_in_kernel(problem) else 1] if many and not agreed else []
        read = 0
        while k > 1 and (likely or read < effort * length):
            best = runs[0]
            if likely:
                found, passes = self._change_likely(likely.pop(0), problem, sample, rng)
            else:
                found, passes = self._change_at_random(best, problem, sample, rng)
            runs, read = rank_runs(problem, [*runs, *found]), read + passes
            if agreed and is_better(problem, runs[0], best):
                agreed, effort = False, self.effort_of_many if many else self.effort
        return runs

    def _change_likely(self, best: Run, problem: Problem, sample: Chunk, rng: Rng) -> tuple[list[Run], int]:
        """Converged runs from likely changes of a mixture, of the best found so, and so on, and their passes."""
        found, changes, read = [best], LocalChanges(problem, rng), 0
        at = Neighbourhood.of(problem, best.last.stats, sample)
        while True:
            starts = [change.stats(at.stats) for change in changes.best(at, self.n_moves)]
            further, passes = self._run_changes(best, problem, starts, rng)
            further, read = rank_runs(problem, further), read + passes
            found = [*found, *further]
            if not further or not is_better(problem, further[0], best):
                return found, read
            best, before, at = further[0], at, Neighbourhood.of(problem, further[0].last.stats, sample)
            changes.forget(at.moved_since(before))

    def _change_at_random(self, best: Run, problem: Problem, sample: Chunk, rng: Rng) -> tuple[list[Run], int]:
        """Converged runs from random changes of the best mixture, and how often they read the rows."""
        at = Neighbourhood.of(problem, best.last.stats, sample)
        moves = [MOVES[number] for number in rng.choice(len(MOVES), size=self.n_moves)]
        return self._run_changes(best, problem, [move(problem, at, rng) for move in moves], rng)

    def _run_changes(self, best: Run, problem: Problem, changes: Sequence[Stats], rng: Rng) -> tuple[list[Run], int]:
        """Converged runs from changes of a mixture, and how often they read the rows.

        A run is given up if its log-likelihood would not exceed the best after another rise as large as since it was
        last looked at; that ends most runs that return to the best mixture.
        """
        starts = [reseed_empty(problem, one, rng)[0] for one in changes]
        wanted = -np.inf if is_suspect(problem, best) else search_score(problem, best) + SAME_OPTIMUM
        goal = wanted / rows_per_weight(problem) + best.loglik - data_loglik(problem, best)
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

    def _best_on_all_rows(self, problem: Problem, runs: list[Run], rng: Rng) -> Mixture | Stats:
        """Of the best optima on a sample, the one that is best after some iterations on all rows."""
        if problem.source.whole is None and problem.source.n_rows > self.large_sample:
            return self._converged_on_sample(problem, runs, rng)
        chosen = distinct(problem, runs)[: self.n_best]
        if len(chosen) == 1:
            return chosen[0].last.stats
        stop, most = [LoglikRises(self.tol)], self.final_iterations
        runs = [
            iterate(problem, Run.started(problem.begin(run.last.stats)), stop=stop, max_iter=most, rng=rng)
            for run in chosen
        ]
        return rank_runs(problem, runs)[0].last.stats

    def _converged_on_sample(self, problem: Problem, runs: list[Run], rng: Rng) -> Mixture:
        """The mixture to which EM converges on a larger sample, from the best of the optima on a small one."""
        large = problem.on_sample(problem.source.rows(self.large_sample, rng))
        best = self._best_on_all_rows(large, runs, rng)
        first = Run.started(large.begin(best))
        stop = [LittleRemains(SAMPLE_NATS)]
        run = iterate(large, first, stop=stop, max_iter=MAX_ITER, rng=rng, stepper=accelerated())
        return run.last.mixture


def _passes(runs: Sequence[Run]) -> int:
    """How often several runs read the rows, all together."""
    return sum(run.passes for run in runs)


def _without_losses(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """The runs of which no component has collapsed, the best first."""
    return rank_runs(problem, [run for run in runs if not (run.lost or run.repairs)])


def is_better(problem: Problem, one: Run, other: Run) -> bool:
    """Whether a finished run ranks before another one and has reached another optimum."""
    if is_suspect(problem, one) != is_suspect(problem, other):
        return is_suspect(problem, other)
    return search_score(problem, one) - search_score(problem, other) > SAME_OPTIMUM


def distinct(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """Of several ranked runs, those that have reached different optima."""
    chosen = list(runs[:1])
    for run in runs[1:]:
        if is_better(problem, chosen[-1], run):
            chosen.append(run)
    return chosen


def partitions(problem: Problem, k: int, rng: Rng, count: int = 1) -> list[Stats]:
    """Statistics of ``count`` partitions of some of the rows by k-means++, every other pair of them by k-means.

    Distances are on standardised columns and, every other time, on principal components of equal variance. k-means is
    seeded by the best of several random rows each time.
    """
    state, d = as_random_state(rng), problem.source.n_features
    some = problem.source.rows(max(KMEANS_ROWS, k * (KMEANS_ROWS_PER_MEAN + KMEANS_ROWS_PER_COLUMN * d)), rng)
    rows, members, n_seeds = some.rows, np.eye(k), min(k, len(some.rows))
    standard = (rows - rows.mean(axis=0)) / np.sqrt(problem.scale)
    coordinates = [standard, sphere(rows, some.weigh(np.ones(len(rows))))] if d > 1 else [standard]
    found = []
    for number in range(count):
        own, trials = coordinates[number % len(coordinates)], trials_for(k) if number % 4 > 1 else 1
        labels = kmeans_clusters(
            own, n_seeds, some.sample_weight, state, trials=trials, iterations=LLOYD_ITERATIONS[number // 2 % 2]
        )
        found.append(accumulate(some, members[labels], problem.mstep.scatter_kind))
    return found


small_em = SmallEM()
