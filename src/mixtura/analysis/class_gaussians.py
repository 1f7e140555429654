"""A Gaussian for each class, with one covariance model over all classes (EDDA: Bensmail & Celeux 1996)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, as_rng, log_sum_exp, one_blas_thread, underflow_to_zero
from mixtura.analysis.class_mixtures import ClassMixtures, split_components, weighted_sum
from mixtura.covariance.models import as_covariance_model
from mixtura.data import ArraySource, Chunk, ColumnValues, Summary
from mixtura.em import Problem
from mixtura.fitting import EM, Model
from mixtura.kernels import accumulate, sum_over_blocks, summarise
from mixtura.mixture import Mixture, ranks
from mixtura.selection import as_models
from mixtura.stats import ScatterKind, Stats

# Number of parts of the rows in cross-validation.
FOLDS = 5

# Floors that cross-validation chooses from, as fractions of the variances of all rows; first all models are compared at
# FIRST_FLOOR, then all floors with the best of them.
FLOORS = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)
FIRST_FLOOR = 3e-2


@dataclass(frozen=True, slots=True, eq=False)
class _Classes:
    """Rows with their classes, and the data of the fits to them.

    Attributes
    ----------
    source : ArraySource
    codes : ndarray of shape (n,)
        Number of each row's class.
    summary : Summary
    values : ColumnValues
    """

    source: ArraySource
    codes: NDArray[np.int64]
    summary: Summary
    values: ColumnValues

    @property
    def chunk(self) -> Chunk:
        """All rows with their weights."""
        return Chunk(self.source.array, self.source.sample_weight)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.codes.max()) + 1

    def problem(self, model: str, floor: float) -> Problem:
        """The problem of a covariance model with a floor that is a fraction of the data's variances."""
        floors = EM(floor=floor).floor_variances(self.summary, self.values)
        return Model(model).problem(self.source, self.summary, floors)

    def stats(self, scatter_kind: ScatterKind, chosen: NDArray[np.intp]) -> Stats:
        """Statistics of the classes from some of the rows."""
        part, codes, members = self.chunk.take(chosen), self.codes[chosen], np.eye(self.n_classes)

        def statistics(chunk: Chunk) -> Stats:
            return accumulate(chunk, members[codes[chunk.positions]], scatter_kind)

        return sum_over_blocks(statistics, self.n_classes)(Chunk(part.rows, part.sample_weight))


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Gaussians of the classes by one covariance model.

    ``criterion`` is BIC of the rows given their classes, and ``floored`` has the classes at the floor.
    """

    model: str
    mixture: Mixture
    n_parameters: int
    criterion: float
    floored: list[int]


@underflow_to_zero
def fit_gaussians(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> ClassMixtures:
    """Fit a Gaussian to each class by one M-step, with the covariance model of lowest BIC.

    If those of the model with most parameters rest on the default floor, which decides BIC then, the model and floor
    with the fewest errors in cross-validation are taken.
    """
    with one_blas_thread():  # its threads would wait for each other: the matrices are small
        return _fit_gaussians(ArraySource(rows, weight, options["threads"]), codes, models, options)


def _fit_gaussians(
    source: ArraySource, codes: NDArray[np.int64], models: Any, options: dict[str, Any]
) -> ClassMixtures:
    """What `fit_gaussians` returns."""
    rows, weight = source.array, source.sample_weight
    classes = _Classes(source, codes, summarise(source), ColumnValues.of(source))
    every, floor, chosen = as_models(models, rows.shape[1]), options["em"].floor, ""
    candidates = _candidates(classes, every, floor)
    folds = min(FOLDS, int(np.bincount(codes).min()))
    if floor == EM().floor and folds > 1 and max(candidates, key=lambda one: one.n_parameters).floored:
        every, floor, errors = _cross_validate(classes, every, _folds(codes, folds, as_rng(options["seed"])))
        chosen = f"{folds}-fold cross-validation ({every[0]}, {errors:.1%} errors)"
        candidates = _candidates(classes, every, floor)
    order = ranks([one.criterion for one in candidates])
    best = candidates[min(range(len(candidates)), key=lambda number: (bool(candidates[number].floored), order[number]))]
    return ClassMixtures(
        split_components(best.mixture),
        (best.model,) * classes.n_classes,
        best.mixture.weights,
        weighted_sum(best.mixture.logpdf(rows), weight),
        best.n_parameters,
        best.floored,
        floor,
        chosen,
    )


def _candidates(classes: _Classes, models: Sequence[str], floor: float) -> list[_Candidate]:
    """Gaussians of the classes by each model, with a floor that is a fraction of the data's variances."""
    problems = {model: classes.problem(model, floor) for model in models}
    everything = np.arange(classes.source.length)
    kinds = {problem.mstep.scatter_kind for problem in problems.values()}
    stats = {kind: classes.stats(kind, everything) for kind in kinds}  # one pass for each kind of scatter
    return [_candidate(classes, model, problem, stats) for model, problem in problems.items()]


