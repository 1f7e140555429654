"""Where the EM of a cell may begin: what all models share, and what neighbouring cells hand over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Array, Rng
from mixtura.data import Source
from mixtura.em import Problem
from mixtura.errors import ParameterError
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart
from mixtura.selection.grid import Key, nested
from mixtura.starts import STARTS, Initial, agglomerate_rows
from mixtura.stats import Stats

# What a sweep starts from unless it is told otherwise.
DEFAULT = ("hierarchical", "seeds", "neighbours")

# How starts are called that the caller gives, and that of mclust where there is one column.
GIVEN = "given"
QUANTILES = "quantiles"

# Partitions by the nearest of k rows that lie far apart; all models share them.
SEEDS = 6

# Name and statistics with full scatter.
Seeding: TypeAlias = Callable[[Problem, int, Rng], list[CellStart]]


def as_starts(start: Any) -> tuple[Any, ...]:
    """Check the starts of a sweep.

    Examples
    --------
    >>> as_starts("seeds")
    ('seeds',)
    """
    many = (start,) if isinstance(start, str) or not isinstance(start, Sequence) else tuple(start)
    allowed = [*STARTS, "seeds", "neighbours"]
    bad = [one for one in many if isinstance(one, str) and one not in allowed]
    if bad or not many or many == ("neighbours",):
        raise ParameterError(f"start is {start!r}; expected some of {', '.join(allowed)}, and not neighbours alone")
    return many


def methods(source: Source, starts: Sequence[Any], rng: Rng) -> Mapping[str, Initial]:
    """What the names of starts stand for: one tree of these rows serves all numbers of components."""
    return {**STARTS, "hierarchical": agglomerate_rows(source, rng)} if "hierarchical" in starts else STARTS


def shared_starts(
    small: Problem, problem: Problem, k: int, starts: Sequence[Any], rng: Rng, *, named: Mapping[str, Initial]
) -> list[CellStart]:
    """The starts that all models with k components share, as a model with full matrices makes them.

    Those with a name are made from the rows of ``small``; those that the caller gives are about all rows of
    ``problem``.
    """
    if k == 1:
        return [CellStart("all rows", whole(small))]
    begins: list[CellStart] = []
    for start in starts:
        if start == "seeds":
            begins += seeds(small, k, rng)
        elif start != "neighbours":
            begins.append(
                made(small, k, named[start], rng, start) if isinstance(start, str) else made(problem, k, start, rng)
            )
    return [*begins, *(quantiles(small, k) if "hierarchical" in starts and small.source.n_features == 1 else [])]


def quantiles(problem: Problem, k: int) -> list[CellStart]:
    """Of one column the partition into k classes of as many rows each: what mclust has in place of a tree there.

    Where quantiles coincide there are more of them, and those that lie closest to the next are left out.
    """
    sample = problem.source.rows(problem.source.n_rows, np.random.default_rng(0))
    column = sample.rows[:, 0]
    if len(np.unique(column)) <= k:
        return []
    edges, parts = np.empty(0), k
    while len(edges) <= k:
        edges = np.unique(np.quantile(column, np.linspace(0, 1, parts + 1)))
        parts += 1
    edges = np.delete(edges, np.argsort(np.diff(edges), kind="stable")[: len(edges) - k - 1])
    labels = np.searchsorted(edges[1:-1], column, side="right")
    return [CellStart(QUANTILES, accumulate(sample, np.eye(k)[labels], problem.mstep.scatter_kind))]


def whole(problem: Problem) -> Stats:
    """Statistics of all rows as one component."""
    rows = problem.source.rows(problem.source.n_rows, np.random.default_rng(0))
    return accumulate(rows, np.ones((len(rows.rows), 1)), problem.mstep.scatter_kind)


def seeds(problem: Problem, k: int, rng: Rng) -> list[CellStart]:
    """Partitions by the nearest of k rows, drawn one after the other, likelier the farther from those before.

    (Arthur & Vassilvitskii 2007, on standardised columns.)
    """
    sample = problem.source.rows(problem.source.n_rows, rng)
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(problem.scale)
    weight = sample.weigh(np.ones(len(rows)))
    nearest, labels = np.full((SEEDS, len(rows)), np.inf), np.zeros((SEEDS, len(rows)), dtype=np.intp)
    for j in range(k):
        likely = np.cumsum(weight * nearest if j else np.broadcast_to(weight, nearest.shape), axis=1)
        drawn = rng.random((SEEDS, 1)) * likely[:, -1:]
        centres = rows[np.minimum((likely < drawn).sum(axis=1), len(rows) - 1)]
        distance = ((rows - centres[:, None]) ** 2).sum(axis=2)
        labels[distance < nearest] = j
        nearest = np.minimum(nearest, distance)
    members = np.eye(k)
    return [
        CellStart(f"seed {i + 1}", accumulate(sample, members[labels[i]], problem.mstep.scatter_kind))
        for i in range(SEEDS)
    ]


def made(problem: Problem, k: int, start: Initial, rng: Rng, name: str = GIVEN) -> CellStart:
    """A start of `mixtura.fit`."""
    began = start(problem, k, rng)
    stats = began if isinstance(began, Stats) else as_stats(began, problem.source.n_rows)
    return CellStart(name, stats)


def as_stats(mixture: Mixture, n_rows: float) -> Stats:
    """Statistics that an M-step turns into this mixture."""
    weight = mixture.weights * n_rows
    scatter = weight[:, None, None] * mixture.covariances.dense()
    return Stats(weight, mixture.means, scatter, 0.0, 0.0, _noise_weight(mixture, n_rows))


def _noise_weight(mixture: Mixture, n_rows: float) -> float:
    """How many rows are noise."""
    return mixture.noise.weight * n_rows if mixture.noise else 0.0


def from_neighbours(
    key: Key, cells: Mapping[Key, Cell], models: tuple[str, ...], fewer: int | None, n_rows: float
) -> list[CellStart]:
    """Solutions of models that are nested in this one, and those with fewer components, split."""
    begins = [
        CellStart(model, as_stats(mixture, n_rows)) for model, mixture in nested_solutions(key, cells, models).items()
    ]
    mixture = usable_solution(cells.get(Key(fewer, key.model)), fewer) if fewer else None
    if mixture is not None and fewer == key.n_components - 1:
        begins += splits(mixture, n_rows)
    return begins


def nested_solutions(key: Key, cells: Mapping[Key, Cell], models: tuple[str, ...]) -> dict[str, Mixture]:
    """Sound solutions of the largest models nested in this one; where one has none, of those nested in it."""
    found: dict[str, Mixture] = {}
    for model in nested(key.model, models):
        mixture = usable_solution(cells.get(Key(key.n_components, model)), key.n_components)
        found |= nested_solutions(Key(key.n_components, model), cells, models) if mixture is None else {model: mixture}
    return found


def usable_solution(cell: Cell | None, n_components: int) -> Mixture | None:
    """A cell's solution, where it has one that others can start from."""
    fit = cell.fit if cell is not None and cell.sound else None
    return fit.mixture if fit is not None and fit.mixture.n_components == n_components else None


