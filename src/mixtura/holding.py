"""What `mixtura.fit` may be told to hold: which parameters of which components stay as the start gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura.covariance.models import Mask
from mixtura.em import Task
from mixtura.em.mstep import Fixed
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.starts import Initial, Parameters
from mixtura.stats import Stats

NAMES = ("weights", "means", "covariances")

EXPECTED = (
    "expected some of 'weights', 'means' and 'covariances', or a dictionary from these to True, to booleans (k,), or "
    "to numbers of components"
)


def as_masks(fixed: Any, k: int) -> dict[str, Mask]:
    """Check what is to be held: for each kind of parameter of which components, (k,).

    Examples
    --------
    >>> {name: mask.tolist() for name, mask in as_masks({"means": [0], "weights": True}, 2).items()}
    {'means': [True, False], 'weights': [True, True]}
    >>> as_masks("mean", 2)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: fixed is 'mean'; expected some of 'weights', 'means' and 'covariances', or a \
dictionary from these to True, to booleans (k,), or to numbers of components
    """
    many = {fixed: True} if isinstance(fixed, str) else fixed or {}
    try:
        named = dict(many) if isinstance(many, Mapping) else dict.fromkeys(many, True)
    except TypeError:
        raise ParameterError(f"fixed is {fixed!r}; {EXPECTED}") from None
    if not set(named) <= set(NAMES):
        raise ParameterError(f"fixed is {fixed!r}; {EXPECTED}")
    masks = {name: _as_mask(components, k, name) for name, components in named.items()}
    if "weights" in masks and (~masks["weights"]).sum() == 1:  # what is left is that of the last one
        masks["weights"] = np.ones(k, dtype=bool)
    return {name: mask for name, mask in masks.items() if mask.any()}


def _as_mask(components: Any, k: int, name: str) -> Mask:
    """Components given as booleans, by number, or all or none of them."""
    if isinstance(components, bool | np.bool_):
        return np.full(k, bool(components))
    given = np.asarray(components)
    if given.dtype == np.bool_ and given.shape == (k,):
        return given
    numbers = given.ndim == 1 and (given.dtype.kind in "iu" or not given.size)
    if not numbers or not ((given >= 0) & (given < k)).all():
        raise ParameterError(f"fixed: {name} is {components!r}; expected {k} booleans, or numbers from 0 to {k - 1}")
    return np.isin(np.arange(k), given)


def holding(task: Task, k: int, fixed: Any, *, equal_proportions: bool, start: Any, initial: Initial) -> Task:
    """The task with an M-step that leaves some parameters as they are.

    Raises
    ------
    ParameterError
        If the start does not give what is to be held, or nothing is left to fit.
    """
    masks = as_masks(fixed, k)
    given = _given(task, k, masks, start, initial) if masks else None
    return held(task, masks, given, equal_proportions=equal_proportions)


def held(task: Task, masks: Mapping[str, Mask], given: Mixture | None, *, equal_proportions: bool) -> Task:
    """The task with an M-step that leaves parameters where a mixture has them."""
    if equal_proportions and "weights" in masks:
        raise ParameterError("fixed: weights are held, but equal_proportions makes them equal; leave one of them out")
    if given is None or not masks:
        return replace(task, fixed=Fixed(equal=True)) if equal_proportions else task
    fixed = Fixed(bool(equal_proportions), given, **masks)
    k, d = given.means.shape
    if not (task.noise or fixed.n_parameters(k, d) or fixed.over(task.family).n_parameters(k, d)):
        raise ParameterError("fixed: everything is held, so nothing is left to fit; measure the rows by mixtura.assess")
    return replace(task, fixed=fixed, family=fixed.over(task.family))


def _given(task: Task, k: int, masks: Mapping[str, Mask], start: Any, initial: Initial) -> Mixture:
    """The mixture that has the parameters to hold."""
    missing = set(masks) if isinstance(start, str) else set()
    if isinstance(start, Parameters):
        missing = set(masks) - set(start.present(k))
    if missing:
        raise ParameterError(
            f"fixed: {', '.join(sorted(missing))} are to be held, but the start does not give them; "
            "start from a Mixture, Parameters, labels or responsibilities"
        )
    first = initial(task, k, np.random.default_rng(0))
    mixture = task.mstep(first)[0] if isinstance(first, Stats) else first
    return mixture.without_noise()
