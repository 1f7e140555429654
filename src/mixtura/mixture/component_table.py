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

# Components with so many degrees of freedom look Gaussian.
MOST_TOLD = 1000.0


def component_records(mixture: Mixture, **more: Sequence[float]) -> list[dict[str, Any]]:
    """A record of weight, means and standard deviations for each component, and a last one for noise, if any.

    Of t components it has the degrees of freedom, and the roots of the scale matrix's diagonal ("scale").

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
    width = "sd" if mixture.degrees_of_freedom is None else "scale"
    heads = [*(f"mean {column}" for column in columns), *(f"{width} {column}" for column in columns)]
    moments: list[list[Any]] = np.hstack([mixture.means, standard_deviations(mixture)]).tolist()
    moments += [[None] * len(heads)] if mixture.noise else []
    first = {"component": row_labels(mixture), "weight": mixture.all_weights.tolist(), **_tails(mixture), **more}
    names = [*first, *heads]
    return [
        dict(zip(names, [*own, *values], strict=True)) for *own, values in zip(*first.values(), moments, strict=True)
    ]


def _tails(mixture: Mixture) -> dict[str, list[Any]]:
    """The column of degrees of freedom, if a mixture has any."""
    if mixture.degrees_of_freedom is None:
        return {}
    return {"degrees of freedom": [*mixture.degrees_of_freedom.tolist(), *([None] if mixture.noise else [])]}


def component_html(sentence: str, records: Sequence[dict[str, Any]]) -> str:
    """A sentence and records of components as HTML, in which the label -1 is replaced by "noise"."""
    shown = [row | {"component": "noise"} if row["component"] == NOISE_LABEL else row for row in records]
    return html_table(sentence, shown)


def standard_deviations(mixture: Mixture) -> Array:
    """Standard deviations of each component in each dimension, (k, d); of t components the scales.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> standard_deviations(Mixture([1.0], [[0.0]], DenseCovariance(np.array([[[4.0]]]), 1))).tolist()
    [[2.0]]
    """
    return np.sqrt(mixture.covariances.variances())


def deviation_name(mixture: Mixture) -> str:
    """What `standard_deviations` are: those, or the scales of t components."""
    return "standard deviation" if mixture.degrees_of_freedom is None else "scale"


def tail_lines(mixture: Mixture) -> list[tuple[str, ...]]:
    """The line of a table in text with the components' degrees of freedom, if there are any.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> tail_lines(Mixture([0.5, 0.5], [[0.0], [9.0]], [[1.0], [1.0]], degrees_of_freedom=[3.25, 1e6]))
    [('degrees of freedom', '3.25', 'Gaussian')]
    """
    if mixture.degrees_of_freedom is None:
        return []
    cells = ["Gaussian" if nu >= MOST_TOLD else f"{nu:.3g}" for nu in mixture.degrees_of_freedom.tolist()]
    return [("degrees of freedom", *cells, *([""] if mixture.noise else []))]


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