def splits(mixture: Mixture, n_rows: float) -> list[CellStart]:
    """The mixture with one component cut in half across its longest axis, for each component.

    Halves of a Gaussian have their means sqrt(2 / pi) deviations off, and 1 - 2 / pi of the variance along the axis.
    """
    k, matrices = mixture.n_components, mixture.covariances.dense()
    values, vectors = np.linalg.eigh(matrices)
    longest: Array = vectors[:, :, -1] * np.sqrt(values[:, -1:])
    halves = matrices - (2 / math.pi) * longest[:, :, None] * longest[:, None, :]
    one, other = np.arange(k), np.append(np.arange(k), 0)
    origin = np.tile(other, (k, 1))  # which component each of the k + 1 comes from, for each split
    origin[:, k] = one
    weight, means, covariances = n_rows * mixture.weights[origin], mixture.means[origin], matrices[origin]
    for place, sign in ((one, -1), (k, 1)):
        weight[one, place] /= 2
        means[one, place] += sign * math.sqrt(2 / math.pi) * longest
        covariances[one, place] = halves
    scatter = weight[:, :, None, None] * covariances
    noise_weight = _noise_weight(mixture, n_rows)
    return [
        CellStart(f"split of {j}", Stats(weight[j], means[j], scatter[j], 0.0, 0.0, noise_weight)) for j in range(k)
    ]
