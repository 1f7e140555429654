"""Write and read a selection as JSON, without loss of precision, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mixtura._support import as_count, as_kind, as_tuple_of, frozen_array
from mixtura.errors import DataError
from mixtura.fitting import EM, Fit, Model, fit_fields, fit_to_dict
from mixtura.mixture import Mixture
from mixtura.selection.cell import Cell, CellStart, TriedStart, as_criterion
from mixtura.selection.cell_starts import GIVEN
from mixtura.stats import Stats

SELECTION_FORMAT = "mixtura-selection"
VERSION = 5


def selection_to_json(fields: dict[str, Any], cells: Sequence[Cell]) -> str:
    """JSON text of a selection with these cells; ``fields`` are its other attributes.

    A start that was given by values is saved as the word "given", so that only selections with named starts resume.
    """
    starts = [start if isinstance(start, str) else GIVEN for start in fields["settings"]["start"]]
    plain = {**fields, "settings": fields["settings"] | {"start": starts}}
    return json.dumps(
        {"format": SELECTION_FORMAT, "version": VERSION, **plain, "cells": [_cell(cell) for cell in cells]}
    )


def selection_from_json(text: str) -> tuple[dict[str, Any], tuple[Cell, ...]]:
    """The fields and cells from which `selection_to_json` made the text.

    Examples
    --------
    >>> settings = {"start": ("seeds",), "tails": "normal"}
    >>> others = {"n_components": (1, 2), "models": ("VVV",), "entropy": 0, "seed": 0, "settings": settings}
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
    if (kind, version) != (SELECTION_FORMAT, VERSION):
        raise DataError(f"this is {kind!r} of version {version!r}; expected {SELECTION_FORMAT!r} of version {VERSION}")
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
    """A fit as plain values."""
    own = {"mixture": json.loads(fit.mixture.to_json()), "model": fit.model.to_dict(), "em": fit.em.to_dict()}
    return {**fit_to_dict(fit), **own}


def _read_fields(plain: dict[str, Any]) -> dict[str, Any]:
    """Attributes of a selection, its cells apart, from plain values."""
    plain = {"seed": None, **plain}  # older files have none
    if set(plain) != set(FIELDS):
        raise DataError(f"this is not a saved selection: it has {sorted(plain)}; expected {sorted(FIELDS)}")
    return {name: read(plain[name]) for name, read in FIELDS.items()}


def _read_cell(plain: dict[str, Any]) -> Cell:
    """A cell from plain values."""
    start = plain["begin"]
    return Cell(
        as_kind(int, plain["n_components"]),
        as_kind(str, plain["model"]),
        _read_fit(plain["fit"]) if plain["fit"] else None,
        CellStart(as_kind(str, start["name"]), _read_stats(start["stats"])) if start else None,
        tuple(
            TriedStart(as_kind(str, name), as_kind(float, loglik), as_kind(int, iterations), as_kind(str, outcome))
            for name, loglik, iterations, outcome in plain["found"]
        ),
        thin=as_kind(bool, plain["thin"]),
        cv=float("nan") if plain["cv"] is None else as_kind(float, plain["cv"]),
        accelerated=as_kind(bool, plain["accelerated"]),
        error=as_kind(str, plain["error"]),
    )


def _read_stats(plain: dict[str, Any]) -> Stats:
    """Statistics from plain values."""
    weight, mean, scatter = (frozen_array(plain[name], name) for name in ("weight", "mean", "scatter"))
    k, d = mean.shape
    if weight.shape != (k,) or scatter.shape not in ((k, d), (k, d, d), (1, d, d)):
        raise ValueError(f"weight, mean and scatter have shapes {weight.shape}, {mean.shape} and {scatter.shape}")
    return Stats(weight, mean, scatter, 0.0, 0.0, as_kind(float, plain["noise_weight"]))


def _read_fit(plain: dict[str, Any]) -> Fit:
    """A fit from plain values."""
    mixture = Mixture.from_json(json.dumps(plain["mixture"]))
    return Fit(**fit_fields(plain, mixture, Model.from_dict(plain["model"]), EM(**plain["em"])))


# Attributes of a selection, its cells apart, and what reads each from its plain value.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "n_components": partial(as_tuple_of, int),
    "models": partial(as_tuple_of, str),
    "criterion": as_criterion,
    "entropy": partial(as_count, name="entropy", least=0, most=1 << 128),
    "seed": lambda seed: None if seed is None else as_kind(int, seed),
    "settings": lambda settings: {"tails": "normal"} | settings | {"start": as_tuple_of(str, settings["start"])},
}
