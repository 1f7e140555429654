"""Mixtures of the classes of a discriminant rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.mixture import Mixture


@dataclass(frozen=True, slots=True, eq=False)
class ClassMixtures:
    """Mixtures of the classes, their covariance models, the proportions of the classes, and the log-likelihood.

    ``floored`` are the numbers of the classes that have a covariance at the floor, and ``floor`` is the floor, as a
    fraction of the data's variances; ``chosen`` says by what it was chosen, if not by the user.
    """

    mixtures: tuple[Mixture, ...]
    models: tuple[str, ...]
    proportions: Array
    loglik: float
    n_parameters: int
    floored: Sequence[int] = ()
    floor: float = 0.0
    chosen: str = ""


def split_components(mixture: Mixture) -> tuple[Mixture, ...]:
    """Split a mixture into one mixture for each component."""
    return tuple(mixture.select(np.array([c])) for c in range(mixture.n_components))


def weight_options(weight: Array | None, own: Any = slice(None)) -> dict[str, Any]:
    """Arguments of `fit` for the checked weights of some rows (``own``), which it must not rescale."""
    return {} if weight is None else {"sample_weight": weight[own], "weights_are": "counts"}


def weighted_sum(values: Array, weight: Array | None, own: Any = slice(None)) -> float:
    """Sum of values of some rows (``own``), times the rows' weights."""
    return float(values.sum() if weight is None else weight[own] @ values)
