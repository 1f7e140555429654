"""Rounding units and ties of columns."""

import numpy as np
import pytest

import mixtura
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


@pytest.mark.parametrize("unit", [0.01, 0.1, 0.25, 5.0])
def test_units_of_float32_are_those_of_float64(unit):
    rows = np.round(np.random.default_rng(0).normal(30, 1 + 5 * unit, size=(600, 1)) / unit) * unit
    exact, single = rows, rows.astype(np.float32)
    beside = np.column_stack([single.astype(np.float64), np.random.default_rng(1).normal(size=600)])
    assert ColumnValues.of(ArraySource.of(exact)).unit == pytest.approx([unit])
    assert ColumnValues.of(ArraySource.of(single)).unit == pytest.approx([unit])
    assert ColumnValues.of(ArraySource.of(beside)).unit == pytest.approx([unit, 0])


def test_float32_that_is_not_rounded_has_no_unit():
    values = np.random.default_rng(0).normal(30, 1, size=(50, 1)).astype(np.float32)
    assert ColumnValues.of(ArraySource.of(np.repeat(values, 5, axis=0))).unit == [0]
    huge = np.repeat([[1e60], [2e60], [3.3e60]], 5, axis=0)
    assert ColumnValues.of(ArraySource.of(huge)).unit == [0]


def test_rounding_buys_nothing_in_float32():
    draw = np.random.default_rng(0)
    rows = np.round(np.concatenate([draw.normal(0, 0.3, size=(300, 1)), draw.normal(3, 0.3, size=(300, 1))]), 1)
    for values in (rows, rows.astype(np.float32)):
        assert mixtura.select(values, range(1, 7), seed=0).best.mixture.n_components == 2
