"""The grid of models and numbers of components, and the order in which its cells can be fitted."""

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
    """Position of a cell in the grid."""

    n_components: int
    model: str


@cache
def nested_models(model: str, models: tuple[str, ...]) -> tuple[str, ...]:
    """The largest of the given models that are special cases of this one.

    Examples
    --------
    >>> nested_models("VVV", ("EII", "EEE", "VVI", "VVV"))
    ('EEE', 'VVI')
    """
    cases = [other for other in models if contains(model, other)]
    return tuple(case for case in cases if not any(contains(other, case) for other in cases))


@cache
def nesting_depth(model: str, models: tuple[str, ...]) -> int:
    """Length of the longest chain of models, each nested in the one before, that starts at this one.

    Examples
    --------
    >>> nesting_depth("VVV", ("EII", "EEE", "VVI", "VVV"))
    2
    """
    return max((1 + nesting_depth(case, models) for case in nested_models(model, models)), default=0)


def cells_to_start_from(key: Key, models: tuple[str, ...], fewer: int | None) -> list[Key]:
    """Keys of the cells whose solutions a cell may start from: nested models, and ``fewer`` components.

    Examples
    --------
    >>> keys = cells_to_start_from(Key(3, "VVV"), ("EEE", "VVI", "VVV"), 2)
    >>> [f"{key.model},{key.n_components}" for key in keys]
    ['EEE,3', 'VVI,3', 'VVV,2']
    """
    own = [Key(key.n_components, model) for model in nested_models(key.model, models)]
    return own if fewer is None else [*own, Key(fewer, key.model)]


def batches(n_components: Sequence[int], models: tuple[str, ...]) -> list[list[Key]]:
    """Keys of all cells in batches, ordered so that each cell starts only from cells of earlier batches.

    Examples
    --------
    >>> for batch in batches([1, 2], ("EEE", "VVV")):
    ...     print([f"{key.model},{key.n_components}" for key in batch])
    ['EEE,1']
    ['VVV,1', 'EEE,2']
    ['VVV,2']
    """
    steps: dict[int, list[Key]] = {}
    for position, k in enumerate(n_components):
        for model in models:
            steps.setdefault(position + nesting_depth(model, models), []).append(Key(k, model))
    return [steps[step] for step in sorted(steps)]


def as_numbers_of_components(asked: Any, name: str = "n_components") -> tuple[int, ...]:
    """Check numbers of components, one or several, and sort them; errors call them ``name``.

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
    """Check names of covariance models, and give mclust's; "all" are all that have an M-step under the constraint.

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
