"""Parts of a model file besides the mixture: the model that was fitted, and the options of EM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mixtura.errors import DataError
from mixtura.mixture import model_content

Part = TypeVar("Part")


def read_part(text: str, name: str, read: Callable[[Mapping[str, Any]], Part]) -> Part:
    """Read a part of a model file, "model" or "em"; ``read`` converts its plain values.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> read_part(Mixture([1.0], [[0.0]], [[[1.0]]]).to_json(), "model", dict)
    Traceback (most recent call last):
    mixtura.errors.DataError: the model file has no "model": it does not say what was fitted; Fit.to_json writes it
    """
    plain = model_content(text).get(name)
    if plain is None:
        raise DataError(f'the model file has no "{name}": it does not say what was fitted; Fit.to_json writes it')
    try:
        return read(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f'not a valid model file: "{name}" cannot be read ({type(error).__name__}: {error})') from None
