"""Values of Mixtura and arrays of NumPy as bytes, by pickle, and back, by a reader that calls nothing else."""

from __future__ import annotations

import io
import pickle
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from mixtura.errors import DataError

# What NumPy's pickled arrays name; its random generators name functions of numpy.random.
ARRAY_NAMES = ("_reconstruct", "_frombuffer", "scalar", "ndarray", "dtype")


class _ValueReader(pickle.Unpickler):
    """Makes dataclasses and enumerations of Mixtura, and NumPy's arrays and generators, whatever the bytes say."""

    def find_class(self, module: str, name: str) -> Any:
        """A class or function that the bytes may name."""
        room = module.partition(".")[0]
        if module.startswith("numpy.random.") or (room == "numpy" and name in ARRAY_NAMES):
            return super().find_class(module, name)
        if room == "mixtura":
            found = super().find_class(module, name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value")


def write_values(value: Any) -> bytes:
    """A dataclass of numbers, arrays and such as bytes; arrays keep their order in memory, and so all later bits."""
    return pickle.dumps(value)


def read_values(content: bytes) -> Any:
    """Read what `write_values` wrote.

    Raises
    ------
    DataError
        If the bytes are something else.

    Examples
    --------
    >>> read_values(write_values((1.5, [True])))
    (1.5, [True])
    >>> read_values(pickle.dumps(print))
    Traceback (most recent call last):
    mixtura.errors.DataError: builtins.print is no value
    """
    try:
        return _ValueReader(io.BytesIO(content)).load()
    except Exception as error:  # noqa: BLE001 bytes of anything raise anything
        raise DataError(str(error)) from None
