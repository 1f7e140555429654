"""Kernels: (mixture, chunk) -> Stats, and the passes of prediction; the only place where rows are touched.

The native kernel is used where it could be built, unless the environment variable MIXTURA_KERNEL says numpy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from mixtura._support import resolve
from mixtura.data import ArraySource, Chunk, Source
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.numpy import accumulate, sum_over_blocks
from mixtura.kernels.summit import Ending, Summit
from mixtura.stats import Stats

VARIABLE = "MIXTURA_KERNEL"

# EM of several starts without Python in between; None where only NumPy is there.
race: Callable[..., list[Summit]] | None = None

# Passes for which the kernel has threads of its own, and what they are then called.
_crewed: dict[Callable[..., Stats], Callable[..., Stats]] = {}

BUILT = find_spec("mixtura._native") is not None

_wanted = os.environ.get(VARIABLE, "")
if _wanted not in ("", "native", "numpy"):
    raise ParameterError(f"{VARIABLE} is {_wanted!r}; expected native or numpy")
if _wanted != "numpy" and (_wanted or BUILT):
    from mixtura.kernels import fused, native
    from mixtura.kernels.native import agglomerate, estep, labels, level, log_density, moments, posterior

    NAME = "native"
    race = fused.race
    _crewed = {estep: native.estep_by_crew, moments: native.moments_by_crew}
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
    "Summit",
    "accumulate",
    "agglomerate",
    "estep",
    "labels",
    "level",
    "log_density",
    "moments",
    "over",
    "posterior",
    "race",
    "sum_over_blocks",
]


def over(source: Source, f: Callable[..., Stats], *given: Any, **options: Any) -> Stats:
    """Add up ``f(*given, chunk, **options)`` over all rows; by the kernel's threads where all rows of an array count.

    Examples
    --------
    >>> import numpy as np
    >>> over(ArraySource(np.array([[0.0], [2.0]])), moments).scatter.item()
    2.0
    """
    if f in _crewed and type(source) is ArraySource and source.solid:
        chunk = Chunk(source.array, source.sample_weight)
        return _crewed[f](*given, chunk, **options, ends=source.ends, threads=resolve(source.threads))
    return source.sum(lambda chunk: f(*given, chunk, **options))
