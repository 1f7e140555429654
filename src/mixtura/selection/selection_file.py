"""Write and read a selection as JSON, without loss of precision, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import numpy as np

from mixtura._support import as_count, frozen_array, shortened
from mixtura.em import Outcome
from mixtura.errors import DataError
from mixtura.fitting import EM, Fit, Model, PointMass, Start
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart, TriedStart, as_criterion
from mixtura.stats import Stats

FORMAT = "mixtura-selection"
VERSION = 4

Value = TypeVar("Value")


def selection_to_json(fields: dict[str, Any], cells: Sequence[Cell]) -> str:
    """JSON text of a selection with these cells; ``fields`` are its other attributes."""
    return json.dumps({"format": FORMAT, "version": VERSION, **fields, "cells": [_cell(cell) for cell in cells]})


def selection_from_json(text: str) -> tuple[dict[str, Any], tuple[Cell, ...]]:
    """The fields and cells from which `selection_to_json` made the text.

    Examples
    --------
    >>> others = {"n_components": (1, 2), "models": ("VVV",), "entropy": 0, "settings": {"start": ("seeds",)}}
    >>> text = selection_to_json({"criterion": "bic", **others}, [])
    >>> selection_from_json(text) == ({"criterion": "bic", **others}, ())
    True
    """
    try:
        content = json.loads(text)
        kind, version = content.pop("format"), content.pop("version")
        cells = tuple(map(_read_cell, content.pop("cells")))
        fields = _read_fields(content)
    except DataError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"this is not a saved selection ({type(error).__name__}: {error})") from None
    if (kind, version) != (FORMAT, VERSION):
        raise DataError(f"this is {kind!r} of version {version!r}; expected {FORMAT!r} of version {VERSION}")
    return fields, cells


def _stats(stats: Stats) -> dict[str, Any]:
    """Statistics as plain values."""
    arrays = {"weight": stats.weight.tolist(), "mean": stats.mean.tolist(), "scatter": stats.scatter.tolist()}
    return {**arrays, "noise_weight": stats.noise_weight}


def _cell(cell: Cell) -> dict[str, Any]:
    """A cell as plain values."""
    tried = [[one.start, one.loglik, one.iterations, one.outcome] for one in cell.tried]
    start = {"name": cell.start.name, "stats": _stats(cell.start.stats)} if cell.start else None
    fit = _fit(cell.fit) if cell.fit else None
    return {
        "n_components": cell.n_components,
        "model": cell.model,
        "error": cell.error,
        "accelerated": cell.accelerated,
        "thin": cell.thin,
        "cv": None if np.isnan(cell.cv) else cell.cv,
        "found": tried,
        "begin": start,
        "fit": fit,
    }


def _fit(fit: Fit) -> dict[str, Any]:
    """A fit as plain values; of the starts only the best is kept, without its repairs."""
    start = fit.starts[fit.best_start]
    return {
        "mixture": json.loads(fit.mixture.to_json()),
        "outcome": fit.outcome.name,
        "trace": fit.trace,
        "iterations": start.iterations,
        "passes": start.passes,
        "floored": start.floored,
        "spurious": start.spurious,
        "sizes": fit.sizes.tolist(),
        "n_rows": fit.n_rows,
        "assignment_logprob": fit.assignment_logprob,
        "weights_are": fit.weights_are,
        "log_prior": fit.log_prior,
        "point_masses": [[mass.component, mass.rows, mass.columns, mass.values] for mass in fit.point_masses],
        "model": fit.model.to_dict(),
        "em": fit.em.to_dict(),
    }


def _read_fields(plain: dict[str, Any]) -> dict[str, Any]:
    """Attributes of a selection, its cells apart, from plain values."""
    if set(plain) != set(FIELDS):
        raise DataError(f"this is not a saved selection: it has {sorted(plain)}; expected {sorted(FIELDS)}")
    return {name: read(plain[name]) for name, read in FIELDS.items()}


def _read_cell(plain: dict[str, Any]) -> Cell:
    """A cell from plain values."""
    start = plain["begin"]
    return Cell(
        _as(int, plain["n_components"]),
        _as(str, plain["model"]),
        _read_fit(plain["fit"]) if plain["fit"] else None,
        CellStart(_as(str, start["name"]), _read_stats(start["stats"])) if start else None,
        tuple(
            TriedStart(_as(str, name), _as(float, loglik), _as(int, iterations), _as(str, outcome))
            for name, loglik, iterations, outcome in plain["found"]
        ),
        thin=_as(bool, plain["thin"]),
        cv=float("nan") if plain["cv"] is None else _as(float, plain["cv"]),
        accelerated=_as(bool, plain["accelerated"]),
        error=_as(str, plain["error"]),
    )


def _as(kind: type[Value], value: Any) -> Value:
    """A value, which must be of a kind; an integer is a float, too.

    Examples
    --------
    >>> _as(float, 3)
    3.0
    >>> _as(int, None)
    Traceback (most recent call last):
    TypeError: None is no int
    """
    if type(value) not in ((int, float) if kind is float else (kind,)):
        raise TypeError(f"{shortened(value)} is no {kind.__name__}")
    return cast(Value, float(value) if kind is float else value)


def _tuple_of(kind: type[Value], values: Any) -> tuple[Value, ...]:
    """A list of values of a kind, as a tuple."""
    return tuple(_as(kind, value) for value in _as(list, values))


def _read_stats(plain: dict[str, Any]) -> Stats:
    """Statistics from plain values."""
    weight, mean, scatter = (frozen_array(plain[name], name) for name in ("weight", "mean", "scatter"))
    k, d = mean.shape
    if weight.shape != (k,) or scatter.shape not in ((k, d), (k, d, d), (1, d, d)):
        raise ValueError(f"weight, mean and scatter have shapes {weight.shape}, {mean.shape} and {scatter.shape}")
    return Stats(weight, mean, scatter, 0.0, 0.0, _as(float, plain["noise_weight"]))


def _read_fit(plain: dict[str, Any]) -> Fit:
    """A fit from plain values."""
    mixture = Mixture.from_json(json.dumps(plain["mixture"]))
    sizes = frozen_array(plain["sizes"], "sizes")
    if sizes.shape != mixture.weights.shape:
        raise ValueError(f"sizes have shape {sizes.shape}, weights {mixture.weights.shape}")
    outcome, trace = Outcome[_as(str, plain["outcome"])], _tuple_of(float, plain["trace"])
    iterations, passes = (_as(int, plain[name]) for name in ("iterations", "passes"))
    floored, spurious = (_tuple_of(int, plain[name]) for name in ("floored", "spurious"))
    n_rows, weights_are = _as(float, plain["n_rows"]), plain["weights_are"]
    if n_rows <= 0 or weights_are not in (None, "counts", "sampling"):
        raise ValueError(f"n_rows is {n_rows}, weights_are {shortened(weights_are)}")
    return Fit(
        mixture,
        outcome,
        trace,
        (Start(trace[-1], iterations, passes, outcome, (), floored, spurious),),
        0,
        sizes=sizes,
        n_rows=n_rows,
        assignment_logprob=_as(float, plain["assignment_logprob"]),
        log_prior=_as(float, plain["log_prior"]),
        model=Model.from_dict(plain["model"]),
        em=EM(**plain["em"]),
        weights_are=weights_are,
        point_masses=tuple(
            PointMass(_as(int, j), _as(float, rows), _tuple_of(int, at), _tuple_of(float, values))
            for j, rows, at, values in plain["point_masses"]
        ),
    )


# Attributes of a selection, its cells apart, and what reads each from its plain value.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "n_components": partial(_tuple_of, int),
    "models": partial(_tuple_of, str),
    "criterion": as_criterion,
    "entropy": partial(as_count, name="entropy", least=0, most=1 << 128),
    "settings": lambda settings: settings | {"start": _tuple_of(str, settings["start"])},
}
