"""Changes of a fitted mixture that are likely to raise its likelihood: split, merge, or fit a few components anew.

A few components are fitted anew to their own rows, the others kept. The log-likelihood of the changed mixture is
computed exactly from the densities, so that EM on all rows is run from the most promising changes only. The idea is
that of split and merge EM (Ueda, Nakano, Ghahramani & Hinton 2000, Neural Comput. 12, 2109-2128), whose criteria judge
splits and merges without making them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from mixtura._support import TINY, Array, Rng
from mixtura.covariance.models import as_covariance_model
from mixtura.data import ArraySource, Chunk
from mixtura.em import Problem, ReseedThenRemove, begin_runs, is_thin, least_weight
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.starts.halves import halves
from mixtura.starts.neighbourhood import Neighbourhood
from mixtura.stats import ScatterKind, Stats

# The model of components that are fitted anew, by the scatter that the problem's covariance model needs.
LOCAL_MODELS: dict[ScatterKind, str] = {"full": "VVV", "pooled": "EEE", "diagonal": "VVI"}

# Rows to which the components that are fitted anew have at least this responsibility are theirs.
LEAST_RESPONSIBILITY = 1e-2

# Two components are fitted to at most so many of these rows, or so many for each column.
ROWS, ROWS_PER_COLUMN = 500, 25

# EM iterations of each start of two components, then those of the best ones.
FIRST_ITERATIONS, ITERATIONS, N_BEST = 3, 10, 2

# EM of two components ends when the mean log-likelihood per row rises by no more.
TOL = 1e-4

# For each change that is wanted, so many combinations of a split and a merge are computed exactly.
COMBINATIONS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Some components of a mixture, fitted anew.

    Attributes
    ----------
    components : tuple of int
        The components that are replaced.
    stats : Stats
        Statistics of those that replace them.
    change : ndarray of shape (n,)
        Change of the density at each row of the sample, as a fraction of the density of the whole mixture.
    gain : float
        By how much this alone raises the log-likelihood, in nats.
    """

    components: tuple[int, ...]
    stats: Stats
    change: Array
    gain: float


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Refits of disjoint components, which together leave the number of components as it is.

    ``gain`` is by how much they raise the log-likelihood, in nats.
    """

    refits: tuple[Refit, ...]
    gain: float

    @property
    def components(self) -> set[int]:
        """The components that are replaced."""
        return {j for refit in self.refits for j in refit.components}

    def stats(self, before: Stats) -> Stats:
        """The statistics of all components after the change; a pooled scatter stays as it is."""
        places = [j for refit in self.refits for j in refit.components]
        weight = np.concatenate([refit.stats.weight for refit in self.refits])
        mean = np.concatenate([refit.stats.mean for refit in self.refits])
        scatter = np.concatenate([refit.stats.scatter for refit in self.refits])
        own = Stats(weight, mean, scatter, 0.0, 0.0)
        return before.with_components(np.array(places), own)


@dataclass(frozen=True, slots=True, eq=False)
class LocalChanges:
    """Finds likely changes of one mixture after another, and fits again only components that have moved.

    Attributes
    ----------
    problem : Problem
    rng : Generator or RandomState
    done : dict
        Refits that are known, by the number of new components and the old ones; None for those that have failed.
    """

    problem: Problem
    rng: Rng
    done: dict[tuple[int, tuple[int, ...]], Refit | None] = field(default_factory=dict)

    def best(self, at: Neighbourhood, count: int) -> list[Change]:
        """At most ``count`` changes, the best first.

        Before them is the one that joins all those that raise the log-likelihood and have no components in common.
        """
        k = len(at.stats.weight)
        pairs = at.closest_pairs(max(2, k))
        found = [Change((each,), each.gain) for each in self._refits(at, pairs[: max(1, k // 2)], 2)]
        if k > 2:
            splits, merges = self._refits(at, [(j,) for j in range(k)], 2), self._refits(at, pairs, 1)
            found += with_merges(at, splits, merges, COMBINATIONS * count)
        found.sort(key=lambda change: -change.gain)
        joined = join(at, found)
        return [*([joined] if joined and joined is not found[0] else []), *found][:count]

    def forget(self, components: set[int]) -> None:
        """Forget the refits of some components."""
        for key in [key for key in self.done if components & set(key[1])]:
            del self.done[key]

    def _refits(self, at: Neighbourhood, groups: Sequence[tuple[int, ...]], k: int) -> list[Refit]:
        """Refits of groups of components by k each, without those that fail."""
        for group in groups:
            if (k, group) not in self.done:
                self.done[k, group] = refit(self.problem, at, group, k, self.rng)
        return [found for group in groups if (found := self.done[k, group])]


def with_merges(at: Neighbourhood, splits: Sequence[Refit], merges: Sequence[Refit], count: int) -> list[Change]:
    """At most ``count`` changes by a split and a merge of other components, those with the largest sums of gains."""
    both = [(one, other) for one, other in product(splits, merges) if one.components[0] not in other.components]
    both.sort(key=lambda pair: -pair[0].gain - pair[1].gain)
    return [Change((one, other), at.gain(one.change + other.change)) for one, other in both[:count]]


def join(at: Neighbourhood, changes: Sequence[Change]) -> Change | None:
    """The first change, and each further one that has other components and raises the log-likelihood yet more."""
    joined = changes[0] if changes else None
    for change in changes[1:]:
        if joined and change.gain > 0 and not joined.components & change.components:
            refits = (*joined.refits, *change.refits)
            gain = at.gain(np.sum([refit.change for refit in refits], axis=0))
            joined = Change(refits, gain) if gain > joined.gain else joined
    return joined


def refit(problem: Problem, at: Neighbourhood, components: tuple[int, ...], k: int, rng: Rng) -> Refit | None:
    """Fit one or two components, k, to the rows of others; None if two reach no usable mixture."""
    own = at.responsibilities[:, list(components)].sum(axis=1)
    rows = np.flatnonzero(own > LEAST_RESPONSIBILITY)
    part = at.sample.take(rows)
    part = part.reweighted(part.weigh(own[rows]))
    mstep = MStep(as_covariance_model(LOCAL_MODELS[problem.mstep.scatter_kind]), problem.mstep.floor)
    stats = merge(mstep, part) if k == 1 else split(replace(problem, mstep=mstep), part, rng)
    if stats is None:
        return None
    mixture: Mixture = mstep(stats)[0]
    log_density = mixture.logpdf(part.rows) + np.log(max(at.mixture.weights[list(components)].sum(), TINY))
    change = -own
    with np.errstate(over="ignore", under="ignore"):
        change[rows] += np.exp(log_density - at.log_density[rows])
    return Refit(components, stats, change, at.gain(change))


def merge(mstep: MStep, part: Chunk) -> Stats:
    """Statistics of one component for all rows of a part."""
    return accumulate(part, np.ones((len(part.rows), 1)), _own_scatter(mstep))


def split(problem: Problem, whole: Chunk, rng: Rng) -> Stats | None:
    """Statistics of two components for the rows of a part, by a few iterations of EM from several starts.

    None if all lose a component, or end with one of so few rows that it may fit them by chance.
    """
    d = whole.rows.shape[1]
    part = _draw(whole, max(ROWS, ROWS_PER_COLUMN * d), rng)
    if len(part.rows) < 2 * problem.mstep.covariances.least_rows_nonsingular(d):
        return None
    source = ArraySource.of_sample(problem.source, part, 1)
    local = Problem(source, Plain(), problem.mstep, ReseedThenRemove(), problem.summary)
    starts = _starts(problem, part, rng)
    numbers, needed = range(len(starts)), [least_weight(local)] * len(starts)
    runs = begin_runs(local, starts, tol=TOL)
    runs.advance(numbers, FIRST_ITERATIONS)
    best = runs.best_first(numbers, needed)[:N_BEST]
    runs.advance(best, ITERATIONS)
    first = runs.best_first(best, needed)[0]
    standing = runs.standings([first])[0]
    if standing.lost or standing.spurious or is_thin(standing, needed[0]):
        return None
    return runs.run(first).last.stats


def _starts(problem: Problem, part: Chunk, rng: Rng) -> list[Stats]:
    """Statistics of two components for each of several divisions of the rows of a part in two."""
    sides = [side for first in halves(part, problem.mstep.floor, problem.scale, rng) for side in (first, ~first)]
    both = accumulate(part, np.stack(sides, axis=1).astype(np.float64), _own_scatter(problem.mstep))
    pairs = np.arange(len(sides)).reshape(-1, 2)
    return [both.select(pair).reduced(problem.mstep.scatter_kind) for pair in pairs]


def _own_scatter(mstep: MStep) -> ScatterKind:
    """The kind of scatter that has a part for each component."""
    return "diagonal" if mstep.scatter_kind == "diagonal" else "full"


def _draw(part: Chunk, count: int, rng: Rng) -> Chunk:
    """At most ``count`` rows of a part, drawn at random, with the same sum of weights."""
    some = ArraySource(part.rows, part.sample_weight).rows(count, rng)
    weight = some.weigh(np.ones(len(some.rows)))
    return some.reweighted(weight * (part.weigh(np.ones(len(part.rows))).sum() / weight.sum()))
