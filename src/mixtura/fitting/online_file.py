"""A mixture of a stream of rows as JSON and back: a model file that also holds the state of stepwise EM."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, Rows, as_kind, as_tuple_of, frozen_array
from mixtura.data import Extent, Summary
from mixtura.em import ComponentEvent, LowDensityRows, StepwiseState
from mixtura.errors import DataError
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.online_state import OnlineSetup, OnlineState, WaitingRows
from mixtura.mixture import MODEL_FORMAT, Mixture, Noise, model_to_json
from mixtura.stats import Stats

if TYPE_CHECKING:
    from mixtura.fitting.online import OnlineMixture

# Format and version of files without a mixture, which are written before the start.
ONLINE_FORMAT, ONLINE_VERSION = "mixtura.online", 1

# Name of the entry of a model file that holds the state.
ENTRY = "online"

# Options that plain values can hold as they are.
PLAIN_OPTIONS = (
    "n_components",
    "window",
    "spawn",
    "prune",
    "max_components",
    "start_rows",
    "batch_rows",
    "step",
    "seed",
    "table_kind",
)


def online_to_json(online: OnlineMixture, **more: Any) -> str:
    """JSON text of the state; ``more`` are entries that are ignored when it is read.

    It is a model file if there are enough rows for a mixture. What is in the file is the state, in which rows wait for
    a full batch; the mixture is that of all rows.
    """
    parts = {ENTRY: _online(online), **more}
    try:
        mixture = online.mixture
    except DataError:
        return json.dumps({"format": ONLINE_FORMAT, "version": ONLINE_VERSION, **parts}, indent=1, allow_nan=False)
    return model_to_json(mixture, model=online.options.model.to_dict(), em=online.options.em.to_dict(), **parts)


def online_content(text: str) -> dict[str, Any]:
    """Parse the text that `online_to_json` returned; raises DataError if it holds no state of a stream."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError("not a file of a stream: it is not JSON") from None
    known = {MODEL_FORMAT, ONLINE_FORMAT}
    if not isinstance(content, dict) or content.get("format") not in known or ENTRY not in content:
        raise DataError("not a file of a stream: OnlineMixture.save and mixtura stream write one")
    if content.get("version") != ONLINE_VERSION:
        raise DataError(f"file of version {content.get('version')!r}; this program reads version {ONLINE_VERSION}")
    return content


def online_from_json(text: str) -> dict[str, Any]:
    """Arguments of `OnlineMixture` from the text that `online_to_json` returned."""
    plain = online_content(text)[ENTRY]
    try:
        return {
            **{name: plain[name] for name in PLAIN_OPTIONS},
            "columns": plain["columns"],
            "model": Model.from_dict(plain["model"]),
            "em": EM(**plain["em"]),
            "start": plain["start"] if isinstance(plain["start"], str) else _read_mixture(plain["start"]),
            "waiting": WaitingRows()
            if plain["waiting"] is None
            else WaitingRows().extended(*_read_part(plain["waiting"])),
            "state": None if plain["state"] is None else _read_state(plain["state"]),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"not a valid file of a stream: {type(error).__name__}: {error}") from None


def _online(online: OnlineMixture) -> dict[str, Any]:
    """Options and state as plain values."""
    options = online.options
    return {
        **{name: getattr(online, name) for name in PLAIN_OPTIONS},
        "columns": online.columns,
        "model": options.model.to_dict(),
        "em": options.em.to_dict(),
        "start": options.start if isinstance(options.start, str) else _mixture(options.start),
        "waiting": None if not online.waiting.n_rows else _part(*online.waiting.joined()),
        "state": None if online.state is None else _state(online.state),
    }


def _part(rows: Rows, weight: Array | None) -> list[Any]:
    """Rows that wait, and their weights, as plain values; missing ones are None."""
    values: Any = rows
    if np.isnan(rows).any():
        values = rows.astype(object)
        values[np.isnan(rows)] = None
    return [rows.dtype.name, values.tolist(), None if weight is None else weight.tolist()]


def _read_part(plain: Any) -> tuple[Any, Array | None]:
    """Rows that wait, and their weights."""
    kind, rows, weight = plain
    values = np.array(rows, dtype={"float32": np.float32, "float64": np.float64}[kind])
    return values.reshape(len(values), -1), None if weight is None else frozen_array(weight, "weight")


