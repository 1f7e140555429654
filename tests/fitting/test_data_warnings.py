"""Warnings about the data and the grid: each once, short, and only where there is reason."""

import re
import warnings

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.errors import ColumnsWarning, GridEdgeWarning, ParametersWarning, TiesWarning

CLOUD = np.random.default_rng(0).normal(size=(100, 3))


def told(call):
    """Warnings that a call gives, but for what it did to components."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [one for one in caught if one.category is not mixtura.DegeneracyWarning]


@pytest.mark.parametrize("call", [lambda X: mixtura.fit(X, 1), lambda X: mixtura.select(X, [1], models="EEE")])
@pytest.mark.parametrize(
    ("columns", "category", "words"),
    [
        ({"u": np.ones(100)}, ColumnsWarning, r"column 'u' does not vary: leave it out"),
        ({"twin": CLOUD[:, 1] * 3 + 2}, ColumnsWarning, r"column '(1|twin)' repeats '(twin|1)'"),
        ({"sum": CLOUD.sum(axis=1)}, ColumnsWarning, r"column '\w+' depends linearly on others"),
        ({"yes": np.arange(100) % 2}, TiesWarning, r"column 'yes' \(2 distinct values\)"),
        ({"zero": np.where(np.arange(100) < 30, 0, CLOUD[:, 0] ** 2)}, TiesWarning, r"'zero' \(0 in 30% of the rows\)"),
        ({"likert": np.arange(100) % 9}, None, ""),
        ({"likert": (np.arange(100) % 10) // 4}, TiesWarning, r"column 'likert' \(3 distinct values\)"),
    ],
)
def test_columns_are_named(call, columns, category, words):
    table = pl.DataFrame({str(j): CLOUD[:, j] for j in range(3)} | columns)
    found = told(lambda: call(table))
    assert [one.category for one in found] == ([category] if category else [])
    for one in found:
        assert len(str(one.message)) <= 300
        assert one.filename == __file__
        assert re.search(words, str(one.message))


def test_of_many_columns_a_few_are_named():
    answers = np.random.default_rng(0).integers(1, 3, size=(300, 500))
    one, _ = told(lambda: mixtura.fit(answers, 1, model="EII"))
    assert "and 497 more" in str(one.message)
    assert len(str(one.message)) <= 300


def test_few_rows():
    (one,) = told(lambda: mixtura.fit(CLOUD[:8], 1))
    assert one.category is ParametersWarning
    assert str(one.message).startswith("9 parameters for 8 rows")
    assert not told(lambda: mixtura.fit(CLOUD[:9], 1))


def test_the_edge_of_the_grid():
    rows = CLOUD + 9 * (np.arange(100) % 3)[:, None]
    (one,) = told(lambda: mixtura.select(rows, [1, 2, 3], models="EII", seed=0))
    assert one.category is GridEdgeWarning
    assert "3 components, the most that were tried" in str(one.message)
    for grid in (range(1, 5), [3]):
        assert not told(lambda grid=grid: mixtura.select(rows, grid, models="EII", seed=0))


def test_a_discriminant_says_of_all_rows_what_it_says():
    classes = np.repeat(["a", "b"], 50)
    rows = np.round(CLOUD[:, :2] * 1.2) + np.repeat([[0, 0], [6, 6]], 50, axis=0)
    assert not told(lambda: mixtura.discriminant(rows, classes, [1, 2], seed=0))
