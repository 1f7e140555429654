"""Kernels: (mixture, chunk) -> Stats, and the passes of prediction; the only place where rows are touched.

The native kernel is used where it could be built, unless the environment variable MIXTURA_KERNEL says numpy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mixtura._support import resolve
from mixtura.data import ArraySource, Chunk, Source
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.numpy import accumulate, blocked
from mixtura.kernels.run_result import Ending, RunResult
from mixtura.stats import Stats

if TYPE_CHECKING:
    from mixtura.kernels.fused import FusedRuns

VARIABLE = "MIXTURA_KERNEL"

# EM of several starts in C++, to be continued as Python decides; None where only NumPy is there.
begin_runs: Callable[..., FusedRuns] | None = None

# The same, with the rounds after which only the best go on.
race: Callable[..., list[RunResult]] | None = None

# The result of a run, by its name in modules that are to be rewritten.
Summit = RunResult

# Passes for which the kernel has threads of its own, and what they are then called.
_threaded: dict[Callable[..., Stats], Callable[..., Stats]] = {}

BUILT = find_spec("mixtura._native") is not None

_wanted = os.environ.get(VARIABLE, "")
if _wanted not in ("", "native", "numpy"):
    raise ParameterError(f"{VARIABLE} is {_wanted!r}; expected native or numpy")
if _wanted != "numpy" and (_wanted or BUILT):
    from mixtura.kernels import fused, native
    from mixtura.kernels.native import agglomerate, estep, labels, level, log_density, moments, posterior

    NAME = "native"
    begin_runs, race = fused.FusedRuns.begin, fused.race
    _threaded = {estep: native.estep_by_threads, moments: native.moments_by_threads}
else:
    from mixtura.kernels.agglomeration import agglomerate
    from mixtura.kernels.numpy import estep, labels, level, log_density, moments, posterior

    NAME = "numpy"

__all__ = [
    "BUILT",
    "NAME",
    "Affine",
    "Density",
    "Ending",
    "RunResult",
    "Summit",
    "accumulate",
    "agglomerate",
    "begin_runs",
    "blocked",
    "estep",
    "labels",
    "level",
    "log_density",
    "moments",
    "over",
    "posterior",
    "race",
]


def over(source: Source, f: Callable[..., Stats], *given: Any, **options: Any) -> Stats:
    """Add up ``f(*given, chunk, **options)`` over all rows; by the kernel's threads where all rows of an array count.

    Examples
    --------
    >>> import numpy as np
    >>> over(ArraySource(np.array([[0.0], [2.0]])), moments).scatter.item()
    2.0
    """
    if f in _threaded and type(source) is ArraySource and source.solid:
        chunk = Chunk(source.array, source.sample_weight)
        return _threaded[f](*given, chunk, **options, ends=source.ends, threads=resolve(source.threads))
    return source.sum(lambda chunk: f(*given, chunk, **options))
