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
        ({"rank": np.arange(100)[::-1] + 7}, ColumnsWarning, "column 'rank' looks like an identifier"),
        ({"order_id": np.arange(100) * 3}, ColumnsWarning, "'order_id' looks like an identifier: whole numbers"),
        ({"customerId": np.arange(100) * 3}, ColumnsWarning, "'customerId' looks like an identifier"),
        ({"humid": np.arange(100) * 3}, None, ""),
        ({"id": np.arange(100) // 2 * 1.0}, None, ""),
        ({"id": np.arange(100) * 0.3}, None, ""),
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


LONG = "a column that somebody has given a name of more than one hundred letters, for reasons that nobody remembers"


@pytest.mark.parametrize(
    "table",
    [
        {f"{LONG} {j}": np.arange(100) % 2 for j in range(5)},
        {f"{LONG} {j}": np.where(np.arange(100) < 95, 1.23456e-5, CLOUD[:, 0] + j) for j in range(5)},
        {f"{LONG} {j}": np.full(100, 0.1 * j) for j in range(5)} | {"x": CLOUD[:, 0]},
        {f"{LONG} {j}": CLOUD[:, 0] * (j + 1) for j in range(5)},
        {f"{LONG * 30} {j}": CLOUD[:, :2].sum(axis=1) * j for j in range(5)} | {"x": CLOUD[:, 0], "y": CLOUD[:, 1]},
    ],
    ids=["ties", "spikes", "constant", "repeated", "dependent"],
)
def test_long_names_are_cut(table):
    found = told(lambda: mixtura.fit(pl.DataFrame(table), 1, model="EII"))
    assert found
    assert max(len(str(one.message)) for one in found) <= 300


@pytest.mark.parametrize("call", [mixtura.fit, lambda X, k, seed: estimator(k, seed).fit(X)], ids=["fit", "estimator"])
def test_of_many_components_their_numbers_are_told(call):
    rows = np.random.default_rng(0).normal(size=(90, 2))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(rows, 60, seed=0)
    (one,) = [str(one.message) for one in caught if one.category is mixtura.DegeneracyWarning]
    assert re.match(r"(\d+ components? (re-seeded|removed|at the floor)(, |\. ))+[TI]", one)
    assert max(len(str(one.message)) for one in caught) <= 300


def estimator(k, seed):
    """Scikit-learn's interface to the same."""
    return mixtura.GaussianMixture(k, covariance_type="VVV", on_collapse="repair", reg_covar=0, random_state=seed)


def test_classes_with_long_names_are_cut():
    rows, classes = np.random.default_rng(0).normal(size=(200, 2)), [f"{j % 5} {LONG}" for j in range(200)]
    rows[:, 1] = 0.5 * (np.arange(200) % 5 < 9)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mixtura.discriminant(rows, classes, models="VVI")
    assert any(one.category is mixtura.DegeneracyWarning for one in caught)
    assert max(len(str(one.message)) for one in caught) <= 300
