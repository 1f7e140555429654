"""Sources of rows: they hold the data, apply a function to chunks of it, and add up the results.

`Source` is the protocol, `ArraySource` the source of rows in memory; `Summary` holds the moments and the range of a
data set. To add a source, write a class with the members of `Source` in a file of its own and export it below.
"""

from __future__ import annotations

from mixtura.data.array import ArraySource
from mixtura.data.as_source import as_source, column_order, given_weights, is_elsewhere
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.chunk import Chunk
from mixtura.data.completed import completed_source
from mixtura.data.engines import engine_of
from mixtura.data.histogram import Histogram
from mixtura.data.interval_source import arrays_of
from mixtura.data.intervals import Intervals, Window, exact_rows
from mixtura.data.measured import MeasuredSource, as_measured_source, completed_part, rows_for_named_starts
from mixtura.data.measured_rows import Measured, as_measured, measurement_of, plain_rows
from mixtura.data.measurement import MISSING_VALUES, Measurement, MissingValues
from mixtura.data.missing_counts import MissingCounts, MissingPattern
from mixtura.data.partitions import PartitionSource, RowOutput
from mixtura.data.patterns import Patterns
from mixtura.data.row_noise import RowNoise, as_row_noise
from mixtura.data.row_values import RowValues, map_rows
from mixtura.data.scanning import scan
from mixtura.data.source import Addable, Source, Sum, WholeArray, is_source, weights_of
from mixtura.data.summary import Extent, Summary
from mixtura.data.tensor import Tensor, TensorSource, as_row_tensor, safe_in_its_type, usable
from mixtura.data.tensor_library import TensorLibrary, is_on_device, library_of
from mixtura.data.values import ColumnValues, first_values, round_to_units, with_holes_of

__all__ = [
    "MISSING_VALUES",
    "Addable",
    "ArraySource",
    "ChosenColumns",
    "Chunk",
    "ColumnValues",
    "Extent",
    "Histogram",
    "Intervals",
    "Measured",
    "MeasuredSource",
    "Measurement",
    "MissingCounts",
    "MissingPattern",
    "MissingValues",
    "PartitionSource",
    "Patterns",
    "RowNoise",
    "RowOutput",
    "RowValues",
    "Source",
    "Sum",
    "Summary",
    "Tensor",
    "TensorLibrary",
    "TensorSource",
    "WholeArray",
    "Window",
    "arrays_of",
    "as_measured",
    "as_measured_source",
    "as_row_noise",
    "as_row_tensor",
    "as_source",
    "column_order",
    "completed_part",
    "completed_source",
    "engine_of",
    "exact_rows",
    "first_values",
    "given_weights",
    "is_elsewhere",
    "is_on_device",
    "is_source",
    "library_of",
    "map_rows",
    "measurement_of",
    "plain_rows",
    "round_to_units",
    "rows_for_named_starts",
    "safe_in_its_type",
    "scan",
    "usable",
    "weights_of",
    "with_holes_of",
]
