"""A mixture as a table of weights, means and standard deviations, with one row for each component."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, html_table
from mixtura.mixture.labels import column_labels, row_labels
from mixtura.mixture.noise import NOISE_LABEL

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def component_records(mixture: Mixture, **more: Sequence[float]) -> list[dict[str, Any]]:
    """A record of weight, means and standard deviations for each component, and a last one for noise, if any.

    Parameters
    ----------
    mixture : Mixture
    **more : sequence of float
        Further columns, after the weights: an entry for each component, and one for noise, if any.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> component_records(Mixture([1.0], [[2.0]], [[[9.0]]]))
    [{'component': 0, 'weight': 1.0, 'mean x1': 2.0, 'sd x1': 3.0}]
    """
    columns = column_labels(mixture.columns, mixture.n_features)
    heads = [*(f"mean {column}" for column in columns), *(f"sd {column}" for column in columns)]
    moments: list[list[Any]] = np.hstack([mixture.means, standard_deviations(mixture)]).tolist()
    moments += [[None] * len(heads)] if mixture.noise else []
    first = {"component": row_labels(mixture), "weight": mixture.all_weights.tolist(), **more}
    names = [*first, *heads]
    return [
        dict(zip(names, [*own, *values], strict=True)) for *own, values in zip(*first.values(), moments, strict=True)
    ]


def component_html(sentence: str, records: Sequence[dict[str, Any]]) -> str:
    """A sentence and records of components as HTML, in which the label -1 is replaced by "noise"."""
    shown = [row | {"component": "noise"} if row["component"] == NOISE_LABEL else row for row in records]
    return html_table(sentence, shown)


def standard_deviations(mixture: Mixture) -> Array:
    """Standard deviations of each component in each dimension, (k, d).

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> standard_deviations(Mixture([1.0], [[0.0]], DenseCovariance(np.array([[[4.0]]]), 1))).tolist()
    [[2.0]]
    """
    return np.sqrt(mixture.covariances.variances())


def mean_and_deviation(mean: float, deviation: float, sign: str = "±") -> str:
    """Format a mean and its standard deviation: three digits of the deviation, and as many decimals of the mean.

    Examples
    --------
    >>> mean_and_deviation(5.00632, 0.3489), mean_and_deviation(123456.0, 2345.6)
    ('5.006 ± 0.349', '123456 ± 2346')
    >>> mean_and_deviation(5.0, 1e-12), mean_and_deviation(5.0, 1e20)
    ('5 ± 1e-12', '5 ± 1e+20')
    """
    exponent = min(int(Decimal(f"{deviation:.2e}").as_tuple().exponent), 0)
    decimals = str(exponent).lstrip("-")
    cell = f"{mean:z.{decimals}f} {sign} {deviation:.{decimals}f}"
    return cell if len(cell) <= 24 else f"{mean:.6g} {sign} {deviation:.3g}"
