"""Labels of columns, components and predictions, as tables, pictures and commands show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mixtura._support import distinct_name
from mixtura.data.tables import default_column_names
from mixtura.mixture.noise import NOISE_LABEL

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def column_labels(columns: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Labels of ``count`` columns: their names, or x1, x2, ... where they have none.

    Examples
    --------
    >>> column_labels(None, 2)
    ('x1', 'x2')
    """
    return tuple(columns or default_column_names(count))


def component_labels(mixture: Mixture) -> list[str] | list[int]:
    """Labels of a mixture's components: their names, or their numbers from 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import DenseCovariance, Mixture
    >>> component_labels(Mixture([0.5, 0.5], [[0.0], [1.0]], DenseCovariance(np.ones((1, 1, 1)), 2)))
    [0, 1]
    """
    return list(mixture.component_names) if mixture.component_names else list(range(mixture.n_components))


def row_labels(mixture: Mixture) -> list[str] | list[int]:
    """Labels of predictions, to be indexed by what `Mixture.predict` returns: that of noise, -1, is the last.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import DenseCovariance, Mixture, Noise
    >>> one = Mixture([0.5], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1), noise=Noise(0.5, [-9.0], [9.0]))
    >>> row_labels(one)
    [0, -1]
    """
    labels: list[Any] = list(component_labels(mixture))
    return (
        labels if mixture.noise is None else [*labels, noise_name(mixture) if mixture.component_names else NOISE_LABEL]
    )


def noise_name(mixture: Mixture) -> str:
    """What tables call the noise: "noise", unless a component is called so."""
    return distinct_name("noise", mixture.component_names or ())
