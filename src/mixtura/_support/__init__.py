"""Helpers that every other room may use: checked input, threads, blocks of rows, log-domain arithmetic, files.

Nothing here depends on mixtures. To add a helper, write it in the file of its subject and export it below.
"""

from __future__ import annotations

from mixtura._support.callbacks import announce
from mixtura._support.checks import (
    LARGEST_VALUE,
    MOST_COMPONENTS,
    all_finite,
    as_column_positions,
    as_incomplete_rows,
    as_mask,
    as_matching_incomplete_rows,
    as_matching_rows,
    as_names,
    as_rows,
    check_columns_present,
    check_n_columns,
    choose_columns,
    frozen_array,
)
from mixtura._support.clock import time_to_tell
from mixtura._support.containers import as_numbers, check_unmasked, column_names, same_value, shortened
from mixtura._support.device_arrays import from_device
from mixtura._support.digest import digest_of
from mixtura._support.distinct import distinct_rows
from mixtura._support.files import atomic_write, write_text
from mixtura._support.finite import finite_values
from mixtura._support.groups import as_groups, sums_by_group
from mixtura._support.html import html_table
from mixtura._support.labels import is_missing, without_missing
from mixtura._support.lazy import LazyModule
from mixtura._support.logdomain import log_or_minus_inf, log_sum_exp, responsibilities, underflow_to_zero
from mixtura._support.plain import as_kind, as_tuple_of
from mixtura._support.replicates import OnReplicate, as_entropy, run_replicates
from mixtura._support.safe_pickle import read_values, write_values
from mixtura._support.saved_text import read_saved
from mixtura._support.scalars import as_amount, as_count, as_flag, as_fraction, as_known_seed, as_real, as_rng
from mixtura._support.slices import CHUNK_ELEMENTS, CHUNK_ROWS, block_slices, chunk_slices
from mixtura._support.table_kind import TableKind, as_column_like, as_columns_like, as_table, table_kind
from mixtura._support.text_table import text_table
from mixtura._support.threads import (
    can_start_thread,
    map_ahead,
    map_in_order,
    one_blas_thread,
    reduce_in_order,
    thread_count,
    using_threads,
)
from mixtura._support.types import EPS, TINY, Array, Index, Rng, Rows, Scalar, StorageForm
from mixtura._support.version import VERSION
from mixtura._support.weights import RowWeights, as_row_weights, as_sample_weight, check_weight_kind
from mixtura._support.words import distinct_name, format_count, format_list

__all__ = [
    "CHUNK_ELEMENTS",
    "CHUNK_ROWS",
    "EPS",
    "LARGEST_VALUE",
    "MOST_COMPONENTS",
    "TINY",
    "VERSION",
    "Array",
    "Index",
    "LazyModule",
    "OnReplicate",
    "Rng",
    "RowWeights",
    "Rows",
    "Scalar",
    "StorageForm",
    "TableKind",
    "all_finite",
    "announce",
    "as_amount",
    "as_column_like",
    "as_column_positions",
    "as_columns_like",
    "as_count",
    "as_entropy",
    "as_flag",
    "as_fraction",
    "as_groups",
    "as_incomplete_rows",
    "as_kind",
    "as_known_seed",
    "as_mask",
    "as_matching_incomplete_rows",
    "as_matching_rows",
    "as_names",
    "as_numbers",
    "as_real",
    "as_rng",
    "as_row_weights",
    "as_rows",
    "as_sample_weight",
    "as_table",
    "as_tuple_of",
    "atomic_write",
    "block_slices",
    "can_start_thread",
    "check_columns_present",
    "check_n_columns",
    "check_unmasked",
    "check_weight_kind",
    "choose_columns",
    "chunk_slices",
    "column_names",
    "digest_of",
    "distinct_name",
    "distinct_rows",
    "finite_values",
    "format_count",
    "format_list",
    "from_device",
    "frozen_array",
    "html_table",
    "is_missing",
    "log_or_minus_inf",
    "log_sum_exp",
    "map_ahead",
    "map_in_order",
    "one_blas_thread",
    "read_saved",
    "read_values",
    "reduce_in_order",
    "responsibilities",
    "run_replicates",
    "same_value",
    "shortened",
    "sums_by_group",
    "table_kind",
    "text_table",
    "thread_count",
    "time_to_tell",
    "underflow_to_zero",
    "using_threads",
    "without_missing",
    "write_text",
    "write_values",
]
