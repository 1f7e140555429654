"""What users pass in as data, as a source: arrays and tables, sources of their own, and tables of other engines."""

from __future__ import annotations

from typing import Any, Protocol

from mixtura._support import Rows, as_incomplete_rows, check_columns_present, check_n_columns, column_names, format_list
from mixtura.data.array import ArraySource
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of
from mixtura.data.histogram import Histogram
from mixtura.data.interval_source import interval_source
from mixtura.data.intervals import Intervals, exact_rows
from mixtura.data.measured import MeasuredSource, as_measured_source
from mixtura.data.measured_rows import Measured, measurement_of, plain_rows
from mixtura.data.measurement import MISSING_VALUES
from mixtura.data.source import Source, is_source
from mixtura.data.tables import Table
from mixtura.data.tensor_library import is_on_device, open_tensor
from mixtura.errors import DataError, ParameterError


def is_elsewhere(X: Any) -> bool:
    """Whether data passed in by a user is a `Source`, is held by another engine or device, or says how it was measured.

    Examples
    --------
    >>> is_elsewhere([[1.0], [2.0]]), is_elsewhere(ArraySource.of([[1.0], [2.0]]))
    (False, True)
    """
    return engine_of(X) is not None or isinstance(X, Measured | Histogram) or is_source(X) or is_on_device(X)


class ExpectedRows(Protocol):
    """What rows must have: a mixture, which knows the columns that it describes, and what missing values may be."""

    @property
    def n_features(self) -> int:
        """Number of columns."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, if known."""

    def check_incomplete_rows(self, X: Any) -> tuple[Rows, bool]:
        """Check an array or a table in memory, and return its rows, (n, d), and whether values are missing."""

    def impute(self, X: Any) -> Any:
        """The rows, (n, d), with conditional means in place of missing values."""


def as_source(
    X: Any,
    sample_weight: Any = None,
    threads: int | None = None,
    expected: ExpectedRows | None = None,
    *,
    weights_are: str | None = None,
) -> Source:
    """What a user passed in as a source: a `Source` as it is, a table of another engine, or checked rows in memory.

    Parameters
    ----------
    X : array-like, tensor, table, Measured or Histogram of shape (n, d), table of Dask or Spark, or Source
        A `Source` and a `Table` may have weights of their own, which are taken as they are.
    sample_weight : array-like of shape (n,), or name of a column of a table of Dask or Spark, optional
    threads : int, optional
    expected : ExpectedRows, optional
        The mixture whose columns the rows must have; by default any columns will do.
    weights_are : {"counts", "sampling"}, optional
        As in `mixtura.fit`.

    Raises
    ------
    DataError
        If the rows cannot be used, or are not as expected.

    Examples
    --------
    >>> as_source([[1.0], [2.0]], [1, 3]).n_rows
    2
    """
    if (engine := engine_of(X)) is not None:
        named = expected is not None and hasattr(X, "columns")  # an array's columns are matched by position
        chosen = ChosenColumns(expected.columns if expected is not None and named else None)
        X = engine.source(X, chosen, sample_weight, weights_are=weights_are, threads=threads)
        sample_weight = weights_are = None
    X, sample_weight, weights_are = open_tensor(X, sample_weight, weights_are)
    if not is_source(X):
        table = plain_rows(X)
        projected = isinstance(X, Measured) and X.projections is not None
        known = None if projected else expected
        rows, lacks_values = as_incomplete_rows(table) if known is None else known.check_incomplete_rows(table)
        measurement = measurement_of(X, rows, None if known is None else known.columns)
        weights = given_weights(table, sample_weight)
        given = ArraySource.of_rows(exact_rows(rows, measurement), weights, threads, weights_are)
        if isinstance(measurement, Intervals):
            return interval_source(given, measurement)
        if not lacks_values and measurement is None:
            return given
        found = MeasuredSource.of(given, measurement or MISSING_VALUES, column_names(table))
        if expected is not None:
            check_n_columns(found.n_features, expected.n_features)
        return found if known is None or not lacks_values else found.completed_by(known.impute)
    if not (sample_weight is None and weights_are is None):
        raise ParameterError("sample_weight or weights_are is given beside a Source; give the weights to the Source")
    source: Source = X
    if expected is not None and column_order(source, expected) != slice(None):
        wanted = format_list(expected.columns or ())
        raise DataError(f"X has its columns in another order than the mixture; make the Source of columns {wanted}")
    return source if expected is None else as_measured_source(source, expected.impute)


def column_order(source: Source, expected: ExpectedRows) -> slice | list[int]:
    """Indices of a source's columns in the order that is expected; ``slice(None)`` where they are in order.

    Raises
    ------
    DataError
        If a column is missing, or their number differs.
    """
    names: tuple[str, ...] | None = getattr(source, "columns", None)
    if names and expected.columns and names != expected.columns:
        check_columns_present(names, expected.columns)
        return [names.index(name) for name in expected.columns]
    check_n_columns(source.n_features, expected.n_features)
    return slice(None)


def given_weights(X: Any, sample_weight: Any) -> Any:
    """The weights that a user passed in with rows: ``sample_weight``, or those of a `Table`, but not both.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table(np.array([[1.0], [2.0]]), ("a",), np.array([1.0, 3.0]), "a.csv", np.array([0, 1]), 2)
    >>> given_weights(table, None).tolist(), given_weights(table.rows, [2.0, 2.0])
    ([1.0, 3.0], [2.0, 2.0])
    >>> given_weights(table, [2.0, 2.0])
    Traceback (most recent call last):
    mixtura.errors.ParameterError: sample_weight is given beside a table with weights of its own; leave sample_weight \
out, or read the table without weights_column
    """
    own = X.sample_weight if isinstance(X, Table) else None  # not by name: a column of pandas may have it
    if own is None or sample_weight is own:
        return sample_weight
    if sample_weight is not None:
        raise ParameterError(
            "sample_weight is given beside a table with weights of its own; leave sample_weight out, or read the "
            "table without weights_column"
        )
    return own
