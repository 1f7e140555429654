"""Something done again and again with random numbers, by several threads, with the same result for any number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from mixtura._support.checks import as_rng
from mixtura._support.threads import in_order
from mixtura._support.types import Rng
from mixtura.errors import MixturaWarning, ParameterError

OnReplicate = Callable[[int], object]
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
    again: Callable[[Rng], Result],
    n: int,
    seed: int | Rng | None,
    *,
    on_replicate: OnReplicate | None = None,
    threads: int | None = None,
    on_interrupt: str = "raise",
) -> list[Result]:
    """What ``again`` makes of n streams of random numbers; a replicate's depends on nothing but its number.

    With ``on_interrupt="keep"`` Ctrl-C ends it, and those that are done are returned.
    """
    if on_interrupt not in ("raise", "keep"):
        raise ParameterError(f"on_interrupt is {on_interrupt!r}; expected 'raise' or 'keep'")
    entropy = as_entropy(seed)
    done: dict[int, Result] = {}

    def one(number: int) -> None:
        done[number] = again(np.random.default_rng((entropy, number)))
        if on_replicate:
            on_replicate(len(done))

    with warnings.catch_warnings():  # what befalls a replicate is counted, not told a thousand times
        warnings.simplefilter("ignore", MixturaWarning)
        try:
            in_order(one, range(n), threads)
        except KeyboardInterrupt:
            if on_interrupt == "raise" or not done:
                raise
    return [done[number] for number in sorted(done)]
