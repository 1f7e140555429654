"""Results as tables of the kind that a user brought: a pandas or polars DataFrame, or a list of rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, TypeAlias, get_args

from mixtura._support.types import Array
from mixtura.errors import ParameterError

# The library in whose tables results are returned; "records" are lists of dictionaries, one for each row.
TableKind: TypeAlias = Literal["pandas", "polars", "records"]


def table_kind(X: Any) -> TableKind:
    """The kind of table that a user brought: "pandas", "polars", or "records" for arrays, lists, files and all else.

    Examples
    --------
    >>> import polars as pl
    >>> table_kind(pl.DataFrame({"a": [1.0]})), table_kind([[1.0]])
    ('polars', 'records')
    """
    return "pandas" if _is_of("pandas", X) else "polars" if _is_of("polars", X) else "records"


def _is_of(library: str, X: Any) -> bool:
    """Whether X is a DataFrame or a Series of a library; the library is not imported to find out."""
    module = sys.modules.get(library)  # none of its tables can exist before it is imported
    return module is not None and isinstance(X, (module.DataFrame, module.Series))


def as_table(records: Sequence[Mapping[str, Any]], kind: TableKind) -> Any:
    """Records that all have the same keys, as a DataFrame of pandas or polars, or as a list.

    Examples
    --------
    >>> as_table([{"component": 0, "weight": 1.0}], "pandas")
       component  weight
    0          0     1.0
    """
    if kind not in get_args(TableKind):
        raise ParameterError(f"table_kind is {kind!r}; expected {', '.join(get_args(TableKind))}")
    if kind == "records":
        return list(records)
    names = list(records[0]) if records else []
    return import_module(kind).DataFrame({name: [record[name] for record in records] for name in names})


def as_column_like(X: Any, values: Array, name: str) -> Any:
    """One value for each row of X: a Series if X is a table, with its index if it has one; otherwise the array.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> as_column_like(pd.DataFrame({"a": [1.0, 2.0]}, index=["first", "second"]), np.array([0, 1]), "component")
    first     0
    second    1
    Name: component, dtype: int64
    """
    kind = table_kind(X)
    if kind == "pandas":
        return import_module(kind).Series(values, X.index, name=name)
    return import_module(kind).Series(name, values) if kind == "polars" else values


def as_columns_like(X: Any, values: Array, names: Sequence[Any]) -> Any:
    """Several values for each row of X: a DataFrame if X is a table, with its index if it has one; otherwise the array.

    In polars the names of columns are always text.

    Examples
    --------
    >>> import numpy as np
    >>> import polars as pl
    >>> as_columns_like(pl.DataFrame({"a": [1.0]}), np.array([[0.25, 0.75]]), [0, 1]).columns
    ['0', '1']
    """
    kind = table_kind(X)
    if kind == "pandas":
        return import_module(kind).DataFrame(values, X.index, list(names))
    return import_module(kind).DataFrame(values, [str(name) for name in names]) if kind == "polars" else values
