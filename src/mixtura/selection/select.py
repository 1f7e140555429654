"""`mixtura.select`: names become objects, the grid is swept, the best cell is known."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mixtura._support import Rng, as_amount, as_count, as_entropy, column_names, thread_count
from mixtura.covariance.models import as_constraint, as_covariance_model
from mixtura.data import Source, Summary, as_source
from mixtura.data.tables import read_table
from mixtura.em import Problem, ReseedThenRemove
from mixtura.em.estep import Plain
from mixtura.em.mstep import (
    ConjugatePrior,
    EqualWeights,
    FreeWeights,
    MStep,
    as_floor,
    as_plain,
    as_prior,
    floor_variances,
    with_data,
)
from mixtura.errors import ConvergenceWarning, DegeneracyWarning, ParameterError
from mixtura.fitting import noise_beginnings, summary_for
from mixtura.mixture import Noise, as_sample_size
from mixtura.selection.cell import Cell, as_criterion
from mixtura.selection.cell_starts import DEFAULT, as_starts
from mixtura.selection.cross_validation import FOLDS, cross_validated
from mixtura.selection.grid import Key, as_components, as_models
from mixtura.selection.selection import Selection
from mixtura.selection.sweep import Plan, pieces, sweep

INTERRUPTED = "Interrupted: the table has the cells that were done; pass it as resume= to go on."


def select(
    X: Any,
    components: int | Iterable[int] = range(1, 10),
    *,
    models: str | Sequence[str] = "all",
    criterion: str = "bic",
    start: Any = DEFAULT,
    noise: Any = None,
    noise_region: str = "box",
    sample_weight: Any = None,
    sample_size: Any = None,
    equal_proportions: bool = False,
    prior: Any = None,
    eigenvalue_ratio: float | None = None,
    determinant_ratio: float | None = None,
    shape_ratio: float | None = None,
    tol: float = 1e-6,
    max_iter: int = 1000,
    floor: float = 1e-10,
    seed: int | Rng | None = None,
    resume: Selection | str | os.PathLike[str] | None = None,
    on_cell: Callable[[Cell], object] | None = None,
    on_interrupt: str = "keep",
    threads: int | None = None,
) -> Selection:
    """Choose the covariance model and the number of components.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, a file's path, or a Source
    components : int or iterable of int
        Numbers of components to try.
    models : str or sequence of str
        Covariance models to try; ``"all"`` of them (that can keep to a bound, where one is asked for).
    criterion : {"bic", "icl", "aic", "aicc", "cv"}
        What to rank by; lower is better. ``"cv"`` is minus twice the log-likelihood of rows held out, in five folds,
        each with a sweep of its own.
    start : str, or sequence of str
        Where the EM of each cell begins; the best is kept. ``"hierarchical"`` is one partition for all models,
        ``"seeds"`` several, ``"neighbours"`` the solutions of models nested in this one, and that with one component
        fewer, split. Any start of `mixtura.fit` will do, too, and is made once for all models.
    noise, noise_region
        Noise beside the components of every cell, as in `mixtura.fit`; ``"hierarchical"`` and ``"seeds"`` leave the
        rows out that it begins with.
    sample_weight, sample_size, equal_proportions, tol, max_iter, floor
        As in `mixtura.fit`.
    prior, eigenvalue_ratio, determinant_ratio, shape_ratio
        As in `mixtura.fit`.
    seed : int, numpy Generator or RandomState, optional
    resume : Selection, or path of a file with its JSON, optional
        Cells that are done are taken over, others are worked on; on the same grid the result is as if there had been
        no interruption. The data and the options must be the same; components, models and criterion may differ.
    on_cell : callable, optional
        Called with each `Cell` when it is done, from the thread that did it, one at a time, in no certain order.
    on_interrupt : {"keep", "raise"}
        What Ctrl-C does: return the cells that are done, with a warning, or raise KeyboardInterrupt.
    threads : int, optional
        How many cells are worked on at the same time; as in `mixtura.fit`. The result has the same bits for any number.

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
    >>> chosen.best.model, chosen.best.mixture.n_components
    ('EEE', 3)
    """
    if on_interrupt not in ("raise", "keep"):
        raise ParameterError(f"on_interrupt is {on_interrupt!r}; expected 'raise' or 'keep'")
    as_criterion(criterion)
    X = read_table(os.fspath(X)) if isinstance(X, str | os.PathLike) else X
    source = as_source(X, sample_weight)
    earlier = resume if isinstance(resume, Selection | None) else Selection.from_json(Path(resume).read_text("utf-8"))
    settings = {"start": as_starts(start), "tol": as_amount(tol, "tol"), "max_iter": as_count(max_iter, "max_iter")}
    settings |= {"floor": as_floor(floor), "equal_proportions": bool(equal_proportions)}
    constraint = as_constraint(eigenvalue_ratio, determinant_ratio, shape_ratio)
    settings |= {"noise": _plain(noise), "noise_region": noise_region}
    settings |= {"prior": as_plain(as_prior(prior)), "bound": None if constraint is None else constraint.options}
    summary = summary_for(source, prior=prior, noise=noise, sample_size=sample_size)
    plan = planned(
        source,
        summary,
        settings,
        earlier,
        components=as_components(components),
        models=as_models(models, source.n_features, constraint),
        noise=noise,
        seed=seed,
        threads=threads,
    )
    size = as_sample_size(sample_size, lambda: summary)
    cells = _taken_over(earlier, plan)
    interrupted = False
    try:
        sweep(plan, cells, (lambda cell: on_cell(_sized(cell, size))) if on_cell else (lambda _: None))
        if criterion == "cv":
            cells |= cross_validated(plan, cells, FOLDS)
    except KeyboardInterrupt:
        if on_interrupt == "raise" or not cells:
            raise
        interrupted = True
    grid = [Key(k, model) for k in plan.components for model in plan.models]
    done = tuple(_sized(_named(cells[key], column_names(X)), size) for key in grid if key in cells)
    result = Selection(done, plan.components, plan.models, criterion, plan.entropy, settings)
    _warn(result, interrupted=interrupted)
    _warn_of_constants(plan, column_names(X))
    return result


def planned(
    source: Source,
    summary: Summary,
    settings: dict[str, Any],
    earlier: Selection | None,
    *,
    components: tuple[int, ...],
    models: tuple[str, ...],
    noise: Any,
    seed: int | Rng | None,
    threads: int | None,
) -> Plan:
    """What all cells share."""
    if earlier is not None:
        different = [name for name, value in settings.items() if earlier.settings.get(name) != value]
        if different:
            raise ParameterError(
                f"resume: {', '.join(different)} differ from those of the earlier selection, "
                f"{', '.join(repr(earlier.settings.get(name)) for name in different)}; pass the same"
            )
    entropy = as_entropy(seed) if earlier is None else earlier.entropy
    around, beginnings = noise_beginnings(noise, settings["noise_region"], source, summary)
    mstep = MStep(
        as_covariance_model("VVV"),
        floor_variances(summary.scale, settings["floor"]),
        EqualWeights() if settings["equal_proportions"] else FreeWeights(),
        prior=with_data(settings["prior"] and ConjugatePrior(**settings["prior"]), summary),
    )
    template = Problem(source, Plain(), mstep, ReseedThenRemove(), summary).with_background(around)
    parts: Any = pieces(source, entropy, beginnings)
    return Plan(
        source=source,
        **parts,
        template=template,
        components=components,
        models=models,
        starts=settings["start"],
        entropy=entropy,
        tol=settings["tol"],
        max_iter=settings["max_iter"],
        threads=thread_count(threads),
        constraint=as_constraint(**settings["bound"]) if settings["bound"] else None,
    )


def _plain(noise: Any) -> Any:
    """What noise was asked for, in plain values."""
    return noise.to_dict() if isinstance(noise, Noise) else np.asarray(noise).tolist()


def _taken_over(earlier: Selection | None, plan: Plan) -> dict[Key, Cell]:
    """Cells of an earlier selection that count in this one.

    What a cell was handed over depends on the grid: its models, and the number of components before its own.
    """
    if earlier is None:
        return {}
    wanted = {Key(k, model) for k in plan.components for model in plan.models}
    cells = {cell.key: cell for cell in earlier.cells if cell.key in wanted}
    for cell in cells.values():
        dimensions = plan.source.n_features
        if cell.fit is not None and cell.fit.mixture.n_features != dimensions:
            raise ParameterError(
                f"resume: the earlier selection is of {cell.fit.mixture.n_features} columns, the data has {dimensions}"
            )
    return cells


def _named(cell: Cell, columns: tuple[str, ...] | None) -> Cell:
    """Keep the names of a table's columns."""
    if cell.fit is None or columns is None:
        return cell
    return replace(cell, fit=replace(cell.fit, mixture=replace(cell.fit.mixture, columns=columns)))


def _sized(cell: Cell, size: float | None) -> Cell:
    """The cell with what its criteria count as the number of rows."""
    return cell if cell.fit is None else replace(cell, fit=replace(cell.fit, sample_size=size))


def _warn(result: Selection, *, interrupted: bool) -> None:
    """Say what the user should know about how it went."""
    if interrupted:
        warnings.warn(INTERRUPTED, ConvergenceWarning, stacklevel=3)
    first = next(iter(result.ranked), None)
    if first is not None and not first.sound:
        warnings.warn(f"no cell is sound; the best of the others: {first.trouble}", DegeneracyWarning, stacklevel=3)


def _warn_of_constants(plan: Plan, names: tuple[str, ...] | None) -> None:
    """Columns without any width put covariances on the floor, or widen the others' where all widths are equal."""
    rows = (plan.large or plan.small).array
    flat = np.flatnonzero((rows == rows[:1]).all(axis=0))
    if len(flat) and rows.shape[1] > 1:
        columns = ", ".join(repr(names[j]) if names else str(j) for j in flat)
        warnings.warn(
            f"column {columns} does not vary, so most models cannot be told apart: leave it out",
            DegeneracyWarning,
            stacklevel=3,
        )
