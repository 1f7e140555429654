"""A selection as JSON, and back: every bit of it, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.em import Outcome
from mixtura.errors import DataError
from mixtura.fitting import EM, Fit, Model, PointMass, Start
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart, Found
from mixtura.stats import Stats

FORMAT = "mixtura-selection"
VERSION = 4


def text(fields: dict[str, Any], cells: Sequence[Cell]) -> str:
    """The text of a selection; ``fields`` are its other attributes."""
    return json.dumps({"format": FORMAT, "version": VERSION, **fields, "cells": [_cell(cell) for cell in cells]})


def parsed(written: str) -> tuple[dict[str, Any], tuple[Cell, ...]]:
    """What `text` was made of.

    Examples
    --------
    >>> parsed(text({"criterion": "bic"}, []))
    ({'criterion': 'bic'}, ())
    """
    try:
        content = json.loads(written)
        kind, version = content.pop("format"), content.pop("version")
        cells = tuple(map(_read_cell, content.pop("cells")))
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"this is not a saved selection ({type(error).__name__}: {error})") from None
    if (kind, version) != (FORMAT, VERSION):
        raise DataError(f"this is {kind!r} of version {version!r}; expected {FORMAT!r} of version {VERSION}")
    return content, cells


def _stats(stats: Stats) -> dict[str, Any]:
    """Statistics in plain values."""
    arrays = {"weight": stats.weight.tolist(), "mean": stats.mean.tolist(), "scatter": stats.scatter.tolist()}
    return {**arrays, "noise_weight": stats.noise_weight}


def _cell(cell: Cell) -> dict[str, Any]:
    """A cell in plain values."""
    found = [[one.start, one.loglik, one.iterations, one.outcome] for one in cell.found]
    begin = {"name": cell.begin.name, "stats": _stats(cell.begin.stats)} if cell.begin else None
    fit = _fit(cell.fit) if cell.fit else None
    return {
        "n_components": cell.n_components,
        "model": cell.model,
        "error": cell.error,
        "accelerated": cell.accelerated,
        "thin": cell.thin,
        "cv": None if np.isnan(cell.cv) else cell.cv,
        "found": found,
        "begin": begin,
        "fit": fit,
    }


def _fit(fit: Fit) -> dict[str, Any]:
    """A fit in plain values; repairs are told by its outcome alone."""
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


def _read_cell(plain: dict[str, Any]) -> Cell:
    """A cell from plain values."""
    begin = plain["begin"]
    return Cell(
        plain["n_components"],
        plain["model"],
        _read_fit(plain["fit"]) if plain["fit"] else None,
        CellStart(begin["name"], _read_stats(begin["stats"])) if begin else None,
        tuple(Found(*one) for one in plain["found"]),
        thin=plain["thin"],
        cv=float("nan") if plain["cv"] is None else plain["cv"],
        accelerated=plain["accelerated"],
        error=plain["error"],
    )


def _read_stats(plain: dict[str, Any]) -> Stats:
    """Statistics from plain values."""
    weight, mean, scatter = (np.array(plain[name]) for name in ("weight", "mean", "scatter"))
    return Stats(weight, mean, scatter, 0.0, 0.0, plain["noise_weight"])


def _read_fit(plain: dict[str, Any]) -> Fit:
    """A fit from plain values."""
    outcome, trace = Outcome[plain["outcome"]], tuple(plain["trace"])
    start = Start(
        trace[-1], plain["iterations"], plain["passes"], outcome, (), tuple(plain["floored"]), tuple(plain["spurious"])
    )
    same = ("n_rows", "assignment_logprob", "weights_are", "log_prior")
    return Fit(
        Mixture.from_json(json.dumps(plain["mixture"])),
        outcome,
        trace,
        (start,),
        0,
        sizes=np.array(plain["sizes"]),
        model=Model.from_dict(plain["model"]),
        em=EM(**plain["em"]),
        point_masses=tuple(PointMass(j, rows, tuple(at), tuple(value)) for j, rows, at, value in plain["point_masses"]),
        **{name: plain[name] for name in same},
    )
