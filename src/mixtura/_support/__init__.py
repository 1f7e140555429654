"""Helpers without mathematics."""

from __future__ import annotations

from mixtura._support.checks import (
    LARGEST,
    all_finite,
    as_amount,
    as_count,
    as_fraction,
    as_matching_rows,
    as_names,
    as_positions,
    as_rng,
    as_rows,
    as_sample_weight,
    column_names,
    frozen,
)
from mixtura._support.cuts import block_slices, chunk_slices
from mixtura._support.files import atomic_write, write_text
from mixtura._support.lazy import Lazy
from mixtura._support.logdomain import log_or_minus_inf, log_sum_exp, responsibilities
from mixtura._support.replicates import OnReplicate, as_entropy, replicated
from mixtura._support.threads import in_order, resolve, using
from mixtura._support.types import Array, Form, Index, Rng, Rows, Scalar

__all__ = [
    "LARGEST",
    "Array",
    "Form",
    "Index",
    "Lazy",
    "OnReplicate",
    "Rng",
    "Rows",
    "Scalar",
    "all_finite",
    "as_amount",
    "as_count",
    "as_entropy",
    "as_fraction",
    "as_matching_rows",
    "as_names",
    "as_positions",
    "as_rng",
    "as_rows",
    "as_sample_weight",
    "atomic_write",
    "block_slices",
    "chunk_slices",
    "column_names",
    "frozen",
    "in_order",
    "log_or_minus_inf",
    "log_sum_exp",
    "replicated",
    "resolve",
    "responsibilities",
    "using",
    "write_text",
]
