"""`mixtura.select`: check the arguments, fit all cells of the grid, and rank them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import Rng, as_entropy, as_known_seed, column_names, table_kind, thread_count
from mixtura.covariance.models import Constraint
from mixtura.data import ColumnValues, Source, as_measured, as_source, given_weights, plain_rows
from mixtura.data.files import open_rows
from mixtura.errors import (
    ConvergenceWarning,
    DegeneracyWarning,
    GridEdgeWarning,
    ParameterError,
    ParametersWarning,
)
from mixtura.fitting import (
    EM,
    Model,
    as_em,
    as_start,
    check_measured,
    noise_region_and_starts,
    warn_of_columns,
    warn_of_few_rows,
    with_names,
)
from mixtura.selection.cell import Cell, as_criterion
from mixtura.selection.cell_starts import DEFAULT, as_starts
from mixtura.selection.cross_validation import FOLDS, cross_validated
from mixtura.selection.grid import Key, as_models, as_numbers_of_components
from mixtura.selection.resume import as_earlier, check_same, reused_cells
from mixtura.selection.selection import Selection
from mixtura.selection.sweep import Plan, sample_rows, sweep
from mixtura.starts import with_completed_rows

INTERRUPTED = "Interrupted: the selection has the finished cells; pass it as resume= to continue."


def select(
    X: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    columns: Sequence[str | int] | None = None,
    models: str | Sequence[str] = "all",
    criterion: str = "bic",
    constraint: Constraint | None = None,
    prior: Any = None,
    noise: Any = None,
    equal_weights: bool = False,
    tails: str | float = "normal",
    start: Any = DEFAULT,
    noise_covariance: Any = None,
    projections: Any = None,
    sample_weight: Any = None,
    weights_are: str | None = None,
    limits: Any = None,
    censored: Any = None,
    tol: float | None = None,
    max_iter: int | None = None,
    em: EM | None = None,
    seed: int | Rng | None = 0,
    threads: int | None = None,
    resume: Selection | str | os.PathLike[str] | None = None,
    on_cell: Callable[[Cell], object] | None = None,
) -> Selection:
    """Choose the covariance model and the number of components.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, a file's path, or a Source
    n_components : int or iterable of int
        Numbers of components to try.
    columns : sequence of str or int, optional
        Columns of the file or table to use: names, positions, ranges or patterns, as `mixtura.read` takes them.
    models : str or sequence of str
        Covariance models to try; ``"all"`` are all fourteen, or with a constraint those that have an M-step under it.
    criterion : {"bic", "icl", "aic", "aicc", "cv"}
        Criterion of the ranking; lower is better. ``"cv"`` is minus twice the log-likelihood by five-fold
        cross-validation.
    constraint, prior, equal_weights, tails
        As in `mixtura.fit`.
    noise
        Noise component of every cell, as in `mixtura.fit`; ``"hierarchical"`` and ``"seeds"`` leave out the rows that
        are noise at the start.
    start : str, or sequence of str
        Starts of each cell, of which the best is kept. ``"hierarchical"`` is one partition for all models, ``"seeds"``
        several; ``"neighbours"`` are the solutions of nested models, and that with one component fewer, with one
        component split. Any start of `mixtura.fit` is possible, too, and is computed once for all models.
    noise_covariance, projections, sample_weight, weights_are, limits, censored, tol, max_iter
        As in `mixtura.fit`.
    em : EM, optional
        Tolerance, iterations and floor, as in `mixtura.fit`; EM always stops by the log-likelihood and is accelerated.
        Ctrl-C returns the finished cells, unless ``on_interrupt`` is "raise".
    seed : int, numpy Generator or RandomState, or None
        The same seed gives the same result; None draws one.
    threads : int, optional
        Number of cells that are fitted at the same time; default as in `mixtura.fit`. Results do not depend on it.
    resume : Selection, or path of a file with its JSON, optional
        Earlier selection whose cells are reused; other cells are fitted. On the same grid the result is that of a
        selection without interruption. Data and options must agree; n_components, models and criterion may differ.
    on_cell : callable, optional
        Called with each `Cell` when it is finished, from the thread that fitted it, one at a time, in no fixed order.

    Returns
    -------
    Selection

    Raises
    ------
    DataError, ParameterError
        If the input cannot be used. A cell that fails is no error: see ``Selection.failed``.

    References
    ----------
    Fraley & Raftery (2002), J. Am. Stat. Assoc. 97, 611-631. Scrucca & Raftery (2015), Adv. Data Anal. Classif. 9,
    447-460 (the hierarchical start).

    Examples
    --------
    >>> import mixtura
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    >>> chosen = mixtura.select(rows, range(1, 5), models=["EEE", "VVV"], seed=0)
    >>> chosen.best.model.name, chosen.best.mixture.n_components
    ('EEE', 3)
    """
    em = as_em(em, tol=tol, max_iter=max_iter)
    _check_em(em)
    requested = Model(constraint=constraint, prior=prior, noise=noise, equal_weights=equal_weights, tails=tails)
    as_criterion(criterion)
    X, sample_weight, weights_are = open_rows(X, columns, sample_weight, weights_are, threads)
    how = {"noise_covariance": noise_covariance, "projections": projections, "limits": limits, "censored": censored}
    X = as_measured(X, **how)
    table, source = plain_rows(X), with_completed_rows(as_source(X, sample_weight, weights_are=weights_are))
    earlier = as_earlier(resume)
    counts, asked = as_numbers_of_components(n_components), as_models(models, source.n_features, requested.constraint)
    names = _estimable(asked, source, requested, em)
    starts = as_starts(start, lambda one: as_start(one, table, given_weights(table, sample_weight), source.n_features))
    settings = _settings(starts, requested, em)
    check_same(settings, earlier)
    seeds = (as_entropy(seed), as_known_seed(seed)) if earlier is None else (earlier.entropy, earlier.seed)
    plan = make_plan(
        source,
        requested,
        em,
        starts=settings["start"],
        n_components=counts,
        models=names,
        entropy=seeds[0],
        threads=thread_count(threads),
    )
    keys = [Key(k, model) for k in plan.n_components for model in plan.models]
    cells = reused_cells(earlier, keys, source.n_features)
    interrupted = _fit_cells(plan, cells, criterion, on_cell or (lambda _: None))
    done = tuple(_with_table_names(cells[key], table) for key in keys if key in cells)
    kind = table_kind(table)
    result = Selection(done, plan.n_components, plan.models, criterion, plan.entropy, settings, kind, seeds[1])
    _warn(result, interrupted=interrupted)
    warn_of_columns(plan.values, column_names(X), stacklevel=2)
    return result


def _fit_cells(plan: Plan, cells: dict[Key, Cell], criterion: str, on_cell: Callable[[Cell], object]) -> bool:
    """Fit the cells that ``cells`` lacks, and add them; return whether Ctrl-C ended that before all were done."""
    try:
        sweep(plan, cells, on_cell)
        if criterion == "cv":
            cells |= cross_validated(plan, cells, FOLDS)
    except KeyboardInterrupt:
        if plan.em.on_interrupt == "raise" or not cells:
            raise
        return True
    return False


def _check_em(em: EM) -> None:
    """Raise ParameterError if options of EM are given that a selection does not have."""
    if "parameters" in em.rule_names or not em.accelerate:
        raise ParameterError(f"em is {em}; a selection stops by the log-likelihood and accelerates: leave these out")
    if em.checkpoint is not None:
        raise ParameterError("em has a checkpoint, which is of one fit; save the selection, and go on by resume=")


def _estimable(names: tuple[str, ...], source: Source, requested: Model, em: EM) -> tuple[str, ...]:
    """Names of models that so many rows can estimate: only diagonal ones, if there are no more rows than columns.

    With a penalty, a constraint or another floor all are estimable. Without any diagonal model, all are tried.
    """
    free = requested.prior is None and requested.constraint is None and em.floor == EM().floor
    diagonal = tuple(name for name in names if name.endswith("I"))
    if source.n_rows > source.n_features or not free or source.n_features == 1 or diagonal in ((), names):
        return names
    warnings.warn(
        f"{source.n_rows} rows in {source.n_features} columns: models whose matrices are not diagonal are left out; "
        "give em=EM(floor=), a prior or a constraint to include them",
        ParametersWarning,
        stacklevel=3,
    )
    return diagonal


def _settings(starts: tuple[Any, ...], requested: Model, em: EM) -> dict[str, Any]:
    """Options of a selection, without grid and criterion, as plain values."""
    model = requested.to_dict()
    own = {name: model[name] for name in ("constraint", "prior", "noise", "equal_weights", "tails")}
    return {
        "start": starts,
        **own,
        "tol": em.tol,
        "max_iter": em.max_iter,
        "floor": em.floor,
        "resolution": np.asarray(em.resolution).tolist(),
    }


def make_plan(
    source: Source,
    requested: Model,
    em: EM,
    *,
    starts: tuple[Any, ...],
    n_components: tuple[int, ...],
    models: tuple[str, ...],
    entropy: int,
    threads: int,
) -> Plan:
    """What the fits of all cells have in common."""
    check_measured(source, requested, noise=requested.noise)
    summary, values = requested.summary(source), ColumnValues.of(source)
    region, noise_starts = noise_region_and_starts(requested.noise, source, summary)
    template = requested.problem(source, summary, em.floor_variances(summary, values)).with_background(region)
    samples: Any = sample_rows(source, entropy, noise_starts)
    return Plan(
        source,
        values,
        **samples,
        template=template,
        n_components=n_components,
        models=models,
        starts=starts,
        entropy=entropy,
        model=requested,
        em=em,
        threads=threads,
    )


def _with_table_names(cell: Cell, X: Any) -> Cell:
    """The cell with the kind of table that X is, and the names of its columns."""
    return cell if cell.fit is None else replace(cell, fit=with_names(cell.fit, X, None))


def _warn(result: Selection, *, interrupted: bool) -> None:
    """Warn of an interruption, too few rows, no sound cell, or a best cell at the edge of the grid."""
    if interrupted:
        warnings.warn(INTERRUPTED, ConvergenceWarning, stacklevel=3)
    first = next(iter(result.ranked), None)
    if first is None or first.fit is None:
        return
    warn_of_few_rows(first.fit, stacklevel=3)
    if not first.sound:
        warnings.warn(f"no cell is sound; the best of the others: {first.trouble}", DegeneracyWarning, stacklevel=3)
    most = max(result.n_components)
    if first.n_components == most > min(result.n_components):
        warnings.warn(
            f"the best cell has {most} components, the most that were tried: more may be better",
            GridEdgeWarning,
            stacklevel=3,
        )
