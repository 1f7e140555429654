"""`mixtura.select`: names become objects, the grid is swept, the best cell is known."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mixtura._support import Rng, as_entropy, column_names, table_kind, thread_count
from mixtura.covariance.models import Constraint
from mixtura.data import ColumnValues, Source, as_source
from mixtura.data.tables import read_table
from mixtura.em import LoglikRises
from mixtura.errors import ConvergenceWarning, DegeneracyWarning, GridEdgeWarning, ParameterError, ParametersWarning
from mixtura.fitting import EM, Model, as_em, noise_region_and_starts, warn_of_columns, warn_of_few_rows, with_names
from mixtura.mixture import as_sample_size
from mixtura.selection.cell import Cell, as_criterion
from mixtura.selection.cell_starts import DEFAULT, as_starts
from mixtura.selection.cross_validation import FOLDS, cross_validated
from mixtura.selection.grid import Key, as_models, as_numbers_of_components
from mixtura.selection.selection import Selection
from mixtura.selection.sweep import Plan, pieces, sweep

INTERRUPTED = "Interrupted: the table has the cells that were done; pass it as resume= to go on."


def select(
    X: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    models: str | Sequence[str] = "all",
    criterion: str = "bic",
    constraint: Constraint | None = None,
    prior: Any = None,
    noise: Any = None,
    equal_weights: bool = False,
    start: Any = DEFAULT,
    sample_weight: Any = None,
    sample_size: Any = None,
    tol: float | None = None,
    max_iter: int | None = None,
    em: EM | None = None,
    seed: int | Rng | None = None,
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
    models : str or sequence of str
        Covariance models to try; ``"all"`` of them (that can keep to a constraint, where one is asked for).
    criterion : {"bic", "icl", "aic", "aicc", "cv"}
        What to rank by; lower is better. ``"cv"`` is minus twice the log-likelihood of rows held out, in five folds,
        each with a sweep of its own.
    constraint, prior, equal_weights
        As in `mixtura.fit`.
    noise
        Noise beside the components of every cell, as in `mixtura.fit`; ``"hierarchical"`` and ``"seeds"`` leave the
        rows out that it begins with.
    start : str, or sequence of str
        Where the EM of each cell begins; the best is kept. ``"hierarchical"`` is one partition for all models,
        ``"seeds"`` several, ``"neighbours"`` the solutions of models nested in this one, and that with one component
        fewer, split. Any start of `mixtura.fit` will do, too, and is made once for all models.
    sample_weight, tol, max_iter
        As in `mixtura.fit`.
    sample_size : "effective" or float, optional
        What BIC, ICL and AICc count as the number of rows: see `Fit.with_sample_size`.
    em : EM, optional
        Tolerance, iterations and floor, as in `mixtura.fit`; a cell's EM stops by its log-likelihood, and is
        accelerated. Ctrl-C returns the cells that are done, unless ``on_interrupt`` is "raise".
    seed : int, numpy Generator or RandomState, optional
    threads : int, optional
        How many cells are worked on at the same time; as in `mixtura.fit`. The result has the same bits for any number.
    resume : Selection, or path of a file with its JSON, optional
        Cells that are done are taken over, others are worked on; on the same grid the result is as if there had been
        no interruption. The data and the options must be the same; n_components, models and criterion may differ.
    on_cell : callable, optional
        Called with each `Cell` when it is done, from the thread that did it, one at a time, in no certain order.

    Returns
    -------
    Selection

    Raises
    ------
    DataError, ParameterError
        Where the input cannot be used. A cell that fails is no error: ``Selection.failed`` says which and why.

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
    how = as_em(em, tol=tol, max_iter=max_iter)
    if how.stop_rules != [LoglikRises(how.tol)] or not how.accelerate:
        raise ParameterError(f"em is {how}; a selection stops by the log-likelihood and accelerates: leave these out")
    asked = Model(constraint=constraint, prior=prior, noise=noise, equal_weights=equal_weights)
    as_criterion(criterion)
    X = read_table(os.fspath(X)) if isinstance(X, str | os.PathLike) else X
    source = as_source(X, sample_weight)
    earlier = resume if isinstance(resume, Selection | None) else Selection.from_json(Path(resume).read_text("utf-8"))
    counts, names = as_numbers_of_components(n_components), as_models(models, source.n_features, asked.constraint)
    names = _estimable(names, source, asked, how)
    settings = _settings(as_starts(start), asked, how)
    _check_same(settings, earlier)
    entropy = as_entropy(seed) if earlier is None else earlier.entropy
    plan = planned(
        source,
        asked,
        how,
        starts=settings["start"],
        n_components=counts,
        models=names,
        entropy=entropy,
        sample_size=sample_size,
        threads=thread_count(threads),
    )
    cells, interrupted = _taken_over(earlier, plan), False
    try:
        sweep(plan, cells, on_cell or (lambda _: None))
        if criterion == "cv":
            cells |= cross_validated(plan, cells, FOLDS)
    except KeyboardInterrupt:
        if how.on_interrupt == "raise" or not cells:
            raise
        interrupted = True
    keys = [Key(k, model) for k in plan.n_components for model in plan.models]
    done = tuple(_named(cells[key], X) for key in keys if key in cells)
    result = Selection(done, plan.n_components, plan.models, criterion, plan.entropy, settings, table_kind(X))
    _warn(result, interrupted=interrupted)
    warn_of_columns(plan.values, column_names(X), stacklevel=2)
    return result


def _estimable(names: tuple[str, ...], source: Source, asked: Model, how: EM) -> tuple[str, ...]:
    """Models that so many rows can estimate: no more rows than columns leave all matrices singular, but diagonal ones.

    A penalty or a floor of the user's makes all of them estimable; where none is, all are tried.
    """
    free = asked.prior is None and asked.constraint is None and how.floor == EM().floor
    diagonal = tuple(name for name in names if name.endswith("I"))
    if source.n_rows > source.n_features or not free or source.n_features == 1 or diagonal in ((), names):
        return names
    warnings.warn(
        f"{source.n_rows} rows in {source.n_features} columns: models whose matrices are not diagonal are left out; "
        "give em=EM(floor=), a prior or a constraint to have them",
        ParametersWarning,
        stacklevel=3,
    )
    return diagonal


def _settings(starts: tuple[Any, ...], asked: Model, how: EM) -> dict[str, Any]:
    """What makes a selection, but for its grid and its criterion, in plain values."""
    model = asked.to_dict()
    own = {name: model[name] for name in ("constraint", "prior", "noise", "equal_weights")}
    return {
        "start": starts,
        **own,
        "tol": how.tol,
        "max_iter": how.max_iter,
        "floor": how.floor,
        "resolution": np.asarray(how.resolution).tolist(),
    }


def _check_same(settings: dict[str, Any], earlier: Selection | None) -> None:
    """Raise an error if an earlier selection was made otherwise."""
    if earlier is None:
        return
    different = [name for name, value in settings.items() if earlier.settings.get(name) != value]
    if different:
        raise ParameterError(
            f"resume: {', '.join(different)} differ from those of the earlier selection, "
            f"{', '.join(repr(earlier.settings.get(name)) for name in different)}; pass the same"
        )


def planned(
    source: Source,
    asked: Model,
    em: EM,
    *,
    starts: tuple[Any, ...],
    n_components: tuple[int, ...],
    models: tuple[str, ...],
    entropy: int,
    sample_size: Any,
    threads: int,
) -> Plan:
    """What all cells share."""
    summary, values = asked.summary(source), ColumnValues.of(source)
    around, noise_starts = noise_region_and_starts(asked.noise, source, summary)
    template = asked.problem(source, summary, em.floor_variances(summary, values)).with_background(around)
    parts: Any = pieces(source, entropy, noise_starts)
    return Plan(
        source,
        values,
        **parts,
        template=template,
        n_components=n_components,
        models=models,
        starts=starts,
        entropy=entropy,
        model=asked,
        em=em,
        sample_size=as_sample_size(sample_size, lambda: summary.effective_n_rows),
        threads=threads,
    )


def _taken_over(earlier: Selection | None, plan: Plan) -> dict[Key, Cell]:
    """Cells of an earlier selection that count in this one.

    What a cell was handed over depends on the grid: its models, and the number of components before its own.
    """
    if earlier is None:
        return {}
    dimensions = plan.source.n_features
    for cell in earlier.cells:
        if cell.fit is not None and cell.fit.mixture.n_features != dimensions:
            raise ParameterError(
                f"resume: the earlier selection is of {cell.fit.mixture.n_features} columns, the data has {dimensions}"
            )
    wanted = {Key(k, model) for k in plan.n_components for model in plan.models}
    return {cell.key: _sized(cell, plan.sample_size) for cell in earlier.cells if cell.key in wanted}


def _named(cell: Cell, X: Any) -> Cell:
    """Keep the kind of table that X is, and the names of its columns."""
    return cell if cell.fit is None else replace(cell, fit=with_names(cell.fit, X, None))


def _sized(cell: Cell, size: float | None) -> Cell:
    """The cell with what its criteria count as the number of rows."""
    return cell if cell.fit is None else replace(cell, fit=replace(cell.fit, sample_size=size))


def _warn(result: Selection, *, interrupted: bool) -> None:
    """Say what the user should know about how it went."""
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
