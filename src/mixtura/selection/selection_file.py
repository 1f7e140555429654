"""Write and read a selection as JSON, without loss of precision, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.em import Outcome
from mixtura.errors import DataError
from mixtura.fitting import EM, Fit, Model, PointMass, Start
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart, TriedStart
from mixtura.stats import Stats

FORMAT = "mixtura-selection"
VERSION = 4


def selection_to_json(fields: dict[str, Any], cells: Sequence[Cell]) -> str:
    """JSON text of a selection with these cells; ``fields`` are its other attributes."""
    return json.dumps({"format": FORMAT, "version": VERSION, **fields, "cells": [_cell(cell) for cell in cells]})


def selection_from_json(text: str) -> tuple[dict[str, Any], tuple[Cell, ...]]:
    """The fields and cells from which `selection_to_json` made the text.

    Examples
    --------
    >>> selection_from_json(selection_to_json({"criterion": "bic"}, []))
    ({'criterion': 'bic'}, ())
    """
    try:
        content = json.loads(text)
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


def _read_cell(plain: dict[str, Any]) -> Cell:
    """A cell from plain values."""
    start = plain["begin"]
    return Cell(
        plain["n_components"],
        plain["model"],
        _read_fit(plain["fit"]) if plain["fit"] else None,
        CellStart(start["name"], _read_stats(start["stats"])) if start else None,
        tuple(TriedStart(*one) for one in plain["found"]),
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
