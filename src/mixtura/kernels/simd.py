"""Instruction sets that the kernel in C++ was compiled for, and the one in use."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from mixtura.errors import ParameterError

_native: Any = import_module("mixtura._native")  # missing where there was no compiler

SIMD_VARIABLE = "MIXTURA_SIMD"

LEVELS: tuple[str, ...] = tuple(_native.levels())


def level() -> str:
    """Name of the instruction set in use: that of the environment variable MIXTURA_SIMD, or else the fastest one.

    Examples
    --------
    >>> level() in LEVELS
    True
    """
    wanted = os.environ.get(SIMD_VARIABLE) or LEVELS[-1]
    if wanted not in LEVELS:
        raise ParameterError(f"{SIMD_VARIABLE} is {wanted!r}; this processor has {', '.join(LEVELS)}")
    return wanted
