"""A Gaussian for each class, with one covariance model over all classes (EDDA: Bensmail & Celeux 1996)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, as_rng, distinct_rows, log_sum_exp, one_blas_thread, underflow_to_zero
from mixtura.analysis.class_mixtures import ClassMixtures, split_components, weighted_sum
from mixtura.data import ArraySource, ColumnValues, Summary
from mixtura.em import Problem
from mixtura.fitting import EM, Model
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, ranks
from mixtura.selection import as_models
from mixtura.starts import Labels
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
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.codes.max()) + 1

    def problem(self, model: str, floor: float) -> Problem:
        """The problem of a covariance model with a floor that is a fraction of the data's variances."""
        floors = EM(floor=floor).floor_variances(self.summary, self.values)
        return Model(model).problem(self.source, self.summary, floors)

    def take(self, rows: NDArray[np.intp]) -> _Classes:
        """Some of the rows; the summary and the values stay those of all."""
        return replace(self, source=self.source.take(rows), codes=self.codes[rows])

    def stats(self, problems: Iterable[Problem]) -> dict[ScatterKind, Stats]:
        """Statistics of the classes from these rows, in one pass for each kind of scatter that problems need."""
        kinds = {problem.mstep.scatter_kind: replace(problem, source=self.source) for problem in problems}
        rng = np.random.default_rng(0)
        return {kind: Labels(self.codes)(problem, self.n_classes, rng) for kind, problem in kinds.items()}


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
@one_blas_thread()  # its threads would wait for each other: the matrices are small
def fit_gaussians(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> ClassMixtures:
    """Fit a Gaussian to each class by one M-step, with the covariance model of lowest BIC.

    If those of the model with most parameters rest on the default floor, which decides BIC then, the model and floor
    with the fewest errors in cross-validation are taken.
    """
    source = ArraySource(rows, weight, options["threads"])
    classes = _Classes(source, codes, summarise(source), ColumnValues.of(source))
    every, floor, chosen = as_models(models, rows.shape[1]), options["em"].floor, ""
    candidates = _candidates(classes, every, floor)
    if floor == EM().floor and max(candidates, key=lambda one: one.n_parameters).floored:
        counted = classes if weight is None else classes.take(np.flatnonzero(weight))
        folds = _folds_of_distinct(counted, as_rng(options["seed"]))
        if folds.any():
            model, floor, errors = _cross_validate(counted, every, folds)
            chosen = f"{folds.max() + 1}-fold cross-validation ({model}, {errors:.1%} errors)"
            candidates = _candidates(classes, [model], floor)
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
    stats = classes.stats(problems.values())
    return [_candidate(classes, model, problem, stats) for model, problem in problems.items()]


def _candidate(classes: _Classes, model: str, problem: Problem, stats: Mapping[ScatterKind, Stats]) -> _Candidate:
    """Gaussians of the classes by one model."""
    rows, weight = classes.source.array, classes.source.sample_weight
    k, d = classes.n_classes, classes.source.n_features
    mixture, at_floor = problem.mstep(stats[problem.mstep.scatter_kind])
    owns = [classes.codes == c for c in range(k)]
    given = sum(
        weighted_sum(part.logpdf(rows[own]), weight, own)
        for part, own in zip(split_components(mixture), owns, strict=True)
    )
    count = k * d + problem.mstep.covariances.n_parameters(k, d)
    criterion = -2 * given + count * math.log(classes.summary.weight)
    return _Candidate(model, mixture, count, criterion, np.flatnonzero(at_floor).tolist())


def _folds_of_distinct(classes: _Classes, rng: Rng) -> NDArray[np.intp]:
    """Part of each row, equal rows in the same one, so that a count is as good as repetitions; all 0 if that fails.

    It does if a class has a single distinct row.
    """
    labelled = np.column_stack([classes.codes, classes.source.array]).astype(np.float64)
    values, _, which = distinct_rows(labelled)
    codes = values[:, 0].astype(np.int64)
    return _folds(codes, min(FOLDS, int(np.bincount(codes).min())), rng)[which]


def _folds(codes: NDArray[np.int64], count: int, rng: Rng) -> NDArray[np.intp]:
    """Part of each row, from 0 to ``count`` - 1; each class is divided evenly among them, at random."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    folds = np.empty(len(codes), dtype=np.intp)
    folds[order] = np.arange(len(codes)) % count
    return folds


def _cross_validate(classes: _Classes, models: Sequence[str], folds: NDArray[np.intp]) -> tuple[str, float, float]:
    """The model and the floor with the fewest errors on rows that they were not fitted to, and the share of these.

    Of equal ones that with the larger probability of the true classes is taken.
    """
    parts = [classes.take(np.flatnonzero(folds == number)) for number in range(int(folds.max()) + 1)]
    problems = [classes.problem(model, FIRST_FLOOR) for model in models]
    stats = [part.stats(problems) for part in parts]

    def errors(model: str, floor: float) -> tuple[float, float]:
        found, mstep = np.zeros(2), classes.problem(model, floor).mstep
        for number, part in enumerate(parts):
            others = [each[mstep.scatter_kind] for each in stats[:number] + stats[number + 1 :]]
            found += _errors(mstep(reduce(add, others))[0], part)
        return found[0] / classes.summary.weight, found[1]

    by_model = {model: errors(model, FIRST_FLOOR) for model in models}
    model = min(by_model, key=lambda name: by_model[name])
    by_floor = {floor: by_model[model] if floor == FIRST_FLOOR else errors(model, floor) for floor in FLOORS}
    floor = min(by_floor, key=lambda value: by_floor[value])
    return model, floor, by_floor[floor][0]


def _errors(mixture: Mixture, part: _Classes) -> Array:
    """Weight of rows that get a wrong class, and minus the log-probability of the true ones, (2,)."""
    joint, codes, weight = mixture.log_joint(part.source.array), part.codes, part.source.sample_weight
    log_probability = joint[np.arange(len(codes)), codes] - log_sum_exp(joint)[0]
    return np.array([weighted_sum(values, weight) for values in (joint.argmax(axis=1) != codes, -log_probability)])
