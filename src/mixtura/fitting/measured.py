"""What a model can do with rows that were measured by intervals or within limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.covariance.models import as_covariance_model
from mixtura.data import Intervals, MeasuredSource, Source, arrays_of
from mixtura.em import Iterate
from mixtura.errors import ParameterError
from mixtura.fitting.model import Model
from mixtura.kernels import MOST_COLUMNS, Unseen

WHAT = "rows with censored values, limits or bins"


def check_measured(source: Source, model: Model, *, noise: Any = None, known: str | None = None) -> None:
    """Raise ParameterError if a part of a fit cannot be had with rows that were measured as those of a source.

    ``noise`` is that of the model or of the start, and ``known`` the argument that says something of the components.
    """
    measurement = getattr(source, "measurement", None)
    model.check_measurement(measurement)
    if not isinstance(measurement, Intervals):
        return
    if noise is not None:
        raise ParameterError(f"noise: it is not possible with {WHAT}; leave noise out")
    if known and measurement.window is not None:
        raise ParameterError(f"{known}: not possible with limits, since nothing is known of rows beyond; leave one out")


def check_covariances(source: Source, model: str) -> None:
    """Raise ParameterError if rows have intervals for more values than a model with full covariances allows."""
    if not isinstance(source, MeasuredSource) or not isinstance(source.measurement, Intervals):
        return
    most = source.measurement.most_bounded(arrays_of(source)[0].array)
    if most > MOST_COLUMNS and as_covariance_model(model).scatter_kind != "diagonal":
        raise ParameterError(
            f"model is {model}, and a row has {most} values with intervals; with full covariances at most "
            f"{MOST_COLUMNS} are possible: take a model with diagonal covariances, such as VVI"
        )


def recorded_sizes(source: Source, last: Iterate, n_rows: float) -> Array:
    """Number of recorded rows of each component, (k,): the sum of responsibilities, without rows that nobody saw."""
    measurement = getattr(source, "measurement", None)
    if not isinstance(measurement, Intervals) or measurement.window is None:
        return last.stats.weight
    unseen = Unseen.beyond(last.mixture, measurement.window).weights(n_rows)
    return np.asarray(np.maximum(last.stats.weight - unseen, 0.0))
