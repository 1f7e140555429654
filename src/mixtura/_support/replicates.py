"""Replicates of a random computation, made by several threads; results do not depend on the number of threads."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from mixtura._support.callbacks import announce
from mixtura._support.scalars import as_rng
from mixtura._support.threads import map_in_order
from mixtura._support.types import Rng
from mixtura.errors import MixturaWarning, ParameterError

# Called after each replicate with the number of those that are done.
OnReplicate = Callable[[int], object]
Result = TypeVar("Result")


def as_entropy(seed: int | Rng | None) -> int:
    """An integer that seeds the replicates' random numbers, drawn from what the user passed as ``seed``.

    Examples
    --------
    >>> as_entropy(0) == as_entropy(0)
    True
    """
    rng = as_rng(seed)
    draw = rng.integers if isinstance(rng, np.random.Generator) else rng.randint
    return int(draw(2**31 - 1))


def run_replicates(
    replicate: Callable[[Rng], Result],
    n: int,
    seed: int | Rng | None,
    *,
    on_replicate: OnReplicate | None = None,
    threads: int | None = None,
    on_interrupt: str = "raise",
) -> list[Result]:
    """Call ``replicate`` n times, each time with a generator seeded by ``seed`` and the call's number.

    ``on_replicate`` is called after each call with the number of calls done. With ``on_interrupt="keep"`` Ctrl-C ends
    the calls, and the results so far are returned, if there are any.

    Examples
    --------
    >>> len(run_replicates(lambda rng: rng.normal(), 3, seed=0))
    3
    """
    if on_interrupt not in ("raise", "keep"):
        raise ParameterError(f"on_interrupt is {on_interrupt!r}; expected 'raise' or 'keep'")
    entropy = as_entropy(seed)
    done: dict[int, Result] = {}
    announce(on_replicate, n)

    def run(number: int) -> None:
        done[number] = replicate(np.random.default_rng((entropy, number)))
        if on_replicate:
            on_replicate(len(done))

    with warnings.catch_warnings():  # every replicate may give the same warning
        warnings.simplefilter("ignore", MixturaWarning)
        try:
            map_in_order(run, range(n), threads)
        except KeyboardInterrupt:
            if on_interrupt == "raise" or not done:
                raise
    return [done[number] for number in sorted(done)]
