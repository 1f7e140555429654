"""Hive partitions: keys in the names of folders, such as ``year=2024/month=03``, as columns of the files in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from mixtura.data.files.locate import Files
from mixtura.errors import DataError

# What Hive and Spark write where a key is empty.
EMPTY_KEY = "__HIVE_DEFAULT_PARTITION__"


def folder_keys(path: str) -> dict[str, str]:
    """The keys in the names of a file's folders.

    Examples
    --------
    >>> folder_keys("logs/year=2024/town=S%C3%A8te/part-0.parquet")
    {'year': '2024', 'town': 'Sète'}
    """
    named = [folder.split("=", 1) for folder in path.split("/")[:-1] if "=" in folder]
    return {unquote(key): unquote(value) for key, value in named}


def key_columns(files: Files, keys: Sequence[str]) -> dict[str, Mapping[str, float]]:
    """The values of some keys for each path, NaN where a key is empty.

    Raises
    ------
    DataError
        If a file has no such key, or one that is not a number.
    """
    return {path: _key_values(files, path, keys) for path in files.paths}


def _key_values(files: Files, path: str, keys: Sequence[str]) -> dict[str, float]:
    """The values of some keys of a file."""
    found, values = folder_keys(path), {}
    for key in keys:
        text = found.get(key)
        if text is None:
            raise DataError(f'{files.name(path)}: no folder gives "{key}", as those of the files before it do')
        try:
            values[key] = math.nan if text == EMPTY_KEY else float(text)
        except ValueError:
            raise DataError(
                f'{files.name(path)}, column "{key}": "{text}", the name of a folder, is not a number; leave {key} out'
            ) from None
    return values
