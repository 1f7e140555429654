"""Starts of a cell: those that all models share, and those made from the solutions of other cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mixtura._support import Array, Rng
from mixtura.data import Source
from mixtura.em import Problem
from mixtura.em.mstep import covariances_for
from mixtura.errors import ParameterError
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart
from mixtura.selection.grid import Key, nested_models
from mixtura.starts import STARTS, Initial, as_initial, default_tree
from mixtura.stats import ScatterKind, Stats, as_scatter, outer

# Default starts of a selection.
DEFAULT = ("hierarchical", "seeds", "neighbours")

# Names of starts that are given as values, and of mclust's start for one column.
GIVEN = "given"
QUANTILES = "quantiles"

# Number of partitions by the nearest of k random rows.
N_SEEDS = 6


def as_starts(start: Any, prepare: Callable[[Any], Any] = lambda one: one) -> tuple[Any, ...]:
    """Check the starts of a selection: one or several names, and starts of `mixtura.fit`, which ``prepare`` checks.

    Examples
    --------
    >>> as_starts("seeds")
    ('seeds',)
    >>> [type(one).__name__ for one in as_starts(["seeds", np.array([0, 0, 1])])]
    ['str', 'Labels']
    """
    many = tuple(start) if _are_several(start) else (start,)
    allowed = [*STARTS, "seeds", "neighbours"]
    names = [one for one in many if isinstance(one, str)]
    only_neighbours = len(names) == len(many) and set(names) <= {"neighbours"}
    if only_neighbours or not set(names) <= set(allowed):
        raise ParameterError(f"start is {start!r}; expected some of {', '.join(allowed)}, and not neighbours alone")
    return tuple(one if isinstance(one, str) else as_initial(prepare(one)) for one in many)


def _are_several(start: Any) -> bool:
    """Whether a value is a sequence of starts, and not the labels of rows."""
    if isinstance(start, str) or not isinstance(start, Sequence):
        return False
    return all(isinstance(one, str | Mixture | np.ndarray) or callable(one) for one in start)


def start_methods(source: Source, starts: Sequence[Any], rng: Rng) -> Mapping[str, Initial]:
    """The starts by name; one tree of these rows is used for all numbers of components."""
    return {**STARTS, "hierarchical": default_tree(source, rng)} if "hierarchical" in starts else STARTS


def shared_starts(
    small: Problem, problem: Problem, k: int, starts: Sequence[Any], rng: Rng, *, methods: Mapping[str, Initial]
) -> list[CellStart]:
    """Starts that all models with k components share, with the kind of scatter of ``small``.

    Named starts are computed from the rows of ``small``, and given ones from all rows of ``problem``.
    """
    if k == 1:
        return [CellStart("all rows", single_component(small))]
    found: list[CellStart] = []
    for start in starts:
        if start == "seeds":
            found += seeded_partitions(small, k, rng)
        elif start != "neighbours":
            named = isinstance(start, str)
            found.append(start_by(small, k, methods[start], rng, start) if named else start_by(problem, k, start, rng))
    if "hierarchical" in starts and small.source.n_features == 1:
        found += quantile_partition(small, k)
    return found


def quantile_partition(problem: Problem, k: int) -> list[CellStart]:
    """Partition of one column into k classes with equal numbers of rows, as mclust starts; empty with too few values.

    Where quantiles coincide, more are computed, and those closest to the next one are left out.
    """
    sample = problem.source.rows(problem.source.n_rows, np.random.default_rng(0))
    column = sample.rows[:, 0]
    if len(np.unique(column)) <= k:
        return []
    edges, n_parts = np.empty(0), k
    while len(edges) <= k:
        edges = np.unique(np.quantile(column, np.linspace(0, 1, n_parts + 1)))
        n_parts += 1
    edges = np.delete(edges, np.argsort(np.diff(edges), kind="stable")[: len(edges) - k - 1])
    labels = np.searchsorted(edges[1:-1], column, side="right")
    return [CellStart(QUANTILES, accumulate(sample, np.eye(k)[labels], problem.mstep.scatter_kind))]


def single_component(problem: Problem) -> Stats:
    """Statistics of all rows as one component."""
    rows = problem.source.rows(problem.source.n_rows, np.random.default_rng(0))
    return accumulate(rows, np.ones((len(rows.rows), 1)), problem.mstep.scatter_kind)


def seeded_partitions(problem: Problem, k: int, rng: Rng) -> list[CellStart]:
    """Partitions of the rows by the nearest of k rows that k-means++ draws on standardised columns.

    (Arthur & Vassilvitskii 2007, Proc. SODA, 1027-1035.)
    """
    sample = problem.source.rows(problem.source.n_rows, rng)
    rows = (sample.rows - sample.rows.mean(axis=0)) / np.sqrt(problem.scale)
    weight = sample.weigh(np.ones(len(rows)))
    nearest, labels = np.full((N_SEEDS, len(rows)), np.inf), np.zeros((N_SEEDS, len(rows)), dtype=np.intp)
    for j in range(k):
        cumulative = np.cumsum(weight * nearest if j else np.broadcast_to(weight, nearest.shape), axis=1)
        drawn = rng.random((N_SEEDS, 1)) * cumulative[:, -1:]
        centres = rows[np.minimum((cumulative < drawn).sum(axis=1), len(rows) - 1)]
        distance = ((rows - centres[:, None]) ** 2).sum(axis=2)
        labels[distance < nearest] = j
        nearest = np.minimum(nearest, distance)
    members = np.eye(k)
    return [
        CellStart(f"seed {i + 1}", accumulate(sample, members[labels[i]], problem.mstep.scatter_kind))
        for i in range(N_SEEDS)
    ]


def start_by(problem: Problem, k: int, start: Initial, rng: Rng, name: str = GIVEN) -> CellStart:
    """The start that a start method of `mixtura.fit` gives."""
    initial = start(problem, k, rng)
    kind = problem.mstep.scatter_kind
    stats = initial if isinstance(initial, Stats) else as_stats(initial, problem.source.n_rows, kind)
    return CellStart(name, stats)


def as_stats(mixture: Mixture, n_rows: float, scatter_kind: ScatterKind) -> Stats:
    """Statistics of so many rows for which the M-step gives this mixture."""
    weight = mixture.weights * n_rows
    scatter = as_scatter(weight, covariances_for(mixture.covariances, scatter_kind), scatter_kind)
    return Stats(weight, mixture.means, scatter, 0.0, 0.0, _noise_weight(mixture, n_rows))


def _noise_weight(mixture: Mixture, n_rows: float) -> float:
    """Number of rows that are noise."""
    return mixture.noise.weight * n_rows if mixture.noise else 0.0


def starts_from_neighbours(
    key: Key, cells: Mapping[Key, Cell], models: tuple[str, ...], fewer: int | None, small: Problem
) -> list[CellStart]:
    """Starts from solutions of nested models, and from that with one component fewer, with one component split.

    ``small`` is the problem of the shared starts, whose number of rows and kind of scatter these starts have.
    """
    n_rows, kind = small.source.n_rows, small.mstep.scatter_kind
    solutions = nested_solutions(key, cells, models)
    found = [CellStart(model, as_stats(mixture, n_rows, kind)) for model, mixture in solutions.items()]
    mixture = usable_solution(cells.get(Key(fewer, key.model)), fewer) if fewer else None
    if mixture is not None and fewer == key.n_components - 1:
        found += splits(mixture, n_rows, kind)
    return found


def nested_solutions(key: Key, cells: Mapping[Key, Cell], models: tuple[str, ...]) -> dict[str, Mixture]:
    """Sound solutions of the largest nested models; where a model has none, those of models nested in it."""
    found: dict[str, Mixture] = {}
    for model in nested_models(key.model, models):
        mixture = usable_solution(cells.get(Key(key.n_components, model)), key.n_components)
        found |= nested_solutions(Key(key.n_components, model), cells, models) if mixture is None else {model: mixture}
    return found


def usable_solution(cell: Cell | None, n_components: int) -> Mixture | None:
    """The solution of a cell if it is sound and has all components; otherwise None."""
    fit = cell.fit if cell is not None and cell.sound else None
    return fit.mixture if fit is not None and fit.mixture.n_components == n_components else None


def splits(mixture: Mixture, n_rows: float, scatter_kind: ScatterKind) -> list[CellStart]:
    """Starts from the mixture with one component split in half along its longest axis, one for each component.

    The means of half Gaussians are sqrt(2 / pi) standard deviations off, and their variance along the axis is
    1 - 2 / pi times that of the component.
    """
    k, found = mixture.n_components, covariances_for(mixture.covariances, scatter_kind)
    longest = _longest_axes(found)
    halves = found - (2 / math.pi) * outer(np.ones(k), longest, scatter_kind)
    each = np.arange(k)
    origin = np.tile(np.append(each, 0), (k, 1))  # component from which each of the k + 1 comes, for each split
    origin[:, k] = each
    weight, means, covariances = n_rows * mixture.weights[origin], mixture.means[origin], found[origin]
    for half, sign in ((each, -1), (k, 1)):
        weight[each, half] /= 2
        means[each, half] += sign * math.sqrt(2 / math.pi) * longest
        covariances[each, half] = halves
    noise_weight = _noise_weight(mixture, n_rows)
    scatters = (as_scatter(weight[j], covariances[j], scatter_kind) for j in range(k))
    return [
        CellStart(f"split of {j}", Stats(weight[j], means[j], scatter, 0.0, 0.0, noise_weight))
        for j, scatter in enumerate(scatters)
    ]


def _longest_axes(covariances: Array) -> Array:
    """Longest principal axis of each component, one standard deviation long, (k, d).

    Examples
    --------
    >>> _longest_axes(np.array([[1.0, 9.0]])).tolist()
    [[0.0, 3.0]]
    """
    if covariances.ndim == 2:
        largest = covariances.argmax(axis=1)[:, None] == np.arange(covariances.shape[1])
        return np.where(largest, np.sqrt(covariances), 0.0)
    values, vectors = np.linalg.eigh(covariances)
    return np.asarray(vectors[:, :, -1] * np.sqrt(values[:, -1:]))
