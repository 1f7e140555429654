"""A digest of values: equal for equal options and arrays, in whichever process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digest_of(value: Any) -> str:
    """Hexadecimal digest of numbers, text, arrays, and dataclasses, sequences and dictionaries of such.

    Of a function or another object the name or the class counts.

    Examples
    --------
    >>> digest_of([1, "a", np.zeros(2)]) == digest_of((1, "a", np.zeros(2))), digest_of(1) == digest_of(2)
    (True, False)
    """
    hasher = hashlib.sha256()
    for part in _parts(value):
        hasher.update(part)
        hasher.update(b"\0")
    return hasher.hexdigest()


@singledispatch
def _parts(value: Any) -> Iterator[bytes]:
    """The bytes that make up a value."""
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value).__qualname__.encode()
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    else:
        yield getattr(value, "__qualname__", type(value).__qualname__).encode()


@_parts.register(type(None))
@_parts.register(str)
@_parts.register(int)
@_parts.register(float)
@_parts.register(np.generic)
def _parts_of_scalar(value: Any) -> Iterator[bytes]:
    yield repr(value).encode()


@_parts.register(np.ndarray)
def _parts_of_array(value: NDArray[Any]) -> Iterator[bytes]:
    yield f"{value.shape}{value.dtype.str}".encode()
    yield repr(value.tolist()).encode() if value.dtype == object else np.ascontiguousarray(value).tobytes()


@_parts.register(Mapping)
def _parts_of_mapping(value: Mapping[Any, Any]) -> Iterator[bytes]:
    for name in sorted(value, key=str):
        yield from _parts(name)
        yield from _parts(value[name])


@_parts.register(list)
@_parts.register(tuple)
def _parts_of_sequence(value: Sequence[Any]) -> Iterator[bytes]:
    yield f"{len(value)} values".encode()
    for each in value:
        yield from _parts(each)
