"""A fit as plain values and back, without its iterations: what a model file and a saved selection hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mixtura._support import as_kind, as_tuple_of, frozen_array, shortened
from mixtura.em import Action, Outcome, Repair
from mixtura.fitting.em import EM
from mixtura.fitting.fitted_data import FittedData
from mixtura.fitting.model import Model
from mixtura.fitting.start import PointMass, Start
from mixtura.mixture import Mixture

if TYPE_CHECKING:
    from mixtura.fitting.result import Fit


def fit_to_dict(fit: Fit) -> dict[str, Any]:
    """A fit as plain values, apart from its mixture, model and options of EM."""
    return {
        "outcome": fit.outcome.name,
        "trace": list(fit.trace),
        "starts": [_start(start) for start in fit.starts],
        "best_start": fit.best_start,
        "sizes": fit.sizes.tolist(),
        "n_rows": fit.n_rows,
        "assignment_logprob": fit.assignment_logprob,
        "cutoff": fit.cutoff if math.isfinite(fit.cutoff) else None,
        "log_prior": fit.log_prior,
        "weights_are": fit.weights_are,
        "point_masses": [[mass.component, mass.rows, mass.columns, mass.values] for mass in fit.point_masses],
        "data": None if fit.data is None else asdict(fit.data),
        "start_name": fit.start_name,
        "seed": fit.seed,
    }


def fit_fields(plain: Mapping[str, Any], mixture: Mixture, model: Model, em: EM) -> dict[str, Any]:
    """The fields of the fit from which `fit_to_dict` made plain values, given the other ones.

    Raises
    ------
    ValueError, TypeError, KeyError
        If a value is missing or of another kind.
    """
    sizes = frozen_array(plain["sizes"], "sizes")
    if sizes.shape != mixture.weights.shape:
        raise ValueError(f"sizes have shape {sizes.shape}, weights {mixture.weights.shape}")
    n_rows, weights_are = as_kind(float, plain["n_rows"]), plain["weights_are"]
    if n_rows <= 0 or weights_are not in (None, "counts", "sampling"):
        raise ValueError(f"n_rows is {n_rows}, weights_are {shortened(weights_are)}")
    trace = as_tuple_of(float, plain["trace"])
    if not trace:
        raise ValueError("trace is empty")
    starts, best = tuple(map(_read_start, plain["starts"])), as_kind(int, plain["best_start"])
    if not 0 <= best < len(starts):
        raise ValueError(f"best_start is {best}, of {len(starts)} starts")
    masses = tuple(
        PointMass(as_kind(int, j), as_kind(float, rows), as_tuple_of(int, at), as_tuple_of(float, values))
        for j, rows, at, values in plain["point_masses"]
    )
    return {
        "mixture": mixture,
        "outcome": Outcome[as_kind(str, plain["outcome"])],
        "trace": trace,
        "starts": starts,
        "best_start": best,
        "sizes": sizes,
        "n_rows": n_rows,
        "assignment_logprob": as_kind(float, plain["assignment_logprob"]),
        "cutoff": -math.inf if plain["cutoff"] is None else as_kind(float, plain["cutoff"]),
        "log_prior": as_kind(float, plain["log_prior"]),
        "model": model,
        "em": em,
        "weights_are": weights_are,
        "point_masses": masses,
        "data": None if plain["data"] is None else FittedData.from_dict(plain["data"]),
        "start_name": as_kind(str, plain.get("start_name", "")),
        "seed": None if plain.get("seed") is None else as_kind(int, plain["seed"]),
    }


def _start(start: Start) -> dict[str, Any]:
    """The summary of a start as plain values."""
    repairs = [[each.iteration, each.component, each.action.name, each.rows] for each in start.repairs]
    return {**asdict(start), "outcome": start.outcome.name, "repairs": repairs}


def _read_start(plain: Mapping[str, Any]) -> Start:
    """The summary of a start from plain values."""
    repairs = tuple(
        Repair(as_kind(int, number), as_kind(int, j), Action[as_kind(str, action)], as_kind(float, rows))
        for number, j, action, rows in plain["repairs"]
    )
    return Start(
        as_kind(float, plain["loglik"]),
        as_kind(int, plain["iterations"]),
        as_kind(int, plain["passes"]),
        Outcome[as_kind(str, plain["outcome"])],
        repairs,
        as_tuple_of(int, plain["floored"]),
        as_tuple_of(int, plain["spurious"]),
    )
