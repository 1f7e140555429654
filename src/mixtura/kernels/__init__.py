"""Kernels: (mixture, chunk) -> Stats, and the passes of prediction; the only place where rows are touched.

The native kernel is used where it could be built, unless the environment variable MIXTURA_KERNEL says numpy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

from mixtura.errors import ParameterError
from mixtura.kernels.numpy import accumulate, blocked
from mixtura.kernels.summit import Ending, Summit

VARIABLE = "MIXTURA_KERNEL"

# EM of several starts without Python in between; None where only NumPy is there.
race: Callable[..., list[Summit]] | None = None

BUILT = find_spec("mixtura._native") is not None

_wanted = os.environ.get(VARIABLE, "")
if _wanted not in ("", "native", "numpy"):
    raise ParameterError(f"{VARIABLE} is {_wanted!r}; expected native or numpy")
if _wanted != "numpy" and (_wanted or BUILT):
    from mixtura.kernels.native import agglomerate, estep, labels, level, log_density, moments, posterior
    from mixtura.kernels.tournament import race as in_kernel

    NAME = "native"
    race = in_kernel
else:
    from mixtura.kernels.agglomerate import agglomerate
    from mixtura.kernels.numpy import estep, labels, level, log_density, moments, posterior

    NAME = "numpy"

__all__ = [
    "BUILT",
    "NAME",
    "Ending",
    "Summit",
    "accumulate",
    "agglomerate",
    "blocked",
    "estep",
    "labels",
    "level",
    "log_density",
    "moments",
    "posterior",
    "race",
]