def _mixture(mixture: Mixture) -> dict[str, Any]:
    """A mixture as plain values."""
    content: dict[str, Any] = json.loads(mixture.to_json())
    return content


def _read_mixture(plain: Mapping[str, Any]) -> Mixture:
    """The mixture from which `_mixture` made plain values."""
    return Mixture.from_json(json.dumps(plain))


def _stats(stats: Stats) -> dict[str, Any]:
    """Statistics as plain values."""
    return {name: np.asarray(value).tolist() for name, value in asdict(stats).items() if value is not None}


def _read_stats(plain: Mapping[str, Any]) -> Stats:
    """The statistics from which `_stats` made plain values."""
    weight, mean, scatter = (frozen_array(plain[name], name) for name in ("weight", "mean", "scatter"))
    loglik, assignment, noise = (as_kind(float, plain[n]) for n in ("loglik", "assignment_logprob", "noise_weight"))
    return Stats(weight, mean, scatter, loglik, assignment, noise)


def _setup(setup: OnlineSetup) -> dict[str, Any]:
    """What the start has determined as plain values."""
    summary = setup.summary
    return {
        "model": setup.model.to_dict(),
        "n_rows": summary.n_rows,
        "weight": summary.weight,
        "weight_squared": summary.weight_squared,
        "mean": summary.mean.tolist(),
        "scatter": summary.scatter.tolist(),
        "floor": setup.floor.tolist(),
        "region": None if setup.region is None else setup.region.to_dict(),
        "given": None if setup.given is None else _mixture(setup.given),
        "start_rows": setup.start_rows,
    }


def _read_setup(plain: Mapping[str, Any]) -> OnlineSetup:
    """What `_setup` made plain values of; the range of the rows is not known any more, nor needed."""
    mean = frozen_array(plain["mean"], "mean")
    unknown = np.full(len(mean), math.nan)
    summary = Summary(
        as_kind(int, plain["n_rows"]),
        as_kind(float, plain["weight"]),
        as_kind(float, plain["weight_squared"]),
        mean,
        frozen_array(plain["scatter"], "scatter"),
        Extent(unknown, unknown),
    )
    return OnlineSetup(
        Model.from_dict(plain["model"]),
        summary,
        frozen_array(plain["floor"], "floor"),
        None if plain["region"] is None else Noise.from_dict(plain["region"]),
        None if plain["given"] is None else _read_mixture(plain["given"]),
        as_kind(float, plain["start_rows"]),
    )


def _state(state: OnlineState) -> dict[str, Any]:
    """Stepwise EM since the start as plain values."""
    step, low = state.step, state.low
    return {
        "setup": _setup(state.setup),
        "stats": _stats(step.stats),
        "average": _stats(step.average),
        "mixture": _mixture(step.mixture),
        "at_floor": step.at_floor.tolist(),
        "seen": step.seen,
        "averaged_from": step.averaged_from,
        "n_updates": step.n_updates,
        "n_rows": state.n_rows,
        "components": state.components,
        "next_number": state.next_number,
        "events": [list(asdict(event).values()) for event in state.events],
        "low": {name: np.asarray(value).tolist() for name, value in asdict(low).items()},
    }


def _read_state(plain: Mapping[str, Any]) -> OnlineState:
    """The state from which `_state` made plain values."""
    setup, mixture = _read_setup(plain["setup"]), _read_mixture(plain["mixture"])
    step = StepwiseState(
        _read_stats(plain["stats"]),
        _read_stats(plain["average"]),
        mixture,
        np.array(plain["at_floor"], dtype=bool),
        as_kind(float, plain["seen"]),
        as_kind(float, plain["averaged_from"]),
        as_kind(int, plain["n_updates"]),
    )
    low = plain["low"]
    rows = np.array(low["rows"], dtype=np.float64).reshape(-1, mixture.n_features)
    return OnlineState(
        setup,
        step,
        as_kind(int, plain["n_rows"]),
        as_tuple_of(int, plain["components"]),
        as_kind(int, plain["next_number"]),
        tuple(ComponentEvent(*event) for event in plain["events"]),
        LowDensityRows(rows, np.array(low["weight"]), np.array(low["position"]), as_kind(int, low["untried"])),
    )
