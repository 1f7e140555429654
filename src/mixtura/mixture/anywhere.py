"""Methods of a mixture that compute something of each row, for rows that are in memory or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from mixtura.data import RowOutput, column_order, engine_of, is_source, map_rows
from mixtura.mixture.tensors import values_of_array

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture

Method = TypeVar("Method", bound=Callable[..., Any])


def for_rows_anywhere(
    name: str, type_: type, width: Callable[[Mixture], int] | None = None
) -> Callable[[Method], Method]:
    """Decorator of a method that computes something of each row in memory, for rows that are elsewhere, too.

    Of a source the values come in memory, of a table of Dask or Spark as their engine computes them when asked for, and
    of an array of another library as its array, on the same device.

    Parameters
    ----------
    name : str
        What is computed, the name of a column in a table.
    type_ : type
        float or int.
    width : callable, optional
        Number of values of each row, given the mixture; unless given, one.
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def wrapped(mixture: Mixture, X: Any, **measured: Any) -> Any:
            if any(value is not None for value in measured.values()):
                return values_of_array(None, lambda rows: method(mixture, rows, **measured), mixture, X)
            if (engine := engine_of(X)) is not None:
                output = RowOutput(name, type_, None if width is None else width(mixture), mixture.columns)
                return engine.map_rows(X, getattr(mixture, method.__name__), output)
            if is_source(X):
                columns = column_order(X, mixture)
                of_rows = getattr(mixture, method.__name__)
                return map_rows(X, lambda rows: of_rows(rows[:, columns]))
            return values_of_array(name, lambda rows: method(mixture, rows), mixture, X)

        return wrapped  # type: ignore[return-value] # it has the same signature

    return decorate


def number_of_weights(mixture: Mixture) -> int:
    """Number of components, the noise included."""
    return len(mixture.all_weights)
