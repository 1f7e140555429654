"""Rounding units and ties of columns."""

import numpy as np

from mixtura.data import ArraySource, ColumnValues


def test_counts_are_repetitions():
    rows = np.round(np.random.default_rng(0).normal(size=(300, 2)), 1)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    told = ColumnValues.of(ArraySource.of(distinct, counts))
    repeated = ColumnValues.of(ArraySource.of(rows))
    for name in ("distinct", "common", "common_fraction", "median_fraction", "unit"):
        np.testing.assert_allclose(getattr(told, name), getattr(repeated, name))
    assert told.unit.tolist() == [0.1, 0.1]


def test_sampling_weights_are_no_repetitions():
    rows = np.arange(20.0)[:, None] / 10
    assert ColumnValues.of(ArraySource.of(rows, np.full(20, 7), weights_are="sampling")).unit.tolist() == [0.0]
    assert ColumnValues.of(ArraySource.of(rows, np.full(20, 7))).unit.tolist() == [0.1]
