"""Something done again and again with random numbers, by several threads, with the same result for any number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from mixtura.arrays import as_rng
from mixtura.data import Rng
from mixtura.errors import MixturaWarning
from mixtura.threads import in_order

Tell = Callable[[int], object]
Result = TypeVar("Result")


def as_entropy(seed: int | Rng | None) -> int:
    """A number to make streams of random numbers from, drawn from what the user gives as ``seed``.

    Examples
    --------
    >>> as_entropy(0) == as_entropy(0)
    True
    """
    rng = as_rng(seed)
    draw = rng.integers if isinstance(rng, np.random.Generator) else rng.randint
    return int(draw(2**31 - 1))


def replicated(
    again: Callable[[Rng], Result], n: int, seed: int | Rng | None, tell: Tell | None, threads: int | None
) -> list[Result]:
    """What ``again`` makes of n streams of random numbers; a replicate's depends on nothing but its number."""
    entropy = as_entropy(seed)
    done: list[int] = []

    def one(number: int) -> Result:
        result = again(np.random.default_rng((entropy, number)))
        done.append(number)
        if tell:
            tell(len(done))
        return result

    with warnings.catch_warnings():  # what befalls a replicate is counted, not told a thousand times
        warnings.simplefilter("ignore", MixturaWarning)
        return in_order(one, range(n), threads)
