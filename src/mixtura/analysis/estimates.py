"""Records of all parameters of a mixture, each with its standard error and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mixtura._support import Array, as_real, shortened
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture, row_labels


def check_level(level: float) -> None:
    """Raise ParameterError unless the probability of an interval is between 0 and 1."""
    if not 0 < as_real(level) < 1:
        raise ParameterError(f"level is {shortened(level)}; expected a number between 0 and 1, such as 0.95")


def estimate_records(
    mixture: Mixture,
    errors: Mapping[str, Array],
    ends: Mapping[str, Array],
    more: Mapping[str, Mapping[str, Array]] | None = None,
) -> Iterator[dict[str, Any]]:
    """Records of weight, means and lower triangle of the covariance of each component; last the weight of noise.

    ``more`` are further columns, with values of each parameter like ``errors``.
    """
    columns = mixture.columns or tuple(f"x{i + 1}" for i in range(mixture.n_features))
    estimates = {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances.dense()}
    if mixture.noise is not None:
        estimates["noise"] = np.array(mixture.noise.weight)
    if mixture.degrees_of_freedom is not None:
        estimates["degrees_of_freedom"] = mixture.degrees_of_freedom

    def row(parameter: str, name: str, component: Any, pair: tuple[str | None, ...], index: Any) -> dict[str, Any]:
        return {
            "parameter": parameter,
            "component": component,
            "column": pair[0],
            "other_column": pair[-1],
            "estimate": float(estimates[name][index]),
            "standard_error": float(errors[name][index]),
            "lower": float(ends[name][0][index]),
            "upper": float(ends[name][1][index]),
            **{column: float(values[name][index]) for column, values in (more or {}).items()},
        }

    for j, component in enumerate(mixture.component_names or range(mixture.n_components)):
        yield row("weight", "weights", component, (None,), j)
        for i, column in enumerate(columns):
            yield row("mean", "means", component, (column, None), (j, i))
        for i in range(len(columns)):
            for other in range(i + 1):
                pair = (columns[i], columns[other])
                yield row("covariance", "covariances", component, pair, (j, i, other))
        if "degrees_of_freedom" in estimates:
            yield row("degrees of freedom", "degrees_of_freedom", component, (None,), j)
    if mixture.noise is not None:
        yield row("weight", "noise", row_labels(mixture)[-1], (None,), ())
