"""Numbers as text for a page: their bytes, plane by plane, compressed, in base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def encode_numbers(values: NDArray[Any]) -> str:
    """Numbers as base64 of their compressed bytes: first those of least weight, then the next.

    Bytes of most weight repeat, and so compress when they follow one another.

    Examples
    --------
    >>> planes = zlib.decompress(base64.b64decode(encode_numbers(np.array([1, 2, 258], dtype=np.uint16))))
    >>> list(planes)
    [1, 2, 2, 0, 0, 1]
    """
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    planes = little.reshape(-1, 1).view(np.uint8).T
    return base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode("ascii")


def differences_of_bits(frames: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Bits of each row of numbers that differ from those of the row before; the first row as it is.

    Parameters that hardly change from one iteration to the next become zeros, which compress.

    Examples
    --------
    >>> differences_of_bits(np.array([[1.0], [1.0], [2.0]], dtype=np.float32)).ravel().tolist()
    [1065353216, 0, 2139095040]
    """
    bits = np.ascontiguousarray(frames).view(np.uint32)
    return np.concatenate([bits[:1], bits[1:] ^ bits[:-1]])
