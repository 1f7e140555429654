"""A mixture as notebooks show it: a table of weights, means and standard deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import html_table
from mixtura.mixture.labels import column_labels, component_labels, standard_deviations

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def component_records(mixture: Mixture) -> list[dict[str, Any]]:
    """Weight, means and standard deviations of each component, a record each; noise, if any, is the last.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> component_records(Mixture([1.0], [[2.0]], [[[9.0]]]))
    [{'component': 0, 'weight': 1.0, 'mean x1': 2.0, 'sd x1': 3.0}]
    """
    columns, names = column_labels(mixture.columns, mixture.n_features), component_labels(mixture)
    heads = [*(f"mean {column}" for column in columns), *(f"sd {column}" for column in columns)]
    values = np.hstack([mixture.means, standard_deviations(mixture)]).tolist()
    records = [
        {"component": name, "weight": weight, **dict(zip(heads, row, strict=True))}
        for name, weight, row in zip(names, mixture.weights.tolist(), values, strict=True)
    ]
    noise = [mixture.noise.weight] if mixture.noise else []
    return records + [{"component": "noise", "weight": weight, **dict.fromkeys(heads, "")} for weight in noise]


def mixture_html(mixture: Mixture) -> str:
    """The mixture as HTML."""
    return html_table(repr(mixture).strip("<>"), component_records(mixture))