def _candidate(classes: _Classes, model: str, problem: Problem, stats: Mapping[ScatterKind, Stats]) -> _Candidate:
    """Gaussians of the classes by one model."""
    chunk, k, d = classes.chunk, classes.n_classes, classes.source.n_features
    mixture, at_floor = problem.mstep(stats[problem.mstep.scatter_kind])
    owns = [classes.codes == c for c in range(k)]
    given = sum(
        weighted_sum(part.logpdf(chunk.rows[own]), chunk.sample_weight, own)
        for part, own in zip(split_components(mixture), owns, strict=True)
    )
    count = k * d + problem.mstep.covariances.n_parameters(k, d)
    criterion = -2 * given + count * math.log(classes.summary.weight)
    return _Candidate(model, mixture, count, criterion, np.flatnonzero(at_floor).tolist())


def _folds(codes: NDArray[np.int64], count: int, rng: Rng) -> NDArray[np.intp]:
    """Part of each row, from 0 to ``count`` - 1; each class is divided evenly among them, at random."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    folds = np.empty(len(codes), dtype=np.intp)
    folds[order] = np.arange(len(codes)) % count
    return folds


def _cross_validate(
    classes: _Classes, models: Sequence[str], folds: NDArray[np.intp]
) -> tuple[tuple[str], float, float]:
    """The model and the floor with the fewest errors on rows that they were not fitted to, and the share of these.

    Of equal ones that with the larger probability of the true classes is taken.
    """
    kinds = {model: as_covariance_model(model).scatter_kind for model in models}
    parts = [np.flatnonzero(folds == number) for number in range(int(folds.max()) + 1)]
    stats = {kind: [classes.stats(kind, part) for part in parts] for kind in set(kinds.values())}

    def errors(model: str, floor: float) -> tuple[float, float]:
        found, problem = np.zeros(2), classes.problem(model, floor)
        for number, part in enumerate(parts):
            others = stats[kinds[model]][:number] + stats[kinds[model]][number + 1 :]
            found += _errors(problem.mstep(reduce(add, others))[0], classes, part)
        return found[0] / classes.summary.weight, found[1]

    by_model = {model: errors(model, FIRST_FLOOR) for model in models}
    model = min(by_model, key=lambda name: by_model[name])
    by_floor = {floor: errors(model, floor) for floor in FLOORS}
    floor = min(by_floor, key=lambda value: by_floor[value])
    return (model,), floor, by_floor[floor][0]


def _errors(mixture: Mixture, classes: _Classes, rows: NDArray[np.intp]) -> Array:
    """Weight of rows that get a wrong class, and minus the log-probability of the true ones, (2,)."""
    part, codes = classes.chunk.take(rows), classes.codes[rows]
    joint = mixture.log_joint(part.rows)
    log_probability = joint[np.arange(len(codes)), codes] - log_sum_exp(joint)[0]
    values = np.stack([joint.argmax(axis=1) != codes, -log_probability])
    return np.asarray(values @ part.weigh(np.ones(len(codes))))
