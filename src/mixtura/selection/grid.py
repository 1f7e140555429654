"""The grid of models and numbers of components, and the order in which its cells can be worked on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mixtura._support import MOST_COMPONENTS, as_count
from mixtura.covariance.models import MODELS, Constraint, as_covariance_model, contains, model_name_in, with_constraint
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which cell of the grid."""

    n_components: int
    model: str


@cache
def nested(model: str, models: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the models that are cases of this one, and of no other that is.

    Examples
    --------
    >>> nested("VVV", ("EII", "EEE", "VVI", "VVV"))
    ('EEE', 'VVI')
    """
    cases = [other for other in models if contains(model, other)]
    return tuple(case for case in cases if not any(contains(other, case) for other in cases))


@cache
def depth(model: str, models: tuple[str, ...]) -> int:
    """How many models stand one within the other below this one.

    Examples
    --------
    >>> depth("VVV", ("EII", "EEE", "VVI", "VVV"))
    2
    """
    return max((1 + depth(case, models) for case in nested(model, models)), default=0)


def sources(key: Key, models: tuple[str, ...], fewer: int | None) -> list[Key]:
    """The cells whose solutions this one may start from: models nested in its own, and ``fewer`` components.

    Examples
    --------
    >>> [f"{key.model},{key.n_components}" for key in sources(Key(3, "VVV"), ("EEE", "VVI", "VVV"), 2)]
    ['EEE,3', 'VVI,3', 'VVV,2']
    """
    own = [Key(key.n_components, model) for model in nested(key.model, models)]
    return own if fewer is None else [*own, Key(fewer, key.model)]


def waves(n_components: Sequence[int], models: tuple[str, ...]) -> list[list[Key]]:
    """Cells in batches that need only earlier ones: models nested in theirs, and their own with fewer components.

    Examples
    --------
    >>> for wave in waves([1, 2], ("EEE", "VVV")):
    ...     print([f"{key.model},{key.n_components}" for key in wave])
    ['EEE,1']
    ['VVV,1', 'EEE,2']
    ['VVV,2']
    """
    steps: dict[int, list[Key]] = {}
    for place, k in enumerate(n_components):
        for model in models:
            steps.setdefault(place + depth(model, models), []).append(Key(k, model))
    return [steps[step] for step in sorted(steps)]


def as_numbers_of_components(asked: Any, name: str = "n_components") -> tuple[int, ...]:
    """Check numbers of components: one, or several in any order; ``name`` is what errors call them.

    Examples
    --------
    >>> as_numbers_of_components([3, 1, 2, 3])
    (1, 2, 3)
    """
    many = asked if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]
    counts = sorted({as_count(count, name, most=MOST_COMPONENTS) for count in many})
    if not counts:
        raise ParameterError(f"{name} is empty; give at least one number of components, such as range(1, 10)")
    return tuple(counts)


def as_models(models: str | Sequence[str], n_features: int, constraint: Constraint | None = None) -> tuple[str, ...]:
    """Names of models, as mclust writes them, two in one column; "all" are those that can keep to the constraint.

    Examples
    --------
    >>> as_models(["full", "tied", "VVV"], 2), as_models("all", 1)
    (('VVV', 'EEE'), ('E', 'V'))
    """
    every = ("E", "V") if n_features == 1 else tuple(MODELS)
    wanted = [models] if isinstance(models, str) else list(models)
    if wanted == ["all"]:
        names = [name for name in every if constraint is None or as_covariance_model(name).name in constraint.models]
    else:
        names = wanted
    checked = [with_constraint(as_covariance_model(name), constraint).name for name in names]
    found = tuple(dict.fromkeys(model_name_in(name, n_features) for name in checked))
    if not found:
        raise ParameterError('models is empty; give names of covariance models, or "all"')
    return found
