"""Values for JSON, which has no numbers that are not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def finite_values(value: Any) -> Any:
    """Plain values with None in place of numbers that are not finite, however deep.

    Examples
    --------
    >>> finite_values({"bic": float("nan"), "trace": [1.0, float("inf")], "model": "VVV"})
    {'bic': None, 'trace': [1.0, None], 'model': 'VVV'}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite_values(own) for name, own in value.items()}
    return [finite_values(own) for own in value] if isinstance(value, list | tuple) else value
